//! The component that goes on: two meet, one is left over, one is put together again.

use super::*;

fn restored(members: &[u8]) -> RestoredView {
    RestoredView {
        id: ViewId::new(ViewType::Prim, uuid(*members.iter().min().expect("one")), 0),
        members: members.iter().copied().map(uuid).collect(),
    }
}

/// A and B, each of which has bootstrapped, come into one view.
fn twins(newer_prevails: bool) -> Cluster {
    let mut cluster = Cluster::new();
    for node in [A, B] {
        cluster.start(node, 1, true, None);
        cluster.member(node).config.pc_npvo = newer_prevails;
        cluster.trans(&[node], &[]);
        cluster.agree(&[node]);
    }
    for node in [A, B] {
        cluster.trans(&[node], &[]);
    }
    cluster.reg(&[A, B]);
    let (first, second) = (cluster.said(A), cluster.said(B));
    cluster.hand(A, &first, &[A, B]);
    cluster.hand(B, &second, &[A, B]);
    cluster
}

/// `test_pc_conflicting_prims`: of two primary components that meet, the one with the greater view ends, and the other
/// waits in the exchange until it is alone, and goes on.
#[test]
fn the_smaller_view_goes_on_where_two_primaries_meet() {
    let mut cluster = twins(false);
    assert!(matches!(
        cluster.member(B).ended,
        Some(Fatal::ConflictingPrims { .. })
    ));
    assert_eq!(cluster.member(A).ended, None);
    cluster.are(&[A], State::StatesExchange);
    cluster.trans(&[A], &[]);
    cluster.agree(&[A]);
}

/// `test_pc_conflicting_prims_npvo`: with `pc.npvo` it is the other way round.
#[test]
fn with_npvo_the_greater_view_goes_on() {
    let mut cluster = twins(true);
    assert!(matches!(
        cluster.member(A).ended,
        Some(Fatal::ConflictingPrims { .. })
    ));
    assert_eq!(cluster.member(B).ended, None);
    cluster.are(&[B], State::StatesExchange);
    cluster.trans(&[B], &[]);
    cluster.agree(&[B]);
}

/// `test_trac_191`: a starter hears of a primary view from a node that is not primary and has seen others as primary.
/// Words about third nodes do not make the view primary.
#[test]
fn what_is_said_of_third_nodes_makes_nobody_primary() {
    let mut cluster = Cluster::new();
    cluster.start(D, 1, false, None);
    cluster.start(C, 1, false, None);
    cluster.trans(&[C], &[]);
    cluster.trans(&[D], &[]);
    cluster.reg(&[C, D]);
    let last_prim = ViewId::new(ViewType::Prim, uuid(A), 3);
    let node = |prim, to_seq| PcNode {
        prim,
        un: false,
        last_prim,
        to_seq,
        weight: 1,
        evicted: false,
    };
    let nodes = [
        (A, node(true, 20)),
        (B, node(true, 20)),
        (C, node(false, 25)),
    ];
    let nodes = nodes.map(|(number, node)| (uuid(number), node)).into();
    cluster.hand(C, &PcMessage::State { nodes }, &[D]);
    let own = cluster.said(D);
    cluster.hand(D, &own, &[D]);
    cluster.are(&[D], State::NonPrim);
    assert_eq!(cluster.member(D).ended, None);
}

/// `test_trac_413`: A is lost, and B before the INSTALL of both who were left came through. C alone is not primary: it
/// still counts against the view of three.
#[test]
fn a_view_that_was_not_installed_is_not_counted_against() {
    let mut cluster = Cluster::of(&[A, B, C]);
    cluster.trans(&[B, C], &[]);
    cluster.reg(&[B, C]);
    cluster.states(&[B, C]);
    let _ = cluster.install_of(&[B, C]);
    cluster.trans(&[C], &[]);
    assert!(!cluster.is_prim(C));
    cluster.disagree(&[C]);
}

/// `test_join_split_cluster`: a node loses its partner and meets a third one, which saved a view with it. All three
/// together are primary again, however their identities are ordered.
#[test]
fn a_saved_view_of_other_members_does_not_keep_the_merge_away() {
    for [one, two, three] in [[A, B, C], [B, A, C], [B, C, A]] {
        let mut cluster = Cluster::new();
        cluster.start(one, 1, true, Some(restored(&[one, two])));
        cluster.joins(one);
        cluster.start(two, 1, false, Some(restored(&[one, two])));
        cluster.joins(two);

        cluster.start(three, 1, false, Some(restored(&[one, three])));
        cluster.trans(&[one], &[]);
        cluster.trans(&[three], &[]);
        cluster.disagree(&[one, three]);
        cluster.trans(&[two], &[]);
        cluster.disagree(&[two]);

        cluster.trans(&[one, three], &[]);
        cluster.trans(&[two], &[]);
        cluster.agree(&[one, two, three]);
    }
}

/// A and B are primary without C, and C is back: they have told each other what they know.
fn taking_in_c() -> Cluster {
    let mut cluster = Cluster::of(&[A, B, C]);
    cluster.trans(&[A, B], &[]);
    cluster.agree(&[A, B]);
    cluster.trans(&[C], &[]);
    cluster.disagree(&[C]);

    cluster.trans(&[A, B], &[]);
    cluster.trans(&[C], &[]);
    cluster.reg(&[A, B, C]);
    cluster.states(&[A, B, C]);
    cluster
}

/// `test_trac_762`: A and B install the merged view and C does not, because it breaks off. C does not know what became
/// of the others until it is with them again.
#[test]
fn who_breaks_off_before_the_install_does_not_know_of_the_others() {
    let mut cluster = taking_in_c();
    let install = cluster.install_of(&[A, B, C]);
    cluster.hand(A, &install, &[A, B]);
    cluster.are(&[A, B], State::Prim);
    cluster.trans(&[A, B], &[]);
    cluster.trans(&[C], &[]);
    cluster.hand(A, &install, &[C]);
    assert!(!cluster.is_prim(C));
    assert_eq!(cluster.unknown(C), [A, B]);

    cluster.reg(&[A, B]);
    let states = [A, B].map(|node| cluster.said(node));
    cluster.trans(&[A, B], &[]);
    for (node, state) in [A, B].into_iter().zip(&states) {
        cluster.hand(node, state, &[A, B]);
    }
    cluster.disagree(&[C]);
    cluster.trans(&[C], &[]);
    cluster.agree(&[A, B, C]);
    assert_eq!(cluster.unknown(C), [] as [u8; 0]);
}

/// `test_gh_92`: three that are apart come together, and the INSTALL finds them apart again. Nobody knows of those who
/// are missing, so two of them wait for the third, and all three are primary when they meet.
#[test]
fn an_install_that_finds_all_apart_again_blocks_until_all_are_back() {
    let mut cluster = Cluster::of(&[A, B, C]);
    for node in [A, B, C] {
        cluster.trans(&[node], &[]);
        cluster.disagree(&[node]);
    }
    for node in [A, B, C] {
        cluster.trans(&[node], &[]);
    }
    cluster.reg(&[A, B, C]);
    cluster.states(&[A, B, C]);
    let install = cluster.install_of(&[A, B, C]);

    cluster.trans(&[A, B], &[]);
    cluster.hand(A, &install, &[A, B]);
    cluster.are(&[A, B], State::Trans);
    assert_eq!(cluster.unknown(A), [C]);
    cluster.disagree(&[A, B]);
    cluster.trans(&[C], &[]);
    cluster.hand(A, &install, &[C]);
    cluster.are(&[C], State::Trans);
    assert_eq!(cluster.unknown(C), [A, B]);
    cluster.disagree(&[C]);

    cluster.trans(&[A, B], &[]);
    cluster.trans(&[C], &[]);
    cluster.agree(&[A, B, C]);
}

/// `test_quorum_2_to_2_in_3_node_cluster`: A and B are primary without C. While C is taken in, B is lost: A with C is
/// half of the last primary view, whatever C remembers.
#[test]
fn a_member_of_an_older_view_does_not_count_for_the_newer_one() {
    let mut cluster = taking_in_c();
    cluster.are(&[A], State::Install);
    cluster.trans(&[A, C], &[]);
    assert!(!cluster.is_prim(A));
}
