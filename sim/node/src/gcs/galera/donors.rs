//! The choice of the node that gives its state to a joiner (`gcs_group_test.cpp:test_gcs_group_find_donor`).

use super::*;
use crate::decide::donor;
use crate::gcs::donor::{NoDonor, choose};

/// `test_gcs_group_find_donor`: without a position, the first member in step; with one, the member that would have to
/// keep the least. Near the end of what is cached, and where nobody caches enough, it is the first again.
#[test]
fn the_donor_of_events_is_the_one_that_keeps_the_least() {
    let mut members: Vec<Candidate> = [90, 95, 105, 100]
        .map(|cached| Candidate {
            synced: true,
            coming: true,
            node: 0,
            segment: 0,
            cached: Seqno(cached),
            arbitrator: false,
        })
        .to_vec();
    let joiner = 3;
    let have = |seqno| Position::new(history(1), Seqno(seqno));
    let group = have;
    assert_eq!(
        donor(&members, joiner, Position::UNDEFINED, group(0)),
        Some(0)
    );
    members[0].synced = false;
    assert_eq!(
        donor(&members, joiner, Position::UNDEFINED, group(0)),
        Some(1)
    );
    members[0].synced = true;

    assert_eq!(donor(&members, joiner, have(100), group(0)), Some(1));
    assert_eq!(donor(&members, joiner, have(100), group(1_497)), Some(1));
    assert_eq!(donor(&members, joiner, have(100), group(1_498)), Some(0));
    members[1].synced = false;
    assert_eq!(donor(&members, joiner, have(100), group(1_497)), Some(0));
    for member in &mut members {
        member.synced = false;
    }
    assert_eq!(donor(&members, joiner, have(100), group(0)), None);
}

/// Beyond Galera's cases: the group's position is that with which the configuration began, and all that is cached may
/// lie behind it (`group_find_ist_donor`).
#[test]
fn the_safe_range_is_counted_from_the_beginning_of_the_configuration() {
    let member = |cached| Candidate {
        synced: true,
        coming: true,
        node: 0,
        segment: 0,
        cached: Seqno(cached),
        arbitrator: false,
    };
    let members = [member(50), member(51), member(UNDEFINED)];
    let position = |seqno| Position::new(history(1), Seqno(seqno));
    assert_eq!(donor(&members, 2, position(49), position(49)), Some(0));
    assert_eq!(donor(&members, 2, position(50), position(50)), Some(1));
}

const UNDEFINED: i64 = Seqno::UNDEFINED.0;

/// A member of three, each of them in step.
const fn synced(node: u8, segment: u8) -> Candidate {
    Candidate {
        synced: true,
        coming: true,
        node,
        segment,
        cached: Seqno(1),
        arbitrator: false,
    }
}

/// The part of `test_gcs_group_find_donor` about names: the first of those that are named and in step; nobody where one
/// of them will be later; and for good where none of them ever will (`group_for_each_donor_in_string`).
#[test]
fn who_names_its_donor_waits_for_it_or_fails() {
    use WantedDonor::{Anyone, Nobody, Node};
    let mut members = [synced(0, 0), synced(1, 0), synced(2, 0)];
    let chosen = |members: &[Candidate], wanted: &[WantedDonor]| {
        choose(members, 0, Position::UNDEFINED, Position::UNDEFINED, wanted)
    };
    assert_eq!(chosen(&members, &[Node(2)]), Ok(2));
    assert_eq!(chosen(&members, &[Nobody, Node(1)]), Ok(1));
    // The joiner itself is no donor.
    assert_eq!(chosen(&members, &[Node(0)]), Err(NoDonor::Away));
    assert_eq!(chosen(&members, &[Nobody]), Err(NoDonor::Away));
    assert_eq!(chosen(&members, &[Nobody, Anyone]), Ok(1));
    members[2].synced = false;
    assert_eq!(chosen(&members, &[Node(2)]), Err(NoDonor::Later));
    assert_eq!(chosen(&members, &[Node(2), Nobody]), Err(NoDonor::Later));
    assert_eq!(chosen(&members, &[Node(2), Anyone]), Ok(1));
    members[2].coming = false;
    assert_eq!(chosen(&members, &[Node(2)]), Err(NoDonor::Away));
    // Events may come from anybody: names only come first (`group_find_ist_donor`).
    let have = Position::new(history(1), Seqno(5));
    assert_eq!(choose(&members, 0, have, have, &[Nobody]), Ok(1));
}

/// The part about segments: the joiner's own comes first, for a snapshot and for events
/// (`group_find_node_by_state`, `group_find_ist_donor_by_state`).
#[test]
fn a_donor_of_the_same_place_comes_first() {
    let mut members = [synced(0, 0), synced(1, 1), synced(2, 1)];
    let nothing = Position::UNDEFINED;
    let have = Position::new(history(1), Seqno(5));
    assert_eq!(donor(&members, 2, nothing, nothing), Some(1));
    assert_eq!(donor(&members, 2, have, have), Some(1));
    // It will be in step later: the joiner of a snapshot waits, and events come from the other place.
    members[1].synced = false;
    assert_eq!(donor(&members, 2, nothing, nothing), None);
    assert_eq!(donor(&members, 2, have, have), Some(0));
    members[1].coming = false;
    assert_eq!(donor(&members, 2, nothing, nothing), Some(0));
}

/// None of Galera's tests: a member that the joiner names sends events before another one that would have to keep less.
/// The names end at the first empty one (`group_find_ist_donor_by_name_in_string`).
#[test]
fn a_named_donor_of_events_comes_before_the_one_that_keeps_the_least() {
    use WantedDonor::{Anyone, Node};
    let mut members = [synced(0, 0), synced(1, 0), synced(2, 0)];
    members[2].cached = Seqno(4);
    let have = Position::new(history(1), Seqno(5));
    let chosen = |wanted: &[WantedDonor]| choose(&members, 0, have, have, wanted);
    assert_eq!(chosen(&[]), Ok(2));
    assert_eq!(chosen(&[Node(1)]), Ok(1));
    assert_eq!(chosen(&[Node(1), Anyone]), Ok(1));
    assert_eq!(chosen(&[Anyone, Node(1)]), Ok(2));
}

/// None of Galera's tests: events come from the joiner's own place, even if a member elsewhere would have to keep less.
/// An arbitrator has none (`group_find_ist_donor_by_state`).
#[test]
fn events_of_the_same_place_come_before_those_that_cost_less() {
    let mut members = [synced(0, 0), synced(1, 0), synced(2, 1)];
    members[2].cached = Seqno(4);
    let have = Position::new(history(1), Seqno(5));
    assert_eq!(donor(&members, 0, have, have), Some(1));
    members[1].arbitrator = true;
    assert_eq!(donor(&members, 0, have, have), Some(2));
}
