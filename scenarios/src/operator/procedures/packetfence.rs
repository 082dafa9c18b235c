//! P13: PacketFence's galera-autofix.
//!
//! Source: inverse-inc/packetfence, `go/galera-autofix`, commit 40ec83b. After five minutes: while a
//! peer's database is up, a node that is down erases its data and joins. While none is up and all
//! hosts answer, the highest seqno is bootstrapped by force and the others erase their data and join.
//! The side file that it writes every ten seconds is not there to be read; what `InnoDB` recovers
//! stands in for it, which is kinder than the original (D7 does not show).
//!
//! Defects: D1, D7 and D15 (a number up to ten seconds old), D9 (an answer to a ping is no sign that
//! nodes reach each other; #6588), D13 (data are erased before anything was compared).

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, leading_number};
use super::survey::Seen;

const COOL_DOWN: Span = Span::from_secs(60);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if hands.is_whole_within(Span::from_secs(300)).await {
        return ProcedureOutcome::Recovered;
    }
    let survey = hands.settle().await;
    let is_up = |seen: &Seen| matches!(seen, Seen::Answers(_));
    if survey.nodes.iter().any(|(_, seen)| is_up(seen)) {
        hands.console.sleep(COOL_DOWN).await;
        for (node, seen) in &survey.nodes {
            if !is_up(seen) {
                erase(&mut hands, node).await;
                hands.start(node).await;
            }
        }
        return hands.end().await;
    }
    let (there, away) = hands.reachable().await;
    if let Some(missing) = away.first() {
        let why = format!("{missing} does not answer, and nothing is done without it");
        return hands.gave_up(&why).await;
    }
    let mut best: Option<(NodeName, i64)> = None;
    for node in &there {
        hands.kill(node).await;
        let text = hands.last_recovered(node).await.unwrap_or_default();
        let number = leading_number(&text).unwrap_or(0);
        if best.as_ref().is_none_or(|(_, most)| number > *most) {
            best = Some((node.clone(), number));
        }
    }
    let Some((first, _)) = best else {
        return hands.gave_up("there is no node").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    for node in there.iter().filter(|node| **node != first) {
        erase(&mut hands, node).await;
        hands.start(node).await;
    }
    hands.end().await
}

/// Kills the server and erases its data.
async fn erase(hands: &mut Hands<'_>, node: &NodeName) {
    hands.kill(node).await;
    let line = "sudo rm -rf /var/lib/mysql";
    hands.type_at(node, line, Span::from_secs(30)).await;
}
