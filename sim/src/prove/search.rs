//! The search over all states: levels of states, the healed state that each leads to, and what the
//! procedures make of those. The result does not depend on the number of threads.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::Choice;

use super::{
    Alphabet, Canonical, Closure, Event, Evidence, Found, Judged, Key, Live, Look, Model, Sight,
};

/// States that are expanded before what they led to is put together: a matter of memory.
const CHUNK: usize = 128;

/// The number of states of a level that keep their worlds (about 80 KiB each). The others are replayed
/// from the start when they are expanded. That costs the events of their path, beside
/// the two dozen that are then applied to them.
pub(super) const WORLDS_MAX: usize = 8_192;

/// The bounds of a search, beside time and signals.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most events.
    pub faults: Option<usize>,
    /// The approximate limit of states.
    pub max_states: Option<usize>,
    /// Whether what an operator sees of each state is kept.
    pub sights: bool,
    /// The share of a shard: procedures act only in the healed states whose number leaves the first number when
    /// it is divided by the second. Every shard finds all states.
    pub share: Option<(usize, usize)>,
}

/// The way in which a search has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEnd {
    /// No state is left to expand, or only states at the limit of `--faults`.
    Whole,
    /// By `--max-states`.
    States,
    /// By `--budget`.
    Budget,
    /// By a signal.
    Signal,
}

impl SearchEnd {
    /// Returns its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::States => "max-states",
            Self::Budget => "budget",
            Self::Signal => "signal",
        }
    }
}

/// A state in which nothing lasts any more that healing ends: where a procedure begins.
#[derive(Clone, Debug)]
pub struct Healed {
    /// Its key.
    pub canonical: Canonical,
    /// The first state that healing leads here.
    pub first: usize,
    /// The view of an operator, if it was asked for.
    pub sight: Option<Sight>,
    /// The outcome of each procedure, by case.
    pub judged: BTreeMap<Vec<usize>, Vec<Verdict>>,
}

impl Healed {
    /// Returns what is seen of it with a kind of evidence.
    pub fn look(&self, evidence: Evidence) -> &Look {
        let sight = self.sight.as_ref();
        sight
            .expect("invariant: whoever looks has asked for sights")
            .look(evidence)
    }
}

/// The counted part of a procedure's outcome in a case: there are hundreds of thousands of cases.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// In a word.
    pub outcome: Outcome,
    /// The kind of cause of a loss; nothing elsewhere.
    pub cause: String,
    /// The rules that hold the cluster, with a key for ever.
    pub rules: BTreeSet<&'static str>,
    /// Whether some node could have been bootstrapped without loss.
    pub avoidable: bool,
}

impl From<Judged> for Verdict {
    fn from(judged: Judged) -> Self {
        let lossless = |choice: &Choice| choice.loses.as_ref().is_some_and(Vec::is_empty);
        Self {
            outcome: judged.outcome,
            avoidable: judged.choices.iter().any(lossless),
            cause: judged.cause,
            rules: judged.rules,
        }
    }
}

/// The result of a search.
pub struct Searched {
    /// The states.
    pub closure: Closure,
    /// For each state the healed state to which it leads.
    pub heals: Vec<usize>,
    /// The healed states.
    pub healed: Vec<Healed>,
    /// The way in which the search has ended.
    pub ended: SearchEnd,
    /// The states that were not expanded, although the bound on events would have allowed it.
    pub open: usize,
}

/// The threads of a search, which are the caller's.
pub trait Workers {
    /// The reason why a job could not be made.
    type Error;

    /// Makes the jobs and returns their results in order; where something stops the search, those of the
    /// first jobs only. `name` names a job in reports.
    ///
    /// # Errors
    /// When a job could not be made.
    fn map<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> R + Sync,
    ) -> Result<Vec<R>, Self::Error>;

    /// Makes all jobs, whatever would stop the search, and returns their results in order.
    ///
    /// # Errors
    /// When a job could not be made.
    fn map_all<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> R + Sync,
    ) -> Result<Vec<R>, Self::Error>;

    /// Returns what has stopped [`Workers::map`].
    fn why_stopped(&self) -> SearchEnd;

    /// Shows how far the search is.
    fn tell(&self, level: usize, states: usize, healed: usize);
}

struct Search<'a, W> {
    model: &'a Model,
    procedures: &'a [&'a str],
    root: Live,
    workers: &'a W,
    sights: bool,
    share: Option<(usize, usize)>,
    closure: Closure,
    heals: Vec<usize>,
    healed: Vec<Healed>,
    healed_by_key: BTreeMap<Key, usize>,
}

/// Searches from the initial state `root`, and lets every procedure act on every state.
///
/// # Errors
/// When the workers could not make a job.
pub fn search<W: Workers>(
    model: &Model,
    root: Live,
    alphabet: Alphabet,
    procedures: &[&str],
    bounds: Bounds,
    workers: &W,
) -> Result<Searched, W::Error> {
    let mut search = Search {
        model,
        procedures,
        root: root.clone(),
        workers,
        sights: bounds.sights,
        share: bounds.share,
        closure: Closure::new(model.key(&root)),
        heals: Vec::new(),
        healed: Vec::new(),
        healed_by_key: BTreeMap::new(),
    };
    let events = Event::all(model.nodes().len(), alphabet);
    let first = [(0, root)];
    let mut ended = search.judge(&first)?;
    let mut frontier: Vec<(usize, Option<Live>)> =
        Vec::from(first.map(|(n, live)| (n, Some(live))));
    let mut level = 0;
    let mut open = 0;
    while ended == SearchEnd::Whole
        && !frontier.is_empty()
        && bounds.faults.is_none_or(|most| level < most)
    {
        level += 1;
        let goes_on = bounds.faults.is_none_or(|most| level < most);
        let mut next = Vec::new();
        let mut rest = frontier.into_iter();
        loop {
            let chunk: Vec<(usize, Option<Live>)> = rest.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let (new, expanded) = search.expand(&chunk, &events, level)?;
            ended = if expanded == chunk.len() {
                search.judge(&new)?
            } else {
                workers.why_stopped()
            };
            if goes_on {
                for (number, live) in new {
                    next.push((number, Some(live).filter(|_| next.len() < WORLDS_MAX)));
                }
            }
            let states = search.closure.states().len();
            workers.tell(level, states, search.healed.len());
            if ended == SearchEnd::Whole && bounds.max_states.is_some_and(|most| states >= most) {
                ended = SearchEnd::States;
            }
            if ended != SearchEnd::Whole {
                open = chunk.len() - expanded + rest.len();
                break;
            }
        }
        frontier = next;
    }
    if ended != SearchEnd::Whole {
        open += frontier.len();
    }
    Ok(Searched {
        closure: search.closure,
        heals: search.heals,
        healed: search.healed,
        ended,
        open,
    })
}

impl<W: Workers> Search<'_, W> {
    /// Applies every event to every state of a chunk. Gives back the new states, and how many of the
    /// chunk were gone through.
    fn expand(
        &mut self,
        chunk: &[(usize, Option<Live>)],
        events: &[Event],
        level: usize,
    ) -> Result<(Vec<(usize, Live)>, usize), W::Error> {
        let (model, closure, root) = (self.model, &self.closure, &self.root);
        let results = self.workers.map(chunk, state_name, |(from, live)| {
            let again = live
                .is_none()
                .then(|| replayed(model, closure, root, *from));
            let live = live.as_ref().or(again.as_ref()).unwrap_or(root);
            let played = events.iter().filter(|event| model.applies(event, live));
            let found = played.map(|event| {
                let after = model.after(event, live);
                let canonical = model.key(&after);
                let is_new = !closure.contains(canonical.key);
                Found {
                    from: *from,
                    event: event.clone(),
                    canonical,
                    live: is_new.then_some(after),
                }
            });
            found.collect::<Vec<_>>()
        })?;
        let expanded = results.len();
        let found = results.into_iter().flatten().collect();
        Ok((self.closure.take(level, found), expanded))
    }

    /// Heals new states and lets the procedures act on what is new then.
    fn judge(&mut self, new: &[(usize, Live)]) -> Result<SearchEnd, W::Error> {
        let (model, sights) = (self.model, self.sights);
        let results = self.workers.map_all(new, state_name, |(_, live)| {
            let healed = model.healed(live);
            let canonical = model.key(&healed);
            let sight = sights.then(|| model.sight(&healed));
            (canonical, sight, healed)
        })?;
        let mut jobs = Vec::new();
        let mut lives = Vec::new();
        for ((state, _), (canonical, sight, live)) in new.iter().zip(results) {
            let number = self.healed.len();
            let known = *self.healed_by_key.entry(canonical.key).or_insert(number);
            debug_assert_eq!(self.heals.len(), *state);
            self.heals.push(known);
            if known == number {
                if self.share.is_none_or(|(index, of)| number % of == index) {
                    for (case, names) in canonical.cases() {
                        jobs.push((number, lives.len(), case, names));
                    }
                    lives.push(live);
                }
                self.healed.push(Healed {
                    canonical,
                    first: *state,
                    sight,
                    judged: BTreeMap::new(),
                });
            }
        }
        let procedures = self.procedures;
        let verdicts = self.workers.map(
            &jobs,
            |(healed, ..)| format!("healed state {healed}"),
            |(_, at, _, names)| {
                let judge = |procedure: &&str| model.judge(procedure, &lives[*at], names).into();
                procedures.iter().map(judge).collect::<Vec<Verdict>>()
            },
        )?;
        let whole = verdicts.len() == jobs.len();
        for ((number, _, case, _), verdict) in jobs.into_iter().zip(verdicts) {
            self.healed[number].judged.insert(case, verdict);
        }
        Ok(if whole {
            SearchEnd::Whole
        } else {
            self.workers.why_stopped()
        })
    }
}

/// Plays a state again from the start.
pub(super) fn replayed(model: &Model, closure: &Closure, root: &Live, state: usize) -> Live {
    let path = closure.path(state);
    path.iter()
        .fold(root.clone(), |live, event| model.after(event, &live))
}

/// Names the job of a state, for the report of a panic.
fn state_name<T>((state, _): &(usize, T)) -> String {
    format!("state {state}")
}
