//! `seatrial claims`: the ledger of claims, the audit that each check can fail, and the claims against another manual.

mod bound;
mod manual;
mod sentences;

use seatrial_reports::{AuditEntry, audit_text, claims_json, claims_markdown, claims_text};
use seatrial_scenarios::audit::{self, AuditVerdict};
use seatrial_scenarios::language::{Action, Claim, Step};
use seatrial_scenarios::ledger::{self, Entry, Ledger};
use seatrial_scenarios::runner::Negation;
use seatrial_scenarios::{RunRecord, Scenario};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::args::{ClaimsFormat, EngineArg, PaceArg, RealArgs, SEED, TimersArg};
use crate::bar::Bar;
use crate::output::Out;
use crate::plan::{self, Flags, Job};
use crate::pool::{self, Pool};
use crate::{Stop, engines, exit, real, scenarios, signals};

/// `seatrial claims`.
#[derive(Debug, clap::Args)]
pub(crate) struct ClaimsArgs {
    /// Ids of the catalogue or files; the whole catalogue by default.
    #[arg(value_name = "SCENARIO", add = crate::candidates::scenarios())]
    pub(crate) scenarios: Vec<String>,
    /// Compare this text of the manual with the one that the claims were made of: which claims must be looked at again,
    /// and which sentences have none. Nothing is run.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenarios", "audit"])]
    pub(crate) manual: Option<PathBuf>,
    /// The claims bound to the sentences of a manual, as --write wrote them; by default those of CipherMail's manual.
    #[arg(long, value_name = "FILE", requires = "manual")]
    pub(crate) bound: Option<PathBuf>,
    /// Bind the claims to the sentences of --manual, and write that to this file.
    #[arg(long, value_name = "FILE", requires = "manual")]
    pub(crate) write: Option<PathBuf>,
    /// Negate every part of every check, and require that its verdict changes.
    #[arg(long)]
    pub(crate) audit: bool,
    /// The engines.
    #[arg(
        long,
        value_name = "ENGINE",
        value_delimiter = ',',
        default_values_t = crate::engines::default_engines(),
        value_enum
    )]
    pub(crate) on: Vec<EngineArg>,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// The number of parallel runs; by default 1 for each core, or 3 for each core with real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The timeouts; they override those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in scenarios that do not set a pace; at rest by default.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text)]
    pub(crate) format: ClaimsFormat,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

pub(crate) fn claims(args: &ClaimsArgs, out: &mut Out) -> Result<u8, Stop> {
    if let Some(path) = &args.manual {
        return manual::compare(path, args, out);
    }
    let engines = engines::available(&args.on)?;
    let mut list = scenarios::named(&args.scenarios)?;
    list.retain(|scenario| scenario.claims().next().is_some());
    let real = real::options(&args.real, &engines, None)?;
    let flags = Flags::new(args.pace, args.timers, &real, args.real.retries);
    signals::listen();
    let threads = pool::threads(args.jobs, &engines);
    let jobs: Vec<Job<'_>> = list
        .iter()
        .flat_map(|scenario| {
            engines.iter().map(|engine| Job {
                scenario,
                engine: *engine,
                seed: args.seed,
                negate: None,
                stagger: None,
            })
        })
        .collect();
    let records = run_each(&jobs, flags, threads)?;
    for failed in records.iter().filter(|record| record.claims.is_empty()) {
        let why = failed
            .failure
            .as_ref()
            .map_or("no claim was reached", |failure| &failure.text);
        out.error(&format!("error: {} on {}: {why}", failed.id, failed.engine));
    }
    let ledger = Ledger::build(&records);
    // A claim that no run has reached is missing from the ledger. This must not look like agreement.
    let unreached = unreached(&list, &ledger);
    for (scenario, id) in &unreached {
        out.error(&format!(
            "error: {scenario}: claim {id} was not decided: no run reached its step"
        ));
    }
    let mut good = unreached.is_empty() && !ledger.entries.iter().any(Entry::has_changed);
    if args.audit {
        let audit = audited(&jobs, &records, flags, threads)?;
        good &= audit
            .iter()
            .all(|entry| entry.verdict == AuditVerdict::Bites);
        match args.format {
            ClaimsFormat::Json => out.line(&to_json(&audit)?),
            ClaimsFormat::Text | ClaimsFormat::Markdown => out.print(&audit_text(&audit)),
        }
    } else {
        let uncovered = ledger::uncovered()
            .map_err(|error| Stop::usage(format!("scenarios/claims/uncovered.toml: {error}")))?;
        match args.format {
            ClaimsFormat::Text => out.print(&claims_text(&ledger, &uncovered)),
            ClaimsFormat::Markdown => out.print(&claims_markdown(&ledger, &uncovered)),
            ClaimsFormat::Json => {
                let json = claims_json(&ledger, &uncovered)
                    .map_err(|error| Stop::environment(format!("the ledger as JSON: {error}")))?;
                out.line(&json);
            }
        }
    }
    Ok(if good { exit::OK } else { exit::FINDING })
}

fn to_json(audit: &[AuditEntry]) -> Result<String, Stop> {
    serde_json::to_string_pretty(audit)
        .map_err(|error| Stop::environment(format!("the audit as JSON: {error}")))
}

fn unreached<'a>(list: &'a [Scenario], ledger: &Ledger) -> Vec<(&'a str, &'a str)> {
    list.iter()
        .flat_map(|scenario| {
            scenario
                .claims()
                .map(|(_, claim)| (scenario.id.as_str(), claim.id.as_str()))
        })
        .filter(|(_, id)| ledger.entries.iter().all(|entry| entry.id != *id))
        .collect()
}

/// Negates every part of every check that decides a claim, one part in each run, and reports the parts that
/// cannot fail. It looks for the contrary in the whole catalogue, whichever scenarios are audited.
fn audited(
    jobs: &[Job<'_>],
    records: &[RunRecord],
    flags: Flags<'_>,
    threads: usize,
) -> Result<Vec<AuditEntry>, Stop> {
    struct Question<'a> {
        job: Job<'a>,
        plain: &'a RunRecord,
        action: &'a Action,
        claim: &'a Claim,
        says: String,
        negation: &'a Negation,
    }
    let negations: Vec<(usize, &Step, &Claim, String, Negation)> = jobs
        .iter()
        .enumerate()
        .flat_map(|(place, job)| job.scenario.steps.iter().map(move |step| (place, step)))
        .filter_map(|(place, step)| step.claim.as_ref().map(|claim| (place, step, claim)))
        .flat_map(|(place, step, claim)| {
            step.action.parts().into_iter().map(move |part| {
                let negation = Negation {
                    step: step.number,
                    part: part.part,
                };
                (place, step, claim, part.says, negation)
            })
        })
        .collect();
    let questions: Vec<Question<'_>> = negations
        .iter()
        .map(|(place, step, claim, says, negation)| Question {
            job: Job {
                negate: Some(negation),
                ..jobs[*place]
            },
            plain: &records[*place],
            action: &step.action,
            claim,
            says: says.clone(),
            negation,
        })
        .collect();
    let runs: Vec<Job<'_>> = questions.iter().map(|question| question.job).collect();
    let negated = run_each(&runs, flags, threads)?;
    let all = campaign_of(jobs, records, flags, threads)?;
    let entries = questions
        .iter()
        .zip(&negated)
        .map(|(question, negated)| AuditEntry {
            id: question.claim.id.clone(),
            scenario: question.job.scenario.id.clone(),
            step: question.negation.step,
            part: question.says.clone(),
            engine: engines::name(question.job.engine).to_owned(),
            verdict: audit::judge(
                (
                    question.negation.step,
                    question.action,
                    &question.negation.part,
                ),
                question.claim,
                (question.plain, negated),
                &all,
            ),
        })
        .collect();
    Ok(entries)
}

/// Returns the audited runs, and the runs of the catalogue that are not among them.
fn campaign_of(
    jobs: &[Job<'_>],
    records: &[RunRecord],
    flags: Flags<'_>,
    threads: usize,
) -> Result<Vec<RunRecord>, Stop> {
    let mut all = records.to_vec();
    let Ok(catalogue) = scenarios::named(&[]) else {
        return Ok(all);
    };
    let Some(first) = jobs.first() else {
        return Ok(all);
    };
    let others: Vec<Job<'_>> = catalogue
        .iter()
        .filter(|scenario| jobs.iter().all(|job| job.scenario.id != scenario.id))
        .map(|scenario| Job { scenario, ..*first })
        .collect();
    all.extend(run_each(&others, flags, threads)?);
    Ok(all)
}

/// Makes the runs on several threads, and returns the records in the order of the jobs.
fn run_each(jobs: &[Job<'_>], flags: Flags<'_>, threads: usize) -> Result<Vec<RunRecord>, Stop> {
    let bar = Bar::of_jobs(jobs.len());
    Pool::new(threads, &bar).map(jobs, Job::name, |job| plan::run_for_claims(*job, flags))
}
