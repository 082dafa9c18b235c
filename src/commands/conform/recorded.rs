//! Replays the recordings on each engine with each seed.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::recording::{FieldScore, LeftOut, Recording, Replay};
use serde_json::json;

use crate::args::{EngineArg, Format};
use crate::bar::Bar;
use crate::commands::conform::ConformArgs;
use crate::output::Out;
use crate::pool::{self, Pool};
use crate::{Stop, engines, exit, provenance, real};

/// The number of disagreements of a run that are printed; `results.json` has all of them.
const SHOWN: usize = 12;

/// A replay to be made.
struct ReplayJob<'a> {
    recording: &'a Recording,
    engine: EngineArg,
    seed: u64,
}

/// A replay that was made.
struct MadeReplay<'a> {
    job: &'a ReplayJob<'a>,
    replay: Result<Replay, String>,
}

pub(super) fn conform(
    args: &ConformArgs,
    on: &[EngineArg],
    recordings: &[Recording],
    seeds: std::ops::Range<u64>,
    out: &mut Out,
) -> Result<u8, Stop> {
    let real = real::options(&args.real, on, Some(&args.out))?;
    let mut jobs = Vec::new();
    for recording in recordings {
        for engine in on {
            for seed in seeds.clone() {
                jobs.push(ReplayJob {
                    recording,
                    engine: *engine,
                    seed,
                });
            }
        }
    }
    let bar = Bar::of_jobs(jobs.len());
    let replays = Pool::new(pool::threads(args.jobs, on), &bar).map(
        &jobs,
        |job| job.recording.name.clone(),
        |job| engines::replay_recording(job.engine, job.recording, job.seed, &real),
    )?;
    let done: Vec<MadeReplay<'_>> = jobs
        .iter()
        .zip(replays)
        .map(|(job, replay)| MadeReplay { job, replay })
        .collect();
    let broken_off = done.len() < jobs.len();
    let good = !done.is_empty() && done.iter().all(|done| agrees(&done.replay));
    let json = results(on, recordings, &done);
    let json = serde_json::to_string_pretty(&json)
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    super::write(&args.out, "results.json", &json)?;
    match args.format {
        Format::Json => out.line(&json),
        Format::Text => print(recordings, on, &done, out),
    }
    Ok(if !good {
        exit::FINDING
    } else if broken_off {
        exit::STOPPED
    } else {
        exit::OK
    })
}

fn agrees(replay: &Result<Replay, String>) -> bool {
    replay.as_ref().is_ok_and(Replay::agrees)
}

/// Returns the outcomes that the replays of a recording have reached: the step, and the outcome.
fn outcomes(done: &[&MadeReplay<'_>]) -> BTreeMap<(usize, usize), usize> {
    let mut reached = BTreeMap::new();
    for replay in done.iter().filter_map(|done| done.replay.as_ref().ok()) {
        for outcome in &replay.outcomes {
            *reached.entry(*outcome).or_default() += 1;
        }
    }
    reached
}

fn fields(done: &[&MadeReplay<'_>]) -> BTreeMap<String, FieldScore> {
    let mut fields: BTreeMap<String, FieldScore> = BTreeMap::new();
    for replay in done.iter().filter_map(|done| done.replay.as_ref().ok()) {
        for (field, score) in &replay.fields {
            let own = fields.entry(field.clone()).or_default();
            own.compared += score.compared;
            own.equal += score.equal;
        }
    }
    fields
}

fn left_out(done: &[&MadeReplay<'_>]) -> BTreeMap<String, usize> {
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for replay in done.iter().filter_map(|done| done.replay.as_ref().ok()) {
        for (why, count) in &replay.left_out {
            *left_out.entry(why.clone()).or_default() += count;
        }
    }
    left_out
}

fn total(fields: &BTreeMap<String, FieldScore>) -> (u64, u64) {
    let sum = |of: fn(&FieldScore) -> usize| fields.values().map(of).sum::<usize>() as u64;
    (sum(|score| score.equal), sum(|score| score.compared))
}

fn results(
    on: &[EngineArg],
    recordings: &[Recording],
    done: &[MadeReplay<'_>],
) -> serde_json::Value {
    let all: Vec<&MadeReplay<'_>> = done.iter().collect();
    let all_fields = fields(&all);
    let (equal, compared) = total(&all_fields);
    let runs: Vec<serde_json::Value> = done
        .iter()
        .map(|done| {
            let job = done.job;
            let head = json!({
                "recording": job.recording.name,
                "engine": engines::name(job.engine),
                "seed": job.seed,
            });
            let mut run = head;
            match &done.replay {
                Ok(replay) => {
                    run["compared"] = json!(replay.compared());
                    run["equal"] = json!(replay.equal());
                    run["disagreements"] = json!(replay.disagreements);
                    run["outcomes"] = json!(replay.outcomes);
                    run["left_out"] = json!(replay.left_out);
                    run["unsupported"] = json!(replay.unsupported);
                }
                Err(error) => run["error"] = json!(error),
            }
            run
        })
        .collect();
    let not_replayed: BTreeMap<&str, &[LeftOut]> = recordings
        .iter()
        .filter(|recording| !recording.left_out.is_empty())
        .map(|recording| (recording.name.as_str(), recording.left_out.as_slice()))
        .collect();
    json!({
        "format": seatrial_scenarios::record::RESULTS_FORMAT,
        "program": provenance::PROGRAM,
        "commit": provenance::COMMIT,
        "engines": on.iter().map(|engine| engines::name(*engine)).collect::<Vec<_>>(),
        "compared": compared,
        "equal": equal,
        "fields": all_fields,
        "left_out": left_out(&all),
        "not_replayed": not_replayed,
        "recordings": runs,
    })
}

fn print(recordings: &[Recording], on: &[EngineArg], done: &[MadeReplay<'_>], out: &mut Out) {
    for recording in recordings {
        for engine in on {
            let own: Vec<&MadeReplay<'_>> = done
                .iter()
                .filter(|done| {
                    done.job.recording.name == recording.name && done.job.engine == *engine
                })
                .collect();
            if !own.is_empty() {
                print_one(recording, *engine, &own, out);
            }
        }
    }
    let all: Vec<&MadeReplay<'_>> = done.iter().collect();
    let fields = fields(&all);
    let (equal, compared) = total(&fields);
    out.line("");
    out.line("By field:");
    for (field, score) in &fields {
        let (equal, compared) = (score.equal as u64, score.compared as u64);
        out.line(&format!(
            "  {field:<28} {:>8}  {equal} of {compared}",
            super::percent(equal, compared)
        ));
    }
    let left_out = left_out(&all);
    if !left_out.is_empty() {
        out.line("Not compared, because real nodes do not repeat it:");
        for (why, count) in left_out {
            out.line(&format!("  {count:>6}  {why}"));
        }
    }
    let whole = done.iter().filter(|done| agrees(&done.replay)).count();
    out.line("");
    out.line(&format!(
        "Agreement {} of the fields ({equal} of {compared}), {whole} of {} replays in everything",
        super::percent(equal, compared),
        done.len()
    ));
}

fn print_one(recording: &Recording, engine: EngineArg, own: &[&MadeReplay<'_>], out: &mut Out) {
    let fields = fields(own);
    let (equal, compared) = total(&fields);
    let whole = own.iter().filter(|done| agrees(&done.replay)).count();
    out.line(&format!(
        "{:<12} {:<6} {:>8} of {compared:<6} {whole} of {} replays  {}",
        recording.name,
        engines::name(engine),
        super::percent(equal, compared),
        own.len(),
        recording.title
    ));
    print_outcomes(recording, own, out);
    let mut shown = BTreeSet::new();
    for done in own {
        match &done.replay {
            Err(error) => out.line(&format!("    seed {}: {error}", done.job.seed)),
            Ok(replay) => {
                for what in &replay.unsupported {
                    out.line(&format!("    not possible here: {what}"));
                }
                for differs in &replay.disagreements {
                    let line = format!(
                        "step {}, node {}, {}: recorded {}, seen {}",
                        differs.step, differs.node, differs.field, differs.recorded, differs.seen
                    );
                    if shown.len() < SHOWN && shown.insert(line.clone()) {
                        out.line(&format!("    seed {}: {line}", done.job.seed));
                    }
                }
            }
        }
    }
}

/// Prints which of several outcomes were reached, and how often.
fn print_outcomes(recording: &Recording, own: &[&MadeReplay<'_>], out: &mut Out) {
    for ((step, outcome), count) in outcomes(own) {
        let title = match outcome {
            0 => "as recorded",
            number => recording
                .steps
                .get(step - 1)
                .and_then(|step| step.alternatives.get(number - 1))
                .map_or("another outcome", |alternative| alternative.title.as_str()),
        };
        out.line(&format!("    step {step}: {count} times {title}"));
    }
}
