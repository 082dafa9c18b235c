//! The real engine behind the Testbed port.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use seatrial_scenarios::trace::{Facts, changed_facts};
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, NodeName, Observation, Progress, Request,
    RequestId, Setup, Span, Testbed, Timeout, Trace, TraceKind,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, timeout_at};

use crate::addresses::Addresses;
use crate::cluster::Cluster;
use crate::facts::facts;
use crate::host::Host;
use crate::look::Look;
use crate::network::Network;
use crate::requests::{self, Running};
use crate::rest::Rest;

/// The time between two looks during a wait for a state.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// The time between two looks during a wait for rest.
const REST_EVERY: Duration = Duration::from_millis(400);

/// A cluster in containers, under test.
pub struct Real {
    pub(crate) cluster: Cluster,
    pub(crate) network: Network,
    pub(crate) addresses: Addresses,
    pub(crate) rest: Rest,
    /// The copies of data folders that are kept, and the nodes whose hosts have them.
    pub(crate) kept: BTreeMap<String, NodeName>,
    start: Instant,
    trace: Trace,
    requests: BTreeMap<RequestId, Running>,
    /// The channel on which the ends of requests arrive.
    arriving: UnboundedReceiver<(RequestId, Progress)>,
    ended: UnboundedSender<(RequestId, Progress)>,
    next_request: u32,
    /// The requests that were started since time last passed.
    instant: requests::Instant,
    /// The owners of the group identities that were seen.
    names: BTreeMap<String, NodeName>,
    /// The last look at each node, for rows that only change with the data folder.
    pub(crate) disk_rows: BTreeMap<NodeName, (DiskKey, Vec<String>)>,
    /// What the trace says of each node so far.
    facts: BTreeMap<NodeName, Facts>,
    /// The faults that could not be made, which the run reports.
    pub(crate) trouble: Vec<String>,
}

/// The facts on which the rows in a data folder depend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiskKey {
    lives: u32,
    running: bool,
    grastate: Option<String>,
}

impl Real {
    pub(crate) fn new(cluster: Cluster, setup: &Setup) -> Self {
        let network = Network::new(&cluster);
        let hosts: Vec<String> = cluster.hosts.iter().map(|host| host.address()).collect();
        let (ended, arriving) = unbounded_channel();
        Self {
            cluster,
            network,
            addresses: Addresses::new(&hosts),
            rest: Rest::new(setup),
            kept: BTreeMap::new(),
            start: Instant::now(),
            trace: Trace::default(),
            requests: BTreeMap::new(),
            arriving,
            ended,
            next_request: 0,
            instant: requests::Instant::new(),
            names: BTreeMap::new(),
            disk_rows: BTreeMap::new(),
            facts: BTreeMap::new(),
            trouble: Vec::new(),
        }
    }

    pub(crate) fn take_trace(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }

    pub(crate) fn into_trace(self) -> (Trace, Cluster) {
        (self.trace, self.cluster)
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let at = self.now();
        self.trace
            .push(at, None, TraceKind::Note { text: text.into() });
    }

    /// Lets the requests begin that were started since time last passed.
    fn begin_requests(&mut self) -> requests::Instant {
        let begun = std::mem::replace(&mut self.instant, requests::Instant::new());
        begun.close();
        begun
    }

    /// Takes down what has ended in the meantime.
    fn collect(&mut self) {
        while let Ok((id, progress)) = self.arriving.try_recv() {
            self.end(id, progress);
        }
    }

    fn end(&mut self, id: RequestId, progress: Progress) {
        let at = self.now();
        if let Some(running) = self.requests.get_mut(&id) {
            running.progress = progress.clone();
            let node = running.node.clone();
            self.trace
                .push(at, Some(node), TraceKind::Ended { id, progress });
        }
    }

    /// Looks at all nodes at the same time.
    async fn look(&mut self) -> BTreeMap<NodeName, Look> {
        let looks = join_all(self.cluster.hosts.iter().map(|host| host.look("look"))).await;
        let mut seen = BTreeMap::new();
        for (host, look) in self.cluster.hosts.iter().zip(looks) {
            let look = match look {
                Ok(answer) => Look::read(&answer.text),
                Err(error) => {
                    self.trouble.push(error.to_string());
                    Look::default()
                }
            };
            for uuid in look.gcomm_uuids() {
                // The file of a cloned disk has the identity of the other node, which lives.
                let lives = look.status("wsrep_gcomm_uuid") == Some(uuid.as_str());
                if lives {
                    self.names.insert(uuid, host.node.clone());
                } else {
                    self.names.entry(uuid).or_insert_with(|| host.node.clone());
                }
            }
            seen.insert(host.node.clone(), look);
        }
        self.learn_strangers(&seen).await;
        self.take_down(&seen);
        seen
    }

    /// Puts what has changed since the last look into the trace.
    fn take_down(&mut self, seen: &BTreeMap<NodeName, Look>) {
        let observation = self.observation(seen);
        for (node, look) in seen {
            let Some(observed) = observation.nodes.get(node) else {
                continue;
            };
            let now = facts(node, look, observed);
            let before = self.facts.insert(node.clone(), now.clone());
            if let Some(change) = changed_facts(&before.unwrap_or_default(), &now) {
                self.trace.push(observation.at, Some(node.clone()), change);
            }
        }
    }

    /// Processes that came and went between two looks are known from the others' logs only.
    async fn learn_strangers(&mut self, seen: &BTreeMap<NodeName, Look>) {
        for (node, look) in seen {
            let strangers = look.strangers(&self.names);
            if strangers.is_empty() {
                continue;
            }
            self.learn_arbitrators(seen, &strangers).await;
            let Some(host) = self.cluster.host(node) else {
                continue;
            };
            let Ok(answer) = host.look("members").await else {
                continue;
            };
            for line in answer.text.lines() {
                if let Some((uuid, name)) = line.split_once(' ') {
                    let name = NodeName::new(name.trim());
                    if self.cluster.host(&name).is_some() {
                        self.names.entry(uuid.to_owned()).or_insert(name);
                    }
                }
            }
        }
    }

    /// Finds the arbitrators among identities. All of them go by the name `garb`, and show their identity in short alone.
    async fn learn_arbitrators(&mut self, seen: &BTreeMap<NodeName, Look>, identities: &[String]) {
        for (node, _) in seen.iter().filter(|(_, look)| look.arbitrator) {
            let Some(host) = self.cluster.host(node) else {
                continue;
            };
            let Ok(answer) = host.look("own_identities").await else {
                continue;
            };
            let own: BTreeSet<&str> = answer.text.lines().collect();
            for uuid in identities {
                if in_short(uuid).is_some_and(|short| own.contains(short.as_str())) {
                    self.names.insert(uuid.clone(), node.clone());
                }
            }
        }
    }

    fn observation(&self, seen: &BTreeMap<NodeName, Look>) -> Observation {
        Observation {
            at: self.now(),
            nodes: seen
                .iter()
                .map(|(node, look)| {
                    let rows = self.disk_rows.get(node).map(|(_, rows)| rows);
                    (node.clone(), look.observation(&self.names, rows))
                })
                .collect(),
        }
    }

    /// Reads the rows of nodes that show none, where their data folder may have changed.
    async fn read_disks(&mut self, seen: &BTreeMap<NodeName, Look>) {
        let mut due: Vec<(Arc<Host>, DiskKey)> = Vec::new();
        for (node, look) in seen {
            let key = DiskKey {
                lives: look.lives,
                running: look.pid.is_some(),
                grastate: look.grastate.clone(),
            };
            if look.rows.is_some() || look.arbitrator {
                self.disk_rows.remove(node);
                continue;
            }
            if self
                .disk_rows
                .get(node)
                .is_some_and(|(known, _)| *known == key)
            {
                continue;
            }
            self.disk_rows.remove(node);
            if let Some(host) = self.cluster.host(node) {
                due.push((host.clone(), key));
            }
        }
        let read = join_all(due.iter().map(|(host, _)| host.long_look("disk_rows"))).await;
        for ((host, key), answer) in due.into_iter().zip(read) {
            let Ok(answer) = answer else { continue };
            if !answer.text.starts_with("rows") {
                continue;
            }
            let mut rows: Vec<String> = answer
                .text
                .lines()
                .filter_map(|line| line.strip_prefix("row\t"))
                .map(str::to_owned)
                .collect();
            rows.sort();
            self.disk_rows.insert(host.node.clone(), (key, rows));
        }
    }

    /// One look, and whether the condition is true.
    async fn holds(&mut self, until: &Condition) -> bool {
        let seen = self.look().await;
        match until {
            Condition::Never
            | Condition::Ended(_)
            | Condition::OneEnded(_)
            | Condition::Message(_) => false,
            Condition::Rest => {
                let pending: BTreeSet<NodeName> = self
                    .requests
                    .values()
                    .filter(|running| running.progress == Progress::Running)
                    .map(|running| running.node.clone())
                    .collect();
                self.rest.look(&seen, &pending)
            }
            Condition::State(predicate) => predicate.holds(&self.observation(&seen)),
            Condition::Not(predicate) => !predicate.holds(&self.observation(&seen)),
        }
    }

    /// Waits until one of the requests has ended, and says whether one has.
    async fn wait_for_end(&mut self, ids: &[RequestId], end: Instant) -> bool {
        loop {
            self.collect();
            let ended = |id| {
                let known = self.requests.get(id);
                known.is_none_or(|running| running.progress.has_ended())
            };
            if ids.iter().any(ended) {
                return true;
            }
            match timeout_at(end, self.arriving.recv()).await {
                Ok(Some((id, progress))) => self.end(id, progress),
                Ok(None) | Err(_) => return false,
            }
        }
    }
}

#[async_trait(?Send)]
impl Testbed for Real {
    fn capabilities(&self) -> Capabilities {
        crate::faults::capabilities()
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        // Requests that were started in this instant before the faults have begun when the faults happen.
        self.begin_requests().begun().await;
        let outcomes = self.apply_faults(together).await;
        let at = self.now();
        for (fault, outcome) in together.iter().zip(&outcomes) {
            let what = TraceKind::Fault {
                fault: fault.clone(),
                outcome: outcome.clone(),
            };
            self.trace.push(at, None, what);
        }
        outcomes
    }

    fn start(&mut self, request: Request) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        let at = self.now();
        let node = match &request {
            Request::Operator { node, .. } | Request::Client { node, .. } => node.clone(),
        };
        let what = TraceKind::Request {
            id,
            request: request.clone(),
        };
        self.trace.push(at, Some(node.clone()), what);
        self.rest.request(&request);
        let mut running = Running {
            node: node.clone(),
            progress: Progress::Running,
        };
        let input = self.cluster.input.remove(&node);
        match self.cluster.host(&node) {
            Some(host) => {
                let ended = self.ended.clone();
                requests::start(
                    &self.cluster,
                    host,
                    id,
                    request,
                    input,
                    &self.instant,
                    ended,
                );
            }
            None => running.progress = Progress::Unknown,
        }
        self.requests.insert(id, running);
        id
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        self.begin_requests();
        self.collect();
        self.requests
            .get(&id)
            .map_or(Progress::Unknown, |running| running.progress.clone())
    }

    fn interrupt(&mut self, id: RequestId) {
        let running = self
            .requests
            .get(&id)
            .filter(|running| running.progress == Progress::Running);
        if let Some(host) = running.and_then(|running| self.cluster.host(&running.node)) {
            requests::interrupt(host.clone(), id);
        }
    }

    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        self.begin_requests();
        let begin = Instant::now();
        let end = begin + Duration::from_micros(limit.as_micros());
        let waited = || Span::from_micros(micros(begin.elapsed()));
        match until {
            // The runner asks for no message here: `Capabilities::messages` says that none can be seen.
            Condition::Never | Condition::Message(_) => {
                tokio::time::sleep_until(end).await;
                self.collect();
                Err(Timeout { waited: limit })
            }
            Condition::Ended(id) => {
                if self.wait_for_end(&[*id], end).await {
                    Ok(waited())
                } else {
                    Err(Timeout { waited: waited() })
                }
            }
            Condition::OneEnded(ids) => {
                if self.wait_for_end(ids, end).await {
                    Ok(waited())
                } else {
                    Err(Timeout { waited: waited() })
                }
            }
            Condition::Rest | Condition::State(_) | Condition::Not(_) => {
                let pause = if matches!(until, Condition::Rest) {
                    REST_EVERY
                } else {
                    LOOK_EVERY
                };
                loop {
                    self.collect();
                    if self.holds(until).await {
                        return Ok(waited());
                    }
                    if Instant::now() >= end {
                        return Err(Timeout { waited: waited() });
                    }
                    sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
                }
            }
        }
    }

    async fn observe(&mut self) -> Observation {
        self.begin_requests();
        self.collect();
        let seen = self.look().await;
        self.read_disks(&seen).await;
        self.observation(&seen)
    }

    async fn error_logs(&mut self) -> BTreeMap<NodeName, String> {
        let hosts = &self.cluster.hosts;
        let read = join_all(hosts.iter().map(|host| crate::evidence::error_log(host))).await;
        let nodes = hosts.iter().map(|host| host.node.clone());
        nodes
            .zip(read)
            .filter_map(|(node, log)| Some((node, log?)))
            .collect()
    }

    fn at_no_terminal(&mut self) {
        self.cluster.no_terminal = true;
    }

    fn give_input(&mut self, node: &NodeName, input: String) {
        self.cluster.input.insert(node.clone(), input);
    }

    fn now(&self) -> Span {
        Span::from_micros(micros(self.start.elapsed()))
    }

    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        let at = self.now();
        self.trace.push(at, node, event);
    }
}

/// Returns an identity as Galera's log has it: the first and the fourth part (`gcomm/uuid.hpp:UUID::to_stream`).
fn in_short(uuid: &str) -> Option<String> {
    let mut parts = uuid.split('-');
    Some(format!("{}-{}", parts.next()?, parts.nth(2)?))
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
