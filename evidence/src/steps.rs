//! The starts, views and copies of a node, in the order of its logs, for the decision table.

use seatrial_galera::{LoggedStep, ServerView};

use crate::event::{Event, StartPositionBy};
use crate::fact::Fact;
use crate::identity::Identity;

/// Returns the steps that facts tell of. The rules are those of [`LoggedStep::read_all`].
pub(crate) fn steps(facts: &[&Fact]) -> Vec<LoggedStep> {
    let mut steps: Vec<LoggedStep> = Vec::new();
    for fact in facts {
        match &fact.event {
            Event::StartPosition {
                position,
                by: StartPositionBy::Provider,
            } => steps.push(LoggedStep::Start(*position)),
            Event::ServerView(view) => steps.extend(read(view).map(LoggedStep::View)),
            Event::DonorChosen { joiner, donor, .. } => steps.push(LoggedStep::Asked {
                joiner: joiner.name.clone(),
                donor: donor.name.clone(),
            }),
            Event::SstReceived { position } => {
                steps.extend(LoggedStep::copied(&steps, *position));
            }
            _ => {}
        }
    }
    steps
}

/// Returns a view whose position and members are all there.
fn read(view: &crate::event::ServerView) -> Option<ServerView> {
    let members = view
        .members
        .iter()
        .map(|one| (whole(&one.identity), one.name.clone()));
    let is_whole = view.count == u64::try_from(view.members.len()).ok();
    is_whole.then_some(ServerView {
        position: view.position?,
        primary: view.primary,
        own_index: view.own_index.and_then(|index| usize::try_from(index).ok()),
        members: members.collect(),
    })
}

/// The longest form of an identity.
fn whole(identity: &Identity) -> String {
    identity
        .whole
        .map_or_else(|| identity.to_string(), |whole| whole.to_string())
}
