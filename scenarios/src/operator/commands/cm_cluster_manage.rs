//! `cm-cluster-manage`, `CipherMail`'s tool.
//!
//! It cannot be had here. What the manual documents is done as documented; every line that is
//! assumed has a name in `docs/cm-cluster-manage.md`.

use seatrial_galera::{mysql_table, unsafe_to_bootstrap_warning};
use seatrial_port::host::{Host, QueryId, Step};
use seatrial_port::paths::GRASTATE;
use seatrial_port::{ForceEdit, Output};

use super::galera_new_cluster::GaleraNewCluster;
use super::output::{failed, interrupted, printed};
use super::unit_job::{UnitJob, Verb};
use super::{ADDRESS_QUERY, STATUS_QUERY};

/// The field of grastate.dat that the tool reads and edits.
const FIELD: &str = "safe_to_bootstrap:";

const USAGE: &str = "usage: cm-cluster-manage --bootstrap-node | --safe-to-bootstrap | \
--force-safe-to-bootstrap | --show-cluster-status | --restart-node";

/// A subcommand on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ClusterManage {
    /// `--bootstrap-node`, before its check.
    Bootstrap,
    /// `--bootstrap-node`, past its check.
    Bootstrapping(GaleraNewCluster),
    /// `--safe-to-bootstrap`.
    Safe,
    /// `--force-safe-to-bootstrap`.
    Force,
    /// `--show-cluster-status`: the table so far, and the query that is out.
    Status(String, Option<QueryId>),
    /// `--restart-node`.
    Restart(UnitJob),
}

impl ClusterManage {
    /// Reads the words after `cm-cluster-manage`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let [flag] = words else {
            return Err(failed(2, USAGE));
        };
        match flag.as_str() {
            "--bootstrap-node" => Ok(Self::Bootstrap),
            "--safe-to-bootstrap" => Ok(Self::Safe),
            "--force-safe-to-bootstrap" => Ok(Self::Force),
            "--show-cluster-status" => Ok(Self::Status(String::new(), None)),
            "--restart-node" => Ok(Self::Restart(UnitJob::new(Verb::Restart))),
            "--help" | "-h" => Err(printed(format!("{USAGE}\n"))),
            _ => Err(failed(2, USAGE)),
        }
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        match self {
            Self::Bootstrap => {
                // The check is of the file as it is now: on a running node that is not what the
                // orderly stop, which comes next, will write into it.
                if !is_safe(host) {
                    return Step::Done(Output {
                        exit: 1,
                        ..printed(unsafe_to_bootstrap_warning())
                    });
                }
                let mut script = GaleraNewCluster::new();
                let step = script.step(host);
                *self = Self::Bootstrapping(script);
                step
            }
            Self::Bootstrapping(script) => script.step(host),
            Self::Safe => Step::Done(printed(if is_safe(host) { "1\n" } else { "0\n" })),
            Self::Force => {
                force(host);
                Step::Done(printed(""))
            }
            Self::Status(shown, asked) => status(shown, asked, host),
            Self::Restart(job) => job.step(host),
        }
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        match self {
            Self::Bootstrapping(script) => script.interrupt(host),
            Self::Restart(job) => job.interrupt(host),
            Self::Status(shown, _) => Output {
                stdout: shown.clone(),
                ..interrupted()
            },
            Self::Bootstrap | Self::Safe | Self::Force => interrupted(),
        }
    }
}

/// Returns whether grastate.dat allows a bootstrap. A missing file, an empty one and one without the line
/// do, for the tool as for Galera (`galera/src/saved_state.cpp`).
fn is_safe(host: &dyn Host) -> bool {
    let content = host.read_file(GRASTATE).unwrap_or_default();
    content
        .lines()
        .rfind(|line| line.starts_with(FIELD))
        .is_none_or(|line| line[FIELD.len()..].trim() != "0")
}

/// Sets the line to 1 where there is one, as `sed` does (measurements, A1 and G47).
fn force(host: &mut dyn Host) {
    let Some(content) = host.read_file(GRASTATE) else {
        return;
    };
    let mut found = false;
    let edited: String = content
        .split_inclusive('\n')
        .map(|line| {
            if line.starts_with(FIELD) {
                found = true;
                format!("{FIELD} 1\n")
            } else {
                line.to_owned()
            }
        })
        .collect();
    if !found {
        return;
    }
    match host.force_edit() {
        ForceEdit::InPlace => host.write_file(GRASTATE, &edited),
        ForceEdit::Replace => host.replace_file(GRASTATE, &edited),
    }
}

/// Asks for both tables in turn, and shows the first error instead.
fn status(shown: &mut String, asked: &mut Option<QueryId>, host: &mut dyn Host) -> Step {
    loop {
        let sql = if shown.is_empty() {
            STATUS_QUERY
        } else {
            ADDRESS_QUERY
        };
        let id = *asked.get_or_insert_with(|| host.query(sql));
        let Some(answer) = host.answer(id) else {
            return Step::Wait;
        };
        *asked = None;
        let (columns, rows) = match answer {
            Ok(answer) => answer,
            Err(line) => {
                return Step::Done(Output {
                    stdout: shown.clone(),
                    ..failed(1, line)
                });
            }
        };
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let table = mysql_table(&columns, &rows);
        // An empty table would be asked for again and again.
        let over = !shown.is_empty() || table.is_empty();
        shown.push_str(&table);
        if over {
            return Step::Done(printed(shown.as_str()));
        }
    }
}
