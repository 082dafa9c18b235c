//! What one node holds beyond another one, by the views in their logs.

use seatrial_galera::Seqno;

use super::*;

/// A view of history U1: its seqno, the lives of its members, and the index of the node that logged it.
fn view(seqno: i64, members: &[&str], own: usize) -> ServerView {
    ServerView {
        position: at(seqno),
        primary: true,
        own_index: Some(own),
        members: members
            .iter()
            .map(|life| ((*life).to_owned(), life[..1].to_owned()))
            .collect(),
    }
}

fn at(seqno: i64) -> Position {
    Position::new(StateUuid(1), Seqno(seqno))
}

/// The steps of a node that began without data. Each of its lives begins with what the one before it held.
fn lives(views: Vec<ServerView>) -> Vec<LoggedStep> {
    let mut steps = vec![LoggedStep::Start(Position::UNDEFINED)];
    let mut life: Option<String> = None;
    for view in views {
        let me = view.me().map(str::to_owned);
        if life.is_some() && life != me {
            steps.push(LoggedStep::Start(at(view.position.seqno.0 - 1)));
        }
        life = me;
        steps.push(LoggedStep::View(view));
    }
    steps
}

/// A node that began without data.
fn told(node: &str, seqno: i64, views: Vec<ServerView>) -> Told {
    Told {
        node: NodeName::new(node.to_owned()),
        position: at(seqno),
        steps: lives(views),
    }
}

/// Returns what a node that has joined over a fork holds for itself.
fn kept_apart(one: usize, all: &[Told]) -> Beyond {
    let lines = Lines::of(all);
    let others = (0..all.len()).filter(|_| lines.has_joined_over(one));
    let kept = others.map(|other| lines.passed(one, other));
    kept.max().unwrap_or(Beyond::Nothing)
}

#[test]
fn a_node_that_was_left_behind_holds_nothing_beyond() {
    let all = [
        told("A", 9, vec![view(3, &["A1", "B1"], 0), view(6, &["A1"], 0)]),
        told("B", 5, vec![view(3, &["A1", "B1"], 1)]),
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(1, 0), Beyond::Nothing);
    // The first of 6, 7, 8 and 9 is the view.
    assert_eq!(lines.beyond(0, 1), Beyond::Events(3));
}

/// The three met again before B could say that it was ahead: the others count B in a view whose number is that of a row
/// that only B has.
#[test]
fn a_view_that_its_own_log_lacks_is_not_its_own_event() {
    let mut without_quorum = view(7, &["B1"], 0);
    without_quorum.primary = false;
    let met = || view(7, &["A1", "B1", "C1"], 0);
    let all = [
        told(
            "A",
            8,
            vec![
                view(5, &["A1", "B1", "C1"], 0),
                met(),
                view(8, &["A1", "C1"], 0),
            ],
        ),
        told(
            "B",
            7,
            vec![
                view(5, &["A1", "B1", "C1"], 1),
                view(6, &["B1", "C1"], 0),
                without_quorum,
            ],
        ),
        told(
            "C",
            8,
            vec![
                view(5, &["A1", "B1", "C1"], 2),
                view(6, &["B1", "C1"], 1),
                view(7, &["A1", "B1", "C1"], 2),
                view(8, &["A1", "C1"], 1),
            ],
        ),
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(1, 0), Beyond::Events(1));
    assert_eq!(lines.beyond(1, 2), Beyond::Events(1));
    assert_eq!(lines.beyond(2, 1), Beyond::Views);
}

/// A was killed while it received the events that it had missed, before it was in a view.
#[test]
fn events_that_a_donor_sent_are_not_its_own() {
    let mut left = told("A", 6, vec![view(3, &["A1", "B1"], 0)]);
    left.steps.push(LoggedStep::Start(at(3)));
    left.steps.push(LoggedStep::Asked {
        joiner: "A".to_owned(),
        donor: "B".to_owned(),
    });
    let all = [
        left,
        told(
            "B",
            8,
            vec![
                view(3, &["A1", "B1"], 1),
                view(4, &["B1"], 0),
                view(8, &["A2", "B1"], 1),
            ],
        ),
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Nothing);
    assert_eq!(lines.beyond(1, 0), Beyond::Events(1));
    // Without the request they are events of its own.
    let mut alone = all;
    alone[0].steps.pop();
    assert_eq!(Lines::of(&alone).beyond(0, 1), Beyond::Events(3));
}

/// B was bootstrapped by force, and A and C had gone on without it. They lost their quorum and then met B: from there on
/// the line is B's, although C had a view of the same number.
#[test]
fn where_two_components_meet_the_one_that_is_primary_goes_on() {
    let mut alone = view(6, &["A2"], 0);
    alone.primary = false;
    let mut without_quorum = view(7, &["C1"], 0);
    without_quorum.primary = false;
    let first = |own| view(5, &["A1", "B1", "C1"], own);
    let met = |own| view(8, &["A2", "B2", "C1"], own);
    let all = [
        told("A", 8, vec![first(0), alone, met(0)]),
        told(
            "B",
            8,
            vec![first(1), view(6, &["B2"], 0), view(7, &["B2"], 0), met(1)],
        ),
        told(
            "C",
            8,
            vec![first(2), view(7, &["A1", "C1"], 1), without_quorum, met(2)],
        ),
    ];
    assert_eq!(kept_apart(0, &all), Beyond::Events(1));
    assert_eq!(kept_apart(1, &all), Beyond::Nothing);
    assert_eq!(kept_apart(2, &all), Beyond::Events(1));
}

#[test]
fn two_lines_of_one_uuid_are_known_by_their_views() {
    let all = [
        told("A", 8, vec![view(3, &["A1", "B1"], 0), view(6, &["A1"], 0)]),
        told("B", 8, vec![view(3, &["A1", "B1"], 1), view(6, &["B2"], 0)]),
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Events(2));
    assert_eq!(lines.beyond(1, 0), Beyond::Events(2));
}

#[test]
fn a_fork_without_rows_is_lost_without_harm_and_needs_a_copy() {
    let all = [
        told("A", 9, vec![view(3, &["A1", "B1"], 0), view(6, &["A1"], 0)]),
        told("B", 6, vec![view(3, &["A1", "B1"], 1), view(6, &["B2"], 0)]),
    ];
    assert_eq!(Lines::of(&all).beyond(1, 0), Beyond::Views);
}

#[test]
fn the_log_of_a_third_node_tells_where_a_copied_node_comes_from() {
    let all = [
        told("A", 5, vec![view(3, &["A1", "B1"], 0)]),
        told(
            "B",
            8,
            vec![
                view(3, &["A1", "B1"], 1),
                view(6, &["B1"], 0),
                view(7, &["B1", "C1"], 0),
            ],
        ),
        told("C", 8, vec![view(7, &["B1", "C1"], 1)]),
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 2), Beyond::Nothing);
    assert_eq!(
        Lines::of(&[all[0].clone(), all[2].clone()]).beyond(0, 1),
        Beyond::Unknown
    );
}

#[test]
fn rows_that_only_an_older_position_has_are_its_own() {
    // B was behind when it was bootstrapped; A still holds 5 and 6.
    let all = [
        told("A", 6, vec![view(3, &["A1", "B1"], 0)]),
        told("B", 6, vec![view(3, &["A1", "B1"], 1), view(5, &["B2"], 0)]),
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Events(2));
    assert_eq!(lines.beyond(1, 0), Beyond::Events(1));
}

/// A view of history U2, which node B began alone.
fn own_view_of_b(seqno: i64) -> ServerView {
    let mut own = view(seqno, &["B2"], 0);
    own.position.uuid = StateUuid(2);
    own
}

#[test]
fn an_empty_node_holds_nothing_and_another_history_all_of_its_own() {
    let mut other = told("B", 3, vec![own_view_of_b(1)]);
    other.position.uuid = StateUuid(2);
    let mut empty = told("C", -1, Vec::new());
    empty.position = Position::UNDEFINED;
    let all = [told("A", 4, vec![view(1, &["A1"], 0)]), other, empty];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(1, 0), Beyond::Events(2));
    assert_eq!(lines.beyond(2, 0), Beyond::Nothing);
    assert_eq!(lines.beyond(0, 2), Beyond::Events(3));
}

#[test]
fn a_new_history_over_old_data_holds_what_they_hold() {
    // B was bootstrapped at 7 without a grastate.dat; 6 and 7 are rows that A lacks.
    let mut b = told("B", 1, vec![view(3, &["A1", "B1"], 1)]);
    b.position.uuid = StateUuid(2);
    b.steps.push(LoggedStep::Start(at(7)));
    b.steps.push(LoggedStep::View(own_view_of_b(1)));
    let all = [
        told("A", 5, vec![view(1, &["A1"], 0), view(3, &["A1", "B1"], 0)]),
        b,
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Nothing);
    assert_eq!(lines.beyond(1, 0), Beyond::Events(2));
}

#[test]
fn a_new_history_over_no_data_holds_nothing_of_the_old_one() {
    // The disk of B is new, its log is not.
    let mut b = told("B", 1, vec![view(3, &["A1", "B1"], 1)]);
    b.position.uuid = StateUuid(2);
    b.steps.push(LoggedStep::Start(Position::UNDEFINED));
    b.steps.push(LoggedStep::View(own_view_of_b(1)));
    let all = [
        told("A", 5, vec![view(1, &["A1"], 0), view(3, &["A1", "B1"], 0)]),
        b,
    ];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Events(3));
    assert_eq!(lines.beyond(1, 0), Beyond::Views);
}

#[test]
fn a_node_that_joined_over_a_fork_is_known_by_its_own_log() {
    // B was bootstrapped alone at 6, and then joined A, whose 6 is another event.
    let a = vec![
        view(3, &["A1", "B1"], 0),
        view(6, &["A1"], 0),
        view(9, &["A1", "B3"], 0),
    ];
    let mut b = told("B", 9, vec![view(3, &["A1", "B1"], 1), view(6, &["B2"], 0)]);
    b.steps.push(LoggedStep::Start(at(6)));
    b.steps.push(LoggedStep::View(view(9, &["A1", "B3"], 1)));
    let mut all = [told("A", 9, a), b];
    assert_eq!(kept_apart(0, &all), Beyond::Nothing);
    assert_eq!(kept_apart(1, &all), Beyond::Views);
    all[1].steps[4] = LoggedStep::Start(at(8));
    assert_eq!(kept_apart(1, &all), Beyond::Events(2));
    all[1].steps.push(LoggedStep::Copied {
        donor: "A".to_owned(),
        position: at(9),
    });
    assert_eq!(kept_apart(1, &all), Beyond::Nothing);
}

/// B wrote a row at 6 and lost its quorum. A was bootstrapped by force at 5, met B and C, and wrote a row at 8. B holds
/// both rows, and A one. C was stopped before A's row.
#[test]
fn a_node_that_joined_over_a_fork_holds_the_rows_of_both_sides() {
    let mut without_quorum = view(6, &["B1"], 0);
    without_quorum.primary = false;
    let met = |own| view(7, &["A2", "B1", "C2"], own);
    let a = vec![view(5, &["A1", "B1", "C1"], 0), view(6, &["A2"], 0), met(0)];
    let b = vec![view(5, &["A1", "B1", "C1"], 1), without_quorum, met(1)];
    let mut c = told("C", 7, vec![view(5, &["A1", "B1", "C1"], 2)]);
    c.steps.push(LoggedStep::Start(at(6)));
    c.steps.push(LoggedStep::View(met(2)));
    let mut all = [told("A", 8, a), told("B", 8, b), c];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(1, 0), Beyond::Events(1), "the row at 6");
    // A has a view of the same number: nothing is lost with it, but it needs a copy.
    assert_eq!(lines.beyond(0, 1), Beyond::Views);
    assert_eq!(lines.beyond(1, 2), Beyond::Events(1), "the row at 8");
    assert_eq!(lines.beyond(2, 1), Beyond::Nothing);
    assert_eq!(lines.passed(1, 2), Beyond::Nothing, "it may still come");
    // A copy of B has what B has.
    all[0].steps.push(LoggedStep::Copied {
        donor: "B".to_owned(),
        position: at(8),
    });
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Nothing);
    assert_eq!(lines.beyond(1, 0), Beyond::Nothing);
    // A loss of power takes back what B had joined with, and then the row of its own.
    all[1].position = at(6);
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(0, 1), Beyond::Events(1), "the row at 8");
    assert_eq!(lines.beyond(1, 0), Beyond::Nothing);
    all[1].position = at(5);
    let lines = Lines::of(&all);
    assert!(!lines.has_joined_over(1));
}

/// B and C were both primary alone at 7, where B has a row and C a view. They met, and A got its events from C.
#[test]
fn events_of_a_donor_that_joined_over_a_fork_are_those_of_its_own_line() {
    let first = |own| view(5, &["A1", "B1", "C1"], own);
    let met = |own| view(8, &["B2", "C2"], own);
    let all_three = |own| view(9, &["A2", "B2", "C2"], own);
    let b = vec![first(1), view(6, &["B2"], 0), met(0), all_three(1)];
    let mut c = told(
        "C",
        9,
        vec![first(2), view(6, &["C1"], 0), view(7, &["C1"], 0)],
    );
    c.steps.push(LoggedStep::Start(at(7)));
    c.steps
        .extend([LoggedStep::View(met(1)), LoggedStep::View(all_three(2))]);
    let mut a = told("A", 9, vec![first(0)]);
    a.steps.push(LoggedStep::Start(at(5)));
    a.steps.push(LoggedStep::Asked {
        joiner: "A".to_owned(),
        donor: "C".to_owned(),
    });
    a.steps.push(LoggedStep::View(all_three(0)));
    let all = [a, told("B", 9, b), c];
    let lines = Lines::of(&all);
    assert_eq!(lines.beyond(1, 2), Beyond::Events(1), "the row at 7");
    assert_eq!(
        lines.beyond(1, 0),
        Beyond::Events(1),
        "A has C's event at 7"
    );
    assert_eq!(lines.beyond(0, 1), Beyond::Views);
    assert_eq!(lines.beyond(0, 2), Beyond::Nothing);
}
