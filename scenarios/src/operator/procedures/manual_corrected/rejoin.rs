//! Brings missing nodes back into the one primary component, one at a time
//! (manual: Only some nodes are down, Start the other nodes).

use seatrial_galera::ClusterStatus;
use seatrial_port::{NodeName, Span, list};

use crate::operator::advice::Evidence;
use crate::operator::procedures::ProcedureOutcome;
use crate::operator::procedures::reading::Tables;
use crate::operator::procedures::survey::{Seen, Situation, Survey};

use super::restore::refuse_after_a_conflict;
use crate::operator::procedures::careful::{Early, Operator, START};

impl Operator<'_> {
    /// Takes care of every node that is not a ready member. Nothing is bootstrapped here.
    pub(super) async fn rejoin(&mut self, survey: &Survey) -> Early {
        refuse_after_a_conflict(survey)?;
        let missing = survey.names(|seen| *seen != Seen::Unreachable && !seen.is_ready());
        let away = survey.names(|seen| *seen == Seen::Unreachable);
        if missing.is_empty() && !away.is_empty() {
            return Err(ProcedureOutcome::AsksPerson(format!(
                "the cluster runs without {}, which cannot be reached: bring it back, and it joins \
                 when its server is started. Seen: {survey}",
                list(&away)
            )));
        }
        for node in &missing {
            self.bring_back(node, survey).await?;
        }
        if missing.is_empty() {
            // All are ready and the component counts more or fewer: a view is on its way.
            self.console.sleep(Span::from_secs(10)).await;
        }
        Ok(())
    }

    /// Waits for a node that may still come by itself, and starts it where it does not.
    async fn bring_back(&mut self, node: &NodeName, survey: &Survey) -> Early {
        let seen = self.wait_for(node, survey).await;
        if seen.is_ready() || seen == Seen::Unreachable {
            return Ok(());
        }
        // Its server may have found a second primary component in the meantime.
        refuse_after_a_conflict(&Survey {
            nodes: vec![(node.clone(), seen.clone())],
        })?;
        if seen.is_down() {
            self.start_into(node).await
        } else {
            self.start_again(node).await
        }
    }

    /// Takes a node down and starts it.
    pub(super) async fn start_again(&mut self, node: &NodeName) -> Early {
        self.stop(node).await?;
        self.start_into(node).await
    }

    /// Starts a node that is down, where it loses nothing by joining.
    async fn start_into(&mut self, node: &NodeName) -> Early {
        if !self.may_join(node).await? {
            return Ok(());
        }
        // The first start after a "Reversing history" abort ends Disconnected, the next one joins
        // (corrections, 17): a failed start is no end, and the next round looks again.
        self.start(node, START).await?;
        for _ in 0..30 {
            let seen = Seen::take(self.console, node).await;
            if seen.is_ready() || !is_on_its_way(&seen) {
                break;
            }
            self.console.sleep(Span::from_secs(2)).await;
        }
        Ok(())
    }

    /// Returns whether a node that is down may be started into the component. One that is ahead of it, or
    /// has another history, would be overwritten.
    async fn may_join(&mut self, node: &NodeName) -> Result<bool, ProcedureOutcome> {
        if self.cleared.contains(node) {
            return Ok(true);
        }
        let evidence = self.evidence(node).await?;
        for last_try in [false, true] {
            let survey = Survey::take(self.console).await;
            // The component may be gone since: the next round begins anew.
            let Situation::Primary(cluster) = survey.verdict() else {
                return Ok(false);
            };
            let Some(why) = objection(&evidence, &cluster) else {
                return Ok(true);
            };
            if last_try {
                return Err(ProcedureOutcome::AsksPerson(format!(
                    "{node} {why}: its own rows would be lost when it joins. Decide whether they \
                     are kept. Seen: {survey}"
                )));
            }
            // The members may still be applying what they have received.
            self.console.sleep(Span::from_secs(10)).await;
        }
        Ok(false)
    }
}

/// Returns the objection to starting a node into the component. A node without readable data has nothing
/// to lose: it gets a copy, or fails to start.
fn objection(evidence: &Evidence, cluster: &Tables) -> Option<String> {
    if evidence.was_alone() {
        return Some("was a primary component of its own and would be one again".to_owned());
    }
    let position = evidence
        .position
        .filter(|position| !position.is_undefined())?;
    if position.uuid != cluster.state_uuid {
        return Some(format!("holds another history ({position})"));
    }
    if position.seqno > cluster.position.seqno {
        return Some(format!("is ahead of the cluster ({position})"));
    }
    // It left nobody behind, so somebody was bootstrapped without it: what it wrote alone has seqnos
    // that are others' by now, and it would join without a check (A5.35).
    evidence.claims_last().then(|| {
        format!(
            "was the last one of a primary component (safe_to_bootstrap 1, {position}), and the \
             cluster has begun without it"
        )
    })
}

/// Returns whether a node that has been started may still become ready by itself.
fn is_on_its_way(seen: &Seen) -> bool {
    match seen {
        Seen::Answers(tables) => tables.status != ClusterStatus::Disconnected,
        Seen::Silent(word) => word == "activating" || word == "active",
        Seen::Hangs | Seen::Unreachable => false,
    }
}
