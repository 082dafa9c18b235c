//! The acts of the table.

use seatrial_port::paths::{GRASTATE, GVWSTATE};
use seatrial_port::{NodeName, Span, list};

use crate::operator::advice::Beyond;
use crate::operator::procedures::ProcedureOutcome;
use crate::operator::procedures::careful::{
    BOOTSTRAPS, Early, HAND_OVER, Operator, PRINT, SETTLE, START,
};
use crate::operator::procedures::survey::Seen;

use super::sight::Sight;
use super::table::{Act, Question};

impl Operator<'_> {
    /// Does what a row says.
    pub(super) async fn follow(&mut self, act: Act, sight: &Sight) -> Early {
        match act {
            Act::Done => {}
            Act::EndWhatHangs => self.stop_all(&sight.that_hang()).await?,
            Act::StopWhoGaveWay => self.stop_all(&sight.that_gave_way()).await?,
            Act::StopWhoIsNotSynced => {
                self.stop_all(sight.late.as_slice()).await?;
            }
            Act::WaitThenStop => {
                for node in sight.that_run_outside() {
                    let seen = self.wait_for(&node, &sight.survey).await;
                    if !seen.is_ready() && !seen.is_down() && seen != Seen::Unreachable {
                        self.stop(&node).await?;
                    }
                }
            }
            Act::StopWhoLacks => self.stop_all(&sight.that_lack()).await?,
            Act::StopTheOthers => self.stop_all(&sight.other_components()).await?,
            Act::Start => {
                for node in sight.down_with(Beyond::Nothing) {
                    self.join(&node, sight).await?;
                }
            }
            Act::StartWithCopy => {
                for node in sight.down_with(Beyond::Views) {
                    self.copy(&node, sight).await?;
                }
            }
            Act::CopyAnew => {
                // One after the other: each needs a donor.
                for node in sight.joined_over_views() {
                    self.stop(&node).await?;
                    self.copy(&node, sight).await?;
                }
            }
            Act::LetRestore => {
                self.waited = true;
                for node in sight.down() {
                    self.clear_nil_view(&node, sight).await?;
                    self.start(&node, HAND_OVER).await?;
                }
                self.watch(SETTLE).await?;
            }
            Act::StopThePrimary | Act::StopAll => self.stop_all(&sight.that_run()).await?,
            Act::Bootstrap => self.bootstrap_the_holder(sight).await?,
            Act::Wait => self.console.sleep(Span::from_secs(10)).await,
            Act::Ask(question) => {
                return Err(ProcedureOutcome::AsksPerson(sight.asks(question)));
            }
        }
        Ok(())
    }

    async fn stop_all(&mut self, nodes: &[NodeName]) -> Early {
        for node in nodes {
            self.stop(node).await?;
        }
        Ok(())
    }

    /// Starts a node that is down into the component. A saved view of itself would make it primary alone.
    async fn join(&mut self, node: &NodeName, sight: &Sight) -> Early {
        if sight.was_alone(node) {
            self.at(node, &format!("sudo rm -f {GVWSTATE}"), PRINT)
                .await?;
        }
        self.clear_nil_view(node, sight).await?;
        self.start(node, START).await?;
        self.wait_for(node, &sight.survey).await;
        Ok(())
    }

    /// Removes a gvwstate.dat that has no view.
    async fn clear_nil_view(&mut self, node: &NodeName, sight: &Sight) -> Early {
        if sight.has_nil_view(node) {
            self.at(node, &format!("sudo rm -f {GVWSTATE}"), PRINT)
                .await?;
        }
        Ok(())
    }

    /// Starts a node that is down without its position, so that it gets a whole copy.
    async fn copy(&mut self, node: &NodeName, sight: &Sight) -> Early {
        self.at(node, &format!("sudo rm -f {GRASTATE}"), PRINT)
            .await?;
        self.join(node, sight).await
    }

    async fn bootstrap_the_holder(&mut self, sight: &Sight) -> Early {
        let Some(node) = sight.holder_name() else {
            return Ok(());
        };
        self.bootstraps += 1;
        if self.bootstraps > BOOTSTRAPS {
            return Err(ProcedureOutcome::GaveUp(format!(
                "a node was bootstrapped {BOOTSTRAPS} times and there is no primary component. Seen: {}",
                sight.survey
            )));
        }
        self.clear_nil_view(&node, sight).await?;
        self.bootstrap(&node).await?;
        Ok(())
    }
}

impl Sight {
    /// Returns the question, and what was found.
    pub(super) fn asks(&self, question: Question) -> String {
        let seen = &self.survey;
        match question {
            Question::BringBack => format!(
                "{} cannot be reached: bring it back, or decide that it is lost. Seen: {seen}",
                list(&self.unreachable())
            ),
            Question::Repair => {
                let nodes = self
                    .nodes
                    .iter()
                    .map(|one| &one.evidence)
                    .filter(|evidence| evidence.position.is_none());
                let nodes: Vec<NodeName> = nodes.map(|evidence| evidence.node.clone()).collect();
                format!(
                    "the position of {} cannot be read: repair it, or decide that its rows are lost. Seen: {seen}",
                    list(&nodes)
                )
            }
            Question::IsItWhole => format!(
                "{}: decide whether its data are kept. Seen: {seen}",
                self.objection().unwrap_or_default()
            ),
            Question::WhichRows => {
                format!("{}. Decide whose rows are kept. Seen: {seen}", self.apart())
            }
        }
    }

    /// Says which node holds what beyond which.
    fn apart(&self) -> String {
        let mut found = Vec::new();
        for (one, known) in self.nodes.iter().enumerate() {
            for (other, lacks) in self.nodes.iter().enumerate() {
                let (node, lacks) = (&known.evidence.node, &lacks.evidence.node);
                match self.beyond(one, other) {
                    Beyond::Events(1) => {
                        found.push(format!("{node} holds 1 event that {lacks} lacks"));
                    }
                    Beyond::Events(count) => {
                        found.push(format!("{node} holds {count} events that {lacks} lacks"));
                    }
                    Beyond::Unknown if one != other => found.push(format!(
                        "the logs do not say what {node} holds beyond {lacks}"
                    )),
                    _ => {}
                }
            }
        }
        for node in self.joined_over_rows() {
            found.push(format!(
                "{node} has joined over a fork and holds rows that the others lack"
            ));
        }
        found.join("; ")
    }
}
