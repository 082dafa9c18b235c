//! `seatrial prove`: runs a procedure in every state at rest that a number of events can lead to.

mod against;
mod args;
mod exhaustive;
mod interleavings;
mod table;
mod workers;

use std::fs;
use std::path::Path;

use seatrial_scenarios::procedures;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play;
use seatrial_sim::prove::{Bounds, Model, SEED, SearchEnd, Searched, judged};

use crate::output::Out;
use crate::{Stop, exit, memory, signals};

pub(crate) use exhaustive::exhaustive;
use table::{Example, ProveReport};
use workers::search_on_pool;

pub(crate) use args::{InterleavingArgs, ProveArgs};

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
    let folder = args.out.join("examples");
    clear(&folder).map_err(|error| unwritable(&folder, &error))?;
    let model = Model::new(args.timers.map(Into::into), args.supervisor.into());
    signals::listen();
    let bounds = Bounds {
        faults: args.faults,
        max_states: args.max_states,
        sights: false,
    };
    let procedure = args.procedure.as_str();
    let limits = (args.jobs, args.budget);
    let alphabet = args.alphabet.into();
    let (found, seconds) = search_on_pool(&model, alphabet, &[procedure], bounds, limits)?;
    let mut report = ProveReport::of(&found, seconds, args);
    for example in &mut report.examples {
        write_example(&model, &found, procedure, &folder, example)?;
    }
    report.peak_memory_mib = memory::peak_mib();
    write(&args.out, "prove.json", &report.json())?;
    let text = report.text();
    write(&args.out, "summary.md", &report.markdown())?;
    out.print(&text);
    out.line(&format!("     Results {}", args.out.display()));
    Ok(if report.has_bad_cases() {
        exit::FINDING
    } else if found.ended == SearchEnd::Whole {
        exit::OK
    } else {
        exit::STOPPED
    })
}

/// Writes the shortest path to a bad case as a scenario, and plays it from the start. The outcome must be
/// that of the search.
fn write_example(
    model: &Model,
    found: &Searched,
    procedure: &str,
    folder: &Path,
    example: &mut Example,
) -> Result<(), Stop> {
    let path = found.closure.path(example.state);
    let id = format!("{}-{procedure}-{}", example.outcome.name(), example.state);
    let title = format!(
        "{} with {procedure}, found by prove",
        example.outcome.name()
    );
    let scenario = model.scenario(procedure, (&id, &title), &path, &example.names);
    let file = folder.join(format!("{id}.toml"));
    fs::write(&file, scenario.to_toml()).map_err(|error| unwritable(&file, &error))?;
    let mut templates = Templates::default();
    let replayed = play(&mut templates, &scenario, SEED, None)
        .map(|record| judged(procedure, &record, scenario.steps.len()));
    match replayed {
        Ok(replayed) => {
            example.replays =
                (replayed.outcome, &replayed.cause) == (example.outcome, &example.cause);
            example.text = replayed.text;
        }
        Err(error) => example.text = error,
    }
    example.events = path
        .iter()
        .map(|event| event.describe(&scenario.nodes).to_string())
        .collect();
    example.replay = format!("seatrial replay {} --on des --seed {SEED}", file.display());
    Ok(())
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
