//! P2: crash recovery as the Galera and `MariaDB` documentation tells it to a person.
//!
//! Sources: galeracluster.com, "Restarting the cluster" and "Crash recovery"; mariadb.com,
//! "Resetting the quorum"; Percona's crash-recovery page (as of 2026-07). The flag is looked for
//! first, then the highest saved seqno, then the highest recovered one. Survivors without a primary
//! component get `pc.bootstrap`.
//!
//! Defects: D1 (no rule for nodes whose uuids differ), D2 (the first flag wins), D4 (nothing is said
//! of a node that does not answer), D6 (two operators), D15 (nothing is compared with what was
//! acknowledged).

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, SavedState, is_undefined, leading_number};
use super::survey::Seen;

/// `pc.recovery` restores a component of all its old members by itself.
const RESTORE: Span = Span::from_secs(60);

const PC_BOOTSTRAP: &str = "mysql -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\"";

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    if hands.is_whole_within(RESTORE).await {
        return ProcedureOutcome::Recovered;
    }
    if let Some(survivor) = furthest_survivor(&mut hands).await {
        hands
            .type_at(&survivor, PC_BOOTSTRAP, Span::from_secs(30))
            .await;
        return match hands.join_a_primary().await {
            Some(outcome) => outcome,
            None => {
                hands
                    .gave_up("pc.bootstrap made no primary component")
                    .await
            }
        };
    }
    hands.stop_all().await;
    let nodes = hands.nodes();
    let reports = hands.reports(&nodes).await;
    let first = match from_the_files(&reports) {
        Some(first) => Some(first),
        None => from_recovery(&mut hands, &reports).await,
    };
    let Some(first) = first else {
        return hands.gave_up("no node has a position").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.start_others_in_turn(&first).await;
    hands.end().await
}

/// Returns the one with the highest `wsrep_last_committed` among the nodes that answer.
async fn furthest_survivor(hands: &mut Hands<'_>) -> Option<NodeName> {
    let survey = hands.settle().await;
    let mut best: Option<(NodeName, i64)> = None;
    for (node, seen) in survey.nodes {
        if let Seen::Answers(tables) = seen
            && best
                .as_ref()
                .is_none_or(|(_, most)| tables.position.seqno.0 > *most)
        {
            best = Some((node, tables.position.seqno.0));
        }
    }
    best.map(|(node, _)| node)
}

/// Returns the first flag, or where all stopped in order the highest saved seqno.
fn from_the_files(reports: &[SavedState]) -> Option<NodeName> {
    if let Some(safe) = reports.iter().find(|report| report.claims_safe()) {
        return Some(safe.node.clone());
    }
    if reports.iter().any(|report| report.seqno() < 0) {
        return None;
    }
    let highest = reports.iter().rev().max_by_key(|report| report.seqno())?;
    Some(highest.node.clone())
}

async fn from_recovery(hands: &mut Hands<'_>, reports: &[SavedState]) -> Option<NodeName> {
    let mut best: Option<(NodeName, i64)> = None;
    for report in reports {
        let Some(text) = hands.last_recovered(&report.node).await else {
            continue;
        };
        if is_undefined(&text) {
            continue;
        }
        if let Some(number) = leading_number(&text)
            && best.as_ref().is_none_or(|(_, most)| number > *most)
        {
            best = Some((report.node.clone(), number));
        }
    }
    best.map(|(node, _)| node)
}
