//! Ends that are not orderly: an abort, an identity that another node has, a group communication that
//! fails under a process which lives on.

use seatrial_galera::LogLine;

use crate::detail::Detail;
use crate::effect::{DiskOp, Effect, Effects, TimerId, log};
use crate::frame::Channel;
use crate::gmcast;
use crate::node::parts::Phase;
use crate::node::whole::Node;
use crate::pc::Fatal;

use super::stop::EXIT_ABORTED;

impl Node {
    /// Ends without a word to anybody: SIGABRT.
    pub(in crate::node) fn abort(&mut self, fx: &mut Effects) {
        log(fx, LogLine::Aborting);
        self.tell(Detail::Signal(6), fx);
        self.end(EXIT_ABORTED, fx);
    }

    /// The process is over.
    pub(super) fn end(&mut self, code: i32, fx: &mut Effects) {
        self.life.enter(Phase::Ended);
        self.life.close_port();
        self.group.evs.abort();
        fx.push(Effect::Exit(code));
    }

    /// Another node has this identity (`gmcast_proto.cpp:handle_failed`).
    pub(super) fn duplicate_uuid(&mut self, fx: &mut Effects) {
        log(fx, LogLine::DuplicateUuid);
        self.store.disk(DiskOp::RemoveGvwstate, fx);
        self.tell(Detail::GivesUp, fx);
        self.end(1, fx);
    }

    /// The others have evicted this node. Its identity is of no use any more, so that the view file goes, and group
    /// communication ends (`gmcast_proto.cpp:handle_failed`). With its next identity it is let in.
    pub(super) fn evicted(&mut self, fx: &mut Effects) {
        self.tell(Detail::Evicted, fx);
        self.store.disk(DiskOp::RemoveGvwstate, fx);
        self.backend_ended(fx);
    }

    /// The primary component protocol has ended the group communication
    /// (`gcs_gcomm.cpp`: "exception from gcomm, backend must be restarted").
    pub(super) fn backend_failed(&mut self, fatal: Fatal, fx: &mut Effects) {
        let me = self.group.uuid().into();
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
        self.backend_ended(fx);
    }

    /// Group communication has ended by itself, in whatever way: a running server lives on without it.
    pub(super) fn backend_ended(&mut self, fx: &mut Effects) {
        let during_open = !self.group.is_open() && !self.life.port_open();
        self.close_links(fx);
        self.group.evs.abort();
        if during_open {
            // The start fails as a whole; nothing is cleaned up.
            self.tell(Detail::GivesUp, fx);
            self.end(1, fx);
            return;
        }
        self.store.disk(DiskOp::RemoveGvwstate, fx);
        self.store.save_position(fx);
        self.tell_leave(fx);
        if self.life.port_open() {
            self.disconnect(fx);
        } else {
            self.tell(Detail::GivesUp, fx);
            self.end(1, fx);
        }
    }

    /// The process lives on without a group (`Disconnected`).
    pub(super) fn disconnect(&mut self, fx: &mut Effects) {
        self.life.enter(Phase::Disconnected);
        self.applier.set_synced(false);
        self.applier.clear();
        self.transfer.end_joining();
        self.clients.lose_all(fx);
        for timer in [
            TimerId::Gmcast,
            TimerId::Evs,
            TimerId::Joiner,
            TimerId::Apply,
        ] {
            fx.push(Effect::ClearTimer(timer));
        }
    }

    /// Closes all connections of group communication.
    pub(super) fn close_links(&mut self, fx: &mut Effects) {
        let mut out = Vec::new();
        self.group.gmcast.close(&mut out);
        for closed in out {
            if let gmcast::Out::Close(peer) = closed {
                fx.push(Effect::Close(peer, Channel::Group));
            }
        }
    }
}
