//! P6: the full-crash recovery of the Percona `XtraDB` Cluster operator.
//!
//! Source: percona-xtradb-cluster-operator, entry point and `full_crash_recovery`, commit b3b0b10
//! (2026-03-24), before #2467. A pod that finds no primary component prints its recovered position
//! and waits. When all pods run and print it, the highest one is told to force itself; of equals the
//! lowest index.
//!
//! Defects: D1, D5 (one pod that is not there and nothing ever happens; K8SPXC-824), D7 (a position
//! out of the log's tail), D8 (suspected: the number must parse), D9 (a primary component that
//! cannot be seen).

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, plain_number};

/// The time that the rule waits for a missing pod. After that we call it stuck.
const PATIENCE: Span = Span::from_secs(900);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    let until = hands.console.now() + PATIENCE;
    loop {
        let (_, away) = hands.reachable().await;
        let Some(missing) = away.first() else { break };
        if hands.console.now() >= until {
            let why = format!("{missing} does not run, and nothing is done without it");
            return hands.gave_up(&why).await;
        }
        hands.console.sleep(Span::from_secs(30)).await;
    }
    // The liveness probe has ended every server outside of a primary component by now.
    let mut best: Option<(NodeName, i64)> = None;
    for node in hands.nodes() {
        hands.stop(&node).await;
        let text = hands.last_recovered(&node).await.unwrap_or_default();
        let Some(number) = plain_number(&text) else {
            let why = format!("the position of {node} is no number: {text}");
            return hands.gave_up(&why).await;
        };
        if best.as_ref().is_none_or(|(_, most)| number > *most) {
            best = Some((node, number));
        }
    }
    let Some((first, _)) = best else {
        return hands.gave_up("there is no pod").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.console.sleep(Span::from_secs(30)).await;
    hands.start_others_together(&first).await;
    hands.end().await
}
