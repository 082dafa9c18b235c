//! Random schedules on several engines, compared at rest; a schedule on which they differ is shrunk.
//!
//! A seed draws a schedule, every engine plays it, and the observations are compared. Where nodes do
//! something at once several outcomes are right. So a difference counts only if no simulated engine ends
//! with another seed, or with another order of what happens at one instant, as the others did.

use std::fmt::Write as _;

use seatrial_language::schedule::{Play, Schedule, Vocabulary};
use seatrial_language::{Pace, Scenario};
use seatrial_port::Span;

use crate::comparison::agreement::{Agreement, Difference};
use crate::trial::record::{RunRecord, Verdict};
use crate::trial::runner::Stagger;

/// How many other seeds of each simulated engine are tried before a difference counts. des begins with 16
/// constructions of the initial state, and so reaches fewer outcomes than madsim.
const OTHER_SEEDS: u64 = 120;

/// How many orders of what a step does at several nodes are tried then, each with these pauses. Containers begin one
/// after another, by the load of their machine.
const OTHER_ORDERS: u64 = 24;
const PAUSES: [Span; 3] = [
    Span::from_millis(20),
    Span::from_millis(100),
    Span::from_millis(400),
];

/// One playing of a schedule on an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The seed of the run.
    pub seed: u64,
    /// The order and the pauses of what a step does at several nodes; all in one instant if none is given.
    pub stagger: Option<Stagger>,
}

impl Attempt {
    /// Returns the first attempt at a schedule with this seed.
    const fn plain(seed: u64) -> Self {
        Self {
            seed,
            stagger: None,
        }
    }

    /// Returns the attempts in which a race may end otherwise.
    fn others(seed: u64) -> impl Iterator<Item = Self> {
        let seeds = (1..=OTHER_SEEDS).map(move |other| Self::plain(seed.wrapping_add(other)));
        let orders = (0..OTHER_ORDERS).flat_map(move |order| {
            PAUSES.map(|pause| Self {
                seed,
                stagger: Some(Stagger { order, pause }),
            })
        });
        seeds.chain(orders)
    }
}

/// An engine that takes part in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender {
    /// Its name in records.
    pub name: &'static str,
    /// Whether a seed decides its runs, so that other seeds can be tried.
    pub is_simulated: bool,
}

/// The engines, and how they play.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a, P> {
    /// The engines, two or more.
    pub engines: &'a [Contender],
    /// The ops from which schedules are drawn.
    pub vocabulary: &'a Vocabulary,
    /// Plays a scenario on the engine at this place, in this attempt.
    pub play: P,
}

/// The result of a schedule on all engines.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The seed of the schedule and of the runs.
    pub seed: u64,
    /// The schedule.
    pub schedule: Schedule,
    /// The agreement of the engines.
    pub agreement: Agreement,
    /// The engines differ with this seed, but one of them ends with another seed or order as the others did.
    pub race: bool,
    /// Why a run could not be made or was not finished, with the engine in front.
    pub errors: Vec<String>,
}

impl Compared {
    /// Whether the engines differ, and not by a race.
    pub fn differs(&self) -> bool {
        !self.errors.is_empty() || (!self.agreement.differing.is_empty() && !self.race)
    }
}

impl<P: Fn(usize, &Scenario, Attempt) -> RunRecord> Bench<'_, P> {
    /// Plays the schedule of a seed on every engine, and compares.
    pub fn compare(&self, seed: u64) -> Compared {
        let schedule = Schedule::draw(self.vocabulary, seed);
        self.compare_schedule(seed, schedule)
    }

    fn compare_schedule(&self, seed: u64, schedule: Schedule) -> Compared {
        let scenario = scenario(&schedule, seed);
        let records: Vec<RunRecord> = (0..self.engines.len())
            .map(|engine| (self.play)(engine, &scenario, Attempt::plain(seed)))
            .collect();
        let errors = records.iter().filter_map(error_of).collect::<Vec<_>>();
        let mut agreement = Agreement::of(&records);
        let mut race = false;
        if errors.is_empty()
            && !agreement.differing.is_empty()
            && let Some(other) = self.in_another_attempt(&scenario, seed, &records)
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

    /// Returns the agreement, if a simulated engine ends in another attempt as the others did with this seed.
    fn in_another_attempt(
        &self,
        scenario: &Scenario,
        seed: u64,
        records: &[RunRecord],
    ) -> Option<Agreement> {
        let engines = self.engines.iter().enumerate();
        for (place, _) in engines.filter(|(_, engine)| engine.is_simulated) {
            let mut records = records.to_vec();
            for attempt in Attempt::others(seed) {
                records[place] = (self.play)(place, scenario, attempt);
                records[place].seed = seed;
                let agreement = Agreement::of(&records);
                if agreement.differing.is_empty() {
                    return Some(agreement);
                }
            }
        }
        None
    }

    /// Returns the shortest schedule that still differs: it leaves out one op after another, from the end.
    pub fn shrink(&self, compared: &Compared) -> Compared {
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

    fn names(&self) -> Vec<&'static str> {
        self.engines.iter().map(|engine| engine.name).collect()
    }

    /// Returns the text of a scenario file that shows the difference. `flags` are those of the runs.
    pub fn file(&self, compared: &Compared, flags: &str) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "# {} {} with seed {}{flags}{}",
            self.names().join(" and "),
            if compared.differs() {
                "differ"
            } else {
                "agree"
            },
            compared.seed,
            if compared.differs() { ":" } else { "." },
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
    let mut scenario = schedule.scenario(
        &format!("random-{seed}"),
        &format!("random schedule {seed}"),
        &play,
    );
    // Nobody has looked whether the node of a drawn write can take one: a refusal is compared like any other end.
    for step in &mut scenario.steps {
        step.may_be_refused = step.action.has_write();
    }
    scenario
}

/// Says why a run could not be made or was not finished.
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

/// Says in one line which field differs, and its value on each engine.
pub fn describe(difference: &Difference) -> String {
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
