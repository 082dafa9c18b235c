//! The layers of group communication: inputs to each, and what each hands to the next.

use seatrial_galera::{LogLine, ViewType};

use crate::deliberate_fault::DeliberateFault;
use crate::detail::{Detail, LoggedMember};
use crate::effect::{Effect, Effects, Note, TimerId, log};
use crate::evs;
use crate::frame::{Channel, Frame, GcsMessage, GroupFrame, PcMessage, newest_protocol};
use crate::gcs;
use crate::gmcast;
use crate::node::parts::{Action, Closing};
use crate::node::whole::Node;
use crate::pc;
use crate::peer::Peer;
use crate::time::Time;

impl Node {
    /// Writes what only the error log has. An arbitrator has no log of a server.
    pub(in crate::node) fn tell(&self, mut detail: Detail, fx: &mut Effects) {
        if !self.identity.config.arbitrator {
            detail.locate(|uuid| self.group.gmcast.peer_of(uuid));
            fx.push(Effect::Note(Note::Told(Box::new(detail))));
        }
    }

    /// A peer as the log names it outside of a component.
    pub(super) const fn logged_peer(uuid: seatrial_galera::GcommUuid) -> LoggedMember {
        LoggedMember {
            index: 0,
            uuid,
            place: None,
        }
    }

    /// A connection of group communication is up.
    pub(in crate::node) fn group_link_up(
        &mut self,
        peer: Peer,
        dialled: bool,
        now: Time,
        fx: &mut Effects,
    ) {
        let mut out = Vec::new();
        self.group.gmcast.link_up(peer, dialled, now, &mut out);
        self.run_gmcast(out, fx);
    }

    /// A connection of group communication is gone, or could not be opened.
    pub(in crate::node) fn group_link_down(&mut self, peer: Peer, now: Time, fx: &mut Effects) {
        let mut out = Vec::new();
        self.group.gmcast.link_down(peer, now, &mut out);
        self.run_gmcast(out, fx);
    }

    /// A frame of group communication has arrived.
    pub(in crate::node) fn group_received(
        &mut self,
        peer: Peer,
        frame: &GroupFrame,
        now: Time,
        fx: &mut Effects,
    ) {
        let mut out = Vec::new();
        let message = self.group.gmcast.received(peer, frame, now, &mut out);
        self.run_gmcast(out, fx);
        if let Some((source, message)) = message {
            let mut out = Vec::new();
            let config = &self.identity.config;
            let evs = &mut self.group.evs;
            evs.received(source, message, now, config, &mut out);
            self.run_evs(out, now, fx);
        }
    }

    /// gmcast's periodic check.
    pub(in crate::node) fn check_links(&mut self, now: Time, fx: &mut Effects) {
        if !self.group.gmcast.is_open() {
            return;
        }
        if self.group.gmcast.must_quit() {
            self.backend_ended(fx);
            return;
        }
        let mut out = Vec::new();
        let config = &self.identity.config;
        self.group.gmcast.tick(now, config, &mut out);
        self.run_gmcast(out, fx);
    }

    /// The periodic checks of evs.
    pub(in crate::node) fn check_members(&mut self, now: Time, fx: &mut Effects) {
        let mut out = Vec::new();
        self.group.evs.tick(now, &self.identity.config, &mut out);
        self.run_evs(out, now, fx);
        if self.group.evs.state() != evs::State::Closed {
            let at = self.group.evs.next_tick(now, &self.identity.config);
            fx.push(Effect::SetTimer(TimerId::Evs, at));
        }
    }

    /// Carries out what gmcast says.
    pub(in crate::node) fn run_gmcast(&mut self, outs: Vec<gmcast::Out>, fx: &mut Effects) {
        for out in outs {
            match out {
                gmcast::Out::Dial(peer) => fx.push(Effect::Connect(peer, Channel::Group)),
                gmcast::Out::Close(peer) => fx.push(Effect::Close(peer, Channel::Group)),
                gmcast::Out::Send(peer, mut frame) => {
                    if self.identity.config.has(DeliberateFault::RelayAbsent)
                        && let GroupFrame::Evs { relay, .. } = &mut frame
                    {
                        *relay = false;
                    }
                    fx.push(Effect::Send(peer, Frame::Group(frame)));
                }
                gmcast::Out::DuplicateUuid => self.duplicate_uuid(fx),
                gmcast::Out::Evicted => self.evicted(fx),
                gmcast::Out::CheckAt(at) => fx.push(Effect::SetTimer(TimerId::Gmcast, at)),
                gmcast::Out::RelayOn(peers) => {
                    let nonlive = peers.iter().map(|peer| self.identity.address_of(*peer));
                    let line = LogLine::RelayOn {
                        me: self.group.uuid().into(),
                        listen: "tcp://0.0.0.0:4567".into(),
                        nonlive: nonlive.collect(),
                    };
                    log(fx, line);
                }
            }
        }
    }

    /// Carries out what evs says.
    pub(in crate::node) fn run_evs(&mut self, outs: Vec<evs::Out>, now: Time, fx: &mut Effects) {
        for out in outs {
            match out {
                evs::Out::Broadcast(message) => {
                    let mut out = Vec::new();
                    let uuid = self.group.uuid();
                    self.group.gmcast.broadcast(uuid, &message, now, &mut out);
                    self.run_gmcast(out, fx);
                }
                evs::Out::Forward(source, message) => {
                    let mut out = Vec::new();
                    self.group.gmcast.broadcast(source, &message, now, &mut out);
                    self.run_gmcast(out, fx);
                }
                evs::Out::Deliver(source, message) => {
                    let mut out = Vec::new();
                    let config = &self.identity.config;
                    self.group.pc.message(source, message, config, &mut out);
                    self.run_pc(out, now, fx);
                }
                evs::Out::View(view) => {
                    let mut out = Vec::new();
                    let members = view.members.clone();
                    self.group.gmcast.set_members(members, &mut out);
                    self.run_gmcast(out, fx);
                    if view.id.kind == ViewType::Reg {
                        let me = self.group.uuid();
                        for peer in view.members.iter().filter(|peer| **peer != me) {
                            self.tell(Detail::Stable(Self::logged_peer(*peer)), fx);
                        }
                    }
                    let mut out = Vec::new();
                    self.group
                        .pc
                        .evs_view(&view, &self.identity.config, &mut out);
                    self.run_pc(out, now, fx);
                }
                evs::Out::Closed => self.gcomm_closed(now, fx),
                evs::Out::Suspecting(peer) => {
                    let line = LogLine::Suspecting {
                        me: self.group.uuid().into(),
                        state: "OPERATIONAL".into(),
                        view: self.group.view_id().into(),
                        peer: peer.into(),
                    };
                    log(fx, line);
                    let (me, view) = (self.group.uuid(), self.group.view_id());
                    self.tell(Detail::Inactive { me, view }, fx);
                }
                evs::Out::GaveUp => self.abort(fx),
                evs::Out::Evicted(uuid) => {
                    let mut out = Vec::new();
                    let until = now + self.identity.config.gmcast_time_wait;
                    self.group.gmcast.evict(uuid, until, &mut out);
                    self.group.pc.evict(uuid);
                    self.run_gmcast(out, fx);
                }
            }
        }
    }

    /// Carries out what the layer of the primary component says.
    pub(in crate::node) fn run_pc(&mut self, outs: Vec<pc::Out>, now: Time, fx: &mut Effects) {
        for out in outs {
            match out {
                pc::Out::Send(message) => {
                    self.evs_send(message, now, fx);
                }
                pc::Out::View(view) => self.pc_view(&view, now, fx),
                pc::Out::Deliver(delivery) => {
                    let mut out = Vec::new();
                    let cached = self.store.cache().lowest();
                    self.group.gcs.message(delivery, cached, &mut out);
                    self.run_gcs(out, now, fx);
                }
                pc::Out::Fatal(fatal) => {
                    self.backend_failed(fatal, fx);
                    return;
                }
                pc::Out::Note(note) => fx.push(Effect::Note(note)),
                pc::Out::Rebootstrapping => log(fx, LogLine::RebootstrappingPrim),
                pc::Out::PromoteToPrimary => log(fx, LogLine::PromoteToPrimary),
                pc::Out::InconsistentWithRestoredView(uuid) => {
                    let line = LogLine::InconsistentWithRestoredView {
                        node: uuid.into(),
                        last_prim_type: 0,
                        last_prim: uuid.into(),
                        restored: self.group.uuid().into(),
                    };
                    log(fx, line);
                }
                pc::Out::ClearRestoredView => log(fx, LogLine::ClearRestoredView),
                pc::Out::Told(detail) => self.tell(detail, fx),
                pc::Out::WeightChanged { source, weight } => {
                    self.weight_changed(source, weight, fx);
                }
                pc::Out::DiscardingOtherPrim { mine, other } => {
                    let me = self.group.uuid().into();
                    let (mine, other) = (mine.into(), other.into());
                    log(fx, LogLine::ConflictingPrims { me, mine, other });
                    log(fx, LogLine::DiscardingOtherPrim { me });
                }
            }
        }
    }

    /// Carries out what gcs says.
    pub(in crate::node) fn run_gcs(&mut self, outs: Vec<gcs::Out>, now: Time, fx: &mut Effects) {
        for out in outs {
            match out {
                gcs::Out::Send(message) => self.gcs_send(message, now, fx),
                gcs::Out::Conf(conf) => self.enqueue(Action::Conf(conf), now, fx),
                gcs::Out::WriteSet(seqno, write_set) => {
                    self.enqueue(Action::WriteSet(seqno, write_set), now, fx);
                }
                gcs::Out::NotOrdered(write_set) => self.not_ordered(&write_set, now, fx),
                gcs::Out::Causal(number, upto) => self.causal_known(number, upto, now, fx),
                gcs::Out::Donate { request, .. } if request.trivial => {
                    self.donate_nothing(now, fx);
                }
                gcs::Out::Donate { joiner, request } => self.donate(joiner, &request, now, fx),
                gcs::Out::VoteRequest(seqno) => {
                    self.enqueue(Action::VoteRequest(seqno), now, fx);
                }
                gcs::Out::VoteResult { seqno, code } => self.vote_result(seqno, code, now, fx),
                gcs::Out::DonorFound(donor) => self.donor_found(donor, now, fx),
                gcs::Out::DonorAway => self.donor_away(fx),
                gcs::Out::RequestCanceled(status) => self.request_canceled(status, fx),
                gcs::Out::TransferFailed => self.transfer_failed(now, fx),
                gcs::Out::StateChanged(state) => {
                    self.enqueue(Action::State(state), now, fx);
                }
                gcs::Out::Reversing { mine, group } => {
                    log(fx, LogLine::reversing_history(mine, group));
                    self.inconsistent(now, fx);
                    return;
                }
                gcs::Out::ProtocolTooNew { group } => {
                    let known = newest_protocol(self.identity.config.arbitrator);
                    log(fx, LogLine::ProtocolTooNew { group, known });
                    // It leaves in order and aborts, a running server as well (`gcs_core.cpp:gcs_core_recv`).
                    self.close_group(Closing::Abort, now, fx);
                    return;
                }
                gcs::Out::NoHistory => {
                    log(fx, LogLine::NoRemerge);
                    log(fx, LogLine::NoBootstrapped);
                }
                gcs::Out::Told(detail) => self.tell(detail, fx),
                gcs::Out::NewGroup(uuid) => log(fx, LogLine::NewGroup(uuid)),
                gcs::Out::DonorSelected { joiner, donor } => {
                    let name_of = |peer| self.identity.name_of(peer);
                    let line = LogLine::DonorSelected {
                        joiner: self.group.member_ref(joiner, name_of),
                        wanted: "*any*".into(),
                        donor: self.group.member_ref(donor, name_of),
                    };
                    log(fx, line);
                }
            }
        }
    }

    /// Sends a message of the group, or keeps it until a component can take it.
    fn gcs_send(&mut self, message: GcsMessage, now: Time, fx: &mut Effects) {
        let keep = matches!(
            message,
            GcsMessage::WriteSet(_)
                | GcsMessage::Join { .. }
                | GcsMessage::Sync
                | GcsMessage::Desync
                | GcsMessage::Causal { .. }
                | GcsMessage::StateRequest { .. }
                | GcsMessage::Vote { .. }
        );
        let sent =
            self.group.is_primary() && self.evs_send(PcMessage::User(message.clone()), now, fx);
        if !sent && keep {
            self.group.gcs.keep(message);
        }
    }

    /// Puts a message into the total order. Returns whether evs could take it.
    pub(in crate::node) fn evs_send(
        &mut self,
        message: PcMessage,
        now: Time,
        fx: &mut Effects,
    ) -> bool {
        let mut out = Vec::new();
        let sent = self.group.evs.send(message, now, &mut out);
        self.run_evs(out, now, fx);
        sent
    }

    /// Sends something of the group's on behalf of the replicator.
    pub(in crate::node) fn group_send(&mut self, message: GcsMessage, now: Time, fx: &mut Effects) {
        let mut out = Vec::new();
        self.group.gcs.send(message, &mut out);
        self.run_gcs(out, now, fx);
    }
}
