//! Gives this node's state to a joiner (`galera/src/replicator_str.cpp`, `ist.cpp`).

use seatrial_galera::{GcommUuid, LogLine, Seqno, ServerState};

use crate::config::SstMethod;
use crate::decide;
use crate::deliberate_fault::DeliberateFault;
use crate::detail::Detail;
use crate::effect::{Effect, Effects, TimerId, TransferStage, log};
use crate::frame::{CachedEvent, Channel, Frame, GcsMessage, TransferFrame};
use crate::gcs::StateRequest;
use crate::node::parts::Donation;
use crate::node::whole::Node;
use crate::peer::Peer;
use crate::time::Time;

/// The donor's script until it has told the joiner that nothing is to be copied.
const DONOR_SCRIPT: Time = Time::from_millis(500);
/// The wait where no script takes part.
const WITHOUT_SCRIPT: Time = Time::from_millis(50);
/// One part of a snapshot.
const SNAPSHOT_PART: Time = Time::from_millis(500);
/// Parts of a snapshot.
///
/// MODEL GAP: the time of a snapshot does not depend on the amount of data.
const SNAPSHOT_PARTS: u32 = 5;

impl Node {
    /// The group has chosen this node as a donor.
    pub(super) fn donate(
        &mut self,
        joiner: GcommUuid,
        request: &StateRequest,
        now: Time,
        fx: &mut Effects,
    ) {
        let StateRequest {
            have,
            snapshot_possible,
            trivial: _,
            wanted: _,
        } = *request;
        let mine = self.store.position();
        let conf = self.applier.conf();
        let last = conf.map_or(mine.seqno, |conf| conf.seqno);
        let config = &self.identity.config;
        let unchecked = config.has(DeliberateFault::IstWithoutGapCheck);
        let reaches_back = self.store.cache().has_from(have.seqno.next()) || unchecked;
        let incremental = decide::sends_events(have, mine.uuid, reaches_back);
        let Some(peer) = self.group.gmcast.peer_of(joiner) else {
            return;
        };
        if !incremental && !snapshot_possible {
            log(fx, LogLine::SstImpossibleWhileRunning);
            self.group_send(GcsMessage::Join { seqno: None }, now, fx);
            return;
        }
        if !incremental && !have.uuid.is_nil() && have.uuid == mine.uuid {
            log(fx, LogLine::IstNotInCache(have.seqno.next()));
        }
        let (from, to) = (ServerState::Synced, ServerState::Donor);
        self.tell(Detail::Status(from, to), fx);
        let requested = Detail::Requested {
            have,
            last,
            joiner: peer,
            bypass: incremental,
            script: snapshot_possible,
            method: match self.identity.config.wsrep_sst_method {
                SstMethod::Rsync => "rsync",
                SstMethod::Mariabackup => "mariabackup",
            },
        };
        self.tell(requested, fx);
        self.transfer.begin_donating(Donation {
            joiner: peer,
            asked_by: joiner,
            incremental_from: incremental.then(|| have.seqno.next()),
            last,
            have,
            with_script: snapshot_possible,
            parts_sent: 0,
            connected: false,
            waits: false,
            bypassed: false,
        });
        fx.push(Effect::Connect(peer, Channel::Transfer));
    }

    /// A connection for a state transfer is up.
    pub(in crate::node) fn transfer_link_up(&mut self, peer: Peer, now: Time, fx: &mut Effects) {
        let waited = self.transfer.holds_applier();
        let Some(donation) = self.transfer.connect(peer) else {
            return;
        };
        let wait = match (donation.incremental_from, donation.with_script) {
            (Some(_), true) => DONOR_SCRIPT,
            (Some(_), false) => WITHOUT_SCRIPT,
            (None, _) => SNAPSHOT_PART,
        };
        let is_copy = donation.incremental_from.is_none();
        fx.push(Effect::SetTimer(TimerId::Donor, now + wait));
        if is_copy && self.identity.config.wsrep_sst_method == SstMethod::Rsync {
            self.pause_for_copy(fx);
        }
        if waited {
            self.apply(now, false, fx);
        }
    }

    /// Nobody answers an attempt to connect to the joiner. The thread that applies opens the connection of the write
    /// sets itself and does nothing else until it is open or has failed (`ist.cpp:Sender::Sender` in
    /// `replicator_str.cpp:process_state_req`). The script opens that of the snapshot; that of rsync has the tables
    /// flushed and locked before (`wsrep_sst_rsync`).
    pub(in crate::node) fn transfer_link_waits(
        &mut self,
        peer: Peer,
        stage: TransferStage,
        now: Time,
        fx: &mut Effects,
    ) {
        let of_write_sets = stage == TransferStage::WriteSets;
        if !self.transfer.set_waiting(peer, of_write_sets) {
            return;
        }
        if of_write_sets {
            let donation = self.transfer.donation();
            // The script of an incremental transfer has been started before.
            if donation.is_some_and(|it| it.incremental_from.is_some() && it.with_script) {
                fx.push(Effect::Connect(peer, Channel::Script));
            }
            return;
        }
        let donation = self.transfer.donation();
        let is_copy = donation.is_some_and(|donation| donation.incremental_from.is_none());
        if is_copy && self.identity.config.wsrep_sst_method == SstMethod::Rsync {
            self.pause_for_copy(fx);
        }
        self.apply(now, false, fx);
    }

    /// The script that only says that nothing is to be copied gets no connection of its own: it has failed, and with it
    /// the transfer.
    pub(in crate::node) fn script_link_down(&mut self, peer: Peer, now: Time, fx: &mut Effects) {
        let waits =
            |donation: &Donation| donation.joiner == peer && donation.waits && !donation.bypassed;
        if self.transfer.donation().is_some_and(waits) {
            self.end_donation(None, now, fx);
        }
    }

    /// The script's own connection is up.
    pub(in crate::node) fn script_link_up(&self, peer: Peer, now: Time, fx: &mut Effects) {
        let waits = |donation: &Donation| donation.joiner == peer && donation.waits;
        if self.transfer.donation().is_some_and(waits) {
            fx.push(Effect::SetTimer(TimerId::Donor, now + DONOR_SCRIPT));
        }
    }

    /// Returns the process for which this node has a transfer, by its identity in the group.
    pub fn gives_to(&self) -> Option<GcommUuid> {
        self.transfer.donation().map(|donation| donation.asked_by)
    }

    fn pause_for_copy(&mut self, fx: &mut Effects) {
        if !self.applier.is_paused() || self.applier.is_locked() {
            self.pause(fx);
        }
    }

    /// Returns whether this node gives its state with the script's help, or is about to.
    pub fn gives_by_script(&self) -> bool {
        let donation = self.transfer.donation();
        donation.is_some_and(|donation| donation.with_script)
    }

    /// A connection for a state transfer is gone. A joiner whose donor is gone learns it from the group.
    pub(in crate::node) fn transfer_link_down(&mut self, peer: Peer, now: Time, fx: &mut Effects) {
        let donation = self.transfer.donation();
        if donation.is_some_and(|donation| donation.joiner == peer) {
            let config = &self.identity.config;
            let done = config.has(DeliberateFault::FailedDonorSaysDone);
            let seqno = done.then_some(self.store.position().seqno);
            self.end_donation(seqno, now, fx);
        }
    }

    /// Tells the group that the joiner has everything up to a position, or that the transfer has failed.
    fn end_donation(&mut self, seqno: Option<Seqno>, now: Time, fx: &mut Effects) {
        let waited = self.transfer.holds_applier();
        let Some(donation) = self.transfer.end_donating() else {
            return;
        };
        fx.push(Effect::ClearTimer(TimerId::Donor));
        if seqno.is_some() {
            fx.push(Effect::Close(donation.joiner, Channel::Transfer));
        }
        self.group_send(GcsMessage::Join { seqno }, now, fx);
        if self.applier.is_paused() {
            self.unpause(now, fx);
        } else if waited {
            self.apply(now, false, fx);
        }
    }

    /// The donor's next part.
    pub(in crate::node) fn donor_timer(&mut self, now: Time, fx: &mut Effects) {
        let Some(donation) = self.transfer.donation().cloned() else {
            return;
        };
        if !donation.connected {
            if donation.waits && !donation.bypassed {
                self.transfer.set_bypassed();
                fx.push(Effect::Send(donation.joiner, Frame::Script(donation.have)));
                fx.push(Effect::Close(donation.joiner, Channel::Script));
                self.tell(Detail::BypassSent(donation.have), fx);
                // The script is done, and with it the donor's part in the group's eyes
                // (`replicator_smm.cpp:sst_sent`), whatever becomes of the write sets.
                let seqno = Some(donation.have.seqno);
                self.group_send(GcsMessage::Join { seqno }, now, fx);
            }
            return;
        }
        match donation.incremental_from {
            Some(from) => self.send_events(from, &donation, now, fx),
            None => self.send_part(&donation, now, fx),
        }
    }

    /// Sends the events that the joiner lacks, all at once.
    fn send_events(&mut self, from: Seqno, donation: &Donation, now: Time, fx: &mut Effects) {
        let send = |frame| Effect::Send(donation.joiner, Frame::Transfer(frame));
        let bypasses = donation.with_script && !donation.bypassed;
        if bypasses {
            fx.push(send(TransferFrame::Bypass {
                position: donation.have,
            }));
        }
        for (seqno, write_set) in self.store.cache().events.range(from..) {
            if *seqno > donation.last {
                break;
            }
            let event = CachedEvent {
                seqno: *seqno,
                write_set: write_set.clone(),
            };
            fx.push(send(TransferFrame::IstEvent(event)));
        }
        let last = donation.last;
        log(fx, LogLine::IstSending { first: from, last });
        if bypasses {
            self.tell(Detail::BypassSent(donation.have), fx);
        }
        fx.push(send(TransferFrame::IstEnd { last }));
        self.end_donation(Some(last), now, fx);
    }

    /// Sends the next part of a snapshot; the database lies in the last one.
    fn send_part(&mut self, donation: &Donation, now: Time, fx: &mut Effects) {
        let part = donation.parts_sent + 1;
        let position = self.store.position();
        let whole = part == SNAPSHOT_PARTS;
        let frame = TransferFrame::SnapshotPart {
            part,
            parts: SNAPSHOT_PARTS,
            position,
            database: whole.then(|| Box::new(self.store.database().clone())),
        };
        fx.push(Effect::Send(donation.joiner, Frame::Transfer(frame)));
        if whole {
            log(fx, LogLine::SstSent(position));
            self.end_donation(Some(position.seqno), now, fx);
        } else {
            // The next one follows some time after this one has been taken.
            self.transfer.sent_part(part);
        }
    }

    /// The joiner has taken a part of the snapshot.
    pub(super) fn snapshot_taken(&self, from: Peer, part: u32, now: Time, fx: &mut Effects) {
        let expected = |donation: &Donation| donation.joiner == from && donation.parts_sent == part;
        if self.transfer.donation().is_some_and(expected) {
            fx.push(Effect::SetTimer(TimerId::Donor, now + SNAPSHOT_PART));
        }
    }
}
