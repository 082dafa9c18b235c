//! The events to come, in the order of time.

use std::collections::BTreeMap;

use seatrial_node::{Channel, Peer};
use seatrial_scenarios::Span;

use crate::machine::CallId;

use super::connections::{Arrival, Unanswered};

/// More events than this at one instant are a loop of the model, never a run.
const EVENTS_AN_INSTANT_MAX: u32 = 100_000;

/// Something that will happen on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A connection attempt reaches the other side.
    Dial {
        from: Peer,
        to: Peer,
        channel: Channel,
    },
    /// A connection attempt has failed.
    Refused {
        from: Peer,
        to: Peer,
        channel: Channel,
    },
    /// A call of a program goes on.
    Call(CallId),
    /// An attempt to connect to an address that nobody has fails.
    Nobody {
        from: Peer,
        address: Peer,
        channel: Channel,
        /// The start of the server that wanted it.
        starts: u64,
    },
    /// An attempt to connect is repeated or given up.
    Unanswered(Unanswered),
    /// The first item in a direction of a connection arrives.
    Arrive(Arrival),
    /// A connection whose port is closed is given up, if it still is.
    GivesUp(Arrival),
    /// A flapping link changes.
    LinksChange,
}

/// The next event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The deadline of a machine has come.
    Machine(Peer),
    /// Something happens on the network.
    Event(Event),
}

/// When something comes, and after what else of that instant.
type Turn = (Span, u64);

/// The coming events: those of the network, and the machines' deadlines.
///
/// It owns the order of everything that happens. The world pushes and pops; the queue knows neither
/// machines nor connections.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    events: BTreeMap<Turn, Event>,
    last_number: u64,
    /// The deadline of each machine by place, numbered as the events are. It changes with almost every
    /// event, so it stands outside their map.
    deadlines: Vec<Option<Turn>>,
    /// The number of events at the present instant, to notice a loop in which time stands still.
    events_now: u32,
}

impl Queue {
    /// Makes an empty queue for this number of machines.
    pub(super) fn new(machines: usize) -> Self {
        Self {
            events: BTreeMap::new(),
            last_number: 0,
            deadlines: vec![None; machines],
            events_now: 0,
        }
    }

    fn turn(&mut self, at: Span) -> Turn {
        self.last_number += 1;
        (at, self.last_number)
    }

    /// Adds an event, after all others of its instant.
    pub(super) fn push(&mut self, at: Span, event: Event) {
        let turn = self.turn(at);
        self.events.insert(turn, event);
    }

    /// Notes a machine's deadline. One that stays the same keeps its turn.
    pub(super) fn note_deadline(&mut self, peer: Peer, deadline: Option<Span>) {
        let index = usize::from(peer.0);
        if self.deadlines[index].map(|(at, _)| at) != deadline {
            self.deadlines[index] = deadline.map(|at| self.turn(at));
        }
    }

    /// Returns a machine's deadline.
    pub(super) fn deadline(&self, peer: Peer) -> Option<Span> {
        self.deadlines[usize::from(peer.0)].map(|(at, _)| at)
    }

    /// Returns the place of a machine's deadline among what comes at the same instant.
    pub(super) fn turn_of(&self, peer: Peer) -> Option<u64> {
        self.deadlines[usize::from(peer.0)].map(|(_, number)| number)
    }

    /// Returns the instant of the first event of the network.
    pub(super) fn first_event(&self) -> Option<Span> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Returns everything that comes, in order.
    pub(super) fn in_order(&self) -> Vec<(Span, Next)> {
        let events = self.events.iter();
        let events = events.map(|(turn, event)| (*turn, Next::Event(event.clone())));
        let deadlines = (0..).map(Peer).zip(&self.deadlines);
        let deadlines = deadlines.filter_map(|(peer, turn)| Some(((*turn)?, Next::Machine(peer))));
        let mut all: Vec<(Turn, Next)> = events.chain(deadlines).collect();
        all.sort_by_key(|(turn, _)| *turn);
        all.into_iter().map(|((at, _), next)| (at, next)).collect()
    }

    /// Takes what happens next, if it comes at `limit` at the latest; `now` is the present instant.
    ///
    /// # Panics
    /// When time stands still: a loop of the model.
    pub(super) fn pop(&mut self, limit: Span, now: Span) -> Option<(Span, Next)> {
        let deadlines = (0..).map(Peer).zip(&self.deadlines);
        let deadlines = deadlines.filter_map(|(peer, turn)| Some(((*turn)?, Some(peer))));
        let event = self.events.first_key_value().map(|(turn, _)| (*turn, None));
        let (turn, machine) = deadlines.chain(event).min()?;
        let at = turn.0;
        if at > limit {
            return None;
        }
        self.events_now = if at == now { self.events_now + 1 } else { 0 };
        assert!(
            self.events_now < EVENTS_AN_INSTANT_MAX,
            "more than {EVENTS_AN_INSTANT_MAX} events at {at}: time stands still (next: {machine:?}, {:?})",
            self.events.get(&turn),
        );
        let next = match machine {
            Some(peer) => {
                self.deadlines[usize::from(peer.0)] = None;
                Next::Machine(peer)
            }
            None => Next::Event(self.events.remove(&turn)?),
        };
        Some((at, next))
    }
}
