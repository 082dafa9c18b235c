//! Tests of the identities.

use super::*;
use proptest::prelude::*;

const NODE: &str = "8347b5eb-5664-11f1-9459-667d2cc2032f";

fn node() -> GcommUuid {
    NODE.parse().unwrap()
}

#[test]
fn a_real_identity_reads_and_prints() {
    assert_eq!(
        node(),
        GcommUuid {
            time_low: 0x8347_b5eb,
            incarnation: 0x9459,
            clock_seq: 0x5664,
            node: 0x667d_2cc2_032f
        }
    );
    assert_eq!(node().to_string(), NODE);
    assert_eq!(node().short(), "8347b5eb-9459");
    assert_eq!(node().short().parse(), Ok(ShortUuid::from(node())));
}

/// Recording `s06_two_kill9`: A was `…-9382` before the crash and `…-9383` after the restart.
#[test]
fn a_restart_from_gvwstate_counts_the_incarnation_up() {
    let restarted = node().next_incarnation();
    assert_eq!(
        restarted.to_string(),
        "8347b5eb-5664-11f1-945a-667d2cc2032f"
    );
    assert_eq!(restarted.short(), "8347b5eb-945a");
    assert!(restarted.same_fixed_part(node()));
    assert_ne!(restarted, node());
    assert_eq!(restarted.birth_ms(), node().birth_ms());
}

/// Recording `s23_gvwstate_corrupt`: the node with the empty file went on as `00000000-0001`.
#[test]
fn the_nil_identity_has_incarnations_too() {
    assert!(GcommUuid::NIL.is_nil());
    assert_eq!(
        GcommUuid::NIL.to_string(),
        "00000000-0000-0000-0000-000000000000"
    );
    let next = GcommUuid::NIL.next_incarnation();
    assert_eq!(next.to_string(), "00000000-0000-0000-0001-000000000000");
    assert_eq!(next.to_string().parse(), Ok(next));
    assert_eq!(next.short(), "00000000-0001");
    assert!(
        "00000000-0000-11f1-0001-000000000000"
            .parse::<GcommUuid>()
            .is_err()
    );
}

#[test]
fn a_new_identity_carries_birth_and_index() {
    let uuid = GcommUuid::new(0x8347_b5eb, 0x5664, 1500, 2);
    assert_eq!((uuid.birth_ms(), uuid.node_index()), (1500, 2));
    assert_eq!(uuid.to_string(), "8347b5eb-5664-11f1-9664-00000005dc02");
}

#[test]
fn age_is_birth_and_order_is_bytes() {
    let early_but_high = GcommUuid::new(9, 1, 100, 0);
    let late_but_low = GcommUuid::new(3, 1, 200, 1);
    assert!(late_but_low < early_but_high);
    assert!(early_but_high.older_than(late_but_low));
    assert!(!late_but_low.older_than(early_but_high));
    assert!(early_but_high.next_incarnation().older_than(late_but_low));
    assert!(!node().older_than(node()));
}

#[test]
fn bad_texts_are_refused() {
    for text in [
        "",
        "8347b5eb",
        "8347b5eb-5664-11f1-9459-667d2cc2032f0",
        "+347b5eb-5664-11f1-9459-667d2cc2032f",
    ] {
        assert!(text.parse::<StateUuid>().is_err(), "{text}");
        assert!(text.parse::<GcommUuid>().is_err(), "{text}");
    }
    // A history may have any version field, an identity only the one that is printed.
    let other_version = "8347b5eb-5664-11e7-9459-667d2cc2032f";
    assert!(other_version.parse::<StateUuid>().is_ok());
    insta::assert_snapshot!(
        other_version.parse::<GcommUuid>().unwrap_err(),
        @"`8347b5eb-5664-11e7-9459-667d2cc2032f` is not a node's uuid"
    );
}

proptest! {
    #[test]
    fn print_then_parse(bits: u128, low: u32, seq: u16, birth in 0u64..1 << 40, index: u8, lives in 0u16..5) {
        prop_assert_eq!(StateUuid(bits).to_string().parse::<StateUuid>(), Ok(StateUuid(bits)));
        let mut uuid = GcommUuid::new(low, seq, birth, index);
        for _ in 0..lives {
            uuid = uuid.next_incarnation();
        }
        prop_assert_eq!(uuid.to_string().parse::<GcommUuid>(), Ok(uuid));
        prop_assert_eq!(uuid.short().parse::<ShortUuid>(), Ok(uuid.into()));
        prop_assert_eq!((uuid.birth_ms(), uuid.node_index()), (birth, index));
    }

    #[test]
    fn order_is_that_of_the_text(a: (u32, u16, u64, u8), b: (u32, u16, u64, u8)) {
        let [a, b] = [a, b].map(|(low, seq, birth, index)| GcommUuid::new(low, seq, birth, index));
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        prop_assert_eq!(a.older_than(b), !b.older_than(a) && a != b);
    }
}
