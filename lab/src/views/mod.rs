//! The screens of the lab: texts of at most 80 columns, made from a session.

pub(super) mod diff;
pub(super) mod echo;
pub(super) mod history;
pub(super) mod moments;
pub(super) mod picture;
pub(super) mod status;
pub(super) mod why;

use seatrial_scenarios::record::Namer;
use seatrial_scenarios::{NodeName, NodeObservation, ProcessState, Span};

/// Returns a time as a clock shows it: `1:05`, `2:00:00`.
pub(crate) fn clock(span: Span) -> String {
    let secs = span.as_micros() / 1_000_000;
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    }
}

/// Returns a duration as text: `0.4s`, `12s`, `5m 20s`.
pub(crate) fn spoken(span: Span) -> String {
    let millis = span.as_millis();
    match millis {
        0..10_000 if !millis.is_multiple_of(1000) => {
            format!("{}.{}s", millis / 1000, millis % 1000 / 100)
        }
        0..60_000 => format!("{}s", millis / 1000),
        _ if (millis / 1000).is_multiple_of(60) => format!("{}m", millis / 60_000),
        _ => format!("{}m {}s", millis / 60_000, millis / 1000 % 60),
    }
}

/// Returns names as a list in a text.
pub(super) fn names<'a>(nodes: impl IntoIterator<Item = &'a NodeName>) -> String {
    nodes
        .into_iter()
        .map(NodeName::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the state of a node in a few words, as monitoring shows it.
pub(super) fn state(node: &NodeObservation) -> String {
    match (node.process, node.exit) {
        (ProcessState::Exited, Some(exit)) => format!("no server (exit {exit})"),
        (ProcessState::Exited, None) => "no server".to_owned(),
        (ProcessState::Waiting, _) => "starting, no SQL port yet".to_owned(),
        (ProcessState::Running, _) => format!(
            "{}, {}, size {}",
            node.cluster_status.as_deref().unwrap_or("running"),
            node.local_state.as_deref().unwrap_or("?"),
            node.cluster_size.unwrap_or_default()
        ),
    }
}

/// Returns the short name of a uuid, as the record has it.
pub(super) fn short(namer: &Namer, uuid: &str) -> String {
    namer.clone().name(uuid)
}
