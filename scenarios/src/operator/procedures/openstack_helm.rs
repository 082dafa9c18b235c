//! P10: `start.py` of OpenStack-Helm's mariadb chart.
//!
//! Source: openstack-helm, `mariadb/templates/bin/_start.py.tpl` (as of 2026-07). Each pod publishes
//! its state file; a crashed one runs a recovery and writes the number into the file. When every
//! sample is fresh and none is negative, the lowest ordinal of the highest leads. The loop has no
//! exit. What it writes into grastate.dat is not modelled, only what it decides.
//!
//! Defects: D1, D3 (a guessed seqno is trusted by others), D5 (a stale sample or a -1 blocks for
//! ever), D7 (clocks), D8 (the number with a GTID does not parse: the pod crashes in a loop).

use seatrial_port::console::Console;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::hands::{Hands, plain_number};

/// The time that the loop without an exit is watched.
const PATIENCE: Span = Span::from_secs(1_200);

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    hands.stop_all().await;
    let nodes = hands.nodes();
    let until = hands.console.now() + PATIENCE;
    let samples = loop {
        match samples(&mut hands, &nodes).await {
            Ok(samples) => break samples,
            Err(why) if hands.console.now() >= until => return hands.gave_up(&why).await,
            Err(_) => hands.console.sleep(Span::from_secs(60)).await,
        }
    };
    let highest = samples.iter().map(|(_, seqno)| *seqno).max();
    let leader = samples
        .iter()
        .find(|(_, seqno)| Some(*seqno) == highest)
        .map(|(node, _)| node.clone());
    let Some(leader) = leader else {
        return hands.gave_up("there is no pod").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&leader).await {
        return outcome;
    }
    hands.start_others_together(&leader).await;
    hands.end().await
}

/// Returns a fresh sample of every pod, or the pod that the rule waits for.
async fn samples(
    hands: &mut Hands<'_>,
    nodes: &[NodeName],
) -> Result<Vec<(NodeName, i64)>, String> {
    let reports = hands.reports(nodes).await;
    if let Some(missing) = nodes
        .iter()
        .find(|node| !reports.iter().any(|report| report.node == **node))
    {
        return Err(format!("the sample of {missing} is never fresh"));
    }
    let mut samples = Vec::new();
    for report in reports {
        let mut seqno = report.seqno();
        if seqno < 0 {
            let text = hands.last_recovered(&report.node).await.unwrap_or_default();
            seqno = plain_number(&text)
                .ok_or_else(|| format!("the position of {} is no number: {text}", report.node))?;
        }
        if seqno < 0 {
            return Err(format!("{} has a negative seqno for ever", report.node));
        }
        samples.push((report.node, seqno));
    }
    Ok(samples)
}
