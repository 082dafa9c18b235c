//! P5: the recovery of mariadb-operator.
//!
//! Source: mariadb-operator, `pkg/controller/galera`, commit 8970edf (2026-07-21), before #1816.
//! After 30 s without a healthy cluster: the first pod by index with the flag; else, where every
//! file has a seqno, the highest, the last of equals; else a recovery job in each pod, and the
//! highest of those that have a history. After ten minutes everything is forgotten and begins anew.
//!
//! Defects: D1 (uuids are shown and never compared, #1905), D2 (a flag beside a zero uuid is
//! trusted, #1701), D5 (a pod that cannot be scheduled never reports), D7, D12, D13 (#1108).

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, is_undefined, leading_number};

/// `clusterHealthyTimeout`.
const HEALTHY: Span = Span::from_secs(30);

/// The number of times that the recovery begins again. After that we call it stuck.
const ROUNDS: u32 = 2;

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    if hands.is_whole_within(HEALTHY).await {
        return ProcedureOutcome::Recovered;
    }
    let mut why = "the last source did not make the cluster whole".to_owned();
    for _ in 0..ROUNDS {
        match source(&mut hands).await {
            Ok(first) => {
                // Pods are restarted one after the other, the source first.
                hands.stop_all().await;
                hands.force(&first).await;
                hands.bootstrap(&first).await;
                hands.start_others_in_turn(&first).await;
                if hands.is_whole_within(HEALTHY).await {
                    return ProcedureOutcome::Recovered;
                }
            }
            Err(trouble) => {
                why = trouble;
                hands.console.sleep(Span::from_secs(600)).await;
                if hands.is_whole_within(Span::ZERO).await {
                    return ProcedureOutcome::Recovered;
                }
            }
        }
    }
    hands
        .gave_up(&format!("every recovery has timed out: {why}"))
        .await
}

/// Returns the bootstrap source, or why there is none.
async fn source(hands: &mut Hands<'_>) -> Result<NodeName, String> {
    let nodes = hands.nodes();
    let (there, away) = hands.reachable().await;
    let reports = hands.reports(&there).await;
    if let Some(safe) = reports.iter().find(|report| report.claims_safe()) {
        return Ok(safe.node.clone());
    }
    if reports.len() == nodes.len() && reports.iter().all(|report| report.seqno() >= 0) {
        let highest = reports.iter().max_by_key(|report| report.seqno());
        return highest
            .map(|report| report.node.clone())
            .ok_or_else(|| "there is no pod".to_owned());
    }
    if let Some(missing) = away.first() {
        return Err(format!("{missing} has not reported"));
    }
    hands.stop_all().await;
    let mut best: Option<(NodeName, i64)> = None;
    for node in nodes {
        let text = hands.last_recovered(&node).await;
        let Some(text) = text else {
            return Err(format!("{node} has no recovered position"));
        };
        if is_undefined(&text) {
            continue;
        }
        let Some(number) = leading_number(&text) else {
            return Err(format!("the position of {node} cannot be read"));
        };
        if best.as_ref().is_none_or(|(_, most)| number >= *most) {
            best = Some((node, number));
        }
    }
    best.map(|(node, _)| node)
        .ok_or_else(|| "no pod has a history".to_owned())
}
