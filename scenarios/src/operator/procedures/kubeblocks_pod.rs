//! P17a: `galera-start.sh` of the `KubeBlocks` addons as an automaton in each pod, as it was in June 2026.
//!
//! Source: apecloud/kubeblocks-addons, chart 1.1.1-alpha.118, as the pull requests #2730, #2731 and #3144 describe it. A
//! pod decides when it starts, by its own volume and by which peers answer at the port of the database. It bootstraps
//! if its flag says that it stopped last, whatever the peers do. The first pod bootstraps, too, if it holds no data, or
//! if no peer answers: then it recovers its position and sets the flag. Every other pod joins. A peer that does not
//! answer counts as one that is down.
//!
//! Defects: D1, D2, D6 (#2731: two pods have a reason each), D9 (#3144: a partition hides the peer that serves).

use seatrial_galera::Saved;
use seatrial_port::Span;
use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::Hands;
use super::survey::Seen;

/// The time between two starts of a pod that has ended.
const BACKOFF: Span = Span::from_secs(30);

/// The number of times that a pod is started before we call it stuck.
const STARTS: u32 = 5;

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let Some(own) = console.seat() else {
        return ProcedureOutcome::GaveUp("a pod needs a node of its own".to_owned());
    };
    let mut hands = Hands::new(console);
    for _ in 0..STARTS {
        let seen = Seen::take(hands.console, &own).await;
        if seen.is_ready() {
            return hands.end().await;
        }
        if !seen.is_down() {
            hands.stop(&own).await;
        }
        let nodes = hands.nodes();
        let is_first = nodes.first() == Some(&own);
        let own_report = hands.reports(std::slice::from_ref(&own)).await;
        let Some(report) = own_report.first() else {
            return hands.gave_up("the pod's own host does not answer").await;
        };
        let stopped_last = report.claims_safe();
        let has_data = !matches!(report.saved, Saved::Missing);
        let mut peer_answers = false;
        for peer in nodes.iter().filter(|node| **node != own) {
            // The probe only opens a connection to the port of the database.
            let seen = Seen::take(hands.console, peer).await;
            peer_answers |= matches!(seen, Seen::Answers(_) | Seen::Hangs);
        }
        if stopped_last || is_first && !has_data {
            hands.bootstrap(&own).await;
        } else if is_first && !peer_answers {
            let _ = hands.recovered_now(&own).await;
            hands.force(&own).await;
            hands.bootstrap(&own).await;
        } else {
            hands.start(&own).await;
        }
        if Seen::take(hands.console, &own).await.is_ready() {
            return hands.end().await;
        }
        hands.console.sleep(BACKOFF).await;
    }
    hands.gave_up("the pod was started again and again").await
}
