//! What the log of a node says about its latest life, in the order of time.

use jiff::Timestamp;

use seatrial_galera::{Position, StateUuid};

use crate::event::{Event, Failure, StartPositionBy};
use crate::fact::{Fact, Source, Writer};
use crate::time::Stamp;

/// A value with the place and the time that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// It.
    pub value: T,
    /// Where it stands.
    pub source: Source,
    /// When it was so; `None` for text without a time.
    pub at: Option<Stamp>,
}

/// How a position is known from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// A recovery run answered.
    RecoveryRun,
    /// A start printed what grastate.dat said, and nothing moved since.
    SavedAtStart,
    /// The server left its group in order at it, and stopped.
    OrderlyStop,
}

/// How the latest life of a server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It began, and no line says that it ended.
    Open,
    /// It waits for other members: it restored a saved view and has no primary component.
    Waits,
    /// It ended in order.
    Stopped,
    /// It gave up, or was refused.
    Aborted,
    /// It crashed.
    Crashed,
}

/// What the log of a node comes to.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The latest answer of a recovery run, whatever came after it.
    pub recovered: Option<Dated<Position>>,
    /// What came after it and made it old: the node took part again, or a later run failed.
    pub moved_on: Option<Dated<MovedOn>>,
    /// Whether earlier recovery runs said something else.
    pub earlier_differ: bool,
    /// The latest run that failed, if no recovery run succeeded after it.
    pub failed: Option<Dated<Failure>>,
    /// The tables of the server itself are missing.
    pub no_system_tables: Option<Source>,
    /// The latest position that the log allows to conclude, and how.
    pub position: Option<(Dated<Position>, KnownBy)>,
    /// What grastate.dat said at the latest start.
    pub saved: Option<Dated<(Position, Option<bool>)>>,
    /// The highest position that the node itself is known to have held, and not to have lost since.
    pub highest: Option<Dated<Position>>,
    /// The latest life.
    pub life: Option<Dated<Life>>,
    /// Whether the latest life took part in a primary component.
    pub took_part: bool,
    /// The node had more than its group, and no snapshot has overwritten it since.
    pub reversal: Option<Dated<(i64, i64)>>,
    /// A snapshot was begun, and its end was not seen: the data may be half copied.
    pub half_copied: Option<Dated<()>>,
    /// How many starts were refused because of the flag, and the last of them.
    pub refused: Option<(u32, Source)>,
    /// The position at which a running server started: no answer of a recovery run.
    pub started_at: Option<Dated<Position>>,
    /// The last line that has a time.
    pub last_at: Option<Stamp>,
}

/// What made a recovered position old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovedOn {
    /// The server took part in a primary component, or got a transfer.
    TookPart,
    /// A later run failed.
    Failed(Failure),
}

/// The facts of a node in the order of time. Facts without a time keep their place after the line
/// before them; texts without any time come last, since a person has just made them.
pub fn in_order<'a>(files: &[Vec<&'a Fact>]) -> Vec<&'a Fact> {
    let mut dated: Vec<(Option<Timestamp>, &Fact)> = Vec::new();
    for facts in files {
        let with_offset = facts
            .iter()
            .filter_map(|fact| fact.at)
            .filter(|at| at.offset.is_some())
            .count();
        let stamped = facts.iter().filter(|fact| fact.at.is_some()).count();
        let has_offsets = with_offset * 2 > stamped;
        // What stands before the first time is no later than it.
        let mut now: Option<Timestamp> = facts
            .iter()
            .filter_map(|fact| fact.at)
            .find(|at| at.offset.is_some() == has_offsets)
            .map(|at| at.instant());
        for fact in facts {
            // A wrapper's local time beside a server's UTC says nothing: such a line keeps its place.
            if let Some(at) = fact.at
                && at.offset.is_some() == has_offsets
            {
                now = Some(at.instant());
            }
            if fact.event.is_of_a_log() || matches!(fact.event, Event::BarePosition { .. }) {
                dated.push((now, fact));
            }
        }
    }
    dated.sort_by_key(|(at, _)| at.map_or(Timestamp::MAX, |at| at));
    if files.len() < 2 {
        return dated.into_iter().map(|(_, fact)| fact).collect();
    }
    dated
        .chunk_by(|one, other| one.0 == other.0)
        .flat_map(once)
        .collect()
}

/// Facts of one moment, without those that another file has said already: a log may be given twice, or its end
/// beside the whole of it. What one file says twice was said twice.
fn once<'a>(moment: &[(Option<Timestamp>, &'a Fact)]) -> Vec<&'a Fact> {
    /// A log whose lines all have one time is none that overlaps.
    const MANY: usize = 2_000;
    let facts: Vec<&Fact> = moment.iter().map(|(_, fact)| *fact).collect();
    let is_of_one = facts
        .windows(2)
        .all(|pair| pair[0].source.file == pair[1].source.file);
    if is_of_one || facts.len() > MANY || moment[0].0.is_none() {
        return facts;
    }
    let mut kept: Vec<&Fact> = Vec::new();
    for (place, fact) in facts.iter().enumerate() {
        let same = |other: &&&Fact| other.event == fact.event && other.writer == fact.writer;
        let own = facts[..place]
            .iter()
            .filter(same)
            .filter(|other| other.source.file == fact.source.file)
            .count();
        // As often as the file that says it most.
        let said = kept.iter().filter(same).count();
        if said <= own {
            kept.push(fact);
        }
    }
    kept
}

impl Timeline {
    /// Goes through the facts, which are in the order of time.
    pub fn of(facts: &[&Fact]) -> Self {
        let mut timeline = Self::default();
        let mut history: Option<StateUuid> = None;
        let mut closing: Option<i64> = None;
        for fact in facts {
            timeline.last_at = fact.last_at().or(timeline.last_at);
            if fact.writer == Writer::TransferHelper {
                continue;
            }
            timeline.take(fact, &mut history, &mut closing);
        }
        timeline
    }

    fn take(&mut self, fact: &Fact, history: &mut Option<StateUuid>, closing: &mut Option<i64>) {
        let source = fact.source;
        let at = fact.at;
        let position_of = |position: Position| Dated {
            value: position,
            source,
            at,
        };
        match &fact.event {
            Event::Start { .. } => {
                if fact.writer != Writer::RecoveryRun {
                    self.live(Life::Open, fact);
                    self.took_part = false;
                }
                *closing = None;
            }
            Event::NotAClusterNode => self.life = None,
            Event::SavedState {
                position,
                safe_to_bootstrap,
            } => {
                self.saved = Some(Dated {
                    value: (*position, *safe_to_bootstrap),
                    source,
                    at,
                });
                if !position.uuid.is_nil() {
                    *history = Some(position.uuid);
                }
                if !position.is_undefined() {
                    self.position = Some((position_of(*position), KnownBy::SavedAtStart));
                    self.raise(position_of(*position));
                } else if !matches!(self.position, Some((_, KnownBy::RecoveryRun))) {
                    self.position = None;
                }
            }
            Event::Recovered { position } | Event::BarePosition { position } => {
                let differs = |before: &Dated<Position>| before.value != *position;
                self.earlier_differ |= self.recovered.as_ref().is_some_and(differs);
                self.recovered = Some(position_of(*position));
                self.position = Some((position_of(*position), KnownBy::RecoveryRun));
                self.moved_on = None;
                self.failed = None;
                if !position.is_undefined() {
                    *history = Some(position.uuid);
                }
                // A run that answers is no life of a server: it ends at once.
                if matches!(&self.life, Some(life) if life.value == Life::Open) && !self.took_part {
                    self.life = None;
                }
            }
            Event::RecoverySkipped { position } if !position.is_undefined() => {
                self.position = Some((position_of(*position), KnownBy::SavedAtStart));
            }
            // A wrapper hands on what it found, by a recovery run or in grastate.dat.
            Event::StartPosition {
                position,
                by: StartPositionBy::Assigned,
            } if !position.is_undefined()
                && (self.recovered.is_none() || self.moved_on.is_some()) =>
            {
                self.position = Some((position_of(*position), KnownBy::SavedAtStart));
            }
            Event::StartPosition { position, .. } if !position.is_undefined() => {
                self.started_at = Some(position_of(*position));
            }
            Event::Failed { why } => {
                self.failed = Some(Dated {
                    value: *why,
                    source,
                    at: fact.last_at(),
                });
                self.grow_old(MovedOn::Failed(*why), fact);
            }
            Event::NoSystemTables => self.no_system_tables = Some(source),
            Event::ViewRestored { restored: true } | Event::WaitsForMembers
                if !self.took_part && self.life.is_none_or(|life| life.value != Life::Stopped) =>
            {
                self.live(Life::Waits, fact);
            }
            Event::Reversal { own, group } => {
                self.reversal = Some(Dated {
                    value: (own.0, group.0),
                    source,
                    at,
                });
                self.live(Life::Aborted, fact);
            }
            Event::SstProceeds => {
                self.half_copied = Some(Dated {
                    value: (),
                    source,
                    at,
                });
                self.reversal = None;
                self.highest = None;
                self.take_part(fact);
            }
            Event::SstReceived { position } | Event::IstReceived { position } => {
                if matches!(fact.event, Event::SstReceived { .. }) {
                    self.half_copied = None;
                    self.reversal = None;
                    self.highest = None;
                }
                *history = Some(position.uuid);
                self.take_part(fact);
                self.raise(position_of(*position));
            }
            // A log that begins in the middle of a life.
            Event::Quorum(quorum) if quorum.primary && self.life.is_none() => {
                self.live(Life::Open, fact);
            }
            // A joiner sees the group's view before it has the group's data.
            Event::ServerView(view) if view.primary && self.took_part => {
                if let Some(position) = view.position {
                    *history = Some(position.uuid);
                    self.raise(position_of(position));
                }
            }
            Event::Connected { position, .. } if !position.is_undefined() => {
                *history = Some(position.uuid);
            }
            Event::RestoredState { .. } => self.take_part(fact),
            Event::Shift { to, seqno, .. } => match to.as_str() {
                "SYNCED" | "JOINED" | "DONOR/DESYNCED" => self.take_part(fact),
                "CLOSED" | "OPEN" if seqno.0 > 0 => *closing = Some(seqno.0),
                _ => {}
            },
            Event::StopComplete | Event::ProcessEnded => {
                if let (Some(history), Some(seqno)) = (*history, closing.take())
                    && self.took_part
                {
                    let position = Position::new(history, seatrial_galera::Seqno(seqno));
                    self.position = Some((position_of(position), KnownBy::OrderlyStop));
                    self.raise(position_of(position));
                }
                let has_ended = matches!(
                    &self.life,
                    Some(life) if matches!(life.value, Life::Aborted | Life::Crashed)
                );
                if !has_ended {
                    self.live(Life::Stopped, fact);
                }
            }
            Event::Abort | Event::RequestUnrecoverable { .. } | Event::ConnectFailed { .. } => {
                self.live(Life::Aborted, fact);
            }
            Event::Crash { .. } => self.live(Life::Crashed, fact),
            Event::BootstrapRefused => {
                let before = self.refused.map_or(0, |(count, _)| count);
                self.refused = Some((before + 1, source));
                self.live(Life::Aborted, fact);
            }
            _ => {}
        }
    }

    fn live(&mut self, life: Life, fact: &Fact) {
        self.life = Some(Dated {
            value: life,
            source: fact.source,
            at: fact.at,
        });
    }

    /// The node takes part in a primary component, so that what was known of its position is old.
    fn take_part(&mut self, fact: &Fact) {
        self.took_part = true;
        self.position = None;
        self.live(Life::Open, fact);
        self.grow_old(MovedOn::TookPart, fact);
    }

    fn grow_old(&mut self, why: MovedOn, fact: &Fact) {
        if self.recovered.is_some() && self.moved_on.is_none() {
            self.moved_on = Some(Dated {
                value: why,
                source: fact.source,
                at: fact.at,
            });
            self.position = None;
        }
    }

    fn raise(&mut self, position: Dated<Position>) {
        let is_higher = match &self.highest {
            Some(known) => {
                known.value.uuid != position.value.uuid || known.value.seqno < position.value.seqno
            }
            None => true,
        };
        if is_higher && !position.value.is_undefined() {
            self.highest = Some(position);
        }
    }
}
