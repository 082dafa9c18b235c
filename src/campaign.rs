//! Many runs on several threads. Every run is made on one thread from start to end, and the results
//! come back in the order in which the runs were asked for, whatever the threads did.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::EngineArg;
use crate::plan::Job;
use crate::{logging, signals};

/// How many runs go on at the same time: one for each core, and three on real nodes, which mostly wait.
pub(crate) fn threads(jobs: Option<NonZeroUsize>, engines: &[EngineArg]) -> usize {
    let each = if engines.contains(&EngineArg::Real) {
        3
    } else {
        1
    };
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    jobs.map_or(cores * each, NonZeroUsize::get)
}

/// Makes the runs, and hands over each as soon as all before it have been handed over. After a
/// signal no new run begins.
pub(crate) fn run_all<T: Send>(
    jobs: &[Job<'_>],
    threads: usize,
    make: impl Fn(Job<'_>) -> T + Sync,
    mut take: impl FnMut(T, &ProgressBar),
) {
    let bar = progress(jobs.len());
    let name = |job: &Job<'_>| job.scenario.id.clone();
    each_with(
        jobs,
        threads,
        &bar,
        name,
        |job| make(*job),
        |_, done| {
            take(done, &bar);
        },
    );
}

/// The same for anything that can be made one by one; `take` gets the place of what was made.
pub(crate) fn each<J: Sync, T: Send>(
    jobs: &[J],
    threads: usize,
    name: impl Fn(&J) -> String + Sync,
    make: impl Fn(&J) -> T + Sync,
    take: impl FnMut(usize, T),
) {
    each_with(jobs, threads, &progress(jobs.len()), name, make, take);
}

fn each_with<J: Sync, T: Send>(
    jobs: &[J],
    threads: usize,
    bar: &ProgressBar,
    name: impl Fn(&J) -> String + Sync,
    make: impl Fn(&J) -> T + Sync,
    mut take: impl FnMut(usize, T),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            let (sender, next, make, name) = (sender.clone(), &next, &make, &name);
            scope.spawn(move || {
                while !signals::stopped() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    bar.set_message(name(job));
                    let done = make(job);
                    bar.inc(1);
                    if sender.send((index, done)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        for (index, done) in receiver {
            waiting.insert(index, done);
            while let Some(done) = waiting.remove(&wanted) {
                take(wanted, done);
                wanted += 1;
            }
        }
    });
    bar.finish_and_clear();
}

/// A bar while standard error is a terminal and nothing else is written to it.
fn progress(length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() || logging::is_on() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)).with_style(style)
}
