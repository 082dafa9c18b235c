//! Views break and come together: by wires, and by nodes that give each other up.

use super::*;

const SLOW: [u64; 3] = [15_000, 30_000, 1_000];
const QUICK: [u64; 3] = [310, 310, 100];
const ALL: [u8; 4] = [A, B, C, D];

/// `test_proto_split_merge`: every place at which four can be split in two.
#[test]
fn four_split_and_merge() {
    split_merge(0, false);
}

/// `test_proto_split_merge_lossy`: of ten messages, one is lost.
#[test]
fn four_split_and_merge_over_lossy_wires() {
    split_merge(10, false);
}

/// `test_proto_split_merge_w_user_msg`: they send all the time.
#[test]
fn four_that_send_split_and_merge() {
    split_merge(0, true);
}

/// `test_proto_split_merge_lossy_w_user_msg`: both.
#[test]
fn four_that_send_split_and_merge_over_lossy_wires() {
    split_merge(10, true);
}

fn split_merge(loss: u64, sends: bool) {
    for seed in SEEDS {
        split_merge_once(Net::new(SLOW).drawn(seed), loss, sends);
    }
}

fn split_merge_once(net: Net, loss: u64, sends: bool) {
    let mut net = net.of(&ALL);
    net.lossy(&ALL, loss);
    for place in 1..ALL.len() {
        if sends {
            for _ in 0..5 {
                net.send_some(&ALL);
                net.run(7);
            }
        }
        let groups = [&ALL[..place], &ALL[place..]];
        net.split(&groups, 100);
        if sends {
            net.send_some(&ALL);
        }
        net.until_views(&groups);
        net.split(&groups, loss);
        if sends {
            net.send_some(&ALL);
        }
        net.until_view(&ALL);
    }
    net.until_quiet(&ALL);
    net.check();
}

/// `test_proto_stop_cont`: all others give one up, each in turn; it is taken in again with the view after the next.
#[test]
fn a_node_that_all_others_give_up_comes_back() {
    let mut net = Net::new(QUICK).of(&ALL);
    for node in ALL {
        let seq = net.seq(A);
        for other in ALL.into_iter().filter(|other| *other != node) {
            net.give_up(other, node);
        }
        net.until("a view without it", |net| {
            !net.members(ALL[usize::from(node == A)]).contains(&node)
        });
        net.until_view(&ALL);
        assert!(net.seq(A) > seq);
    }
    net.check();
}

/// `test_proto_arbitrate`: two give each other up, and a third sees both. Each of the two comes into a view without the
/// other, whose representative it is, and then all three are together.
#[test]
fn two_that_gave_each_other_up_part_although_a_third_sees_both() {
    let mut net = Net::new([500, 500, 100]).of(&[A, B, C]);
    net.give_up(A, B);
    net.give_up(B, A);
    net.until("each has been in a view without the other", |net| {
        let parted = |one: u8, other: u8| {
            let mut views = net
                .host(one)
                .trace
                .views()
                .into_iter()
                .skip(usize::from(4 - one));
            views.any(|view| !view.contains(&other))
        };
        parted(A, B) && parted(B, A)
    });
    net.until_view(&[A, B, C]);
    net.check();
}

/// `test_proto_split_two`: two give each other up, are alone, and come together again.
#[test]
fn two_that_gave_each_other_up_come_together_again() {
    let mut net = Net::new(QUICK).of(&[A, B]);
    net.give_up(A, B);
    net.give_up(B, A);
    net.until_views(&[&[A], &[B]]);
    net.until_view(&[A, B]);
    net.check();
}

/// `test_aggreg`: two send eight messages each. Galera packs several into one; here they all arrive in one order.
#[test]
fn sixteen_messages_arrive_in_one_order() {
    let mut net = Net::new(QUICK).of(&[A, B]);
    for node in [A, B] {
        for _ in 0..8 {
            net.send(node);
        }
    }
    net.until_quiet(&[A, B]);
    assert_eq!(net.host(A).trace.numbers().len(), 16);
    assert_eq!(net.host(A).trace.numbers(), net.host(B).trace.numbers());
    net.check();
}

/// `test_trac_724`: hundreds of messages of one side are lost on the way, and the other side sends as well. All of them
/// are sent again, and arrive in one order.
#[test]
fn hundreds_of_lost_messages_are_sent_again() {
    let mut net = Net::new([30_000, 60_000, 100]).of(&[A, B]);
    net.lose_one_way(A, B, 100);
    for _ in 0..256 {
        net.send(A);
        net.send(A);
        net.send(B);
        net.run(2);
    }
    net.lose_one_way(A, B, 0);
    net.send(A);
    net.until_quiet(&[A, B]);
    assert_eq!(net.host(B).trace.numbers().len(), 3 * 256 + 1);
    assert_eq!(net.host(A).trace.numbers(), net.host(B).trace.numbers());
    net.check();
}
