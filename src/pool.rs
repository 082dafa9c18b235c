//! The worker pool: runs jobs on several threads and returns their results in the order of the jobs.
//!
//! `run`, `verify`, `explore`, `prove`, `claims` and `conform` all use it, so that signals, time budgets,
//! the progress bar and panics are handled in one place. Results must arrive in order while later jobs are
//! still being made, and a search must be able to stop in between. rayon offers neither, so that it would
//! replace only the loop over the threads.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use seatrial_scenarios::panic_text;

use crate::args::EngineArg;
use crate::bar::Bar;
use crate::exit::Stop;
use crate::signals;

/// Returns the number of parallel jobs: 1 for each core, or 3 for each core with real nodes, which mostly
/// wait.
pub(crate) fn threads(jobs: Option<NonZeroUsize>, engines: &[EngineArg]) -> usize {
    let each = if engines.contains(&EngineArg::Real) {
        3
    } else {
        1
    };
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    jobs.map_or(cores * each, NonZeroUsize::get)
}

/// The way in which the jobs have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All jobs were made.
    Whole,
    /// The time budget was used up.
    Budget,
    /// The receiver of the results asked for no more.
    Enough,
    /// A signal came.
    Signal,
}

/// Threads, and what stops them. No job begins after a signal or the deadline; jobs under way are finished.
#[derive(Clone, Copy)]
pub(crate) struct Pool<'a> {
    threads: usize,
    bar: &'a Bar,
    deadline: Option<Instant>,
    heeds_signals: bool,
}

impl<'a> Pool<'a> {
    /// Makes a pool of so many threads, which shows its progress on a bar.
    pub(crate) const fn new(threads: usize, bar: &'a Bar) -> Self {
        Self {
            threads,
            bar,
            deadline: None,
            heeds_signals: true,
        }
    }

    /// Stops at this instant.
    pub(crate) const fn until(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }

    /// Runs all jobs, even if a signal comes. This is for short work that must be complete.
    pub(crate) const fn to_the_end(self) -> Self {
        Self {
            deadline: None,
            heeds_signals: false,
            ..self
        }
    }

    fn is_over(&self) -> bool {
        (self.heeds_signals && signals::stopped())
            || self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Makes the jobs, and gives each result to `take` as soon as all results before it were taken.
    ///
    /// `state` is made once for each thread, for what the jobs of a thread share. `take` gets the job's place
    /// and its result; after it breaks, no new job begins, but results of jobs under way are still taken.
    ///
    /// # Errors
    /// When a job panics, which is a bug of ours: the error names the job. The results of the jobs before it
    /// were taken.
    pub(crate) fn run<J: Sync, S, T: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        state: impl Fn() -> S + Sync,
        make: impl Fn(&mut S, &J) -> T + Sync,
        mut take: impl FnMut(usize, T) -> ControlFlow<()>,
    ) -> Result<Ended, Stop> {
        let next = AtomicUsize::new(0);
        let closed = AtomicBool::new(false);
        let (sender, receiver) = mpsc::channel();
        let mut taken = 0;
        let mut enough = false;
        let mut panic = None;
        thread::scope(|scope| {
            for _ in 0..self.threads.min(jobs.len()) {
                let sender = sender.clone();
                let (next, closed, name, state, make) = (&next, &closed, &name, &state, &make);
                scope.spawn(move || {
                    let mut state = state();
                    while !closed.load(Ordering::Relaxed) && !self.is_over() {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(job) = jobs.get(index) else { break };
                        self.bar.begin(|| name(job));
                        let made = catch_unwind(AssertUnwindSafe(|| make(&mut state, job)))
                            .map_err(|panic| panic_text(&*panic).to_owned());
                        self.bar.done();
                        let panicked = made.is_err();
                        if panicked {
                            closed.store(true, Ordering::Relaxed);
                        }
                        if sender.send((index, made)).is_err() || panicked {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut waiting = BTreeMap::new();
            for (index, made) in receiver {
                waiting.insert(index, made);
                while panic.is_none()
                    && let Some(made) = waiting.remove(&taken)
                {
                    match made {
                        Ok(made) => {
                            if take(taken, made).is_break() {
                                enough = true;
                                closed.store(true, Ordering::Relaxed);
                            }
                            taken += 1;
                        }
                        Err(text) => panic = Some(text),
                    }
                }
            }
        });
        self.bar.end();
        if let Some(text) = panic {
            return Err(Stop::bug(&name(&jobs[taken]), &text));
        }
        Ok(if taken == jobs.len() {
            Ended::Whole
        } else if signals::stopped() {
            Ended::Signal
        } else if enough {
            Ended::Enough
        } else {
            Ended::Budget
        })
    }

    /// Runs the jobs, and returns the results in their order. If the pool is stopped, these are the results of
    /// the first jobs.
    ///
    /// # Errors
    /// When a job panics.
    pub(crate) fn map<J: Sync, T: Send>(
        &self,
        jobs: &[J],
        name: impl Fn(&J) -> String + Sync,
        make: impl Fn(&J) -> T + Sync,
    ) -> Result<Vec<T>, Stop> {
        let mut results = Vec::new();
        self.run(
            jobs,
            name,
            || (),
            |(), job| make(job),
            |_, made| {
                results.push(made);
                ControlFlow::Continue(())
            },
        )?;
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Number(u64);

    fn numbers(count: u64) -> Vec<Number> {
        (0..count).map(Number).collect()
    }

    fn name(job: &Number) -> String {
        format!("job {}", job.0)
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs = numbers(40);
        let bar = Bar::hidden();
        let results = Pool::new(8, &bar)
            .map(&jobs, name, |job| {
                // The first jobs take longest.
                thread::sleep(Duration::from_millis((40 - job.0) / 8));
                job.0 * 2
            })
            .unwrap();
        let doubled: Vec<u64> = jobs.iter().map(|job| job.0 * 2).collect();
        assert_eq!(results, doubled);
    }

    #[test]
    fn a_panic_is_reported_with_its_job_and_the_results_before_it_are_taken() {
        let jobs = numbers(10);
        let bar = Bar::hidden();
        let mut taken = Vec::new();
        let ended = Pool::new(1, &bar).run(
            &jobs,
            name,
            || (),
            |(), job| {
                assert!(job.0 != 3, "three is too many");
                job.0
            },
            |_, made| {
                taken.push(made);
                ControlFlow::Continue(())
            },
        );
        let text = ended.unwrap_err().text;
        assert!(text.contains("job 3: three is too many"), "{text}");
        assert_eq!(taken, [0, 1, 2]);
    }

    #[test]
    fn no_job_begins_after_the_deadline_or_when_there_is_enough() {
        let jobs = numbers(10);
        let bar = Bar::hidden();
        let pool = Pool::new(1, &bar);
        let none = pool
            .until(Some(Instant::now()))
            .map(&jobs, name, |job| job.0)
            .unwrap();
        assert_eq!(none, [0_u64; 0]);
        let ended = pool.run(
            &jobs,
            name,
            || (),
            |(), job| {
                // The receiver has time to close the pool.
                thread::sleep(Duration::from_millis(20));
                job.0
            },
            |_, _| ControlFlow::Break(()),
        );
        assert_eq!(ended.unwrap(), Ended::Enough);
    }
}
