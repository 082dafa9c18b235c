//! `seatrial explore`: plays random fault schedules, and reports those from which a procedure cannot recover.

mod from;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use seatrial_reports::{count, wrapped};
use seatrial_scenarios::NodeName;
use seatrial_scenarios::schedule::Vocabulary;
use seatrial_scenarios::trace::sha256_hex;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::shard::{FORMAT, Found, Header, Shard};
use seatrial_sim::explore::{self, BLOCK, Class, Kind, Options, Played, SeedRecord};
use seatrial_sim::prove::{SEED, Starts};

use crate::args::{FailOn, SeedsArg, ShardArg, SupervisorArg, TimersArg, budget, seeds, shard};
use crate::bar::Bar;
use crate::operators::{self, OperatorArgs};
use crate::output::Out;
use crate::pool::{self, Ended, Pool};
use crate::{Stop, exit, provenance, signals};

/// `seatrial explore`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The result depends only on the program, the options and the seeds. Exit codes: \
    0 nothing found; 1 a finding (--fail-on); 2 usage; 3 the environment; 4 stopped by its budget or a signal, \
    nothing found."
)]
pub(crate) struct ExploreArgs {
    /// The procedure that must recover the cluster.
    #[arg(long, value_name = "P", default_value = "manual-corrected", add = crate::candidates::procedures())]
    pub(crate) procedure: String,
    /// The operators that act beside the procedure.
    #[command(flatten)]
    pub(crate) operators: OperatorArgs,
    /// The seeds: the first N, counted from 0, or from A up to B, B excluded.
    #[arg(long, value_name = "N|A..B", default_value = "0..2000", value_parser = seeds)]
    pub(crate) seeds: SeedsArg,
    /// Shard I of N, counted from 0. Without I, as in `/8`, the variable JOB_COMPLETION_INDEX gives it.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<ShardArg>,
    /// Stop after this time.
    #[arg(long, value_name = "TIME", value_parser = budget)]
    pub(crate) budget: Option<std::time::Duration>,
    /// Stop after this number of different findings.
    #[arg(long, value_name = "K")]
    pub(crate) max_findings: Option<usize>,
    /// The outcomes that fail the command. In a campaign of shards a finding is a result: `none`.
    #[arg(
        long,
        value_name = "OUTCOME",
        value_enum,
        value_delimiter = ',',
        default_value = "bad"
    )]
    pub(crate) fail_on: Vec<FailOn>,
    /// The number of threads; by default 1 for each core.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Shrink every run that was not recovered, except where no procedure could, and put it into a class. It takes
    /// seconds for each.
    #[arg(long)]
    pub(crate) classes: bool,
    /// Go on from the states of this file, which `seatrial prove` writes (states.jsonl), and not from a synced
    /// cluster: from each state once, then again. A quarter of the seeds goes on from where another one has ended.
    /// Simulated times do not vary. The report begins with what no run has come to.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["nodes", "supervisor", "timers", "while_broken"])]
    pub(crate) from: Option<PathBuf>,
    /// The number of nodes of each cluster.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=7))]
    pub(crate) nodes: u8,
    /// Let N clients on each node read rows and append to them in transactions, from the first fault until the last.
    /// What their history shows (append-lost, lost-update, aborted-read, stale-read, read-goes-back) is listed beside
    /// the outcomes.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "from", value_parser = clap::value_parser!(u32).range(..=8))]
    pub(crate) clients: u32,
    /// The program that restarts a crashed server.
    #[arg(long, value_enum, default_value_t = SupervisorArg::None)]
    pub(crate) supervisor: SupervisorArg,
    /// The timeouts; they override the defaults.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// The folder of results.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/explore")]
    pub(crate) out: PathBuf,
}

pub(crate) fn explore(args: &ExploreArgs, out: &mut Out) -> Result<u8, Stop> {
    let procedure = operators::known(&args.procedure)?;
    args.operators.check(&[procedure])?;
    let nodes: Vec<NodeName> = ('A'..='Z')
        .take(usize::from(args.nodes))
        .map(|name| NodeName::new(name.to_string()))
        .collect();
    let options = Options {
        procedure: args.procedure.clone(),
        operators: args.operators.on(procedure, &nodes, "the cluster")?,
        while_broken: args.operators.while_broken,
        vocabulary: Vocabulary {
            nodes,
            ..Vocabulary::search()
        },
        timers: args.timers.map(Into::into),
        cluster: seatrial_scenarios::Options {
            supervisor: args.supervisor.into(),
            ..seatrial_scenarios::Options::default()
        },
        clients: args.clients,
    };
    let known = args.from.as_deref().map(from::read).transpose()?;
    let options = match &known {
        Some(known) => options.on(&known.states),
        None => options,
    };
    let folder = args.out.join("findings");
    fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    signals::listen();
    let mut whole = Shard::new(header(args, &options, known.as_ref()));
    let blocks = blocks(args);
    let starts = match &known {
        Some(known) => Some(known.starts(&blocks, args.jobs)?),
        None => None,
    };
    let began = Instant::now();
    let mut first: BTreeMap<Kind, Played> = BTreeMap::new();
    let mut to_class: Vec<Played> = Vec::new();
    let ended = search(args, &options, starts.as_ref(), &blocks, |played| {
        for one in played {
            let (from, to) = args.seeds.of_search();
            if !(from..to).contains(&one.record.seed) {
                continue;
            }
            for kind in one.record.kinds() {
                first.entry(kind).or_insert_with(|| one.clone());
            }
            if args.classes && !one.record.outcome.is_good() {
                to_class.push(one.clone());
            }
            whole.seeds.insert(one.record.seed, one.record);
        }
        first.len()
    })?;
    let searched = began.elapsed();
    let mut templates = Templates::default();
    for (kind, played) in first {
        let found = explore::reduce_to(&mut templates, &options, &played, &kind);
        let file = folder.join(file_name(name_of(&found), &found.scenario));
        fs::write(&file, &found.scenario).map_err(|error| unwritable(&file, &error))?;
        whole.add_found(found);
    }
    let classes = explore::classes(&mut templates, &options, &to_class);
    for class in &classes {
        let file = folder.join(file_name(class.outcome.name(), &class.scenario));
        fs::write(&file, &class.scenario).map_err(|error| unwritable(&file, &error))?;
    }
    let name = args.shard.map_or_else(
        || "campaign.jsonl".to_owned(),
        |shard| format!("shard-{}-of-{}.jsonl", shard.0, shard.1),
    );
    let file = args.out.join(name);
    let partial = file.with_extension("jsonl.partial");
    fs::write(&partial, whole.render()).map_err(|error| unwritable(&partial, &error))?;
    fs::rename(&partial, &file).map_err(|error| unwritable(&file, &error))?;

    if args.classes {
        let text = serde_json::to_string_pretty(&classes).map_err(Stop::environment)?;
        let file = args.out.join("classes.json");
        fs::write(&file, text + "\n").map_err(|error| unwritable(&file, &error))?;
        tell_classes(&classes, &folder, out);
    }
    if known.is_some() {
        from::tell_never_reached(&whole, out);
    }
    tell(&whole, &folder, out);
    if let Some(known) = &known {
        out.print(&known.coverage(&whole));
    }
    let runs = whole.seeds.len();
    let seconds = searched.as_secs_f64();
    let simulated: u64 = whole.seeds.values().map(|seed| seed.simulated_ms).sum();
    out.line(&format!(
        "     Summary [{seconds:>8.3}s] {}, {:.0} a second, {} abstract states, {:.0} hours simulated",
        count(runs, "run", "runs"),
        per_second(runs, seconds),
        whole.states(),
        Duration::from_millis(simulated).as_secs_f64() / 3_600.0,
    ));
    if ended != Ended::Whole {
        out.line(&format!("             {}", text_of(ended)));
    }
    out.line(&format!("     Results {}", file.display()));
    let failing = FailOn::all(&args.fail_on);
    let fails = |found: &Found| found.anomaly.is_none() && failing.contains(&found.outcome);
    Ok(if whole.found.values().any(fails) {
        exit::FINDING
    } else if ended == Ended::Whole {
        exit::OK
    } else {
        exit::STOPPED
    })
}

/// Returns how a search ended, in words.
const fn text_of(ended: Ended) -> &'static str {
    match ended {
        Ended::Whole => "all seeds were played",
        Ended::Budget => "stopped by --budget: not all seeds were played",
        Ended::Enough => "stopped by --max-findings: not all seeds were played",
        Ended::Signal => "stopped by a signal: not all seeds were played",
    }
}

/// Returns the blocks of this shard.
fn blocks(args: &ExploreArgs) -> Vec<u64> {
    let (from, to) = args.seeds.of_search();
    (from / BLOCK..to.div_ceil(BLOCK))
        .filter(|block| args.shard.is_none_or(|shard| block % shard.1 == shard.0))
        .collect()
}

/// Plays the blocks on all threads and passes them to `take` in their order. `take` returns the number of
/// different findings so far.
fn search(
    args: &ExploreArgs,
    options: &Options,
    starts: Option<&Starts<'_>>,
    blocks: &[u64],
    mut take: impl FnMut(Vec<Played>) -> usize,
) -> Result<Ended, Stop> {
    let bar = Bar::of_seeds(blocks.len() as u64 * BLOCK, BLOCK);
    let deadline = args.budget.map(|budget| Instant::now() + budget);
    Pool::new(pool::threads(args.jobs, &[]), &bar)
        .until(deadline)
        .run(
            blocks,
            |block| format!("seeds {}..{}", block * BLOCK, (block + 1) * BLOCK),
            Templates::default,
            |templates, block| match starts {
                Some(starts) => explore::play_block_from(starts, options, *block),
                None => explore::play_block(templates, options, *block),
            },
            |_, played| {
                let findings = take(played);
                bar.say(format!("{findings} findings"));
                match args.max_findings {
                    Some(most) if findings >= most => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            },
        )
}

/// Returns the name of a finding: its outcome, or its check of the clients' history.
fn name_of(found: &Found) -> &str {
    let anomaly = found.anomaly.as_deref();
    anomaly.unwrap_or_else(|| found.outcome.name())
}

fn file_name(name: &str, scenario: &str) -> String {
    let hash = sha256_hex(scenario);
    format!("{name}-{}.toml", &hash[..8])
}

/// Prints the classes, each with its smallest scenario.
fn tell_classes(classes: &[Class], folder: &Path, out: &mut Out) {
    for class in classes {
        out.print(&wrapped("", "    ", &class.name()));
        let first = class.seeds.first().copied().unwrap_or_default();
        out.line(&format!(
            "    {}, the smallest in {}: {}",
            count(class.seeds.len(), "seed", "seeds"),
            count(class.steps, "step", "steps"),
            folder
                .join(file_name(class.outcome.name(), &class.scenario))
                .display()
        ));
        out.line(&format!("    the first seed is {first}"));
    }
}

/// Prints the findings, the worst first, and how often each outcome occurred.
fn tell(shard: &Shard, folder: &Path, out: &mut Out) {
    for found in shard.found.values() {
        let often = found
            .anomaly
            .as_deref()
            .map_or_else(String::new, |anomaly| {
                format!(" in {};", count(shard.runs_with(anomaly), "run", "runs"))
            });
        let name = name_of(found);
        let seed = found.seed;
        out.line(&format!(
            "{name}{often} in {} (seed {seed})",
            count(found.steps, "step", "steps")
        ));
        if !found.oracles.is_empty() {
            let oracles: Vec<&str> = found.oracles.iter().map(String::as_str).collect();
            out.line(&format!("    oracles: {}", oracles.join(", ")));
        }
        out.line(&format!(
            "    seatrial replay {} --on des --seed {}",
            folder.join(file_name(name, &found.scenario)).display(),
            match shard.header.from {
                Some(_) => SEED,
                None => found.seed,
            }
        ));
    }
    let outcomes = shard.outcomes();
    let counts: Vec<String> = outcomes
        .iter()
        .map(|(outcome, count)| format!("{count} {}", outcome.name()))
        .collect();
    out.line(&format!("    Outcomes {}", counts.join(", ")));
    let panics: Vec<&SeedRecord> = shard
        .seeds
        .values()
        .filter(|seed| seed.panic.is_some())
        .collect();
    for seed in panics.iter().take(3) {
        let text = seed.panic.as_deref().unwrap_or_default();
        out.line(&format!(
            "a bug in seatrial, please report it: seed {}: {text}",
            seed.seed
        ));
    }
}

fn per_second(runs: usize, seconds: f64) -> f64 {
    f64::from(u32::try_from(runs).unwrap_or(u32::MAX)) / seconds.max(0.001)
}

fn header(args: &ExploreArgs, options: &Options, known: Option<&from::KnownStates>) -> Header {
    let shards = args.shard.map(|shard| (shard.0, shard.1));
    let of = match known {
        Some(known) => format!("{options:?} from {}", known.from.sha256),
        None => format!("{options:?}"),
    };
    Header {
        format: FORMAT,
        program: provenance::PROGRAM.to_owned(),
        fingerprint: sha256_hex(&of)[..16].to_owned(),
        from: known.map(|known| known.from.clone()),
        procedure: args.operators.label(&args.procedure),
        seeds: args.seeds.of_search(),
        shard: shards,
    }
}

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::environment(format!("cannot write {}: {error}", path.display()))
}
