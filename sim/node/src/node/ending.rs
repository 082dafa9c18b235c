//! Ends that are not orderly: an abort, an identity that another node has, a group communication that
//! fails under a process which lives on.

use seatrial_galera::LogLine;

use crate::effect::{DiskOp, Effect, Effects, TimerId};
use crate::frame::Channel;
use crate::gmcast;
use crate::pc::Fatal;

use super::{Node, Phase, log};

impl Node {
    /// Ends without a word to anybody: SIGABRT.
    pub(super) fn abort(&mut self, fx: &mut Effects) {
        log(fx, LogLine::Aborting);
        self.end(134, fx);
    }

    pub(super) fn end(&mut self, code: i32, fx: &mut Effects) {
        self.phase = Phase::Ended;
        self.port_open = false;
        self.evs.abort();
        fx.push(Effect::Exit(code));
    }

    /// Another node has this identity (`gmcast_proto.cpp:handle_failed`).
    pub(super) fn duplicate_uuid(&mut self, fx: &mut Effects) {
        log(fx, LogLine::DuplicateUuid);
        self.disk(DiskOp::RemoveGvwstate, fx);
        self.end(1, fx);
    }

    /// The primary component protocol has ended the group communication
    /// (`gcs_gcomm.cpp`: "exception from gcomm, backend must be restarted").
    pub(super) fn backend_failed(&mut self, fatal: Fatal, fx: &mut Effects) {
        let me = self.uuid.into();
        match fatal {
            Fatal::ConflictingPrims { mine, other } => {
                let (mine, other) = (mine.into(), other.into());
                log(fx, LogLine::ConflictingPrims { me, mine, other });
                log(fx, LogLine::ConflictingLoser { me });
            }
            Fatal::LastPrimsNotConsistent => {
                log(fx, LogLine::LastPrimsInconsistent { me });
            }
        }
        let during_open = !self.channel_open;
        self.close_links(fx);
        self.evs.abort();
        if during_open {
            // The start fails as a whole; nothing is cleaned up.
            self.end(1, fx);
            return;
        }
        self.disk(DiskOp::RemoveGvwstate, fx);
        self.save(self.state_uuid, self.committed, fx);
        if self.port_open {
            self.disconnect(fx);
        } else {
            self.end(1, fx);
        }
    }

    /// The process lives on without a group (`Disconnected`).
    pub(super) fn disconnect(&mut self, fx: &mut Effects) {
        self.phase = Phase::Disconnected;
        self.synced = false;
        self.joining = None;
        self.queue.clear();
        self.refuse_pending(fx);
        for timer in [
            TimerId::Gmcast,
            TimerId::Evs,
            TimerId::Joiner,
            TimerId::Apply,
        ] {
            fx.push(Effect::ClearTimer(timer));
        }
    }

    pub(super) fn close_links(&mut self, fx: &mut Effects) {
        let mut out = Vec::new();
        self.gmcast.close(&mut out);
        for closed in out {
            if let gmcast::Out::Close(peer) = closed {
                fx.push(Effect::Close(peer, Channel::Group));
            }
        }
    }
}
