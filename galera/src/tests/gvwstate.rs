//! Tests of `gvwstate.dat`.

use super::*;
use proptest::prelude::*;

/// Recording `s01_bootstrap_join`, node B with three members.
const THREE: &str = "\
my_uuid: b1c7e9f4-e779-11f1-90dc-4ac131c6a60f
#vwbeg
view_id: 3 8d3af2c6-e779-11f1-9382-277707baf0ce 3
bootstrap: 0
member: 8d3af2c6-e779-11f1-9382-277707baf0ce 0
member: b1c7e9f4-e779-11f1-90dc-4ac131c6a60f 0
member: c7e0a513-e779-11f1-8390-5377b92b506c 0
#vwend
";

#[test]
fn a_real_file_reads_and_prints() {
    let state: GvwState = THREE.parse().unwrap();
    assert_eq!(state.my_uuid.short(), "b1c7e9f4-90dc");
    assert_eq!(state.view_id.to_string(), "view_id(PRIM,8d3af2c6-9382,3)");
    assert_eq!(state.members.len(), 3);
    assert_eq!(state.to_string(), THREE);
    assert_eq!(GvwState::read(THREE), GvwRead::Restored(state));
}

#[test]
fn restarted_members_complete_the_set() {
    let state: GvwState = THREE.parse().unwrap();
    let all: Vec<_> = state
        .members
        .iter()
        .map(|(uuid, _)| uuid.next_incarnation())
        .collect();
    assert!(state.has_exactly(&all));
    assert!(!state.has_exactly(&all[..2]));
    let more: Vec<_> = all
        .iter()
        .copied()
        .chain([GcommUuid::new(1, 2, 3, 3)])
        .collect();
    assert!(!state.has_exactly(&more));
}

/// Recording `s23_gvwstate_corrupt`.
#[test]
fn empty_torn_and_garbage() {
    assert_eq!(GvwState::read(""), GvwRead::Nil);
    assert_eq!(GvwState::read("\n"), GvwRead::Nil);
    assert_eq!(GvwState::read("my_u"), GvwRead::Nil);
    assert_eq!(GvwState::read(&THREE[..120]), GvwRead::Nil);
    assert_eq!(GvwState::read("garbage\n"), GvwRead::Garbage);
    assert_eq!(
        GvwState::read(&THREE.replace("8d3af2c6", "????????")),
        GvwRead::Garbage
    );
}

/// Recording `s23_gvwstate_corrupt`: what the start from the empty file left.
#[test]
fn the_file_after_a_start_from_an_empty_one() {
    let state = GvwState {
        my_uuid: GcommUuid::NIL.next_incarnation(),
        ..GvwState::nil()
    };
    insta::assert_snapshot!(state, @r"
    my_uuid: 00000000-0000-0000-0001-000000000000
    #vwbeg
    view_id: -1 00000000-0000-0000-0000-000000000000 0
    bootstrap: 0
    #vwend
    ");
    assert_eq!(state.to_string().parse(), Ok(state));
}

#[test]
fn errors_name_the_line() {
    let error = |from: &str, to: &str| {
        THREE
            .replace(from, to)
            .parse::<GvwState>()
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(error("my_uuid", "my"), @"line 1: expected `my_uuid:`, found `my: b1c7e9f4-e779-11f1-90dc-4ac131c6a60f`");
    insta::assert_snapshot!(error("view_id: 3", "view_id: 7"), @"line 3: `7` is not a view type");
    insta::assert_snapshot!(error("bootstrap: 0", "bootstrap: no"), @"line 4: `no` is not 0 or 1");
    insta::assert_snapshot!(error("c7e0a513-", "gC1-"), @"line 7: `gC1-e779-11f1-8390-5377b92b506c` is not a node's uuid");
    insta::assert_snapshot!(error("506c 0", "506c"), @"line 7: expected `#vwend`, found `member: c7e0a513-e779-11f1-8390-5377b92b506c`");
    insta::assert_snapshot!(error("#vwend\n", ""), @"the file ends before `member:`");
    insta::assert_snapshot!(error("#vwend", "#vwend\n#vwbeg"), @"line 9: expected `the end of the file`, found `#vwbeg`");
}

fn any_uuid() -> impl Strategy<Value = GcommUuid> {
    (any::<u32>(), any::<u16>(), 0u64..1 << 40, any::<u8>())
        .prop_map(|(low, seq, birth, index)| GcommUuid::new(low, seq, birth, index))
}

proptest! {
    #[test]
    fn print_then_parse(
        my_uuid in any_uuid(), by in any_uuid(), kind in 0..5usize, seq: u32, bootstrap: bool,
        members in proptest::collection::vec((any_uuid(), any::<u8>()), 0..5),
    ) {
        let view_id = ViewId::new(ViewType::ALL[kind], by, seq);
        let state = GvwState { my_uuid, view_id, bootstrap, members };
        prop_assert_eq!(state.to_string().parse::<GvwState>(), Ok(state.clone()));
        prop_assert_eq!(GvwState::read(&state.to_string()), GvwRead::Restored(state));
    }

    #[test]
    fn every_beginning_of_a_file_is_nil_or_whole(cut in 0..THREE.len()) {
        let read = GvwState::read(&THREE[..cut]);
        prop_assert_ne!(read, GvwRead::Garbage);
    }
}
