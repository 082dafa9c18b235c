//! Listens for the message at which a wait ends.

use seatrial_node::{EvsMessage, Frame, GcsMessage, GroupFrame, PcMessage, Peer};
use seatrial_scenarios::{Listening, Message, Way};

use crate::machine::Machine;

use super::watch::place;

/// The message that is listened for, if one is.
///
/// It owns what the wait under way has asked for. The cluster tells it of every frame that is sent or has arrived; it
/// only reads machines.
#[derive(Clone, Debug, Default)]
pub(super) struct Ear {
    listening: Option<(Listening, Option<Peer>)>,
    heard: bool,
}

impl Ear {
    /// Returns whether the message was heard since the wait began. The first question begins to listen; `of` is the
    /// place of its node. What was heard is forgotten by the answer.
    pub(super) fn has_heard(&mut self, wanted: &Listening, of: Option<Peer>) -> bool {
        if self.listening.as_ref().map(|(known, _)| known) != Some(wanted) {
            self.listening = Some((wanted.clone(), of));
            self.heard = false;
        }
        if self.heard {
            *self = Self::default();
            return true;
        }
        false
    }

    /// Returns whether somebody listens, so that no message may be left out of the play.
    pub(super) const fn is_listening(&self) -> bool {
        self.listening.is_some()
    }

    /// Returns whether the message was heard, and nobody has asked yet.
    pub(super) const fn rings(&self) -> bool {
        self.heard
    }

    /// Stops listening, where another wait has begun.
    pub(super) fn rest(&mut self) {
        if self.is_listening() {
            *self = Self::default();
        }
    }

    /// A machine has sent or received a frame.
    pub(super) fn hear(&mut self, way: Way, peer: Peer, frame: &Frame, machines: &[Machine]) {
        let Some((Listening { to, .. }, of)) = &self.listening else {
            return;
        };
        let is_meant = *of == Some(peer) && to.way == way && kind(frame) == Some(to.message);
        self.heard |= is_meant && (way == Way::Receives || is_own(frame, &machines[place(peer)]));
    }
}

/// Returns whether a frame is the machine's own, and not another one's that it passes on.
fn is_own(frame: &Frame, machine: &Machine) -> bool {
    match frame {
        Frame::Group(GroupFrame::Evs { source, .. }) => machine.is_process(*source),
        _ => true,
    }
}

/// Returns the kind of message in a frame, if scenarios have a word for it.
const fn kind(frame: &Frame) -> Option<Message> {
    let Frame::Group(GroupFrame::Evs { message, .. }) = frame else {
        return None;
    };
    Some(match message {
        EvsMessage::Join(_) => Message::Join,
        EvsMessage::Install(_) => Message::Install,
        EvsMessage::Leave(_) => Message::Leave,
        EvsMessage::Gap(gap) if gap.commit.is_some() => Message::Commit,
        EvsMessage::Gap(_) => Message::Gap,
        EvsMessage::User(user) => match &user.payload {
            Some(PcMessage::State { .. }) => Message::State,
            Some(PcMessage::Install { .. }) => Message::PcInstall,
            Some(PcMessage::User(GcsMessage::StateUuid(_))) => Message::StateUuid,
            Some(PcMessage::User(GcsMessage::State(_))) => Message::StateMsg,
            Some(PcMessage::User(GcsMessage::StateRequest { .. })) => Message::StateRequest,
            Some(PcMessage::User(GcsMessage::Join { .. })) => Message::GcsJoin,
            Some(PcMessage::User(GcsMessage::Sync)) => Message::Sync,
            Some(PcMessage::User(GcsMessage::Vote { .. })) => Message::Vote,
            Some(PcMessage::User(GcsMessage::WriteSet(_))) => Message::WriteSet,
            Some(PcMessage::User(
                GcsMessage::Flow { .. } | GcsMessage::Desync | GcsMessage::Causal { .. },
            ))
            | None => return None,
        },
    })
}
