//! The arguments of `seatrial verify`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::args::{
    ClaimsFormat, EngineArg, FailOn, RealArgs, ResultArg, SeedsArg, ShardArg, SupervisorArg,
    TimersArg, seeds, shard,
};
use crate::ci::Annotations;
use crate::operators::OperatorArgs;
use crate::script::PATIENCE_S;

/// The walls around a program of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Confine {
    /// Namespaces of this machine, by bubblewrap.
    Bubblewrap,
    /// The same in a container of the Docker engine.
    Docker,
}

/// `seatrial verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 no cell fails; 1 a cell fails (--fail-on), or with --against something got \
    worse or is missing; 2 usage or a scenario file; 3 something could not start or was not judged; \
    4 stopped by a signal, nothing found until then. Without --fail-on, one procedure, --script or --runbook fails on \
    lossy, split-brain, diverged, bootstrap-refused, dead-lock, stuck and unbounded; a table of several \
    procedures fails on none."
)]
pub(crate) struct VerifyArgs {
    /// The procedures; all of them by default.
    #[arg(value_name = "PROCEDURE", add = crate::candidates::procedures())]
    pub(crate) procedures: Vec<String>,
    /// Your own program, which acts as the operator, unmodified: see docs/your-own-script.md.
    #[arg(long, value_name = "PATH", group = "own")]
    pub(crate) script: Option<PathBuf>,
    /// A document whose blocks of shell are the procedure: see docs/runbooks.md.
    #[arg(long, value_name = "FILE", group = "own")]
    pub(crate) runbook: Option<PathBuf>,
    /// The longest time that your program (--script, --runbook) may go on without a command, in seconds of real time.
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE_S, requires = "own")]
    pub(crate) patience: u64,
    /// A file or folder of this machine that your program may read; it sees only the system's programs
    /// otherwise.
    #[arg(long, value_name = "PATH", requires = "own")]
    pub(crate) bind: Vec<PathBuf>,
    /// A variable of the environment that is passed to your program.
    #[arg(long, value_name = "NAME", requires = "own")]
    pub(crate) env: Vec<String>,
    /// The walls around your program: namespaces of this machine, or the same in a container of the Docker engine.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Confine::Bubblewrap, requires = "own")]
    pub(crate) confine: Confine,
    /// Run your program without walls: it can do to this machine whatever you can. Its lines for nodes still reach
    /// nothing of it; the simulated console answers them.
    #[arg(long, requires = "own", conflicts_with_all = ["confine", "bind", "env"])]
    pub(crate) unconfined: bool,
    /// The operators that act beside the procedure.
    #[command(flatten)]
    pub(crate) operators: OperatorArgs,
    /// The engine.
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The timeouts; they override those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Ids or files of scenarios; the scenario pack and the documented scenarios by default.
    #[arg(long, value_name = "SCENARIO", value_delimiter = ',', num_args = 1.., add = crate::candidates::scenarios())]
    pub(crate) scenarios: Vec<String>,
    /// Use every state that --faults events can lead to (see prove) instead of scenarios, and report what
    /// can be known there. It runs on des without chance: --seed and --on are refused.
    #[arg(long, conflicts_with_all = ["scenarios", "script", "runbook", "seed", "seeds", "shard", "on", "fail_on", "results", "beside", "each_node", "seats", "while_broken"])]
    pub(crate) exhaustive: bool,
    /// With --exhaustive, the most events.
    #[arg(long, value_name = "K", default_value_t = 2, requires = "exhaustive")]
    pub(crate) faults: usize,
    /// The program that restarts a crashed server.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// The first master seed; 1 by default.
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// The seeds of each cell: N of them, or from A up to B, B excluded. A cell of the table is the worst of them.
    #[arg(long, value_name = "N|A..B", default_value = "1", value_parser = seeds)]
    pub(crate) seeds: SeedsArg,
    /// Shard I of N, counted from 0; `seatrial report` merges the folders. Without I, as in `/8`, the variable
    /// JOB_COMPLETION_INDEX gives it.
    #[arg(long, value_name = "I/N", value_parser = shard, conflicts_with = "against")]
    pub(crate) shard: Option<ShardArg>,
    /// The outcomes that fail the command, for all procedures.
    #[arg(long, value_name = "OUTCOME", value_enum, value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,
    /// The number of parallel cells; by default 1 for each core, or 3 for each core on real nodes.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Show failures at their files and lines, in the form of a CI system.
    #[arg(long, value_name = "FORM", value_enum, value_delimiter = ',')]
    pub(crate) annotations: Vec<Annotations>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text)]
    pub(crate) format: ClaimsFormat,
    /// An earlier verify.json (with --exhaustive: limits.json). The command then fails on what got worse or is
    /// missing, and on new bad cells, but not on cells that were as bad before.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Compare with an earlier file even if its seed, engine, timers, supervisor or scenarios were others.
    #[arg(long, requires = "against")]
    pub(crate) allow_different: bool,
    /// The folder of results; `auto` makes a new one, target/seatrial/verify-N.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/verify")]
    pub(crate) out: PathBuf,
    /// The results to write beside verify.json; all of them by default.
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(crate) results: Vec<ResultArg>,
    /// Write a short comment for a pull request into this file: what is worse, missing, better and new with
    /// --against, and what fails without.
    #[arg(long, value_name = "FILE")]
    pub(crate) comment: Option<PathBuf>,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}
