//! Findings about a node's settings, and what else is worth knowing.

use seatrial_galera::ARBITRATOR_PROTOCOL;

use super::node::say;
use super::{Finding, Kind, Weight};
use crate::event::{Event, ProtocolTooNew};
use crate::fact::Source;
use crate::known::Known;

pub(super) fn findings(node: &Known, found: &mut Vec<Finding>) {
    settings(node, found);
    notes(node, found);
}

fn settings(node: &Known, found: &mut Vec<Finding>) {
    let name = &node.files.name;
    if let Some(address) = node.setting("wsrep_cluster_address")
        && is_empty_address(&address.value)
    {
        say(
            found,
            (Kind::EmptyAddress, Weight::Doubts),
            node,
            (
                format!(
                    "wsrep_cluster_address of {name} is `{}`: every start of it is a bootstrap.",
                    address.value
                ),
                "write the addresses of all nodes there before it is started",
            ),
            [address.source],
        );
    }
    if let Some(flush) = node.setting("innodb_flush_log_at_trx_commit")
        && flush.value != "1"
    {
        say(
            found,
            (Kind::Setting, Weight::Notes),
            node,
            (
                format!(
                    "innodb_flush_log_at_trx_commit of {name} is {}: a crash may have lost about \
                     the last second of what it had acknowledged.",
                    flush.value
                ),
                "",
            ),
            [flush.source],
        );
    }
    if let Some(on) = node.setting("wsrep_on")
        && ["0", "off", "false"].contains(&on.value.to_ascii_lowercase().as_str())
    {
        say(
            found,
            (Kind::Setting, Weight::Doubts),
            node,
            (
                format!(
                    "wsrep_on of {name} is {}: it starts outside of the cluster.",
                    on.value
                ),
                "set it to ON, or find out why it is off",
            ),
            [on.source],
        );
    }
    if let Some(options) = node.setting("wsrep_provider_options") {
        for (option, says) in [
            (
                "pc.ignore_sb",
                "a part of two equal halves goes on, so that there may be two lines",
            ),
            (
                "pc.ignore_quorum",
                "a part without a majority goes on, so that there may be two lines",
            ),
            (
                "pc.weight",
                "votes have weights, so that the majority is not that of the members",
            ),
        ] {
            let value = options.value.split(';').find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                (key.trim() == option).then(|| value.trim().to_owned())
            });
            let Some(value) = value else { continue };
            let is_default = matches!(
                (option, value.to_ascii_lowercase().as_str()),
                ("pc.weight", "1") | (_, "false" | "no" | "0")
            );
            if !is_default {
                say(
                    found,
                    (Kind::Setting, Weight::Notes),
                    node,
                    (format!("{option} of {name} is {value}: {says}."), ""),
                    [options.source],
                );
            }
        }
    }
}

/// `gcomm://` without an address.
fn is_empty_address(value: &str) -> bool {
    value
        .trim()
        .strip_prefix("gcomm://")
        .is_some_and(|rest| rest.split('?').next().unwrap_or_default().trim().is_empty())
}

fn notes(node: &Known, found: &mut Vec<Finding>) {
    let name = &node.files.name;
    if let Some((view, source)) = &node.view_file
        && view.cut_off
    {
        say(
            found,
            (Kind::ViewCutOff, Weight::Notes),
            node,
            (
                format!(
                    "gvwstate.dat of {name} breaks off before `#vwend`: Galera reads no view from \
                     it, and a start waits for nothing."
                ),
                "move the file away before the node is started",
            ),
            [*source],
        );
    }
    for (wanted, text, source) in node.unreadable.iter().take(3) {
        say(
            found,
            (Kind::Unreadable, Weight::Notes),
            node,
            (
                format!("{name}: `{text}` was passed over: it should be {wanted}."),
                "",
            ),
            [*source],
        );
    }
    for fact in &node.remarks {
        let (kind, weight, says, remedy) = match &fact.event {
            Event::FullClusterCrash { pod } => (
                Kind::Operator,
                Weight::Notes,
                format!(
                    "The operator found the whole cluster down, and waits for a person ({pod})."
                ),
                "",
            ),
            Event::OperatorPosition { pod, seqno } => (
                Kind::Operator,
                Weight::Notes,
                format!(
                    "The operator found {seqno} on {pod}, without the history: a number alone \
                     compares nothing."
                ),
                "",
            ),
            Event::FlagSetByScript => (
                Kind::Operator,
                Weight::Doubts,
                format!("A script set safe_to_bootstrap of {name} to 1: the flag is no evidence."),
                "compare the positions instead",
            ),
            Event::Inconsistent { .. } => (
                Kind::Expelled,
                Weight::Doubts,
                format!("{name} found its data to differ from the group's, and left."),
                "do not bootstrap it; let it join by a full copy",
            ),
            Event::ProtocolTooNew(too_new) if too_new.group == u32::from(ARBITRATOR_PROTOCOL) => (
                Kind::Expelled,
                Weight::Stops,
                format!(
                    "{name} aborted when it joined: an arbitrator that was alone has raised the \
                     protocol beyond what any server knows."
                ),
                "stop garbd before a server is started, and start it again afterwards",
            ),
            Event::ProtocolTooNew(ProtocolTooNew { group, known, .. }) => (
                Kind::Expelled,
                Weight::Stops,
                format!(
                    "{name} aborted when it joined: the group works by version {group} of a \
                     protocol, and the node knows {known} at most."
                ),
                "update the node's Galera library before it is started",
            ),
            Event::ConflictingPrimaries => (
                Kind::Expelled,
                Weight::Stops,
                format!("{name} met another primary component: there were two lines of history."),
                "keep a copy of every data folder before anything is started",
            ),
            Event::DuplicateIdentity => (
                Kind::Clone,
                Weight::Doubts,
                format!("{name} met a node of its own identity: gvwstate.dat was copied."),
                "remove gvwstate.dat from the copy",
            ),
            Event::Evicted => (
                Kind::Expelled,
                Weight::Notes,
                format!("{name} was put out by its group."),
                "",
            ),
            _ => continue,
        };
        let is_new = !found
            .iter()
            .any(|known| known.kind == kind && known.says == says);
        if is_new {
            say(found, (kind, weight), node, (says, remedy), [fact.source]);
        }
    }
    if !node.files.by_name_only.is_empty() {
        let count = node.files.by_name_only.len();
        let files = if count == 1 { "file was" } else { "files were" };
        say(
            found,
            (Kind::ByNameOnly, Weight::Notes),
            node,
            (
                format!("{count} {files} taken for {name}'s by name only."),
                "put the files of each node into a folder of its own",
            ),
            node.files.by_name_only.first().map(|file| Source {
                file: *file,
                line: 1,
            }),
        );
    }
}
