//! P14: the start script of mariadb-galera-swarm.
//!
//! Source: colinmollenhour/mariadb-galera-swarm, `start.sh`, commit 0dfa487. Nodes exchange uuid,
//! seqno, flag and saved view. All views and positions equal: the saved views restore the component.
//! Exactly one flag: that node. Else the highest seqno, the lowest address of equals. After a minute
//! one node fewer is expected.
//!
//! Defects: D1 (the uuid is sent and not compared), D4 (after a minute it decides without the third),
//! D8 (a position with a GTID is no integer: everybody joins and nobody leads). #102: data removed.

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, plain_number};

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    let (there, away) = hands.reachable().await;
    if !away.is_empty() {
        hands.console.sleep(Span::from_secs(60)).await;
    }
    if there.len() + 1 < hands.nodes().len() || there.is_empty() {
        return hands.gave_up("too few nodes answer").await;
    }
    hands.stop_all().await;
    let reports = hands.reports(&there).await;
    let mut found: Vec<(NodeName, String, String)> = Vec::new();
    for report in &reports {
        let view = hands.view(&report.node).await.unwrap_or_default();
        let text = hands.last_recovered(&report.node).await.unwrap_or_default();
        found.push((report.node.clone(), text, view_id(&view)));
    }
    let same = found
        .windows(2)
        .all(|pair| pair[0].1 == pair[1].1 && pair[0].2 == pair[1].2);
    if same && found.iter().all(|(_, _, view)| !view.is_empty()) {
        for node in &there {
            hands.post_start(node).await;
        }
        return hands.end().await;
    }
    let mut safe = reports.iter().filter(|report| report.claims_safe());
    let first = match (safe.next(), safe.next()) {
        (Some(only), None) => Some(only.node.clone()),
        _ => highest(&found),
    };
    let Some(first) = first else {
        for node in &there {
            hands.post_start(node).await;
        }
        return hands.end().await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.start_others_together(&first).await;
    hands.end().await
}

/// Returns the node with the highest number, the first of equals; none if a position is not an integer.
fn highest(found: &[(NodeName, String, String)]) -> Option<NodeName> {
    let mut best: Option<(&NodeName, i64)> = None;
    for (node, text, _) in found {
        let Some(number) = plain_number(text) else {
            continue;
        };
        if best.is_none_or(|(_, most)| number > most) {
            best = Some((node, number));
        }
    }
    best.map(|(node, _)| node.clone())
}

fn view_id(view: &str) -> String {
    view.lines()
        .find(|line| line.starts_with("view_id:"))
        .unwrap_or_default()
        .to_owned()
}
