//! P11: the mariadb-operator of openstack-k8s-operators.
//!
//! Source: openstack-k8s-operators/mariadb-operator, commit 1e127e7. Each pod reports before its
//! server starts; the flag counts only with a history and a position. The first pod by name with the
//! flag wins at once; else all must have reported and the highest wins, the later of equals. What
//! does not parse counts as 0. The saved view is always deleted.
//!
//! Defects: D1, D2, D5 (#499 to #501), D8 (0 for everybody: the last name wins), D11 (OSPRH-32408).

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, plain_number};

/// The time that the rule waits for pods that have not reported. After that we call it stuck.
const PATIENCE: Span = Span::from_secs(900);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    hands.stop_all().await;
    for node in hands.nodes() {
        hands.forget_view(&node).await;
    }
    let until = hands.console.now() + PATIENCE;
    loop {
        if let Some(first) = choose(&mut hands).await {
            if let Err(outcome) = hands.force_and_bootstrap(&first).await {
                return outcome;
            }
            hands.start_others_together(&first).await;
            return hands.end().await;
        }
        if hands.console.now() >= until {
            return hands.gave_up("not every pod has reported").await;
        }
        hands.console.sleep(Span::from_secs(30)).await;
    }
}

async fn choose(hands: &mut Hands<'_>) -> Option<NodeName> {
    let nodes = hands.nodes();
    let reports = hands.reports(&nodes).await;
    let safe = |report: &&super::hands::SavedState| report.claims_safe() && report.seqno() >= 0;
    if let Some(safe) = reports.iter().find(safe) {
        return Some(safe.node.clone());
    }
    if reports.len() < nodes.len() {
        return None;
    }
    let mut best: Option<(NodeName, i64)> = None;
    for report in reports {
        let number = if report.seqno() >= 0 {
            report.seqno()
        } else {
            let text = hands.last_recovered(&report.node).await.unwrap_or_default();
            plain_number(&text).unwrap_or(0)
        };
        if best.as_ref().is_none_or(|(_, most)| number >= *most) {
            best = Some((report.node, number));
        }
    }
    best.map(|(node, _)| node)
}
