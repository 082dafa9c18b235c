//! The orderly stop of a process, and the orderly end of group communication
//! (`galera/src/replicator_smm.cpp`, `gcomm/src/pc.cpp`).

use seatrial_galera::{LogLine, Position, ServerState, ViewId, ViewType};

use crate::deliberate_fault::DeliberateFault;
use crate::detail::{Detail, LoggedConfiguration, LoggedMember, channel_state};
use crate::effect::{DiskOp, Effect, Effects, TimerId, log};
use crate::evs;
use crate::node::parts::{Closing, Phase, Term};
use crate::node::whole::Node;
use crate::time::Time;

use super::arbitrator;

/// From SIGTERM to the first word to the group: connections are ended first.
const TERM_DELAY: Time = Time::from_millis(100);
/// From the end of group communication to the end of the process: InnoDB shuts down.
const SHUTDOWN: Time = Time::from_millis(900);
/// From the end of group communication to an abort.
const ABORT: Time = Time::from_millis(50);
/// The exit code of a process that ends by SIGABRT.
pub(super) const EXIT_ABORTED: i32 = 134;

impl Node {
    /// SIGTERM. A server without a port waits inside its start-up and does not look at signals: the
    /// signal is remembered and the port will never open.
    pub(in crate::node) fn term(&mut self, entropy: u64, now: Time, fx: &mut Effects) {
        let arbitrator = self.identity.config.arbitrator;
        if self.life.term(arbitrator) != Term::Begins {
            return;
        }
        if arbitrator {
            self.close_group(Closing::Stop, now, fx);
            return;
        }
        self.tell(Detail::StopRequested, fx);
        if !self.identity.config.jitter {
            fx.push(Effect::SetTimer(TimerId::Stop, now + TERM_DELAY));
            return;
        }
        // Servers that are stopped at one instant mostly leave at one instant: five of six pairs in one
        // view, and nine of ten triples. Sometimes one server takes longer, and leaves after the others.
        let slow = if entropy.is_multiple_of(16) {
            20_000 + (entropy >> 8) % 180_000
        } else {
            0
        };
        fx.push(Effect::SetTimer(
            TimerId::Stop,
            now + TERM_DELAY + Time((entropy >> 32) % 60 + slow),
        ));
    }

    /// The next stage of an orderly stop.
    pub(in crate::node) fn stop_stage(&mut self, now: Time, fx: &mut Effects) {
        match self.life.phase() {
            Phase::Stopping => {
                let code = self.life.exit_code();
                if code == 0 {
                    log(fx, LogLine::ShutdownComplete);
                }
                self.end(code, fx);
            }
            Phase::Disconnected => {
                self.life.enter(Phase::Stopping);
                self.life.close_port();
                self.clients.lose_all(fx);
                self.finish_stop(now, fx);
            }
            // Client connections are closed first, and a commit that is being replicated cannot be
            // ended (`sql/wsrep_mysqld.cc:wsrep_close_client_connections`): it comes back with a
            // position or is refused when the component is lost.
            _ if self.clients.pending() > 0 && !self.applier.is_paused() => {
                fx.push(Effect::SetTimer(TimerId::Stop, now + TERM_DELAY));
            }
            _ => self.close_group(Closing::Stop, now, fx),
        }
    }

    /// Closes group communication in order; [`Node::gcomm_closed`] goes on.
    pub(super) fn close_group(&mut self, why: Closing, now: Time, fx: &mut Effects) {
        self.life.begin_closing(why);
        self.tell(
            Detail::Closing {
                stops: why == Closing::Stop,
            },
            fx,
        );
        if why == Closing::Stop {
            self.clients.lose_all(fx);
        }
        self.group.pc.close();
        fx.push(Effect::SetTimer(
            TimerId::Linger,
            now + self.identity.config.pc_linger,
        ));
        let mut out = Vec::new();
        self.group.evs.close(now, &mut out);
        let closed = self.group.evs.state() == evs::State::Closed && out.is_empty();
        self.run_evs(out, now, fx);
        if closed {
            self.gcomm_closed(now, fx);
        }
    }

    /// The orderly leave has taken too long: the process leaves without it.
    pub(in crate::node) fn linger_expired(&mut self, now: Time, fx: &mut Effects) {
        if self.life.closing() != Closing::No && self.group.evs.state() != evs::State::Closed {
            self.group.evs.abort();
            self.gcomm_closed(now, fx);
        }
    }

    /// The group has noted the leave, or no member is left that could.
    pub(super) fn gcomm_closed(&mut self, now: Time, fx: &mut Effects) {
        let why = self.life.end_closing();
        if why == Closing::No {
            return;
        }
        fx.push(Effect::ClearTimer(TimerId::Linger));
        for timer in [
            TimerId::Gmcast,
            TimerId::Evs,
            TimerId::Joiner,
            TimerId::WaitPrim,
        ] {
            fx.push(Effect::ClearTimer(timer));
        }
        self.tell_leave(fx);
        self.close_links(fx);
        match why {
            Closing::No => {}
            Closing::FailedStart if self.life.port_open() => self.disconnect(fx),
            Closing::FailedStart => self.fail_start(now, fx),
            Closing::Abort => {
                self.tell(Detail::Interrupted, fx);
                self.store.disk(DiskOp::RemoveGvwstate, fx);
                self.life.end_with(if self.identity.config.arbitrator {
                    arbitrator::EXIT_INCONSISTENT
                } else {
                    EXIT_ABORTED
                });
                fx.push(Effect::SetTimer(TimerId::Stop, now + ABORT));
            }
            Closing::Disconnect => {
                self.store.disk(DiskOp::RemoveGvwstate, fx);
                if !self.store.is_corrupt() {
                    self.store.save_position(fx);
                }
                self.disconnect(fx);
                self.join_again(now, fx);
            }
            Closing::Stop => self.leave_behind(now, fx),
        }
    }

    /// Writes what a member says of its own leave: a component without anybody else, then none.
    pub(super) fn tell_leave(&self, fx: &mut Effects) {
        let me = self.group.uuid();
        let (id, members) = self.group.last_component();
        let others = members.iter().filter(|uuid| **uuid != me);
        let seen = id.is_some_and(|id| id.kind == ViewType::Prim);
        let leave = Detail::Left {
            view: id.map(|id| ViewId::new(ViewType::NonPrim, id.uuid, id.seq)),
            me,
            others: others.copied().collect(),
            from: channel_state(self.group.gcs.my_status()),
            seqno: self.group.gcs.received(),
            was_primary: seen,
        };
        self.tell(leave, fx);
        let position = self.store.position();
        for members in [vec![me], Vec::new()] {
            let member = |(index, uuid)| LoggedMember {
                index,
                uuid,
                place: None,
            };
            let view = LoggedConfiguration {
                position: Position::new(position.uuid, position.seqno),
                primary: false,
                me,
                members: (0..).zip(members).map(member).collect(),
            };
            self.tell(Detail::Configuration(Box::new(view)), fx);
        }
        self.tell(
            Detail::Status(ServerState::Disconnecting, ServerState::Disconnected),
            fx,
        );
    }

    /// Puts the files into the state in which an orderly stop leaves them: the view's file is removed
    /// before the position is written.
    fn leave_behind(&mut self, now: Time, fx: &mut Effects) {
        self.apply_everything(now, fx);
        let config = &self.identity.config;
        let too_early = config.has(DeliberateFault::PositionBeforeView);
        let kept = config.has(DeliberateFault::ViewKeptAtStop);
        if config.has(DeliberateFault::SafeAtEveryStop) {
            self.store.set_safe_to_bootstrap(true);
        }
        if !too_early && !kept {
            self.store.disk(DiskOp::RemoveGvwstate, fx);
        }
        self.life.enter(Phase::Stopping);
        self.life.close_port();
        if !self.store.is_corrupt() && !self.store.position().uuid.is_nil() {
            self.store.save_position(fx);
        }
        if too_early {
            self.store.disk(DiskOp::RemoveGvwstate, fx);
        }
        self.finish_stop(now, fx);
    }

    /// The last stage of an orderly stop: everything is flushed, then the process ends, unless a
    /// session holds it.
    fn finish_stop(&mut self, now: Time, fx: &mut Effects) {
        self.store.flush_redo(true, fx);
        if !self.applier.is_locked() && !self.clients.someone_stays() {
            fx.push(Effect::SetTimer(TimerId::Stop, now + SHUTDOWN));
        }
    }
}
