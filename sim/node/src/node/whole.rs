//! The whole node: its parts, and where each input goes.
//!
//! [`Node::handle`] takes one input and appends effects. It never fails, waits or looks outside. The
//! layers hand their outputs to each other depth first, in the order in which Galera's call stack would:
//! each layer's output is complete before the next input is handled.

use seatrial_galera::{GcommUuid, Position};

use crate::config::Config;
use crate::effect::{BootMode, Effect, Effects, Input, IoId, IoResult, Signal, TimerId};
use crate::frame::{Channel, Frame, TransferFrame};
use crate::peer::Peer;
use crate::time::Time;

use super::parts::{Applier, Beginning, Clients, Group, Life, Phase, Store, Transfer};

/// The constants of a process: the node's identity and its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The node's place.
    pub me: Peer,
    /// The address under which the others find it: its place, unless its host has got another one.
    pub address: Peer,
    /// The nodes' names by place, and behind them the other addresses that hosts have had, for the log.
    pub names: Vec<String>,
    /// The places in `wsrep_cluster_address`.
    pub addresses: Vec<Peer>,
    /// The options.
    pub config: Config,
}

impl Identity {
    /// Returns the node at place `me` of those with these names; every node's address is in its
    /// configuration.
    pub fn among(names: Vec<String>, me: Peer, config: Config) -> Self {
        let addresses = (0..).map(Peer).take(names.len()).collect();
        Self {
            me,
            address: me,
            names,
            addresses,
            config,
        }
    }

    /// Returns the name of the node at a place.
    pub(super) fn name_of(&self, peer: Peer) -> String {
        let name = self.names.get(usize::from(peer.0));
        name.cloned().unwrap_or_default()
    }

    /// Returns the address of the node at a place, as the log shows it.
    pub(super) fn address_of(&self, peer: Peer) -> String {
        format!("tcp://{}:4567", self.name_of(peer))
    }
}

/// The state of one mariadbd process. `Clone`, `Eq` and `Hash`: a state that can be kept, compared and
/// explored.
///
/// It owns its parts and nothing else. [`crate::Process`] calls it. The flows alone may touch more than one part
/// at a time, and nothing in it looks outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    pub(super) identity: Identity,
    pub(super) life: Life,
    pub(super) group: Group,
    pub(super) store: Store,
    pub(super) applier: Applier,
    pub(super) transfer: Transfer,
    pub(super) clients: Clients,
}

impl Node {
    /// Returns a process that has not read anything yet; [`Input::Boot`] starts it.
    pub fn new(identity: Identity, boot: BootMode, now: Time) -> Self {
        let config = &identity.config;
        let begins = Beginning {
            uuid: fresh_uuid(&identity, &boot, now),
            new_cluster: boot.new_cluster,
            restored_seq: None,
            restored: None,
            position: Position::UNDEFINED,
            entropy: u128::from(boot.entropy),
        };
        Self {
            life: Life::new(boot),
            group: Group::new(identity.address, begins, config),
            store: Store::new(config.arbitrator),
            applier: Applier::new(),
            transfer: Transfer::default(),
            clients: Clients::default(),
            identity,
        }
    }

    /// Takes one input at an instant and appends what follows from it.
    pub fn handle(&mut self, now: Time, input: Input<'_>, fx: &mut Effects) {
        if self.life.phase() == Phase::Ended {
            return;
        }
        match input {
            Input::Boot(_) => self.begin(now, fx),
            Input::Timer(timer) => self.timer(timer, now, fx),
            Input::LinkUp {
                peer,
                channel: Channel::Group,
                dialled,
            } => self.group_link_up(peer, dialled, now, fx),
            Input::LinkDown(peer, Channel::Group) => self.group_link_down(peer, now, fx),
            Input::LinkUp {
                peer,
                channel: Channel::Transfer,
                ..
            } => self.transfer_link_up(peer, now, fx),
            Input::LinkDown(peer, Channel::Transfer) => self.transfer_link_down(peer, now, fx),
            Input::LinkUp {
                peer,
                channel: Channel::Script,
                ..
            } => self.script_link_up(peer, now, fx),
            Input::LinkDown(peer, Channel::Script) => self.script_link_down(peer, now, fx),
            Input::LinkWaits(peer, stage) => self.transfer_link_waits(peer, stage, now, fx),
            Input::Received(peer, Frame::Group(frame)) => {
                self.group_received(peer, frame, now, fx);
            }
            Input::Received(peer, Frame::Transfer(frame)) => {
                self.transfer_received(peer, frame, now, fx);
            }
            Input::Received(peer, Frame::Script(position)) => {
                let bypass = TransferFrame::Bypass {
                    position: *position,
                };
                self.transfer_received(peer, &bypass, now, fx);
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
            TimerId::Evs => self.check_members(now, fx),
            TimerId::Connect => self.connect_slice(now, fx),
            TimerId::WaitPrim => self.wait_prim_expired(now, fx),
            TimerId::Linger => self.linger_expired(now, fx),
            TimerId::Apply => {
                self.applier.disarm();
                self.apply(now, true, fx);
            }
            TimerId::Joiner => self.joiner_timer(now, fx),
            TimerId::Donor => self.donor_timer(now, fx),
            TimerId::Flush => self.flush_timer(now, fx),
            TimerId::Stop => self.stop_stage(now, fx),
            TimerId::Isolation => self.clients.answer_refused(now, fx),
        }
    }

    fn disk_done(&mut self, io: IoId, result: IoResult, now: Time, fx: &mut Effects) {
        match result {
            IoResult::Opened(state) => self.opened(*state, now, fx),
            // A server whose redo log cannot be written ends (InnoDB: "Aborting").
            IoResult::Failed => self.abort(fx),
            IoResult::Done => self.store.disk_done(io, fx),
        }
    }

    /// The once-a-second flush of the redo log.
    fn flush_timer(&mut self, now: Time, fx: &mut Effects) {
        self.store.flush_redo(false, fx);
        fx.push(Effect::SetTimer(TimerId::Flush, now + FLUSH_PERIOD));
    }
}

/// The interval at which the redo log is flushed if commits do not wait for it.
pub(super) const FLUSH_PERIOD: Time = Time::from_millis(1_000);

/// Returns a new identity, as uuid version 1 makes it: the counter of 100 ns first.
pub(super) fn fresh_uuid(identity: &Identity, boot: &BootMode, now: Time) -> GcommUuid {
    let ticks = (now.0 * 10) & 0xffff_ffff;
    let time_low = boot
        .uuid_epoch
        .wrapping_add(u32::try_from(ticks).unwrap_or(0));
    let clock_seq = (boot.entropy & 0xffff) as u16;
    GcommUuid::new(time_low, clock_seq, now.0 / 1_000, identity.me.0)
}
