//! The two ways to a primary component: it restores itself, or a node is bootstrapped.

use seatrial_port::console::CommandOutcome;
use seatrial_port::{NodeName, Span};

use crate::operator::procedures::ProcedureOutcome;
use crate::operator::procedures::survey::{Seen, Situation, Survey};

use super::{Operator, PRINT, START};

/// The number of times that the procedure bootstraps. The second time is for a failure of the first.
pub(in crate::operator::procedures) const BOOTSTRAPS: u32 = 2;

impl Operator<'_> {
    /// Waits for a primary component.
    pub(in crate::operator::procedures) async fn watch(
        &mut self,
        limit: Span,
    ) -> Result<bool, ProcedureOutcome> {
        let until = self.console.now() + limit;
        loop {
            let survey = Survey::take(self.console).await;
            if survey.verdict() != Situation::NoPrimary {
                return Ok(true);
            }
            if self.console.now() >= until {
                return Ok(false);
            }
            self.console.sleep(Span::from_secs(2)).await;
        }
    }

    /// "Boostrap node", on a node that is stopped: the force comes after the stop, which would
    /// write over it, and only where it is needed. Returns whether the node is primary then; after a
    /// failure everything is looked at once more.
    pub(in crate::operator::procedures) async fn bootstrap(
        &mut self,
        node: &NodeName,
    ) -> Result<bool, ProcedureOutcome> {
        let safe = "sudo cm-cluster-manage --safe-to-bootstrap";
        if self.at(node, safe, PRINT).await?.output.stdout.trim() == "0" {
            self.at(
                node,
                "sudo cm-cluster-manage --force-safe-to-bootstrap",
                PRINT,
            )
            .await?;
        }
        let started = self
            .at(node, "sudo cm-cluster-manage --bootstrap-node", START)
            .await?;
        for _ in 0..30 {
            let seen = Seen::take(self.console, node).await;
            if seen.is_ready() {
                return Ok(true);
            }
            if !started.succeeded() {
                break;
            }
            self.console.sleep(Span::from_secs(2)).await;
        }
        if self.bootstraps < BOOTSTRAPS {
            return Ok(false);
        }
        Err(ProcedureOutcome::GaveUp(format!(
            "{node} was chosen and cannot be bootstrapped: {}",
            complaint(&started)
        )))
    }
}

/// Returns the error of a command in one line.
fn complaint(outcome: &CommandOutcome) -> String {
    if outcome.timed_out {
        return "the bootstrap did not end in time and was interrupted".to_owned();
    }
    let text = if outcome.output.stderr.is_empty() {
        &outcome.output.stdout
    } else {
        &outcome.output.stderr
    };
    let line = text
        .lines()
        .find(|line| line.chars().any(char::is_alphanumeric));
    format!(
        "{} (exit code {})",
        line.unwrap_or("no message"),
        outcome.output.exit
    )
}
