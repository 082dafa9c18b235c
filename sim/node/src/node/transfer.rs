//! State transfer: how a joiner gets what it lacks (`galera/src/replicator_str.cpp`, `ist.cpp`).
//!
//! The joiner asks in the total order, every member chooses the same donor, and the donor opens a
//! connection of its own to the joiner: incrementally where its cache reaches back far enough,
//! otherwise by a copy of its files.

use seatrial_galera::{GcommUuid, LogLine, Position, Seqno, StateUuid};

use crate::database::{Change, Database};
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{DiskOp, Effect, Effects, TimerId};
use crate::frame::{CachedEvent, Channel, Frame, GcsMessage, Peer, TransferFrame};
use crate::gcs::Conf;
use crate::time::Time;

use super::boot::Closing;
use super::{Node, log};

/// The joiner's script (`wsrep_sst_rsync --role joiner`) until it listens.
const JOINER_SCRIPT: Time = Time::from_millis(700);
/// The donor's script until it has told the joiner that nothing is to be copied.
const DONOR_SCRIPT: Time = Time::from_millis(500);
/// The wait before a joiner without a donor asks again.
pub(super) const RETRY: Time = Time::from_millis(1_000);
/// One part of a snapshot.
const SNAPSHOT_PART: Time = Time::from_millis(500);
/// Parts of a snapshot.
///
/// MODEL GAP: the time of a snapshot does not depend on the amount of data.
const SNAPSHOT_PARTS: u32 = 5;

/// How far a joiner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum JoinPhase {
    /// Its script is starting.
    Script,
    /// It has asked.
    Asked,
    /// It has a donor.
    HasDonor,
    /// Files are being copied over its own.
    Snapshot,
    /// Events arrive one by one.
    Incremental,
}

/// A joiner's side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Joining {
    phase: JoinPhase,
    /// The configuration that made the transfer necessary.
    conf: Conf,
    donor: Option<GcommUuid>,
}

/// A donor's side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Donation {
    joiner: Peer,
    /// From where on events are sent; none for a snapshot.
    incremental_from: Option<Seqno>,
    /// Up to where.
    last: Seqno,
    parts_sent: u32,
    connected: bool,
    /// The joiner's own position.
    have: Position,
    /// The joiner is starting: its script takes part.
    with_script: bool,
}

impl Node {
    pub(super) fn start_joining(&mut self, conf: Conf, now: Time, fx: &mut Effects) {
        // A transfer that was under way goes on: the donor is still at it.
        if let Some(joining) = &mut self.joining
            && joining.donor.is_some()
            && joining.phase >= JoinPhase::HasDonor
        {
            joining.conf = conf;
            return;
        }
        self.joining = Some(Joining {
            phase: JoinPhase::Script,
            conf,
            donor: None,
        });
        let wait = if self.port_open {
            Time::from_millis(50)
        } else {
            JOINER_SCRIPT
        };
        fx.push(Effect::SetTimer(TimerId::Joiner, now + wait));
    }

    /// The script listens, or it is time to ask again.
    pub(super) fn joiner_timer(&mut self, now: Time, fx: &mut Effects) {
        let have = if self.committed.is_undefined() {
            Position::UNDEFINED
        } else {
            Position::new(self.state_uuid, self.committed)
        };
        let snapshot_possible = !self.port_open;
        if self.identity.config.arbitrator {
            self.ask_for_nothing(now, fx);
            return;
        }
        let Some(joining) = &mut self.joining else {
            return;
        };
        if joining.phase > JoinPhase::Asked {
            return;
        }
        joining.phase = JoinPhase::Asked;
        if snapshot_possible {
            self.mark_unsafe(fx);
        }
        self.group_send(
            GcsMessage::StateRequest {
                have,
                snapshot_possible,
                trivial: false,
            },
            now,
            fx,
        );
    }

    /// From a request that a snapshot may answer until the donor says that it will not, the state file
    /// says that the data are nobody's. One that says so already is not written: one of no bytes stays so
    /// (`replicator_str.cpp:request_state_transfer`, `saved_state.cpp:mark_unsafe`).
    fn mark_unsafe(&mut self, fx: &mut Effects) {
        if !self.saved.uuid.is_nil() {
            self.save(StateUuid::NIL, Seqno::UNDEFINED, fx);
        }
    }

    /// Nothing is copied, so the file names the history again (`saved_state.cpp:mark_safe`).
    fn mark_safe(&mut self, fx: &mut Effects) {
        if self.saved.uuid.is_nil() && !self.state_uuid.is_nil() {
            self.save(self.state_uuid, Seqno::UNDEFINED, fx);
        }
    }

    /// Whether it asks for a transfer and nobody has answered.
    pub(super) fn asks_in_vain(&self) -> bool {
        let joining = self.joining.as_ref();
        joining.is_some_and(|joining| joining.phase == JoinPhase::Asked)
    }

    /// The component has changed under a request that nobody has answered: it may be lost, so it is
    /// made again after a while (`replicator_str.cpp:send_state_request`, `retry_str`).
    pub(super) fn ask_again(&self, now: Time, fx: &mut Effects) {
        if self.asks_in_vain() {
            fx.push(Effect::SetTimer(TimerId::Joiner, now + RETRY));
        }
    }

    pub(super) fn donor_found(&mut self, donor: Option<GcommUuid>, now: Time, fx: &mut Effects) {
        if self.identity.config.arbitrator {
            self.nothing_granted(donor.is_some(), now, fx);
            return;
        }
        let Some(joining) = &mut self.joining else {
            return;
        };
        if let Some(donor) = donor {
            joining.donor = Some(donor);
            joining.phase = JoinPhase::HasDonor;
        } else {
            log(fx, LogLine::TransferRetry);
            fx.push(Effect::SetTimer(TimerId::Joiner, now + RETRY));
        }
    }

    /// This node is the donor.
    pub(super) fn donate(
        &mut self,
        joiner: GcommUuid,
        have: Position,
        snapshot_possible: bool,
        now: Time,
        fx: &mut Effects,
    ) {
        let last = self.conf.as_ref().map_or(self.committed, |conf| conf.seqno);
        let incremental = have.uuid == self.state_uuid
            && !have.seqno.is_undefined()
            && (self.cache.has_from(have.seqno.next())
                || self
                    .identity
                    .config
                    .has(DeliberateFault::IstWithoutGapCheck));
        let Some(peer) = self.gmcast.peer_of(joiner) else {
            return;
        };
        if !incremental && !snapshot_possible {
            log(fx, LogLine::SstImpossibleWhileRunning);
            self.group_send(GcsMessage::Join { seqno: None }, now, fx);
            return;
        }
        if !incremental && !have.uuid.is_nil() && have.uuid == self.state_uuid {
            log(fx, LogLine::IstNotInCache(have.seqno.next()));
        }
        self.donation = Some(Donation {
            joiner: peer,
            incremental_from: incremental.then(|| have.seqno.next()),
            last,
            parts_sent: 0,
            connected: false,
            have,
            with_script: snapshot_possible,
        });
        fx.push(Effect::Connect(peer, Channel::Transfer));
    }

    pub(super) fn transfer_link_up(&mut self, peer: Peer, now: Time, fx: &mut Effects) {
        let Some(donation) = &mut self.donation else {
            return;
        };
        if donation.joiner != peer {
            return;
        }
        donation.connected = true;
        let wait = match (donation.incremental_from, donation.with_script) {
            (Some(_), true) => DONOR_SCRIPT,
            (Some(_), false) => Time::from_millis(50),
            (None, _) => SNAPSHOT_PART,
        };
        let is_copy = donation.incremental_from.is_none();
        fx.push(Effect::SetTimer(TimerId::Donor, now + wait));
        if is_copy && self.identity.config.wsrep_sst_method == crate::config::SstMethod::Rsync {
            self.pause(fx);
        }
    }

    pub(super) fn transfer_link_down(&mut self, peer: Peer, now: Time, fx: &mut Effects) {
        if self
            .donation
            .as_ref()
            .is_some_and(|donation| donation.joiner == peer)
        {
            let done = self
                .identity
                .config
                .has(DeliberateFault::FailedDonorSaysDone);
            self.end_donation(done.then_some(self.committed), now, fx);
        }
        // A joiner whose donor is gone learns it from the group.
    }

    fn end_donation(&mut self, seqno: Option<Seqno>, now: Time, fx: &mut Effects) {
        let Some(donation) = self.donation.take() else {
            return;
        };
        fx.push(Effect::ClearTimer(TimerId::Donor));
        if seqno.is_some() {
            fx.push(Effect::Close(donation.joiner, Channel::Transfer));
        }
        self.group_send(GcsMessage::Join { seqno }, now, fx);
        if self.paused {
            self.unpause(now, fx);
        }
    }

    /// The donor's next part.
    pub(super) fn donor_timer(&mut self, now: Time, fx: &mut Effects) {
        let Some(donation) = self.donation.clone() else {
            return;
        };
        if !donation.connected {
            return;
        }
        let send = |frame| Effect::Send(donation.joiner, Frame::Transfer(frame));
        if let Some(from) = donation.incremental_from {
            if donation.with_script {
                fx.push(send(TransferFrame::Bypass {
                    position: donation.have,
                }));
            }
            for (seqno, write_set) in self.cache.events.range(from..) {
                if *seqno > donation.last {
                    break;
                }
                let event = CachedEvent {
                    seqno: *seqno,
                    write_set: write_set.clone(),
                };
                fx.push(send(TransferFrame::IstEvent(event)));
            }
            log(
                fx,
                LogLine::IstSending {
                    first: from,
                    last: donation.last,
                },
            );
            fx.push(send(TransferFrame::IstEnd {
                last: donation.last,
            }));
            self.end_donation(Some(donation.last), now, fx);
            return;
        }
        let part = donation.parts_sent + 1;
        let position = Position::new(self.state_uuid, self.committed);
        let whole = part == SNAPSHOT_PARTS;
        fx.push(send(TransferFrame::SnapshotPart {
            part,
            parts: SNAPSHOT_PARTS,
            position,
            database: whole.then(|| Box::new(self.database.clone())),
        }));
        if whole {
            log(fx, LogLine::SstSent(position));
            self.end_donation(Some(self.committed), now, fx);
        } else {
            // The next one follows some time after this one has been taken.
            if let Some(donation) = &mut self.donation {
                donation.parts_sent = part;
            }
        }
    }

    pub(super) fn transfer_received(
        &mut self,
        from: Peer,
        frame: &TransferFrame,
        now: Time,
        fx: &mut Effects,
    ) {
        if let TransferFrame::SnapshotTaken { part } = frame {
            let expected =
                |donation: &Donation| donation.joiner == from && donation.parts_sent == *part;
            if self.donation.as_ref().is_some_and(expected) {
                fx.push(Effect::SetTimer(TimerId::Donor, now + SNAPSHOT_PART));
            }
            return;
        }
        let Some(joining) = &mut self.joining else {
            return;
        };
        if joining.donor.and_then(|donor| self.gmcast.peer_of(donor)) != Some(from) {
            return;
        }
        match frame {
            TransferFrame::Bypass { position } => {
                joining.phase = JoinPhase::Incremental;
                log(fx, LogLine::SstReceived(*position));
                self.mark_safe(fx);
                self.open_port_soon(now, fx);
            }
            TransferFrame::SnapshotPart {
                part,
                position,
                database,
                ..
            } => {
                let first = joining.phase != JoinPhase::Snapshot;
                joining.phase = JoinPhase::Snapshot;
                if first || *part == 1 {
                    // From here on the files belong to nobody.
                    self.state_uuid = StateUuid::NIL;
                    self.committed = Seqno::UNDEFINED;
                    self.mark_unsafe(fx);
                }
                if let Some(database) = database {
                    self.snapshot_complete(*position, database, now, fx);
                } else {
                    self.snapshot_part(*position, fx);
                    let taken = TransferFrame::SnapshotTaken { part: *part };
                    fx.push(Effect::Send(from, Frame::Transfer(taken)));
                }
            }
            TransferFrame::SnapshotTaken { .. } => {}
            TransferFrame::IstEvent(event) => {
                joining.phase = JoinPhase::Incremental;
                self.mark_safe(fx);
                self.ist_event(event, now, fx);
            }
            TransferFrame::IstEnd { last } => {
                self.mark_safe(fx);
                log(
                    fx,
                    LogLine::IstReceived(Position::new(self.state_uuid, *last)),
                );
                self.finish_joining(now, fx);
            }
        }
    }

    /// Half-copied files: the position is already the donor's, the tables are those of before, as far
    /// as there were any.
    fn snapshot_part(&mut self, position: Position, fx: &mut Effects) {
        let half = Database {
            position,
            half_copied: true,
            ..self.database.clone()
        };
        self.database = half.clone();
        self.disk(DiskOp::InnodbReplace(Box::new(half)), fx);
    }

    fn snapshot_complete(
        &mut self,
        position: Position,
        database: &Database,
        now: Time,
        fx: &mut Effects,
    ) {
        log(fx, LogLine::SstReceived(position));
        self.storage_position = position;
        self.database = database.clone();
        self.disk(DiskOp::InnodbReplace(Box::new(database.clone())), fx);
        self.committed = position.seqno;
        self.corrupt = false;
        let stale = self.cache_contradicts(database, position.uuid);
        self.adopt_history(position.uuid, fx);
        if stale {
            self.ist_failed("Unsupported CC action version", now, fx);
            return;
        }
        self.cache.clear();
        self.disk(DiskOp::CacheReset(position.uuid), fx);
        self.finish_joining(now, fx);
    }

    /// Whether the cache still holds another branch of the same history: a transaction where the received
    /// database has a configuration, or the other way round. Two different transactions at one
    /// position are not told apart.
    fn cache_contradicts(&self, database: &Database, uuid: StateUuid) -> bool {
        self.cache.uuid == uuid
            && database
                .history
                .iter()
                .filter(|entry| entry.uuid == uuid)
                .any(|entry| {
                    let cached = self.cache.events.get(&entry.seqno);
                    cached.is_some_and(|cached| match entry.change {
                        None => cached.is_some(),
                        Some(Change::Skipped) => false,
                        Some(Change::Insert(_) | Change::Ddl(_)) => cached.is_none(),
                    })
                })
    }

    fn ist_event(&mut self, event: &CachedEvent, now: Time, fx: &mut Effects) {
        if event.seqno <= self.committed {
            return;
        }
        let change = event
            .write_set
            .as_ref()
            .map(|write_set| write_set.change.clone());
        let clash =
            matches!(&change, Some(Change::Insert(tag)) if self.database.rows.contains(tag));
        if clash {
            // The same key with another origin (error 1062): the node cannot follow, its state is
            // void (`replicator_smm.cpp:on_ist_trx`, `mark_corrupt_and_close`).
            log(fx, LogLine::IstFailed("Failed to apply write set".into()));
            self.corrupt = true;
            self.save(StateUuid::NIL, Seqno::UNDEFINED, fx);
            self.state_uuid = StateUuid::NIL;
            self.committed = Seqno::UNDEFINED;
            self.leave_after_failed_ist(now, fx);
            return;
        }
        self.commit(event, change, Vec::new(), fx);
    }

    /// The transfer cannot be applied: the process lives on without a group.
    fn ist_failed(&mut self, reason: &str, now: Time, fx: &mut Effects) {
        log(fx, LogLine::IstFailed(reason.into()));
        let seqno = self
            .joining
            .as_ref()
            .map_or(self.committed, |joining| joining.conf.seqno);
        self.committed = self.committed.max(seqno);
        self.leave_after_failed_ist(now, fx);
    }

    fn leave_after_failed_ist(&mut self, now: Time, fx: &mut Effects) {
        self.joining = None;
        self.ist_failure = true;
        if !self.port_open {
            self.open_port_soon(now, fx);
        }
        self.close_group(Closing::Disconnect, now, fx);
    }

    fn finish_joining(&mut self, now: Time, fx: &mut Effects) {
        let Some(joining) = self.joining.take() else {
            return;
        };
        if self.identity.config.has(DeliberateFault::CatchUpDropped) {
            self.queue
                .retain(|action| !matches!(action, super::apply::Action::WriteSet(..)));
        }
        self.adopt_history(joining.conf.uuid, fx);
        self.save(joining.conf.uuid, Seqno::UNDEFINED, fx);
        self.open_port_soon(now, fx);
        self.group_send(
            GcsMessage::Join {
                seqno: Some(self.committed),
            },
            now,
            fx,
        );
        self.apply(now, false, fx);
    }

    /// No state will come ("Will never receive state. Need to abort.").
    pub(super) fn transfer_failed(&mut self, now: Time, fx: &mut Effects) {
        if self.joining.is_none() {
            return;
        }
        log(fx, LogLine::WillNeverReceive);
        self.close_group(Closing::Abort, now, fx);
    }
}
