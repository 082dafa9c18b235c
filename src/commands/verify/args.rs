//! The arguments of `seatrial verify`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::args::{ClaimsFormat, EngineArg, RealArgs, SEED, SupervisorArg, TimersArg};

/// `seatrial verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A bad cell alone is not a failure. Exit codes: 0 the matrix is complete and, with \
    --against, nothing got worse; 1 something got worse, or a cell could not be played; 2 usage or \
    a scenario file; 3 the environment; 4 stopped by a signal."
)]
pub(crate) struct VerifyArgs {
    /// The procedures; all of them by default.
    #[arg(value_name = "PROCEDURE")]
    pub(crate) procedures: Vec<String>,
    /// Your own program, which acts as the operator, unmodified: see docs/your-own-script.md.
    #[arg(long, value_name = "PATH")]
    pub(crate) script: Option<PathBuf>,
    /// The longest time that your program may go on without a command, in seconds of real time.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        requires = "script"
    )]
    pub(crate) patience: u64,
    /// A file or folder of this machine that your program may read; it sees only the system's programs
    /// otherwise.
    #[arg(long, value_name = "PATH", requires = "script")]
    pub(crate) bind: Vec<PathBuf>,
    /// A variable of the environment that is passed to your program.
    #[arg(long, value_name = "NAME", requires = "script")]
    pub(crate) env: Vec<String>,
    /// The engine.
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The timeouts; they override those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Ids or files of scenarios; the scenario pack and the documented scenarios by default.
    #[arg(long, value_name = "SCENARIO", value_delimiter = ',', num_args = 1..)]
    pub(crate) scenarios: Vec<String>,
    /// Use every state that --faults events can lead to (see prove) instead of scenarios, and report what
    /// can be known there. It runs on des without chance: --seed and --on are refused.
    #[arg(long, conflicts_with_all = ["scenarios", "script", "seed", "on"])]
    pub(crate) exhaustive: bool,
    /// With --exhaustive, the most events.
    #[arg(long, value_name = "K", default_value_t = 2, requires = "exhaustive")]
    pub(crate) faults: usize,
    /// The program that restarts a crashed server.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// The number of parallel cells; by default 1 for each core, or 3 for each core on real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text)]
    pub(crate) format: ClaimsFormat,
    /// An earlier verify.json (with --exhaustive: limits.json); fail only if something got worse.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/verify")]
    pub(crate) out: PathBuf,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}
