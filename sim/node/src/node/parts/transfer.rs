//! State transfers: how far this node is as a joiner and as a donor.

use seatrial_galera::{GcommUuid, Position, Seqno};

use crate::frame::TransferFrame;
use crate::gcs::Conf;
use crate::peer::Peer;

/// The progress of a joiner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum JoinPhase {
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

/// The joiner's knowledge about its donor's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A part of a snapshot.
    Snapshot,
    /// Events one by one.
    Incremental,
}

/// A joiner's side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Joining {
    phase: JoinPhase,
    /// Its ports for a transfer are open: the script's, and that of the write sets.
    listens: bool,
    /// The configuration that made the transfer necessary.
    conf: Conf,
    donor: Option<GcommUuid>,
    /// Frames of a donor that the group has chosen, which this node has not heard yet.
    early: Vec<(Peer, TransferFrame)>,
}

/// A donor's side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Donation {
    /// To whom.
    pub(crate) joiner: Peer,
    /// The process of the joiner that has asked.
    pub(crate) asked_by: GcommUuid,
    /// From where on events are sent; none for a snapshot.
    pub(crate) incremental_from: Option<Seqno>,
    /// Up to where.
    pub(crate) last: Seqno,
    /// The joiner's own position.
    pub(crate) have: Position,
    /// The joiner is starting: its script takes part.
    pub(crate) with_script: bool,
    /// Parts of the snapshot that were sent.
    pub(crate) parts_sent: u32,
    /// The connection to the joiner is up.
    pub(crate) connected: bool,
    /// The thread that applies waits for the connection of the write sets.
    pub(crate) waits: bool,
    /// The script has said that nothing is to be copied.
    pub(crate) bypassed: bool,
}

/// The state transfers of a node, on either side.
///
/// It owns how far each side is. The flows `join` and `donate` call it, and others ask whether a transfer
/// is under way. It sends nothing and touches no file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Transfer {
    joining: Option<Joining>,
    donation: Option<Donation>,
    /// A transfer could not be applied.
    failed: bool,
}

impl Transfer {
    /// Returns whether this node waits for its state.
    pub(crate) const fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Returns whether this node gives its state.
    pub(crate) const fn is_donating(&self) -> bool {
        self.donation.is_some()
    }

    /// Returns whether a transfer could not be applied.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed
    }

    /// A configuration makes a transfer necessary. Returns whether a new one begins: one that is under way
    /// goes on, since the donor is still at it.
    pub(crate) fn begin_joining(&mut self, conf: Conf) -> bool {
        if let Some(joining) = &mut self.joining
            && joining.donor.is_some()
            && joining.phase >= JoinPhase::HasDonor
        {
            joining.conf = conf;
            return false;
        }
        self.joining = Some(Joining {
            phase: JoinPhase::Script,
            listens: self.listens(),
            conf,
            donor: None,
            early: Vec::new(),
        });
        true
    }

    /// This node is about to ask for its state. Returns whether it has to: not without a transfer, and not
    /// once there is a donor.
    pub(crate) fn begin_asking(&mut self) -> bool {
        match &mut self.joining {
            Some(joining) if joining.phase <= JoinPhase::Asked => {
                joining.phase = JoinPhase::Asked;
                joining.listens = true;
                true
            }
            _ => false,
        }
    }

    /// Returns whether the ports for a transfer are open. A joiner opens them before it asks, and closes them when the
    /// transfer is over (`replicator_str.cpp:prepare_state_request`, `ist.cpp:Receiver::finished`). A process that has
    /// not asked has no such port.
    pub(crate) fn listens(&self) -> bool {
        self.joining.as_ref().is_some_and(|joining| joining.listens)
    }

    /// Returns whether this node has asked and got no answer.
    pub(crate) fn asks_in_vain(&self) -> bool {
        let joining = self.joining.as_ref();
        joining.is_some_and(|joining| joining.phase == JoinPhase::Asked)
    }

    /// The group has chosen a donor. Returns the frames that came before this was heard.
    pub(crate) fn choose_donor(&mut self, donor: GcommUuid) -> Vec<(Peer, TransferFrame)> {
        let Some(joining) = &mut self.joining else {
            return Vec::new();
        };
        joining.donor = Some(donor);
        joining.phase = JoinPhase::HasDonor;
        std::mem::take(&mut joining.early)
    }

    /// Keeps a frame until this node hears from the group who its donor is. Returns whether it waits for that: its
    /// script and its port for events have been open since before it asked.
    pub(crate) fn keep_early(&mut self, from: Peer, frame: &TransferFrame) -> bool {
        let joining = self.joining.as_mut();
        let Some(joining) = joining.filter(|joining| joining.phase == JoinPhase::Asked) else {
            return false;
        };
        joining.early.push((from, frame.clone()));
        true
    }

    /// Returns the donor of this node.
    pub(crate) fn donor(&self) -> Option<GcommUuid> {
        self.joining.as_ref().and_then(|joining| joining.donor)
    }

    /// Something came from the donor. Returns whether it is the first of its kind in a row.
    pub(crate) fn hear(&mut self, heard: Heard) -> bool {
        let phase = match heard {
            Heard::Snapshot => JoinPhase::Snapshot,
            Heard::Incremental => JoinPhase::Incremental,
        };
        let joining = self.joining.as_mut();
        joining.is_some_and(|joining| std::mem::replace(&mut joining.phase, phase) != phase)
    }

    /// Returns the position of the configuration that made the transfer necessary.
    pub(crate) fn wanted(&self) -> Option<Seqno> {
        self.joining.as_ref().map(|joining| joining.conf.seqno)
    }

    /// The transfer is over: gives back the configuration that made it necessary.
    pub(crate) fn end_joining(&mut self) -> Option<Conf> {
        self.joining.take().map(|joining| joining.conf)
    }

    /// The transfer cannot be applied.
    pub(crate) fn fail(&mut self) {
        self.joining = None;
        self.failed = true;
    }

    /// The node looks for another group: that a transfer has failed counts no longer.
    pub(crate) const fn forget_failure(&mut self) {
        self.failed = false;
    }

    /// This node gives its state from here on.
    pub(crate) fn begin_donating(&mut self, donation: Donation) {
        self.donation = Some(donation);
    }

    /// Returns the transfer that this node gives.
    pub(crate) const fn donation(&self) -> Option<&Donation> {
        self.donation.as_ref()
    }

    /// The connection to the joiner is up; gives back what it is to be given.
    pub(crate) fn connect(&mut self, peer: Peer) -> Option<&Donation> {
        let donation = self.donation.as_mut().filter(|it| it.joiner == peer)?;
        donation.connected = true;
        donation.waits = false;
        Some(donation)
    }

    /// The thread that applies waits for the connection to this joiner, or waits no longer. Returns whether this node
    /// gives its state to it.
    pub(crate) fn set_waiting(&mut self, peer: Peer, waits: bool) -> bool {
        let donation = self.donation.as_mut().filter(|it| it.joiner == peer);
        donation.is_some_and(|donation| {
            donation.waits = waits;
            true
        })
    }

    /// The script has told the joiner that nothing is to be copied.
    pub(crate) const fn set_bypassed(&mut self) {
        if let Some(donation) = &mut self.donation {
            donation.bypassed = true;
        }
    }

    /// Returns whether the thread that applies waits for a connection.
    pub(crate) fn holds_applier(&self) -> bool {
        self.donation
            .as_ref()
            .is_some_and(|donation| donation.waits)
    }

    /// A part of the snapshot was sent.
    pub(crate) const fn sent_part(&mut self, part: u32) {
        if let Some(donation) = &mut self.donation {
            donation.parts_sent = part;
        }
    }

    /// This node gives its state no longer.
    pub(crate) fn end_donating(&mut self) -> Option<Donation> {
        self.donation.take()
    }
}
