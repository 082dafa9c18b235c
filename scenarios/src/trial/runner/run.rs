//! The steps of a run: each is performed and judged, then observed, then comes the second phase.

use seatrial_language::{Action, Pace, Part, Scenario, Step, Wait};
use seatrial_port::trace::TraceKind;
use seatrial_port::{Fault, Observation, Span};

use super::clock::Halt;
use super::options::RunOptions;
use super::output::CheckOutcome;
use super::play::Play;
use super::witness::Witness;

/// The longest time that an action's effects may take to begin.
const STIR: Span = Span::from_secs(1);

/// A run under way, between the cluster and a course.
///
/// Owns nothing: it lives for one call of the course, and borrows the parts of the course, the cluster,
/// the scenario and the options. It plays steps (here), performs their actions (`act.rs`) and plays the
/// second phase (`second_phase.rs`). It never reads or changes the
/// fields of a part: each part's methods do.
pub(super) struct Runner<'a> {
    /// Everything that lets time pass and writes down.
    pub(super) play: Play<'a>,
    /// The oracles.
    pub(super) witness: &'a mut Witness,
    pub(super) scenario: &'a Scenario,
    pub(super) options: &'a RunOptions,
}

impl<'a> Runner<'a> {
    /// Plays the whole scenario.
    pub(super) async fn play(&mut self) {
        let scenario = self.scenario;
        self.look_at_the_beginning().await;
        let mut steps = scenario.steps.iter().peekable();
        while let Some(step) = steps.next() {
            self.play_step(step, steps.peek().copied()).await;
            match self.play.clock.halted() {
                None => {}
                Some(Halt::OverLimit) => {
                    self.play.journal.failed(format!(
                        "the scenario's limit of {} passed in this step: {}",
                        scenario.limit, step.action
                    ));
                    break;
                }
                Some(Halt::Unsupported) => break,
            }
        }
        self.finish_with_the_second_phase().await;
    }

    /// Shows the initial state to the oracles, and gives its uuids their names.
    pub(super) async fn look_at_the_beginning(&mut self) {
        self.play.trace(TraceKind::Step {
            step: 0,
            title: "initial state".to_owned(),
        });
        let edits = self.scenario.edits();
        if !edits.is_empty() {
            self.apply(&edits).await;
        }
        let initial = self.play.observe().await;
        self.play.journal.name_uuids(&initial);
        self.look(&initial, true);
    }

    /// Plays the second phase where there is one, and writes down the ends of what has ended.
    pub(super) async fn finish_with_the_second_phase(&mut self) {
        let wanted = self.options.second_phase && self.scenario.second_phase;
        if wanted && self.play.clock.halted().is_none() {
            let step = self.play.journal.step().saturating_add(1);
            self.play.journal.turn_to(step);
            self.second_phase().await;
        }
        self.play.refresh().await;
        if self.play.clock.halted().is_none() {
            self.play.read_all_lists().await;
        }
        let found = self.play.judge_history();
        self.play.journal.found(found);
    }

    /// Plays a step: its action, its check, the pause after it, an observation.
    pub(super) async fn play_step(&mut self, step: &Step, next: Option<&Step>) {
        self.play.journal.turn_to(step.number);
        self.play.trace(TraceKind::Step {
            step: step.number,
            title: step.action.to_string(),
        });
        if let Some(outcome) = self.act(&step.action).await {
            self.judge(step, outcome);
        }
        let at_rest = self.pause(step, next).await;
        self.play.refresh().await;
        let observation = self.play.observe().await;
        let starting = step.action.starts_or_stops();
        let unstable = if starting.len() > 1 {
            Some(format!(
                "{} nodes start or stop in one instant",
                starting.len()
            ))
        } else if self.packets_are_lost_by_chance(step) {
            Some("packets are lost by chance, and views come and go with them".to_owned())
        } else {
            None
        };
        let now = self.play.now();
        self.play
            .journal
            .observed(now, at_rest, unstable, &observation);
        self.look(&observation, at_rest);
    }

    /// Returns whether packets were lost by chance, or links flapped, when this step began or in it.
    fn packets_are_lost_by_chance(&self, step: &Step) -> bool {
        let mut lost = false;
        for earlier in &self.scenario.steps {
            if earlier.number > step.number {
                break;
            }
            let Action::Faults(faults) = &earlier.action else {
                continue;
            };
            for fault in faults {
                match fault {
                    Fault::Loss { .. } | Fault::Flap { .. } => lost = true,
                    // The step that heals has seen the last of it.
                    Fault::Heal if earlier.number < step.number => lost = false,
                    _ => {}
                }
            }
        }
        lost
    }

    /// Writes down what a step's check has shown.
    fn judge(&mut self, step: &Step, outcome: CheckOutcome) {
        self.play.trace(TraceKind::Check {
            step: step.number,
            held: outcome.held,
            text: outcome.text.clone(),
        });
        self.play.journal.checked(step.claim.as_ref(), outcome);
    }

    /// Returns the part of this step's check that is negated, if one is.
    pub(super) fn negated(&self) -> Option<&'a Part> {
        self.options.negated(self.play.journal.step())
    }

    /// Waits between two steps as the pace says, and says whether the cluster is at rest.
    async fn pause(&mut self, step: &Step, next: Option<&Step>) -> bool {
        let pace = step
            .pace
            .or(self.options.pace)
            .or(self.scenario.pace)
            .unwrap_or(Pace::Next);
        // A wait looks for the middle of something, and a named request is to meet what follows:
        // rest would be over both.
        let in_the_middle = matches!(step.action, Action::Wait(_))
            || matches!(
                next,
                Some(Step {
                    action: Action::Wait(Wait::Until { .. } | Wait::Moment { .. }),
                    ..
                })
            )
            || is_named(&step.action);
        if pace == Pace::Next || in_the_middle {
            return false;
        }
        // The effects of an action begin a moment after it has returned. The quiet before them is not
        // rest.
        if !step.action.only_looks() && !self.play.requests.is_under_load() {
            self.play.pass(STIR).await;
        }
        self.play.rest().await
    }

    /// Shows an observation to the oracles, and writes down what they find.
    pub(super) fn look(&mut self, observation: &Observation, at_rest: bool) {
        let found = self.witness.see(observation, at_rest, self.play.journal);
        for finding in &found {
            self.play
                .note(format!("finding {}: {}", finding.oracle, finding.message));
        }
        self.play.journal.found(found);
    }
}

/// Returns whether the step leaves a named request running.
fn is_named(action: &Action) -> bool {
    match action {
        Action::Write(write) => write.name.is_some(),
        Action::Command(command) => command.name.is_some(),
        Action::Operator(operator) => operator.name.is_some(),
        Action::Together(parts) => parts.iter().any(is_named),
        _ => false,
    }
}
