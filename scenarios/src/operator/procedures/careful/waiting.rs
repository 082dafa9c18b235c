//! The time that a node gets before it is touched.

use seatrial_galera::ClusterStatus;
use seatrial_port::{NodeName, Span};

use crate::operator::procedures::reading::Tables;
use crate::operator::procedures::survey::{Seen, Survey};

use super::{Operator, START};

impl Operator<'_> {
    /// Gives a node the time that its state deserves, and returns what it has become.
    pub(in crate::operator::procedures) async fn wait_for(
        &mut self,
        node: &NodeName,
        survey: &Survey,
    ) -> Seen {
        let begun = self.console.now();
        loop {
            let seen = Seen::take(self.console, node).await;
            let limit = match &seen {
                _ if seen.is_ready() || seen.is_down() => return seen,
                // It has left the group for good and knows it.
                Seen::Answers(tables) if tables.status == ClusterStatus::Disconnected => {
                    return seen;
                }
                Seen::Silent(word) if word == "activating" && is_counted(survey) => START,
                // A stop that was going to end would have ended while the cluster came to rest.
                Seen::Silent(word) if word == "deactivating" => Span::from_secs(10),
                _ => Span::from_secs(60),
            };
            if self.console.now() >= begun + limit {
                return seen;
            }
            self.console.sleep(Span::from_secs(2)).await;
        }
    }
}

/// Returns whether the component counts somebody who does not answer yet: a node that receives its copy of
/// the data has a vote and no socket. Stopping it would begin everything anew.
fn is_counted(survey: &Survey) -> bool {
    let members: Vec<&Tables> = survey.answering().filter(|t| t.is_primary()).collect();
    members.iter().any(|t| t.size as usize > members.len())
}
