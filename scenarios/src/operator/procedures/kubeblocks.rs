//! P17: `galera-start.sh` of the `KubeBlocks` addons.
//!
//! Source: apecloud/kubeblocks-addons, commit 0289360 (2026-07-28). A pod without data bootstraps if
//! it is the first. While a peer is primary, or cannot be read or reached, a pod joins and waits.
//! Only where every peer is explicitly not primary: a flag without a position counts for the first
//! pod only, a flag with one counts; else it fails closed and asks a person. An orderly stop leaves a
//! marker; here the saved seqno is that marker.
//!
//! Defects: D1; D5 by intent (it prefers to wait). Its history shows D6 (#2731), D3 (#2996) and
//! D9 (#3144).

use seatrial_galera::Saved;
use seatrial_port::Span;
use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::Hands;

/// The time that pods wait for each other before they fail closed.
const WAIT: Span = Span::from_secs(300);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    let nodes = hands.nodes();
    let reports = hands.reports(&nodes).await;
    let all_there = reports.len() == nodes.len();
    let no_data = reports
        .iter()
        .all(|report| matches!(report.saved, Saved::Missing));
    let survey = hands.settle().await;
    // A peer that has ended without its marker cannot be told from one that cannot be read.
    let explicit = survey.nodes.iter().all(|(node, seen)| {
        let marked = reports
            .iter()
            .any(|report| report.node == *node && report.seqno() >= 0);
        seen.is_down() && marked
    });
    let safe = reports
        .iter()
        .enumerate()
        .find(|(index, report)| report.claims_safe() && (report.seqno() >= 0 || *index == 0));
    let first = match (safe, reports.first()) {
        _ if !all_there => None,
        (_, Some(first)) if no_data => Some(first.node.clone()),
        (Some((_, safe)), _) if explicit => Some(safe.node.clone()),
        _ => None,
    };
    let Some(first) = first else {
        // Everybody joins and waits.
        for node in &nodes {
            hands.post_start(node).await;
        }
        if hands.is_whole_within(WAIT).await {
            return ProcedureOutcome::Recovered;
        }
        return ProcedureOutcome::AsksPerson(
            "no pod may bootstrap by itself: choose one by hand".to_owned(),
        );
    };
    if !hands.bootstrap(&first).await {
        return hands
            .gave_up(&format!("{first} was not bootstrapped"))
            .await;
    }
    hands.start_others_together(&first).await;
    hands.end().await
}
