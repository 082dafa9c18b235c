//! `diff`: shows what differs between two moments.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::NodeObservation;
use seatrial_scenarios::oracles::lost_rows;
use seatrial_scenarios::record::Namer;

use super::echo::rows;
use super::state;
use crate::session::Moment;

/// Returns the text of `diff`. If `files` is set, it compares files and rows too.
pub(crate) fn diff<B>(
    (one_name, one): (&str, &Moment<B>),
    (other_name, other): (&str, &Moment<B>),
    files: bool,
) -> String {
    let mut text = String::new();
    // Both moments share one namer, so that a name stands for one uuid.
    let mut namer = one.course.namer().clone();
    for (name, node) in &one.seen.nodes {
        let Some(with) = other.seen.nodes.get(name) else {
            continue;
        };
        let mut lines = String::new();
        let mut line = |what: &str, one: String, other: String| {
            if one != other {
                let _ = writeln!(lines, "  {what:<14}{one_name}: {one}");
                let _ = writeln!(lines, "  {:<14}{other_name}: {other}", "");
            }
        };
        line("server", state(node), state(with));
        if files {
            let (file, with_file) = (grastate(&mut namer, node), grastate(&mut namer, with));
            line("grastate.dat", file, with_file);
            line("gvwstate.dat", gvwstate(node), gvwstate(with));
        }
        if files && let (Some(one_rows), Some(other_rows)) = (&node.rows, &with.rows) {
            let (one_rows, other_rows): (BTreeSet<_>, BTreeSet<_>) =
                (one_rows.iter().collect(), other_rows.iter().collect());
            for (whose, some, than) in [
                (one_name, &one_rows, &other_rows),
                (other_name, &other_rows, &one_rows),
            ] {
                let only: Vec<String> = some.difference(than).map(|tag| (*tag).clone()).collect();
                if !only.is_empty() {
                    lines.push_str(&wrapped(
                        "  ",
                        "    ",
                        &format!("only in {whose}: {}", rows(&only)),
                    ));
                }
            }
        }
        if !lines.is_empty() {
            let _ = writeln!(text, "{}", name.as_str().bold());
            text.push_str(&lines);
        }
    }
    if files {
        for (name, moment) in [(one_name, one), (other_name, other)] {
            let lost = lost_rows(&moment.course.record().writes, &moment.seen);
            if !lost.is_empty() {
                let said = format!("gone in {name}, though acknowledged: {}", rows(&lost));
                text.push_str(&wrapped("", "  ", &said));
            }
        }
    }
    if text.is_empty() {
        text.push_str("no visible difference\n");
    }
    text
}

fn grastate(namer: &mut Namer, node: &NodeObservation) -> String {
    node.grastate.as_ref().map_or_else(
        || "none".to_owned(),
        |file| {
            format!(
                "{}:{} safe_to_bootstrap {}",
                namer.name(&file.uuid),
                file.seqno,
                file.safe_to_bootstrap
            )
        },
    )
}

fn gvwstate(node: &NodeObservation) -> String {
    node.gvwstate.as_ref().map_or_else(
        || "none".to_owned(),
        |file| format!("names {}", file.members.join(", ")),
    )
}
