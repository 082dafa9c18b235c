//! Cuts the log of a node into the lives of its server.

use seatrial_evidence::{Event, Failure, Identity, Writer};
use seatrial_galera::Position;

use crate::mark::{Dated, Mark};

/// A value with the line that says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) mark: Mark,
}

/// What kind of run it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A server that was to be a member.
    Member,
    /// A run that asked InnoDB for its position.
    RecoveryRun,
    /// A run outside of any cluster: an upgrade, or a data folder that was made.
    Outside,
}

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The log ends, and no line says that the server ended.
    Open,
    /// It ended in order.
    Stopped,
    /// Its bootstrap was refused, because the flag was 0.
    Refused,
    /// It gave up.
    Aborted,
    /// It crashed.
    Crashed(u32),
    /// The next start follows without an end: it was killed, or lines are missing.
    CutOff,
}

/// One life of a server.
#[derive(Clone, Debug)]
pub(crate) struct Life<'a> {
    pub(crate) node: usize,
    /// The line of the start; `None` where the log begins in the middle of this life.
    pub(crate) start: Option<Mark>,
    pub(crate) version: Option<String>,
    pub(crate) role: Role,
    /// What wrappers and scripts said between the life before and this one.
    pub(crate) before: Vec<Dated<'a>>,
    /// All that the server said.
    pub(crate) facts: Vec<Dated<'a>>,
    /// What grastate.dat said: position and flag.
    pub(crate) saved: Option<Said<(Position, Option<bool>)>>,
    /// There was no grastate.dat.
    pub(crate) no_saved: Option<Mark>,
    pub(crate) recovered: Option<Said<Position>>,
    pub(crate) bootstrap_option: Option<Said<bool>>,
    pub(crate) bootstrap: Option<Mark>,
    pub(crate) new_history: Option<Mark>,
    pub(crate) refused: Option<Mark>,
    pub(crate) identity: Option<Identity>,
    /// Its own address.
    pub(crate) address: Option<Said<String>>,
    pub(crate) cache: Option<Said<(i64, i64)>>,
    pub(crate) cache_reset: Option<Mark>,
    pub(crate) ready: Option<Mark>,
    /// The node had all data of its group: it was joined, synced or a donor.
    pub(crate) full: Option<Mark>,
    pub(crate) reversal: Option<Said<(i64, i64)>>,
    /// A full copy began to overwrite the data folder.
    pub(crate) overwritten: Option<Mark>,
    /// The node left its group: the group's position then.
    pub(crate) left: Option<Said<i64>>,
    pub(crate) stop_requested: Option<Mark>,
    /// The one who asked it to stop, where a line says it.
    pub(crate) stopped_by: Option<String>,
    pub(crate) stopped: Option<Mark>,
    pub(crate) gave_up: Option<Mark>,
    pub(crate) failed: Option<Said<Failure>>,
    pub(crate) end: End,
}

impl<'a> Life<'a> {
    fn new(node: usize) -> Self {
        Self {
            node,
            start: None,
            version: None,
            role: Role::Member,
            before: Vec::new(),
            facts: Vec::new(),
            saved: None,
            no_saved: None,
            recovered: None,
            bootstrap_option: None,
            bootstrap: None,
            new_history: None,
            refused: None,
            identity: None,
            address: None,
            cache: None,
            cache_reset: None,
            ready: None,
            full: None,
            reversal: None,
            overwritten: None,
            left: None,
            stop_requested: None,
            stopped_by: None,
            stopped: None,
            gave_up: None,
            failed: None,
            end: End::Open,
        }
    }

    /// The first line of it.
    pub(crate) fn first(&self) -> Option<Mark> {
        self.start.or_else(|| self.facts.first().map(Dated::mark))
    }

    /// The last line of it.
    pub(crate) fn last(&self) -> Option<Mark> {
        let last = self.facts.last()?;
        Some(Mark {
            source: last.fact.source,
            at: last.last_at,
        })
    }

    /// The line that says that it ended.
    pub(crate) fn ended(&self) -> Option<Mark> {
        match self.end {
            End::Open | End::CutOff => None,
            End::Refused => self.refused,
            _ => self.stopped.or(self.gave_up).or_else(|| self.last()),
        }
    }

    /// When it was no member of its group any more, as far as lines say.
    pub(crate) fn out(&self) -> Option<Mark> {
        self.left
            .as_ref()
            .map(|left| left.mark)
            .or_else(|| self.ended())
    }

    /// Whether it was a member of a group with a component, or could be one.
    pub(crate) fn met_a_group(&self) -> bool {
        self.facts.iter().any(|fact| {
            matches!(
                fact.fact.event,
                Event::Component { .. }
                    | Event::Quorum(_)
                    | Event::ServerView(_)
                    | Event::GroupView(_)
            )
        })
    }

    /// Whether it was a member of a primary component without a transfer, in a log that begins in the
    /// middle of this life.
    fn took_part(&self) -> bool {
        let decided = self
            .facts
            .iter()
            .any(|dated| matches!(&dated.fact.event, Event::Quorum(quorum) if quorum.primary));
        let wanted = self
            .facts
            .iter()
            .any(|dated| matches!(dated.fact.event, Event::TransferWanted { .. }));
        decided && !wanted
    }

    /// The position that the data folder had when this life began.
    pub(crate) fn began_at(&self) -> Option<Said<Position>> {
        let saved = self
            .saved
            .as_ref()
            .filter(|saved| !saved.value.0.is_undefined());
        saved
            .map(|saved| Said {
                value: saved.value.0,
                mark: saved.mark,
            })
            .or_else(|| {
                let recovered = self.recovered.clone();
                recovered.filter(|recovered| !recovered.value.is_undefined())
            })
    }

    fn take(&mut self, dated: Dated<'a>) {
        let mark = dated.mark();
        match &dated.fact.event {
            Event::SavedState {
                position,
                safe_to_bootstrap,
            } => {
                self.saved.get_or_insert(Said {
                    value: (*position, *safe_to_bootstrap),
                    mark,
                });
            }
            Event::NoSavedState => {
                self.no_saved.get_or_insert(mark);
            }
            Event::Recovered { position } => {
                self.recovered = Some(Said {
                    value: *position,
                    mark,
                });
            }
            Event::NotAClusterNode | Event::Initialize if !self.met_a_group() => {
                self.role = Role::Outside;
            }
            Event::BootstrapOption { on } => {
                self.bootstrap_option = Some(Said { value: *on, mark });
            }
            Event::Bootstrap { .. } => {
                self.bootstrap.get_or_insert(mark);
            }
            Event::NewHistory { .. } => {
                self.new_history.get_or_insert(mark);
            }
            Event::BootstrapRefused => {
                self.refused.get_or_insert(mark);
            }
            Event::Listening { identity } | Event::OwnIdentity { identity } => {
                let is_whole = identity.whole.is_some();
                if self.identity.is_none() || is_whole {
                    self.identity = Some(*identity);
                }
            }
            Event::Connected { identity, .. } => self.identity = Some(*identity),
            Event::PeerConnected { own, .. } | Event::PeerTimedOut { own, .. } => {
                self.identity.get_or_insert(*own);
            }
            Event::ServerView(view) => {
                let own = view
                    .members
                    .iter()
                    .find(|member| Some(member.index) == view.own_index);
                if let Some(own) = own {
                    self.identity = Some(own.identity);
                }
            }
            Event::OwnAddress { address }
            | Event::ProviderOptions {
                host: Some(address),
                ..
            } => {
                let address = without_port(address);
                self.address.get_or_insert(Said {
                    value: address,
                    mark,
                });
            }
            Event::Cache { first, last } => {
                self.cache.get_or_insert(Said {
                    value: (first.0, last.0),
                    mark,
                });
            }
            // Each start of a node without a cache prints it, too: from nothing.
            Event::CacheReset { from, .. } if !from.uuid.is_nil() => {
                self.cache_reset.get_or_insert(mark);
            }
            Event::Ready => {
                self.ready.get_or_insert(mark);
            }
            Event::RestoredState { .. } => {
                self.full.get_or_insert(mark);
            }
            Event::Shift { from, to, seqno } => match to.as_str() {
                "JOINED" | "SYNCED" | "DONOR/DESYNCED" => {
                    self.full.get_or_insert(mark);
                }
                // A leave is a shift to OPEN or CLOSED; the first of the two has the line to show.
                "OPEN" | "CLOSED"
                    if seqno.0 > 0
                        && from != "CLOSED"
                        && self.left.as_ref().is_none_or(|left| left.value < seqno.0) =>
                {
                    self.left = Some(Said {
                        value: seqno.0,
                        mark,
                    });
                }
                // The node came back into a primary component within the same life.
                "PRIMARY" => self.left = None,
                _ => {}
            },
            Event::Reversal { own, group } => {
                self.reversal.get_or_insert(Said {
                    value: (own.0, group.0),
                    mark,
                });
            }
            Event::SstProceeds => {
                self.overwritten.get_or_insert(mark);
            }
            Event::StopRequested { by } => {
                self.stop_requested.get_or_insert(mark);
                if self.stopped_by.is_none() {
                    self.stopped_by.clone_from(by);
                }
            }
            Event::StopComplete | Event::ProcessEnded => {
                self.stopped.get_or_insert(mark);
            }
            Event::Abort
            | Event::RequestUnrecoverable { .. }
            | Event::ConnectFailed { .. }
            | Event::ConflictingPrimaries => {
                self.gave_up.get_or_insert(mark);
            }
            Event::Crash { signal } => self.end = End::Crashed(*signal),
            Event::Failed { why } => {
                self.failed.get_or_insert(Said { value: *why, mark });
            }
            _ => {}
        }
        self.facts.push(dated);
    }

    /// Concludes how it ended.
    fn close(&mut self, another_follows: bool) {
        let is_short = self.recovered.is_some() && !self.met_a_group() && self.ready.is_none();
        if self.role == Role::Member && is_short && self.bootstrap_option.is_none() {
            self.role = Role::RecoveryRun;
        }
        if matches!(self.end, End::Crashed(_)) {
            return;
        }
        if self.full.is_none() && self.start.is_none() && self.took_part() {
            self.full = self.facts.first().map(Dated::mark);
        }
        self.end = if self.refused.is_some() {
            End::Refused
        } else if self.reversal.is_some()
            || (self.gave_up.is_some() && self.stop_requested.is_none())
        {
            End::Aborted
        } else if self.stopped.is_some() || self.role == Role::RecoveryRun {
            End::Stopped
        } else if another_follows {
            End::CutOff
        } else {
            End::Open
        };
    }
}

/// An address without its port.
pub(crate) fn without_port(address: &str) -> String {
    match address.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host.to_owned(),
        _ => address.to_owned(),
    }
}

/// Whether a line of a wrapper belongs to the start that follows.
fn announces_a_start(dated: &Dated<'_>) -> bool {
    match &dated.fact.event {
        Event::RecoveryBegins
        | Event::RecoverySkipped { .. }
        | Event::FlagSetByScript
        | Event::FullClusterCrash { .. }
        | Event::OperatorPosition { .. } => true,
        Event::Recovered { .. } | Event::StartPosition { .. } => {
            dated.fact.writer != Writer::Server
        }
        _ => false,
    }
}

/// Whether the life has ended, so that a line without a start of its own is of the next one.
fn is_over(life: Option<&Life<'_>>) -> bool {
    life.is_none_or(|life| life.stopped.is_some() || life.refused.is_some() || life.left.is_some())
}

/// Cuts the facts of a node, which are in the order of time, into lives.
pub(crate) fn lives<'a>(node: usize, facts: &[Dated<'a>]) -> Vec<Life<'a>> {
    let mut all: Vec<Life<'a>> = Vec::new();
    let mut now: Option<Life<'a>> = None;
    let mut before: Vec<Dated<'a>> = Vec::new();
    for dated in facts {
        if announces_a_start(dated) {
            before.push(*dated);
            continue;
        }
        if matches!(
            dated.fact.writer,
            Writer::RecoveryRun | Writer::TransferHelper
        ) {
            continue;
        }
        match &dated.fact.event {
            // Another life follows, or the rest of one.
            Event::LeftOut => {
                before.clear();
                if let Some(mut life) = now.take() {
                    life.close(true);
                    all.push(life);
                }
                let mut life = Life::new(node);
                life.facts.push(*dated);
                now = Some(life);
            }
            // It belongs to the life that is there, and begins none.
            Event::LogEnds if now.is_none() => {}
            // A server says this before it says that it starts.
            Event::NotAClusterNode if is_over(now.as_ref()) => before.push(*dated),
            Event::Start { version, .. } => {
                if let Some(mut life) = now.take() {
                    life.close(true);
                    all.push(life);
                }
                let mut life = Life::new(node);
                life.start = Some(dated.mark());
                life.version = Some(version.clone());
                life.before = std::mem::take(&mut before);
                let is_outside =
                    |dated: &Dated<'_>| matches!(dated.fact.event, Event::NotAClusterNode);
                if life.before.iter().any(is_outside) {
                    life.role = Role::Outside;
                }
                life.facts.push(*dated);
                now = Some(life);
            }
            event if event.is_of_a_log() => {
                now.get_or_insert_with(|| Life::new(node)).take(*dated);
            }
            _ => {}
        }
    }
    if let Some(mut life) = now {
        life.close(false);
        all.push(life);
    }
    hand_on(&mut all);
    all
}

/// Gives each life the position that a recovery run just before it found.
fn hand_on(lives: &mut [Life<'_>]) {
    let mut found: Option<Said<Position>> = None;
    for life in lives {
        if life.role == Role::RecoveryRun {
            found.clone_from(&life.recovered);
            continue;
        }
        if life.role == Role::Outside {
            continue;
        }
        for dated in &life.before {
            if let Event::Recovered { position } | Event::RecoverySkipped { position } =
                &dated.fact.event
            {
                found = Some(Said {
                    value: *position,
                    mark: dated.mark(),
                });
            }
        }
        // A data folder that is empty has no position: the line is of a later start.
        let fits = |found: &Said<Position>| life.no_saved.is_none() || found.value.is_undefined();
        if life.recovered.is_none() && found.as_ref().is_some_and(fits) {
            life.recovered = found.take();
        } else if life.no_saved.is_none() {
            found = None;
        }
    }
}
