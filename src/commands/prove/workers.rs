//! The worker pool as the threads of a search.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use seatrial_sim::prove::{
    Alphabet, Bounds, Model, SearchEnd, Searched, Starts, States, TableReport, Workers, examine,
    search,
};

use crate::bar::Bar;
use crate::pool::{self, Pool};
use crate::{Stop, signals};

/// The pool and the bar of a search.
struct PoolWorkers<'a> {
    pool: Pool<'a>,
    bar: &'a Bar,
}

impl Workers for PoolWorkers<'_> {
    type Error = Stop;

    fn map<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> R + Sync,
    ) -> Result<Vec<R>, Stop> {
        self.pool.map(jobs, name, make)
    }

    fn map_all<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> R + Sync,
    ) -> Result<Vec<R>, Stop> {
        self.pool.to_the_end().map(jobs, name, make)
    }

    fn why_stopped(&self) -> SearchEnd {
        if signals::stopped() {
            SearchEnd::Signal
        } else {
            SearchEnd::Budget
        }
    }

    fn tell(&self, level: usize, states: usize, healed: usize) {
        self.bar.say(format!(
            "level {level}: {states} states, {healed} after healing"
        ));
    }
}

/// Examines the table of `optimal` on the worker pool. Returns the result and the time in seconds.
pub(crate) fn examine_on_pool(
    model: &Model,
    alphabet: Alphabet,
    faults: usize,
    others_within: Option<usize>,
    jobs: Option<NonZeroUsize>,
) -> Result<(TableReport, f64), Stop> {
    let began = Instant::now();
    let root = model.root().map_err(Stop::environment)?;
    let bar = Bar::spinner();
    let workers = PoolWorkers {
        pool: Pool::new(pool::threads(jobs, &[]), &bar),
        bar: &bar,
    };
    let bounds = Bounds {
        faults: Some(faults),
        max_states: None,
        sights: false,
        share: None,
    };
    let found = search(model, root.clone(), alphabet, &[], bounds, &workers)?;
    if found.ended != SearchEnd::Whole {
        return Err(Stop::environment("stopped by a signal"));
    }
    let report = examine(model, &root, &found, Some(faults), others_within, &workers)?;
    Ok((report, began.elapsed().as_secs_f64()))
}

/// Plays the ways to some states of a file on the worker pool, and keeps their worlds. `file` is its name in messages.
pub(crate) fn starts_on_pool<'a>(
    states: &'a States,
    file: &str,
    wanted: &BTreeSet<usize>,
    jobs: Option<NonZeroUsize>,
) -> Result<Starts<'a>, Stop> {
    let root = states.model().root().map_err(Stop::environment)?;
    let bar = Bar::spinner();
    bar.say(format!("the ways to {} states", wanted.len()));
    let workers = PoolWorkers {
        pool: Pool::new(pool::threads(jobs, &[]), &bar),
        bar: &bar,
    };
    let starts = Starts::of(states, root, wanted, &workers)?;
    starts.map_err(|error| Stop::usage(format!("{file}: {error}")))
}

/// Searches on the worker pool. Returns the result and the time in seconds.
pub(super) fn search_on_pool(
    model: &Model,
    alphabet: Alphabet,
    procedures: &[&str],
    bounds: Bounds,
    (jobs, budget): (Option<NonZeroUsize>, Option<Duration>),
) -> Result<(Searched, f64), Stop> {
    let began = Instant::now();
    let root = model.root().map_err(Stop::environment)?;
    let bar = Bar::spinner();
    let pool = Pool::new(pool::threads(jobs, &[]), &bar);
    let workers = PoolWorkers {
        pool: pool.until(budget.map(|budget| began + budget)),
        bar: &bar,
    };
    let found = search(model, root, alphabet, procedures, bounds, &workers)?;
    Ok((found, began.elapsed().as_secs_f64()))
}
