//! Members come, go, and change their states in the total order (`gcs_memb_test.cpp`, `gcs_group_test.cpp`,
//! `gcs_core_test.cpp`).

use super::*;
use crate::database::{Change, WriteSet};
use crate::peer::Peer;
use GcsNodeState::{Donor, Joined, Joiner, NonPrim, Prim, Synced};

/// A is alone and in step.
pub(super) fn of_one() -> Group {
    let mut group = Group::new();
    group.start(A, Position::UNDEFINED);
    group.component(&[A], true);
    group.all_see(A, Joined);
    group.say(A, GcsMessage::Sync);
    group.all_see(A, Synced);
    group
}

/// B has joined by a transfer.
pub(super) fn of_two() -> Group {
    let mut group = of_one();
    group.start(B, Position::UNDEFINED);
    group.component(&[A, B], true);
    group.ask(B);
    for node in [A, B] {
        group.done(node);
        group.say(node, GcsMessage::Sync);
    }
    group.all_see(B, Synced);
    for node in [A, B] {
        group.took(node);
    }
    group
}

fn row(tag: &str) -> GcsMessage {
    GcsMessage::WriteSet(WriteSet {
        origin: Peer(0),
        number: 1,
        seen: Seqno::UNDEFINED,
        change: Change::Insert(tag.to_owned()),
    })
}

fn positions(outs: &[Out]) -> Vec<i64> {
    let positions = outs.iter().filter_map(|out| match out {
        Out::WriteSet(seqno, _) => Some(seqno.0),
        _ => None,
    });
    positions.collect()
}

fn refused(outs: &[Out]) -> usize {
    outs.iter()
        .filter(|out| matches!(out, Out::NotOrdered(_)))
        .count()
}

/// `gcs_memb_test_465`: two members need a state and get it one after the other. A joiner cannot be in step before it
/// has joined, and nobody's state falls back when a member is gone.
#[test]
fn nobody_falls_back_when_a_member_goes() {
    let mut group = of_one();
    group.start(B, Position::UNDEFINED);
    group.component(&[A, B], true);
    group.all_see(B, Prim);
    group.start(C, Position::UNDEFINED);
    group.component(&[A, B, C], true);
    group.all_see(C, Prim);
    group.all_see(A, Synced);

    group.ask(C);
    group.all_see(A, Donor);
    group.done(A);
    group.say(A, GcsMessage::Sync);
    group.say(C, GcsMessage::Sync);
    group.all_see(C, Joiner);
    group.done(C);
    group.say(C, GcsMessage::Sync);
    group.all_see(A, Synced);
    group.all_see(B, Prim);
    group.all_see(C, Synced);

    group.ask(B);
    group.done(A);
    group.done(B);
    group.component(&[A, C], true);
    group.all_see(C, Synced);
    group.say(A, GcsMessage::Sync);
    group.all_see(A, Synced);
}

/// `gcs_group_configuration`: the first member has a history and its state, a newcomer has not. Transactions of all
/// take the next positions, and a configuration takes one. Fragments of transactions are not modelled.
#[test]
fn the_first_member_has_its_state_and_a_newcomer_has_not() {
    let mut group = of_one();
    group.took(A);
    group.say(A, row("one"));
    let first = positions(&group.took(A));
    group.start(B, Position::UNDEFINED);
    group.component(&[A, B], true);
    group.all_see(A, Synced);
    group.all_see(B, Prim);
    for (node, tag) in [(A, "two"), (B, "three")] {
        group.say(node, row(tag));
    }
    let next = positions(&group.took(A));
    assert_eq!(next, [first[0] + 2, first[0] + 3]);
    assert_eq!(positions(&group.took(B)), next);
    group.component(&[A], false);
    group.all_see(A, NonPrim);
    assert_eq!(group.members[&A].received.0, next[1]);
}

/// `gcs_core_test_own_v1`, and `v0` alike: a transaction that the loss of the primary component overtakes is given back
/// without a position, and so is one that is sent afterwards. The next primary component counts on where it was.
#[test]
fn a_transaction_that_loses_its_component_gets_no_position() {
    let mut group = of_two();
    group.say(A, row("counts"));
    let last = positions(&group.took(A))[0];
    assert_eq!(positions(&group.took(B)), [last]);

    // It is under way while the component breaks.
    let said = group.feed(A, |gcs, out| gcs.send(row("under-way"), out));
    assert_eq!(said.len(), 1);
    group.component(&[A], false);
    group.deliver(A, &said[0], false);
    let told = group.took(A);
    assert_eq!((positions(&told), refused(&told)), (vec![], 1));

    // It comes while the states of the next component are exchanged: no position either.
    group.component(&[A, B], true);
    let exchange = group.break_into(&[A, B], true);
    assert_eq!(exchange.len(), 1, "the first names the exchange");
    group.deliver(A, &row("too-early"), true);
    assert_eq!(refused(&group.took(A)), 1);
    assert_eq!(positions(&group.took(B)), []);
    group.pump(exchange);
    group.took(A);
    group.say(A, row("again"));
    let next = positions(&group.took(A));
    assert_eq!(
        next,
        [last + 3],
        "two configurations have taken a position each"
    );
}

/// `gcs_core_test_gh74`: a request for a state comes between a component and the end of its exchange. It is lost on all
/// members alike, and the joiner asks again.
#[test]
fn a_request_inside_an_exchange_is_lost_on_all_alike() {
    let mut group = of_one();
    group.start(B, Position::UNDEFINED);
    group.component(&[A, B], true);
    group.start(C, Position::UNDEFINED);
    let exchange = group.break_into(&[A, B, C], true);
    let request = GcsMessage::StateRequest {
        have: Position::UNDEFINED,
        snapshot_possible: true,
        trivial: false,
        wanted: Vec::new(),
    };
    assert_eq!(group.deliver(B, &request, true), []);
    group.pump(exchange);
    group.all_see(B, Prim);
    group.all_see(A, Synced);
    group.ask(B);
    group.all_see(B, Joiner);
    group.all_see(A, Donor);
}

/// Beyond Galera's cases: members with different `gcs.vote_policy` count by one policy, that of the member whose history
/// goes on (`gcs_state_msg_get_quorum`).
#[test]
fn all_members_count_votes_by_one_policy() {
    let mut group = of_one();
    let config = Config {
        gcs_vote_policy: 2,
        ..Config::default()
    };
    let gcs = Gcs::new(uuid(B), Position::UNDEFINED, 9 << 64 | 7, &config);
    group.members.insert(B, gcs);
    group.told.insert(B, Vec::new());
    assert_eq!(group.members[&B].votes.policy(), 2);
    group.component(&[A, B], true);
    for node in [A, B] {
        assert_eq!(group.members[&node].votes.policy(), 0, "node {node}");
    }
}

/// None of Galera's tests: the view that breaks off an exchange of states takes the flag of the restored one along
/// (`gcs_group_handle_comp_msg`, `my_bootstrap`). Nobody has worked in a component then, nobody may bootstrap one, and all
/// wait in a primary component of the layer below.
#[test]
fn a_restored_component_that_changes_before_its_exchange_is_over_has_no_history() {
    let position = Position::new(history(1), Seqno(7));
    let restored = |interrupted: bool| {
        let mut group = Group::new();
        for node in [A, B, C] {
            group.start(node, position);
            group.component(&[node], false);
        }
        group.component(&[A, B, C], false);
        let exchange = group.restore(&[A, B, C]);
        if interrupted {
            group.component(&[A, B], true);
        } else {
            group.pump(exchange);
        }
        group
    };
    let whole = restored(false);
    whole.all_see(A, Joined);
    let mut parted = restored(true);
    parted.all_see(A, NonPrim);
    parted.start(C, position);
    parted.component(&[A, B, C], true);
    parted.all_see(A, NonPrim);
}
