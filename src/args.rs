//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Puts a Galera cluster's recovery procedures through their sea trials.
#[derive(Debug, Parser)]
#[command(name = "seatrial", version, max_term_width = 100)]
pub(crate) struct Args {
    /// Show the program's own log, with simulated time; twice for more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay scenarios and compare engines.
    Run(RunArgs),
    /// List the scenarios.
    List,
    /// Show one scenario: what it does and why.
    Show {
        /// Id of a catalogue scenario, or a file.
        scenario: String,
    },
    /// The ledger of the manual's statements, each with its verdict.
    Claims(ClaimsArgs),
    /// One run with its whole trace, as JSON Lines.
    Replay(ReplayArgs),
    /// Print the JSON Schema of scenario files.
    Schema,
    /// Say what this build and this machine can do.
    Doctor,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// An engine's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    /// The discrete-event engine.
    Des,
    /// Async tasks over madsim's network.
    Madsim,
    /// `MariaDB` in containers.
    Real,
}

/// Which timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimersArg {
    /// Galera's own.
    Default,
    /// Short ones.
    Fast,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// results.json.
    Json,
}

/// `seatrial run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Ids or files; the whole catalogue by default.
    pub(crate) scenarios: Vec<String>,
    /// Engines, compared with each other.
    #[arg(long, value_delimiter = ',', default_values_t = crate::engines::default_engines(), value_enum)]
    pub(crate) on: Vec<EngineArg>,
    /// The first master seed.
    #[arg(long, default_value_t = 3)]
    pub(crate) seed: u64,
    /// How many seeds of each scenario.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// Runs at the same time; as many as there are cores by default.
    #[arg(long)]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
    /// Timeouts, over those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Where results go.
    #[arg(long, default_value = "target/seatrial/latest")]
    pub(crate) out: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// An earlier results.json: only what got worse fails.
    #[arg(long)]
    pub(crate) against: Option<PathBuf>,
}

/// `seatrial claims`.
#[derive(Debug, clap::Args)]
pub(crate) struct ClaimsArgs {
    /// Negate every check and require that its verdict flips.
    #[arg(long)]
    pub(crate) audit: bool,
    /// The master seed.
    #[arg(long, default_value_t = 3)]
    pub(crate) seed: u64,
}

/// `seatrial replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Id or file.
    pub(crate) scenario: String,
    /// The engine.
    #[arg(long, value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The master seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Timeouts, over those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
}
