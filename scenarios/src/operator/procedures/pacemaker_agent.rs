//! P4a: the `galera` resource agent of Pacemaker as an automaton on each node, as it was until 2017.
//!
//! Source: ClusterLabs/resource-agents, `heartbeat/galera`, v3.9.6, `detect_first_master` and `galera_promote`. Each
//! agent publishes the position of its node, waits until all have reported, and names the first node by itself: the
//! highest position, and its own node where no other one is higher (#770, #939). Then it promotes its own node: with a
//! bootstrap if it has named that, else by joining once somebody serves. Nobody compares who was named.
//!
//! The attributes of Pacemaker are read from the other hosts: the state file, and the last recovered position in the
//! log. Among equal positions v3.9.6 takes the last of its list, and its own node only where none has a position
//! (#939). The report of #770 says that equal positions name two nodes as well, so that this rule does, too.
//!
//! Defects: D1, D5, D6, D7.

use seatrial_galera::Saved;
use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, is_undefined, leading_number};
use super::survey::{Situation, Survey};

/// The time for which the agent's monitor goes on asking before we call it stuck.
const PATIENCE: Span = Span::from_secs(900);

/// The time between two monitors of a slave.
const MONITOR: Span = Span::from_secs(30);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let Some(own) = console.seat() else {
        return ProcedureOutcome::GaveUp("an agent needs a node of its own".to_owned());
    };
    let mut hands = Hands::new(console);
    let survey = hands.settle().await;
    if survey.verdict() == Situation::Recovered {
        return ProcedureOutcome::Recovered;
    }
    let serves = |survey: &Survey| survey.nodes.iter().any(|(_, seen)| seen.is_ready());
    let own_serves = survey
        .nodes
        .iter()
        .any(|(node, seen)| *node == own && seen.is_ready());
    if own_serves {
        return hands.end().await;
    }
    hands.stop(&own).await;
    if !serves(&survey) {
        // What it prints is what the others read.
        let _ = hands.recovered_now(&own).await;
        let until = hands.console.now() + PATIENCE;
        loop {
            match first_by(&mut hands, &own).await {
                Ok(first) if first == own => {
                    if let Err(outcome) = hands.force_and_bootstrap(&own).await {
                        return outcome;
                    }
                    return hands.end().await;
                }
                Ok(_) => break,
                Err(missing) if hands.console.now() >= until => {
                    let why = format!("{missing} has reported no position, and is waited for");
                    return hands.gave_up(&why).await;
                }
                Err(_) => hands.console.sleep(MONITOR).await,
            }
        }
        // It is promoted to join when a master is there.
        loop {
            if serves(&Survey::take(hands.console).await) {
                break;
            }
            if hands.console.now() >= until {
                return hands
                    .gave_up("the node that was named does not serve")
                    .await;
            }
            hands.console.sleep(MONITOR).await;
        }
    }
    hands.start(&own).await;
    hands.end().await
}

/// Returns the node that this agent names, or one that has not reported.
async fn first_by(hands: &mut Hands<'_>, own: &NodeName) -> Result<NodeName, NodeName> {
    let nodes = hands.nodes();
    let reports = hands.reports(&nodes).await;
    let mut best: Option<(i64, NodeName)> = None;
    for node in nodes {
        let Some(report) = reports.iter().find(|report| report.node == node) else {
            return Err(node);
        };
        let position = if report.seqno() >= 0 {
            report.seqno()
        } else {
            match hands.printed_position(&node).await {
                Some(text) if is_undefined(&text) => -1,
                Some(text) => leading_number(&text).unwrap_or(-1),
                // A host without data has nothing to recover.
                None if matches!(report.saved, Saved::Missing) => -1,
                None => return Err(node),
            }
        };
        let wins = best
            .as_ref()
            .is_none_or(|(most, _)| position > *most || position == *most && node == *own);
        if wins {
            best = Some((position, node));
        }
    }
    best.map(|(_, node)| node).ok_or_else(|| own.clone())
}
