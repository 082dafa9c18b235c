//! Several operators at once: what a second one changes, what its seat lets it reach, and that every run is the same.

use seatrial_scenarios::language::{Action, Beside, Operators};
use seatrial_scenarios::matrix::{Broken, broken_states, cell_scenario, operators_act};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::{
    NodeName, Request, RunOptions, RunRecord, Scenario, Span, Supervisor, Trace, TraceKind,
    catalogue,
};
use seatrial_sim::des::{self, Templates};
use seatrial_sim::{explore, madsim_engine};

/// The scenarios of published failures that need two actors.
const PUBLISHED: [&str; 4] = [
    "two-agents-name-their-own-node",
    "empty-nodes-each-begin-a-cluster",
    "two-pods-have-a-reason-each",
    "a-partition-hides-the-primary-from-a-pod",
];

fn named(id: &str) -> Scenario {
    catalogue::beyond()
        .into_iter()
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right"))
        .find(|scenario| scenario.id == id)
        .expect("there is one")
}

fn run(engine: &str, scenario: &Scenario) -> (RunRecord, Trace) {
    let setup = scenario.setup(None, 1);
    let options = RunOptions {
        seed: 1,
        engine: engine.to_owned(),
        ..RunOptions::default()
    };
    let ran = match engine {
        "des" => des::run(scenario, &setup, &options),
        _ => madsim_engine::run(scenario, &setup, &options),
    };
    ran.expect("the initial state is reached")
}

fn oracles(record: &RunRecord) -> Vec<&str> {
    let mut names: Vec<&str> = record
        .findings
        .iter()
        .map(|found| found.oracle.as_str())
        .collect();
    names.sort_unstable();
    names
}

/// The lines that one operator has typed, and where.
fn typed(record: &RunRecord, operator: u32) -> Vec<(&NodeName, &str)> {
    let commands = record.commands.iter();
    commands
        .filter(|one| one.procedure.is_some() && one.operator == operator)
        .map(|one| (&one.node, one.line.as_str()))
        .collect()
}

/// The scenario pack as broken states.
fn pack() -> Vec<Broken> {
    let files = catalogue::pack().into_iter();
    let scenarios: Vec<Scenario> = files
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right"))
        .collect();
    broken_states(&scenarios)
}

#[test]
fn beside_one_that_only_looks_a_procedure_does_what_it_does_alone() {
    let mut templates = Templates::default();
    let looks = Operators {
        seat: None,
        beside: vec![Beside {
            procedure: "none".to_owned(),
            after: Span::from_secs(3),
            seat: None,
        }],
    };
    for state in pack() {
        let alone = cell_scenario(&state, "manual-corrected", Supervisor::None);
        let mut beside = alone.clone();
        operators_act(&mut beside, &state, "beside none", &looks, false);
        let mut play = |scenario| {
            explore::play(&mut templates, scenario, 1, None).expect("the initial state is reached")
        };
        let (alone, beside) = (play(&alone), play(&beside));
        let id = &state.scenario.id;
        assert_eq!(Outcome::of(&alone), Outcome::of(&beside), "{id}");
        assert_eq!(typed(&alone, 0), typed(&beside, 1), "{id}");
        assert!(!typed(&beside, 2).is_empty(), "{id}: the second one looks");
    }
}

#[test]
fn both_engines_come_to_the_published_failures() {
    for id in PUBLISHED {
        let scenario = named(id);
        let (des, _) = run("des", &scenario);
        let (madsim, _) = run("madsim", &scenario);
        assert_eq!(oracles(&des), oracles(&madsim), "{id}");
        assert!(oracles(&des).contains(&"twin-primaries"), "{id}");
        if !scenario.steps.iter().any(is_race) {
            let last = |record: &RunRecord| record.observations.last().map(|one| one.nodes.clone());
            assert_eq!(last(&des), last(&madsim), "{id}");
        }
    }
}

fn is_race(step: &seatrial_scenarios::language::Step) -> bool {
    matches!(&step.action, Action::Expect(expect) if !expect.state.any.is_empty())
}

#[test]
fn a_run_of_several_operators_is_the_same_bytes_again() {
    let scenario = named("two-pods-have-a-reason-each");
    for engine in ["des", "madsim"] {
        let (first, second) = (run(engine, &scenario), run(engine, &scenario));
        assert!(first.0 == second.0, "{engine}: another record");
        assert!(first.1 == second.1, "{engine}: another trace");
    }
}

/// Each of the two pods is safe where it acts alone; together they are not.
#[test]
fn two_pods_collide_and_each_alone_does_not() {
    let both = named("two-pods-have-a-reason-each");
    assert!(oracles(&run("des", &both).0).contains(&"twin-primaries"));
    for seat in ["A", "C"] {
        let mut alone = both.clone();
        for step in &mut alone.steps {
            if let Action::Procedure(acts) = &mut step.action {
                acts.operators = Operators {
                    seat: Some(NodeName::new(seat)),
                    beside: Vec::new(),
                };
            }
        }
        let (record, _) = run("des", &alone);
        assert!(
            !oracles(&record).contains(&"twin-primaries"),
            "the pod of {seat} alone: {:?}",
            record.findings
        );
    }
}

#[test]
fn an_operator_reaches_the_hosts_of_its_own_side() {
    let (record, _) = run("des", &named("a-partition-hides-the-primary-from-a-pod"));
    let mut tried = 0;
    for command in &record.commands {
        let (Some(output), 1..) = (&command.output, command.operator) else {
            continue;
        };
        // Operator 1 sits beside A; 2 and 3 beside B and C, on the other side.
        let is_away = (command.operator == 1) != (command.node.as_str() == "A");
        assert_eq!(output.exit == 255, is_away, "{command:?}");
        tried += u32::from(is_away);
    }
    assert!(tried > 0, "each side has tried the other one");
}

#[test]
fn the_trace_says_whose_each_command_is() {
    let (record, trace) = run("des", &named("two-pods-have-a-reason-each"));
    let step = record.procedures[0].step;
    let mut now = 0;
    let mut operators = Vec::new();
    let mut announced = None;
    for event in &trace.events {
        match &event.what {
            TraceKind::Step { step, .. } => now = *step,
            TraceKind::Operator { operator, .. } => announced = Some(*operator),
            TraceKind::Request {
                request: Request::Operator { .. },
                ..
            } if now == step => operators.push(announced.take().expect("somebody types it")),
            TraceKind::Request { .. } => assert_eq!(announced, None, "nobody else is announced"),
            _ => {}
        }
    }
    assert!(operators.contains(&1) && operators.contains(&2));
    let names: Vec<String> = record
        .procedures
        .iter()
        .map(seatrial_scenarios::record::ProcedureRecord::who)
        .collect();
    assert_eq!(names, ["1 kubeblocks-pod at A", "2 kubeblocks-pod at C"]);
}
