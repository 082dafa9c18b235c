//! Nodes join: one message after the other, and many with losses.

use super::*;
use crate::frame::UserMessage;

const PATIENT: [u64; 3] = [3_600_000, 3_600_000, 600_000];
const LOSSY: [u64; 3] = [3_600_000, 3_600_000, 100];
const ALL: [u8; 4] = [A, B, C, D];
/// The next incarnation of A.
const A_AGAIN: u8 = A + 10;

fn is_join(message: &EvsMessage) -> bool {
    matches!(message, EvsMessage::Join(_))
}

fn is_commit(message: &EvsMessage) -> bool {
    matches!(message, EvsMessage::Gap(gap) if gap.commit.is_some())
}

/// `test_proto_single_join`: a node that nobody is with agrees with itself at once, and its own JOIN does nothing
/// afterwards.
#[test]
fn a_node_alone_is_in_a_view_at_once() {
    let mut net = Net::new(PATIENT);
    net.start(A, true);
    assert_eq!(net.state(A), State::Operational);
    assert_eq!(net.members(A), [A]);
    let view = net.evs(A).view;
    let join = net.evs(A).my_join();
    net.inject(A, A, EvsMessage::Join(join));
    assert_eq!((net.state(A), net.evs(A).view), (State::Operational, view));
}

/// A alone, and B that has said its first JOIN; no message moves by itself.
fn two_that_meet(seq_of_b: Option<u32>) -> Net {
    let mut net = Net::new(PATIENT);
    net.start(A, true);
    net.stop_wires();
    net.start_as(B, net::uuid(B), false, seq_of_b);
    assert_eq!(net.state(B), State::Joining);
    assert!(net.under_way(B, A).iter().all(is_join));
    assert_eq!(net.under_way(B, A).len(), 1);
    net.hand(B, A);
    assert_eq!(net.state(A), State::Gather);
    assert!(net.under_way(A, B).iter().all(is_join));
    assert!(is_join(&net.hand(A, B)));
    assert_eq!(net.state(B), State::Gather);
    assert!(is_join(&net.hand(B, A)));
    net
}

/// `test_proto_double_join`: JOIN is answered with JOIN, then the lowest says INSTALL and commits, then the other
/// commits, and both are in the view. Nothing else is said before.
#[test]
fn two_nodes_agree_message_by_message() {
    let mut net = two_that_meet(None);
    assert_eq!(net.state(A), State::Install);
    assert!(matches!(net.hand(A, B), EvsMessage::Install(_)));
    assert_eq!(net.state(B), State::Install);
    assert!(is_commit(&net.hand(B, A)));
    assert_eq!(
        (net.state(A), net.members(A)),
        (State::Operational, vec![A, B])
    );
    assert_eq!(net.state(B), State::Install);
    assert!(is_commit(&net.hand(A, B)));
    assert_eq!(
        (net.state(B), net.members(B)),
        (State::Operational, vec![A, B])
    );
    assert_eq!(net.evs(A).view, net.evs(B).view);
}

/// `test_gh_100`: B begins with a higher view number. If the agreement fails by the timer, the next INSTALL has a
/// higher number than the first.
#[test]
fn an_install_that_failed_is_not_said_again_with_its_number() {
    let mut net = two_that_meet(Some(3));
    let EvsMessage::Install(first) = net.hand(A, B) else {
        panic!("it has agreed");
    };
    assert!(first.view.seq > 4, "{}", first.view);
    net.drop(A, B, |_| true);
    net.pass(3_600_001);
    net.tick(A);
    let said = net.under_way(A, B);
    let numbers = said.iter().filter_map(|message| match message {
        EvsMessage::Install(install) => Some(install.view.seq),
        _ => None,
    });
    assert!(said.iter().any(is_join));
    let next = numbers.max();
    assert!(next > Some(first.view.seq), "{next:?}");
}

/// `test_proto_join_n`: four nodes join one after the other.
#[test]
fn four_join_one_after_the_other() {
    let net = Net::new(PATIENT).of(&ALL);
    net.check();
    assert_eq!(
        net.host(A).trace.views(),
        [&[A][..], &[A, B], &[A, B, C], &ALL]
    );
    assert!(net.seq(A) >= 4);
}

/// `test_proto_join_n_w_user_msg`: they send while they join.
#[test]
fn four_that_send_join_one_after_the_other() {
    join(LOSSY, 0, true);
}

/// `test_proto_join_n_lossy`: of ten messages, one is lost.
#[test]
fn four_join_over_lossy_wires() {
    join(LOSSY, 10, false);
}

/// `test_proto_join_n_lossy_w_user_msg`: and they send.
#[test]
fn four_that_send_join_over_lossy_wires() {
    join(LOSSY, 10, true);
}

fn join(timers: [u64; 3], loss: u64, sends: bool) {
    for seed in SEEDS {
        join_once(Net::new(timers).drawn(seed), loss, sends);
    }
}

fn join_once(mut net: Net, loss: u64, sends: bool) {
    for (count, node) in ALL.iter().enumerate() {
        net.lossy(&ALL[..=count], loss);
        net.start(*node, count == 0);
        net.until_view(&ALL[..=count]);
        if sends {
            net.send_some(&ALL[..=count]);
            net.until_quiet(&ALL[..=count]);
            net.send_some(&ALL[..=count]);
        }
    }
    net.until_quiet(&ALL);
    net.check();
}

/// `test_trac_538`: a node breaks off while another joins: it is alone, and the others are with the newcomer.
#[test]
fn a_node_breaks_off_while_another_joins() {
    let mut net = Net::new([500, 2_000, 100]).of(&ALL);
    net.start(E, false);
    net.split(&[&[A, B, C, E], &[D]], 100);
    net.until_views(&[&[A, B, C, E], &[D]]);
    net.check();
}

/// `test_representative_incarnation_change`: the lowest node is cut off while a message of its own is under way, and a
/// process with its identity and the next incarnation comes meanwhile. It waits until the old one is out, and the
/// message is delivered alike where it had come.
#[test]
fn the_next_incarnation_waits_until_the_old_one_is_out() {
    let mut net = Net::new([500, 1_000, 100]).of(&[A, B, C]);
    net.until_quiet(&[A, B, C]);
    net.stop_wires();
    let number = net.send(A).expect("it is in a view");
    net.hand(A, B);
    net.hand(A, C);
    for other in [B, C] {
        net.drop(A, other, |_| true);
        net.drop(other, A, |_| true);
    }
    net.let_run();
    net.split(&[&[A], &[B, C, A_AGAIN]], 100);
    net.until("B and C agree anew", |net| {
        net.state(B) == State::Gather || net.state(C) == State::Gather
    });
    net.start_as(A_AGAIN, net::uuid(A).next_incarnation(), false, None);
    net.until("all three are together", |net| {
        net.are_in_view(&[B, C, A_AGAIN])
    });
    net.check();
    for node in [B, C] {
        let trace = &net.host(node).trace;
        assert!(trace.numbers().contains(&number), "node {node}");
        assert!(!trace.views().iter().any(|view| view.len() == 4));
    }
}

/// `test_gh_40`: the members have agreed on the next view without A when messages of A come that only one of them gets.
/// They agreed on what is delivered, so it is not.
#[test]
fn what_comes_after_the_agreement_is_not_delivered() {
    let mut net = Net::new([500, 1_000, 100]).of(&[A, B, C]);
    net.send(A);
    net.until_quiet(&[A, B, C]);
    net.split(&[&[A], &[B, C]], 100);
    net.send(B);
    for node in [B, C] {
        net.give_up(node, A);
    }
    net.until("B has agreed", |net| net.state(B) == State::Install);
    let from = net.evs(B).input.have()[&net::uuid(A)];
    let leaked = crate::frame::GcsMessage::Join {
        seqno: Some(seatrial_galera::Seqno(99)),
    };
    for seq in from + 1..=from + 2 {
        let message = UserMessage {
            view: net.evs(B).view,
            seq,
            aru: from,
            payload: Some(PcMessage::User(leaked.clone())),
            retransmitted: true,
        };
        net.inject(A, B, EvsMessage::User(message));
    }
    net.until_views(&[&[A], &[B, C]]);
    net.check();
    assert!(!net.host(B).trace.numbers().contains(&99));
}

/// Beyond Galera's cases: a member has agreed to the INSTALL of one node when that of another one comes, which counts on
/// it too. The two groups must come together first (`evs_proto.cpp:handle_install`, "conflicting install messages").
#[test]
fn two_installs_that_cross_begin_the_agreement_anew() {
    let mut net = Net::new([500, 1_000, 100]).of(&[A, B]);
    net.start(C, false);
    net.until("C has agreed", |net| net.state(C) == State::Install);
    net.stop_wires();
    let Some(mut other) = net.evs(C).install.clone() else {
        panic!("it has agreed");
    };
    other.view = ViewId::new(ViewType::Reg, net::uuid(B), other.view.seq);
    net.inject(B, C, EvsMessage::Install(Box::new(other)));
    assert_eq!(net.state(C), State::Gather);
    assert!(net.under_way(C, A).iter().any(is_join));
    net.let_run();
    net.until_view(&[A, B, C]);
    net.check();
}
