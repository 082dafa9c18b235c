//! P12: the bootstrap errand of Cloud Foundry's pxc-release.
//!
//! Source: cloudfoundry/pxc-release, `src/.../bootstrap`, commit 480b8f7. It refuses while a node is
//! healthy; all must be reachable; all are stopped and asked for their position, always by a recovery
//! run into a fresh log; the highest is bootstrapped and the others join one by one. Where a node is
//! healthy, the agent of each host starts what is down, and that is modelled too. The original walks
//! a map, so which of equals wins is chance; here it is the first.
//!
//! Defects: D1, D5 (a node at -1 ends the errand after everything was stopped), D6 (a tie), D9 ("no
//! network partitions" is a precondition that nobody checks).

use seatrial_port::NodeName;
use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::{Hands, leading_number};

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    let (there, away) = hands.reachable().await;
    if let Some(missing) = away.first() {
        let why = format!("{missing} cannot be reached, and all nodes must be");
        return hands.gave_up(&why).await;
    }
    hands.stop_all().await;
    let mut best: Option<(NodeName, i64)> = None;
    for node in there {
        let text = hands.recovered_now(&node).await.unwrap_or_default();
        let Some(number) = leading_number(&text).filter(|number| *number >= 0) else {
            let why = format!("{node} has no position; everything has been stopped: {text}");
            return hands.gave_up(&why).await;
        };
        if best.as_ref().is_none_or(|(_, most)| number > *most) {
            best = Some((node, number));
        }
    }
    let Some((first, _)) = best else {
        return hands.gave_up("there is no node").await;
    };
    if let Err(outcome) = hands.force_and_bootstrap(&first).await {
        return outcome;
    }
    hands.start_others_in_turn(&first).await;
    hands.end().await
}
