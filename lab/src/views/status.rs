//! `status`: shows all nodes.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::{NodeName, ProcessState};

use super::{clock, names, short};
use crate::known::Count;
use crate::session::Session;
use seatrial_scenarios::Bed;

/// Returns the text of `status`. If `files` is false, it leaves out what only the nodes' own disks show.
pub(crate) fn status<B: Bed>(session: &Session<B>, files: bool) -> String {
    let now = session.now();
    let mut text = format!(
        "{:<6}{:<12}{:<13}{:<13}{:<6}",
        "node", "server", "cluster", "state", "size"
    );
    if files {
        text.push_str("grastate.dat     gvwstate.dat");
    }
    text = format!("{}\n", text.trim_end().bold());
    for name in session.nodes() {
        let Some(node) = now.seen.nodes.get(name) else {
            continue;
        };
        let known = now.known.node(name);
        let server = match (node.process, node.exit) {
            _ if known.is_some_and(|known| known.is("process", "off")) => "no power".to_owned(),
            _ if known.is_some_and(|known| known.is("process", "hung")) => "hangs".to_owned(),
            (ProcessState::Exited, Some(exit)) => format!("exited {exit}"),
            (process, _) => process.name().to_owned(),
        };
        let dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let mut line = format!(
            "{:<6}{:<12}{:<13}{:<13}{:<6}",
            name.as_str(),
            server,
            dash(node.cluster_status.clone()),
            dash(node.local_state.as_deref().map(shortened)),
            dash(node.cluster_size.map(|size| size.to_string())),
        );
        if files {
            let grastate = node.grastate.as_ref().map(|file| {
                format!(
                    "{}:{} safe {}",
                    short(now.course.namer(), &file.uuid),
                    file.seqno,
                    file.safe_to_bootstrap
                )
            });
            let gvwstate = node.gvwstate.as_ref().map(|file| {
                if file.members.is_empty() {
                    "unreadable".to_owned()
                } else {
                    file.members.join(" ")
                }
            });
            let _ = write!(line, "{:<17}{}", dash(grastate), dash(gvwstate));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for name in session.nodes() {
        text.push_str(&quorum(session, name));
    }
    if now.course.is_under_load() {
        text.push_str("a load of clients is writing\n");
    }
    text
}

/// Returns how a node's component last counted quorum. It returns nothing if no member was missing then, or
/// if the node's state has changed since.
fn quorum<B: Bed>(session: &Session<B>, name: &NodeName) -> String {
    let now = session.now();
    let Some(known) = now.known.node(name) else {
        return String::new();
    };
    let primary = now
        .seen
        .nodes
        .get(name)
        .is_some_and(|node| node.cluster_status.as_deref() == Some("Primary"));
    let counted = known
        .count
        .as_ref()
        .filter(|count| count.holds == primary && count.present.len() < count.last_primary.len());
    let text = match (counted, &known.reunion) {
        (Some(count), _) => count_text(name, count),
        (None, Some((last, missing))) if !missing.is_empty() => format!(
            "{name}: the last primary component had {}; missing: {}",
            names(last),
            names(missing)
        ),
        _ => return String::new(),
    };
    wrapped("", "  ", &text)
}

/// Returns a count of quorum in words.
pub(crate) fn count_text(name: &NodeName, count: &Count) -> String {
    let (present, left, total) = count.sum();
    let left_words = if count.left.is_empty() {
        String::new()
    } else {
        format!(", left in order {}", names(&count.left))
    };
    let (sign, verdict) = if count.holds {
        (">", "quorum")
    } else {
        ("<=", "no quorum")
    };
    format!(
        "{name}: of {} there {} {}{left_words}: 2 x {} + {left} {sign} {total}: {verdict}",
        names(count.last_primary.keys()),
        if count.present.len() == 1 {
            "is"
        } else {
            "are"
        },
        names(&count.present),
        present / 2,
    )
}

/// Returns a local state, cut to the width of a column.
fn shortened(state: &str) -> String {
    let state = state.split([':', '/']).next().unwrap_or(state);
    state.to_owned()
}

/// Returns the line that names the present moment, its time and its fork.
pub(crate) fn place<B: Bed>(session: &Session<B>) -> String {
    format!(
        "moment {}, {} into it, fork {}",
        session.number(),
        clock(session.now().clock()),
        session.fork
    )
}
