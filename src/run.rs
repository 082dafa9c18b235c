//! `seatrial run` and `seatrial replay`.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use seatrial_reports::{details, scenario_line, summary_markdown, totals};
use seatrial_scenarios::language::Pace;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{Results, RunOptions, RunRecord, Scenario, Timers};

use crate::args::{EngineArg, Format, ReplayArgs, RunArgs, TimersArg};
use crate::output::Out;
use crate::{ENVIRONMENT, FINDING, OK, USAGE, engines, scenarios};

/// One run to be made.
struct Job<'a> {
    scenario: &'a Scenario,
    engine: EngineArg,
    seed: u64,
}

/// What came of it.
struct Done {
    record: RunRecord,
    rendered: String,
}

const fn timers(arg: Option<TimersArg>) -> Option<Timers> {
    match arg {
        None => None,
        Some(TimersArg::Default) => Some(Timers::Default),
        Some(TimersArg::Fast) => Some(Timers::Fast),
    }
}

pub(crate) fn run(args: &RunArgs, out: &mut Out) -> u8 {
    for engine in &args.on {
        if let Some(why) = engines::missing(*engine) {
            out.error(&format!("error: --on {}: {why}", engines::name(*engine)));
            return ENVIRONMENT;
        }
    }
    let Some(list) = scenarios::named(&args.scenarios, out) else { return USAGE };
    let jobs: Vec<Job<'_>> = list
        .iter()
        .flat_map(|scenario| {
            (0..args.seeds).flat_map(move |offset| {
                args.on.iter().map(move |engine| Job {
                    scenario,
                    engine: *engine,
                    seed: args.seed + offset,
                })
            })
        })
        .collect();
    let results = run_all(&jobs, args);
    let mut errors = Vec::new();
    let mut done = Vec::new();
    for (job, result) in jobs.iter().zip(results) {
        match result {
            Ok(one) => done.push(one),
            Err(error) => errors.push(format!(
                "{} on {}, seed {}: {error}",
                job.scenario.id,
                engines::name(job.engine),
                job.seed
            )),
        }
    }
    let records: Vec<RunRecord> = done.iter().map(|one| one.record.clone()).collect();
    let engine_names: Vec<String> =
        args.on.iter().map(|engine| engines::name(*engine).to_owned()).collect();
    let commit = option_env!("SEATRIAL_COMMIT").unwrap_or_default();
    let results = Results::of(env!("CARGO_PKG_VERSION"), commit, &engine_names, &records);
    let json = serde_json::to_string_pretty(&results).unwrap_or_default();
    if let Err(error) = write_results(&args.out, &done, &json, &records, &results) {
        out.error(&format!("error: cannot write results to {}: {error}", args.out.display()));
        return ENVIRONMENT;
    }
    match args.format {
        Format::Json => out.line(&json),
        Format::Text => print_text(&records, &results, args, out),
    }
    for error in &errors {
        out.error(&format!("error: {error}"));
    }
    let worse = match &args.against {
        None => records.iter().any(|record| record.verdict == Verdict::Fail || record.verdict == Verdict::Error),
        Some(path) => match got_worse(path, &records, out) {
            Some(worse) => worse,
            None => return USAGE,
        },
    };
    if worse || !errors.is_empty() || !results.agreement.differing.is_empty() {
        return FINDING;
    }
    if records.iter().any(|record| record.verdict == Verdict::Unsupported) {
        return ENVIRONMENT;
    }
    OK
}

fn print_text(records: &[RunRecord], results: &Results, args: &RunArgs, out: &mut Out) {
    let mut groups: Vec<((&str, u64), Vec<&RunRecord>)> = Vec::new();
    for record in records {
        let key = (record.id.as_str(), record.seed);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(record),
            None => groups.push((key, vec![record])),
        }
    }
    for (_, group) in &groups {
        out.line(&scenario_line(group));
    }
    out.print(&details(records));
    out.print(&totals(records, &results.agreement));
    out.line(&format!("Results: {}", args.out.display()));
}

/// Runs the jobs on as many threads as asked for, each run on one of them from start to end.
fn run_all(jobs: &[Job<'_>], args: &RunArgs) -> Vec<Result<Done, String>> {
    let threads = args
        .jobs
        .or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, std::num::NonZeroUsize::get);
    let bar = if std::io::stderr().is_terminal() {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(jobs.len() as u64).with_style(style)
    } else {
        ProgressBar::hidden()
    };
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, Result<Done, String>>> = Mutex::new(BTreeMap::new());
    let compared = args.on.len() > 1;
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let result = run_one(job, timers(args.timers), compared);
                    bar.set_message(job.scenario.id.clone());
                    bar.inc(1);
                    if let Ok(mut results) = results.lock() {
                        results.insert(index, result);
                    }
                }
            });
        }
    });
    bar.finish_and_clear();
    results.into_inner().map(|map| map.into_values().collect()).unwrap_or_default()
}

fn run_one(job: &Job<'_>, timers: Option<Timers>, compared: bool) -> Result<Done, String> {
    let started = Instant::now();
    let setup = job.scenario.setup(timers, job.seed);
    let pace = (compared && job.scenario.pace.is_none()).then_some(Pace::Rest);
    let options = RunOptions {
        seed: job.seed,
        engine: engines::name(job.engine).to_owned(),
        pace,
        timers,
        ..RunOptions::default()
    };
    tracing::info!(scenario = %job.scenario.id, engine = engines::name(job.engine), seed = job.seed, "run");
    let (mut record, trace) = engines::run(job.engine, job.scenario, &setup, &options)?;
    let rendered = trace.render(&engines::header(job.engine, job.scenario, &setup));
    record.trace_sha256 = sha256_hex(&rendered);
    record.wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Done { record, rendered })
}

fn write_results(
    folder: &Path,
    done: &[Done],
    json: &str,
    records: &[RunRecord],
    results: &Results,
) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let traces: String = done.iter().map(|one| one.rendered.as_str()).collect();
    std::fs::write(folder.join("record.jsonl"), traces)?;
    std::fs::write(folder.join("results.json"), json)?;
    std::fs::write(folder.join("summary.md"), summary_markdown(records, &results.agreement))
}

/// Whether a run that passed in an earlier campaign does not pass now; `None` where the earlier file
/// cannot be read.
fn got_worse(path: &Path, records: &[RunRecord], out: &mut Out) -> Option<bool> {
    let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let earlier: Results = match read
        .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()))
    {
        Ok(earlier) => earlier,
        Err(error) => {
            out.error(&format!("error: --against {}: {error}", path.display()));
            return None;
        }
    };
    let passed_before = |record: &RunRecord| {
        earlier
            .scenarios
            .iter()
            .find(|old| old.id == record.id && old.engine == record.engine)
            .is_none_or(|old| old.verdict == Verdict::Pass)
    };
    let worse: Vec<&RunRecord> = records
        .iter()
        .filter(|record| record.verdict != Verdict::Pass && passed_before(record))
        .collect();
    for record in &worse {
        out.error(&format!("worse than before: {} on {}", record.id, record.engine));
    }
    Some(!worse.is_empty())
}

pub(crate) fn replay(args: &ReplayArgs, out: &mut Out) -> u8 {
    if let Some(why) = engines::missing(args.on) {
        out.error(&format!("error: --on {}: {why}", engines::name(args.on)));
        return ENVIRONMENT;
    }
    let Some(scenario) = scenarios::one(&args.scenario, out) else { return USAGE };
    let job = Job { scenario: &scenario, engine: args.on, seed: args.seed };
    match run_one(&job, timers(args.timers), true) {
        Ok(done) => {
            out.print(&done.rendered);
            let failed = matches!(done.record.verdict, Verdict::Fail | Verdict::Error);
            out.error(&details(std::slice::from_ref(&done.record)));
            if failed { FINDING } else { OK }
        }
        Err(error) => {
            out.error(&format!("error: {error}"));
            FINDING
        }
    }
}
