//! P8: `kolla-ansible mariadb_recovery`.
//!
//! Source: kolla-ansible, `roles/mariadb/tasks/recover_cluster.yml`, commit 1a68181. Everything is
//! stopped; each host runs a recovery and looks for the last position in its whole log. A host is
//! largest if no other number is strictly larger; every largest host writes its name into one file,
//! so the last writer wins. Joiners start one at a time.
//!
//! Defects: D1, D4 (with `--limit`), D6 (a tie on the file), D7 (an old line of the log), D8 (a
//! position with a GTID is no number, so nobody is ever less). D3 and D14 were its defects once
//! (LP#1682153, f63825e).

use seatrial_port::NodeName;
use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::{Hands, parts};

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if hands.is_whole_within(seatrial_port::Span::ZERO).await {
        return ProcedureOutcome::Recovered;
    }
    let (there, away) = hands.reachable().await;
    if let Some(missing) = away.first() {
        // The play ends at a host that cannot be reached.
        return hands.gave_up(&format!("{missing} cannot be reached")).await;
    }
    hands.stop_all().await;
    let mut found: Vec<(NodeName, String)> = Vec::new();
    for node in there {
        let text = hands.last_recovered(&node).await.unwrap_or_default();
        let number = parts(&text).map_or("", |(_, rest)| rest).to_owned();
        found.push((node, number));
    }
    let Some(first) = last_of_the_largest(&found) else {
        return hands.gave_up("there is no host").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.start_others_in_turn(&first).await;
    // The first one runs with the bootstrap command until it is restarted.
    hands.stop(&first).await;
    hands.start(&first).await;
    hands.end().await
}

fn last_of_the_largest(found: &[(NodeName, String)]) -> Option<NodeName> {
    let is_less = |own: &str, other: &str| match (own.parse::<i64>(), other.parse::<i64>()) {
        (Ok(own), Ok(other)) => own < other,
        // A text that is not a number is not compared. A host without a number counts as 0.
        (Err(_), Ok(other)) => own.is_empty() && other > 0,
        _ => false,
    };
    let largest = |own: &&(NodeName, String)| !found.iter().any(|other| is_less(&own.1, &other.1));
    found
        .iter()
        .rfind(|own| largest(own))
        .map(|(node, _)| node.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_gtid_everybody_is_largest_and_the_last_one_wins() {
        let found = |numbers: [&str; 3]| {
            let nodes = ["A", "B", "C"].map(NodeName::new);
            let found: Vec<_> = nodes.into_iter().zip(numbers.map(str::to_owned)).collect();
            last_of_the_largest(&found).map(|node| node.to_string())
        };
        assert_eq!(found(["9", "12", "7"]).as_deref(), Some("B"));
        assert_eq!(
            found(["9,0-1-4", "12,0-1-7", "7,0-1-3"]).as_deref(),
            Some("C")
        );
    }
}
