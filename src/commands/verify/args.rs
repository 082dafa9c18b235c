//! The arguments of `seatrial verify`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::args::{ClaimsFormat, EngineArg, RealArgs, SEED, SupervisorArg, TimersArg};

/// `seatrial verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The matrix is data, whatever is in it. Exit codes: 0 the matrix is whole, and \
    with --against nothing got worse; 1 something got worse, or a cell could not be played; 2 usage \
    or a scenario file; 3 the environment; 4 stopped by a signal."
)]
pub(crate) struct VerifyArgs {
    /// Procedures; all of them by default.
    #[arg(value_name = "PROCEDURE")]
    pub(crate) procedures: Vec<String>,
    /// A program of your own as the operator, unmodified: see docs/your-own-script.md.
    #[arg(long, value_name = "PATH")]
    pub(crate) script: Option<PathBuf>,
    /// How long the program may go on without a command, in seconds of real time.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        requires = "script"
    )]
    pub(crate) patience: u64,
    /// A file or folder that the program may read beside the system's; it sees nothing else of this
    /// machine.
    #[arg(long, value_name = "PATH", requires = "script")]
    pub(crate) bind: Vec<PathBuf>,
    /// A variable of the environment that the program finds.
    #[arg(long, value_name = "NAME", requires = "script")]
    pub(crate) env: Vec<String>,
    /// The engine.
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// Timeouts, over those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Ids or files of scenarios; the scenario pack and the documented scenarios by default.
    #[arg(long, value_name = "SCENARIO", value_delimiter = ',', num_args = 1..)]
    pub(crate) scenarios: Vec<String>,
    /// Instead of scenarios, every state of the closure at rest (see prove), and what can be known
    /// there. It is des without chance: --seed and --on have no meaning.
    #[arg(long, conflicts_with_all = ["scenarios", "script", "seed", "on"])]
    pub(crate) exhaustive: bool,
    /// With --exhaustive, at most so many events.
    #[arg(long, value_name = "K", default_value_t = 2, requires = "exhaustive")]
    pub(crate) faults: usize,
    /// Who starts a crashed server again.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// Cells at the same time; as many as there are cores by default, three times as many on real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text)]
    pub(crate) format: ClaimsFormat,
    /// An earlier verify.json (with --exhaustive, limits.json): only what got worse since then fails.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/verify")]
    pub(crate) out: PathBuf,
    /// The real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}
