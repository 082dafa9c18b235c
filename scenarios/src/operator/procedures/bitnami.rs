//! P7: Bitnami's mariadb-galera image and chart.
//!
//! Source: bitnami/containers, `libmariadbgalera.sh`, commit ee2ac47, and the chart's notes on a
//! cluster that does not start. Restarted pods start plainly. Then a person sets `forceBootstrap`
//! with a node, and `forceSafeToBootstrap` where no volume has the flag. No seqno is ever read.
//!
//! Defects: D1, D2, D3, D10 and D12 (the values stay set until the third upgrade), D9 (names that do
//! not resolve).

use seatrial_port::Span;
use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::Hands;

/// The time that the pods crash and restart before a person steps in.
const BACKOFF: Span = Span::from_secs(120);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    for node in hands.nodes() {
        hands.post_start(&node).await;
    }
    if hands.is_whole_within(BACKOFF).await {
        return ProcedureOutcome::Recovered;
    }
    hands.stop_all().await;
    let nodes = hands.nodes();
    let reports = hands.reports(&nodes).await;
    let safe = reports.iter().find(|report| report.claims_safe());
    // `bootstrapFromNode` is 0 by default.
    let Some(first) = safe.or(reports.first()).map(|report| report.node.clone()) else {
        return hands.gave_up("no volume can be read").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.start_others_in_turn(&first).await;
    hands.end().await
}
