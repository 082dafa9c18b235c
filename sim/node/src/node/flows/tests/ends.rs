//! Orderly stops, and leaves of a group.

use super::*;

/// The Stop timer is about to run out: from SIGTERM to the first word to the group, 100 ms pass.
fn almost_stopped(bench: &mut Bench) {
    bench.term();
    bench.run(Time(99_500));
}

/// A server that stops applies what it has received before it leaves, and saves the position that it has then.
#[test]
fn an_orderly_stop_applies_what_was_received() {
    let mut bench = Bench::founder(config());
    almost_stopped(&mut bench);
    bench.deliver(7, Change::Insert("late".to_owned()));
    let received = bench.received();
    assert!(bench.applied() < received, "it takes a moment");
    bench.run(millis(2_000));
    assert_eq!(bench.exit(), Some(0));
    assert!(bench.node.store.has_row("late"));
    assert_eq!(bench.states().last().unwrap().seqno, received);
}

/// An applier that a global read lock holds applies nothing before the end either.
#[test]
fn an_orderly_stop_leaves_out_what_a_read_lock_holds() {
    let mut bench = Bench::founder(config());
    bench.ask(Statement::Lock);
    let before = bench.applied();
    bench.deliver(7, Change::Insert("late".to_owned()));
    bench.term();
    bench.run(millis(2_000));
    assert!(!bench.node.store.has_row("late"));
    assert_eq!(bench.states().last().unwrap().seqno, before);
}

/// A transaction that can be neither applied nor rolled back never leaves its place in the commit order. Nothing
/// behind it is applied, not at a stop either (`wsrep-lib/src/server_state.cpp:apply_write_set`).
#[test]
fn nothing_is_applied_behind_a_rollback_that_has_failed() {
    let mut bench = Bench::founder(config());
    let row = "r".to_owned();
    bench.ask(Statement::InsertLocally(row.clone()));
    bench.ask(Statement::FailRollback);
    let before = bench.applied();
    bench.deliver(7, Change::Insert(row));
    bench.deliver(8, Change::Insert("behind".to_owned()));
    bench.run(millis(10));
    bench.term();
    bench.run(millis(2_000));
    assert!(!bench.node.store.has_row("behind"));
    assert_eq!(bench.states().last().unwrap().seqno, before);
}

/// The state file shows the position as long as a snapshot pauses the applier (`replicator_smm.cpp:pause`). A stop that
/// comes meanwhile processes the configurations that wait, and they do not make that position undefined.
#[test]
fn a_configuration_during_a_pause_keeps_the_position_in_the_state_file() {
    let mut bench = Bench::founder(config());
    bench.call(|node, _, fx| node.pause(fx));
    let paused_at = bench.states().len() - 1;
    bench.component();
    let conf = bench.received();
    assert!(bench.applied() < conf, "it waits");
    bench.term();
    bench.run(millis(2_000));
    assert_eq!(bench.applied(), conf);
    let states = bench.states().split_off(paused_at);
    let known = states.iter().all(|state| !state.seqno.is_undefined());
    assert!(known, "{states:?}");
}

/// A server that stops disconnects, and its log says so (`wsrep-lib/src/server_state.cpp:disconnect`). One that finds
/// itself inconsistent has not been told to.
#[test]
fn the_log_tells_a_stop_from_a_leave_that_nobody_asked_for() {
    let closing = |bench: &Bench| {
        let mut told = bench.told();
        told.find_map(|detail| match detail {
            Detail::Closing { stops } => Some(*stops),
            _ => None,
        })
    };
    let mut bench = Bench::founder(config());
    bench.term();
    bench.run(millis(200));
    assert_eq!(closing(&bench), Some(true));
    let mut bench = Bench::founder(config());
    let (mine, group) = (bench.received(), Seqno(0));
    bench.hear(gcs::Out::Reversing { mine, group });
    assert_eq!(closing(&bench), Some(false));
}

/// A stop that comes while the next view is agreed on waits for that view, and leaves it in order
/// (`evs_proto.cpp:close`, `pending_leave_`). The files stay until then as a crash would leave them.
#[test]
fn a_stop_during_an_agreement_waits_for_the_view() {
    let mut bench = Bench::founder(config());
    bench.gather();
    bench.term();
    bench.run(millis(200));
    assert_eq!(bench.phase(), Phase::Connected);
    let removed = |bench: &Bench| bench.disk().any(|op| *op == DiskOp::RemoveGvwstate);
    assert!(!removed(&bench));
    bench.run(millis(19_000));
    assert!(removed(&bench), "B has been given up");
    assert_eq!(bench.exit(), Some(0));
}

/// `pc.linger` limits an orderly leave, and nothing else (`pc.cpp:close`).
#[test]
fn the_limit_of_a_leave_ends_nothing_without_a_leave() {
    let mut bench = Bench::founder(config());
    bench.feed(Input::Timer(TimerId::Linger));
    assert_eq!(bench.node.group.evs.state(), evs::State::Operational);
    assert!(bench.node.is_ready());
}

/// A running server that finds no primary component at another address lives on without a group
/// (`sql/wsrep_var.cc:wsrep_cluster_address_update`). Only a start that fails ends the process.
#[test]
fn a_running_server_survives_a_join_in_vain() {
    let mut bench = Bench::founder(config());
    bench.ask(Statement::ClusterAddress(vec![B]));
    bench.run(millis(60_000));
    assert!(bench.told().any(|detail| *detail == Detail::OpenFailed));
    assert_eq!(bench.exit(), None);
    assert_eq!(bench.phase(), Phase::Disconnected);
    assert!(bench.node.port_open());
}

/// A member that leaves writes the view that it leaves, and those who stay in it (`pc.cpp:close`).
#[test]
fn a_member_that_leaves_names_its_last_component() {
    let mut bench = Bench::founder(config());
    let me = bench.node.gcomm_uuid();
    let members = BTreeSet::from([me, uuid(B), uuid(C)]);
    let view = PcView {
        id: ViewId::new(ViewType::Prim, me, 7),
        members,
        left: BTreeSet::new(),
        partitioned: BTreeSet::new(),
        bootstrap: false,
    };
    bench.node.group.enter_component(view);
    bench.call(|node, _, fx| node.tell_leave(fx));
    let mut told = bench.told();
    let left = told.find_map(|detail| match detail {
        Detail::Left {
            view,
            others,
            was_primary,
            ..
        } => Some((*view, others.clone(), *was_primary)),
        _ => None,
    });
    let view = ViewId::new(ViewType::NonPrim, me, 7);
    assert_eq!(left, Some((Some(view), vec![uuid(B), uuid(C)], true)));
}
