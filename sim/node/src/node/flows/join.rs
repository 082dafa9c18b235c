//! Joins: gets the data that a node lacks (`galera/src/replicator_str.cpp`, `ist.cpp`).
//!
//! The joiner asks in the total order, every member chooses the same donor, and the donor opens a
//! connection of its own to the joiner: incrementally where its cache reaches back far enough,
//! otherwise by a copy of its files.

use seatrial_galera::{GcommUuid, LogLine, Position, Seqno};

use crate::database::{Change, Database};
use crate::deliberate_fault::DeliberateFault;
use crate::detail::Detail;
use crate::effect::{Effect, Effects, TimerId, log};
use crate::frame::{CachedEvent, Frame, GcsMessage, GcsNodeState, TransferFrame, WantedDonor};
use crate::gcs::Conf;
use crate::node::parts::{Closing, Heard};
use crate::node::whole::Node;
use crate::peer::Peer;
use crate::time::Time;

use super::stop::EXIT_ABORTED;

/// The joiner's script (`wsrep_sst_rsync --role joiner`) until it listens.
const JOINER_SCRIPT: Time = Time::from_millis(700);
/// A joiner that runs needs no script.
const RUNNING_JOINER: Time = Time::from_millis(50);
/// The wait before a joiner without a donor asks again.
pub(super) const RETRY: Time = Time::from_millis(1_000);

impl Node {
    /// A configuration makes a state transfer necessary.
    pub(super) fn start_joining(&mut self, conf: Conf, now: Time, fx: &mut Effects) {
        if self.transfer.begin_joining(conf) {
            let wait = if self.life.port_open() {
                RUNNING_JOINER
            } else {
                JOINER_SCRIPT
            };
            fx.push(Effect::SetTimer(TimerId::Joiner, now + wait));
        }
    }

    /// The script listens, or it is time to ask again.
    pub(in crate::node) fn joiner_timer(&mut self, now: Time, fx: &mut Effects) {
        if self.identity.config.arbitrator {
            self.ask_for_nothing(now, fx);
            return;
        }
        if !self.transfer.begin_asking() {
            return;
        }
        let have = self.store.known_position();
        let snapshot_possible = !self.life.port_open();
        if snapshot_possible {
            self.store.mark_unsafe(fx);
        }
        let message = GcsMessage::StateRequest {
            have,
            snapshot_possible,
            trivial: false,
            wanted: self.wanted_donors(),
        };
        self.group_send(message, now, fx);
    }

    /// The component has changed under a request that nobody has answered: it may be lost, so it is
    /// made again after a while (`replicator_str.cpp:send_state_request`, `retry_str`).
    pub(super) fn ask_again(&self, now: Time, fx: &mut Effects) {
        if self.transfer.asks_in_vain() {
            fx.push(Effect::SetTimer(TimerId::Joiner, now + RETRY));
        }
    }

    /// The group has chosen a donor for this node, or has none free now.
    pub(super) fn donor_found(&mut self, donor: Option<GcommUuid>, now: Time, fx: &mut Effects) {
        if self.identity.config.arbitrator {
            self.nothing_granted(donor.is_some(), now, fx);
        } else if !self.transfer.is_joining() {
            // It was a request of a transfer that is over.
        } else if let Some(donor) = donor {
            for (from, frame) in self.transfer.choose_donor(donor) {
                self.transfer_received(from, &frame, now, fx);
            }
        } else {
            log(fx, LogLine::TransferRetry);
            fx.push(Effect::SetTimer(TimerId::Joiner, now + RETRY));
        }
    }

    /// The group does not hear the request: in its eyes this node has joined. So it was with a transfer whose events
    /// came before the component changed once more: its end is announced in the new component, which is ahead of that
    /// state again. Galera does not ask again, and aborts with its position saved
    /// (`replicator_str.cpp:send_state_request`).
    pub(super) fn request_canceled(&mut self, status: GcsNodeState, fx: &mut Effects) {
        // The group may have got an earlier request twice.
        if self.transfer.asks_in_vain() {
            self.tell(Detail::RequestCanceled(status), fx);
            self.store.save_position(fx);
            self.tell(Detail::Signal(6), fx);
            self.end(EXIT_ABORTED, fx);
        }
    }

    /// Returns the nodes that `wsrep_sst_donor` names. Galera compares the beginnings of names
    /// (`gcs_group.cpp:group_find_node_by_name`).
    fn wanted_donors(&self) -> Vec<WantedDonor> {
        let list = &self.identity.config.wsrep_sst_donor;
        if list.is_empty() {
            return Vec::new();
        }
        let names = &self.identity.names;
        let begins = |name: &String, word: &str| {
            name.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        let of = |word: &str| match word {
            "" => WantedDonor::Anyone,
            word => (0..)
                .zip(names)
                .find(|(_, name)| begins(name, word))
                .map_or(WantedDonor::Nobody, |(node, _)| WantedDonor::Node(node)),
        };
        list.split(',').map(of).collect()
    }

    /// None of the nodes that this joiner names as its donor is here. The request fails for good: the process aborts and
    /// keeps its position (`replicator_str.cpp:send_state_request`, "State transfer request failed unrecoverably").
    pub(super) fn donor_away(&mut self, fx: &mut Effects) {
        if self.transfer.asks_in_vain() {
            self.tell(Detail::DonorAway, fx);
            self.store.save_position(fx);
            self.tell(Detail::Signal(6), fx);
            self.end(EXIT_ABORTED, fx);
        }
    }

    /// A frame of a state transfer has arrived.
    pub(in crate::node) fn transfer_received(
        &mut self,
        from: Peer,
        frame: &TransferFrame,
        now: Time,
        fx: &mut Effects,
    ) {
        if let TransferFrame::SnapshotTaken { part } = frame {
            self.snapshot_taken(from, *part, now, fx);
            return;
        }
        let donor = self.transfer.donor();
        let donor = donor.and_then(|donor| self.group.gmcast.peer_of(donor));
        if donor != Some(from) {
            // The joiner listens before it asks (`replicator_str.cpp:prepare_state_request`). A donor that has heard
            // the group's choice earlier is not turned away.
            self.transfer.keep_early(from, frame);
            return;
        }
        match frame {
            TransferFrame::Bypass { position } => {
                self.transfer.hear(Heard::Incremental);
                log(fx, LogLine::SstReceived(*position));
                self.tell(Detail::Installed(*position), fx);
                self.tell_receiving(position.seqno.next(), fx);
                self.store.mark_safe(fx);
                self.open_port_soon(now, fx);
            }
            TransferFrame::SnapshotPart {
                part,
                position,
                database,
                ..
            } => {
                if self.transfer.hear(Heard::Snapshot) {
                    self.store.begin_snapshot(fx);
                }
                if let Some(database) = database {
                    self.snapshot_complete(*position, database, now, fx);
                } else {
                    self.store.take_snapshot_part(*position, fx);
                    let taken = TransferFrame::SnapshotTaken { part: *part };
                    fx.push(Effect::Send(from, Frame::Transfer(taken)));
                }
            }
            TransferFrame::SnapshotTaken { .. } => {}
            TransferFrame::IstEvent(event) => {
                if self.transfer.hear(Heard::Incremental) {
                    self.tell_receiving(event.seqno, fx);
                }
                self.store.mark_safe(fx);
                self.ist_event(event, now, fx);
            }
            TransferFrame::IstEnd { last } => {
                self.store.mark_safe(fx);
                let position = Position::new(self.store.position().uuid, *last);
                log(fx, LogLine::IstReceived(position));
                self.finish_joining(now, fx);
            }
        }
    }

    fn tell_receiving(&self, first: Seqno, fx: &mut Effects) {
        if let Some(last) = self.transfer.wanted() {
            self.tell(Detail::Receiving(first, last), fx);
        }
    }

    fn snapshot_complete(
        &mut self,
        position: Position,
        database: &Database,
        now: Time,
        fx: &mut Effects,
    ) {
        log(fx, LogLine::SstReceived(position));
        if self.store.take_snapshot(position, database, fx) {
            self.tell(Detail::Installed(position), fx);
            self.finish_joining(now, fx);
        } else {
            self.ist_failed("Unsupported CC action version", now, fx);
        }
    }

    fn ist_event(&mut self, event: &CachedEvent, now: Time, fx: &mut Effects) {
        if event.seqno <= self.store.position().seqno {
            return;
        }
        let write_set = event.write_set.as_ref();
        let change = write_set.map(|write_set| write_set.change.clone());
        let fails = match &change {
            Some(Change::Insert(tag)) => self.store.has_row(tag),
            Some(Change::Ddl(text)) => {
                self.identity.config.wsrep_ignore_apply_errors & 4 == 0
                    && self.store.schema_error(text).is_some()
            }
            Some(Change::Update(_) | Change::Skipped) | None => false,
        };
        if fails {
            // The same key with another origin (error 1062), or another schema: the node cannot follow, its state is
            // void (`replicator_smm.cpp:on_ist_trx`, `mark_corrupt_and_close`).
            log(fx, LogLine::IstFailed("Failed to apply write set".into()));
            self.store.mark_corrupt(fx);
            self.leave_after_failed_ist(now, fx);
            return;
        }
        let config = &self.identity.config;
        self.store.commit(event, change, Vec::new(), config, fx);
    }

    /// The transfer cannot be applied: the process lives on without a group.
    fn ist_failed(&mut self, reason: &str, now: Time, fx: &mut Effects) {
        log(fx, LogLine::IstFailed(reason.into()));
        if let Some(seqno) = self.transfer.wanted() {
            self.store.raise_position(seqno);
        }
        self.leave_after_failed_ist(now, fx);
    }

    fn leave_after_failed_ist(&mut self, now: Time, fx: &mut Effects) {
        self.transfer.fail();
        if !self.life.port_open() {
            self.open_port_soon(now, fx);
        }
        self.close_group(Closing::Disconnect, now, fx);
    }

    fn finish_joining(&mut self, now: Time, fx: &mut Effects) {
        let Some(conf) = self.transfer.end_joining() else {
            return;
        };
        if self.identity.config.has(DeliberateFault::CatchUpDropped) {
            self.applier.drop_write_sets();
        }
        self.tell_configuration(&conf, fx);
        self.store.adopt_history(conf.uuid, fx);
        self.store.save_running(fx);
        self.open_port_soon(now, fx);
        let seqno = Some(self.store.position().seqno);
        self.group_send(GcsMessage::Join { seqno }, now, fx);
        self.apply(now, false, fx);
    }

    /// No state will come ("Will never receive state. Need to abort.").
    pub(super) fn transfer_failed(&mut self, now: Time, fx: &mut Effects) {
        if self.transfer.is_joining() {
            log(fx, LogLine::WillNeverReceive);
            self.close_group(Closing::Abort, now, fx);
        }
    }
}
