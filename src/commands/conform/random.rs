//! Random schedules on several engines: plays them on all threads, writes what differs, and prints it.

use seatrial_reports::count;
use seatrial_scenarios::Scenario;
use seatrial_scenarios::language::schedule::Vocabulary;
use seatrial_scenarios::random_schedules::{
    Attempt, Bench, Compared, Contender, Totals, by_kind, describe, results,
};

use crate::args::{EngineArg, Format, PaceArg, TimersArg};
use crate::bar::Bar;
use crate::commands::conform::{ConformArgs, VocabularyArg};
use crate::output::Out;
use crate::plan::{self, Flags, Job};
use crate::pool::{self, Pool};
use crate::{Stop, engines, exit, provenance, real, signals};

/// The differing schedules that are shrunk if the user says nothing.
const SHRINKS: usize = 10;

pub(super) fn conform(
    args: &ConformArgs,
    on: &[EngineArg],
    seeds: std::ops::Range<u64>,
    out: &mut Out,
) -> Result<u8, Stop> {
    if on.len() < 2 {
        return Err(Stop::usage(
            "--random compares engines: give two or more with --on",
        ));
    }
    let timers = args.timers.unwrap_or(TimersArg::Fast);
    let real = real::options(&args.real, on, Some(&args.out))?;
    let flags = Flags::new(Some(PaceArg::Rest), Some(timers), &real, args.real.retries);
    let contenders: Vec<Contender> = on.iter().map(|engine| contender(*engine)).collect();
    let vocabulary = match args.vocabulary {
        VocabularyArg::Usual => Vocabulary::conformance(),
        VocabularyArg::Whole => Vocabulary::whole(),
    };
    let bench = Bench {
        engines: &contenders,
        vocabulary: &vocabulary,
        play: |place: usize, scenario: &Scenario, attempt: Attempt| {
            let job = Job {
                scenario,
                engine: on[place],
                seed: attempt.seed,
                negate: None,
                stagger: attempt.stagger,
            };
            plan::run_for_claims(job, flags)
        },
    };
    let all: Vec<u64> = seeds.collect();
    let bar = Bar::of_jobs(all.len());
    let done: Vec<Compared> = Pool::new(pool::threads(args.jobs, on), &bar).map(
        &all,
        |seed| format!("schedule {seed}"),
        |seed| bench.compare(*seed),
    )?;
    let named = |compared: &Compared| format!("random-{}.toml", compared.seed);
    let differing: Vec<&Compared> = done.iter().filter(|one| one.differs()).collect();
    let mut files = Vec::new();
    for compared in done.iter().filter(|one| one.differs() || args.all_files) {
        let text = bench.file(compared, flags.replay());
        super::write(&args.out, &named(compared), &text)?;
        files.push(named(compared));
    }
    let made_by = (provenance::PROGRAM, provenance::COMMIT);
    let json = serde_json::to_string_pretty(&results(&contenders, &done, &files, made_by))
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    super::write(&args.out, "results.json", &json)?;
    match args.format {
        Format::Json => out.line(&json),
        Format::Text => print(args, &done, &files, out),
    }
    // Everything is written and said before: on containers each try takes minutes.
    let with_containers = on.contains(&EngineArg::Real);
    let shrinks = args
        .shrink
        .unwrap_or(if with_containers { 0 } else { SHRINKS });
    for compared in differing.iter().take(shrinks) {
        if signals::stopped() {
            break;
        }
        let text = bench.file(&bench.shrink(compared), flags.replay());
        super::write(&args.out, &named(compared), &text)?;
    }
    Ok(if !differing.is_empty() {
        exit::FINDING
    } else if done.len() < all.len() {
        exit::STOPPED
    } else {
        exit::OK
    })
}

fn contender(engine: EngineArg) -> Contender {
    Contender {
        name: engines::name(engine),
        is_simulated: engine != EngineArg::Real,
    }
}

fn print(args: &ConformArgs, done: &[Compared], files: &[String], out: &mut Out) {
    for one in done.iter().filter(|one| one.differs()) {
        out.line(&format!("schedule {}", one.seed));
        for error in &one.errors {
            out.line(&format!("    {error}"));
        }
        for difference in one.agreement.differing.iter().take(8) {
            out.line(&format!("    {}", describe(difference)));
        }
    }
    let totals = Totals::of(done);
    out.line(&format!(
        "Agreement {} of the fields ({} of {}),\n          {} of the steps ({} of {})",
        super::percent(totals.equal, totals.compared),
        totals.equal,
        totals.compared,
        super::percent(totals.steps_equal, totals.steps_compared),
        totals.steps_equal,
        totals.steps_compared,
    ));
    out.line(&format!(
        "          {}, {} of them a race that another seed ends alike, {} differ",
        count(done.len(), "schedule", "schedules"),
        totals.races,
        totals.differing,
    ));
    if args.vocabulary == VocabularyArg::Whole {
        out.line("");
        out.line(&row("kind", "schedules", "fields", "steps"));
        for (kind, score) in by_kind(done) {
            let fields = format!("{}/{}", score.equal, score.compared);
            let steps = format!("{}/{}", score.steps_equal, score.steps_compared);
            out.line(&row(&kind, &score.schedules.to_string(), &fields, &steps));
        }
    }
    for file in files {
        out.line(&format!("  file {}", args.out.join(file).display()));
    }
}

/// A row of the score by kind, of 80 columns.
fn row(kind: &str, schedules: &str, fields: &str, steps: &str) -> String {
    format!("{kind:<44} {schedules:>9} {fields:>14} {steps:>9}")
}
