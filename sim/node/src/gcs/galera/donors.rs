//! The choice of the node that gives its state to a joiner (`gcs_group_test.cpp:test_gcs_group_find_donor`).

use super::*;

/// `test_gcs_group_find_donor`: without a position, the first member in step; with one, the member that would have to
/// keep the least. Near the end of what is cached, and where nobody caches enough, it is the first again.
/// Names and segments are not modelled.
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
        find_donor(&members, joiner, Position::UNDEFINED, group(0)),
        Some(0)
    );
    members[0].synced = false;
    assert_eq!(
        find_donor(&members, joiner, Position::UNDEFINED, group(0)),
        Some(1)
    );
    members[0].synced = true;

    assert_eq!(find_donor(&members, joiner, have(100), group(0)), Some(1));
    assert_eq!(
        find_donor(&members, joiner, have(100), group(1_497)),
        Some(1)
    );
    assert_eq!(
        find_donor(&members, joiner, have(100), group(1_498)),
        Some(0)
    );
    members[1].synced = false;
    assert_eq!(
        find_donor(&members, joiner, have(100), group(1_497)),
        Some(0)
    );
    for member in &mut members {
        member.synced = false;
    }
    assert_eq!(find_donor(&members, joiner, have(100), group(0)), None);
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
    assert_eq!(find_donor(&members, 2, position(49), position(49)), Some(0));
    assert_eq!(find_donor(&members, 2, position(50), position(50)), Some(1));
}

const UNDEFINED: i64 = Seqno::UNDEFINED.0;
