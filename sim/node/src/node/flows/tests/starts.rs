//! Starts: the view file, the opening of the channel, the wait for a primary component.

use seatrial_galera::GvwState;

use super::*;

fn opened(bench: &Bench) -> usize {
    let opened = bench.told().filter(|detail| **detail == Detail::Opened);
    opened.count()
}

/// The channel opens with the first component that the group layer sees, and the log says so once
/// (`gcs_gcomm.cpp:GCommConn::connect`).
#[test]
fn a_founder_writes_once_that_its_channel_is_open() {
    let mut bench = Bench::founder(config());
    bench.component();
    assert_eq!(opened(&bench), 1);
}

/// A node that restores a view waits for its members without limit. The group layer sees its non-primary component,
/// and the log does not say twice that the channel is open (`pc.cpp:connect`).
#[test]
fn a_node_that_waits_without_limit_writes_once_that_its_channel_is_open() {
    let file = GvwState {
        my_uuid: uuid(Peer(0)),
        view_id: ViewId::new(ViewType::Prim, uuid(B), 4),
        bootstrap: false,
        members: vec![(uuid(Peer(0)), 0), (uuid(B), 0)],
    };
    let found = DiskState {
        gvwstate: Some(file.to_string()),
        ..DiskState::default()
    };
    let mut bench = Bench::started(config(), false, found);
    bench.run(millis(60_000));
    assert!(bench.node.waits_without_limit());
    assert_eq!(bench.phase(), Phase::Connected);
    assert_eq!(opened(&bench), 1);
}

/// Without `pc.recovery` no view is kept for a restart (`pc.cpp:handle_up`).
#[test]
fn a_view_is_written_for_recovery_only() {
    let views = |bench: &Bench| {
        let written = bench.disk();
        let written = written.filter(|op| matches!(op, DiskOp::WriteGvwstate(_)));
        written.count()
    };
    assert_eq!(views(&Bench::founder(config())), 1);
    let without = Config {
        pc_recovery: false,
        ..config()
    };
    assert_eq!(views(&Bench::founder(without)), 0);
}

/// The limit of the wait for a primary component ends a start that waits for one. It ends neither a start that has
/// found one, nor a server that has left its group (`pc.cpp:connect`).
#[test]
fn the_limit_of_a_wait_that_is_over_ends_nothing() {
    let mut bench = Bench::founder(config());
    bench.feed(Input::Timer(TimerId::WaitPrim));
    assert!(bench.node.is_ready());
    bench.ask(Statement::ClusterAddress(vec![B]));
    bench.run(millis(1_000));
    bench.call(|node, _, fx| node.backend_ended(fx));
    assert_eq!(bench.phase(), Phase::Disconnected);
    let before = bench.effects.len();
    bench.feed(Input::Timer(TimerId::WaitPrim));
    assert_eq!(bench.effects.len(), before);
}

/// A founder is in a view of its own: the second that it has been in, since every protocol begins with one.
#[test]
fn a_founder_is_in_a_view_of_its_own() {
    let bench = Bench::founder(config());
    let me = bench.node.gcomm_uuid();
    let view = ViewId::new(ViewType::Reg, me, 1);
    assert_eq!(bench.node.membership(), view);
}

/// A server without a port does not look at SIGTERM, which is kept: the port never opens. One with a port begins its
/// stop, and has nothing to keep.
#[test]
fn a_signal_during_the_start_bars_the_port() {
    let mut bench = Bench::started(config(), true, DiskState::default());
    assert!(!bench.node.life.term_while_waiting());
    bench.term();
    assert!(bench.node.life.term_while_waiting());
    bench.run(millis(5_000));
    assert!(!bench.node.port_open());
    let mut bench = Bench::founder(config());
    bench.term();
    assert!(!bench.node.life.term_while_waiting());
}
