//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

mod advise;
mod prove;
mod verify;

pub(crate) use advise::AdviseArgs;
pub(crate) use prove::{InterleavingArgs, ProveArgs};
pub(crate) use verify::{SupervisorArg, VerifyArgs};

/// Puts a Galera cluster's recovery procedures through their sea trials.
#[derive(Debug, Parser)]
#[command(name = "seatrial", version = crate::provenance::VERSION, max_term_width = 100)]
pub(crate) struct Args {
    /// Show what happens in the runs, with simulated time; -vv and -vvv for more.
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
    List(ListArgs),
    /// Show one scenario: why, its steps, its claims.
    Show(ShowArgs),
    /// The ledger of the manual's statements, each with its verdict.
    Claims(ClaimsArgs),
    /// The simulator against recorded runs of real nodes, or engines against each other.
    Conform(ConformArgs),
    /// One run with its whole trace, as JSON Lines.
    Replay(ReplayArgs),
    /// Procedures by scenarios: which of them recovers what, and at what cost.
    Verify(VerifyArgs),
    /// What a broken cluster's own files allow to conclude; changes nothing.
    Advise(AdviseArgs),
    /// Search random fault schedules for what a procedure cannot recover.
    Explore(ExploreArgs),
    /// Every state that some events lead to, and what a procedure makes of each.
    Prove(ProveArgs),
    /// Make one record of a campaign's shards.
    Merge(MergeArgs),
    /// Reduce a failing scenario to its shortest form.
    Shrink(ShrinkArgs),
    /// An interactive cluster: break it, bring it back, see what it cost.
    Lab(LabArgs),
    /// Make the reports of runs that were recorded earlier, or elsewhere.
    Report(ReportArgs),
    /// Print the JSON Schema of scenario files.
    Schema,
    /// Say what this build and this machine can do.
    Doctor,
    /// The images of `MariaDB` nodes.
    #[command(subcommand, about = "The images of MariaDB nodes")]
    Image(ImageCommand),
    /// Remove containers and networks that a killed run has left behind.
    Clean,
    /// What a program of the user's finds on its PATH (verify --script).
    #[command(hide = true, disable_help_flag = true)]
    Shim {
        /// The sandbox.
        sandbox: PathBuf,
        /// The command's name.
        name: String,
        /// Its words.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a subcommand.
    Man {
        /// The subcommand.
        command: Option<String>,
    },
}

/// `seatrial image`.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Make an image from Debian's packages, unless it is there.
    Build {
        /// The release of Debian, and with it the version of `MariaDB`.
        #[arg(
            long,
            value_enum,
            default_value = "bookworm",
            help = "bookworm for MariaDB 10.11, trixie for 11.8"
        )]
        suite: SuiteArg,
    },
}

/// A release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SuiteArg {
    /// `MariaDB` 10.11.
    #[value(help = "MariaDB 10.11")]
    Bookworm,
    /// `MariaDB` 11.8.
    #[value(help = "MariaDB 11.8")]
    Trixie,
}

/// What concerns the real engine only.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The real engine")]
pub(crate) struct RealArgs {
    /// The image of every node: any with `MariaDB` and Galera in it.
    #[arg(
        long,
        value_name = "NAME",
        default_value = seatrial_real_harness::DEFAULT_IMAGE,
        help = "The image of every node: any with MariaDB and Galera in it"
    )]
    pub(crate) image: String,
    /// The image that nodes have before a playbook updates them; --image by default.
    #[arg(long, value_name = "NAME", requires = "image_new")]
    pub(crate) image_old: Option<String>,
    /// The image that a playbook puts in the place of a node's own.
    #[arg(long, value_name = "NAME")]
    pub(crate) image_new: Option<String>,
    /// Your own cm-cluster-manage, in the place of ours.
    #[arg(long, value_name = "PATH")]
    pub(crate) cluster_tool: Option<PathBuf>,
    /// How often a scenario that failed is run again; one that passes then is flaky.
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

/// Scenarios beside the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PackArg {
    /// What Galera's rules make of situations that the manual does not name.
    #[value(help = "what Galera's rules make of situations that the manual does not name")]
    Beyond,
    /// Broken states out of published failures.
    #[value(help = "broken states out of published failures")]
    Wild,
}

/// Which timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimersArg {
    /// Galera's own.
    Default,
    /// Short ones.
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
    /// When nothing has changed for a while.
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

/// The master seed where none is given.
const SEED: u64 = 1;

/// `seatrial run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 as expected; 1 a finding that no file expects, a failed \
    scenario, or engines that disagree; 2 usage or a scenario file; 3 the environment; 4 stopped \
    by a signal, nothing found."
)]
pub(crate) struct RunArgs {
    /// Ids or files; the whole catalogue by default.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// A whole pack instead of the catalogue.
    #[arg(long, value_enum, conflicts_with = "scenarios")]
    pub(crate) pack: Option<PackArg>,
    /// Engines, compared with each other.
    #[arg(
        long,
        value_name = "ENGINE",
        value_delimiter = ',',
        default_values_t = crate::engines::default_engines(),
        value_enum
    )]
    pub(crate) on: Vec<EngineArg>,
    /// The first master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// How many seeds of each scenario.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000)
    )]
    pub(crate) seeds: u64,
    /// Runs at the same time; by default one for each core, and three where real nodes are among them.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Timeouts, over those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in scenarios that do not say it: at rest with several engines, at
    /// once with one by default.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/latest")]
    pub(crate) out: PathBuf,
    /// What is printed; json is results.json and nothing else.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// An earlier results.json: only what got worse since then fails.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

/// `seatrial list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Only the scenarios of a pack; the catalogue and both packs by default.
    #[arg(long, value_enum)]
    pub(crate) pack: Option<PackArg>,
    /// Only scenarios with this tag; several must all be there.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// `seatrial show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// Id of the catalogue, or a file; with --run, the runs that are shown.
    #[arg(required_unless_present = "run")]
    pub(crate) scenario: Option<String>,
    /// A folder of results: show its runs, a column a node and a line an event.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// With --run, only the runs on this engine.
    #[arg(long, value_name = "ENGINE", requires = "run")]
    pub(crate) on: Option<EngineArg>,
}

/// `seatrial claims`.
#[derive(Debug, clap::Args)]
pub(crate) struct ClaimsArgs {
    /// Ids of the catalogue or files; the whole catalogue by default.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// Negate every check and require that its verdict flips.
    #[arg(long)]
    pub(crate) audit: bool,
    /// Engines.
    #[arg(
        long,
        value_name = "ENGINE",
        value_delimiter = ',',
        default_values_t = crate::engines::default_engines(),
        value_enum
    )]
    pub(crate) on: Vec<EngineArg>,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// Runs at the same time; by default one for each core, and three where real nodes are among them.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Timeouts, over those of the scenarios.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in scenarios that do not say it.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text)]
    pub(crate) format: ClaimsFormat,
    /// The real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

/// `seatrial conform`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 everything agrees; 1 something differs; 2 usage; 3 the environment; \
    4 stopped by a signal, nothing found."
)]
pub(crate) struct ConformArgs {
    /// Names of recordings, or files of your own in their form (scenarios/recordings/README.md); all by
    /// default.
    #[arg(value_name = "RECORDING")]
    pub(crate) recordings: Vec<String>,
    /// Compare engines with each other on random schedules instead.
    #[arg(long)]
    pub(crate) random: bool,
    /// Engines; des for recordings, des and madsim for random schedules by default.
    #[arg(long, value_name = "ENGINE", value_delimiter = ',', value_enum)]
    pub(crate) on: Vec<EngineArg>,
    /// The master seed; of random schedules also the schedule.
    #[arg(long, value_name = "S", default_value_t = SEED, conflicts_with = "seeds")]
    pub(crate) seed: u64,
    /// Several seeds: from A up to B, B excluded.
    #[arg(long, value_name = "A..B", value_parser = crate::conform::range)]
    pub(crate) seeds: Option<std::ops::Range<u64>>,
    /// Timeouts of random schedules; fast by default. Recordings have their own.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Runs at the same time; by default one for each core, and three where real nodes are among them.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The folder of results and of shrunk schedules.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/conform")]
    pub(crate) out: PathBuf,
    /// What is printed; json is results.json and nothing else.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

/// `seatrial replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Id of the catalogue, or a file.
    pub(crate) scenario: String,
    /// The engine.
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// Timeouts, over those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in a scenario that does not say it; at rest by default.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// Leave the frames on the links out.
    #[arg(long)]
    pub(crate) no_frames: bool,
    /// The real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

/// `seatrial lab`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a terminal the lines come from standard input, as with --script. Exit \
    codes: 0 done; 2 usage, or a line of a script that could not be done; 3 the environment."
)]
pub(crate) struct LabArgs {
    /// Id of the catalogue or a file, or the id of a mission; three nodes by default.
    pub(crate) scenario: Option<String>,
    /// The engine: des, or real without time travel.
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// Timeouts, over those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Read the lines from this file and print the transcript.
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Missions of your own: a file, or a folder of files.
    #[arg(long, value_name = "PATH")]
    pub(crate) missions: Option<PathBuf>,
    /// Forget which missions were done, and how well.
    #[arg(long)]
    pub(crate) reset_progress: bool,
    /// The real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

/// `seatrial report`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Folders of results, or the record.jsonl in them.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// Where the reports go; the folder itself if there is only one.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// An earlier results.json: the summary says what got worse since then, and what got better.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
}

/// `seatrial explore`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The result depends on the program, the options and the seeds alone. Exit codes: \
    0 nothing found; 1 a finding; 2 usage; 3 the environment; 4 stopped by its budget or a signal, \
    nothing found."
)]
pub(crate) struct ExploreArgs {
    /// The procedure that has to recover.
    #[arg(long, value_name = "P", default_value = "manual-corrected")]
    pub(crate) procedure: String,
    /// The seeds, from A up to but without B.
    #[arg(long, value_name = "A..B", default_value = "0..2000", value_parser = seed_range)]
    pub(crate) seeds: SeedRange,
    /// This shard of so many, from 0. Without I, as in `/8`, the variable JOB_COMPLETION_INDEX gives it.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<ShardArg>,
    /// Stop after this time.
    #[arg(long, value_name = "TIME", value_parser = budget)]
    pub(crate) budget: Option<std::time::Duration>,
    /// Stop after so many different findings.
    #[arg(long, value_name = "K")]
    pub(crate) max_findings: Option<usize>,
    /// Threads; as many as there are cores by default.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Timeouts, over the defaults.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/explore")]
    pub(crate) out: PathBuf,
}

/// `seatrial merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// Files of shards.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Where the merged record goes; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `seatrial shrink`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShrinkArgs {
    /// Id of the catalogue, or a file.
    pub(crate) scenario: String,
    /// The master seed with which it fails.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// Timeouts, over those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Where the reduced scenario goes; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Seeds from the first up to but without the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeedRange(pub(crate) u64, pub(crate) u64);

fn seed_range(text: &str) -> Result<SeedRange, String> {
    let (a, b) = text
        .split_once("..")
        .ok_or("expected A..B, such as 0..20000")?;
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("`{text}` is no seed: expected a whole number"))
    };
    let (a, b) = (number(a)?, number(b)?);
    if a >= b {
        return Err(format!("{a}..{b} has no seed in it: B is excluded"));
    }
    Ok(SeedRange(a, b))
}

/// A shard of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardArg(pub(crate) u64, pub(crate) u64);

fn shard(text: &str) -> Result<ShardArg, String> {
    let (index, of) = match text.split_once('/') {
        Some(("", of)) => (
            std::env::var("JOB_COMPLETION_INDEX")
                .map_err(|_| "no shard is named, and JOB_COMPLETION_INDEX is not set")?,
            of,
        ),
        Some((index, of)) => (index.to_owned(), of),
        None => return Err("expected I/N, such as 0/8; I counts from 0".to_owned()),
    };
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("`{text}` is no whole number"))
    };
    let (index, of) = (number(&index)?, number(of)?);
    if of == 0 || index >= of {
        return Err(format!(
            "there is no shard {index} of {of}: they count from 0"
        ));
    }
    Ok(ShardArg(index, of))
}

fn budget(text: &str) -> Result<std::time::Duration, String> {
    let span: seatrial_scenarios::Span = text
        .parse()
        .map_err(|_| format!("`{text}` is no time: expected something like 90s or 10m"))?;
    Ok(std::time::Duration::from_micros(span.as_micros()))
}
