//! A component forms, and forms again: who says what, and when it counts.

use super::*;

/// `test_pc_view_changes_single`: a node that bootstraps is primary in its first view, by its own state and its own
/// INSTALL.
#[test]
fn a_lone_node_bootstraps() {
    let mut cluster = Cluster::new();
    cluster.start(A, 1, true, None);
    cluster.trans(&[A], &[]);
    assert!(cluster.is_prim(A));
    cluster.reg(&[A]);
    let decreed = ViewId::new(ViewType::Prim, uuid(A), 0);
    let is_decreed = |nodes: &BTreeMap<GcommUuid, PcNode>| {
        nodes.len() == 1 && nodes[&uuid(A)].prim && nodes[&uuid(A)].last_prim == decreed
    };
    let state = cluster.said(A);
    assert!(matches!(&state, PcMessage::State { nodes } if is_decreed(nodes)));
    cluster.hand(A, &state, &[A]);
    cluster.are(&[A], State::Install);
    let install = cluster.said(A);
    assert!(matches!(&install, PcMessage::Install { nodes, .. } if is_decreed(nodes)));
    cluster.hand(A, &install, &[A]);
    cluster.are(&[A], State::Prim);
}

/// `test_pc_view_changes_double`: of two, the one that the other has left in order stays primary, and the one that has
/// lost the other does not.
#[test]
fn of_two_the_one_that_was_left_in_order_stays_primary() {
    let mut cluster = Cluster::of(&[A, B]);
    cluster.trans(&[A], &[]);
    cluster.disagree(&[A]);
    cluster.trans(&[B], &[A]);
    assert!(cluster.is_prim(B));
    cluster.agree(&[B]);
}

/// `test_pc_view_changes_reverse`: the order of the identities does not matter to who bootstraps.
#[test]
fn the_higher_identity_may_bootstrap() {
    let cluster = Cluster::of(&[B, A]);
    assert_eq!(cluster.0[&A].pc.last_primary().len(), 2);
}

/// `test_pc_state1`: an INSTALL that comes after its view has broken, with all still there, makes nobody primary and
/// costs nobody anything; the next view is primary.
#[test]
fn an_install_behind_its_view_does_nothing_while_all_are_here() {
    let mut cluster = Cluster::of(&[A, B]);
    let both = [A, B];
    cluster.trans(&both, &[]);
    cluster.reg(&both);
    let state = cluster.said(A);
    cluster.hand(A, &state, &both);
    cluster.are(&both, State::StatesExchange);
    let state = cluster.said(B);
    cluster.hand(B, &state, &both);
    cluster.are(&both, State::Install);

    cluster.trans(&both, &[]);
    let install = cluster.install_of(&both);
    cluster.hand(A, &install, &both);
    cluster.are(&both, State::Trans);
    assert!(cluster.is_prim(A) && cluster.is_prim(B));
    assert_eq!(cluster.unknown(A), [] as [u8; 0]);
    cluster.agree(&both);
}

/// `test_pc_state2`: states that come after their view has broken are not counted; the next view asks again.
#[test]
fn states_behind_their_view_are_not_counted() {
    let mut cluster = Cluster::of(&[A, B]);
    let both = [A, B];
    cluster.trans(&both, &[]);
    cluster.reg(&both);
    cluster.trans(&both, &[]);
    for node in both {
        let state = cluster.said(node);
        cluster.hand(node, &state, &both);
        cluster.are(&both, State::Trans);
    }
    cluster.agree(&both);
}

/// `test_pc_state3`: two that have lost each other are not primary, each alone and in any view of its own, until both
/// are back.
#[test]
fn two_that_have_lost_each_other_wait_for_each_other() {
    let mut cluster = Cluster::of(&[A, B]);
    for node in [A, B] {
        cluster.trans(&[node], &[]);
        assert!(!cluster.is_prim(node));
        cluster.disagree(&[node]);
        cluster.trans(&[node], &[]);
    }
    cluster.agree(&[A, B]);
}

/// Beyond Galera's cases: a component that waits tells the layer above at once who is left when it breaks in half, and
/// again when those who are left have agreed (`pc_proto.cpp:handle_trans`).
#[test]
fn a_waiting_component_that_breaks_says_at_once_who_is_left() {
    let mut cluster = Cluster::of(&[A, B, C, D]);
    cluster.trans(&[A, B], &[]);
    cluster.disagree(&[A, B]);
    let told = cluster.0[&A].views.len();
    cluster.trans(&[A], &[]);
    let views = &cluster.0[&A].views;
    assert_eq!(views.len(), told + 1);
    let last = views.last().expect("it was told");
    assert_eq!((last.id.kind, last.members.len()), (ViewType::NonPrim, 1));
    cluster.disagree(&[A]);
    assert_eq!(cluster.0[&A].views.len(), told + 2);

    // Nobody is missing: nothing to tell before the next view.
    cluster.trans(&[A], &[]);
    assert_eq!(cluster.0[&A].views.len(), told + 2);
}

/// `test_prim_after_evict`: three that all lose each other are not primary. Two of them that have evicted the third meet,
/// and do not wait for it.
#[test]
fn an_evicted_member_is_not_waited_for() {
    for evicted in [false, true] {
        let mut cluster = Cluster::of(&[A, B, C]);
        for node in [A, B, C] {
            cluster.trans(&[node], &[]);
            cluster.disagree(&[node]);
        }
        if evicted {
            for node in [A, B] {
                cluster.member(node).pc.evict(uuid(C));
            }
        }
        for node in [A, B] {
            cluster.trans(&[node], &[]);
        }
        if evicted {
            cluster.agree(&[A, B]);
        } else {
            cluster.disagree(&[A, B]);
        }
    }
}
