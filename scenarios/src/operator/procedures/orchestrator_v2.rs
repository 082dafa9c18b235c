//! P16: the recovery wizard of the web panel `galera_orchestrator_v2`.
//!
//! Source: its repository, as of 2026. State files are read over SSH and hosts that do not answer
//! are dropped. Among those with the flag the highest saved seqno; else the highest saved seqno above
//! 0. A recovery run is not part of it.
//!
//! Defects: D1, D3 (a node that stopped in order long ago beats newer ones that crashed, the mistake
//! of LP#1682153), D4.

use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::{Hands, SavedState};

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    hands.stop_all().await;
    let nodes = hands.nodes();
    let reports = hands.reports(&nodes).await;
    let highest = |wanted: &dyn Fn(&&SavedState) -> bool| {
        let reports = reports.iter().rev().filter(|report| wanted(report));
        reports
            .max_by_key(|report| report.seqno())
            .map(|report| report.node.clone())
    };
    let first = highest(&|report| report.claims_safe()).or_else(|| highest(&|r| r.seqno() > 0));
    let Some(first) = first else {
        return ProcedureOutcome::AsksPerson(
            "no state file has a flag or a position: choose a node".to_owned(),
        );
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.start_others_in_turn(&first).await;
    hands.end().await
}
