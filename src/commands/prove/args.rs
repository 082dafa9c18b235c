//! The arguments of `seatrial prove`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use seatrial_sim::prove::Alphabet;

use crate::args::{SupervisorArg, TimersArg, budget};

/// Which events there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlphabetArg {
    /// Writes, ends and starts of servers, the network, the operator's means.
    Usual,
    /// Damaged state files too.
    Full,
}

impl From<AlphabetArg> for Alphabet {
    fn from(alphabet: AlphabetArg) -> Self {
        match alphabet {
            AlphabetArg::Usual => Self::Usual,
            AlphabetArg::Full => Self::Full,
        }
    }
}

/// `seatrial prove`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The result depends on the program and the options alone, whatever the number of \
    threads; where --budget ends the search, on the machine too. Exit codes: 0 the procedure \
    recovers everywhere, or says rightly that nothing could; 1 it does not; 2 usage; 3 the \
    environment; 4 stopped by a bound or a signal, nothing found."
)]
pub(crate) struct ProveArgs {
    /// The procedure that has to recover.
    #[arg(long, value_name = "P", default_value = "manual-corrected")]
    pub(crate) procedure: String,
    /// At most so many events; without it the search goes on until nothing new appears.
    #[arg(long, value_name = "K")]
    pub(crate) faults: Option<usize>,
    /// Which events there are.
    #[arg(long, value_enum, default_value_t = AlphabetArg::Usual)]
    pub(crate) alphabet: AlphabetArg,
    /// Who starts a crashed server again.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// Stop when so many states are known.
    #[arg(long, value_name = "N")]
    pub(crate) max_states: Option<usize>,
    /// Stop after this time.
    #[arg(long, value_name = "TIME", value_parser = budget)]
    pub(crate) budget: Option<std::time::Duration>,
    /// Threads; as many as there are cores by default.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Timeouts, over the defaults.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/prove")]
    pub(crate) out: PathBuf,
    /// Instead: breadth first over what may happen next among the messages, timers, disk operations and
    /// events of a few nodes, for a shortest way to a state that is wrong. No procedure acts. Timeouts
    /// are short unless --timers says otherwise.
    #[arg(
        long,
        conflicts_with_all = ["procedure", "faults", "alphabet", "supervisor", "budget", "jobs", "out"]
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
    /// Nodes.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=3),
        requires = "interleavings"
    )]
    pub(crate) nodes: u8,
    /// For so long after the start timers run out.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1s",
        value_parser = budget,
        requires = "interleavings"
    )]
    pub(crate) horizon: std::time::Duration,
    /// Messages that may still be under way when time passes.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        requires = "interleavings"
    )]
    pub(crate) late: usize,
    /// Orderly stops.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) stops: u8,
    /// Crashes.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) crashes: u8,
    /// Starts.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) starts: u8,
    /// Transactions.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "interleavings"
    )]
    pub(crate) writes: u8,
}
