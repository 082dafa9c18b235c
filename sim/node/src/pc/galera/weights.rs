//! Weights: how they count, and what becomes of one that is changed while the view breaks.

use super::*;

/// B and C of weight one, and A of weight three, which comes to them: all states are told, and A has said INSTALL.
fn a_heavy_newcomer() -> (Cluster, PcMessage) {
    let mut cluster = Cluster::weighted(&[(C, 1), (B, 1)]);
    cluster.start(A, 3, false, None);
    cluster.trans(&[A], &[]);
    cluster.trans(&[B, C], &[]);
    cluster.reg(&[A, B, C]);
    cluster.states(&[A, B, C]);
    let install = cluster.install_of(&[A, B, C]);
    (cluster, install)
}

/// `test_weighted_partitioning_1`: the newcomer installs the view and is primary by its weight. The others get the
/// INSTALL behind their view; they count against the view that it would have made, and are not primary.
#[test]
fn a_heavy_newcomer_that_has_installed_goes_on_alone() {
    let (mut cluster, install) = a_heavy_newcomer();
    cluster.hand(A, &install, &[A]);
    cluster.are(&[A], State::Prim);
    cluster.trans(&[B, C], &[]);
    assert!(cluster.is_prim(B));
    cluster.hand(A, &install, &[B, C]);
    assert!(!cluster.is_prim(B) && !cluster.is_prim(C));
    assert_eq!(cluster.unknown(B), [A]);
    cluster.disagree(&[B, C]);
    cluster.trans(&[A], &[]);
    cluster.agree(&[A]);
}

/// `test_weighted_partitioning_2`: nobody gets the INSTALL in its view. The newcomer was never primary, and the others
/// do not know that: nobody is.
#[test]
fn nobody_goes_on_where_nobody_has_installed_a_heavy_newcomer() {
    let (mut cluster, install) = a_heavy_newcomer();
    cluster.trans(&[A], &[]);
    cluster.hand(A, &install, &[A]);
    cluster.trans(&[B, C], &[]);
    cluster.hand(A, &install, &[B, C]);
    cluster.are(&[A, B, C], State::Trans);
    cluster.disagree(&[A]);
    cluster.disagree(&[B, C]);
}

/// `test_weight_change_partitioning_1`: A has its new weight of three and stays primary alone. The others get the
/// change behind their view, do not know whether A has it, and are not primary.
#[test]
fn a_raised_weight_keeps_its_node_alone_and_costs_the_others() {
    let mut cluster = Cluster::of(&[A, B, C]);
    let change = cluster.weight(A, 3);
    cluster.hand(A, &change, &[A]);
    cluster.trans(&[A], &[]);
    cluster.agree(&[A]);
    cluster.trans(&[B, C], &[]);
    cluster.hand(A, &change, &[B, C]);
    assert_eq!(cluster.unknown(B), [A]);
    cluster.disagree(&[B, C]);
}

/// `test_weight_change_partitioning_2`: A gives its weight of three up, and nobody is primary.
#[test]
fn a_lowered_weight_may_cost_everybody() {
    let mut cluster = Cluster::weighted(&[(A, 3), (B, 1), (C, 1)]);
    let change = cluster.weight(A, 1);
    cluster.hand(A, &change, &[A]);
    cluster.trans(&[A], &[]);
    cluster.disagree(&[A]);
    cluster.trans(&[B, C], &[]);
    cluster.hand(A, &change, &[B, C]);
    cluster.disagree(&[B, C]);
}

/// `test_weight_change_joining`: the change comes behind the view, but only because a node joins: all are primary, with
/// the new weight.
#[test]
fn a_weight_that_a_join_overtakes_still_counts() {
    let mut cluster = Cluster::of(&[A, B]);
    cluster.start(C, 1, false, None);
    let change = cluster.weight(A, 2);
    cluster.trans(&[A, B], &[]);
    cluster.hand(A, &change, &[A, B]);
    assert!(cluster.is_prim(A) && cluster.is_prim(B));
    cluster.trans(&[C], &[]);
    cluster.agree(&[A, B, C]);
    for node in [A, B, C] {
        assert_eq!(cluster.0[&node].pc.cluster_weight(), 4, "node {node}");
    }
}

/// `test_weight_change_leaving`: the change comes behind the view of a member that leaves in order: the others stay
/// primary.
#[test]
fn a_weight_that_an_orderly_leave_overtakes_still_counts() {
    let mut cluster = Cluster::weighted(&[(A, 3), (B, 2), (C, 1)]);
    let change = cluster.weight(B, 1);
    cluster.trans(&[B, C], &[A]);
    cluster.hand(B, &change, &[B, C]);
    assert!(cluster.is_prim(B) && cluster.is_prim(C));
    cluster.agree(&[B, C]);
    assert_eq!(cluster.0[&C].pc.cluster_weight(), 2);
}

/// Beyond Galera's cases: a weight under way where the view breaks is taken over from a sender that is gone, and is not
/// from one that is here (`pc_proto.cpp:handle_trans_install`).
#[test]
fn a_weight_behind_a_broken_view_stays_with_a_sender_that_is_here() {
    let mut cluster = Cluster::of(&[A, B, C]);
    let change = cluster.weight(A, 3);
    cluster.trans(&[A, B], &[]);
    cluster.hand(A, &change, &[A, B]);
    assert_eq!(cluster.0[&A].pc.instances[&uuid(A)].weight, 1);

    let mut cluster = Cluster::of(&[A, B, C]);
    let change = cluster.weight(A, 3);
    cluster.trans(&[B, C], &[]);
    cluster.hand(A, &change, &[B, C]);
    assert_eq!(cluster.0[&B].pc.instances[&uuid(A)].weight, 3);
    assert!(!cluster.is_prim(B));
}

/// Beyond Galera's cases: an INSTALL by `pc.bootstrap` that comes behind its view is dropped
/// (`pc_proto.cpp:handle_trans_install`).
#[test]
fn a_bootstrap_behind_a_broken_view_is_dropped() {
    let mut cluster = Cluster::of(&[A, B, C]);
    cluster.trans(&[A, B], &[C]);
    cluster.trans(&[A], &[]);
    cluster.disagree(&[A]);
    let mut out = Vec::new();
    assert!(cluster.0[&A].pc.bootstrap(&mut out));
    let Some(Out::Send(bootstrap)) = out.pop() else {
        panic!("it says so to all");
    };
    cluster.trans(&[A], &[]);
    cluster.hand(A, &bootstrap, &[A]);
    cluster.are(&[A], State::Trans);
    assert!(!cluster.is_prim(A));
}
