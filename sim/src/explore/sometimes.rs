//! Properties that a search from known states should come to sometimes. One that no run of a campaign has is listed
//! first in its report: the campaign has shown nothing about it.

use std::collections::BTreeSet;

use seatrial_scenarios::oracles::{Class, FINDINGS};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::StepObservation;
use seatrial_scenarios::{NodeObservation, ProcessState, RunRecord};

/// The zero uuid, as records name it.
const ZERO: &str = "zero";

/// The exit code of a server that has aborted: 128 and the number of SIGABRT.
const ABORTED: i32 = 134;

/// A property of all nodes after a step.
struct Sight {
    name: &'static str,
    holds: fn(&StepObservation) -> bool,
}

/// The properties that are read from the nodes after each step, and from the cluster before and after the procedure.
const SIGHTS: &[Sight] = &[
    Sight {
        name: "no server runs",
        holds: |step| step.nodes.values().all(|node| !runs(node)),
    },
    Sight {
        name: "servers run, and none is in a primary component",
        holds: |step| step.nodes.values().any(runs) && !step.nodes.values().any(is_primary),
    },
    Sight {
        name: "two primary components at rest",
        holds: |step| step.at_rest && kinds(step, is_primary, component) > 1,
    },
    Sight {
        name: "a node takes the state that it lacks",
        holds: |step| {
            any(step, |node| {
                is_in_state(node, &["Joining", "Joiner", "Joined"])
            })
        },
    },
    Sight {
        name: "a node is the donor",
        holds: |step| any(step, |node| is_in_state(node, &["Donor/Desynced"])),
    },
    Sight {
        name: "a server has aborted",
        holds: |step| any(step, |node| !runs(node) && node.exit == Some(ABORTED)),
    },
    Sight {
        name: "a stopped node is half copied",
        holds: |step| {
            any(step, |node| {
                !runs(node) && uuid(node).is_some_and(|uuid| uuid == ZERO)
            })
        },
    },
    Sight {
        name: "a stopped node is marked as the last one",
        holds: |step| any(step, is_marked),
    },
    Sight {
        name: "two stopped nodes are marked as the last one",
        holds: |step| step.nodes.values().filter(|node| is_marked(node)).count() > 1,
    },
    Sight {
        name: "a stopped node has a saved view",
        holds: |step| any(step, |node| !runs(node) && node.gvwstate.is_some()),
    },
    Sight {
        name: "two histories lie on disks",
        holds: |step| {
            let uuids = step.nodes.values().filter_map(uuid);
            uuids
                .filter(|uuid| *uuid != ZERO)
                .collect::<BTreeSet<_>>()
                .len()
                > 1
        },
    },
    Sight {
        name: "stopped nodes hold different rows",
        holds: |step| {
            kinds(
                step,
                |node| !runs(node) && node.rows.is_some(),
                |node| node.rows.clone(),
            ) > 1
        },
    },
];

fn any(step: &StepObservation, holds: impl Fn(&NodeObservation) -> bool) -> bool {
    step.nodes.values().any(holds)
}

/// Returns how many different values some nodes have.
fn kinds<T: Ord>(
    step: &StepObservation,
    which: impl Fn(&NodeObservation) -> bool,
    value: impl Fn(&NodeObservation) -> T,
) -> usize {
    let nodes = step.nodes.values().filter(|node| which(node));
    nodes.map(value).collect::<BTreeSet<T>>().len()
}

fn runs(node: &NodeObservation) -> bool {
    node.process == ProcessState::Running
}

fn is_primary(node: &NodeObservation) -> bool {
    runs(node) && node.cluster_status.as_deref() == Some("Primary")
}

fn component(node: &NodeObservation) -> (Option<String>, Option<String>) {
    (node.state_uuid.clone(), node.conf_id.clone())
}

fn is_in_state(node: &NodeObservation, states: &[&str]) -> bool {
    let state = node.local_state.as_deref();
    state.is_some_and(|state| states.contains(&state))
}

fn uuid(node: &NodeObservation) -> Option<&str> {
    node.grastate.as_ref().map(|file| file.uuid.as_str())
}

fn is_marked(node: &NodeObservation) -> bool {
    let file = node.grastate.as_ref();
    !runs(node) && file.is_some_and(|file| file.safe_to_bootstrap == 1)
}

/// The rules of `docs/rules.md` that can keep nodes from serving.
const RULES: [&str; 3] = ["P4", "V6", "S9"];

/// The outcomes that a campaign should come to sometimes. The others are bugs of this program.
fn outcomes() -> impl Iterator<Item = Outcome> {
    let all = Outcome::ALL.into_iter();
    all.filter(|outcome| !matches!(outcome, Outcome::Error | Outcome::ModelBroken))
}

/// Returns the names of all properties.
pub fn all() -> BTreeSet<String> {
    let sights = SIGHTS.iter().map(|sight| sight.name.to_owned());
    let rules = RULES.iter().map(|rule| of_rule(rule));
    let findings = FINDINGS.iter().filter(|kind| kind.class == Class::Finding);
    let findings = findings.map(|kind| of_finding(kind.name));
    let outcomes = outcomes().map(of_outcome);
    sights
        .chain(rules)
        .chain(findings)
        .chain(outcomes)
        .collect()
}

/// Returns the properties that a run has. `rules` hold the cluster at rest before the procedure.
pub(super) fn of_run(run: &RunRecord, rules: &BTreeSet<&'static str>) -> BTreeSet<String> {
    let sights = SIGHTS
        .iter()
        .filter(|sight| run.observations.iter().any(sight.holds));
    let sights = sights.map(|sight| sight.name.to_owned());
    let rules = rules.iter().map(|rule| of_rule(rule));
    let findings = run
        .findings
        .iter()
        .map(|finding| of_finding(&finding.oracle));
    let outcome = of_outcome(Outcome::of(run));
    let found: BTreeSet<String> = sights
        .chain(rules)
        .chain(findings)
        .chain([outcome])
        .collect();
    found.intersection(&all()).cloned().collect()
}

fn of_rule(rule: &str) -> String {
    format!("rule {rule} holds a node before the procedure")
}

fn of_finding(oracle: &str) -> String {
    format!("finding {oracle}")
}

fn of_outcome(outcome: Outcome) -> String {
    format!("outcome {}", outcome.name())
}
