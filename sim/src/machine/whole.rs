//! The whole machine: its parts.

use seatrial_node::Peer;
use seatrial_scenarios::console::Firewall;
use seatrial_scenarios::{NodeName, Span, TraceKind};

use super::parts::{
    Daemon, Hand, Installation, MachineEffect, Outbox, Programs, Service, Site, Storage,
    UnitJournal,
};

/// The machine of one node.
///
/// It owns its parts, the instant and the power. The cluster under both engines calls it. The flows alone may
/// touch more than one part at a time. It never sends, connects or waits itself.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(super) site: Site,
    pub(super) now: Span,
    pub(super) powered: bool,
    pub(super) storage: Storage,
    pub(super) service: Service,
    pub(super) journal: UnitJournal,
    pub(super) daemon: Daemon,
    pub(super) hand: Hand,
    pub(super) programs: Programs,
    /// The rules of its packet filter.
    pub(super) firewall: Firewall,
    pub(super) out: Outbox,
}

impl Machine {
    /// Returns a machine with everything installed and nothing started.
    pub fn new(peer: Peer, installation: Installation) -> Self {
        Self {
            site: Site::new(peer, installation),
            now: Span::ZERO,
            powered: true,
            storage: Storage::default(),
            service: Service::new(),
            journal: UnitJournal::default(),
            daemon: Daemon::default(),
            hand: Hand::default(),
            programs: Programs::default(),
            firewall: Firewall::default(),
            out: Outbox::new(),
        }
    }

    /// Returns the node's name.
    pub fn name(&self) -> &NodeName {
        self.site.name()
    }

    /// Returns whether the machine runs garbd instead of a server.
    pub const fn is_arbitrator(&self) -> bool {
        self.site.is_arbitrator()
    }

    /// Returns whether the machine has power.
    pub const fn is_powered(&self) -> bool {
        self.powered
    }

    /// Takes what the machine wants done.
    pub fn take_effects(&mut self) -> Vec<MachineEffect> {
        self.out.take()
    }

    /// Takes back the emptied list of [`Machine::take_effects`], so that the next effects need no new one.
    pub(crate) fn give_back(&mut self, emptied: Vec<MachineEffect>) {
        self.out.give_back(emptied);
    }

    /// Returns the next instant at which [`Machine::tick`] has something to do.
    pub fn deadline(&self) -> Option<Span> {
        let server = self.daemon.deadline();
        let programs = [
            self.programs.wake(),
            self.programs.next_recovery(self.now),
            self.programs.next_sleep(self.now),
        ];
        let all = [server, self.service.deadline(), self.hand.begins()].into_iter();
        all.chain(programs).flatten().min()
    }

    /// Tells something for the trace.
    pub(super) fn trace(&mut self, what: TraceKind) {
        self.out.trace(what);
    }

    /// Whether the machine tells what it does. It does the same either way.
    pub const fn set_traced(&mut self, on: bool) {
        self.out.set_traced(on);
    }

    /// Everything from here on that is drawn is drawn for another seed.
    pub fn reseed(&mut self, seed: u64) {
        self.site.reseed(seed);
    }

    /// Gives the nodes other names; everything else stays as it is.
    pub(crate) fn rename(&mut self, names: &[NodeName]) {
        self.site.rename(names);
        self.daemon.forget_told();
        if let Some(server) = self.daemon.server_mut() {
            let names = names.iter().map(ToString::to_string).collect();
            server.process.rename(names);
        }
    }

    /// The host has another address from here on.
    pub(crate) fn move_to(&mut self, address: Peer) {
        self.daemon.forget_told();
        self.site.move_to(address);
    }

    /// These are the addresses that hosts of the cluster have got since their installation.
    pub(crate) fn learn_addresses(&mut self, later: &[String]) {
        self.daemon.forget_told();
        self.site.learn_addresses(later);
    }

    /// Keeps copies of the state files, for a fault that puts one back; and everything so far is on disk.
    pub fn keep_old_copies(&mut self) {
        self.storage.keep_old_copies();
    }
}
