//! The arbitrator: garbd instead of a server (`garb/garb_recv_loop.cpp`).
//!
//! It is a member of the group like any other: it counts in quorum, has a weight, exchanges states. It
//! asks for a "trivial" state transfer, for which a donor is chosen and nothing is sent, and is Synced.
//! It holds no data, is never a donor, and does not vote on inconsistencies.
//!
//! MODEL GAP: garbd's service has no folder that it may write to, so it saves no view: a restarted
//! arbitrator is somebody new. With a writable working folder it would come back as itself.

use seatrial_galera::{LogLine, Position};

use crate::effect::{Effect, Effects, TimerId, log};
use crate::frame::{GcsMessage, GcsNodeState};
use crate::node::parts::Action;
use crate::node::whole::Node;
use crate::time::Time;

use super::join::RETRY;

/// The exit code after `GCS_ACT_INCONSISTENCY` ("restart needed").
pub(super) const EXIT_INCONSISTENT: i32 = 2;

impl Node {
    /// Handles what a server would apply. Only a configuration matters to an arbitrator.
    pub(super) fn arbitrate(&mut self, action: Action, now: Time, fx: &mut Effects) {
        if let Action::Conf(conf) = action {
            self.applier.set_sync_sent(false);
            let asks = conf.primary && conf.my_state == GcsNodeState::Prim;
            self.applier.enter(conf);
            if asks {
                self.ask_for_nothing(now, fx);
            }
        }
        self.sync_if_caught_up(now, fx);
    }

    /// `garb_gcs.cpp:request_state_transfer` with the request "trivial".
    pub(super) fn ask_for_nothing(&mut self, now: Time, fx: &mut Effects) {
        let message = GcsMessage::StateRequest {
            have: Position::UNDEFINED,
            snapshot_possible: true,
            trivial: true,
            wanted: Vec::new(),
        };
        self.group_send(message, now, fx);
    }

    /// The answer to that request: this member is done at once, or asks again in a second.
    pub(super) fn nothing_granted(&mut self, granted: bool, now: Time, fx: &mut Effects) {
        if granted {
            let seqno = self.applier.conf().map(|conf| conf.seqno);
            self.group_send(GcsMessage::Join { seqno }, now, fx);
        } else {
            log(fx, LogLine::TransferRetry);
            fx.push(Effect::SetTimer(TimerId::Joiner, now + RETRY));
        }
    }

    /// The donor's side of it (`replicator_str.cpp:process_state_req`).
    pub(super) fn donate_nothing(&mut self, now: Time, fx: &mut Effects) {
        let seqno = Some(self.store.position().seqno);
        self.group_send(GcsMessage::Join { seqno }, now, fx);
    }

    /// Returns whether garbd runs here.
    pub const fn is_arbitrator(&self) -> bool {
        self.identity.config.arbitrator
    }
}
