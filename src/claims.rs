//! `seatrial claims`: the ledger, and the audit that no claim is decoration.

use seatrial_reports::{AuditEntry, audit_text, claims_json, claims_markdown, claims_text};
use seatrial_scenarios::language::Claim;
use seatrial_scenarios::ledger::{self, Entry, Ledger};
use seatrial_scenarios::{RunRecord, Scenario};

use crate::args::{ClaimsArgs, ClaimsFormat};
use crate::output::Out;
use crate::plan::{self, Flags, Job};
use crate::{Stop, campaign, engines, exit, real, scenarios, signals};

pub(crate) fn claims(args: &ClaimsArgs, out: &mut Out) -> Result<u8, Stop> {
    let engines = engines::available(&args.on)?;
    let mut list = scenarios::named(&args.scenarios)?;
    list.retain(|scenario| scenario.claims().next().is_some());
    let real = real::options(&args.real, &engines, None)?;
    let flags = Flags::new(
        args.pace,
        args.timers,
        engines.len(),
        &real,
        args.real.retries,
    );
    signals::listen();
    let threads = campaign::threads(args.jobs, &engines);
    let jobs: Vec<Job<'_>> = list
        .iter()
        .flat_map(|scenario| {
            engines.iter().map(|engine| Job {
                scenario,
                engine: *engine,
                seed: args.seed,
                negate_step: None,
            })
        })
        .collect();
    let records = run_each(&jobs, flags, threads);
    for failed in records.iter().filter(|record| record.claims.is_empty()) {
        let why = failed
            .failure
            .as_ref()
            .map_or("no claim was reached", |failure| &failure.text);
        out.error(&format!("error: {} on {}: {why}", failed.id, failed.engine));
    }
    let ledger = Ledger::build(&records);
    // A claim that no run has reached stands in no ledger, which must not look like agreement.
    let unreached = unreached(&list, &ledger);
    for (scenario, id) in &unreached {
        out.error(&format!(
            "error: {id} of {scenario} was not decided: its step was not reached"
        ));
    }
    let mut good = unreached.is_empty() && !ledger.entries.iter().any(Entry::has_changed);
    if args.audit {
        let audit = audit(&jobs, &records, flags, threads);
        good &= audit.iter().all(|entry| entry.flips);
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

/// Negates every check that decides a claim, one in each run. The verdict must be the pinned one
/// without the negation and the other one with it.
fn audit(
    jobs: &[Job<'_>],
    records: &[RunRecord],
    flags: Flags<'_>,
    threads: usize,
) -> Vec<AuditEntry> {
    let negated: Vec<(Job<'_>, &RunRecord, &Claim)> = jobs
        .iter()
        .zip(records)
        .flat_map(|(job, record)| {
            job.scenario.claims().map(move |(step, claim)| {
                (
                    Job {
                        negate_step: Some(step),
                        ..*job
                    },
                    record,
                    claim,
                )
            })
        })
        .collect();
    let runs: Vec<Job<'_>> = negated.iter().map(|(job, ..)| *job).collect();
    let flipped = run_each(&runs, flags, threads);
    negated
        .iter()
        .zip(&flipped)
        .map(|((job, plain, claim), flipped)| {
            let step = job.negate_step.unwrap_or_default();
            let says = |record: &RunRecord, verdict| {
                record.claims.iter().any(|result| {
                    result.id == claim.id && result.step == step && result.verdict == verdict
                })
            };
            AuditEntry {
                id: claim.id.clone(),
                scenario: job.scenario.id.clone(),
                step,
                engine: engines::name(job.engine).to_owned(),
                flips: says(plain, claim.verdict) && says(flipped, claim.verdict.opposite()),
            }
        })
        .collect()
}

/// Makes the runs on several threads; the records come in the order of the jobs.
fn run_each(jobs: &[Job<'_>], flags: Flags<'_>, threads: usize) -> Vec<RunRecord> {
    let mut records = Vec::new();
    let make = |job: Job<'_>| plan::run_for_claims(job, flags);
    campaign::run_all(jobs, threads, make, |record, _| records.push(record));
    records
}
