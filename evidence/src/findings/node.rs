//! Findings about one node.

use seatrial_galera::Saved;

use super::{Finding, Kind, Weight, because, remedy, short};
use crate::event::Failure;
use crate::fact::Source;
use crate::known::{FileIsOld, Known, Server};
use crate::timeline::MovedOn;

pub(super) fn findings(node: &Known, all: &[Known], found: &mut Vec<Finding>) {
    server(node, found);
    runs(node, found);
    files(node, all, found);
    log(node, found);
    super::notes::findings(node, found);
}

pub(super) fn say(
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
