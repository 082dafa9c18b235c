//! Delivery message by message: a script stops the wires, and says which message arrives next, and which never does.

use std::collections::{BTreeMap, VecDeque};

use seatrial_node::{EvsMessage, Frame, GroupFrame, Peer, TimerId};

/// A message that waits until the script says that it arrives.
pub(super) struct Waiting {
    pub(super) frame: Frame,
    pub(super) starts: (u64, u64),
}

/// The messages that wait, by wire, in order.
#[derive(Default)]
pub(super) struct Wires {
    waiting: BTreeMap<(Peer, Peer), VecDeque<Waiting>>,
    /// The kinds that are held back; empty where all are. None while nothing is.
    holding: Option<Vec<String>>,
}

impl Wires {
    /// From here on, messages of these kinds wait; all of them where none is named.
    pub(super) fn hold(&mut self, kinds: &[&str]) {
        self.holding = Some(kinds.iter().map(|kind| (*kind).to_owned()).collect());
    }

    /// Takes a message off the wire if it has to wait. What waits is not overtaken by what comes later.
    pub(super) fn take(&mut self, from: Peer, to: Peer, waiting: Waiting) -> Option<Waiting> {
        let Some(kinds) = &self.holding else {
            return Some(waiting);
        };
        let kind = kind(&waiting.frame);
        let held = kinds.is_empty() || kinds.iter().any(|one| one == kind);
        let wire = self.waiting.entry((from, to)).or_default();
        if kind.is_empty() || (!held && wire.is_empty()) {
            return Some(waiting);
        }
        wire.push_back(waiting);
        None
    }

    /// Takes the next message of a wire, or the next of a kind.
    pub(super) fn next(&mut self, from: Peer, to: Peer, wanted: Option<&str>) -> Option<Waiting> {
        let wire = self.waiting.get_mut(&(from, to))?;
        let place = match wanted {
            None => 0,
            Some(wanted) => wire.iter().position(|one| kind(&one.frame) == wanted)?,
        };
        wire.remove(place)
    }

    /// Takes all messages of a wire away, or all of a kind. Returns how many there were.
    pub(super) fn drop(&mut self, from: Peer, to: Peer, unwanted: Option<&str>) -> usize {
        let wire = self.waiting.entry((from, to)).or_default();
        let before = wire.len();
        wire.retain(|one| unwanted.is_some_and(|unwanted| kind(&one.frame) != unwanted));
        before - wire.len()
    }

    /// Lets everything go, and holds nothing back any more.
    pub(super) fn release(&mut self) -> Vec<(Peer, Peer, Waiting)> {
        self.holding = None;
        let wires = std::mem::take(&mut self.waiting).into_iter();
        let all = wires.flat_map(|((from, to), wire)| {
            let wire = wire.into_iter();
            wire.map(move |waiting| (from, to, waiting))
        });
        all.collect()
    }

    /// Returns a line for each wire on which something waits.
    pub(super) fn list(&self) -> Vec<(Peer, Peer, String)> {
        let wires = self.waiting.iter().filter(|(_, wire)| !wire.is_empty());
        let lines = wires.map(|((from, to), wire)| {
            let summaries: Vec<String> = wire.iter().map(|one| one.frame.summary()).collect();
            (*from, *to, summaries.join("; "))
        });
        lines.collect()
    }
}

/// The kind of a message of evs, and of pc in it, as a script names it; nothing for all other frames.
fn kind(frame: &Frame) -> &'static str {
    let Frame::Group(GroupFrame::Evs { message, .. }) = frame else {
        return "";
    };
    match message {
        EvsMessage::User(user) => match &user.payload {
            Some(payload) => match payload {
                seatrial_node::PcMessage::State { .. } => "STATE",
                seatrial_node::PcMessage::Install { .. } => "PC-INSTALL",
                seatrial_node::PcMessage::User(_) => "USER",
            },
            None => "COMPLETE",
        },
        EvsMessage::Gap(gap) if gap.commit.is_some() => "COMMIT",
        EvsMessage::Gap(_) => "GAP",
        EvsMessage::Join(_) => "JOIN",
        EvsMessage::Install(_) => "INSTALL",
        EvsMessage::Leave(_) => "LEAVE",
    }
}

/// The timer of a name.
pub(super) fn timer(name: &str) -> TimerId {
    match name {
        "evs" => TimerId::Evs,
        "gmcast" => TimerId::Gmcast,
        "connect" => TimerId::Connect,
        "joiner" => TimerId::Joiner,
        "donor" => TimerId::Donor,
        _ => panic!("there is no timer {name}"),
    }
}
