//! Compares engines at rest on random schedules. A schedule on which they differ is shrunk and kept as a
//! scenario file.

use std::fmt::Write as _;

use seatrial_reports::count;
use seatrial_scenarios::agreement::{Agreement, Difference};
use seatrial_scenarios::language::Pace;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::schedule::{Play, Schedule, Vocabulary};
use seatrial_scenarios::{RunRecord, Scenario};
use serde_json::json;

use crate::args::{EngineArg, Format, PaceArg, TimersArg};
use crate::bar::Bar;
use crate::commands::conform::ConformArgs;
use crate::output::Out;
use crate::plan::{self, Flags, Job};
use crate::pool::{self, Pool};
use crate::{Stop, engines, exit, provenance, real};

/// The number of other seeds of each simulated engine that are tried before a difference counts. Where
/// nodes act at the same instant, several outcomes are right. des begins from only 16 constructions of
/// the initial state, so it reaches fewer of these outcomes than madsim.
const OTHER_SEEDS: u64 = 120;

/// The number of differing schedules that are shrunk.
const SHRUNK_MAX: usize = 10;

/// The result of a schedule.
struct Compared {
    seed: u64,
    schedule: Schedule,
    agreement: Agreement,
    /// The engines differ with this seed, but one of them ends with another seed as the other did.
    race: bool,
    errors: Vec<String>,
}

impl Compared {
    fn differs(&self) -> bool {
        !self.errors.is_empty() || (!self.agreement.differing.is_empty() && !self.race)
    }
}

/// The options of a comparison, which are the same for every schedule.
#[derive(Clone, Copy)]
struct Bench<'a> {
    on: &'a [EngineArg],
    flags: Flags<'a>,
}

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
    let flags = Flags::new(
        Some(PaceArg::Rest),
        Some(timers),
        on.len(),
        &real,
        args.real.retries,
    );
    let bench = Bench { on, flags };
    let all: Vec<u64> = seeds.collect();
    let bar = Bar::of_jobs(all.len());
    let done: Vec<Compared> = Pool::new(pool::threads(args.jobs, on), &bar).map(
        &all,
        |seed| format!("schedule {seed}"),
        |seed| bench.compare(*seed),
    )?;
    let differing: Vec<&Compared> = done.iter().filter(|compared| compared.differs()).collect();
    let mut files = Vec::new();
    for compared in differing.iter().take(SHRUNK_MAX) {
        let small = bench.shrink(compared);
        let name = format!("random-{}.toml", compared.seed);
        super::write(&args.out, &name, &bench.file(&small))?;
        files.push(name);
    }
    let json = results(on, &done, &files);
    let json = serde_json::to_string_pretty(&json)
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    super::write(&args.out, "results.json", &json)?;
    match args.format {
        Format::Json => out.line(&json),
        Format::Text => print(args, &done, &files, out),
    }
    Ok(if !differing.is_empty() {
        exit::FINDING
    } else if done.len() < all.len() {
        exit::STOPPED
    } else {
        exit::OK
    })
}

impl Bench<'_> {
    fn compare(self, seed: u64) -> Compared {
        let schedule = Schedule::draw(&Vocabulary::conformance(), seed);
        self.compare_schedule(seed, schedule)
    }

    fn compare_schedule(self, seed: u64, schedule: Schedule) -> Compared {
        let scenario = scenario(&schedule, seed);
        let records: Vec<RunRecord> = self
            .on
            .iter()
            .map(|engine| self.run(&scenario, *engine, seed))
            .collect();
        let errors = records.iter().filter_map(error_of).collect::<Vec<_>>();
        let mut agreement = Agreement::of(&records);
        let mut race = false;
        if errors.is_empty()
            && !agreement.differing.is_empty()
            && let Some(other) = self.with_another_seed(&scenario, seed, &records)
        {
            agreement = other;
            race = true;
        }
        Compared {
            seed,
            schedule,
            agreement,
            race,
            errors,
        }
    }

    /// Returns the agreement, if a simulated engine ends with another seed as the others did with this one.
    fn with_another_seed(
        self,
        scenario: &Scenario,
        seed: u64,
        records: &[RunRecord],
    ) -> Option<Agreement> {
        let simulated = |(_, engine): &(usize, &EngineArg)| **engine != EngineArg::Real;
        for (place, engine) in self.on.iter().enumerate().filter(simulated) {
            let mut records = records.to_vec();
            for other in 1..=OTHER_SEEDS {
                records[place] = self.run(scenario, *engine, seed.wrapping_add(other));
                records[place].seed = seed;
                let agreement = Agreement::of(&records);
                if agreement.differing.is_empty() {
                    return Some(agreement);
                }
            }
        }
        None
    }

    fn run(self, scenario: &Scenario, engine: EngineArg, seed: u64) -> RunRecord {
        let job = Job {
            scenario,
            engine,
            seed,
            negate: None,
        };
        plan::run_for_claims(job, self.flags)
    }

    /// Returns the shortest schedule that still differs. It leaves ops out one after another, from the end.
    fn shrink(self, compared: &Compared) -> Compared {
        let mut best = self.compare_schedule(compared.seed, compared.schedule.clone());
        let mut place = best.schedule.ops.len();
        while place > 0 {
            place -= 1;
            let mut shorter = best.schedule.clone();
            shorter.ops.remove(place);
            if shorter.ops.is_empty() {
                break;
            }
            let tried = self.compare_schedule(compared.seed, shorter);
            if tried.differs() {
                best = tried;
                place = place.min(best.schedule.ops.len());
            }
        }
        best
    }

    /// Returns a scenario file that shows the difference.
    fn file(self, compared: &Compared) -> String {
        let mut text = String::new();
        let names: Vec<&str> = self
            .on
            .iter()
            .map(|engine| engines::name(*engine))
            .collect();
        let _ = writeln!(
            text,
            "# {} differ with seed {}{}:",
            names.join(" and "),
            compared.seed,
            self.flags.replay()
        );
        for difference in compared.agreement.differing.iter().take(20) {
            let _ = writeln!(text, "#   {}", describe(difference));
        }
        for error in &compared.errors {
            let _ = writeln!(text, "#   {error}");
        }
        text.push_str(&scenario(&compared.schedule, compared.seed).to_toml());
        text
    }
}

fn scenario(schedule: &Schedule, seed: u64) -> Scenario {
    let play = Play {
        pace: Pace::Rest,
        procedure: None,
    };
    schedule.scenario(
        &format!("random-{seed}"),
        &format!("random schedule {seed}"),
        &play,
    )
}

/// Returns why a run could not be made or was not finished.
fn error_of(record: &RunRecord) -> Option<String> {
    let failed = matches!(record.verdict, Verdict::Error | Verdict::Unsupported);
    failed.then(|| {
        let why = record
            .failure
            .as_ref()
            .map_or("no reason", |failure| &failure.text);
        format!("{}: {why}", record.engine)
    })
}

fn describe(difference: &Difference) -> String {
    let values: Vec<String> = difference
        .values
        .iter()
        .map(|(engine, value)| format!("{engine} {value}"))
        .collect();
    format!(
        "step {}, node {}, {}: {}",
        difference.step,
        difference.node,
        difference.field,
        values.join(", ")
    )
}

/// Returns the totals: fields and steps, equal and compared.
fn sums(done: &[Compared]) -> [u64; 4] {
    let sum = |of: fn(&Agreement) -> u64| done.iter().map(|one| of(&one.agreement)).sum();
    [
        sum(|agreement| agreement.equal),
        sum(|agreement| agreement.compared),
        sum(|agreement| agreement.steps_equal),
        sum(|agreement| agreement.steps_compared),
    ]
}

fn results(on: &[EngineArg], done: &[Compared], files: &[String]) -> serde_json::Value {
    let [equal, compared, steps_equal, steps_compared] = sums(done);
    let schedules: Vec<serde_json::Value> = done
        .iter()
        .filter(|one| one.race || one.differs())
        .map(|one| {
            json!({
                "seed": one.seed,
                "race": one.race,
                "differing": one.agreement.differing,
                "errors": one.errors,
            })
        })
        .collect();
    json!({
        "format": seatrial_scenarios::record::RESULTS_FORMAT,
        "program": provenance::PROGRAM,
        "commit": provenance::COMMIT,
        "engines": on.iter().map(|engine| engines::name(*engine)).collect::<Vec<_>>(),
        "agreement": {
            "compared": compared,
            "equal": equal,
            "steps_compared": steps_compared,
            "steps_equal": steps_equal,
        },
        "schedules": done.len(),
        "races": done.iter().filter(|one| one.race).count(),
        "differing": done.iter().filter(|one| one.differs()).count(),
        "not_as_one": schedules,
        "files": files,
    })
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
    let [equal, compared, steps_equal, steps_compared] = sums(done);
    out.line(&format!(
        "Agreement {} of the fields ({equal} of {compared}), {} of the steps ({steps_equal} of \
         {steps_compared})",
        super::percent(equal, compared),
        super::percent(steps_equal, steps_compared),
    ));
    out.line(&format!(
        "          {}, {} of them a race that another seed ends alike, {} differ",
        count(done.len(), "schedule", "schedules"),
        done.iter().filter(|one| one.race).count(),
        done.iter().filter(|one| one.differs()).count(),
    ));
    for file in files {
        out.line(&format!("  shrunk {}", args.out.join(file).display()));
    }
}
