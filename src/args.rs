//! The command line, and the arguments that several subcommands share.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use seatrial_scenarios::Supervisor;
use seatrial_scenarios::outcome::Outcome;

use crate::Stop;
use crate::commands::Command;

/// Puts a Galera cluster's recovery procedures through their sea trials.
#[derive(Debug, Parser)]
#[command(name = "seatrial", version = crate::provenance::VERSION, max_term_width = 100)]
pub(crate) struct Args {
    /// Show what happens in the runs, with simulated time; -vv and -vvv for more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The arguments of the real engine.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The real engine")]
pub(crate) struct RealArgs {
    /// The image of every node; any image with `MariaDB` and Galera works.
    #[arg(
        long,
        value_name = "NAME",
        default_value = seatrial_real_harness::DEFAULT_IMAGE,
        help = "The image of every node; any image with MariaDB and Galera works"
    )]
    pub(crate) image: String,
    /// The image that nodes have before a playbook updates them; --image by default.
    #[arg(long, value_name = "NAME", requires = "image_new")]
    pub(crate) image_old: Option<String>,
    /// The image to which a playbook updates a node.
    #[arg(long, value_name = "NAME")]
    pub(crate) image_new: Option<String>,
    /// Your own cm-cluster-manage, which replaces ours.
    #[arg(long, value_name = "PATH")]
    pub(crate) cluster_tool: Option<PathBuf>,
    /// The number of times that a failed scenario is run again; if it passes then, it is flaky.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retries: u32,
}

/// An engine's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    /// The discrete-event engine.
    Des,
    /// Async tasks over madsim's network.
    Madsim,
    /// `MariaDB` in containers.
    #[value(help = "MariaDB in containers")]
    Real,
}

/// A pack of scenarios beside the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PackArg {
    /// Failures that the manual does not name.
    #[value(help = "failures that the manual does not name")]
    Beyond,
    /// The cases of MariaDB's own tests.
    #[value(help = "the cases of MariaDB's own tests")]
    Suites,
    /// Broken states from published failures.
    #[value(help = "broken states from published failures")]
    Wild,
}

/// The timeouts of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimersArg {
    /// Galera's defaults.
    Default,
    /// Short timeouts.
    Fast,
}

impl From<TimersArg> for seatrial_scenarios::Timers {
    fn from(timers: TimersArg) -> Self {
        match timers {
            TimersArg::Default => Self::Default,
            TimersArg::Fast => Self::Fast,
        }
    }
}

/// When the next step of a scenario begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaceArg {
    /// Once nothing has changed for a while.
    Rest,
    /// At once.
    Next,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How the ledger is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClaimsFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For documents.
    Markdown,
}

/// The default master seed.
pub(crate) const SEED: u64 = 1;

/// Reads the time after which a search stops, such as `90s`.
pub(crate) fn budget(text: &str) -> Result<std::time::Duration, String> {
    let span: seatrial_scenarios::Span = text
        .parse()
        .map_err(|_| format!("`{text}` is not a time: expected something like 90s or 10m"))?;
    Ok(std::time::Duration::from_micros(span.as_micros()))
}

/// The program that restarts a crashed server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SupervisorArg {
    /// Nothing restarts it.
    None,
    /// systemd, after 5 s.
    #[value(help = "systemd, after 5 s")]
    Systemd,
}

impl From<SupervisorArg> for Supervisor {
    fn from(supervisor: SupervisorArg) -> Self {
        match supervisor {
            SupervisorArg::None => Self::None,
            SupervisorArg::Systemd => Self::Systemd,
        }
    }
}

/// The seeds of a command: how many, or from where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeedsArg {
    /// A number of seeds, from the first one on.
    Count(u64),
    /// From the first number up to the second, which is excluded.
    Range(u64, u64),
}

/// The most seeds of one command.
const SEEDS_MAX: u64 = 1_000_000_000;

/// Reads `20` or `1..21`.
pub(crate) fn seeds(text: &str) -> Result<SeedsArg, String> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|_| {
            format!("`{text}` is not a whole number: expected N such as 20, or A..B such as 1..21")
        })
    };
    let Some((a, b)) = text.split_once("..") else {
        return match number(text)? {
            0 => Err("0 seeds are no run".to_owned()),
            many if many > SEEDS_MAX => Err(format!("at most {SEEDS_MAX} seeds")),
            many => Ok(SeedsArg::Count(many)),
        };
    };
    let (a, b) = (number(a)?, number(b)?);
    if a >= b {
        return Err(format!("the range {a}..{b} is empty: B is excluded"));
    }
    Ok(SeedsArg::Range(a, b))
}

impl SeedsArg {
    /// Returns the seeds of a search, which counts them from 0: the first one, and the one after the last.
    pub(crate) const fn of_search(self) -> (u64, u64) {
        match self {
            Self::Count(many) => (0, many),
            Self::Range(from, to) => (from, to),
        }
    }

    /// Returns the seeds. `first` is the first seed if the user gave it, `default` the first one otherwise.
    pub(crate) fn range(self, first: Option<u64>, default: u64) -> Result<Range<u64>, Stop> {
        match (self, first) {
            (Self::Range(a, b), None) => Ok(a..b),
            (Self::Range(a, b), Some(first)) => Err(Stop::usage(format!(
                "--seed {first} --seeds {a}..{b}: the range says already which seed is the first"
            ))),
            (Self::Count(many), first) => {
                let first = first.unwrap_or(default);
                let end = first.checked_add(many).ok_or_else(|| {
                    Stop::usage(format!(
                        "--seed {first} --seeds {many}: the last seed is too large"
                    ))
                })?;
                Ok(first..end)
            }
        }
    }
}

/// A shard of a campaign: its index, counted from 0, and the number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardArg(pub(crate) u64, pub(crate) u64);

impl ShardArg {
    /// Returns the index and the number of shards for counting in memory.
    pub(crate) fn numbers(self) -> (usize, usize) {
        let number = |one| usize::try_from(one).unwrap_or(usize::MAX);
        (number(self.0), number(self.1))
    }
}

/// Reads `0/8`, or `/8` with the index in JOB_COMPLETION_INDEX.
pub(crate) fn shard(text: &str) -> Result<ShardArg, String> {
    let (index, of) = match text.split_once('/') {
        Some(("", of)) => (
            std::env::var("JOB_COMPLETION_INDEX")
                .map_err(|_| "I is missing, and JOB_COMPLETION_INDEX is not set")?,
            of,
        ),
        Some((index, of)) => (index.to_owned(), of),
        None => return Err("expected I/N, such as 0/8; I counts from 0".to_owned()),
    };
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("`{text}` is not a whole number"))
    };
    let (index, of) = (number(&index)?, number(of)?);
    if of == 0 || index >= of {
        return Err(format!(
            "there is no shard {index} of {of}: shards are counted from 0"
        ));
    }
    Ok(ShardArg(index, of))
}

/// A kind of result files, beside results.json or verify.json, which are always written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultArg {
    /// record.jsonl: everything that happened.
    #[value(help = "record.jsonl: everything that happened")]
    Record,
    /// chrome-trace.json, for Perfetto.
    #[value(help = "chrome-trace.json, for Perfetto")]
    Trace,
    /// index.html, with a player of each run in the record.
    #[value(help = "index.html, with a player of the recorded runs")]
    Html,
    /// junit.xml.
    #[value(help = "junit.xml")]
    Junit,
    /// summary.md.
    #[value(help = "summary.md")]
    Summary,
    /// badge.json, for shields.io.
    #[value(help = "badge.json, for shields.io")]
    Badge,
    /// None of these.
    None,
}

/// The results that are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a>(pub(crate) &'a [ResultArg]);

impl Wanted<'_> {
    /// Returns whether this kind was asked for. If nothing was said, all kinds are.
    pub(crate) fn has(self, kind: ResultArg) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }
}

/// An outcome that fails `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// No outcome.
    None,
    /// Every outcome but `recovered` and a right refusal.
    Bad,
    /// Acknowledged rows are gone.
    Lossy,
    /// Two primary components serve.
    #[value(alias = "split")]
    SplitBrain,
    /// Nodes serve together and hold different rows.
    Diverged,
    /// The server refused the bootstrap.
    #[value(alias = "refused")]
    BootstrapRefused,
    /// All nodes wait for each other.
    DeadLock,
    /// The cluster is not whole.
    Stuck,
    /// The procedure did not end within 1 h.
    Unbounded,
    /// It asked a person although a choice without loss existed.
    #[value(alias = "asks")]
    AsksPerson,
}

impl FailOn {
    /// Returns the outcomes that these words mean together.
    pub(crate) fn all(words: &[Self]) -> BTreeSet<Outcome> {
        words.iter().flat_map(|one| one.outcomes()).collect()
    }

    /// Returns the outcomes that this word means.
    fn outcomes(self) -> Vec<Outcome> {
        match self {
            Self::None => Vec::new(),
            Self::Bad => {
                let all = Outcome::ALL.into_iter();
                all.filter(|outcome| !outcome.is_good()).collect()
            }
            Self::Lossy => vec![Outcome::Lossy],
            Self::SplitBrain => vec![Outcome::SplitBrain],
            Self::Diverged => vec![Outcome::Diverged],
            Self::BootstrapRefused => vec![Outcome::BootstrapRefused],
            Self::DeadLock => vec![Outcome::DeadLock],
            Self::Stuck => vec![Outcome::Stuck],
            Self::Unbounded => vec![Outcome::Unbounded],
            Self::AsksPerson => vec![Outcome::AsksPerson],
        }
    }
}
