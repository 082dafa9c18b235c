//! Repeats the actions of a recording, and looks where the recording looked.

mod look;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::paths::MARIADB_LOG;
use seatrial_port::{
    Condition, Fault, FaultOutcome, NodeName, Played, Progress, Request, RequestId, Span,
    Statement, Testbed,
};

use crate::trial::record::Namer;

use super::compare::{self, Counters, Exact, Replay, Seen};
use super::{Look, RecordedAction, RecordedNode, RecordedStep, Recording};

/// The texts that `MariaDB`'s client prints with the error numbers of the recordings.
const ERROR_TEXTS: [(u16, &str); 2] = [
    (1047, "WSREP has not yet prepared node for application use"),
    (
        1180,
        "Error while appending streaming replication fragment(provider status: Not connected to Primary Component)",
    ),
];

/// The time that the replay waits for a row.
const WRITE_LIMIT: Span = Span::from_secs(20);
/// The time that the replay waits for a stop, a force, a `pc.bootstrap` or a recovery.
const COMMAND_LIMIT: Span = Span::from_secs(15);
/// The time that the replay waits for rest.
const REST_LIMIT: Span = Span::from_secs(300);
/// The time between two looks at the clients of a load.
const BEAT: Span = Span::from_millis(50);

impl Recording {
    /// Does what was done and compares what is seen. The testbed is in the initial state.
    pub fn replay<'a>(&'a self, testbed: &'a mut dyn Testbed) -> Played<'a, Replay> {
        Box::pin(async move {
            let mut player = Player {
                testbed,
                replay: Replay::default(),
                step: 0,
                namer: Namer::default(),
                identities: BTreeMap::new(),
                pending: BTreeMap::new(),
                load: Vec::new(),
                load_rows: 0,
                acknowledged: BTreeSet::new(),
            };
            if self.initial == seatrial_port::Initial::Synced {
                for (node, tag) in [("A", "iA"), ("C", "iC")] {
                    player.write(&NodeName::new(node), tag).await;
                }
                player.learn_identities().await;
            }
            let mut exact = Exact {
                numbers: true,
                race_now: false,
                positions: self.positions,
            };
            let mut before = (Counters::default(), Counters::default());
            for (index, step) in self.steps.iter().enumerate() {
                player.step = index + 1;
                exact.race_now = step.actions.iter().any(several_at_once);
                exact.numbers &= !exact.race_now;
                for action in &step.actions {
                    player.act(action).await;
                }
                if step.look == Look::Rest {
                    player.wait(&Condition::Rest, REST_LIMIT).await;
                }
                let seen = player.look(step).await;
                let (best, next, ends) = best_outcome(index + 1, step, &seen, exact, &before);
                if !step.alternatives.is_empty() {
                    player.replay.outcomes.push((index + 1, best.1));
                }
                player.replay.add(best.0);
                before = next;
                if ends {
                    return player.replay;
                }
            }
            player.end(self).await;
            player.replay
        })
    }
}

/// Returns the outcome of a step that fits best: the recorded one, or the alternative with this number.
fn best_outcome(
    number: usize,
    step: &RecordedStep,
    seen: &BTreeMap<NodeName, Seen>,
    exact: Exact,
    before: &(Counters, Counters),
) -> ((Replay, usize), (Counters, Counters), bool) {
    let recorded: BTreeMap<NodeName, &RecordedNode> = step
        .observed
        .iter()
        .map(|(name, node)| (name.clone(), node))
        .collect();
    let unstable = &step.unstable;
    let (replay, counters) = compare::step(number, &recorded, seen, unstable, exact, before);
    let mut best = ((replay, 0), counters, false);
    for (place, alternative) in step.alternatives.iter().enumerate() {
        let mut nodes = recorded.clone();
        for (name, node) in &alternative.observed {
            nodes.insert(name.clone(), node);
        }
        let (replay, counters) = compare::step(number, &nodes, seen, unstable, exact, before);
        if replay.disagreements.len() < best.0.0.disagreements.len() {
            best = ((replay, place + 1), counters, alternative.ends);
        }
    }
    best
}

/// Two nodes start or stop at once: they come in one view or in two.
fn several_at_once(action: &RecordedAction) -> bool {
    match action {
        RecordedAction::Start { nodes }
        | RecordedAction::Stop { nodes }
        | RecordedAction::Restart { nodes } => nodes.len() > 1,
        _ => false,
    }
}

/// A replay under way.
struct Player<'a> {
    testbed: &'a mut dyn Testbed,
    replay: Replay,
    step: usize,
    namer: Namer,
    /// The identities that a node's gvwstate.dat has shown, in order.
    identities: BTreeMap<NodeName, Vec<String>>,
    pending: BTreeMap<String, RequestId>,
    /// Clients of a load: where, and the row under way.
    load: Vec<(NodeName, Option<(String, RequestId)>)>,
    load_rows: u32,
    acknowledged: BTreeSet<String>,
}

impl Player<'_> {
    /// Lets time pass; the clients of a load go on meanwhile.
    async fn wait(&mut self, until: &Condition, limit: Span) -> Option<Span> {
        if self.load.is_empty() {
            return self.testbed.wait(until, limit).await.ok();
        }
        let began = self.testbed.now();
        let end = began + limit;
        loop {
            self.beat().await;
            let left = end.saturating_sub(self.testbed.now());
            if self.testbed.wait(until, left.min(BEAT)).await.is_ok() {
                return Some(self.testbed.now().saturating_sub(began));
            }
            if left <= BEAT {
                return None;
            }
        }
    }

    /// Every client of a load that is free begins its next row.
    async fn beat(&mut self) {
        let mut load = std::mem::take(&mut self.load);
        for (node, busy) in &mut load {
            if let Some((tag, id)) = busy {
                let progress = self.testbed.poll(*id).await;
                if !progress.has_ended() {
                    continue;
                }
                if progress == Progress::Acknowledged {
                    self.acknowledged.insert(tag.clone());
                }
            }
            self.load_rows += 1;
            let tag = format!("f{}{node}", self.load_rows);
            let id = self.begin(node, Statement::Insert(tag.clone()));
            *busy = Some((tag, id));
        }
        self.load = load;
    }

    fn begin(&mut self, node: &NodeName, statement: Statement) -> RequestId {
        self.testbed.start(Request::Client {
            node: node.clone(),
            statement,
        })
    }

    /// Waits for a statement's end, and says what became of it.
    async fn end_of(&mut self, node: &NodeName, id: RequestId) -> String {
        self.wait(&Condition::Ended(id), WRITE_LIMIT).await;
        match self.testbed.poll(id).await {
            Progress::Acknowledged | Progress::Read(_) => "acknowledged".into(),
            Progress::Refused { code, message } => {
                if let Some((_, text)) = ERROR_TEXTS.iter().find(|(own, _)| *own == code) {
                    let seen = if message.contains(text) {
                        (*text).to_owned()
                    } else {
                        message
                    };
                    let pair = ((*text).to_owned(), seen);
                    self.replay.check(self.step, node, "error text", pair);
                }
                format!("refused {code}")
            }
            Progress::Running => "timeout".into(),
            Progress::Unknown | Progress::Done(_) => "unknown".into(),
        }
    }

    async fn write(&mut self, node: &NodeName, tag: &str) -> String {
        let id = self.begin(node, Statement::Insert(tag.to_owned()));
        let result = self.end_of(node, id).await;
        // The observers needed about as long from one look to the next; the others have applied it
        // by then.
        self.wait(&Condition::Never, Span::from_millis(100)).await;
        result
    }

    async fn act(&mut self, action: &RecordedAction) {
        match action {
            RecordedAction::Write { node, tag, result } => {
                let seen = self.write(node, tag).await;
                self.check(node, "write", result, &seen);
            }
            RecordedAction::BeginWrite { node, tag } => {
                let id = self.begin(node, Statement::Insert(tag.clone()));
                self.pending.insert(tag.clone(), id);
            }
            RecordedAction::EndWrite { node, tag, result } => {
                let seen = match self.pending.remove(tag) {
                    Some(id) => self.end_of(node, id).await,
                    None => "never begun".to_owned(),
                };
                self.check(node, "write", result, &seen);
            }
            RecordedAction::Blobs { node, rows } => {
                for _ in 0..*rows {
                    self.load_rows += 1;
                    let tag = format!("blob{}", self.load_rows);
                    let id = self.begin(node, Statement::Insert(tag));
                    let seen = self.end_of(node, id).await;
                    self.check(node, "write", "acknowledged", &seen);
                }
                self.wait(&Condition::Never, Span::from_millis(200)).await;
            }
            RecordedAction::Ddl { node, tag } => {
                let id = self.begin(node, Statement::Ddl(tag.clone()));
                let seen = self.end_of(node, id).await;
                self.check(node, "write", "acknowledged", &seen);
            }
            RecordedAction::Wait { seconds } => {
                self.wait(&Condition::Never, span(*seconds)).await;
            }
            RecordedAction::Until {
                node,
                until,
                within_seconds,
                bounds_seconds,
            } => {
                let condition = Condition::State(until.of(node));
                let took = self.wait(&condition, span(*within_seconds)).await;
                self.check(
                    node,
                    "reached",
                    "yes",
                    if took.is_some() { "yes" } else { "no" },
                );
                if let (Some((least, most)), Some(took)) = (bounds_seconds, took) {
                    let seconds = as_seconds(took);
                    let bounds = format!("{least} to {most} s");
                    let inside = (*least..=*most).contains(&seconds);
                    let seen = if inside {
                        bounds.clone()
                    } else {
                        format!("{seconds:.2} s")
                    };
                    self.check(node, "time", &bounds, &seen);
                }
            }
            RecordedAction::Load { nodes, clients } => {
                self.load = nodes
                    .iter()
                    .flat_map(|node| (0..*clients).map(move |_| (node.clone(), None)))
                    .collect();
            }
            RecordedAction::EndLoad => self.end_load().await,
            _ => self.command_or_fault(action).await,
        }
    }

    async fn command_or_fault(&mut self, action: &RecordedAction) {
        match action {
            RecordedAction::Stop { nodes } => {
                self.command(nodes, "systemctl stop mariadb", true).await;
            }
            RecordedAction::Start { nodes } => {
                self.command(nodes, "systemctl start mariadb", false).await;
            }
            RecordedAction::Restart { nodes } => {
                self.command(nodes, "systemctl restart mariadb", false)
                    .await;
            }
            RecordedAction::Force { nodes } => {
                self.command(nodes, "cm-cluster-manage --force-safe-to-bootstrap", true)
                    .await;
            }
            RecordedAction::PcBootstrap { nodes } => {
                let line = "mysql -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\"";
                self.command(nodes, line, true).await;
            }
            RecordedAction::Bootstrap { nodes, exit, logs } => {
                self.bootstrap(nodes, *exit, logs.as_deref()).await;
            }
            RecordedAction::Recover { nodes, recovered } => self.recover(nodes, recovered).await,
            _ => self.faults(action).await,
        }
    }

    async fn command(&mut self, nodes: &[NodeName], line: &str, waits: bool) {
        let ids: Vec<RequestId> = nodes.iter().map(|node| self.typed(node, line)).collect();
        if waits {
            for id in ids {
                self.wait(&Condition::Ended(id), COMMAND_LIMIT).await;
            }
        }
    }

    fn typed(&mut self, node: &NodeName, line: &str) -> RequestId {
        self.testbed.start(Request::Operator {
            node: node.clone(),
            line: line.to_owned(),
        })
    }

    /// Returns the output of a command that ends by itself.
    async fn printed(&mut self, node: &NodeName, line: &str) -> (String, i32) {
        let id = self.typed(node, line);
        self.wait(&Condition::Ended(id), Span::from_secs(60)).await;
        match self.testbed.poll(id).await {
            Progress::Done(output) => (output.stdout, output.exit),
            _ => (String::new(), -1),
        }
    }

    async fn bootstrap(&mut self, nodes: &[NodeName], exit: Option<i32>, logs: Option<&str>) {
        let line = "galera_new_cluster";
        let Some(exit) = exit else {
            return self.command(nodes, line, false).await;
        };
        for node in nodes {
            let (_, seen) = self.printed(node, line).await;
            self.check(
                node,
                "exit of the command",
                &exit.to_string(),
                &seen.to_string(),
            );
            if let Some(text) = logs {
                let line = format!("grep '{text}' {MARIADB_LOG} | tail -1");
                let (found, _) = self.printed(node, &line).await;
                let seen = if found.contains(text) {
                    text
                } else {
                    "nothing like it"
                };
                self.check(node, "error text", text, seen);
            }
        }
    }

    async fn recover(&mut self, nodes: &[NodeName], recovered: &str) {
        for node in nodes {
            self.printed(node, "mysqld_safe --wsrep-recover").await;
            let line = format!("grep 'WSREP: Recovered position:' {MARIADB_LOG} | tail -1");
            let (found, _) = self.printed(node, &line).await;
            let position = found.trim().rsplit(' ').next().unwrap_or_default();
            let seen = match position.rsplit_once(':') {
                Some((uuid, seqno)) => format!("{}:{seqno}", self.namer.name(uuid)),
                None => "no position".to_owned(),
            };
            self.check(node, "recovered position", recovered, &seen);
        }
    }

    async fn faults(&mut self, action: &RecordedAction) {
        let each = |nodes: &[NodeName], fault: fn(NodeName) -> Fault| {
            nodes.iter().cloned().map(fault).collect::<Vec<_>>()
        };
        let faults = match action {
            RecordedAction::Terminate { nodes } => each(nodes, Fault::Terminate),
            RecordedAction::Hang { nodes } => each(nodes, Fault::Hang),
            RecordedAction::Resume { nodes } => each(nodes, Fault::Resume),
            RecordedAction::ReadLock { nodes } => each(nodes, Fault::ReadLock),
            RecordedAction::LoseDisk { nodes } => each(nodes, Fault::DiskLost),
            RecordedAction::Damage { node, file, how } => vec![Fault::Damage {
                node: node.clone(),
                file: *file,
                how: *how,
            }],
            RecordedAction::Partition { groups } => vec![Fault::Partition(groups.clone())],
            RecordedAction::Cut {
                groups: (senders, receivers),
            } => senders
                .iter()
                .flat_map(|from| {
                    receivers.iter().map(|to| Fault::Cut {
                        from: from.clone(),
                        to: to.clone(),
                        port: None,
                    })
                })
                .collect(),
            RecordedAction::Loss { node, percent } => vec![Fault::Loss {
                node: node.clone(),
                percent: *percent,
            }],
            RecordedAction::Heal => vec![Fault::Heal],
            _ => Vec::new(),
        };
        let outcomes = self.testbed.apply(&faults).await;
        for outcome in outcomes {
            if let FaultOutcome::Unsupported(why) = outcome {
                self.replay
                    .unsupported
                    .push(format!("step {}: {why}", self.step));
            }
        }
        if matches!(action, RecordedAction::ReadLock { .. }) {
            self.wait(&Condition::Never, Span::from_secs(1)).await;
        }
    }

    async fn end_load(&mut self) {
        let load = std::mem::take(&mut self.load);
        for (_, busy) in load {
            let Some((tag, id)) = busy else { continue };
            let _ = self.testbed.wait(&Condition::Ended(id), WRITE_LIMIT).await;
            if self.testbed.poll(id).await == Progress::Acknowledged {
                self.acknowledged.insert(tag);
            }
        }
    }

    fn check(&mut self, node: &NodeName, field: &str, recorded: &str, seen: &str) {
        let pair = (recorded.to_owned(), seen.to_owned());
        self.replay.check(self.step, node, field, pair);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a run lasts far less than 2^52 microseconds"
)]
fn as_seconds(span: Span) -> f64 {
    span.as_micros() as f64 / 1e6
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a recording's seconds are few and not negative"
)]
fn span(seconds: f64) -> Span {
    Span::from_micros((seconds * 1e6).round().max(0.0) as u64)
}
