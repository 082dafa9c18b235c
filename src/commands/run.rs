//! `seatrial run`: runs scenarios, compares the engines, reports what was found.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use seatrial_reports::{Campaign, Columns, Comparison, details, totals};
use seatrial_scenarios::known::{known_differences, unlisted};
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::{CampaignEnd, CampaignHead, RECORD_FORMAT};
use seatrial_scenarios::{Results, RunRecord, Scenario};

use crate::args::{EngineArg, Format, PaceArg, PackArg, RealArgs, SEED, TimersArg};
use crate::bar::Bar;
use crate::commands::report;
use crate::files::{RecordFile, ReportFiles, keep_logs};
use crate::output::Out;
use crate::plan::{FinishedRun, Flags, Job};
use crate::pool::{self, Pool};
use crate::{Stop, against, engines, exit, plan, provenance, real, scenarios, signals};

/// `seatrial run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 as expected; 1 a finding that no file expects, a failed \
    scenario, or engines that disagree; 2 usage or a scenario file; 3 the environment; 4 stopped \
    by a signal, nothing found."
)]
pub(crate) struct RunArgs {
    /// Ids or files of scenarios; the whole catalogue by default.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// A whole pack instead of the catalogue.
    #[arg(long, value_enum, conflicts_with = "scenarios")]
    pub(crate) pack: Option<PackArg>,
    /// The engines, which are compared with each other.
    #[arg(
        long,
        value_name = "ENGINE",
        value_delimiter = ',',
        default_values_t = crate::engines::default_engines(),
        value_enum
    )]
    pub(crate) on: Vec<EngineArg>,
    /// The first master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// The number of seeds of each scenario.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000)
    )]
    pub(crate) seeds: u64,
    /// The number of parallel runs; by default 1 for each core, or 3 for each core with real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The timeouts; they override those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in scenarios that do not set a pace. By default: at rest with several
    /// engines, at once with one engine.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/latest")]
    pub(crate) out: PathBuf,
    /// The format of the output; json prints results.json and nothing else.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Keep the error log of each node in the folder of results: logs/SCENARIO/ENGINE/NODE.log, with several
    /// seeds logs/SCENARIO/ENGINE/seed-S/NODE.log.
    #[arg(long)]
    pub(crate) keep_logs: bool,
    /// An earlier results.json: the command fails only if something got worse since then.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

pub(crate) fn run(args: &RunArgs, out: &mut Out) -> Result<u8, Stop> {
    let began = Instant::now();
    let engines = engines::available(&args.on)?;
    let list = scenarios::chosen(&args.scenarios, args.pack)?;
    // The earlier file may be in the folder of results, so it is read before anything is written.
    let before = args.against.as_deref().map(against::read).transpose()?;
    let unwritable = |path: &Path, error: std::io::Error| {
        Stop::environment(format!(
            "cannot write results to {}: {error}",
            path.display()
        ))
    };
    let jobs = jobs(&list, &engines, args)?;
    let real = real::options(&args.real, &engines, Some(&args.out))?;
    let flags = Flags {
        keep_logs: args.keep_logs,
        ..Flags::new(
            args.pace,
            args.timers,
            engines.len(),
            &real,
            args.real.retries,
        )
    };
    let names: Vec<String> = engines
        .iter()
        .map(|engine| engines::name(*engine).to_owned())
        .collect();
    let head = CampaignHead {
        format: RECORD_FORMAT,
        program: provenance::PROGRAM.to_owned(),
        commit: provenance::COMMIT.to_owned(),
        engines: names.clone(),
        runs: jobs.len(),
    };
    let mut reports =
        ReportFiles::create(&args.out).map_err(|error| unwritable(&args.out, error))?;
    let mut file =
        RecordFile::create(&args.out, &head).map_err(|error| unwritable(&args.out, error))?;
    signals::listen();

    let mut table = RunTable::new(&names, jobs.len() / list.len().max(1), args.format);
    table.begin(out);
    let mut records: Vec<RunRecord> = Vec::new();
    let mut written = Ok(());
    let bar = Bar::of_jobs(jobs.len());
    let take = |_, mut done: FinishedRun| {
        if done.broken_off {
            return ControlFlow::Continue(());
        }
        let logs = std::mem::take(&mut done.run.record.logs);
        if written.is_ok() && args.keep_logs {
            written = keep_logs(&args.out, args.seeds > 1, &done.run.record, &logs);
        }
        if written.is_ok() {
            written = file.add(&done.run, &done.rendered);
        }
        reports.add(&done.run);
        records.push(done.run.record);
        table.grow(&records, &bar, out);
        ControlFlow::Continue(())
    };
    Pool::new(pool::threads(args.jobs, &engines), &bar).run(
        &jobs,
        Job::name,
        || (),
        |(), job| plan::run(*job, flags),
        take,
    )?;
    table.end(&records, out);
    let end = CampaignEnd {
        wall_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    written
        .and_then(|()| file.finish(end))
        .map_err(|error| unwritable(&args.out, error))?;

    let results = Results::of(provenance::PROGRAM, provenance::COMMIT, &names, &records);
    let pinned: BTreeMap<String, Vec<String>> = list
        .iter()
        .map(|scenario| (scenario.id.clone(), scenario.findings.clone()))
        .collect();
    let comparison = before.map(|before| Comparison::of(&before, &results));
    let campaign = Campaign {
        against: comparison.as_ref(),
        records: &records,
        pinned: &pinned,
        agreement: &results.agreement,
        wall: began.elapsed(),
        not_run: jobs.len() - records.len(),
    };
    let json = serde_json::to_string_pretty(&results)
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    reports
        .finish(&campaign, &head, &json)
        .map_err(|error| unwritable(&args.out, error))?;
    match args.format {
        Format::Json => out.line(&json),
        Format::Text => {
            out.print(&details(&campaign));
            out.print(&totals(&campaign));
            out.line(&report::page_line(&args.out));
        }
    }
    let known = known_differences()
        .map_err(|error| Stop::usage(format!("scenarios/differences.toml: {error}")))?;
    let unlisted = unlisted(&results.agreement, &known).len();
    if args.format == Format::Text && unlisted < results.agreement.differing.len() {
        let number = match unlisted {
            0 => "none".to_owned(),
            some => some.to_string(),
        };
        out.line(&format!(
            "             {number} of the differences are not listed in scenarios/differences.toml"
        ));
    }
    if let Some(comparison) = &comparison {
        if args.format == Format::Text {
            for line in &comparison.better {
                out.line(&format!("      Better {line}"));
            }
            if comparison.worse.is_empty() {
                out.line("             nothing got worse");
            }
        }
        for line in &comparison.worse {
            out.error(&format!("worse than before: {line}"));
        }
    }
    Ok(code(&campaign, unlisted))
}

/// Returns a job for every scenario with every seed on every engine.
fn jobs<'a>(
    list: &'a [Scenario],
    engines: &[EngineArg],
    args: &RunArgs,
) -> Result<Vec<Job<'a>>, Stop> {
    let seed_max = args.seed.checked_add(args.seeds - 1).ok_or_else(|| {
        Stop::usage(format!(
            "--seed {} --seeds {}: the last seed is too large",
            args.seed, args.seeds
        ))
    })?;
    let mut jobs = Vec::new();
    for scenario in list {
        for seed in args.seed..=seed_max {
            for engine in engines {
                jobs.push(Job {
                    scenario,
                    engine: *engine,
                    seed,
                    negate: None,
                });
            }
        }
    }
    Ok(jobs)
}

/// Returns the exit code of the campaign.
fn code(campaign: &Campaign<'_>, unlisted: usize) -> u8 {
    let any = |verdict| campaign.records.iter().any(|run| run.verdict == verdict);
    let bad = match campaign.against {
        Some(comparison) => !comparison.worse.is_empty(),
        None => any(Verdict::Fail) || any(Verdict::Error) || unlisted > 0,
    };
    if bad {
        exit::FINDING
    } else if campaign.not_run > 0 {
        exit::STOPPED
    } else if campaign.against.is_none() && any(Verdict::Unsupported) {
        exit::ENVIRONMENT
    } else {
        exit::OK
    }
}

/// Prints the table on standard output: a line for each scenario once all its runs have ended.
struct RunTable {
    columns: Columns,
    format: Format,
    runs_each: usize,
    shown: usize,
}

impl RunTable {
    fn new(engines: &[String], runs_each: usize, format: Format) -> Self {
        Self {
            columns: Columns::new(engines, runs_each / engines.len().max(1)),
            format,
            runs_each,
            shown: 0,
        }
    }

    fn begin(&self, out: &mut Out) {
        if self.format == Format::Text {
            out.line(&self.columns.header());
        }
    }

    fn grow(&mut self, records: &[RunRecord], bar: &Bar, out: &mut Out) {
        if self.format == Format::Text && records.len() >= self.shown + self.runs_each {
            bar.suspend(|| self.line(records, out));
        }
    }

    /// Prints the runs of a scenario that a signal interrupted.
    fn end(&mut self, records: &[RunRecord], out: &mut Out) {
        if self.format == Format::Text && records.len() > self.shown {
            self.line(records, out);
        }
    }

    fn line(&mut self, records: &[RunRecord], out: &mut Out) {
        let runs: Vec<&RunRecord> = records[self.shown..].iter().collect();
        if let Some(first) = runs.first() {
            out.line(&self.columns.line(&first.id, &runs));
        }
        self.shown = records.len();
    }
}
