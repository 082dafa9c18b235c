//! State transfers, on either side, and flow control.

use seatrial_galera::Position;

use super::*;
use crate::database::{Committed, Database};
use crate::frame::TransferFrame;
use crate::gcs::StateRequest;

/// B asks for a state, and the group chooses this node.
fn request(bench: &mut Bench, have: Position, snapshot_possible: bool) {
    let request = StateRequest {
        have,
        snapshot_possible,
        trivial: false,
        wanted: Vec::new(),
    };
    let joiner = uuid(B);
    bench.hear(gcs::Out::Donate { joiner, request });
}

/// The next part of a snapshot follows when the joiner has taken the last one. An answer to an earlier part is none,
/// and neither is one of another node.
#[test]
fn a_donor_goes_on_when_its_joiner_has_taken_the_last_part() {
    let mut bench = Bench::founder(config());
    bench.meet(B);
    request(&mut bench, Position::UNDEFINED, true);
    bench.feed(Input::LinkUp {
        peer: B,
        channel: Channel::Transfer,
        dialled: true,
    });
    bench.run(millis(600));
    let sends_next = |bench: &mut Bench, from, part| {
        let taken = Frame::Transfer(TransferFrame::SnapshotTaken { part });
        bench.feed(Input::Received(from, &taken));
        bench.timers.contains_key(&TimerId::Donor)
    };
    assert!(!sends_next(&mut bench, C, 1));
    assert!(!sends_next(&mut bench, B, 0));
    assert!(sends_next(&mut bench, B, 1));
}

/// A donor starts a script for a joiner that starts, and none for one that runs: that one gets write sets only
/// (`replicator_str.cpp:process_state_req`).
#[test]
fn a_donor_gives_by_script_to_a_joiner_that_starts() {
    let mut bench = Bench::founder(config());
    bench.meet(B);
    assert!(!bench.node.gives_by_script(), "it gives nothing");
    let have = bench.node.store.position();
    request(&mut bench, have, false);
    assert!(bench.node.is_donating());
    assert!(!bench.node.gives_by_script());
    request(&mut bench, have, true);
    assert!(bench.node.gives_by_script());
}

/// The group ignores the request of a joiner that has joined in its eyes. The joiner does not ask again: it aborts,
/// with its position saved. One that has not asked yet takes it for the answer to an earlier request
/// (`replicator_str.cpp:send_state_request`).
#[test]
fn a_joiner_whose_request_is_ignored_aborts() {
    let have = GraState {
        uuid: HISTORY,
        seqno: Seqno(3),
        safe_to_bootstrap: false,
    };
    let mut bench = Bench::joiner(DiskState {
        grastate: Some(have.to_string()),
        ..DiskState::default()
    });
    bench.hear(gcs::Out::RequestCanceled(GcsNodeState::Joined));
    assert_eq!(bench.exit(), None, "it has not asked");
    bench.run(millis(800));
    let asking = *bench.states().last().unwrap();
    assert_eq!(asking.position(), Position::UNDEFINED);
    bench.hear(gcs::Out::RequestCanceled(GcsNodeState::Joined));
    assert_eq!(bench.exit(), Some(134));
    assert_eq!(bench.states().last(), Some(&have));
}

/// A snapshot that contradicts the joiner's own cache cannot be used: "Unsupported CC action version". The node leaves
/// its group and lives on. Its position is at least that of the configuration for which it wanted the state: the donor
/// was behind it here.
#[test]
fn a_snapshot_that_contradicts_the_cache_leaves_the_position_that_was_wanted() {
    let mut found = DiskState::default();
    found.cache.uuid = HISTORY;
    // The cache has a configuration where the donor has a transaction.
    found.cache.events.insert(Seqno(7), None);
    let mut bench = Bench::joiner(found);
    bench.run(millis(800));
    bench.hear(gcs::Out::DonorFound(Some(uuid(B))));
    let mut database = Database::default();
    database.commit(&Committed {
        uuid: HISTORY,
        seqno: Seqno(7),
        change: Some(Change::Insert("r".to_owned())),
    });
    let part = TransferFrame::SnapshotPart {
        part: 1,
        parts: 1,
        position: Position::new(HISTORY, Seqno(7)),
        database: Some(Box::new(database)),
    };
    bench.feed(Input::Received(B, &Frame::Transfer(part)));
    assert_eq!(bench.phase(), Phase::Disconnected);
    let wanted = Position::new(HISTORY, Seqno(9));
    assert_eq!(bench.node.store.position(), wanted);
    assert_eq!(bench.states().last().unwrap().position(), wanted);
}

/// Flow control begins anew with each configuration (`gcs.cpp:gcs_handle_act_conf`, `stop_sent_`). A member that still
/// has too much to apply asks the group once more to wait.
#[test]
fn a_member_that_is_behind_stops_the_group_in_each_configuration() {
    let mut bench = Bench::founder(config());
    for number in 0..20 {
        bench.deliver(number, Change::Insert(format!("row {number}")));
    }
    assert!(bench.node.group.gcs.is_stopped());
    bench.component();
    assert!(bench.node.group.gcs.is_stopped(), "it has asked again");
    bench.run(millis(100));
    assert!(!bench.node.group.gcs.is_stopped());
}
