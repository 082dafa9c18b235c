//! Recorded runs of a real cluster, and their replay on an engine.
//!
//! A recording is a list of steps: what was done, and what each node then showed. Provenance: MariaDB
//! 10.11.18 with Galera 26.4.23, three containers, measured 2026-11-23; a state is one in which nothing
//! changed any more. Fields that the real cluster itself does not repeat are not compared:
//! positions (`last_committed`, `grastate.dat` seqno) and `conf_id` from the first step on in which
//! two nodes start or stop at once, since they come in one view or in two; `last_committed` in a step
//! in which the observer itself wrote to a node, since it looked at the others meanwhile.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::observation::{GrastateSeen, GvwstateSeen, NodeObservation, ProcessState};
use crate::record::Namer;
use crate::testbed::{
    Condition, Damage, Fault, ForceEdit, Initial, NodeName, Options, Progress, Request, Setup,
    StateFile, Statement, Testbed, Timers,
};
use crate::time::Span;

/// A recorded run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Its short name.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The timeouts.
    pub timers: Timers,
    /// Provider options beyond the timeouts.
    pub settings: BTreeMap<String, String>,
    /// How the state file was forced.
    pub force: ForceEdit,
    /// It ends in a race: some seed must reach the recorded end, not every seed.
    #[serde(default)]
    pub race: bool,
    /// The rows at the end, of the nodes that could be read.
    pub final_rows: BTreeMap<NodeName, Vec<String>>,
    /// The steps; the first one is the initial state where it does nothing.
    pub steps: Vec<RecordedStep>,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedStep {
    /// What was done, in order.
    #[serde(rename = "do")]
    pub actions: Vec<RecordedAction>,
    /// What was then seen.
    pub observed: BTreeMap<NodeName, RecordedNode>,
}

/// One action.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedAction {
    /// Its name.
    pub op: String,
    /// The node, where it concerns one.
    pub node: Option<NodeName>,
    /// The nodes, where it concerns several at once.
    #[serde(default)]
    pub nodes: Vec<NodeName>,
    /// The groups of a partition.
    #[serde(default)]
    pub groups: Vec<Vec<NodeName>>,
    /// The tag of a written row.
    pub tag: Option<String>,
    /// What became of a write: `acknowledged`, `refused 1047`, `timeout`.
    pub result: Option<String>,
    /// A deleted file.
    pub file: Option<StateFile>,
    /// What `--wsrep-recover` printed.
    pub recovered: Option<String>,
}

/// What a node showed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedNode {
    process: ProcessState,
    exit: Option<i32>,
    cluster_status: Option<String>,
    cluster_size: Option<u32>,
    ready: Option<String>,
    connected: Option<String>,
    local_state: Option<String>,
    conf_id: Option<String>,
    last_committed: Option<i64>,
    state_uuid: Option<String>,
    local_state_uuid: Option<String>,
    rows_n: Option<u32>,
    grastate: Option<GrastateSeen>,
    gvwstate: Option<GvwstateSeen>,
    write: Option<Probe>,
}

/// A write that the observer itself made right after looking at a node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    tag: String,
    result: String,
}

/// A field that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The step, from 1.
    pub step: usize,
    /// The node.
    pub node: NodeName,
    /// The field.
    pub field: &'static str,
    /// What the real node showed.
    pub recorded: String,
    /// What this engine shows.
    pub seen: String,
}

/// What a replay gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Fields compared.
    pub compared: usize,
    /// Those that do not agree.
    pub disagreements: Vec<Disagreement>,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The cluster on which it was made.
    pub fn setup(&self, seed: u64) -> Setup {
        let options = Options {
            settings: self.settings.clone(),
            force: self.force,
            ..Options::default()
        };
        Setup {
            nodes: ["A", "B", "C"].map(NodeName::new).to_vec(),
            initial: Initial::Synced,
            timers: self.timers,
            options,
            seed,
        }
    }

    /// Does what was done and compares what is seen. The testbed is in the initial state.
    pub async fn replay<T: Testbed>(&self, testbed: &mut T) -> Replay {
        let mut replay = Replay::default();
        let mut namer = Namer::default();
        let mut counters_exact = true;
        for (node, tag) in [("A", "iA"), ("C", "iC")] {
            write(testbed, &NodeName::new(node), tag).await;
        }
        for (index, step) in self.steps.iter().enumerate() {
            let step_number = index + 1;
            for action in &step.actions {
                counters_exact &= !(action.nodes.len() > 1
                    && matches!(action.op.as_str(), "start" | "stop" | "restart"));
                act(testbed, action, step_number, &mut replay).await;
            }
            let _ = testbed.wait(&Condition::Rest, Span::from_secs(300)).await;
            let probed = step.observed.values().any(|node| node.write.is_some());
            for (name, recorded) in &step.observed {
                let mut seen = testbed.observe().await;
                seen.nodes = namer.normalise(&seen);
                if let Some(node) = seen.nodes.get(name) {
                    compare(
                        recorded,
                        node,
                        counters_exact,
                        step_number,
                        name,
                        &mut replay,
                    );
                    if counters_exact && !probed {
                        let recorded = format!("{:?}", recorded.last_committed);
                        let seen = format!("{:?}", node.last_committed);
                        let field = "last_committed";
                        check(field, &recorded, &seen, step_number, name, &mut replay);
                    }
                }
                if let Some(probe) = &recorded.write {
                    let result = write(testbed, name, &probe.tag).await;
                    check(
                        "write",
                        &probe.result,
                        &result,
                        step_number,
                        name,
                        &mut replay,
                    );
                }
            }
        }
        let last = testbed.observe().await;
        for (name, rows) in &self.final_rows {
            let seen = last
                .nodes
                .get(name)
                .and_then(|node| node.rows.clone())
                .unwrap_or_default();
            let mut rows = rows.clone();
            rows.sort();
            let step = self.steps.len();
            check(
                "rows",
                &rows.join(" "),
                &seen.join(" "),
                step,
                name,
                &mut replay,
            );
        }
        replay
    }
}

async fn write<T: Testbed>(testbed: &mut T, node: &NodeName, tag: &str) -> String {
    let statement = Statement::Insert(tag.to_owned());
    let id = testbed.start(Request::Client {
        node: node.clone(),
        statement,
    });
    let _ = testbed
        .wait(&Condition::Ended(id), Span::from_secs(20))
        .await;
    // The observers needed about as long from one look to the next; the others have applied it by then.
    let _ = testbed
        .wait(&Condition::Never, Span::from_millis(100))
        .await;
    match testbed.poll(id).await {
        Progress::Acknowledged => "acknowledged".into(),
        Progress::Refused { code, .. } => format!("refused {code}"),
        Progress::Running => "timeout".into(),
        Progress::Unknown | Progress::Done(_) => "unknown".into(),
    }
}

async fn act<T: Testbed>(
    testbed: &mut T,
    action: &RecordedAction,
    step: usize,
    replay: &mut Replay,
) {
    let nodes: Vec<NodeName> = action.nodes.iter().chain(&action.node).cloned().collect();
    let line = match action.op.as_str() {
        "stop" => "systemctl stop mariadb",
        "start" => "systemctl start mariadb",
        "restart" => "systemctl restart mariadb",
        "force" => "cm-cluster-manage --force-safe-to-bootstrap",
        "bootstrap" => "galera_new_cluster",
        "pc_bootstrap" => "mysql -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\"",
        "recover" => "mysqld_safe --wsrep-recover",
        "write" => {
            for node in &nodes {
                let seen = write(testbed, node, action.tag.as_deref().unwrap_or_default()).await;
                let recorded = action.result.as_deref().unwrap_or("acknowledged");
                check("write", recorded, &seen, step, node, replay);
            }
            return;
        }
        other => {
            let faults: Vec<Fault> = match other {
                "terminate" => nodes.into_iter().map(Fault::Terminate).collect(),
                "read_lock" => nodes.into_iter().map(Fault::ReadLock).collect(),
                "partition" => vec![Fault::Partition(action.groups.clone())],
                "heal" => vec![Fault::Heal],
                "delete" => nodes
                    .into_iter()
                    .zip(action.file)
                    .map(|(node, file)| Fault::Damage {
                        node,
                        file,
                        how: Damage::Delete,
                    })
                    .collect(),
                unknown => panic!("a recording with the unknown action `{unknown}`"),
            };
            testbed.apply(&faults).await;
            if other == "read_lock" {
                let _ = testbed.wait(&Condition::Never, Span::from_secs(1)).await;
            }
            return;
        }
    };
    let ids: Vec<_> = nodes
        .into_iter()
        .map(|node| {
            testbed.start(Request::Operator {
                node,
                line: line.to_owned(),
            })
        })
        .collect();
    if matches!(
        action.op.as_str(),
        "force" | "pc_bootstrap" | "recover" | "stop"
    ) {
        for id in ids {
            let _ = testbed
                .wait(&Condition::Ended(id), Span::from_secs(15))
                .await;
        }
    }
}

fn check(
    field: &'static str,
    recorded: &str,
    seen: &str,
    step: usize,
    node: &NodeName,
    replay: &mut Replay,
) {
    replay.compared += 1;
    if recorded != seen {
        replay.disagreements.push(Disagreement {
            step,
            node: node.clone(),
            field,
            recorded: recorded.to_owned(),
            seen: seen.to_owned(),
        });
    }
}

fn compare(
    recorded: &RecordedNode,
    seen: &NodeObservation,
    counters_exact: bool,
    step: usize,
    node: &NodeName,
    replay: &mut Replay,
) {
    fn text<T: std::fmt::Debug>(value: &T) -> String {
        format!("{value:?}")
    }
    let mut field = |name: &'static str, recorded: String, seen: String| {
        check(name, &recorded, &seen, step, node, replay);
    };
    field("process", text(&recorded.process), text(&seen.process));
    if recorded.process == ProcessState::Exited {
        field("exit", text(&recorded.exit), text(&seen.exit));
    }
    field(
        "cluster_status",
        text(&recorded.cluster_status),
        text(&seen.cluster_status),
    );
    field(
        "cluster_size",
        text(&recorded.cluster_size),
        text(&seen.cluster_size),
    );
    field("ready", text(&recorded.ready), text(&seen.ready));
    field(
        "connected",
        text(&recorded.connected),
        text(&seen.connected),
    );
    field(
        "local_state",
        text(&recorded.local_state),
        text(&seen.local_state),
    );
    field(
        "state_uuid",
        text(&recorded.state_uuid),
        text(&seen.state_uuid),
    );
    field(
        "local_state_uuid",
        text(&recorded.local_state_uuid),
        text(&seen.local_state_uuid),
    );
    field("gvwstate", text(&recorded.gvwstate), text(&seen.gvwstate));
    let safe = |file: &Option<GrastateSeen>| {
        file.as_ref()
            .map(|file| (file.uuid.clone(), file.safe_to_bootstrap))
    };
    field(
        "grastate",
        text(&safe(&recorded.grastate)),
        text(&safe(&seen.grastate)),
    );
    if let (Some(rows), Some(held)) = (recorded.rows_n, &seen.rows) {
        field("rows_n", rows.to_string(), held.len().to_string());
    }
    if counters_exact {
        field("conf_id", text(&recorded.conf_id), text(&seen.conf_id));
        let seqno = |file: &Option<GrastateSeen>| file.as_ref().map(|file| file.seqno);
        field(
            "grastate seqno",
            text(&seqno(&recorded.grastate)),
            text(&seqno(&seen.grastate)),
        );
    }
}
