//! Broken states: the scenario pack as it is, and the documented scenarios up to the first thing that
//! an operator does about it.

use seatrial_language::{Action, NodeCommand, Operators, Pace, ProcedureStep, Scenario, Step};

/// A scenario whose steps break a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The scenario, with a procedure in its second phase or in one of its steps.
    pub scenario: Scenario,
    /// The number of steps that come before the procedure acts for the first time.
    pub before: usize,
}

impl Broken {
    /// Returns the broken state of a scenario, `None` where nothing happens before an operator acts.
    ///
    /// A scenario of a pack is taken whole: its steps break the cluster, and a `procedure` step says
    /// where the procedure acts before everything is healed. Of any other scenario what comes before
    /// the first command of an operator is taken, and the second phase heals and recovers.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let mut scenario = scenario.clone();
        if scenario.pack.is_none() {
            let acts = scenario
                .steps
                .iter()
                .position(|step| recovers(&step.action));
            scenario
                .steps
                .truncate(acts.unwrap_or(scenario.steps.len()));
            let happens = |action: &Action| {
                matches!(
                    action,
                    Action::Faults(_) | Action::Command(_) | Action::Together(_)
                )
            };
            if !scenario.steps.iter().any(|step| happens(&step.action)) {
                return None;
            }
            scenario.second_phase = true;
        }
        // A finding that a scenario expects is still a failure of a procedure.
        scenario.findings.clear();
        // Said, so that a replay of the file is the same run.
        scenario.pace = Some(scenario.pace.unwrap_or(Pace::Next));
        for step in &mut scenario.steps {
            step.claim = None;
        }
        let acts = |action: &Action| matches!(action, Action::Procedure(_));
        let first = scenario.steps.iter().position(|step| acts(&step.action));
        let before = first.unwrap_or(scenario.steps.len());
        Some(Self { scenario, before })
    }

    /// Returns whether the two do the same to the same cluster.
    fn is_same(&self, other: &Self) -> bool {
        let actions = |broken: &Self| -> Vec<Action> {
            let steps = broken.scenario.steps.iter();
            steps.map(|step| step.action.clone()).collect()
        };
        self.scenario.nodes == other.scenario.nodes
            && self.scenario.initial == other.scenario.initial
            && self.scenario.options == other.scenario.options
            && self.scenario.pace == other.scenario.pace
            && actions(self) == actions(other)
    }
}

/// Returns the broken states of scenarios, in their order, each once.
pub fn broken_states(scenarios: &[Scenario]) -> Vec<Broken> {
    let mut states: Vec<Broken> = Vec::new();
    for broken in scenarios.iter().filter_map(Broken::of) {
        if !states.iter().any(|known| known.is_same(&broken)) {
            states.push(broken);
        }
    }
    states
}

/// Returns whether an operator acts here, other than by starting and stopping.
fn recovers(action: &Action) -> bool {
    match action {
        Action::Operator(_) | Action::Procedure(_) => true,
        Action::Command(command) => matches!(
            command.command,
            NodeCommand::Force
                | NodeCommand::Bootstrap
                | NodeCommand::PcBootstrap
                | NodeCommand::Recover
        ),
        Action::Together(parts) => parts.iter().any(recovers),
        _ => false,
    }
}

/// Puts a procedure where one acts. How it must end is not asked for: that is the outcome.
pub(super) fn put_procedure(scenario: &mut Scenario, procedure: &str) {
    procedure.clone_into(&mut scenario.procedure);
    for step in &mut scenario.steps {
        if let Action::Procedure(acts) = &mut step.action {
            procedure.clone_into(&mut acts.name);
            acts.ends = None;
        }
    }
}

/// Lets the operators of a cell act in its scenario, wherever its procedure acts. `label` names them. With
/// `while_broken` they act once before anything is healed, where no step says so already, and again in the second phase.
pub fn operators_act(
    scenario: &mut Scenario,
    broken: &Broken,
    label: &str,
    operators: &Operators,
    while_broken: bool,
) {
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let words: Vec<&str> = label.split(|letter| !word(letter)).collect();
    let words: Vec<&str> = words.into_iter().filter(|one| !one.is_empty()).collect();
    scenario.id = format!("{}--{}", broken.scenario.id, words.join("-").to_lowercase());
    scenario.title = format!("{}: {label}", broken.scenario.title);
    scenario.operators = operators.clone();
    if while_broken && broken.before == scenario.steps.len() {
        let number = u32::try_from(scenario.steps.len()).unwrap_or(u32::MAX);
        let acts = Action::Procedure(ProcedureStep {
            name: scenario.procedure.clone(),
            ends: None,
            operators: Operators::default(),
        });
        let step = Step::unwritten(number.saturating_add(1), acts);
        scenario.steps.push(step);
    }
    for step in &mut scenario.steps {
        if let Action::Procedure(acts) = &mut step.action {
            acts.operators = operators.clone();
        }
    }
}
