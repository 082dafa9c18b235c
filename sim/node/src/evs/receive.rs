//! Messages from other nodes (`gcomm/src/evs_proto.cpp:handle_msg`).

use seatrial_galera::{GcommUuid, ViewId};

use crate::config::Config;
use crate::frame::{EvsMessage, GapMessage};
use crate::time::Time;

use super::{Evs, Known, Out, State};

impl Evs {
    /// A message from another node, directly or relayed (`evs_proto.cpp:handle_msg`).
    pub(crate) fn received(
        &mut self,
        source: GcommUuid,
        message: &EvsMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        if self.state == State::Closed || source == self.me || self.isolated_until.is_some() {
            return;
        }
        if self.evicted.contains_key(&source) {
            return;
        }
        let Some(known) = self.known.get(&source) else {
            self.meet(source, message, now, out);
            return;
        };
        // Messages from non-operational nodes are ignored until there is a new view. Exceptions: a leaving
        // node, and what others send again on its behalf.
        let retransmitted = matches!(message, EvsMessage::User(user) if user.retransmitted);
        if !known.operational && !known.leaving && !retransmitted {
            return;
        }
        match message {
            EvsMessage::User(user) => {
                self.follow_into(user.view, now, out);
                if user.view != self.view {
                    return;
                }
                if self.install.is_some() {
                    // The members have agreed on the messages of the view that ends: nobody may get more.
                    return;
                }
                self.refresh(source, now);
                let before = self.input.aru();
                self.input.insert(source, user.seq, user.payload.clone());
                self.input.acknowledged(source, user.aru);
                self.deliver_safe(now, out);
                // An acknowledgement rides on a message where there is one, else it goes alone.
                if self.input.aru() > before && self.state == State::Operational {
                    self.send_gap(out);
                }
                if self.state == State::Gather {
                    self.join_changed(now, out);
                }
            }
            EvsMessage::Gap(gap) => self.received_gap(source, gap, now, config, out),
            EvsMessage::Join(join) => self.received_join(source, join, now, config, out),
            EvsMessage::Install(install) => {
                self.received_install(source, install, now, config, out);
            }
            EvsMessage::Leave(leave) => self.received_leave(source, leave, now, out),
        }
    }

    /// Returns whether a message tells of a view that has been left behind (`is_msg_from_previous_view`).
    pub(super) fn is_of_previous_view(&self, source: GcommUuid, view: ViewId) -> bool {
        self.previous.contains(&view)
            || (self.members.contains(&source) && view.seq < self.view.seq)
    }

    /// Takes note of an unknown node that speaks, and keeps its JOIN for the agreement that begins
    /// (`evs_proto.cpp:handle_foreign`).
    fn meet(&mut self, source: GcommUuid, message: &EvsMessage, now: Time, out: &mut Vec<Out>) {
        let view = match message {
            EvsMessage::User(user) => user.view,
            EvsMessage::Gap(gap) => gap.view,
            EvsMessage::Join(join) => join.view,
            EvsMessage::Install(_) | EvsMessage::Leave(_) => return,
        };
        if self.is_of_previous_view(source, view) || view == self.view {
            return;
        }
        // A new incarnation waits until the old one has been removed ("Dropping message from new
        // incarnation").
        if self.known.keys().any(|known| known.same_fixed_part(source))
            || source.same_fixed_part(self.me)
        {
            return;
        }
        match self.state {
            State::Closed | State::Install | State::Leaving => return,
            State::Joining => {
                // A joining node listens only to those who have taken note of it.
                if !matches!(message, EvsMessage::Join(join) if join.nodes.contains_key(&self.me)) {
                    return;
                }
            }
            State::Operational | State::Gather => {}
        }
        self.known.insert(source, Known::new(now));
        self.shift_to_gather(now);
        // Each newcomer sets the install timer anew, so that the timers of all run alike.
        self.install_since = Some(now);
        if let EvsMessage::Join(join) = message {
            self.note_join(source, join);
        }
        self.send_join(now, out);
        self.try_install(now, out);
    }

    pub(super) fn refresh(&mut self, source: GcommUuid, now: Time) {
        if let Some(known) = self.known.get_mut(&source) {
            known.heard = now;
            known.suspected = false;
        }
    }

    fn received_gap(
        &mut self,
        source: GcommUuid,
        gap: &GapMessage,
        now: Time,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        if let Some(view) = gap.commit {
            if let Some(known) = self.known.get_mut(&source) {
                known.committed = Some(view);
                known.heard = now;
            }
            self.install_if_committed(now, out);
            return;
        }
        self.follow_into(gap.view, now, out);
        if gap.view != self.view {
            return;
        }
        self.refresh(source, now);
        self.input.acknowledged(source, gap.aru);
        if self.state == State::Operational {
            self.resend_to(gap, now, config, out);
            while self.last_sent < gap.last_sent {
                self.send_user(None, now, out);
            }
        }
        self.deliver_safe(now, out);
    }

    /// Own messages that the sender of a gap lacks although it should have them by now.
    fn resend_to(&mut self, gap: &GapMessage, now: Time, config: &Config, out: &mut Vec<Out>) {
        let from = gap.have.get(&self.me).copied().unwrap_or(-1);
        let after = config.evs_keepalive_period.divided_by(2);
        for (seq, payload) in self.input.missing_above(self.me, from) {
            if self.input.due_again(seq, now, after) {
                self.input.note_sent(seq, now);
                let message = self.input.user_message(self.view, seq, payload);
                out.push(Out::Broadcast(EvsMessage::User(message)));
            }
        }
    }
}
