//! Findings about one node.

use seatrial_galera::Saved;

use super::{Finding, Kind, Weight, because, remedy, short};
use crate::event::{Event, Failure};
use crate::fact::Source;
use crate::known::{FileIsOld, Known, Server};
use crate::timeline::MovedOn;

pub(super) fn findings(node: &Known, all: &[Known], found: &mut Vec<Finding>) {
    server(node, found);
    runs(node, found);
    files(node, all, found);
    log(node, found);
    settings(node, found);
    notes(node, found);
}

fn say(
    found: &mut Vec<Finding>,
    (kind, weight): (Kind, Weight),
    node: &Known,
    (says, remedy): (String, &str),
    sources: impl IntoIterator<Item = Source>,
) {
    found.push(Finding {
        kind,
        weight,
        nodes: vec![node.files.name.clone()],
        says,
        remedy: remedy.to_owned(),
        sources: sources.into_iter().collect(),
    });
}

fn at(node: &crate::timeline::Dated<impl Sized>) -> String {
    node.at.map_or_else(String::new, |at| format!(" at {at}"))
}

fn server(node: &Known, found: &mut Vec<Finding>) {
    let name = &node.files.name;
    let source = node.server.source();
    match &node.server {
        Server::Serves { .. } => {
            let size = node.status("wsrep_cluster_size");
            let size = size.map_or_else(String::new, |size| format!(" of size {size}"));
            let state = node
                .status("wsrep_local_state_comment")
                .unwrap_or("unknown");
            say(
                found,
                (Kind::Serves, Weight::Stops),
                node,
                (
                    format!("{name} is in a primary component{size} and answers (state {state})."),
                    "bootstrap nothing: a bootstrap beside it makes a second cluster",
                ),
                source,
            );
        }
        Server::NoQuorum { .. } => {
            let committed = node.status("wsrep_last_committed");
            let committed =
                committed.map_or_else(String::new, |seqno| format!(" Its last commit is {seqno}."));
            say(
                found,
                (Kind::NoQuorum, Weight::Stops),
                node,
                (
                    format!("{name} runs without quorum.{committed}"),
                    "if every other server is certainly down, make it primary where it is: SET \
                     GLOBAL wsrep_provider_options='pc.bootstrap=YES'. Do not stop it first",
                ),
                source,
            );
        }
        Server::Waits { .. } => say(
            found,
            (Kind::Waits, Weight::Notes),
            node,
            (
                format!(
                    "{name}'s server runs and waits: it restored a saved view, and goes on only \
                     when all members of that view are there."
                ),
                "stop it before any bootstrap",
            ),
            source,
        ),
        Server::Runs { why, .. } => {
            let started = node
                .log
                .started_at
                .as_ref()
                .map_or_else(String::new, |started| {
                    format!(
                        " {} is the position at which it started, and it may be far ahead now.",
                        short(started.value)
                    )
                });
            say(
                found,
                (Kind::Runs, Weight::Stops),
                node,
                (
                    format!("A server runs on {name}: {why}.{started}"),
                    "ask it first: SHOW STATUS LIKE 'wsrep%'. If it is Primary, start the others \
                     into it",
                ),
                source,
            );
        }
        Server::MayRun { .. } => {
            let last = node.log.last_at;
            let last = last.map_or_else(String::new, |at| format!(" Its last line is of {at}."));
            say(
                found,
                (Kind::MayRun, Weight::Doubts),
                node,
                (
                    format!(
                        "The log of {name} ends without a stop: its server runs, or it was \
                         killed.{last}"
                    ),
                    "look whether it runs: systemctl status mariadb",
                ),
                source,
            );
        }
        Server::Down { .. } | Server::Unknown => {}
    }
}

fn runs(node: &Known, found: &mut Vec<Finding>) {
    let name = &node.files.name;
    // That a server runs is said already.
    let says_more = |failed: &&crate::timeline::Dated<Failure>| {
        failed.value != Failure::Locked || !matches!(node.server, Server::Runs { .. })
    };
    if let Some(failed) = node.log.failed.as_ref().filter(says_more) {
        say(
            found,
            (Kind::RunFailed, Weight::Doubts),
            node,
            (
                format!(
                    "The latest run on {name} failed{}: {}.",
                    at(failed),
                    because(failed.value)
                ),
                remedy(failed.value),
            ),
            [failed.source],
        );
    }
    if let Some(source) = node.log.no_system_tables {
        say(
            found,
            (Kind::NoSystemTables, Weight::Doubts),
            node,
            (
                format!("The data folder that was read on {name} has no system tables (mysql.*)."),
                "check datadir: it is the wrong folder, an empty one, or a half-copied one",
            ),
            [source],
        );
    }
    if let (Some(recovered), Some(moved)) = (&node.log.recovered, &node.log.moved_on) {
        let after = match moved.value {
            MovedOn::TookPart => "the server took part in the cluster again, later".to_owned(),
            MovedOn::Failed(Failure::Locked) => {
                "a later run found the data locked by a running server".to_owned()
            }
            MovedOn::Failed(why) => format!("a later run failed, since {},", because(why)),
        };
        say(
            found,
            (Kind::OldPosition, Weight::Doubts),
            node,
            (
                format!(
                    "The recovered position {} of {name}{} is old: {after}{}.",
                    short(recovered.value),
                    at(recovered),
                    at(moved)
                ),
                "make a new recovery run, with the server stopped",
            ),
            [recovered.source, moved.source],
        );
    } else if node.log.earlier_differ
        && let Some(recovered) = &node.log.recovered
    {
        say(
            found,
            (Kind::EarlierPositions, Weight::Notes),
            node,
            (
                format!(
                    "Earlier recovery runs on {name} said something else; the latest says {}.",
                    short(recovered.value)
                ),
                "",
            ),
            [recovered.source],
        );
    }
}

fn files(node: &Known, all: &[Known], found: &mut Vec<Finding>) {
    let name = &node.files.name;
    let Some((file, source)) = &node.state_file else {
        return;
    };
    let recovered = node.log.recovered.filter(|_| node.log.moved_on.is_none());
    if let (Some(saved), Some(recovered)) = (file.position(), recovered) {
        let data = recovered.value;
        if !saved.uuid.is_nil() && !data.is_undefined() && saved.uuid != data.uuid {
            say(
                found,
                (Kind::TwoHistories, Weight::Stops),
                node,
                (
                    format!(
                        "grastate.dat of {name} names history {}, and its data hold {}.",
                        short(saved),
                        short(data)
                    ),
                    "find out which of the two was copied from elsewhere. A server that is started \
                     like this ignores the recovered position",
                ),
                [*source, recovered.source],
            );
        } else if saved.uuid == data.uuid && saved.seqno > data.seqno {
            // It matters little where another node surely holds as much as the file claims.
            let is_covered = all.iter().any(|other| {
                other.files.name != *name
                    && other.position.is_some_and(|(position, _)| {
                        position.value.uuid == saved.uuid && position.value.seqno >= saved.seqno
                    })
            });
            let weight = if is_covered {
                Weight::Doubts
            } else {
                Weight::Stops
            };
            say(
                found,
                (Kind::SavedAboveData, weight),
                node,
                (
                    format!(
                        "grastate.dat of {name} says {}, and its data hold {} only: {} events \
                         fewer. After an orderly stop both are equal, so the data are a restored \
                         copy, or writes were lost.",
                        short(saved),
                        short(data),
                        saved.seqno.0 - data.seqno.0
                    ),
                    "do not start it like this: Galera would believe the file. Keep a copy, remove \
                     grastate.dat, and let it join by a full copy",
                ),
                [*source, recovered.source],
            );
        }
    }
    if let Some((why, line)) = node.file_is_old() {
        let shown = file.position().map_or_else(String::new, short);
        let why = match why {
            FileIsOld::StoppedElsewhere(log) => {
                format!("the log says that it stopped in order at {}", short(log))
            }
            FileIsOld::LogIsHigher(log) => format!("the log shows it at {}", short(log)),
            FileIsOld::LogGoesOn => {
                "the log shows a life without an orderly stop, which leaves -1".to_owned()
            }
        };
        say(
            found,
            (Kind::OldStateFile, Weight::Doubts),
            node,
            (
                format!("grastate.dat of {name} ({shown}) is older than its log: {why}."),
                "copy the file again, and make a recovery run",
            ),
            [*source, line],
        );
    }
    if file.saved() == Saved::Zero && node.log.half_copied.is_none() {
        say(
            found,
            (Kind::HalfCopied, Weight::Notes),
            node,
            (
                format!(
                    "grastate.dat of {name} has the zero uuid: a state transfer or a schema change \
                     was cut off, or the node found itself inconsistent."
                ),
                "",
            ),
            [*source],
        );
    }
    if file.safe_to_bootstrap.is_none() && file.uuid.is_some() {
        say(
            found,
            (Kind::StateFileForm, Weight::Notes),
            node,
            (
                format!(
                    "grastate.dat of {name} has no safe_to_bootstrap line (Galera before 3.19, or \
                     written by hand): the node may be bootstrapped, and the file does not say \
                     whether it was the last."
                ),
                "",
            ),
            [*source],
        );
    }
    if file.cut_off && !file.empty {
        say(
            found,
            (Kind::StateFileForm, Weight::Notes),
            node,
            (
                format!(
                    "The last line of grastate.dat of {name} has no line end: Galera does not read \
                     such a line."
                ),
                "",
            ),
            [*source],
        );
    }
}

fn log(node: &Known, found: &mut Vec<Finding>) {
    let name = &node.files.name;
    if let Some(reversal) = &node.log.reversal {
        let (own, group) = reversal.value;
        say(
            found,
            (Kind::Reversal, Weight::Stops),
            node,
            (
                format!(
                    "{name} held {own} when its group stood at {group}{}: {} events that the \
                     group does not have. Its data are still there.",
                    at(reversal),
                    own - group
                ),
                "do not start it: the next start asks for a full copy, which overwrites them. Copy \
                 its data folder first, then decide whose data are kept",
            ),
            [reversal.source],
        );
    }
    if let Some(half) = &node.log.half_copied {
        say(
            found,
            (Kind::HalfCopied, Weight::Doubts),
            node,
            (
                format!(
                    "{name} was getting a full copy{}, and its log does not show the end: its data \
                     may be half copied.",
                    at(half)
                ),
                "do not bootstrap it",
            ),
            [half.source],
        );
    }
    if let Some((count, source)) = node.log.refused {
        let times = if count == 1 {
            "once".to_owned()
        } else {
            format!("{count} times")
        };
        say(
            found,
            (Kind::Refused, Weight::Notes),
            node,
            (
                format!(
                    "{name} was started with the bootstrap option and refused {times}: it was not \
                     the last to leave."
                ),
                "",
            ),
            [source],
        );
    }
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
