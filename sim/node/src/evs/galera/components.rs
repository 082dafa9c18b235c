//! Both layers together: which of the components that come and go is primary (`gcomm/test/check_pc.cpp`).

use super::*;
use crate::pc;

const QUICK: [u64; 3] = [350, 700, 100];
const ALL: [u8; 5] = [A, B, C, D, E];

impl Net {
    fn pc_state(&self, node: u8) -> pc::State {
        self.host(node)
            .pc
            .as_ref()
            .expect("it has the layer")
            .state()
    }

    fn are_prim(&self, nodes: &[u8], prim: bool) {
        let state = if prim {
            pc::State::Prim
        } else {
            pc::State::NonPrim
        };
        for node in nodes {
            assert_eq!(self.pc_state(*node), state, "node {node}");
        }
    }

    fn weight_of_all(&self, node: u8) -> u32 {
        self.host(node)
            .pc
            .as_ref()
            .expect("it has the layer")
            .cluster_weight()
    }
}

/// `test_pc_split_merge`: five are split at every place; only the greater part is primary, and all are together again.
#[test]
fn the_greater_part_of_five_is_primary() {
    split_merge(false);
}

/// `test_pc_split_merge_w_user_msg`: they send all the time.
#[test]
fn the_greater_part_of_five_that_send_is_primary() {
    split_merge(true);
}

fn split_merge(sends: bool) {
    for seed in SEEDS {
        split_merge_once(Net::with_pc(QUICK).drawn(seed), sends);
    }
}

fn split_merge_once(net: Net, sends: bool) {
    let mut net = net.of(&ALL);
    net.are_prim(&ALL, true);
    for place in 1..ALL.len() {
        let (low, high) = ALL.split_at(place);
        if sends {
            net.send_some(&ALL);
        }
        net.split(&[low, high], 100);
        net.until_views(&[low, high]);
        net.are_prim(low, low.len() > 2);
        net.are_prim(high, high.len() > 2);
        if sends {
            net.send_some(&ALL);
        }
        net.split(&[low, high], 0);
        net.until_view(&ALL);
        net.are_prim(&ALL, true);
    }
    net.until_quiet(&ALL);
    net.check();
}

/// Beyond Galera's cases: the same over wires that lose one message of ten.
#[test]
fn the_greater_part_of_five_is_primary_over_lossy_wires() {
    for seed in SEEDS {
        let mut net = Net::with_pc([2_000, 4_000, 100]).drawn(seed).of(&ALL);
        for place in 1..ALL.len() {
            let (low, high) = ALL.split_at(place);
            net.lossy(&ALL, 10);
            net.send_some(&ALL);
            net.split(&[low, high], 100);
            net.until_views(&[low, high]);
            net.are_prim(low, low.len() > 2);
            net.are_prim(high, high.len() > 2);
            net.send_some(&ALL);
            net.split(&[low, high], 10);
            net.until_view(&ALL);
            net.are_prim(&ALL, true);
        }
        net.until_quiet(&ALL);
        net.check();
    }
}

/// `test_pc_complete_split_merge`: all five lose each other, again and again, with messages under way. Nobody is primary
/// alone, and all are primary together.
#[test]
fn five_that_all_lose_each_other_are_primary_together_again() {
    let mut net = Net::with_pc([350, 310, 100]).of(&ALL);
    for _ in 0..5 {
        net.send_some(&ALL);
        let millis = 9 + net.draw(5);
        net.run(millis);
        net.lossy(&ALL, 100);
        net.until_views(&[&[A], &[B], &[C], &[D], &[E]]);
        net.are_prim(&ALL, false);
        net.lossy(&ALL, 0);
        net.until_view(&ALL);
        net.are_prim(&ALL, true);
    }
    net.check();
}

/// `test_trac_277`: C is lost, then A and B lose each other: nobody is primary. A and B are primary when they meet: they
/// were the last view, without C. C comes to them.
#[test]
fn the_last_two_are_primary_without_the_third() {
    let mut net = Net::with_pc(QUICK).of(&[A, B, C]);
    for node in [A, B, C] {
        net.send(node);
    }
    net.until_quiet(&[A, B, C]);
    net.split(&[&[A, B], &[C]], 100);
    net.until_views(&[&[A, B], &[C]]);
    net.are_prim(&[A, B], true);
    net.are_prim(&[C], false);
    net.lose(A, B, 100);
    net.until_views(&[&[A], &[B]]);
    net.are_prim(&[A, B], false);
    net.lose(A, B, 0);
    net.until_view(&[A, B]);
    net.are_prim(&[A, B], true);
    net.split(&[&[A, B], &[C]], 0);
    net.until_view(&[A, B, C]);
    net.are_prim(&[A, B, C], true);
    net.check();
}

/// `test_trac_622_638`: B has lost A, and is not primary. A third node that bootstraps takes B in.
#[test]
fn a_third_that_bootstraps_takes_in_one_that_waits() {
    let mut net = Net::with_pc(QUICK).of(&[A, B]);
    net.send(A);
    net.send(B);
    net.until_quiet(&[A, B]);
    net.lose(A, B, 100);
    net.until_views(&[&[A], &[B]]);
    net.are_prim(&[A, B], false);
    net.lose(A, C, 100);
    net.start(C, true);
    net.until_view(&[B, C]);
    net.are_prim(&[B, C], true);
    net.are_prim(&[A], false);
    net.check();
}

/// `test_weighted_quorum`: of nodes with weights 0, 1 and 2, the third is primary alone.
#[test]
fn a_node_of_weight_two_outweighs_weights_of_nought_and_one() {
    let mut net = Net::with_pc(QUICK);
    for (count, node) in [A, B, C].into_iter().enumerate() {
        net.config.pc_weight = u8::try_from(count).expect("small");
        net.start(node, count == 0);
        net.until_view(&[A, B, C][..=count]);
    }
    for node in [A, B, C] {
        assert_eq!(net.weight_of_all(node), 3, "node {node}");
    }
    net.split(&[&[A, B], &[C]], 100);
    net.until_views(&[&[A, B], &[C]]);
    net.are_prim(&[A, B], false);
    net.are_prim(&[C], true);
    assert_eq!([A, B, C].map(|node| net.weight_of_all(node)), [0, 0, 2]);
}
