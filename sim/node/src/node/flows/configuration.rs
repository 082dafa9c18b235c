//! Processes a configuration of the group (`galera/src/replicator_smm.cpp`).

use seatrial_galera::{LogLine, Position, ServerState};

use crate::decide;
use crate::deliberate_fault::DeliberateFault;
use crate::detail::{Detail, LoggedConfiguration, LoggedMember};
use crate::effect::{Effect, Effects, Reply, TimerId, log};
use crate::frame::{CachedEvent, GcsNodeState};
use crate::gcs::Conf;
use crate::node::parts::Closing;
use crate::node::whole::{FLUSH_PERIOD, Node};
use crate::time::Time;

impl Node {
    /// Processes a configuration (`process_prim_conf_change`, `process_non_prim_conf_change`).
    pub(super) fn process_conf(&mut self, conf: Conf, now: Time, fx: &mut Effects) {
        let config = &self.identity.config;
        if config.has(DeliberateFault::SafeWithoutQuorum) {
            self.store.set_safe_to_bootstrap(conf.members == 1);
        }
        if conf.primary {
            self.process_primary_conf(conf, now, fx);
        } else {
            self.tell_configuration(&conf, fx);
            let was_synced = self.applier.is_synced();
            self.applier.set_synced(false);
            self.applier.enter(conf);
            log(fx, LogLine::NonPrimaryView);
            if was_synced {
                let (from, to) = (ServerState::Synced, ServerState::Connected);
                self.tell(Detail::Status(from, to), fx);
            }
            self.clients.answer_held(&Reply::Error(1047), fx);
        }
    }

    /// Writes the view that the applier has reached.
    pub(super) fn tell_configuration(&self, conf: &Conf, fx: &mut Effects) {
        let member = |(index, uuid): (i32, &seatrial_galera::GcommUuid)| LoggedMember {
            index,
            uuid: *uuid,
            place: None,
        };
        let view = LoggedConfiguration {
            position: Position::new(conf.uuid, conf.seqno),
            primary: conf.primary,
            me: self.group.uuid(),
            members: (0..).zip(&conf.who).map(member).collect(),
        };
        self.tell(Detail::Configuration(Box::new(view)), fx);
    }

    fn process_primary_conf(&mut self, conf: Conf, now: Time, fx: &mut Effects) {
        let config = &self.identity.config;
        let cleared = !config.has(DeliberateFault::SafeNeverCleared);
        let early = config.has(DeliberateFault::SeqnoWrittenEarly);
        let any_history = config.has(DeliberateFault::OtherUuidAccepted);
        let local = self.store.position();
        let needs_transfer = conf.my_state == GcsNodeState::Prim
            && ((local.uuid != conf.uuid && !any_history) || local.seqno.next() < conf.seqno);
        // Evaluated with every primary configuration and with nothing else.
        let was_safe = self.store.saved().safe_to_bootstrap;
        self.store.set_safe_to_bootstrap(
            decide::is_safe_to_bootstrap(conf.members) || (was_safe && !cleared),
        );
        self.applier.set_sync_sent(false);
        match conf.my_state {
            GcsNodeState::Synced => self.applier.set_synced(true),
            GcsNodeState::Donor => {}
            _ => self.applier.set_synced(false),
        }
        self.applier.enter(conf.clone());
        if config.innodb_flush_log_at_trx_commit != 1 {
            fx.push(Effect::SetTimer(TimerId::Flush, now + FLUSH_PERIOD));
        }
        if needs_transfer {
            let group = Position::new(conf.uuid, conf.seqno);
            log(fx, LogLine::StateTransferRequired { group, local });
            if local.uuid != group.uuid {
                let from = Position::new(local.uuid, seatrial_galera::Seqno(local.seqno.0.max(0)));
                self.tell(Detail::CacheReset(from, group), fx);
            }
            self.start_joining(conf, now, fx);
            return;
        }
        self.tell_configuration(&conf, fx);
        self.store.adopt_history(conf.uuid, fx);
        if conf.seqno > self.store.position().seqno {
            let event = CachedEvent {
                seqno: conf.seqno,
                write_set: None,
            };
            let config = &self.identity.config;
            self.store.commit(&event, None, Vec::new(), config, fx);
        }
        if self.applier.is_paused() || early {
            self.store.save_position(fx);
        } else {
            self.store.save_running(fx);
        }
        self.open_port_soon(now, fx);
    }

    /// The group has gone where this node cannot follow (`GCS_ACT_INCONSISTENCY`): its state is void,
    /// and it leaves in order. A starting process then aborts, a running one lives on.
    ///
    /// One that still asks for a transfer fails by that request instead, and keeps its position
    /// (`replicator_str.cpp:send_state_request`, "State transfer request failed unrecoverably").
    pub(super) fn inconsistent(&mut self, now: Time, fx: &mut Effects) {
        if self.transfer.asks_in_vain() {
            self.store.save_position(fx);
            self.close_group(Closing::Abort, now, fx);
            return;
        }
        self.store.mark_corrupt(fx);
        let why = if self.life.port_open() {
            Closing::Disconnect
        } else {
            Closing::Abort
        };
        self.close_group(why, now, fx);
    }
}
