//! Tests of the view ids.

use super::*;
use proptest::prelude::*;

fn uuid(low: u32, birth: u64) -> GcommUuid {
    GcommUuid::new(low, 0x5664, birth, 0)
}

#[test]
fn numbers_are_those_of_gvwstate() {
    assert_eq!(ViewType::ALL.map(ViewType::number), [-1, 0, 1, 2, 3]);
    assert_eq!(ViewType::from_number(3), Some(ViewType::Prim));
    assert_eq!(ViewType::from_number(4), None);
}

#[test]
fn printed_with_the_short_uuid() {
    let id = ViewId::new(
        ViewType::Prim,
        "8347b5eb-5664-11f1-9459-667d2cc2032f".parse().unwrap(),
        3,
    );
    assert_eq!(id.to_string(), "view_id(PRIM,8347b5eb-9459,3)");
    assert_eq!(id.to_string().parse(), Ok(ShortViewId::from(id)));
    insta::assert_snapshot!(
        "view_id(PRIM,8347b5eb-9459)".parse::<ShortViewId>().unwrap_err(),
        @"`view_id(PRIM,8347b5eb-9459)` is not a view id"
    );
}

/// Corrections 8: a freshly bootstrapped node (seq 1) loses against any older lineage, and at one seq the identity
/// that was made earlier wins.
#[test]
fn the_greater_seq_wins_then_the_older_identity() {
    let id = |seq, low, birth| ViewId::new(ViewType::Prim, uuid(low, birth), seq);
    assert!(id(1, 1, 10).precedes(&id(7, 9, 99)));
    let older = id(5, 9, 100);
    let younger = id(5, 3, 200);
    assert!(younger.precedes(&older));
    assert!(!older.precedes(&younger));
    assert!(!older.precedes(&older));
    let non_prim = ViewId {
        kind: ViewType::NonPrim,
        ..older
    };
    assert!(non_prim.precedes(&older));
}

fn any_id() -> impl Strategy<Value = ViewId> {
    (0..5usize, 0..3u32, 0..3u64, 0..3u32)
        .prop_map(|(kind, low, birth, seq)| ViewId::new(ViewType::ALL[kind], uuid(low, birth), seq))
}

proptest! {
    #[test]
    fn print_then_parse(id in any_id()) {
        prop_assert_eq!(id.to_string().parse::<ShortViewId>(), Ok(id.into()));
        prop_assert_eq!(id.kind.to_string().parse::<ViewType>(), Ok(id.kind));
    }

    #[test]
    fn the_order_is_total(a in any_id(), b in any_id(), c in any_id()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        prop_assert!(!(a < b && b < c) || a < c);
    }
}
