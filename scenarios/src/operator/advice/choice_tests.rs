//! Tests the choice in one situation after another.

use seatrial_galera::{GraState, Position, Seqno, StateUuid};

use super::*;

/// Returns a crashed node with the history 1, at this position.
fn node(name: &str, seqno: i64) -> Evidence {
    let uuid = StateUuid(1);
    Evidence {
        node: NodeName::new(name),
        position: Some(Position::new(uuid, Seqno(seqno))),
        saved: Saved::Named(GraState {
            uuid,
            seqno: Seqno::UNDEFINED,
            safe_to_bootstrap: false,
        }),
        view: None,
    }
}

fn with(saved: Saved, evidence: Evidence) -> Evidence {
    Evidence { saved, ..evidence }
}

fn safe(evidence: Evidence) -> Evidence {
    let saved = match evidence.saved {
        Saved::Named(state) => Saved::Named(GraState {
            safe_to_bootstrap: true,
            ..state
        }),
        other => other,
    };
    Evidence { saved, ..evidence }
}

fn saved_view(my_uuid: &str, members: &[&str], seq: u64) -> SavedView {
    // The fourth field counts restarts.
    let uuid = |name: &str, life: u8| format!("{name}-5664-11e7-800{life}-0000000000ff");
    SavedView {
        my_uuid: uuid(my_uuid, 1),
        id: (uuid(members[0], 0), seq),
        members: members.iter().map(|member| uuid(member, 0)).collect(),
    }
}

/// Returns the chosen node, or the beginning of the question.
fn chosen(all: &[Evidence]) -> String {
    match choose(all) {
        Decision::Bootstrap(node) => node.0,
        Decision::Ask { text, .. } => {
            assert!(text.contains(". Found: "), "{text}");
            text.split(". Found: ").next().unwrap().to_owned()
        }
    }
}

#[test]
fn the_highest_position_wins_and_the_first_of_equal_ones() {
    assert_eq!(chosen(&[node("A", 7), node("B", 10), node("C", 9)]), "B");
    assert_eq!(chosen(&[node("A", 7), node("B", 10), node("C", 10)]), "B");
    assert_eq!(chosen(&[node("A", 7)]), "A");
}

#[test]
fn a_permission_decides_between_equal_positions_only() {
    assert_eq!(
        chosen(&[node("A", 9), node("B", 9), safe(node("C", 9))]),
        "C"
    );
    // No other node can have a seqno beyond that of the node that was the last one: these are two histories.
    insta::assert_snapshot!(
        chosen(&[node("A", 9), node("B", 9), safe(node("C", 8))]),
        @"C was the last one of a primary component (safe_to_bootstrap 1), and A has gone on without it: there may be two histories under one uuid"
    );
}

#[test]
fn whole_data_come_before_a_position_that_may_be_borrowed() {
    for saved in [Saved::Empty, Saved::Zero, Saved::Missing] {
        assert_eq!(
            chosen(&[with(saved, node("A", 70)), node("B", 7), node("C", 70)]),
            "C"
        );
    }
}

#[test]
fn an_empty_file_on_the_node_that_is_ahead_of_all_whole_ones_is_damage() {
    assert_eq!(
        chosen(&[
            with(Saved::Empty, node("A", 11)),
            node("B", 7),
            node("C", 10)
        ]),
        "A"
    );
    insta::assert_snapshot!(
        chosen(&[with(Saved::Empty, node("A", 11)), with(Saved::Zero, node("B", 7))]),
        @"A has the highest position, and its empty grastate.dat may stand for a half-copied disk: decide whether its data are kept"
    );
}

#[test]
fn a_missing_or_unreadable_file_says_nothing_against_the_data() {
    for saved in [Saved::Missing, Saved::Garbage] {
        assert_eq!(chosen(&[with(saved, node("A", 11)), node("B", 7)]), "A");
    }
}

#[test]
fn a_zero_uuid_on_the_highest_node_is_a_person_s_affair() {
    insta::assert_snapshot!(
        chosen(&[with(Saved::Zero, node("A", 14)), node("B", 10), node("C", 10)]),
        @"A has the highest position, and its grastate.dat has the zero uuid of an interrupted state transfer or schema change, or of a node that was ahead of the cluster: decide whether its data are kept"
    );
}

#[test]
fn histories_are_not_compared_by_numbers() {
    let mut other = node("B", 23);
    other.position = Some(Position::new(StateUuid(2), Seqno(23)));
    insta::assert_snapshot!(
        chosen(&[node("A", 10), other, node("C", 10)]),
        @"the nodes hold different histories, whose positions say nothing about each other: decide whose data are kept"
    );
    let mut renamed = node("A", 10);
    renamed.position = Some(Position::new(StateUuid(2), Seqno(10)));
    insta::assert_snapshot!(
        chosen(&[renamed]),
        @"A has the highest position, and its grastate.dat names another history (00000000-0000-0000-0000-000000000001): decide whether its data are kept"
    );
}

#[test]
fn a_new_disk_has_no_say() {
    let mut empty = with(Saved::Missing, node("A", 0));
    empty.position = Some(Position::UNDEFINED);
    assert_eq!(chosen(&[empty.clone(), node("B", 7), node("C", 6)]), "B");
    assert_eq!(chosen(&[empty]), "A");
}

#[test]
fn an_unknown_position_is_a_person_s_affair() {
    let mut unknown = node("B", 0);
    unknown.position = None;
    insta::assert_snapshot!(
        chosen(&[node("A", 7), unknown, node("C", 7)]),
        @"the position of B cannot be read"
    );
}

#[test]
fn a_node_that_was_alone_is_chosen_or_asked_about() {
    let alone = Evidence {
        view: Some(saved_view("C", &["C"], 9)),
        ..safe(node("C", 9))
    };
    assert_eq!(chosen(&[node("A", 7), node("B", 8), alone.clone()]), "C");
    insta::assert_snapshot!(
        chosen(&[node("A", 12), node("B", 8), alone]),
        @"C was a primary component of its own, and others have gone on without it: there may be two histories under one uuid"
    );
}

#[test]
fn components_without_a_common_member_are_two_lines() {
    let view = |own: &str, members: &[&str], seq| Some(saved_view(own, members, seq));
    let with_view = |view, evidence| Evidence { view, ..evidence };
    insta::assert_snapshot!(
        chosen(&[
            with_view(view("A", &["A"], 7), node("A", 10)),
            with_view(view("B", &["B", "C"], 6), node("B", 8)),
            with_view(view("C", &["B", "C"], 6), node("C", 8)),
        ]),
        @"the last primary components of A and B had no member in common: there may be two histories under one uuid"
    );
    // A staggered crash: A went down first, and B and C went on.
    assert_eq!(
        chosen(&[
            with_view(view("A", &["A", "B", "C"], 5), node("A", 7)),
            with_view(view("B", &["B", "C"], 6), node("B", 10)),
            with_view(view("C", &["B", "C"], 6), node("C", 10)),
        ]),
        "B"
    );
}

#[test]
fn a_component_without_the_missing_node_covers_it() {
    let old = Some(saved_view("A", &["A", "B", "C"], 5));
    let b = Some(saved_view("B", &["B", "C"], 6));
    let c = Some(saved_view("C", &["B", "C"], 6));
    assert!(is_covered(&[b.clone(), c.clone()]));
    assert!(is_covered(&[old.clone(), b.clone(), c.clone()]));
    // C was a member of the last component and cannot be reached.
    assert!(!is_covered(&[old.clone(), b.clone()]));
    assert!(!is_covered(std::slice::from_ref(&old)));
    // All left in order, so the last one is unknown.
    assert!(!is_covered(&[None, None]));
    // Two components of one number.
    let twin = Some(saved_view("A", &["A"], 6));
    assert!(!is_covered(&[twin, b, c]));
}
