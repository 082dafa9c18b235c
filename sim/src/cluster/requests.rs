//! The requests of operators and clients.

use std::collections::BTreeMap;

use seatrial_node::Peer;
use seatrial_scenarios::{Progress, RequestId};

/// The requests of a run.
///
/// It owns their numbers, their nodes and what is known of each. The cluster calls it. It does not carry
/// out a request, and it does not know how an answer travels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    known: BTreeMap<RequestId, (Peer, Progress)>,
    last: u32,
}

impl Requests {
    /// Returns a number that no request has had.
    pub(super) fn next_id(&mut self) -> RequestId {
        self.last += 1;
        RequestId(self.last)
    }

    /// Notes that a request runs on the machine at a place.
    pub(super) fn begin(&mut self, id: RequestId, peer: Peer) {
        self.known.insert(id, (peer, Progress::Running));
    }

    /// Notes the answer to a request.
    pub(super) fn answer(&mut self, id: RequestId, progress: Progress) {
        if let Some((_, known)) = self.known.get_mut(&id) {
            *known = progress;
        }
    }

    /// Returns the progress of a request.
    pub(crate) fn progress(&self, id: RequestId) -> Progress {
        let known = self.known.get(&id);
        known.map_or(Progress::Unknown, |(_, progress)| progress.clone())
    }

    /// Returns whether a request has ended. An unknown request has ended.
    pub(super) fn has_ended(&self, id: RequestId) -> bool {
        let known = self.known.get(&id);
        known.is_none_or(|(_, progress)| progress.has_ended())
    }

    /// Returns the machine on which a request still runs.
    pub(crate) fn runs_on(&self, id: RequestId) -> Option<Peer> {
        match self.known.get(&id) {
            Some((peer, Progress::Running)) => Some(*peer),
            _ => None,
        }
    }
}
