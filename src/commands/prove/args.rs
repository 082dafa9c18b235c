//! The arguments of `seatrial prove`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use seatrial_sim::prove::Alphabet;

use crate::args::{FailOn, ShardArg, SupervisorArg, TimersArg, budget, shard};

/// `seatrial prove`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The result depends only on the program and the options, not on the number of threads. \
    If --budget stops the search, it depends on the machine too. Exit codes: 0 the procedure \
    recovers everywhere, or says rightly that no procedure could; 1 it does not (--fail-on); 2 usage; 3 the \
    environment; 4 stopped by a bound or a signal, nothing found."
)]
pub(crate) struct ProveArgs {
    /// The procedure that must recover the cluster.
    #[arg(long, value_name = "P", default_value = "manual-corrected", add = crate::candidates::procedures())]
    pub(crate) procedure: String,
    /// The most events. Without it the search goes on until no new state appears, and says what holds for ever.
    #[arg(long, value_name = "K")]
    pub(crate) faults: Option<usize>,
    /// The events: `usual`, `full` (damaged state files too), or kinds with commas between them: write, stop, kill,
    /// start, hang, resume, partition, heal, bootstrap, force, pc-bootstrap, damage. With `single`, each event
    /// happens to one node.
    #[arg(long, value_name = "KINDS", default_value_t = Alphabet::USUAL)]
    pub(crate) alphabet: Alphabet,
    /// The program that restarts a crashed server.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// Stop when this number of states is known. Without --faults, 100000 by default.
    #[arg(long, value_name = "N")]
    pub(crate) max_states: Option<usize>,
    /// Shard I of N, counted from 0: every shard finds all states, and the procedure acts in its share of them;
    /// `seatrial merge` makes prove.json of prove-I-of-N.json. Without I, as in `/8`, the variable
    /// JOB_COMPLETION_INDEX gives it.
    #[arg(long, value_name = "I/N", value_parser = shard, conflicts_with = "budget")]
    pub(crate) shard: Option<ShardArg>,
    /// The outcomes that fail the command.
    #[arg(
        long,
        value_name = "OUTCOME",
        value_enum,
        value_delimiter = ',',
        default_value = "bad"
    )]
    pub(crate) fail_on: Vec<FailOn>,
    /// Stop after this time.
    #[arg(long, value_name = "TIME", value_parser = budget)]
    pub(crate) budget: Option<std::time::Duration>,
    /// The number of threads; by default 1 for each core.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The timeouts; they override the defaults.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/prove")]
    pub(crate) out: PathBuf,
    /// Search all orders of messages, timers, disk operations and events of a few nodes instead, for a
    /// shortest path to a wrong state. No procedure acts. Timeouts are short unless --timers is given.
    #[arg(
        long,
        conflicts_with_all = ["procedure", "faults", "alphabet", "supervisor", "budget", "jobs", "out", "shard", "fail_on"]
    )]
    pub(crate) interleavings: bool,
    /// The bounds of the interleavings.
    #[command(flatten)]
    pub(crate) interleaving: InterleavingArgs,
}

/// The bounds of the interleavings.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "With --interleavings")]
pub(crate) struct InterleavingArgs {
    /// The number of nodes.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=3),
        requires = "interleavings"
    )]
    pub(crate) nodes: u8,
    /// The time after the start during which timers may expire.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1s",
        value_parser = budget,
        requires = "interleavings"
    )]
    pub(crate) horizon: std::time::Duration,
    /// The most messages that may still be under way when time passes.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        requires = "interleavings"
    )]
    pub(crate) late: usize,
    /// The most orderly stops.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) stops: u8,
    /// The most crashes.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) crashes: u8,
    /// The most starts.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) starts: u8,
    /// The most transactions.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) writes: u8,
}
