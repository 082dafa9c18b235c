//! P4: the `galera` resource agent of Pacemaker.
//!
//! Source: ClusterLabs/resource-agents, `heartbeat/galera`, commit bf01ad0. A flag with a known
//! position wins at once, without waiting for anybody; else every node must report, and the highest
//! number wins, the later of equals. Fencing, two-node mode and attributes are not modelled.
//!
//! Defects: D1, D2 (a stale flag beats newer crashed nodes), D5 (a node that does not report is
//! waited for, #1009), D6 (#770), D8 (the number is compared as text when a GTID follows it), D11.

use std::cmp::Ordering;

use seatrial_galera::Saved;
use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, is_undefined, parts};

/// The time that the agent's monitor goes on asking before we call it stuck.
const PATIENCE: Span = Span::from_secs(900);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    // A node that is not in a primary component fails its monitor and is stopped.
    hands.stop_all().await;
    let until = hands.console.now() + PATIENCE;
    loop {
        match choose(&mut hands).await {
            Ok(first) => {
                if let Err(outcome) = hands.force_and_bootstrap(&first).await {
                    return outcome;
                }
                hands.start_others_together(&first).await;
                return hands.end().await;
            }
            Err(missing) if hands.console.now() >= until => {
                let why = format!("{missing} has reported no position, and is waited for");
                return hands.gave_up(&why).await;
            }
            Err(_) => hands.console.sleep(Span::from_secs(30)).await,
        }
    }
}

/// Returns the node that is promoted, or the node that the rule waits for.
async fn choose(hands: &mut Hands<'_>) -> Result<NodeName, NodeName> {
    let nodes = hands.nodes();
    let mut last_commits: Vec<(NodeName, String, bool)> = Vec::new();
    for report in hands.reports(&nodes).await {
        let node = report.node.clone();
        if hands.view(&node).await.is_some_and(|text| text.is_empty()) {
            hands.forget_view(&node).await;
        }
        let seqno = report.seqno();
        // The flag counts only with a history and a position beside it.
        if report.claims_safe() && seqno >= 0 {
            return Ok(node);
        }
        let without_state = matches!(report.saved, Saved::Missing);
        if seqno >= 0 {
            last_commits.push((node, seqno.to_string(), without_state));
        } else if let Some(text) = hands.recovered_now(&node).await
            && !is_undefined(&text)
            && let Some((_, rest)) = parts(&text)
        {
            last_commits.push((node, rest.to_owned(), true));
        } else {
            // An empty node is known to hold nothing.
            last_commits.push((node, "-1".to_owned(), true));
        }
    }
    if let Some(missing) = nodes
        .iter()
        .find(|node| !last_commits.iter().any(|(known, _, _)| known == *node))
    {
        return Err(missing.clone());
    }
    // Recovered nodes are walked first, so that of equals one that stopped in order wins.
    last_commits.sort_by_key(|(_, _, recovered)| !recovered);
    let mut best: Option<(NodeName, String)> = None;
    for (node, number, _) in last_commits {
        let wins = best
            .as_ref()
            .is_none_or(|(_, most)| awk_order(&number, most) != Ordering::Less);
        if wins {
            best = Some((node, number));
        }
    }
    match (best, nodes.first()) {
        (Some((node, _)), _) => Ok(node),
        (None, Some(first)) => Err(first.clone()),
        (None, None) => Err(NodeName::new("nobody")),
    }
}

/// Compares as `awk` does: as numbers if both are numbers, otherwise as text.
fn awk_order(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_gtid_behind_it_37_is_more_than_100() {
        assert_eq!(awk_order("37", "100"), Ordering::Less);
        assert_eq!(awk_order("37,0-1-44", "100,0-1-99"), Ordering::Greater);
    }
}
