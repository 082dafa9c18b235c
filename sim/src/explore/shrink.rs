//! Shrinks a failing scenario: the same outcome with fewer and simpler steps.
//!
//! Every step is total, so any subset of the steps is a scenario. Steps go from the end, one by one
//! and in pairs (a stop and its start, a cut and its heal); what remains is made simpler: fewer nodes,
//! fewer rows, shorter waits. The outcome must stay the same throughout, so that one finding does not
//! turn into another on the way. Where a finding is wanted and no outcome, it is the finding that stays.

use std::collections::BTreeSet;

use seatrial_scenarios::language::{Action, Step, Wait, Workload};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::{RunRecord, Scenario, Span, Timers};

use crate::des::Templates;

use super::shard::{Found, Kind};
use super::{Options, Played, SeedRecord, play};

/// The number of runs that a reduction may take.
const RUNS_MAX: u32 = 400;

/// The shortest workload that is tried.
const SPAN_MIN: Span = Span::from_millis(100);

/// The property of a run that a smaller scenario must keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The run has this outcome.
    Outcome(Outcome),
    /// The run has a finding of this name.
    Finding(String),
}

impl Goal {
    /// Returns whether a run has the property.
    fn holds(&self, run: &RunRecord) -> bool {
        match self {
            Self::Outcome(outcome) => Outcome::of(run) == *outcome,
            Self::Finding(name) => run.findings.iter().any(|one| one.oracle == *name),
        }
    }
}

/// A scenario that could not be shrunk further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The scenario.
    pub scenario: Scenario,
    /// The seed with which it fails.
    pub seed: u64,
    /// The outcome of the run that was made smaller; that of the small one too, if the outcome was the goal.
    pub outcome: Outcome,
    /// The number of runs that it took.
    pub runs: u32,
}

struct Shrinker<'a> {
    templates: &'a mut Templates,
    timers: Option<Timers>,
    seed: u64,
    goal: Goal,
    runs: u32,
}

impl Shrinker<'_> {
    fn still_fails(&mut self, scenario: &Scenario) -> bool {
        if self.runs >= RUNS_MAX {
            return false;
        }
        self.runs += 1;
        play(self.templates, scenario, self.seed, self.timers)
            .is_ok_and(|run| self.goal.holds(&run))
    }

    /// Takes out steps at these places, if it then still fails.
    fn without(&mut self, scenario: &mut Scenario, places: &[usize]) -> bool {
        let steps = scenario.steps.iter().enumerate();
        let kept: Vec<Step> = steps
            .filter(|(place, _)| !places.contains(place))
            .map(|(_, step)| step.clone())
            .collect();
        self.try_steps(scenario, kept)
    }

    fn try_steps(&mut self, scenario: &mut Scenario, steps: Vec<Step>) -> bool {
        let Some(candidate) = with_steps(scenario, steps) else {
            return false;
        };
        let better = self.still_fails(&candidate);
        if better {
            *scenario = candidate;
        }
        better
    }

    fn fewer_steps(&mut self, scenario: &mut Scenario) {
        // The longest suffix that is not needed goes first.
        let mut length = scenario.steps.len() / 2;
        while length > 0 {
            let from = scenario.steps.len().saturating_sub(length);
            let suffix: Vec<usize> = (from..scenario.steps.len()).collect();
            if !self.without(scenario, &suffix) {
                length /= 2;
            }
        }
        let mut place = scenario.steps.len();
        while place > 0 {
            place -= 1;
            if place < scenario.steps.len() {
                self.without(scenario, &[place]);
            }
        }
        let mut first = 0;
        while first < scenario.steps.len() {
            let mut second = first + 1;
            let mut gone = false;
            while second < scenario.steps.len() {
                if self.without(scenario, &[first, second]) {
                    gone = true;
                    break;
                }
                second += 1;
            }
            if !gone {
                first += 1;
            }
        }
    }

    fn simpler_steps(&mut self, scenario: &mut Scenario) {
        for place in 0..scenario.steps.len() {
            while let Some(action) =
                simpler(&scenario.steps[place].action)
                    .into_iter()
                    .find(|action| {
                        let mut steps = scenario.steps.clone();
                        steps[place].action = action.clone();
                        with_steps(scenario, steps)
                            .is_some_and(|candidate| self.still_fails(&candidate))
                    })
            {
                let mut steps = scenario.steps.clone();
                steps[place].action = action;
                match with_steps(scenario, steps) {
                    Some(candidate) => *scenario = candidate,
                    None => break,
                }
            }
        }
    }
}

/// Returns the scenario with other steps, read again so that it is what its file would be.
fn with_steps(scenario: &Scenario, steps: Vec<Step>) -> Option<Scenario> {
    if steps.is_empty() {
        return None;
    }
    let steps = steps
        .into_iter()
        .zip(1..)
        .map(|(step, number)| Step {
            number,
            may_skip: step.may_skip && step.action.has_fault(),
            may_be_refused: step.may_be_refused && step.action.has_write(),
            ..step
        })
        .collect();
    let written = Scenario {
        steps,
        ..scenario.clone()
    };
    Scenario::parse(&scenario.file, &written.to_toml()).ok()
}

/// Simpler forms of an action, the simplest first.
fn simpler(action: &Action) -> Vec<Action> {
    match action {
        Action::Write(write) if write.rows > 1 => {
            let one = seatrial_scenarios::language::Write {
                rows: 1,
                ..write.clone()
            };
            vec![Action::Write(one)]
        }
        Action::Command(command) if command.nodes.len() > 1 => (0..command.nodes.len())
            .map(|left_out| {
                let mut fewer = command.clone();
                fewer.nodes.remove(left_out);
                Action::Command(fewer)
            })
            .collect(),
        Action::Faults(faults) if faults.len() > 1 => (0..faults.len())
            .map(|left_out| {
                let mut fewer = faults.clone();
                fewer.remove(left_out);
                Action::Faults(fewer)
            })
            .collect(),
        Action::Together(parts) => parts.clone(),
        Action::Wait(Wait::For(span)) if *span > Span::from_secs(1) => {
            let half = Span::from_secs(span.as_micros() / 2_000_000);
            vec![Action::Wait(Wait::For(half.max(Span::from_secs(1))))]
        }
        Action::Workload(workload) if workload.clients > 0 => simpler_workloads(workload)
            .into_iter()
            .map(Action::Workload)
            .collect(),
        _ => Vec::new(),
    }
}

/// Simpler forms of a workload: it ends by itself, fewer clients, fewer rows, fewer nodes, a shorter time.
fn simpler_workloads(workload: &Workload) -> Vec<Workload> {
    let with = |change: &dyn Fn(&mut Workload)| {
        let mut simpler = workload.clone();
        change(&mut simpler);
        simpler
    };
    let half = workload.span.map(|span| Span(span.0 / 2));
    let span = match half {
        None => Some(Span::from_secs(1)),
        Some(half) => Some(half).filter(|half| *half >= SPAN_MIN),
    };
    let mut forms = Vec::new();
    forms.extend((workload.clients > 1).then(|| with(&|one| one.clients = 1)));
    forms.extend((workload.rows > 1).then(|| with(&|one| one.rows = 1)));
    if workload.nodes.len() > 1 {
        let fewer = |left_out| with(&|one| drop(one.nodes.remove(left_out)));
        forms.extend((0..workload.nodes.len()).map(fewer));
    }
    forms.extend(span.map(|span| with(&|one| one.span = Some(span))));
    forms
}

/// Makes a scenario as small as it gets. Without a goal it keeps its outcome. Returns none if its run does not have
/// the goal, or has a good outcome where that is the goal.
pub fn shrink(
    templates: &mut Templates,
    scenario: &Scenario,
    seed: u64,
    timers: Option<Timers>,
    goal: Option<Goal>,
) -> Option<Shrunk> {
    let run = play(templates, scenario, seed, timers).ok()?;
    let outcome = Outcome::of(&run);
    let goal = goal.unwrap_or(Goal::Outcome(outcome));
    let is_good = matches!(&goal, Goal::Outcome(outcome) if outcome.is_good());
    if is_good || !goal.holds(&run) {
        return None;
    }
    let mut shrinker = Shrinker {
        templates,
        timers,
        seed,
        goal,
        runs: 1,
    };
    let mut small = scenario.clone();
    loop {
        let before = small.clone();
        shrinker.fewer_steps(&mut small);
        shrinker.simpler_steps(&mut small);
        if small == before {
            break;
        }
    }
    let small = with_leave(shrinker.templates, small, seed, timers);
    Some(Shrunk {
        scenario: small,
        seed,
        outcome,
        runs: shrinker.runs,
    })
}

/// Returns the scenario in which faults that had no effect may have none, and writes that were refused may be.
/// Otherwise `seatrial run` would fail its file for that, and not for what was found.
fn with_leave(
    templates: &mut Templates,
    mut scenario: Scenario,
    seed: u64,
    timers: Option<Timers>,
) -> Scenario {
    let Ok(run) = play(templates, &scenario, seed, timers) else {
        return scenario;
    };
    for (fault, _) in run.skipped_faults() {
        for step in &mut scenario.steps {
            step.may_skip |= step.number == fault.step;
        }
    }
    for writes in &run.refused {
        for step in &mut scenario.steps {
            step.may_be_refused |= step.number == writes.step;
        }
    }
    scenario
}

/// Shrinks the schedule of a run that was not recovered, and names the scenario after its outcome.
pub fn reduce(templates: &mut Templates, options: &Options, played: &Played) -> Found {
    let kind = Kind::Outcome(played.record.outcome, played.record.oracles.clone());
    reduce_to(templates, options, played, &kind)
}

/// Shrinks the schedule of a finding of this kind, and names the scenario after what it shows.
pub fn reduce_to(
    templates: &mut Templates,
    options: &Options,
    played: &Played,
    kind: &Kind,
) -> Found {
    let SeedRecord { seed, outcome, .. } = played.record;
    let scenario = played.scenario(options);
    let (name, goal, oracles, anomaly) = match kind {
        Kind::Outcome(outcome, oracles) => {
            let goal = Goal::Outcome(*outcome);
            (outcome.name(), goal, oracles.clone(), None)
        }
        Kind::Anomaly(name) => {
            let goal = Goal::Finding(name.clone());
            (name.as_str(), goal, BTreeSet::new(), Some(name.clone()))
        }
    };
    let seed_of_run = played.master_seed();
    let mut small = shrink(
        templates,
        &scenario,
        seed_of_run,
        options.timers,
        Some(goal),
    )
    .map_or(scenario, |shrunk| shrunk.scenario);
    let who = format!("{}{}", options.procedure, options.operators);
    small.title = format!("{name} with {who}, found by exploration with seed {seed}");
    small.id = format!("{name}-{}-{seed}", options.procedure);
    small.findings.extend(anomaly.clone());
    Found {
        seed,
        outcome,
        oracles,
        anomaly,
        steps: small.steps.len(),
        scenario: small.to_toml(),
    }
}
