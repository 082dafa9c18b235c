//! `why A`: explains from a node's files and views why it is primary or not, and whether it may be
//! bootstrapped.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::oracles::choices;
use seatrial_scenarios::{NodeName, NodeObservation, ProcessState};

use super::echo::rows;
use super::status::count_text;
use super::{names, short, state};
use crate::known::NodeKnown;
use crate::session::Session;
use seatrial_scenarios::Bed;

/// Returns the text of `why`. `truth` adds what only the simulation knows.
pub(crate) fn why<B: Bed>(session: &Session<B>, name: &NodeName, truth: bool) -> String {
    let now = session.now();
    let Some(node) = now.seen.nodes.get(name) else {
        return String::new();
    };
    let known = now.known.node(name);
    let mut text = String::new();
    let mut part = |heading: String, sentences: Vec<String>| {
        let _ = writeln!(text, "{}", heading.bold());
        for sentence in sentences {
            text.push_str(&wrapped("  ", "  ", &sentence));
        }
    };
    let primary = node.cluster_status.as_deref() == Some("Primary");
    let heading = if primary {
        "is primary"
    } else {
        "is not primary"
    };
    part(format!("{name} {heading}"), primacy(name, node, known));
    part(
        format!("May {name} be the first node of a new cluster?"),
        bootstrap(session, name, node),
    );
    if truth {
        let choice = choices(&now.course.record().writes, &now.seen)
            .into_iter()
            .find(|choice| choice.node == *name);
        let said = match choice.and_then(|choice| choice.loses) {
            None => "The lab cannot tell what it would lose as the first node.".to_owned(),
            Some(lost) if lost.is_empty() => {
                "As the first node it would lose nothing that was acknowledged.".to_owned()
            }
            Some(lost) => format!(
                "As the first node it would lose {}, acknowledged and held by others.",
                rows(&lost)
            ),
        };
        part("What no operator can see".to_owned(), vec![said]);
    }
    text
}

fn primacy(name: &NodeName, node: &NodeObservation, known: Option<&NodeKnown>) -> Vec<String> {
    let mut said = vec![format!("Its state: {}.", state(node))];
    if let Some(known) = known {
        if known.is("process", "hung") {
            said.push("Its server is suspended (SIGSTOP) and does not answer.".to_owned());
        }
        if let Some(view) = known.facts.get("view") {
            said.push(format!("Its view: {view}."));
        }
        if let Some(count) = &known.count {
            said.push(format!(
                "The last count of quorum on {}.",
                count_text(name, count)
            ));
        }
        // A starting server takes its memory from gvwstate.dat; see below.
        let reunion = known
            .reunion
            .as_ref()
            .filter(|_| node.process == ProcessState::Running);
        if let Some((last, missing)) = reunion {
            said.push(if last.is_empty() {
                "No member of its view remembers a primary component: only a bootstrap makes one."
                    .to_owned()
            } else {
                format!(
                    "The last primary component that its view remembers had {}. It comes back by \
                     itself only when all of them meet; missing: {}.",
                    names(last),
                    names(missing)
                )
            });
        }
    }
    let members = node.gvwstate.as_ref().map(|file| file.members.join(", "));
    match (node.process, members) {
        (ProcessState::Exited, _) => said.push("A node without a server is in no view.".to_owned()),
        (ProcessState::Waiting, Some(members)) => said.push(format!(
            "It looks for a primary component. Its gvwstate.dat names {members}: with all of them it \
             can restore the component (pc.recovery)."
        )),
        (ProcessState::Waiting, None) => said.push(
            "It looks for a primary component to join. It has no gvwstate.dat, so it cannot restore one."
                .to_owned(),
        ),
        (ProcessState::Running, _) => {}
    }
    said
}

fn bootstrap<B: Bed>(session: &Session<B>, name: &NodeName, node: &NodeObservation) -> Vec<String> {
    let now = session.now();
    let mut said = Vec::new();
    let serving = crate::known::serving(&now.seen);
    let others: Vec<&NodeName> = serving.into_iter().filter(|other| *other != name).collect();
    if !others.is_empty() {
        said.push(format!(
            "{} {} already: a second cluster beside it would be a split brain.",
            names(others.iter().copied()),
            if others.len() == 1 { "serves" } else { "serve" }
        ));
    }
    if node.process != ProcessState::Exited {
        said.push("Its server runs: it must be stopped first.".to_owned());
    }
    match &node.grastate {
        None => said.push(
            "There is no grastate.dat: nothing forbids a bootstrap, and it would start a new history."
                .to_owned(),
        ),
        Some(file) => {
            let uuid = short(now.course.namer(), &file.uuid);
            said.push(if file.safe_to_bootstrap == 1 {
                "grastate.dat says safe_to_bootstrap: 1. So it does where the node left last, and so it \
                 does where somebody forced it."
                    .to_owned()
            } else {
                "grastate.dat says safe_to_bootstrap: 0: it was not the last to leave, or did not \
                 leave in order. The bootstrap is refused unless somebody forces it."
                    .to_owned()
            });
            said.push(if uuid == "zero" {
                "Its uuid is zero: the node holds no complete copy of any history.".to_owned()
            } else if file.seqno < 0 && node.process == ProcessState::Exited {
                format!(
                    "Its history is {uuid}, its seqno -1: its last server did not end in order, and only \
                     `mysqld_safe --wsrep-recover` says how far it got."
                )
            } else if file.seqno < 0 {
                format!("Its history is {uuid}; the seqno is written when it stops in order.")
            } else {
                format!("Its history is {uuid}, up to seqno {}.", file.seqno)
            });
        }
    }
    said
}
