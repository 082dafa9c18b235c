//! `seatrial conform`: compares the simulator with recorded runs of real nodes, engines with each other on
//! random schedules, or the model's rules with the decisions in real logs.

mod logs;
mod random;
mod recorded;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use seatrial_scenarios::recording::Recording;

use crate::args::{EngineArg, Format, RealArgs, SEED, SeedsArg, TimersArg, seeds};
use crate::output::Out;
use crate::{Stop, engines, signals};

/// The operations from which random schedules are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VocabularyArg {
    /// Stops, kills, starts, bootstraps, partitions, damaged files, on three nodes.
    #[value(help = "stops, kills, starts, bootstraps, partitions, damaged files, on three nodes")]
    Usual,
    /// Every fault that real nodes can have, on clusters of two to five nodes, with options.
    #[value(help = "every fault that real nodes can have, on two to five nodes, with options")]
    Whole,
}

/// `seatrial conform`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 everything agrees; 1 something differs; 2 usage, or logs without a decision; \
    3 the environment; 4 stopped by a signal, nothing found."
)]
pub(crate) struct ConformArgs {
    /// Names of recordings, or your own files in the same format (scenarios/recordings/README.md); all
    /// recordings by default.
    #[arg(value_name = "RECORDING", add = crate::candidates::recordings())]
    pub(crate) recordings: Vec<String>,
    /// Compare engines with each other on random schedules, not with recordings.
    #[arg(long)]
    pub(crate) random: bool,
    /// The operations of random schedules.
    #[arg(long, value_name = "WORDS", value_enum, default_value_t = VocabularyArg::Usual, requires = "random")]
    pub(crate) vocabulary: VocabularyArg,
    /// The number of differing random schedules that are shrunk: 10 by default, none with real nodes.
    #[arg(long, value_name = "N", requires = "random")]
    pub(crate) shrink: Option<usize>,
    /// Write every random schedule as a scenario file, not only those that differ.
    #[arg(long, requires = "random")]
    pub(crate) all_files: bool,
    /// Decide again what real logs show: error logs, folders or archives, one path for each cluster.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["random", "recordings", "on", "timers"])]
    pub(crate) logs: Vec<PathBuf>,
    /// The engines; by default des for recordings, des and madsim for random schedules.
    #[arg(long, value_name = "ENGINE", value_delimiter = ',', value_enum)]
    pub(crate) on: Vec<EngineArg>,
    /// The first master seed, 1 by default; with --random it also selects the schedule.
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// The seeds: N of them, or from A up to B, B excluded.
    #[arg(long, value_name = "N|A..B", default_value = "1", value_parser = seeds)]
    pub(crate) seeds: SeedsArg,
    /// The timeouts of random schedules; fast by default. Recordings have their own.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// The number of parallel runs; by default 1 for each core, or 3 for each core with real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The folder of results and of shrunk schedules.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/conform")]
    pub(crate) out: PathBuf,
    /// The format of the output; json prints results.json and nothing else.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

pub(crate) fn conform(args: &ConformArgs, out: &mut Out) -> Result<u8, Stop> {
    if !args.logs.is_empty() {
        return logs::conform(&args.logs, args.format, out);
    }
    let seeds = args.seeds.range(args.seed, SEED)?;
    std::fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    signals::listen();
    if args.random {
        if !args.recordings.is_empty() {
            return Err(Stop::usage(
                "--random draws its own schedules: give either recordings or --random, not both",
            ));
        }
        let on = engines::available(if args.on.is_empty() {
            &[EngineArg::Des, EngineArg::Madsim]
        } else {
            &args.on
        })?;
        return random::conform(args, &on, seeds, out);
    }
    let on = engines::available(if args.on.is_empty() {
        &[EngineArg::Des]
    } else {
        &args.on
    })?;
    let recordings = named(&args.recordings)?;
    recorded::conform(args, &on, &recordings, seeds, out)
}

/// Returns the recordings with these names or in these files, or all of them.
fn named(names: &[String]) -> Result<Vec<Recording>, Stop> {
    let all = Recording::all();
    if names.is_empty() {
        return Ok(all);
    }
    names
        .iter()
        .map(|name| {
            if Path::new(name).extension().is_some_and(|end| end == "json") {
                return read(Path::new(name));
            }
            let found = all.iter().find(|recording| recording.name == *name);
            found.cloned().ok_or_else(|| {
                let known: Vec<&str> = all.iter().map(|known| known.name.as_str()).collect();
                Stop::usage(format!(
                    "there is no recording `{name}`; the recordings are {}",
                    known.join(", ")
                ))
            })
        })
        .collect()
}

/// Reads a recording from a file of the user's.
fn read(path: &Path) -> Result<Recording, Stop> {
    let wrong = |error: &dyn std::fmt::Display| Stop::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    Recording::parse(&text).map_err(|error| wrong(&error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::environment(format!(
        "cannot write results to {}: {error}",
        path.display()
    ))
}

/// Writes a file of results, completely or not at all.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), Stop> {
    let partial = folder.join(format!("{name}.partial"));
    std::fs::write(&partial, text)
        .and_then(|()| std::fs::rename(&partial, folder.join(name)))
        .map_err(|error| unwritable(folder, &error))
}

/// Returns equal/compared as a percentage, which is 100 only if everything is equal.
fn percent(equal: u64, compared: u64) -> String {
    if compared == 0 {
        return "-".to_owned();
    }
    let tenths = equal * 1000 / compared;
    format!("{}.{} %", tenths / 10, tenths % 10)
}
