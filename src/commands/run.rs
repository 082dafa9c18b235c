//! `seatrial run`: runs scenarios, compares the engines, reports what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::time::Instant;

use seatrial_reports::{
    Campaign, Columns, Comparison, Terms, comment_of_campaign, count, details,
    headline_of_interrupted, notices_of_campaign, other_terms, summary_markdown, totals,
};
use seatrial_scenarios::known::{known_differences, unlisted};
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::{CampaignEnd, CampaignHead, RECORD_FORMAT};
use seatrial_scenarios::{Results, RunRecord, Scenario};

use crate::args::{
    EngineArg, Format, PaceArg, PackArg, RealArgs, ResultArg, SEED, SeedsArg, TimersArg, Wanted,
    seeds,
};
use crate::bar::Bar;
use crate::ci::Annotations;
use crate::commands::report;
use crate::files::{RecordFile, ReportFiles, keep_logs};
use crate::folder::{Folder, unwritable, write_whole};
use crate::output::Out;
use crate::plan::{FinishedRun, Flags, Job};
use crate::pool::{self, Pool};
use crate::written::{Keeper, Written};
use crate::{
    Stop, against, ci, engines, exit, history, plan, provenance, real, scenarios, signals,
};

/// `seatrial run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 as expected; 1 a finding that no file expects, a failed scenario, engines that \
    disagree, or with --against something worse or missing; 2 usage or a scenario file; 3 the environment, or a \
    fault that had no effect; 4 stopped by a signal, nothing found."
)]
pub(crate) struct RunArgs {
    /// Ids or files of scenarios; the whole catalogue by default.
    #[arg(value_name = "SCENARIO", add = crate::candidates::scenarios())]
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
    /// The first master seed; 1 by default.
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// The seeds of each scenario: N of them, or from A up to B, B excluded. The first of them, those
    /// that did not pass and those that ended in another way keep their traces.
    #[arg(long, value_name = "N|A..B", default_value = "1", value_parser = seeds)]
    pub(crate) seeds: SeedsArg,
    /// The number of parallel runs; by default 1 for each core, or 3 for each core with real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The timeouts; they override those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in scenarios that do not set a pace; at rest by default.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// The folder of results; `auto` makes a new one, target/seatrial/run-N.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/latest")]
    pub(crate) out: PathBuf,
    /// The results to write beside results.json; all of them by default.
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(crate) results: Vec<ResultArg>,
    /// Show failures at their files and lines, in the form of a CI system.
    #[arg(long, value_name = "FORM", value_enum, value_delimiter = ',')]
    pub(crate) annotations: Vec<Annotations>,
    /// The format of the output; json prints results.json and nothing else.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Keep the error log of each node in the folder of results: logs/SCENARIO/ENGINE/NODE.log, with several
    /// seeds logs/SCENARIO/ENGINE/seed-S/NODE.log.
    #[arg(long)]
    pub(crate) keep_logs: bool,
    /// An earlier results.json. The command then fails only on what got worse or is missing, and on new runs that
    /// do not pass.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Compare with an earlier file even if its seeds, engines, timers or scenarios were others.
    #[arg(long, requires = "against")]
    pub(crate) allow_different: bool,
    /// Write a short comment for a pull request into this file: what is worse, missing, better and new with
    /// --against, and what fails without.
    #[arg(long, value_name = "FILE")]
    pub(crate) comment: Option<PathBuf>,
    /// Write the transactions of the clients into this file, in the form of Jepsen's checker Elle; for one run.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

pub(crate) fn run(args: &RunArgs, out: &mut Out) -> Result<u8, Stop> {
    let began = Instant::now();
    let engines = engines::available(&args.on)?;
    let list = scenarios::chosen(&args.scenarios, args.pack)?;
    let seeds = args.seeds.range(args.seed, SEED)?;
    let names: Vec<String> = engines
        .iter()
        .map(|engine| engines::name(*engine).to_owned())
        .collect();
    // The earlier file may be in the folder of results, so it is read before anything is written.
    let before = args.against.as_deref().map(against::read).transpose()?;
    let no_real = seatrial_real_harness::RealOptions::default();
    let flags = Flags::new(args.pace, args.timers, &no_real, 0);
    if let Some(before) = &before {
        let terms = Terms {
            engines: &names,
            seeds: (seeds.start, seeds.end),
            flags: flags.replay(),
            scenarios: list.iter().map(|one| (&*one.id, &*one.sha256)).collect(),
        };
        against::refuse(&other_terms(before, &terms), args.allow_different, out)?;
    }
    let repeated = seeds.end - seeds.start > 1;
    let jobs = jobs(&list, &engines, &seeds);
    history::refuse_several(args.history.as_deref(), jobs.len())?;
    let folder = Folder::take(&args.out, "run")?;
    let real = real::options(&args.real, &engines, Some(folder.path()))?;
    let flags = Flags {
        real: &real,
        retries: args.real.retries,
        keep_logs: args.keep_logs,
        ..flags
    };
    let head = CampaignHead {
        format: RECORD_FORMAT,
        program: provenance::PROGRAM.to_owned(),
        commit: provenance::COMMIT.to_owned(),
        engines: names.clone(),
        runs: jobs.len(),
    };
    let wanted = Wanted(&args.results);
    let mut written = Written::new(ReportFiles::create(&folder, wanted)?);
    written.keeper = repeated.then(Keeper::default);
    if wanted.has(ResultArg::Record) {
        written.record = Some(RecordFile::create(&folder, &head, repeated)?);
    }
    signals::listen();

    let mut table = RunTable::new(&names, jobs.len() / list.len().max(1), args.format);
    table.begin(out);
    let bar = Bar::of_jobs(jobs.len());
    let take = |_, mut done: FinishedRun| {
        if done.broken_off {
            return ControlFlow::Continue(());
        }
        let logs = std::mem::take(&mut done.run.record.logs);
        if args.keep_logs
            && let Err(error) = keep_logs(folder.path(), repeated, &done.run.record, &logs)
        {
            written.ended = Err(unwritable(folder.path(), &error));
        }
        if !matches!(done.run.record.verdict, Verdict::Pass) {
            bar.bad(&done.run.record.id);
        }
        written.take(done);
        table.grow(&written.records, &bar, out);
        if written.ended.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    Pool::new(pool::threads(args.jobs, &engines), &bar).run(
        &jobs,
        Job::name,
        || (),
        |(), job| plan::run(*job, flags),
        take,
    )?;
    written.end_group();
    let Written {
        reports,
        record,
        records,
        without_trace,
        ended,
        ..
    } = written;
    ended?;
    table.end(&records, out);
    if let Some(record) = record {
        record.finish(CampaignEnd {
            wall_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })?;
    }

    let mut results = Results::of(provenance::PROGRAM, provenance::COMMIT, &names, &records);
    results.not_run = jobs.len() - records.len();
    if results.not_run > 0 {
        let made: BTreeSet<&str> = records.iter().map(|run| run.id.as_str()).collect();
        let planned = list.iter().filter(|one| !made.contains(one.id.as_str()));
        results.planned = planned.map(|one| one.id.clone()).collect();
    }
    for place in without_trace {
        results.scenarios[place].observations.clear();
    }
    let pinned: BTreeMap<String, Vec<String>> = list
        .iter()
        .map(|scenario| (scenario.id.clone(), scenario.findings.clone()))
        .collect();
    let comparison = before.map(|before| Comparison::of(&before, &results));
    let known = known_differences()
        .map_err(|error| Stop::usage(format!("scenarios/differences.toml: {error}")))?;
    let campaign = Campaign {
        against: comparison.as_ref(),
        records: &records,
        pinned: &pinned,
        agreement: &results.agreement,
        wall: began.elapsed(),
        not_run: results.not_run,
        unlisted: unlisted(&results.agreement, &known).len(),
    };
    let json = serde_json::to_string_pretty(&results)
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    reports.finish(&campaign, None, &head, &json)?;
    match args.format {
        Format::Json => out.line(&json),
        Format::Text => {
            out.print(&details(&campaign));
            out.print(&totals(&campaign));
            let page = wanted.has(ResultArg::Html);
            out.line(&report::results_line(folder.path(), page));
            if campaign.unlisted < results.agreement.differing.len() {
                out.line(&match campaign.unlisted {
                    0 => "             every difference is listed in scenarios/differences.toml"
                        .to_owned(),
                    some => format!(
                        "             scenarios/differences.toml does not list {}",
                        count(some, "difference", "differences")
                    ),
                });
            }
        }
    }
    if let Some(comparison) = &comparison {
        tell_changes(comparison, args.format, out);
    }
    if campaign.not_run > 0 {
        out.error(&headline_of_interrupted(&campaign));
    }
    if let Some(file) = &args.comment {
        write_whole(file, comment_of_campaign(&campaign).as_bytes())?;
    }
    history::write(args.history.as_deref(), &records)?;
    let notices = notices_of_campaign(&campaign, &ci::places(&list));
    let summary = summary_markdown(&campaign, &head);
    ci::deliver(&args.annotations, &notices, &summary, &folder, out)?;
    Ok(code(&campaign))
}

/// Prints the four lists of what has changed. What got worse or is missing goes to standard error.
fn tell_changes(comparison: &Comparison, format: Format, out: &mut Out) {
    /// The most lines of a list that does not fail the command.
    const SHOWN_MAX: usize = 40;
    if format == Format::Text {
        out.line(&format!("     Compared {}", comparison.numbers()));
        for (name, list) in comparison.lists() {
            if matches!(name, "worse" | "missing") {
                continue;
            }
            for change in list.iter().take(SHOWN_MAX) {
                out.line(&format!("  {name:>10} {change}"));
            }
            if list.len() > SHOWN_MAX {
                out.line(&format!("  {name:>10} and {} more", list.len() - SHOWN_MAX));
            }
        }
        if !comparison.fails() {
            out.line("             nothing got worse, and nothing is missing");
        }
    }
    for change in &comparison.worse {
        out.error(&format!("worse than before: {change}"));
    }
    for change in &comparison.missing {
        out.error(&format!("missing: {change}"));
    }
}

/// Returns a job for every scenario with every seed on every engine.
fn jobs<'a>(list: &'a [Scenario], engines: &[EngineArg], seeds: &Range<u64>) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for scenario in list {
        for seed in seeds.clone() {
            for engine in engines {
                jobs.push(Job {
                    scenario,
                    engine: *engine,
                    seed,
                    negate: None,
                    stagger: None,
                });
            }
        }
    }
    jobs
}

/// Returns the exit code of the campaign. A run that lacks a fault that it needs is not judged.
fn code(campaign: &Campaign<'_>) -> u8 {
    let any = |verdict| campaign.records.iter().any(|run| run.verdict == verdict);
    let failed = |run: &&RunRecord| run.verdict == Verdict::Fail || run.verdict == Verdict::Error;
    let mut failed = campaign.records.iter().filter(failed);
    let (bad, not_judged) = match campaign.against {
        Some(comparison) => (comparison.fails(), false),
        None => (
            failed.clone().any(|run| !run.lacks_a_fault()) || campaign.unlisted > 0,
            failed.any(RunRecord::lacks_a_fault) || any(Verdict::Unsupported),
        ),
    };
    if bad {
        exit::FINDING
    } else if not_judged {
        exit::ENVIRONMENT
    } else if campaign.not_run > 0 {
        exit::STOPPED
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
