//! A toy cluster, just rich enough to run scenarios on.
//!
//! A node is Primary while a majority of the nodes that it knew is up in its group. Commands take
//! whole seconds, a write a millisecond. Nothing here claims to be Galera.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, GrastateSeen, NodeName, NodeObservation,
    Observation, Output, ProcessState, Progress, Request, RequestId, RunOptions, RunRecord,
    Scenario, Span, Statement, Testbed, Timeout, TraceKind, run,
};

const UUID: &str = "8348d5ea-5664-11e7-8628-262d8bf5ad3d";

/// A node of the toy.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) up: bool,
    pub(crate) powered: bool,
    pub(crate) stop_hangs: bool,
    pub(crate) group: usize,
    pub(crate) safe: u8,
    pub(crate) rows: BTreeSet<String>,
    /// The number of nodes that the component counted when it was last Primary.
    pub(crate) knew: usize,
}

struct Job {
    request: Request,
    ends: Option<Span>,
    progress: Progress,
}

/// The toy cluster.
pub(crate) struct Fake {
    now: Span,
    pub(crate) nodes: BTreeMap<NodeName, Node>,
    jobs: Vec<Job>,
    changed: Span,
    pub(crate) supports: BTreeSet<&'static str>,
    /// The actions of the runner, one word each, in order.
    pub(crate) calls: Vec<String>,
    pub(crate) trace: Vec<TraceKind>,
    /// A node drops the rows of writes that it has acknowledged.
    pub(crate) forgets: bool,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let node = Node {
            up: true,
            powered: true,
            stop_hangs: false,
            group: 0,
            safe: 0,
            rows: BTreeSet::new(),
            knew: 3,
        };
        Self {
            now: Span::ZERO,
            nodes: ["A", "B", "C"]
                .map(|name| (NodeName::new(name), node.clone()))
                .into(),
            jobs: Vec::new(),
            changed: Span::ZERO,
            supports: [
                "terminate",
                "power_off",
                "power_on",
                "partition",
                "heal",
                "stop_hangs",
            ]
            .into(),
            calls: Vec::new(),
            trace: Vec::new(),
            forgets: false,
        }
    }

    fn members(&self, of: &NodeName) -> usize {
        let group = self.nodes[of].group;
        self.nodes
            .values()
            .filter(|node| node.up && node.group == group)
            .count()
    }

    fn is_primary(&self, name: &NodeName) -> bool {
        let node = &self.nodes[name];
        node.up && self.members(name) * 2 > node.knew
    }

    /// Lets the members of primary components know each other and share their rows.
    fn settle(&mut self) {
        for name in self.nodes.keys().cloned().collect::<Vec<_>>() {
            if self.is_primary(&name) {
                let (knew, group) = (self.members(&name), self.nodes[&name].group);
                let rows: BTreeSet<String> = self
                    .nodes
                    .values()
                    .filter(|node| node.up && node.group == group)
                    .flat_map(|node| node.rows.clone())
                    .collect();
                for node in self
                    .nodes
                    .values_mut()
                    .filter(|node| node.up && node.group == group)
                {
                    node.knew = knew;
                    node.rows.clone_from(&rows);
                }
            }
        }
        self.changed = self.now;
    }

    fn complete(&mut self, index: usize) {
        let request = self.jobs[index].request.clone();
        self.jobs[index].progress = match request {
            Request::Client { node, statement } => self.execute(&node, &statement),
            Request::Operator { node, line } => Progress::Done(self.type_line(&node, &line)),
        };
        self.jobs[index].ends = None;
        self.settle();
    }

    fn execute(&mut self, node: &NodeName, statement: &Statement) -> Progress {
        if !self.nodes[node].up {
            return Progress::Refused {
                code: 2002,
                message: "no server".to_owned(),
            };
        }
        if !self.is_primary(node) {
            return Progress::Refused {
                code: 1047,
                message: "not prepared".to_owned(),
            };
        }
        if let (Statement::Insert(tag), false) = (statement, self.forgets) {
            let rows = &mut self.nodes.get_mut(node).expect("a node").rows;
            rows.insert(tag.clone());
        }
        Progress::Acknowledged
    }

    fn type_line(&mut self, name: &NodeName, line: &str) -> Output {
        let printed = |text: &str, exit| Output {
            stdout: text.to_owned(),
            stderr: String::new(),
            exit,
        };
        let members = self.members(name);
        let node = self.nodes.get_mut(name).expect("a node");
        if !node.powered {
            return printed("no route to host", 255);
        }
        match line {
            "systemctl stop mariadb" => {
                let last = node.up && members == 1;
                node.safe = u8::from(last);
                node.up = false;
                // The others leave nobody behind: they know that it went in order.
                let group = node.group;
                for other in self.nodes.values_mut().filter(|other| other.group == group) {
                    other.knew = other.knew.min(members.max(2) - 1);
                }
            }
            "systemctl start mariadb" => {
                node.up = true;
                node.knew = 3;
            }
            "galera_new_cluster" => {
                node.up = true;
                node.knew = 1;
            }
            line if line.starts_with("echo ") => return printed(&line[5..], 0),
            "false" => return printed("", 1),
            "frobnicate" => {
                return Output {
                    stderr: "this host has no frobnicate\n".to_owned(),
                    exit: 1,
                    ..Output::default()
                };
            }
            _ => {}
        }
        printed("", 0)
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Never | Condition::Message(_) => false,
            Condition::Ended(id) => self.jobs[id.0 as usize - 1].progress.has_ended(),
            Condition::OneEnded(ids) => ids
                .iter()
                .any(|id| self.jobs[id.0 as usize - 1].progress.has_ended()),
            Condition::Rest => {
                self.jobs.iter().all(|job| job.ends.is_none())
                    && self.now >= self.changed + Span::from_secs(40)
            }
            Condition::State(predicate) => predicate.holds(&self.seen()),
            Condition::Not(predicate) => !predicate.holds(&self.seen()),
        }
    }

    fn seen(&self) -> Observation {
        let nodes = self.nodes.iter().map(|(name, node)| {
            let primary = self.is_primary(name);
            let up = |text: &str| node.up.then(|| text.to_owned());
            let mut seen = NodeObservation::absent();
            seen.process = if node.up {
                ProcessState::Running
            } else {
                ProcessState::Exited
            };
            seen.exit = (!node.up).then_some(0);
            seen.cluster_status = up(if primary { "Primary" } else { "non-Primary" });
            seen.cluster_size = node
                .up
                .then(|| u32::try_from(self.members(name)).expect("few nodes"));
            seen.ready = up(if primary { "ON" } else { "OFF" });
            seen.local_state = up(if primary { "Synced" } else { "Initialized" });
            seen.conf_id = up("1");
            seen.last_committed = node
                .up
                .then(|| i64::try_from(node.rows.len()).expect("few rows"));
            seen.state_uuid = up(UUID);
            seen.grastate = Some(GrastateSeen {
                uuid: UUID.to_owned(),
                seqno: -1,
                safe_to_bootstrap: node.safe,
            });
            seen.rows = Some(node.rows.iter().cloned().collect());
            (name.clone(), seen)
        });
        Observation {
            at: self.now,
            nodes: nodes.collect(),
        }
    }
}

#[async_trait(?Send)]
impl Testbed for Fake {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: "fake".to_owned(),
            faults: self.supports.iter().map(|&name| name.to_owned()).collect(),
            histories: false,
            messages: false,
        }
    }

    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let names: Vec<&str> = together.iter().map(Fault::name).collect();
        self.calls.push(format!("apply {}", names.join(" ")));
        let mut outcomes = Vec::new();
        for fault in together {
            if !self.supports.contains(fault.name()) {
                outcomes.push(FaultOutcome::Unsupported(
                    "the toy has no such thing".to_owned(),
                ));
                continue;
            }
            match fault {
                Fault::Terminate(node) => self.nodes.get_mut(node).expect("a node").up = false,
                Fault::PowerOff(node) => {
                    let node = self.nodes.get_mut(node).expect("a node");
                    (node.up, node.powered) = (false, false);
                }
                Fault::PowerOn(node) => {
                    let node = self.nodes.get_mut(node).expect("a node");
                    (node.up, node.powered, node.knew) = (true, true, 3);
                }
                Fault::StopHangs(node) => {
                    self.nodes.get_mut(node).expect("a node").stop_hangs = true;
                }
                Fault::Partition(groups) => {
                    for (index, group) in groups.iter().enumerate() {
                        for node in group {
                            self.nodes.get_mut(node).expect("a node").group = index;
                        }
                    }
                }
                Fault::Heal => self.nodes.values_mut().for_each(|node| node.group = 0),
                _ => {}
            }
            outcomes.push(FaultOutcome::Applied(format!("did {}", fault.name())));
        }
        self.settle();
        outcomes
    }

    fn start(&mut self, request: Request) -> RequestId {
        let takes = match &request {
            Request::Client { .. } => Some(Span::from_millis(1)),
            Request::Operator { node, line } if line == "systemctl stop mariadb" => {
                (!self.nodes[node].stop_hangs).then_some(Span::from_secs(1))
            }
            Request::Operator { line, .. } => match line.strip_prefix("sleep ") {
                Some(seconds) => Some(Span::from_secs(seconds.parse().expect("a number"))),
                None => Some(Span::from_secs(1)),
            },
        };
        let what = match &request {
            Request::Client { node, statement } => format!("{node} {statement:?}"),
            Request::Operator { node, line } => format!("{node} {line}"),
        };
        self.calls.push(format!("start {what} at {}", self.now));
        self.jobs.push(Job {
            request,
            ends: takes.map(|span| self.now + span),
            progress: Progress::Running,
        });
        RequestId(u32::try_from(self.jobs.len()).expect("few requests"))
    }

    async fn poll(&mut self, id: RequestId) -> Progress {
        self.jobs[id.0 as usize - 1].progress.clone()
    }

    fn interrupt(&mut self, id: RequestId) {
        self.calls.push(format!("interrupt {}", id.0));
        let job = &mut self.jobs[id.0 as usize - 1];
        if !job.progress.has_ended() {
            job.ends = None;
            job.progress = Progress::Done(Output {
                exit: 130,
                ..Output::default()
            });
        }
    }

    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        if *until == Condition::Rest {
            self.calls.push("rest".to_owned());
        }
        let (began, end) = (self.now, self.now + limit);
        loop {
            if self.holds(until) {
                return Ok(self.now - began);
            }
            let mut next = end;
            if *until == Condition::Rest {
                next = next.min((self.changed + Span::from_secs(40)).max(self.now));
            }
            let job = self
                .jobs
                .iter()
                .enumerate()
                .filter_map(|(index, job)| Some((job.ends?, index)))
                .filter(|(ends, _)| *ends <= end)
                .min();
            match job {
                Some((ends, index)) if ends <= next || *until == Condition::Rest => {
                    self.now = ends.max(self.now);
                    self.complete(index);
                }
                _ if next < end => self.now = next,
                _ => {
                    self.now = end;
                    return if self.holds(until) {
                        Ok(limit)
                    } else {
                        Err(Timeout { waited: limit })
                    };
                }
            }
        }
    }

    async fn observe(&mut self) -> Observation {
        self.seen()
    }

    fn now(&self) -> Span {
        self.now
    }

    fn record(&mut self, _: Option<NodeName>, event: TraceKind) {
        self.trace.push(event);
    }
}

/// Returns a scenario with these steps and further keys at the top.
pub(crate) fn scenario(top: &str, steps: &str) -> Scenario {
    let text = format!("id = \"x\"\ntitle = \"X\"\n{top}\n{steps}");
    Scenario::parse("x.toml", &text).unwrap_or_else(|error| {
        panic!("{:?}", miette::Report::new(*error));
    })
}

/// Plays steps on a fresh toy, without a second phase.
pub(crate) fn play(steps: &str) -> (RunRecord, Fake) {
    let scenario = scenario("second_phase = false", steps);
    let mut fake = Fake::new();
    let record = pollster::block_on(run(&mut fake, &scenario, &RunOptions::default()));
    (record, fake)
}

/// Plays a scenario on a toy.
pub(crate) fn play_on(fake: &mut Fake, scenario: &Scenario, options: &RunOptions) -> RunRecord {
    pollster::block_on(run(fake, scenario, options))
}

/// Returns the reason why a run failed; empty if it did not.
pub(crate) fn why(record: &RunRecord) -> String {
    record
        .failure
        .as_ref()
        .map(|failure| failure.text.clone())
        .unwrap_or_default()
}
