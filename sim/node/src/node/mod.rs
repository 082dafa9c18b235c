//! One mariadbd process with its Galera provider: the layers put together.
//!
//! [`Node::handle`] takes one input and appends effects. It never fails, waits or looks outside. The
//! layers hand their outputs to each other here, depth first, in the order in which Galera's call
//! stack would: what a layer says is complete before the next input is looked at.

mod apply;
mod arbitrator;
mod boot;
mod component;
mod ending;
mod idle;
mod picture;
mod server;
mod status;
mod transfer;
mod voting;

use std::collections::{BTreeMap, VecDeque};

use seatrial_galera::{GcommUuid, GraState, LogLine, MemberRef, Position, Seqno, StateUuid};

use crate::cache::Gcache;
use crate::config::Config;
use crate::database::Database;
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{
    BootMode, DiskOp, Effect, Effects, Input, IoId, IoResult, Note, RequestId, Signal, TimerId,
};
use crate::evs::{self, Evs};
use crate::frame::{Channel, Frame, GcsMessage, GroupFrame, PcMessage, Peer};
use crate::gcs::{self, Conf, Gcs};
use crate::gmcast::{self, Gmcast};
use crate::pc::{self, Pc, PcView};
use crate::time::Time;

use apply::Action;
use boot::Closing;
use transfer::{Donation, Joining};
use voting::Voting;

/// What does not change while a process lives: who the node is and what it was configured with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The node's place.
    pub me: Peer,
    /// The nodes' names by place, for the log.
    pub names: Vec<String>,
    /// The places in `wsrep_cluster_address`.
    pub addresses: Vec<Peer>,
    /// The options.
    pub config: Config,
}

impl Identity {
    /// The node at place `me` of those with these names; every node's address is in its configuration.
    pub fn among(names: Vec<String>, me: Peer, config: Config) -> Self {
        let addresses = (0..).map(Peer).take(names.len()).collect();
        Self {
            me,
            names,
            addresses,
            config,
        }
    }
}

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Reading its files.
    Starting,
    /// Group communication is being opened: announcing itself.
    Announcing,
    /// Part of a component or on the way to one.
    Connected,
    /// Stopping in order.
    Stopping,
    /// Group communication has ended by itself; the process lives on.
    Disconnected,
    /// Over.
    Ended,
}

/// The state of one mariadbd process. `Clone`, `Eq` and `Hash`: a state that can be kept, compared and
/// explored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    identity: Identity,
    boot: BootMode,
    phase: Phase,
    uuid: GcommUuid,
    gmcast: Gmcast,
    evs: Evs,
    pc: Pc,
    gcs: Gcs,
    /// `connect` has returned: what goes wrong from here on ends the backend, not the start.
    channel_open: bool,
    /// gvwstate.dat held a view, or bytes that count as one: no time limit on the wait.
    wait_without_limit: bool,
    announce_until: Time,
    /// The state file as the server's memory has it (`saved_state.cpp`).
    saved: GraState,
    /// The state is lost: nothing but a snapshot helps (`mark_corrupt`).
    corrupt: bool,
    /// The process's picture of the database; the disk may be behind.
    database: Database,
    /// The position that the storage engines had when they were opened: of the last run, or of the
    /// snapshot that was copied.
    storage_position: Position,
    cache: Gcache,
    /// The history's name, as the replicator has it.
    state_uuid: StateUuid,
    /// `wsrep_last_committed`.
    committed: Seqno,
    /// The last configuration that was processed.
    conf: Option<Conf>,
    /// The component below, for the log.
    component: Option<PcView>,
    queue: VecDeque<Action>,
    apply_armed: bool,
    /// The applier is held: by a global read lock or by the snapshot that this node gives.
    paused: bool,
    locked: bool,
    hold_on_stop: bool,
    closing: Closing,
    sync_sent: bool,
    ist_failure: bool,
    joining: Option<Joining>,
    donation: Option<Donation>,
    synced: bool,
    port_open: bool,
    term_received: bool,
    /// SIGTERM before the port was open: remembered, and the port never opens.
    term_while_waiting: bool,
    exit_code: i32,
    /// A position on which this node has voted, and the group has not decided yet.
    voting: Option<Voting>,
    /// The last position on which the group has decided with this node.
    voted_up_to: Seqno,
    /// Who has asked for another weight, and waits for its delivery.
    weight_asked: Vec<RequestId>,
    /// The clients' own transactions that have not come back yet.
    pending: BTreeMap<u64, RequestId>,
    /// Statements that wait for the applier to go on.
    held: Vec<(RequestId, crate::effect::Statement)>,
    next_number: u64,
    /// Replies that wait for the redo log.
    awaiting_disk: BTreeMap<IoId, Vec<RequestId>>,
    next_io: u64,
    /// Commits that `innodb_flush_log_at_trx_commit = 0` keeps in the process.
    unwritten: Vec<crate::database::Committed>,
    unsynced: bool,
}

impl Node {
    /// A process that has not read anything yet; [`Input::Boot`] starts it.
    pub fn new(identity: Identity, boot: BootMode, now: Time) -> Self {
        let uuid = fresh_uuid(&identity, &boot, now);
        let config = &identity.config;
        let pc = Pc::new(uuid, boot.new_cluster, None, config);
        Self {
            gmcast: Gmcast::new(identity.me, uuid, identity.config.jitter),
            evs: Evs::new(uuid, None),
            pc,
            gcs: Gcs::new(uuid, Position::UNDEFINED, u128::from(boot.entropy), config),
            identity,
            boot,
            phase: Phase::Starting,
            uuid,
            channel_open: false,
            wait_without_limit: false,
            announce_until: now,
            saved: GraState::default(),
            corrupt: false,
            database: Database::default(),
            storage_position: Position::UNDEFINED,
            cache: Gcache::default(),
            state_uuid: StateUuid::NIL,
            committed: Seqno::UNDEFINED,
            conf: None,
            component: None,
            queue: VecDeque::new(),
            apply_armed: false,
            paused: false,
            locked: false,
            hold_on_stop: false,
            closing: Closing::No,
            sync_sent: false,
            ist_failure: false,
            joining: None,
            donation: None,
            synced: false,
            port_open: false,
            term_received: false,
            term_while_waiting: false,
            exit_code: 0,
            voting: None,
            voted_up_to: Seqno::UNDEFINED,
            weight_asked: Vec::new(),
            pending: BTreeMap::new(),
            held: Vec::new(),
            next_number: 0,
            awaiting_disk: BTreeMap::new(),
            next_io: 0,
            unwritten: Vec::new(),
            unsynced: false,
        }
    }

    /// Takes one input at an instant and appends what follows from it.
    pub fn handle(&mut self, now: Time, input: Input<'_>, fx: &mut Effects) {
        if self.phase == Phase::Ended {
            return;
        }
        match input {
            Input::Boot(_) => self.begin(now, fx),
            Input::Timer(timer) => self.timer(timer, now, fx),
            Input::LinkUp {
                peer,
                channel: Channel::Group,
                dialled,
            } => {
                let mut out = Vec::new();
                self.gmcast.link_up(peer, dialled, now, &mut out);
                self.run_gmcast(out, now, fx);
            }
            Input::LinkDown(peer, Channel::Group) => {
                let mut out = Vec::new();
                self.gmcast.link_down(peer, now, &mut out);
                self.run_gmcast(out, now, fx);
            }
            Input::LinkUp { peer, .. } => self.transfer_link_up(peer, now, fx),
            Input::LinkDown(peer, Channel::Transfer) => self.transfer_link_down(peer, now, fx),
            Input::Received(peer, Frame::Group(frame)) => {
                let mut out = Vec::new();
                self.gmcast.received(peer, frame, now, &mut out);
                self.run_gmcast(out, now, fx);
            }
            Input::Received(peer, Frame::Transfer(frame)) => {
                self.transfer_received(peer, frame, now, fx);
            }
            Input::DiskDone(io, result) => self.disk_done(io, result, now, fx),
            Input::Statement(request, statement) => self.statement(request, statement, now, fx),
            Input::Signal(Signal::Term { entropy }) => self.term(entropy, now, fx),
        }
    }

    fn timer(&mut self, timer: TimerId, now: Time, fx: &mut Effects) {
        match timer {
            TimerId::Boot => self.open_files(now, fx),
            TimerId::Gmcast => self.check_links(now, fx),
            TimerId::Evs => {
                let mut out = Vec::new();
                self.evs.tick(now, &self.identity.config, &mut out);
                self.run_evs(out, now, fx);
                if self.evs.state() != evs::State::Closed {
                    let at = self.evs.next_tick(now, &self.identity.config);
                    fx.push(Effect::SetTimer(TimerId::Evs, at));
                }
            }
            TimerId::Connect => self.connect_slice(now, fx),
            TimerId::WaitPrim => self.wait_prim_expired(now, fx),
            TimerId::Linger => self.linger_expired(now, fx),
            TimerId::Apply => {
                self.apply_armed = false;
                self.apply(now, true, fx);
            }
            TimerId::Joiner => self.joiner_timer(now, fx),
            TimerId::Donor => self.donor_timer(now, fx),
            TimerId::Flush => self.flush_timer(now, fx),
            TimerId::Stop => self.stop_stage(now, fx),
        }
    }

    /// gmcast's periodic check.
    fn check_links(&mut self, now: Time, fx: &mut Effects) {
        if !self.gmcast.is_open() {
            return;
        }
        let mut out = Vec::new();
        self.gmcast.tick(now, &self.identity.config, &mut out);
        self.run_gmcast(out, now, fx);
    }

    fn run_gmcast(&mut self, outs: Vec<gmcast::Out>, now: Time, fx: &mut Effects) {
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
                gmcast::Out::Deliver(source, message) => {
                    let mut out = Vec::new();
                    let config = &self.identity.config;
                    self.evs.received(source, &message, now, config, &mut out);
                    self.run_evs(out, now, fx);
                }
                gmcast::Out::DuplicateUuid => self.duplicate_uuid(fx),
                gmcast::Out::CheckAt(at) => fx.push(Effect::SetTimer(TimerId::Gmcast, at)),
                gmcast::Out::RelayOn(peers) => {
                    let nonlive = peers.iter().map(|peer| self.address_of(*peer)).collect();
                    let line = LogLine::RelayOn {
                        me: self.uuid.into(),
                        listen: "tcp://0.0.0.0:4567".into(),
                        nonlive,
                    };
                    log(fx, line);
                }
            }
        }
    }

    fn run_evs(&mut self, outs: Vec<evs::Out>, now: Time, fx: &mut Effects) {
        for out in outs {
            match out {
                evs::Out::Broadcast(message) => {
                    let mut out = Vec::new();
                    self.gmcast.broadcast(self.uuid, &message, now, &mut out);
                    self.run_gmcast(out, now, fx);
                }
                evs::Out::Forward(source, message) => {
                    let mut out = Vec::new();
                    self.gmcast.broadcast(source, &message, now, &mut out);
                    self.run_gmcast(out, now, fx);
                }
                evs::Out::Deliver(source, message) => {
                    let mut out = Vec::new();
                    self.pc
                        .message(source, message, &self.identity.config, &mut out);
                    self.run_pc(out, now, fx);
                }
                evs::Out::View(view) => {
                    let mut out = Vec::new();
                    self.gmcast.set_members(view.members.clone(), &mut out);
                    self.run_gmcast(out, now, fx);
                    let mut out = Vec::new();
                    self.pc.evs_view(&view, &self.identity.config, &mut out);
                    self.run_pc(out, now, fx);
                }
                evs::Out::Closed => self.gcomm_closed(now, fx),
                evs::Out::Suspecting(peer) => {
                    let line = LogLine::Suspecting {
                        me: self.uuid.into(),
                        state: "OPERATIONAL".into(),
                        view: self.evs.view_id().into(),
                        peer: peer.into(),
                    };
                    log(fx, line);
                }
                evs::Out::GaveUp => self.abort(fx),
            }
        }
    }

    fn run_pc(&mut self, outs: Vec<pc::Out>, now: Time, fx: &mut Effects) {
        for out in outs {
            match out {
                pc::Out::Send(message) => {
                    self.evs_send(message, now, fx);
                }
                pc::Out::View(view) => self.pc_view(&view, now, fx),
                pc::Out::Deliver {
                    source,
                    message,
                    ordered,
                } => {
                    let mut out = Vec::new();
                    self.gcs.set_cached(self.cache.lowest());
                    self.gcs.message(source, message, ordered, &mut out);
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
                        restored: self.uuid.into(),
                    };
                    log(fx, line);
                }
                pc::Out::ClearRestoredView => log(fx, LogLine::ClearRestoredView),
                pc::Out::WeightChanged { source, weight } => {
                    self.weight_changed(source, weight, fx);
                }
                pc::Out::DiscardingOtherPrim { mine, other } => {
                    let me = self.uuid.into();
                    let (mine, other) = (mine.into(), other.into());
                    log(fx, LogLine::ConflictingPrims { me, mine, other });
                    log(fx, LogLine::DiscardingOtherPrim { me });
                }
            }
        }
    }

    fn run_gcs(&mut self, outs: Vec<gcs::Out>, now: Time, fx: &mut Effects) {
        for out in outs {
            match out {
                gcs::Out::Send(message) => self.gcs_send(message, now, fx),
                gcs::Out::Conf(conf) => self.enqueue(Action::Conf(conf), now, fx),
                gcs::Out::WriteSet(seqno, write_set) => {
                    self.enqueue(Action::WriteSet(seqno, write_set), now, fx);
                }
                gcs::Out::NotOrdered(write_set) => self.not_ordered(&write_set, fx),
                gcs::Out::Donate {
                    joiner,
                    have,
                    snapshot_possible,
                    trivial,
                } => {
                    if trivial {
                        self.donate_nothing(now, fx);
                    } else {
                        self.donate(joiner, have, snapshot_possible, now, fx);
                    }
                }
                gcs::Out::VoteRequest(seqno) => {
                    self.enqueue(Action::VoteRequest(seqno), now, fx);
                }
                gcs::Out::VoteResult { seqno, code } => self.vote_result(seqno, code, now, fx),
                gcs::Out::DonorFound(donor) => self.donor_found(donor, now, fx),
                gcs::Out::TransferFailed => self.transfer_failed(now, fx),
                gcs::Out::StateChanged(state) => {
                    self.enqueue(Action::State(state), now, fx);
                }
                gcs::Out::Reversing { mine, group } => {
                    log(fx, LogLine::reversing_history(mine, group));
                    self.inconsistent(now, fx);
                    return;
                }
                gcs::Out::NoHistory => {
                    log(fx, LogLine::NoRemerge);
                    log(fx, LogLine::NoBootstrapped);
                }
                gcs::Out::NewGroup(uuid) => log(fx, LogLine::NewGroup(uuid)),
                gcs::Out::DonorSelected { joiner, donor } => {
                    let line = LogLine::DonorSelected {
                        joiner: self.member_ref(joiner),
                        wanted: "*any*".into(),
                        donor: self.member_ref(donor),
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
                | GcsMessage::StateRequest { .. }
                | GcsMessage::Vote { .. }
        );
        let sent = self.pc.state() == pc::State::Prim
            && self.evs_send(PcMessage::User(message.clone()), now, fx);
        if !sent && keep {
            self.gcs.keep(message);
        }
    }

    fn evs_send(&mut self, message: PcMessage, now: Time, fx: &mut Effects) -> bool {
        let mut out = Vec::new();
        let sent = self.evs.send(message, now, &mut out);
        self.run_evs(out, now, fx);
        sent
    }

    /// Sends something of the group's on behalf of the replicator.
    fn group_send(&mut self, message: GcsMessage, now: Time, fx: &mut Effects) {
        let mut out = Vec::new();
        self.gcs.send(message, &mut out);
        self.run_gcs(out, now, fx);
    }

    /// Hands a disk operation to the driver.
    fn disk(&mut self, op: DiskOp, fx: &mut Effects) -> IoId {
        let io = IoId(self.next_io);
        self.next_io += 1;
        // An arbitrator keeps nothing.
        if !self.identity.config.arbitrator {
            fx.push(Effect::Disk(io, op));
        }
        io
    }

    /// Writes the state file with what the server's memory has.
    fn save(&mut self, uuid: StateUuid, seqno: Seqno, fx: &mut Effects) {
        self.saved.uuid = uuid;
        self.saved.seqno = seqno;
        self.disk(DiskOp::WriteGrastate(self.saved), fx);
    }

    fn address_of(&self, peer: Peer) -> String {
        format!("tcp://{}:4567", self.name_of(peer))
    }

    fn name_of(&self, peer: Peer) -> String {
        self.identity
            .names
            .get(usize::from(peer.0))
            .cloned()
            .unwrap_or_default()
    }

    fn member_ref(&self, uuid: GcommUuid) -> MemberRef {
        let index = self
            .gcs
            .member_ids()
            .iter()
            .position(|member| *member == uuid);
        let name = self
            .gmcast
            .peer_of(uuid)
            .map(|peer| self.name_of(peer))
            .unwrap_or_default();
        MemberRef::new(
            index.and_then(|i| i32::try_from(i).ok()).unwrap_or(-1),
            name,
        )
    }

    fn disk_done(&mut self, io: IoId, result: IoResult, now: Time, fx: &mut Effects) {
        match result {
            IoResult::Opened(state) => self.opened(*state, now, fx),
            IoResult::Failed => {
                // A server whose redo log cannot be written ends (InnoDB: "Aborting").
                self.abort(fx);
            }
            IoResult::Done => {
                for request in self.awaiting_disk.remove(&io).unwrap_or_default() {
                    fx.push(Effect::Reply(request, crate::effect::Reply::Ok));
                }
            }
        }
    }
}

/// Appends a line to the error log.
fn log(fx: &mut Effects, line: LogLine) {
    fx.push(Effect::Note(Note::Log(line)));
}

/// A new identity, as uuid version 1 makes it: the counter of 100 ns first.
fn fresh_uuid(identity: &Identity, boot: &BootMode, now: Time) -> GcommUuid {
    let ticks = (now.0 * 10) & 0xffff_ffff;
    let time_low = boot
        .uuid_epoch
        .wrapping_add(u32::try_from(ticks).unwrap_or(0));
    let clock_seq = (boot.entropy & 0xffff) as u16;
    GcommUuid::new(time_low, clock_seq, now.0 / 1_000, identity.me.0)
}
