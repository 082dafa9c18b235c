//! Rules of the group that none of Galera's own tests holds.

use super::members::{of_one, of_two};
use super::*;
use GcsNodeState::{Joined, NonPrim, Prim};

/// A request that names a node is put off while that node is to have a state later. It fails for good where the node
/// will have none (`gcs_group.cpp:group_find_node_by_name`, `EAGAIN` and `EHOSTDOWN`).
#[test]
fn a_joiner_waits_for_a_named_member_only_if_that_will_have_a_state() {
    let mut group = of_one();
    for node in [B, C] {
        group.start(node, Position::UNDEFINED);
    }
    group.component(&[A, B, C], true);
    group.took(C);
    let wanted = [WantedDonor::Node(B)];
    group.ask_for(C, &wanted);
    assert_eq!(group.took(C), [Out::DonorAway]);
    group.ask(B);
    group.took(C);
    group.ask_for(C, &wanted);
    assert_eq!(group.took(C), [Out::DonorFound(None)]);
}

/// A component without a primary view is no configuration of the group: it has no number
/// (`gcs_group.cpp:group_go_non_primary`, `conf_id`).
#[test]
fn a_component_that_is_not_primary_has_no_number() {
    let mut group = of_one();
    group.took(A);
    group.component(&[A], false);
    let numbers: Vec<(bool, i64)> = group
        .took(A)
        .iter()
        .filter_map(|out| match out {
            Out::Conf(conf) => Some((conf.primary, conf.number)),
            _ => None,
        })
        .collect();
    assert_eq!(numbers, [(false, -1)]);
}

/// A donor may be done after its joiner has gone. The log then names a member without an index
/// (`gcs_group.cpp:gcs_group_handle_join_msg`, "left the group").
#[test]
fn the_log_of_a_transfer_names_a_joiner_that_is_gone_without_an_index() {
    let mut group = of_one();
    group.start(B, Position::UNDEFINED);
    group.component(&[A, B], true);
    group.ask(B);
    group.component(&[A], true);
    group.logged(A);
    group.done(A);
    let of = |node, index| LoggedMember {
        index,
        uuid: uuid(node),
        place: None,
    };
    let line = Detail::TransferTo {
        donor: of(A, 0),
        joiner: of(B, -1),
        failed: false,
    };
    assert!(group.logged(A).contains(&line));
}

/// Only answers to the present exchange count, and only until all have answered
/// (`gcs_group.cpp:gcs_group_handle_state_msg`, "stray state msg").
#[test]
fn an_answer_to_another_exchange_does_not_count() {
    let mut group = of_two();
    let exchange = group.break_into(&[A, B], true);
    let answers = group.deliver(A, &exchange[0].1, true);
    let [(A, of_a), (B, of_b)] = answers.as_slice() else {
        panic!("both answer: {answers:?}")
    };
    let GcsMessage::State(state) = of_b else {
        panic!("it is no answer: {of_b:?}")
    };
    let stale = GcsMessage::State(GcsState {
        exchange: state.exchange + 1,
        ..state.clone()
    });
    group.deliver(A, of_a, true);
    group.deliver(B, &stale, true);
    assert_eq!(group.members[&A].state, GroupState::WaitStateMessages);
    group.deliver(B, of_b, true);
    assert_eq!(group.members[&A].state, GroupState::Primary);
    group.took(A);
    group.deliver(B, of_b, true);
    assert_eq!(group.took(A), [], "the exchange is over");
}

/// A causal read gets the group's position only inside a working configuration: elsewhere others may have ordered
/// something that this node has not received (`gcs_core.cpp:core_msg_causal`).
#[test]
fn a_causal_read_outside_a_working_configuration_gets_no_position() {
    let mut group = of_two();
    let read = GcsMessage::Causal { number: 7 };
    let answer = |group: &mut Group, ordered| {
        group.took(A);
        group.deliver(A, &read, ordered);
        group.took(A)
    };
    let received = group.members[&A].received;
    assert_eq!(answer(&mut group, true), [Out::Causal(7, Some(received))]);
    group.break_into(&[A, B], true);
    assert_eq!(answer(&mut group, true), [Out::Causal(7, None)]);
    group.break_into(&[A], false);
    assert_eq!(answer(&mut group, false), [Out::Causal(7, None)]);
}

/// A member that begins a component of its own needs no transfer, and its log says so. A member that goes on says
/// nothing, and a newcomer shifts to PRIMARY (`gcs.cpp:gcs_handle_act_conf`, "Restored state").
#[test]
fn the_log_tells_who_needs_no_transfer_in_a_new_configuration() {
    let is_restored = |line: &Detail| matches!(line, Detail::Restored(..));
    let mut group = of_one();
    let restored: Vec<Detail> = group.logged(A).into_iter().filter(is_restored).collect();
    assert_eq!(
        restored,
        [Detail::Restored(channel_state(Joined), Seqno(1))]
    );

    group.start(B, Position::UNDEFINED);
    group.component(&[A, B], true);
    assert!(!group.logged(A).iter().any(is_restored));
    let (open, primary) = (channel_state(NonPrim), channel_state(Prim));
    let lines = group.logged(B);
    assert!(!lines.iter().any(is_restored));
    assert!(
        lines.iter().any(
            |line| matches!(line, Detail::Shift(from, to, _) if (*from, *to) == (open, primary))
        )
    );
}

/// The group is stopped while a member that had too much to apply has not let go (`gcs.cpp:gcs_handle_flow_control`,
/// `stop_count`), and not any more in the next configuration.
#[test]
fn the_group_is_stopped_until_each_member_that_asked_for_it_lets_go() {
    let mut group = of_two();
    let mut after = |node, stop| {
        group.say(node, GcsMessage::Flow { stop });
        [A, B].map(|node| group.members[&node].is_stopped())
    };
    assert_eq!(after(A, false), [false; 2], "nobody had asked");
    assert_eq!(after(A, true), [true; 2]);
    assert_eq!(after(B, true), [true; 2]);
    assert_eq!(after(A, false), [true; 2], "B still has too much");
    assert_eq!(after(B, false), [false; 2]);
    after(A, true);
    group.component(&[A, B], true);
    assert!(!group.members[&A].is_stopped());
}

/// A newcomer without the state neither votes nor is waited for, and votes that were cast before it came still count
/// (`gcs_node.cpp:gcs_node_update_status`, `gcs_group.cpp:group_count_votes`).
#[test]
fn a_newcomer_neither_votes_nor_is_waited_for() {
    let mut group = of_two();
    let seqno = group.members[&A].received;
    let results = |outs: Vec<Out>| -> Vec<Out> {
        let is_result = |out: &Out| matches!(out, Out::VoteResult { .. });
        outs.into_iter().filter(is_result).collect()
    };
    group.say(A, GcsMessage::Vote { seqno, code: 1062 });
    group.start(C, Position::UNDEFINED);
    group.component(&[A, B, C], true);
    group.all_see(C, Prim);
    assert_eq!(results(group.took(A)), []);
    group.say(B, GcsMessage::Vote { seqno, code: 0 });
    // One has failed and one has not: success wins the tie.
    for node in [A, B] {
        let decided = [Out::VoteResult { seqno, code: 0 }];
        assert_eq!(results(group.took(node)), decided, "node {node}");
    }
}
