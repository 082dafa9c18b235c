//! The knowledge about a node, from all that was found on it.

use std::collections::BTreeMap;

use seatrial_galera::{LoggedStep, Position, Saved, SavedView};

use crate::digest::Digest;
use crate::event::{Event, Failure};
use crate::fact::{Fact, Source};
use crate::nodes::NodeFiles;
use crate::state_file::{StateFile, ViewFile};
use crate::steps::steps;
use crate::timeline::{Dated, KnownBy, Life, Timeline, in_order};

/// Whether a server runs on the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// It runs in a primary component and answers.
    Serves {
        /// Where that stands.
        source: Source,
    },
    /// It runs, and its component is not primary.
    NoQuorum {
        /// Where that stands.
        source: Source,
    },
    /// It runs and waits for other members.
    Waits {
        /// Where that stands.
        source: Source,
    },
    /// It runs, and what it does is not known.
    Runs {
        /// Where that stands.
        source: Source,
        /// What shows it.
        why: &'static str,
    },
    /// Its log ends without a stop: it runs, or it was killed.
    MayRun {
        /// The last sign of life.
        source: Source,
    },
    /// It is down.
    Down {
        /// Where that stands.
        source: Source,
    },
    /// Nothing says.
    Unknown,
}

impl Server {
    /// Whether a process certainly holds the data.
    pub const fn certainly_runs(&self) -> bool {
        matches!(
            self,
            Self::Serves { .. } | Self::NoQuorum { .. } | Self::Waits { .. } | Self::Runs { .. }
        )
    }

    /// Where it stands.
    pub const fn source(&self) -> Option<Source> {
        match self {
            Self::Serves { source }
            | Self::NoQuorum { source }
            | Self::Waits { source }
            | Self::Runs { source, .. }
            | Self::MayRun { source }
            | Self::Down { source } => Some(*source),
            Self::Unknown => None,
        }
    }
}

/// Where a position comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionFrom {
    /// InnoDB, by a recovery run.
    RecoveryRun,
    /// grastate.dat, as it was found.
    StateFile,
    /// The log: a start printed it, and nothing moved since.
    LogAtStart,
    /// The log: an orderly stop at it.
    LogAtStop,
}

/// A setting with its section and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The section, such as `mysqld`.
    pub section: String,
    /// The name, in lower case, with `_`.
    pub name: String,
    /// The value.
    pub value: String,
    /// Where it stands.
    pub source: Source,
}

/// Everything known about a node.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its files and names.
    pub files: NodeFiles,
    /// Its grastate.dat.
    pub state_file: Option<(StateFile, Source)>,
    /// Other grastate.dat that say something else, if several were found.
    pub other_state_files: Vec<(StateFile, Source)>,
    /// Its gvwstate.dat.
    pub view_file: Option<(ViewFile, Source)>,
    /// Other gvwstate.dat that say something else, if several were found.
    pub other_view_files: Vec<(ViewFile, Source)>,
    /// What its logs come to.
    pub log: Timeline,
    /// The starts, views and copies in its logs, in their order, with the names that the logs have.
    pub steps: Vec<LoggedStep>,
    /// Its status variables, if it was asked.
    pub status: BTreeMap<String, (String, Source)>,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// Whether a server runs on it.
    pub server: Server,
    /// Its position, as far as it is to be trusted, and where it comes from.
    pub position: Option<(Dated<Position>, PositionFrom)>,
    /// Tokens that could not be read.
    pub unreadable: Vec<(String, String, Source)>,
    /// Other facts of interest: an operator's banner, a flag set by a script, peers of other clusters.
    pub remarks: Vec<Fact>,
}

impl Known {
    /// Puts together what was found on a node.
    pub fn of(files: NodeFiles, digest: &Digest) -> Self {
        let facts: Vec<Vec<&Fact>> = files
            .files
            .iter()
            .map(|file| digest.of_file(*file))
            .collect();
        let in_order = in_order(&facts);
        let log = Timeline::of(&in_order);
        let steps = steps(&in_order);
        let mut known = Self {
            files,
            state_file: None,
            other_state_files: Vec::new(),
            view_file: None,
            other_view_files: Vec::new(),
            log,
            steps,
            status: BTreeMap::new(),
            settings: Vec::new(),
            server: Server::Unknown,
            position: None,
            unreadable: Vec::new(),
            remarks: Vec::new(),
        };
        let mut unit = None;
        for fact in facts.iter().flatten() {
            known.take(fact, &mut unit);
        }
        known.server = known.server(unit.as_ref());
        known.position = known.position();
        known
    }

    fn take(&mut self, fact: &Fact, unit: &mut Option<(String, String, Source)>) {
        let source = fact.source;
        match &fact.event {
            Event::StateFile(file) => match &self.state_file {
                None => self.state_file = Some((file.clone(), source)),
                Some((known, _)) if known.saved() == file.saved() => {}
                Some(_) => self.other_state_files.push((file.clone(), source)),
            },
            Event::ViewFile(file) => match &self.view_file {
                None => self.view_file = Some((file.clone(), source)),
                Some((known, _)) if known == file => {}
                Some(_) => self.other_view_files.push((file.clone(), source)),
            },
            Event::Status { name, value } => {
                self.status.insert(name.clone(), (value.clone(), source));
            }
            Event::Setting {
                section,
                name,
                value,
            } => self.settings.push(Setting {
                section: section.clone(),
                name: name.clone(),
                value: value.clone(),
                source,
            }),
            Event::Unit { active, detail } => {
                *unit = Some((active.clone(), detail.clone(), source));
            }
            Event::Process { start } => {
                *unit = Some(("process".to_owned(), String::new(), source));
                if let Some(position) = start {
                    self.log.started_at = Some(Dated {
                        value: *position,
                        source,
                        at: None,
                    });
                }
            }
            Event::Unreadable { wanted, text } => {
                self.unreadable.push((wanted.clone(), text.clone(), source));
            }
            Event::FullClusterCrash { .. }
            | Event::OperatorPosition { .. }
            | Event::FlagSetByScript
            | Event::OtherCluster { .. }
            | Event::HandshakeFailed { .. }
            | Event::Inconsistent { .. }
            | Event::ProtocolTooNew(_)
            | Event::ConflictingPrimaries
            | Event::DuplicateIdentity
            | Event::Evicted
            | Event::Collected { .. }
            | Event::BootstrapOption { on: true }
            | Event::ProviderOptions { .. }
            | Event::StateMessage { .. } => self.remarks.push(fact.clone()),
            _ => {}
        }
    }

    /// The value of a status variable.
    pub fn status(&self, name: &str) -> Option<&str> {
        self.status.get(name).map(|(value, _)| value.as_str())
    }

    /// The last setting of this name in a section that servers read, or in `SHOW VARIABLES`.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings
            .iter()
            .rev()
            .find(|setting| setting.name == name && setting.section != "client")
    }

    fn server(&self, unit: Option<&(String, String, Source)>) -> Server {
        if let Some((status, source)) = self.status.get("wsrep_cluster_status") {
            let source = *source;
            return if status.eq_ignore_ascii_case("Primary") {
                Server::Serves { source }
            } else {
                Server::NoQuorum { source }
            };
        }
        // A table of a running server, without the row that would tell more.
        let first = self.status.values().next();
        if let Some((_, source)) = first {
            return Server::Runs {
                source: *source,
                why: "it answered a question for its status",
            };
        }
        let waits = match &self.log.life {
            Some(life) if life.value == Life::Waits => Some(life.source),
            _ => None,
        };
        if let Some((active, _, source)) = unit {
            let source = *source;
            match active.as_str() {
                "process" => {
                    return match waits {
                        Some(source) => Server::Waits { source },
                        None => Server::Runs {
                            source,
                            why: "a server process is on the list",
                        },
                    };
                }
                "active" | "reloading" => {
                    return match waits {
                        Some(source) => Server::Waits { source },
                        None => Server::Runs {
                            source,
                            why: "systemd says that the unit is active",
                        },
                    };
                }
                "activating" | "deactivating" => {
                    return match waits {
                        Some(source) => Server::Waits { source },
                        None => Server::Runs {
                            source,
                            why: "systemd says that the unit starts or stops",
                        },
                    };
                }
                "inactive" | "failed" => return Server::Down { source },
                _ => {}
            }
        }
        if let Some(failed) = &self.log.failed
            && failed.value == Failure::Locked
        {
            return Server::Runs {
                source: failed.source,
                why: "another process holds its data",
            };
        }
        // A recovery run that answered needs the data for itself, so no server ran then.
        match &self.log.life {
            None => match (&self.log.recovered, &self.log.moved_on) {
                (Some(recovered), None) if recovered.at.is_some() => Server::Down {
                    source: recovered.source,
                },
                _ => Server::Unknown,
            },
            Some(life) => {
                let source = life.source;
                match life.value {
                    Life::Open => Server::MayRun { source },
                    Life::Waits => Server::Waits { source },
                    Life::Stopped | Life::Aborted | Life::Crashed => Server::Down { source },
                }
            }
        }
    }

    /// The position that can be trusted: of a recovery run that nothing has made old, of a grastate.dat
    /// that nothing contradicts, of the log.
    fn position(&self) -> Option<(Dated<Position>, PositionFrom)> {
        if let Server::Serves { .. } | Server::NoQuorum { .. } = self.server {
            return None;
        }
        // A server that waits has changed nothing since it started; any other that runs has.
        if matches!(self.server, Server::Runs { .. }) {
            return None;
        }
        if let Some(recovered) = self.log.recovered
            && self.log.moved_on.is_none()
        {
            return Some((recovered, PositionFrom::RecoveryRun));
        }
        if let Some((file, source)) = &self.state_file
            && let Some(position) = file.position()
            && !position.is_undefined()
            && self.file_is_old().is_none()
        {
            let dated = Dated {
                value: position,
                source: *source,
                at: None,
            };
            return Some((dated, PositionFrom::StateFile));
        }
        let (position, by) = self.log.position?;
        let from = match by {
            KnownBy::RecoveryRun => PositionFrom::RecoveryRun,
            KnownBy::SavedAtStart => PositionFrom::LogAtStart,
            KnownBy::OrderlyStop => PositionFrom::LogAtStop,
        };
        Some((position, from))
    }

    /// Why the grastate.dat that was found is older than what else is known, with the line that shows it.
    pub fn file_is_old(&self) -> Option<(FileIsOld, Source)> {
        let (file, _) = self.state_file.as_ref()?;
        let position = file
            .position()
            .filter(|position| !position.is_undefined())?;
        if let Some((log, KnownBy::OrderlyStop)) = self.log.position
            && log.value.uuid == position.uuid
            && log.value.seqno != position.seqno
        {
            return Some((FileIsOld::StoppedElsewhere(log.value), log.source));
        }
        if let Some(highest) = self.log.highest
            && highest.value.uuid == position.uuid
            && highest.value.seqno > position.seqno
            && self.log.position.is_none()
        {
            return Some((FileIsOld::LogIsHigher(highest.value), highest.source));
        }
        match self.log.life {
            Some(life)
                if matches!(life.value, Life::Open | Life::Crashed) && self.log.took_part =>
            {
                Some((FileIsOld::LogGoesOn, life.source))
            }
            _ => None,
        }
    }

    /// What grastate.dat says, for the decision. A flag that is missing permits a bootstrap and claims
    /// nothing, so such a file counts as none.
    pub fn saved(&self) -> Saved {
        match &self.state_file {
            Some((file, _)) => match (file.saved(), file.safe_to_bootstrap) {
                (Saved::Named(_), None) => Saved::Missing,
                (saved, _) => saved,
            },
            None => Saved::Missing,
        }
    }

    /// The view of gvwstate.dat.
    pub fn view(&self) -> Option<SavedView> {
        self.view_file
            .as_ref()
            .and_then(|(file, _)| file.view.clone())
    }
}

/// Why a grastate.dat is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileIsOld {
    /// The log says that the node stopped in order at another position.
    StoppedElsewhere(Position),
    /// The log shows the node at a higher position.
    LogIsHigher(Position),
    /// The log shows a life that took part and did not stop, and a running server has -1 in its file.
    LogGoesOn,
}
