//! The start of a process: files, the bootstrap guard, the announcement, the wait for a primary component,
//! the port (`galera/src/replicator_smm.cpp`, `gcomm/src/pc.cpp`).

use std::collections::BTreeSet;

use seatrial_galera::{GcommUuid, GvwRead, GvwState, LogLine, Position};

use crate::decide;
use crate::deliberate_fault::DeliberateFault;
use crate::detail::Detail;
use crate::effect::{DiskOp, DiskState, Effect, Effects, Note, TimerId, log};
use crate::evs;
use crate::node::parts::{Beginning, Closing, Group, Phase};
use crate::node::whole::Node;
use crate::pc::RestoredView;
use crate::time::Time;

/// From the start of the process to the opening of its files.
///
/// MODEL GAP: start-up times are nominal, those of a small database on a quiet machine.
const PROCESS_START: Time = Time::from_millis(250);
/// By how much that varies from process to process.
const PROCESS_START_JITTER_US: u64 = 200_000;
/// One slice of the opening (`pc.cpp:connect`).
const CONNECT_SLICE: Time = Time::from_millis(500);
/// From a state that suffices to the opening of the port.
const PORT: Time = Time::from_millis(600);
/// From a refused start to the end of the process.
const FAILED_EXIT: Time = Time::from_millis(250);
impl Node {
    /// The process has been started.
    pub(in crate::node) fn begin(&self, now: Time, fx: &mut Effects) {
        let jitter = Time(if self.identity.config.jitter {
            self.life.boot().entropy % PROCESS_START_JITTER_US
        } else {
            PROCESS_START_JITTER_US / 2
        });
        fx.push(Effect::SetTimer(
            TimerId::Boot,
            now + PROCESS_START + jitter,
        ));
    }

    /// The boot timer: files are opened, later the port. An arbitrator has no files to read and joins the
    /// group at once.
    pub(in crate::node) fn open_files(&mut self, now: Time, fx: &mut Effects) {
        if self.life.phase() != Phase::Starting {
            self.open_port(fx);
        } else if self.identity.config.arbitrator {
            self.connect(self.life.boot().new_cluster, now, fx);
        } else {
            self.store.disk(DiskOp::Open, fx);
        }
    }

    /// The state files have been read.
    pub(in crate::node) fn opened(&mut self, mut state: DiskState, now: Time, fx: &mut Effects) {
        let config = &self.identity.config;
        let gvwstate = state.gvwstate.take();
        let recovered = self.life.boot().start_position.as_ref();
        let start = recovered.map_or(Position::UNDEFINED, |recovered| recovered.position);
        self.tell(Detail::Provider(start), fx);
        if state.grastate.is_none() {
            self.tell(Detail::NoStateFile, fx);
        }
        self.store.open(state, self.life.boot(), config, fx);
        let guarded = !config.has(DeliberateFault::GuardIgnored);
        let safe = self.store.saved().safe_to_bootstrap;
        let refused = decide::refuses_bootstrap(self.life.boot().new_cluster, safe) && guarded;
        self.tell_options(refused, fx);
        if refused {
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
        let begins = self.restore_view(gvwstate.as_deref(), fx);
        self.group = Group::new(self.identity.address, begins, &self.identity.config);
        if self.life.boot().no_address && !self.life.boot().new_cluster {
            // Fatal, whatever view there was to restore (`gmcast.cpp:connect_precheck`).
            log(
                fx,
                LogLine::BackendOpenFailed {
                    errno: 131,
                    reason: "No address to connect".into(),
                },
            );
            self.tell(Detail::NoAddress, fx);
            self.fail_start(now, fx);
            return;
        }
        self.connect(self.life.boot().new_cluster, now, fx);
    }

    /// Writes what a starting provider says of its cache and its options.
    fn tell_options(&self, refused: bool, fx: &mut Effects) {
        let cache = self.store.cache();
        let ends = cache
            .events
            .first_key_value()
            .zip(cache.events.last_key_value());
        let range = ends.map(|((first, _), (last, _))| (*first, *last));
        self.tell(Detail::Cache(cache.uuid, range), fx);
        let config = &self.identity.config;
        let options = Detail::Options {
            me: self.identity.me,
            weight: config.pc_weight,
            recovery: config.pc_recovery,
            ignore_sb: config.pc_ignore_sb,
            ignore_quorum: config.pc_ignore_quorum,
        };
        self.tell(options, fx);
        let connecting = Detail::Connecting {
            bootstrap: self.life.boot().new_cluster,
            position: (!refused).then(|| self.store.known_position()),
        };
        self.tell(connecting, fx);
    }

    pub(super) fn history_entropy(&self) -> u128 {
        let low = u128::from(self.life.boot().entropy);
        // Shaped like a version 1 uuid, so that it reads like one in files and logs.
        (low << 64) | 0x11f1 << 48 | (low.rotate_left(17) & 0xffff_ffff_ffff)
    }

    /// gvwstate.dat: the identity is used again with the next incarnation, the view is remembered
    /// (`pc.cpp:PC`, constructor). A bootstrap takes the identity and not the view.
    fn restore_view(&mut self, text: Option<&str>, fx: &mut Effects) -> Beginning {
        let new_cluster = self.life.boot().new_cluster;
        let mut uuid = self.group.uuid();
        let mut restored = None;
        let mut restored_seq = None;
        match text {
            None => self.tell(Detail::NoViewFile, fx),
            Some(_) if !self.identity.config.pc_recovery => {
                self.store.disk(DiskOp::RemoveGvwstate, fx);
            }
            Some(text) => match GvwState::read(text) {
                GvwRead::Restored(mut file) if !file.my_uuid.is_nil() => {
                    file.my_uuid = file.my_uuid.next_incarnation();
                    uuid = file.my_uuid;
                    restored_seq = Some(file.view_id.seq);
                    if !new_cluster {
                        let members: BTreeSet<GcommUuid> =
                            file.members.iter().map(|(uuid, _)| *uuid).collect();
                        restored = Some(RestoredView {
                            id: file.view_id,
                            members,
                        });
                    }
                    self.store.disk(DiskOp::WriteGvwstate(file), fx);
                }
                GvwRead::Restored(_) | GvwRead::Nil | GvwRead::Garbage => {
                    // Damaged bytes count as a restored identity, the nil one: it works until another
                    // node has it too.
                    let mut file = GvwState::nil();
                    file.my_uuid = file.my_uuid.next_incarnation();
                    uuid = file.my_uuid;
                    self.store.disk(DiskOp::WriteGvwstate(file), fx);
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
        Beginning {
            uuid,
            new_cluster,
            restored_seq,
            restored,
            position: self.store.known_position(),
            entropy: self.history_entropy(),
        }
    }

    /// Opens group communication, as the first of a cluster or as one who looks for one.
    pub(super) fn connect(&mut self, bootstrap: bool, now: Time, fx: &mut Effects) {
        self.group.gmcast.open(&self.identity.addresses, now);
        self.check_links(now, fx);
        self.tell(Detail::Listening(self.group.uuid()), fx);
        self.tell(Detail::Joining { bootstrap }, fx);
        let config = &self.identity.config;
        fx.push(Effect::SetTimer(
            TimerId::Evs,
            now + config.evs_inactive_check_period,
        ));
        let mut out = Vec::new();
        self.group.evs.join(now, &mut out);
        if bootstrap {
            log(fx, LogLine::StartPrim);
            self.life.enter(Phase::Connected);
            self.group.evs.start_gathering(now, &mut out);
            self.run_evs(out, now, fx);
            return;
        }
        self.life.enter(Phase::Announcing);
        let until = now + self.identity.config.pc_announce_timeout;
        self.group.announce_until(until);
        fx.push(Effect::SetTimer(TimerId::Connect, now + CONNECT_SLICE));
        self.run_evs(out, now, fx);
    }

    /// One slice of `pc.cpp:connect` is over: the announcement ends as soon as anybody has taken note,
    /// or with `pc.announce_timeout`; then the node has to be in a view. The channel opens between two
    /// slices: real starters that were alone after 0.3 s had it open after 0.5 s.
    pub(in crate::node) fn connect_slice(&mut self, now: Time, fx: &mut Effects) {
        if !matches!(self.life.phase(), Phase::Announcing | Phase::Connected) {
            return;
        }
        fx.push(Effect::SetTimer(TimerId::Connect, now + CONNECT_SLICE));
        if self.life.phase() == Phase::Announcing {
            let mut out = Vec::new();
            if self.group.is_announcing(now) {
                self.group.evs.announce(now, &mut out);
                self.run_evs(out, now, fx);
                return;
            }
            self.life.enter(Phase::Connected);
            self.group.evs.start_gathering(now, &mut out);
            self.run_evs(out, now, fx);
        }
        if self.group.evs.state() != evs::State::Operational {
            return;
        }
        fx.push(Effect::ClearTimer(TimerId::Connect));
        let config = &self.identity.config;
        if config.has(DeliberateFault::WaitPrimIgnored) {
            self.group.wait_without_limit();
        }
        let waits = config.pc_wait_prim && !self.group.waits_without_limit();
        if waits && !self.group.component_is_primary() {
            let at = now + config.pc_wait_prim_timeout;
            fx.push(Effect::SetTimer(TimerId::WaitPrim, at));
        } else {
            self.tell_opened(fx);
            self.group.opened();
        }
    }

    /// No primary component has come in time: the start fails.
    pub(in crate::node) fn wait_prim_expired(&mut self, now: Time, fx: &mut Effects) {
        if self.group.is_open() || self.life.phase() != Phase::Connected {
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
        self.tell(Detail::OpenFailed, fx);
        self.close_group(Closing::FailedStart, now, fx);
    }

    /// The process ends: its start has failed.
    pub(super) fn fail_start(&mut self, now: Time, fx: &mut Effects) {
        self.tell(Detail::GivesUp, fx);
        self.life.end_with(1);
        fx.push(Effect::SetTimer(TimerId::Stop, now + FAILED_EXIT));
    }

    /// Opens the SQL port some time after the storage engines may start. A server that was told to
    /// end while it waited never opens it.
    pub(super) fn open_port_soon(&mut self, now: Time, fx: &mut Effects) {
        if self.life.may_open_port() && !self.identity.config.arbitrator {
            fx.push(Effect::SetTimer(TimerId::Boot, now + PORT));
        }
    }

    fn open_port(&mut self, fx: &mut Effects) {
        if self.life.open_port() {
            let position = self.store.storage_position();
            if !position.is_undefined() {
                log(fx, LogLine::RecoveredPositionFromStorage(position));
            }
            if self.life.boot().new_cluster {
                self.tell(Detail::Bootstrapped, fx);
            }
            log(fx, LogLine::ReadyForConnections);
            fx.push(Effect::Note(Note::PortOpen));
        }
    }
}
