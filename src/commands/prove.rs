//! `seatrial prove`: runs a procedure in every state at rest that a number of events can lead to.

mod args;
mod exhaustive;
mod interleavings;
pub(crate) mod table;
mod workers;

use std::fs;
use std::path::Path;

use seatrial_scenarios::procedures;
use seatrial_sim::prove::{
    Bounds, Model, Precision, ProveReport, SEED, SearchEnd, States, StatesHeader,
};

use crate::args::{FailOn, ShardArg};
use crate::output::Out;
use crate::{Stop, exit, memory, provenance, signals};

pub(crate) use exhaustive::exhaustive;
use workers::search_on_pool;
pub(crate) use workers::{examine_on_pool as examined, starts_on_pool};

pub(crate) use args::{InterleavingArgs, ProveArgs};

/// The most states of a search without a bound on events: it takes minutes to an hour, and about 1 GiB.
const STATES_WITHOUT_FAULTS: usize = 100_000;

pub(crate) fn prove(args: &ProveArgs, out: &mut Out) -> Result<u8, Stop> {
    if args.interleavings {
        return interleavings::interleavings(args, out);
    }
    let known = procedures::names();
    if !known.contains(&args.procedure.as_str()) {
        return Err(Stop::usage(format!(
            "there is no procedure `{}`; the procedures are: {}",
            args.procedure,
            known.join(", ")
        )));
    }
    if procedures::is_automaton(&args.procedure) {
        return Err(Stop::usage(format!(
            "`{}` acts on its own node, and here one operator acts on all\n  help: seatrial verify {} --each-node",
            args.procedure, args.procedure
        )));
    }
    let folder = args.out.join("examples");
    // Shards share a folder, and none may remove the examples of another one.
    let emptied = match args.shard {
        None => clear(&folder),
        Some(_) => fs::create_dir_all(&folder),
    };
    emptied.map_err(|error| unwritable(&folder, &error))?;
    let reads = procedures::reads(&args.procedure);
    // The exact key grows with the path, and a search with it does not end.
    let precision = match args.faults {
        Some(_) => Precision::Exact,
        None => Precision::ForEver {
            logs: reads.old_lines,
            views: reads.saved_views,
            apart: args.alphabet.keeps_apart(),
            forks: args.alphabet.forks(),
            donors: args.alphabet.tells_donors_apart(),
        },
    };
    let model = Model::new(args.timers.map(Into::into), args.supervisor.into());
    let model = model.with_precision(precision);
    signals::listen();
    let bounds = Bounds {
        faults: args.faults,
        max_states: match args.faults {
            Some(_) => args.max_states,
            None => args.max_states.or(Some(STATES_WITHOUT_FAULTS)),
        },
        sights: false,
        share: args.shard.map(ShardArg::numbers),
    };
    let procedure = args.procedure.as_str();
    let limits = (args.jobs, args.budget);
    let alphabet = args.alphabet;
    let (found, seconds) = search_on_pool(&model, alphabet, &[procedure], bounds, limits)?;
    let searched = (procedure, alphabet, args.faults);
    let mut report = ProveReport::of(&found, searched, provenance::PROGRAM, seconds);
    report.shard = bounds.share;
    for example in &mut report.examples {
        let scenario = example.play(&model, &found, procedure);
        let name = format!("{}.toml", scenario.id);
        let file = folder.join(&name);
        write(&folder, &name, &scenario.to_toml())?;
        example.replay = format!("seatrial replay {} --on des --seed {SEED}", file.display());
    }
    report.peak_memory_mib = memory::peak_mib();
    report.for_ever = table::for_ever(&report);
    let text = table::text(&report);
    match args.shard {
        None => {
            write(&args.out, "prove.json", &report.json())?;
            write(&args.out, "summary.md", &table::markdown(&report))?;
            let header = StatesHeader {
                format: StatesHeader::FORMAT,
                program: provenance::PROGRAM.to_owned(),
                alphabet: alphabet.to_string(),
                faults: args.faults,
                ended: report.ended.clone(),
                supervisor: args.supervisor.into(),
                timers: args.timers.map(Into::into),
                precision,
            };
            write(
                &args.out,
                "states.jsonl",
                &States::of(&found, header).render(),
            )?;
        }
        Some(_) if found.ended == SearchEnd::Signal => {
            out.error("stopped by a signal: the shard is not written");
            return Ok(exit::STOPPED);
        }
        Some(shard) => {
            let name = format!("prove-{}-of-{}.json", shard.0, shard.1);
            write(&args.out, &name, &report.json())?;
        }
    }
    out.print(&text);
    out.line(&format!("     Results {}", args.out.display()));
    let failing = FailOn::all(&args.fail_on);
    Ok(if report.has_cases(&failing) {
        exit::FINDING
    } else if found.ended == SearchEnd::Whole {
        exit::OK
    } else {
        exit::STOPPED
    })
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Stop> {
    let file = folder.join(name);
    let partial = folder.join(format!("{name}.partial"));
    fs::write(&partial, text).map_err(|error| unwritable(&partial, &error))?;
    fs::rename(&partial, &file).map_err(|error| unwritable(&file, &error))
}

/// Makes the folder, and removes the scenarios that an earlier search left in it.
fn clear(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|name| name == "toml") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::environment(format!("cannot write {}: {error}", path.display()))
}
