//! Start and end of a process: files, the bootstrap guard, the announcement, the wait for a primary
//! component, the orderly stop (`galera/src/replicator_smm.cpp`, `gcomm/src/pc.cpp`).

use std::collections::BTreeSet;

use seatrial_galera::{
    GcommUuid, GraState, GvwRead, GvwState, LogLine, Position, Seqno, StateUuid,
};

use crate::deliberate_fault::DeliberateFault;
use crate::effect::{DiskOp, DiskState, Effect, Effects, Note, TimerId};
use crate::evs::{self, Evs};
use crate::gcs::Gcs;
use crate::gmcast::Gmcast;
use crate::pc::{Pc, RestoredView};
use crate::time::Time;

use super::{Node, Phase, arbitrator, log};

/// From the start of the process to the opening of its files.
///
/// MODEL GAP: start-up times are nominal, those of a small database on a quiet machine.
const PROCESS_START: Time = Time::from_millis(250);
/// By how much that varies from process to process.
const PROCESS_START_JITTER_US: u64 = 200_000;
/// One slice of the opening (`pc.cpp:connect`).
const CONNECT_SLICE: Time = Time::from_millis(500);
/// From a refused start to the end of the process.
const FAILED_EXIT: Time = Time::from_millis(250);
/// From SIGTERM to the first word to the group: connections are ended first.
const TERM_DELAY: Time = Time::from_millis(100);
/// From the end of group communication to the end of the process: InnoDB shuts down.
const SHUTDOWN: Time = Time::from_millis(900);

/// Why group communication is being closed in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Closing {
    /// Not at all.
    No,
    /// SIGTERM.
    Stop,
    /// A start that has failed.
    FailedStart,
    /// SIGABRT follows.
    Abort,
    /// The process lives on, without a group.
    Disconnect,
}

impl Node {
    pub(super) fn begin(&mut self, now: Time, fx: &mut Effects) {
        let jitter = Time(if self.identity.config.jitter {
            self.boot.entropy % PROCESS_START_JITTER_US
        } else {
            PROCESS_START_JITTER_US / 2
        });
        fx.push(Effect::SetTimer(
            TimerId::Boot,
            now + PROCESS_START + jitter,
        ));
    }

    /// The boot timer: files are opened, later the port.
    pub(super) fn open_files(&mut self, now: Time, fx: &mut Effects) {
        if self.phase == Phase::Starting && self.identity.config.arbitrator {
            self.start_arbitrator(now, fx);
        } else if self.phase == Phase::Starting {
            self.disk(DiskOp::Open, fx);
        } else {
            self.open_port(fx);
        }
    }

    pub(super) fn opened(&mut self, state: DiskState, now: Time, fx: &mut Effects) {
        self.saved = state
            .grastate
            .as_deref()
            .map_or_else(GraState::default, GraState::read);
        if self.identity.config.has(DeliberateFault::VoidStateTrusted)
            && self.saved.uuid.is_nil()
            && let Some(recovered) = &self.boot.start_position
        {
            self.saved.uuid = recovered.position.uuid;
        }
        self.database = state.database;
        self.storage_position = self.database.position;
        self.cache = state.cache;
        let seqno = self.start_seqno();
        self.state_uuid = self.saved.uuid;
        self.committed = seqno;
        log(
            fx,
            LogLine::FoundSavedState {
                position: self.saved.position(),
                safe_to_bootstrap: self.saved.safe_to_bootstrap,
            },
        );
        self.open_cache(seqno, fx);
        if !self.saved.uuid.is_nil() {
            // Any start makes the position in the file undefined, before anything can fail
            // (`replicator_smm.cpp`: set_initial_position, update_state_uuid).
            self.save(self.saved.uuid, Seqno::UNDEFINED, fx);
        }
        let guarded = !self.identity.config.has(DeliberateFault::GuardIgnored);
        if self.boot.new_cluster && !self.saved.safe_to_bootstrap && guarded {
            // The guard (`replicator_smm.cpp:connect`) looks at nothing else.
            log(fx, LogLine::UnsafeToBootstrap);
            log(
                fx,
                LogLine::ConnectFailed {
                    url: "gcomm://".into(),
                    errno: 7,
                },
            );
            self.fail_start(now, fx);
            return;
        }
        self.restore_view(state.gvwstate.as_deref(), fx);
        let start = if seqno.is_undefined() {
            Position::UNDEFINED
        } else {
            Position::new(self.state_uuid, seqno)
        };
        let entropy = self.history_entropy();
        self.gcs = Gcs::new(self.uuid, start, entropy, &self.identity.config);
        self.connect(now, fx);
    }

    /// The effective start position (`ReplicatorSMM`, constructor): the file's own where it has one,
    /// else the recovered one where it belongs to the file's history.
    fn start_seqno(&self) -> Seqno {
        let config = &self.identity.config;
        if self.saved.uuid.is_nil() {
            return Seqno::UNDEFINED;
        }
        if !self.saved.seqno.is_undefined() {
            return self.saved.seqno;
        }
        match &self.boot.start_position {
            Some(recovered)
                if recovered.position.uuid == self.saved.uuid
                    && !config.has(DeliberateFault::RecoveredIgnored) =>
            {
                recovered.position.seqno
            }
            _ => Seqno::UNDEFINED,
        }
    }

    fn open_cache(&mut self, seqno: Seqno, fx: &mut Effects) {
        if !self.identity.config.gcache_recover {
            self.cache.clear();
            self.disk(DiskOp::CacheReset(self.state_uuid), fx);
        } else if self.cache.uuid == self.state_uuid && !seqno.is_undefined() {
            self.cache.discard_above(seqno);
            self.disk(DiskOp::CacheDiscardAbove(seqno), fx);
        }
    }

    fn history_entropy(&self) -> u128 {
        let low = u128::from(self.boot.entropy);
        // Shaped like a version 1 uuid, so that it reads like one in files and logs.
        (low << 64) | 0x11f1 << 48 | (low.rotate_left(17) & 0xffff_ffff_ffff)
    }

    /// gvwstate.dat: the identity is used again with the next incarnation, the view is remembered
    /// (`pc.cpp:PC`, constructor). A bootstrap takes the identity and not the view.
    fn restore_view(&mut self, text: Option<&str>, fx: &mut Effects) {
        let mut restored = None;
        let mut restored_seq = None;
        match text {
            None => {}
            Some(_) if !self.identity.config.pc_recovery => {
                self.disk(DiskOp::RemoveGvwstate, fx);
            }
            Some(text) => match GvwState::read(text) {
                GvwRead::Restored(mut file) if !file.my_uuid.is_nil() => {
                    file.my_uuid = file.my_uuid.next_incarnation();
                    self.uuid = file.my_uuid;
                    restored_seq = Some(file.view_id.seq);
                    if !self.boot.new_cluster {
                        let members: BTreeSet<GcommUuid> =
                            file.members.iter().map(|(uuid, _)| *uuid).collect();
                        restored = Some(RestoredView {
                            id: file.view_id,
                            members,
                        });
                    }
                    self.disk(DiskOp::WriteGvwstate(file), fx);
                }
                GvwRead::Restored(_) | GvwRead::Nil | GvwRead::Garbage => {
                    // Damaged bytes count as a restored identity, the nil one: it works until another
                    // node has it too.
                    let mut file = GvwState::nil();
                    file.my_uuid = file.my_uuid.next_incarnation();
                    self.uuid = file.my_uuid;
                    self.disk(DiskOp::WriteGvwstate(file), fx);
                }
            },
        }
        log(
            fx,
            if restored_seq.is_some() {
                LogLine::GvwRestored
            } else {
                LogLine::GvwRestoreFailed
            },
        );
        self.wait_without_limit = restored.is_some();
        self.gmcast = Gmcast::new(self.identity.me, self.uuid, self.identity.config.jitter);
        self.evs = Evs::new(self.uuid, restored_seq);
        self.pc = Pc::new(
            self.uuid,
            self.boot.new_cluster,
            restored,
            &self.identity.config,
        );
    }

    pub(super) fn connect(&mut self, now: Time, fx: &mut Effects) {
        self.gmcast.open(&self.identity.addresses, now);
        self.check_links(now, fx);
        let config = &self.identity.config;
        fx.push(Effect::SetTimer(
            TimerId::Evs,
            now + config.evs_inactive_check_period,
        ));
        let mut out = Vec::new();
        self.evs.join(now, &mut out);
        if self.boot.new_cluster {
            log(fx, LogLine::StartPrim);
            self.phase = Phase::Connected;
            self.evs.start_gathering(now, &mut out);
            self.run_evs(out, now, fx);
            return;
        }
        self.phase = Phase::Announcing;
        self.announce_until = now + config.pc_announce_timeout;
        fx.push(Effect::SetTimer(TimerId::Connect, now + CONNECT_SLICE));
        self.run_evs(out, now, fx);
    }

    /// One slice of `pc.cpp:connect` is over: the announcement ends as soon as anybody has taken note,
    /// or with `pc.announce_timeout`; then the node has to be in a view. The channel opens between two
    /// slices: real starters that were alone after 0.3 s had it open after 0.5 s.
    pub(super) fn connect_slice(&mut self, now: Time, fx: &mut Effects) {
        if !matches!(self.phase, Phase::Announcing | Phase::Connected) {
            return;
        }
        fx.push(Effect::SetTimer(TimerId::Connect, now + CONNECT_SLICE));
        if self.phase == Phase::Announcing {
            let mut out = Vec::new();
            if self.evs.known_size() <= 1 && now < self.announce_until {
                self.evs.announce(now, &mut out);
                self.run_evs(out, now, fx);
                return;
            }
            self.phase = Phase::Connected;
            self.evs.start_gathering(now, &mut out);
            self.run_evs(out, now, fx);
        }
        if self.evs.state() != evs::State::Operational {
            return;
        }
        fx.push(Effect::ClearTimer(TimerId::Connect));
        let config = &self.identity.config;
        let is_primary = self
            .component
            .as_ref()
            .is_some_and(|view| view.id.kind == seatrial_galera::ViewType::Prim);
        self.wait_without_limit |= config.has(DeliberateFault::WaitPrimIgnored);
        if self.wait_without_limit || !config.pc_wait_prim || is_primary {
            self.channel_open = true;
        } else {
            fx.push(Effect::SetTimer(
                TimerId::WaitPrim,
                now + config.pc_wait_prim_timeout,
            ));
        }
    }

    pub(super) fn wait_prim_expired(&mut self, now: Time, fx: &mut Effects) {
        if self.channel_open || self.phase != Phase::Connected {
            return;
        }
        log(fx, LogLine::FailedToReachPrimary);
        log(
            fx,
            LogLine::BackendOpenFailed {
                errno: 110,
                reason: "failed to reach primary view".into(),
            },
        );
        self.close_group(Closing::FailedStart, now, fx);
    }

    fn fail_start(&mut self, now: Time, fx: &mut Effects) {
        self.phase = Phase::Stopping;
        self.exit_code = 1;
        fx.push(Effect::SetTimer(TimerId::Stop, now + FAILED_EXIT));
    }

    /// SIGTERM. A server without a port waits inside its start-up and does not look at signals: the
    /// signal is remembered and the port will never open.
    pub(super) fn term(&mut self, entropy: u64, now: Time, fx: &mut Effects) {
        if self.term_received {
            return;
        }
        if self.identity.config.arbitrator {
            self.term_received = true;
            self.close_group(Closing::Stop, now, fx);
            return;
        }
        if !self.port_open {
            self.term_while_waiting = true;
            return;
        }
        self.term_received = true;
        if !self.identity.config.jitter {
            fx.push(Effect::SetTimer(TimerId::Stop, now + TERM_DELAY));
            return;
        }
        // Servers that are told at once leave at once: five of six pairs in one view, nine of ten
        // triples with nobody left over. Now and then one takes longer, and leaves after the others.
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

    pub(super) fn stop_stage(&mut self, now: Time, fx: &mut Effects) {
        match self.phase {
            Phase::Stopping => {
                let code = self.exit_code;
                if code == 0 {
                    log(fx, LogLine::ShutdownComplete);
                }
                self.end(code, fx);
            }
            Phase::Disconnected => {
                self.phase = Phase::Stopping;
                self.port_open = false;
                self.refuse_pending(fx);
                self.finish_stop(now, fx);
            }
            // Client connections are closed first, and a commit that is being replicated cannot be
            // ended (`sql/wsrep_mysqld.cc:wsrep_close_client_connections`): it comes back with a
            // position or is refused when the component is lost.
            _ if !self.pending.is_empty() && !self.paused => {
                fx.push(Effect::SetTimer(TimerId::Stop, now + TERM_DELAY));
            }
            _ => self.close_group(Closing::Stop, now, fx),
        }
    }

    /// Closes group communication in order; [`Node::gcomm_closed`] goes on.
    pub(super) fn close_group(&mut self, why: Closing, now: Time, fx: &mut Effects) {
        self.closing = why;
        if why == Closing::Stop {
            self.refuse_pending(fx);
        }
        self.pc.close();
        fx.push(Effect::SetTimer(
            TimerId::Linger,
            now + self.identity.config.pc_linger,
        ));
        let mut out = Vec::new();
        self.evs.close(now, &mut out);
        let closed = self.evs.state() == evs::State::Closed && out.is_empty();
        self.run_evs(out, now, fx);
        if closed {
            self.gcomm_closed(now, fx);
        }
    }

    pub(super) fn linger_expired(&mut self, now: Time, fx: &mut Effects) {
        if self.closing != Closing::No && self.evs.state() != evs::State::Closed {
            self.evs.abort();
            self.gcomm_closed(now, fx);
        }
    }

    /// The group has taken note, or nobody is left who could.
    pub(super) fn gcomm_closed(&mut self, now: Time, fx: &mut Effects) {
        let why = std::mem::replace(&mut self.closing, Closing::No);
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
        self.close_links(fx);
        match why {
            Closing::No => {}
            Closing::FailedStart => self.fail_start(now, fx),
            Closing::Abort => {
                self.disk(DiskOp::RemoveGvwstate, fx);
                self.phase = Phase::Stopping;
                self.exit_code = if self.identity.config.arbitrator {
                    arbitrator::EXIT_INCONSISTENT
                } else {
                    134
                };
                fx.push(Effect::SetTimer(TimerId::Stop, now + Time::from_millis(50)));
            }
            Closing::Disconnect => {
                self.disk(DiskOp::RemoveGvwstate, fx);
                if !self.corrupt {
                    self.save(self.state_uuid, self.committed, fx);
                }
                self.disconnect(fx);
            }
            Closing::Stop => {
                self.apply_everything(now, fx);
                let config = &self.identity.config;
                let too_early = config.has(DeliberateFault::PositionBeforeView);
                let kept = config.has(DeliberateFault::ViewKeptAtStop);
                self.saved.safe_to_bootstrap |= config.has(DeliberateFault::SafeAtEveryStop);
                if !too_early && !kept {
                    self.disk(DiskOp::RemoveGvwstate, fx);
                }
                self.phase = Phase::Stopping;
                self.port_open = false;
                if !self.corrupt && !self.state_uuid.is_nil() {
                    self.save(self.state_uuid, self.committed, fx);
                }
                if too_early {
                    self.disk(DiskOp::RemoveGvwstate, fx);
                }
                self.finish_stop(now, fx);
            }
        }
    }

    /// The last stage of an orderly stop: everything is flushed, then the process ends, unless a
    /// session holds it.
    fn finish_stop(&mut self, now: Time, fx: &mut Effects) {
        self.flush_redo(true, fx);
        if !self.locked && !self.hold_on_stop {
            fx.push(Effect::SetTimer(TimerId::Stop, now + SHUTDOWN));
        }
    }

    /// Opens the SQL port some time after the storage engines may start. A server that was told to
    /// end while it waited never opens it.
    pub(super) fn open_port_soon(&mut self, now: Time, fx: &mut Effects) {
        if !self.port_open && !self.term_while_waiting && !self.identity.config.arbitrator {
            fx.push(Effect::SetTimer(
                TimerId::Boot,
                now + Time::from_millis(600),
            ));
        }
    }

    fn open_port(&mut self, fx: &mut Effects) {
        if !self.port_open && !self.term_while_waiting {
            self.port_open = true;
            if !self.storage_position.is_undefined() {
                log(
                    fx,
                    LogLine::RecoveredPositionFromStorage(self.storage_position),
                );
            }
            log(fx, LogLine::ReadyForConnections);
            fx.push(Effect::Note(Note::PortOpen));
        }
    }

    /// The group has gone where this node cannot follow (`GCS_ACT_INCONSISTENCY`): its state is void
    /// (`saved_state.cpp:mark_corrupt`, which keeps the safe_to_bootstrap of the file), it leaves in
    /// order. A starting process then aborts, a running one lives on.
    ///
    /// One that still asks for a transfer fails by that request instead, and keeps its position
    /// (`replicator_str.cpp:send_state_request`, "State transfer request failed unrecoverably").
    pub(super) fn inconsistent(&mut self, now: Time, fx: &mut Effects) {
        if self.asks_in_vain() {
            self.save(self.state_uuid, self.committed, fx);
            self.close_group(Closing::Abort, now, fx);
            return;
        }
        self.corrupt = true;
        self.save(StateUuid::NIL, Seqno::UNDEFINED, fx);
        self.state_uuid = StateUuid::NIL;
        self.committed = Seqno::UNDEFINED;
        let why = if self.port_open {
            Closing::Disconnect
        } else {
            Closing::Abort
        };
        self.close_group(why, now, fx);
    }
}
