//! Nodes leave in order: one after the other, two at once, and while something else goes on.

use super::*;

const QUICK: [u64; 3] = [500, 1_000, 100];
const SLOW: [u64; 3] = [15_000, 30_000, 1_000];
const ALL: [u8; 4] = [A, B, C, D];

/// `test_proto_leave_n`: four leave one after the other.
#[test]
fn four_leave_one_after_the_other() {
    leave(SLOW, 0, false);
}

/// `test_proto_leave_n_w_user_msg`: they send before.
#[test]
fn four_that_send_leave_one_after_the_other() {
    leave(SLOW, 0, true);
}

/// `test_proto_leave_n_lossy`: of ten messages, one is lost.
#[test]
fn four_leave_over_lossy_wires() {
    leave(SLOW, 10, false);
}

/// `test_proto_leave_n_lossy_w_user_msg`: and they send.
#[test]
fn four_that_send_leave_over_lossy_wires() {
    leave(SLOW, 10, true);
}

fn leave(timers: [u64; 3], loss: u64, sends: bool) {
    for seed in SEEDS {
        leave_once(Net::new(timers).drawn(seed), loss, sends);
    }
}

fn leave_once(net: Net, loss: u64, sends: bool) {
    let mut net = net.of(&ALL);
    net.lossy(&ALL, loss);
    for (count, node) in ALL.iter().enumerate() {
        if sends {
            net.send_some(&ALL[count..]);
        }
        net.close(*node);
        let rest = &ALL[count + 1..];
        net.until("it has left", |net| {
            net.host(*node).closed && (rest.is_empty() || net.are_in_view(rest))
        });
    }
    net.check();
}

/// `test_trac_552`: two of three leave at once over lossy wires, with messages under way.
#[test]
fn two_leave_at_once_over_lossy_wires() {
    for seed in SEEDS {
        let mut net = Net::new(SLOW).drawn(seed).of(&[A, B, C]);
        net.lossy(&[A, B, C], 10);
        net.send_some(&[A, B, C]);
        net.close(A);
        net.close(B);
        net.until("C is alone", |net| {
            net.host(A).closed && net.host(B).closed && net.are_in_view(&[C])
        });
        net.check();
    }
}

/// `test_trac_607`: a node is told to leave after it has agreed on a view without another one. It enters the view, and
/// leaves that.
#[test]
fn a_leave_inside_an_install_waits_for_the_view() {
    let mut net = Net::new(QUICK).of(&[A, B, C]);
    net.close(A);
    net.until("B has agreed", |net| net.state(B) == State::Install);
    net.close(B);
    assert_eq!(net.state(B), State::Install);
    net.until("C is alone", |net| {
        net.host(B).closed && net.are_in_view(&[C])
    });
    net.check();
    let views = net.host(B).trace.views();
    assert_eq!(views.last(), Some(&vec![B, C]), "{views:?}");
}

/// `test_trac_760`: a second one leaves while the agreement about the first is under way, with messages that not all
/// have acknowledged.
#[test]
fn a_leave_during_a_gather_waits_for_the_view() {
    let mut net = Net::new(QUICK).of(&[A, B, C]);
    for node in [A, B, C] {
        net.send(node);
        net.send(node);
    }
    net.until_quiet(&[A, B, C]);
    let numbers = [net.send(A), net.send(B)];
    net.close(C);
    net.until("B has heard of it", |net| net.state(B) == State::Gather);
    net.close(B);
    net.until("A is alone", |net| {
        net.host(B).closed && net.host(C).closed && net.are_in_view(&[A])
    });
    net.check();
    for number in numbers {
        let number = number.expect("it was said in a view");
        assert!(net.host(A).trace.numbers().contains(&number));
        assert!(net.host(B).trace.numbers().contains(&number));
    }
}

/// `test_gh_41`: the lowest node was alone, comes back, sends one message and leaves. The others have heard of it only
/// by that message; its leave is one of another view. They do not wait for it.
#[test]
fn a_stranger_that_leaves_is_not_waited_for() {
    let mut net = Net::new(QUICK).of(&[A, B, C]);
    net.split(&[&[A], &[B, C]], 100);
    net.until_views(&[&[A], &[B, C]]);
    let seq = net.seq(B);
    net.split(&[&[A], &[B, C]], 0);
    net.send(A);
    net.close(A);
    let before = net.now();
    net.until("B and C are in the next view", |net| {
        net.host(A).closed && net.are_in_view(&[B, C]) && net.seq(B) > seq
    });
    let took = net.now().since(before);
    assert!(
        took < Time::from_millis(500),
        "{took:?} is no agreement but a timer"
    );
    net.check();
}

/// `test_gh_37`: a leaving node is heard and hears nobody. It ends by its timer, and the others go on without it.
#[test]
fn a_leaving_node_that_hears_nobody_ends_by_its_timer() {
    let mut net = Net::new(QUICK).of(&[A, B, C]);
    for node in [B, C] {
        net.lose_one_way(node, A, 100);
    }
    let numbers = [net.send(A), net.send(A)];
    net.close(A);
    net.until("B and C are in the next view", |net| {
        net.host(A).closed && net.are_in_view(&[B, C])
    });
    net.check();
    for number in numbers {
        let number = number.expect("it was said in a view");
        assert!(net.host(B).trace.numbers().contains(&number));
    }
}
