//! `cm-cluster-manage`.

use seatrial_scenarios::console::{GRASTATE, STATUS_QUERY, UnitState};
use seatrial_scenarios::{ForceEdit, Span};

use crate::fake::{Fake, transcript, transcript_with_limits};

const SECOND: Span = Span::from_secs(1);

#[test]
fn the_status_of_a_member_is_the_manual_s_two_tables() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &["sudo cm-cluster-manage --show-cluster-status"]
    ));
}

#[test]
fn the_status_of_a_node_without_a_socket_is_error_2002() {
    let mut stopped = Fake::stopped();
    let mut waiting = Fake::new();
    waiting.unit = UnitState::Activating;
    waiting.silent(111);
    let line = ["cm-cluster-manage --show-cluster-status"];
    let text = transcript(&mut stopped, &line) + &transcript(&mut waiting, &line);
    insta::assert_snapshot!(text);
}

#[test]
fn a_status_that_hangs_is_interrupted() {
    let mut host = Fake::new();
    host.answers.remove(STATUS_QUERY);
    let line = [("cm-cluster-manage --show-cluster-status", 20)];
    insta::assert_snapshot!(transcript_with_limits(&mut host, &line));
}

#[test]
fn an_unsafe_node_is_not_bootstrapped() {
    let mut host = Fake::stopped();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "cm-cluster-manage --safe-to-bootstrap",
            "sudo cm-cluster-manage --bootstrap-node"
        ]
    ));
}

#[test]
fn a_forced_node_is_bootstrapped() {
    let mut host = Fake::stopped();
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "cm-cluster-manage --force-safe-to-bootstrap",
            "cat /var/lib/mysql/grastate.dat",
            "cm-cluster-manage --safe-to-bootstrap",
            "cm-cluster-manage --bootstrap-node",
        ]
    ));
    assert!(!host.flag);
}

#[test]
fn the_force_edits_in_place_or_replaces_the_file() {
    let inode = |force| {
        let mut host = Fake::stopped();
        host.force = force;
        transcript(&mut host, &["cm-cluster-manage --force-safe-to-bootstrap"]);
        let (content, inode) = &host.files[GRASTATE];
        assert!(
            content.ends_with("seqno:   7\nsafe_to_bootstrap: 1\n"),
            "{content}"
        );
        *inode
    };
    assert_eq!(inode(ForceEdit::InPlace), 1);
    assert_eq!(inode(ForceEdit::Replace), 2);
}

#[test]
fn without_a_line_to_edit_the_force_does_nothing_and_is_not_needed() {
    for content in [None, Some(""), Some("\u{0}garbage")] {
        let mut host = Fake::stopped();
        host.files.remove(GRASTATE);
        if let Some(content) = content {
            host.file(GRASTATE, content);
        }
        let before = host.files.clone();
        let text = transcript(
            &mut host,
            &[
                "cm-cluster-manage --force-safe-to-bootstrap",
                "cm-cluster-manage --safe-to-bootstrap",
            ],
        );
        assert_eq!(
            text,
            "$ cm-cluster-manage --force-safe-to-bootstrap\n=> 0 after 0s\n\n\
             $ cm-cluster-manage --safe-to-bootstrap\n1\n=> 0 after 0s\n\n"
        );
        assert_eq!(host.files, before);
    }
}

#[test]
fn a_bootstrap_of_a_running_node_stops_it_first() {
    let mut host = Fake::new();
    host.grastate(-1, true);
    host.stops.push_back(Some((SECOND, UnitState::Inactive)));
    // The orderly stop has written 0 into the file, and mariadbd refuses.
    host.starts.push_back(Some((SECOND, UnitState::Failed(1))));
    insta::assert_snapshot!(transcript(
        &mut host,
        &["cm-cluster-manage --bootstrap-node"]
    ));
    assert!(!host.flag);
}

#[test]
fn an_interrupted_bootstrap_leaves_its_flag_and_its_job() {
    let mut host = Fake::stopped();
    host.grastate(7, true);
    host.starts.push_back(None);
    insta::assert_snapshot!(transcript_with_limits(
        &mut host,
        &[("cm-cluster-manage --bootstrap-node", 30)]
    ));
    assert!(host.flag);
    assert_eq!(host.unit, UnitState::Activating);
}

#[test]
fn a_node_is_restarted() {
    let mut host = Fake::new();
    host.stops.push_back(Some((SECOND, UnitState::Inactive)));
    host.starts
        .push_back(Some((Span::from_secs(4), UnitState::Active)));
    insta::assert_snapshot!(transcript(
        &mut host,
        &["sudo cm-cluster-manage --restart-node"]
    ));
}

#[test]
fn an_unknown_flag_shows_the_usage() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "cm-cluster-manage",
            "cm-cluster-manage --boostrap-node",
            "cm-cluster-manage --safe-to-bootstrap --bootstrap-node",
            "cm-cluster-manage --help",
        ]
    ));
}
