//! `seatrial advise`: what to do with a broken cluster, from what it left behind.

mod report;
#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
mod text;

use seatrial_galera::LoggedStep;

use seatrial_evidence::{Finding, Kind, Known, PositionFrom, Server, Weight, findings};
use seatrial_scenarios::NodeName;
use seatrial_scenarios::advice::{
    Advice, Circumstances, Evidence, Look, RecoveryRun, Running, advise as conclude,
};

use crate::gathered::Gathered;

pub(crate) use report::FileReport;

/// The advice, with everything that it is made of.
pub struct Answer {
    gathered: Gathered,
    findings: Vec<Finding>,
    advice: Advice,
}

impl Answer {
    /// Returns the advice on this evidence.
    pub fn of(gathered: Gathered) -> Self {
        let findings = findings(&gathered.nodes);
        let called = |name: &str| called(&gathered.nodes, name);
        let looks: Vec<Look> = gathered
            .nodes
            .iter()
            .map(|node| look(node, &called))
            .collect();
        let contradictions = findings.iter().filter(|one| is_contradiction(one));
        let circumstances = Circumstances {
            away: gathered.away.iter().map(NodeName::new).collect(),
            contradictions: contradictions
                .map(|one| one.says.trim_end_matches('.').to_owned())
                .collect(),
            // With one node alone, nobody knows what the others hold.
            doubtful: findings.iter().any(|one| one.weight != Weight::Notes)
                || gathered.nodes.len() + gathered.away.len() < 2,
        };
        let advice = conclude(&looks, &circumstances);
        Self {
            gathered,
            findings,
            advice,
        }
    }

    /// Returns the advice for people. `explain` adds what it rests on.
    pub fn text(&self, explain: bool) -> String {
        text::text(self, explain)
    }

    /// Returns the advice for programs, in the form of `docs/advise.schema.json`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&report::report(self))
    }
}

/// Whether the finding is a contradiction, and not the state of a server that runs.
fn is_contradiction(finding: &Finding) -> bool {
    finding.weight == Weight::Stops
        && !matches!(finding.kind, Kind::Serves | Kind::NoQuorum | Kind::Runs)
}

/// Returns the name that the answer has for the node of this name in the logs.
fn called(nodes: &[Known], name: &str) -> String {
    let known = nodes
        .iter()
        .find(|node| node.files.own_names.contains(name));
    known
        .map_or(name, |node| node.files.name.as_str())
        .to_owned()
}

/// Returns a step with the names that the answer has for the nodes.
fn renamed(step: &LoggedStep, called: &impl Fn(&str) -> String) -> LoggedStep {
    match step {
        LoggedStep::Start(position) => LoggedStep::Start(*position),
        LoggedStep::View(view) => {
            let mut view = view.clone();
            for (_, name) in &mut view.members {
                *name = called(name);
            }
            LoggedStep::View(view)
        }
        LoggedStep::Asked { joiner, donor } => LoggedStep::Asked {
            joiner: called(joiner),
            donor: called(donor),
        },
        LoggedStep::Copied { donor, position } => LoggedStep::Copied {
            donor: called(donor),
            position: *position,
        },
    }
}

/// The findings on a node, as the decision takes them.
fn look(node: &Known, called: &impl Fn(&str) -> String) -> Look {
    let run = match (&node.log.recovered, &node.log.moved_on) {
        (Some(_), None) if node.log.earlier_differ => RecoveryRun::AmongOlder,
        (Some(_), None) => RecoveryRun::Made,
        _ => RecoveryRun::Missing,
    };
    // A position that only the log tells is as good as that of a run that was made then.
    let by_log = matches!(
        node.position,
        Some((_, PositionFrom::LogAtStart | PositionFrom::LogAtStop))
    );
    Look {
        evidence: Evidence {
            node: NodeName::new(&node.files.name),
            position: node.position.map(|(position, _)| position.value),
            saved: node.saved(),
            view: node.view(),
        },
        grastate: node.state_file.is_some(),
        run: if by_log { RecoveryRun::Made } else { run },
        gvwstate: node.view_file.is_some(),
        running: match node.server {
            Server::Serves { .. } => Some(Running::Serves),
            Server::NoQuorum { .. } => Some(Running::NoQuorum),
            Server::Waits { .. } => Some(Running::Waits),
            Server::Runs { .. } => Some(Running::Unclear),
            Server::MayRun { .. } if node.position.is_none() => Some(Running::Unclear),
            Server::MayRun { .. } | Server::Down { .. } | Server::Unknown => None,
        },
        steps: node
            .steps
            .iter()
            .map(|step| renamed(step, called))
            .collect(),
    }
}
