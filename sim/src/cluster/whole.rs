//! The cluster: its machines, with what is known of them.

use std::collections::BTreeMap;

use seatrial_node::{Channel, DeliberateFault, Frame, Peer};
use seatrial_scenarios::console::Firewall;
use seatrial_scenarios::{
    Condition, Fault, FaultOutcome, FileChange, HostTree, NodeName, Observation, Port, Progress,
    Request, RequestId, Setup, Span, TraceKind, Way,
};

use crate::disk::Registry;
use crate::keyed::Keyed;
use crate::links::Links;
use crate::machine::Machine;
use crate::ports::SYN_GIVES_UP;
use crate::setup;

use super::addresses::Addresses;
use super::calls::Calls;
use super::ear::Ear;
use super::images::Images;
use super::journal::Journal;
use super::requests::Requests;
use super::watch::{Watch, place};

/// The machines of a run with what is known of them.
///
/// It owns the names, the machines, the table of the network, the requests, the trace, and what was last
/// seen. The engines call it. It knows neither connections nor timers nor an instant of its own: each
/// method that needs the instant is given it.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    names: Vec<NodeName>,
    keyed: Keyed,
    machines: Vec<Machine>,
    links: Links,
    addresses: Addresses,
    calls: Calls,
    requests: Requests,
    watch: Watch,
    ear: Ear,
    journal: Journal,
    /// The databases whose files programs have seen.
    shown: Registry,
    /// The copies of data folders that are kept.
    images: Images,
}

impl Cluster {
    /// Returns the machines of a setup, nothing started; `deliberate_fault` is a mistake in the model, which
    /// tests alone plant.
    pub(crate) fn new(setup: &Setup, deliberate_fault: Option<DeliberateFault>) -> Self {
        let machines = setup::machines(setup, deliberate_fault);
        Self {
            names: setup.nodes.clone(),
            keyed: setup::keyed(setup),
            links: Links::default(),
            addresses: Addresses::new(machines.len()),
            calls: Calls::default(),
            requests: Requests::default(),
            watch: Watch::new(&machines),
            ear: Ear::default(),
            journal: Journal::new(machines.len()),
            shown: Registry::new(),
            images: Images::new(),
            machines,
        }
    }

    /// Returns all places.
    pub(crate) fn peers(&self) -> impl Iterator<Item = Peer> + use<> {
        (0..).map(Peer).take(self.machines.len())
    }

    /// Returns the machines by place.
    pub(crate) fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// Returns the machine at a place.
    pub(crate) fn machine(&self, peer: Peer) -> &Machine {
        &self.machines[place(peer)]
    }

    /// Returns the machine at a place, to act on it; `settle` of the engine must follow.
    pub(crate) fn machine_mut(&mut self, peer: Peer) -> &mut Machine {
        &mut self.machines[place(peer)]
    }

    /// Returns whether a machine takes a connection from another one. Nodes of different cluster names refuse each other
    /// in the handshake (`gmcast.cpp:handle_handshake`), which ends like an attempt that nobody answers. A connection for
    /// a state transfer reaches the process that has asked for it, and no later one.
    ///
    /// MODEL GAP: a later process that has asked as well has the same ports open, and would take an old donor's
    /// connection.
    pub(crate) fn accepts(&self, to: Peer, from: Peer, channel: Channel) -> bool {
        let (one, other) = (self.machine(to), self.machine(from));
        let asked = || other.gives_to().is_some_and(|asker| one.is_process(asker));
        one.accepts(channel)
            && one.cluster_name() == other.cluster_name()
            && (channel == Channel::Group || asked())
    }

    /// Returns the name of a machine's node.
    pub(crate) fn name(&self, peer: Peer) -> NodeName {
        self.names[place(peer)].clone()
    }

    /// Returns the place of a name.
    pub(crate) fn peer(&self, name: &NodeName) -> Option<Peer> {
        let index = self.names.iter().position(|known| known == name)?;
        u8::try_from(index).ok().map(Peer)
    }

    /// Gives the nodes other names; everything else stays as it is.
    ///
    /// # Panics
    /// When there are not as many names as nodes.
    pub(crate) fn rename(&mut self, names: &[NodeName]) {
        assert_eq!(names.len(), self.names.len(), "a name for each node");
        self.names = names.to_vec();
        for machine in &mut self.machines {
            machine.rename(names);
        }
        self.watch.forget();
    }

    /// Draws everything from here on for another seed.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.keyed = self.keyed.reseeded(seed);
        for machine in &mut self.machines {
            machine.reseed(seed);
        }
    }

    /// Keeps copies of the state files on every machine, for the fault that puts an old copy back.
    pub(crate) fn keep_old_copies(&mut self) {
        for machine in &mut self.machines {
            machine.keep_old_copies();
        }
    }

    /// Returns the copies of data folders that are kept.
    pub(super) const fn images(&self) -> &Images {
        &self.images
    }

    /// Returns the copies of data folders that are kept, to add one.
    pub(super) const fn images_mut(&mut self) -> &mut Images {
        &mut self.images
    }

    /// Returns the table of the network.
    pub(crate) const fn links(&self) -> &Links {
        &self.links
    }

    /// Returns the calls that are not over.
    pub(super) const fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Returns the calls that are not over, to go on with them.
    pub(super) const fn calls_mut(&mut self) -> &mut Calls {
        &mut self.calls
    }

    /// An operator has set the rules of a host's packet filter.
    pub(super) fn set_wall(&mut self, host: Peer, rules: Firewall) {
        self.links.set_wall(host, rules);
    }

    /// Returns the addresses of the hosts.
    pub(crate) const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Gives a host without a server another address: a machine made anew, or another lease of DHCP.
    pub(super) fn readdress(&mut self, host: Peer, text: &str) -> FaultOutcome {
        if self.machine(host).has_process() {
            return FaultOutcome::Skipped(
                "the server runs with its address: stop it, or power the host off".into(),
            );
        }
        let before = self.addresses.of(host);
        match self.addresses.give(host, text) {
            Err(why) => FaultOutcome::Skipped(why.into()),
            Ok(address) => {
                for machine in &mut self.machines {
                    machine.learn_addresses(self.addresses.later());
                }
                self.machine_mut(host).move_to(address);
                if let Ok(address) = text.parse() {
                    self.links.move_to(host, address);
                }
                let before = self.addresses.text(before);
                FaultOutcome::Applied(format!("{text} in place of {before}"))
            }
        }
    }

    /// Returns a value as an operator writes it into a node's file: by address, where the host of a node has another
    /// one than the name stands for.
    pub(super) fn in_file(&self, option: &str, value: &str) -> String {
        let word = |word: &str| {
            let named = |name: &NodeName| name.as_str().eq_ignore_ascii_case(word);
            let host = self.names.iter().position(named);
            let host = host.and_then(|place| u8::try_from(place).ok()).map(Peer);
            let moved = host.filter(|host| self.addresses.of(*host) != *host);
            moved.map_or_else(
                || word.to_owned(),
                |host| self.addresses.text(self.addresses.of(host)).to_owned(),
            )
        };
        match option {
            "wsrep_cluster_address" => match value.strip_prefix("gcomm://") {
                Some(list) => {
                    let list: Vec<String> = list.split(',').map(word).collect();
                    format!("gcomm://{}", list.join(","))
                }
                None => value.to_owned(),
            },
            "wsrep_node_address" => word(value),
            _ => value.to_owned(),
        }
    }

    /// Returns the ports to which a machine opens a connection of this kind, in their order.
    pub(crate) fn ports(&self, from: Peer, channel: Channel) -> &'static [Port] {
        self.machine(from).ports(channel)
    }

    /// Returns how long a machine waits for an answer from this port, if it transfers state and nothing but the closed
    /// port is in its way.
    pub(crate) fn waits_for_port(
        &self,
        from: Peer,
        to: Peer,
        channel: Channel,
        port: Port,
        now: Span,
    ) -> Option<Span> {
        let reached = self.links.is_open_both_ways(from, to, now) && self.machine(to).is_powered();
        let waits = reached && channel != Channel::Group && self.links.is_closed(from, to, port);
        waits.then_some(SYN_GIVES_UP)
    }

    /// Returns the time that a frame that is sent now needs.
    pub(crate) fn delay(&self, from: Peer, to: Peer, now: Span) -> Span {
        self.links.delay(&self.keyed, from, to, now)
    }

    /// Returns the time until TCP notices that a link has healed.
    pub(crate) fn recovery_delay(&self, from: Peer, to: Peer, now: Span) -> Span {
        Links::recovery_delay(&self.keyed, from, to, now)
    }

    /// Returns the requests.
    pub(crate) const fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Returns the requests, to add one.
    pub(super) const fn requests_mut(&mut self) -> &mut Requests {
        &mut self.requests
    }

    /// Notes a new request. Its node is `None` where no node has that name; the request is then unknown.
    pub(crate) fn register(&mut self, request: &Request, now: Span) -> (RequestId, Option<Peer>) {
        let id = self.requests.next_id();
        if self.journal.is_on() {
            let request = request.clone();
            self.trace(now, None, TraceKind::Request { id, request });
        }
        let (Request::Operator { node, .. } | Request::Client { node, .. }) = request;
        let peer = self.peer(node);
        if let Some(peer) = peer {
            self.requests.begin(id, peer);
            // Rest is counted from what was last done, too: its effect may take a moment to show.
            self.watch.touch(now);
        }
        (id, peer)
    }

    /// Notes that a request has this answer.
    pub(crate) fn answered(&mut self, id: RequestId, progress: Progress) {
        self.requests.answer(id, progress);
        self.watch.count_change();
    }

    /// Counts rest from this instant on.
    pub(crate) const fn touch(&mut self, now: Span) {
        self.watch.touch(now);
    }

    /// Counts a change that no machine shows.
    pub(super) const fn count_change(&mut self) {
        self.watch.count_change();
    }

    /// Returns the instant of the last observable change.
    pub(crate) const fn last_change(&self) -> Span {
        self.watch.last_change()
    }

    /// Looks whether anything observable of a machine has changed, and traces it.
    pub(super) fn notice(&mut self, peer: Peer, now: Span) {
        let machine = &self.machines[place(peer)];
        if self.watch.notice(peer, machine, now)
            && let Some(changed) = self.journal.new_facts(peer, machine)
        {
            self.trace(now, Some(peer), changed);
        }
    }

    /// Returns whether nothing is under way anywhere and nothing has changed for `span`.
    fn is_at_rest(&self, span: Span, now: Span) -> bool {
        now.saturating_sub(self.watch.last_change()) >= span
            && self.machines.iter().all(Machine::is_at_rest)
    }

    /// Returns whether a condition is met. `looked_at` remembers the change at which the caller has looked
    /// last: what did not hold then is not looked at again before the next one.
    pub(crate) fn meets(
        &mut self,
        until: &Condition,
        looked_at: &mut Option<u64>,
        now: Span,
    ) -> bool {
        let revision = self.watch.revision();
        let seen = looked_at.replace(revision) == Some(revision);
        // Under a workload a wait for a message is made of pieces, which end at an answer.
        if !matches!(until, Condition::Message(_) | Condition::OneEnded(_)) {
            self.ear.rest();
        }
        match until {
            Condition::Never => false,
            Condition::Ended(id) => self.requests.has_ended(*id),
            Condition::OneEnded(ids) => ids.iter().any(|id| self.requests.has_ended(*id)),
            Condition::Rest => self.is_at_rest(setup::REST, now),
            Condition::State(_) | Condition::Not(_) if seen => false,
            Condition::State(predicate) => predicate.holds(self.look(now)),
            Condition::Not(predicate) => !predicate.holds(self.look(now)),
            Condition::Message(listening) => {
                let of = self.peer(&listening.to.node);
                self.ear.has_heard(listening, of)
            }
        }
    }

    /// Returns all nodes now, as far as conditions look at them.
    fn look(&mut self, now: Span) -> &Observation {
        self.watch.look(&self.names, &self.machines, now)
    }

    /// Returns all nodes now, with their histories.
    pub(crate) fn observe(&mut self, now: Span) -> Observation {
        let mut seen = self.look(now).clone();
        for (name, machine) in self.names.iter().zip(&self.machines) {
            if let Some(node) = seen.nodes.get_mut(name) {
                node.history = Some(machine.history());
            }
        }
        seen
    }

    /// Returns the error log of each machine that has one.
    pub(crate) fn error_logs(&self) -> BTreeMap<NodeName, String> {
        let machines = self.names.iter().zip(&self.machines);
        let logs =
            machines.filter_map(|(name, machine)| Some((name.clone(), machine.error_log()?)));
        logs.collect()
    }

    /// Returns the files of a host; `known` is the version that the caller has.
    pub(crate) fn host_tree(&mut self, node: &NodeName, known: Option<u64>) -> HostTree {
        let Some(peer) = self.peer(node) else {
            return HostTree::Off;
        };
        let machine = &self.machines[place(peer)];
        let version = machine.tree_version();
        if !machine.is_powered() {
            HostTree::Off
        } else if known == Some(version) {
            HostTree::Same
        } else {
            let files = machine.tree(&mut self.shown);
            HostTree::Files {
                version,
                server: machine.serves_clients(),
                files,
            }
        }
    }

    /// Does to the files of a host what a program has done to them; `settle` of the engine must follow.
    pub(crate) fn change_files(
        &mut self,
        peer: Peer,
        changes: &[FileChange],
        now: Span,
    ) -> Vec<String> {
        self.machines[place(peer)].change_files_at(now, changes, &self.shown)
    }

    /// Returns all nodes now, looked at afresh; `histories` adds what only a simulation can show.
    pub(crate) fn observation(&self, histories: bool, now: Span) -> Observation {
        let nodes = self.names.iter().zip(&self.machines);
        let nodes = nodes.map(|(name, machine)| (name.clone(), machine.observe(histories)));
        Observation {
            at: now,
            nodes: nodes.collect(),
        }
    }

    /// Returns the trace, and whether there is one.
    pub(crate) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Returns the trace, to take events out of it.
    pub(crate) const fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Switches the trace on or off. The run is the same without one, and faster.
    pub(crate) fn set_traced(&mut self, on: bool) {
        self.journal.set_on(on);
        for machine in &mut self.machines {
            machine.set_traced(on);
        }
    }

    /// Appends to the trace.
    pub(crate) fn trace(&mut self, now: Span, peer: Option<Peer>, what: TraceKind) {
        if self.journal.is_on() {
            let name = peer.map(|peer| self.name(peer));
            self.journal.push(now, name, what);
        }
    }

    /// Appends an event from outside the cluster.
    pub(crate) fn record(&mut self, now: Span, node: Option<NodeName>, what: TraceKind) {
        if self.journal.is_on() {
            self.journal.push(now, node, what);
        }
    }

    /// Returns whether a wait ends at a message, so that every message must be played.
    pub(crate) const fn listens(&self) -> bool {
        self.ear.is_listening()
    }

    /// Returns whether the message for which a wait is has been heard, and the wait has not ended yet.
    pub(crate) const fn rings(&self) -> bool {
        self.ear.rings()
    }

    /// A frame has arrived.
    pub(super) fn hear_received(&mut self, to: Peer, frame: &Frame) {
        self.ear.hear(Way::Receives, to, frame, &self.machines);
    }

    /// A frame is sent. It is traced, unless it is a keepalive.
    pub(crate) fn hear_sent(&mut self, now: Span, from: Peer, to: Peer, frame: &Frame) {
        self.ear.hear(Way::Sends, from, frame, &self.machines);
        if self.journal.is_on() && !frame.is_keepalive() {
            let (to, frame) = (self.name(to), frame.summary());
            self.trace(now, Some(from), TraceKind::Sent { to, frame });
        }
    }

    /// Applies a fault of the network; `None` where it is not one.
    pub(super) fn network_fault(&mut self, fault: &Fault, now: Span) -> Option<FaultOutcome> {
        self.links.apply(fault, &self.names, now)
    }
}
