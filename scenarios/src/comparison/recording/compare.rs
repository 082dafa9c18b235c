//! Compares a replay with its recording, field by field.
//!
//! Not compared, because the real cluster itself does not repeat it:
//! - positions (`last_committed`, `grastate.seqno`) and `conf_id` as numbers from the first step on in
//!   which two nodes start or stop at once: they come in one view or in two. From there on they are
//!   compared by their change since the step before and by their rank between the nodes;
//! - `last_committed` to the last number in a step in which the observer itself wrote: it looked at
//!   the other nodes meanwhile. There it, and the count of rows, may differ by the rows that the observer wrote;
//! - what a recording itself lists as unstable.
//!
//! Everything that is left out is counted with its reason.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::{GrastateSeen, NodeName, NodeObservation, ProcessState};
use serde::{Deserialize, Serialize};

use super::{RecordedNode, Unstable, counted};

/// A field that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The step, from 1.
    pub step: usize,
    /// The node.
    pub node: NodeName,
    /// The field.
    pub field: String,
    /// The value on the real node.
    pub recorded: String,
    /// The value on this engine.
    pub seen: String,
}

/// The counts of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldScore {
    /// The number of comparisons.
    pub compared: usize,
    /// The number of comparisons that agreed.
    pub equal: usize,
}

/// The result of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The fields by name.
    pub fields: BTreeMap<String, FieldScore>,
    /// Those that do not agree.
    pub disagreements: Vec<Disagreement>,
    /// The number of fields that were left out, by reason.
    pub left_out: BTreeMap<String, usize>,
    /// The outcomes of steps that have several: the step, and 0 for the recorded outcome or the number
    /// of the alternative.
    pub outcomes: Vec<(usize, usize)>,
    /// The actions that the engine could not do, and the looks at real nodes.
    pub unsupported: Vec<String>,
}

impl Replay {
    /// Fields compared.
    pub fn compared(&self) -> usize {
        self.fields.values().map(|score| score.compared).sum()
    }

    /// Fields that agree.
    pub fn equal(&self) -> usize {
        self.fields.values().map(|score| score.equal).sum()
    }

    /// Returns whether everything agrees, and everything could be done.
    pub fn agrees(&self) -> bool {
        self.disagreements.is_empty() && self.unsupported.is_empty()
    }

    pub(super) fn check(
        &mut self,
        step: usize,
        node: &NodeName,
        field: &str,
        (recorded, seen): (String, String),
    ) {
        let score = self.fields.entry(field.to_owned()).or_default();
        score.compared += 1;
        if recorded == seen {
            score.equal += 1;
        } else {
            self.disagreements.push(Disagreement {
                step,
                node: node.clone(),
                field: field.to_owned(),
                recorded,
                seen,
            });
        }
    }

    fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.to_owned()).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        for (field, score) in other.fields {
            let own = self.fields.entry(field).or_default();
            own.compared += score.compared;
            own.equal += score.equal;
        }
        self.disagreements.extend(other.disagreements);
        for (why, count) in other.left_out {
            *self.left_out.entry(why).or_default() += count;
        }
    }
}

/// One look at one node, on one side.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) node: NodeObservation,
    pub(super) read: Option<String>,
    /// The result of the observer's own row.
    pub(super) write: Option<String>,
    pub(super) identity: Option<usize>,
    /// Rows that the observer wrote in this step: some of them after this look, some before, since it
    /// looked at the nodes at the same time.
    pub(super) own_rows: i64,
}

/// The fields of a step that are compared exactly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    /// Positions and `conf_id` as numbers.
    pub(super) numbers: bool,
    /// Whether two nodes started or stopped at once in this very step.
    pub(super) race_now: bool,
    /// Whether positions mean anything.
    pub(super) positions: bool,
}

/// The counters of a look, for changes and ranks.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    /// `conf_id`, `last_committed`, grastate.dat's seqno; none for undefined.
    values: BTreeMap<NodeName, [Option<i128>; 3]>,
    slack: BTreeMap<NodeName, i64>,
}

const COUNTERS: [&str; 3] = ["conf_id", "last_committed", "grastate.seqno"];

const RACE: &str = "two nodes start or stop at once: they come in one view or in two";
const LOAD: &str = "the rows of a load are not counted";

/// Compares a step. `before` holds the counters of the step before: the recorded ones and the seen.
pub(super) fn step(
    number: usize,
    recorded: &BTreeMap<NodeName, &RecordedNode>,
    seen: &BTreeMap<NodeName, Seen>,
    unstable: &[Unstable],
    exact: Exact,
    before: &(Counters, Counters),
) -> (Replay, (Counters, Counters)) {
    let mut replay = Replay::default();
    let now = (Counters::recorded(recorded, seen), Counters::seen(seen));
    for (name, recorded) in recorded {
        let Some(seen) = seen.get(name) else { continue };
        let mut fields = plain(recorded, seen);
        if exact.positions
            && let Some(rows) = recorded.rows_n
        {
            let counted = i128::try_from(counted(&seen.node)).ok();
            fields.push(within(
                "rows_n",
                Some(i128::from(rows)),
                counted,
                seen.own_rows,
            ));
        }
        numbers(name, exact, &now, before, &mut fields, &mut replay);
        for (field, recorded, seen) in fields {
            let why = unstable.iter().find(|unstable| {
                unstable
                    .fields
                    .iter()
                    .any(|own| field.starts_with(own.as_str()))
                    && (unstable.nodes.is_empty() || unstable.nodes.contains(name))
            });
            match why {
                Some(unstable) => replay.leave_out(&unstable.why),
                None => replay.check(number, name, field, (recorded, seen)),
            }
        }
    }
    (replay, now)
}

fn text<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// Returns the fields that are compared as they are.
fn plain(recorded: &RecordedNode, seen: &Seen) -> Vec<(&'static str, String, String)> {
    let node = &seen.node;
    let own = |value: &Option<String>| text(value.as_ref());
    let uuid = |file: &Option<GrastateSeen>| text(file.as_ref().map(|file| &file.uuid));
    let safe = |file: &Option<GrastateSeen>| text(file.as_ref().map(|file| file.safe_to_bootstrap));
    let members = |file: &Option<seatrial_port::GvwstateSeen>| {
        text(
            file.as_ref()
                .map(|file| format!("[{}]", file.members.join(","))),
        )
    };
    let mut fields = vec![
        (
            "process",
            recorded.process.name().to_owned(),
            node.process.name().to_owned(),
        ),
        (
            "cluster_status",
            own(&recorded.cluster_status),
            own(&node.cluster_status),
        ),
        (
            "cluster_size",
            text(recorded.cluster_size),
            text(node.cluster_size),
        ),
        ("ready", own(&recorded.ready), own(&node.ready)),
        ("connected", own(&recorded.connected), own(&node.connected)),
        (
            "local_state",
            own(&recorded.local_state),
            own(&node.local_state),
        ),
        (
            "state_uuid",
            own(&recorded.state_uuid),
            own(&node.state_uuid),
        ),
        (
            "local_state_uuid",
            own(&recorded.local_state_uuid),
            own(&node.local_state_uuid),
        ),
        (
            "grastate.uuid",
            uuid(&recorded.grastate),
            uuid(&node.grastate),
        ),
        (
            "grastate.safe_to_bootstrap",
            safe(&recorded.grastate),
            safe(&node.grastate),
        ),
        (
            "gvwstate",
            members(&recorded.gvwstate),
            members(&node.gvwstate),
        ),
    ];
    if recorded.process == ProcessState::Exited {
        fields.push(("exit", text(recorded.exit), text(node.exit)));
    }
    if let Some(identity) = recorded.identity {
        fields.push((
            "gvwstate.identity",
            identity.to_string(),
            text(seen.identity),
        ));
    }
    if recorded.read.is_some() {
        fields.push(("read", own(&recorded.read), own(&seen.read)));
    }
    if let Some(probe) = &recorded.write {
        fields.push(("write", probe.result.clone(), own(&seen.write)));
    }
    fields
}

fn numbers(
    name: &NodeName,
    exact: Exact,
    now: &(Counters, Counters),
    before: &(Counters, Counters),
    fields: &mut Vec<(&'static str, String, String)>,
    replay: &mut Replay,
) {
    for (place, counter) in COUNTERS.into_iter().enumerate() {
        let is_position = place > 0;
        if is_position && !exact.positions {
            replay.leave_out(LOAD);
            continue;
        }
        let (recorded, seen) = (now.0.value(name, place), now.1.value(name, place));
        let slack = if place == 1 { now.1.slack(name) } else { 0 };
        if exact.numbers {
            fields.push(within(counter, recorded, seen, slack));
            continue;
        }
        // Whether it is a number at all, its rank, and its change are still comparable.
        if exact.race_now {
            replay.leave_out(RACE);
        } else if let (Some(recorded_before), Some(seen_before), Some(recorded), Some(seen)) = (
            before.0.value(name, place),
            before.1.value(name, place),
            recorded,
            seen,
        ) {
            let slack = if place == 1 {
                slack + before.1.slack(name)
            } else {
                0
            };
            let change = [Some(recorded - recorded_before), Some(seen - seen_before)];
            let name = [
                "conf_id (change)",
                "last_committed (change)",
                "grastate.seqno (change)",
            ];
            fields.push(within(name[place], change[0], change[1], slack));
        }
        let defined = |value: Option<i128>| {
            if value.is_some() {
                "a number"
            } else {
                "undefined"
            }
        };
        let name = [
            "conf_id (defined)",
            "last_committed (defined)",
            "grastate.seqno (defined)",
        ];
        fields.push((
            name[place],
            defined(recorded).to_owned(),
            defined(seen).to_owned(),
        ));
    }
    if !exact.numbers
        && exact.positions
        && !exact.race_now
        && now.1.slack.values().all(|rows| *rows == 0)
    {
        let rank = (now.0.rank(name), now.1.rank(name));
        fields.push(("last_committed (rank)", rank.0, rank.1));
    }
}

/// Two numbers that may differ by the observer's own rows.
fn within(
    field: &'static str,
    recorded: Option<i128>,
    seen: Option<i128>,
    slack: i64,
) -> (&'static str, String, String) {
    let close = match (recorded, seen) {
        (Some(recorded), Some(seen)) => (recorded - seen).abs() <= i128::from(slack),
        (None, None) => true,
        _ => false,
    };
    let recorded = text(recorded);
    let seen = if close { recorded.clone() } else { text(seen) };
    (field, recorded, seen)
}

fn conf_id(printed: Option<&String>) -> Option<i128> {
    printed
        .and_then(|printed| printed.parse::<i128>().ok())
        .filter(|id| *id >= 0 && *id != i128::from(u64::MAX))
}

fn position(seqno: Option<i64>) -> Option<i128> {
    seqno.filter(|seqno| *seqno >= 0).map(i128::from)
}

impl Counters {
    fn recorded(
        nodes: &BTreeMap<NodeName, &RecordedNode>,
        seen: &BTreeMap<NodeName, Seen>,
    ) -> Self {
        let values = nodes.iter().map(|(name, node)| {
            let seqno = node.grastate.as_ref().map(|file| file.seqno);
            let values = [
                conf_id(node.conf_id.as_ref()),
                position(node.last_committed),
                position(seqno),
            ];
            (name.clone(), values)
        });
        Self {
            values: values.collect(),
            slack: Self::slack_of(seen),
        }
    }

    fn seen(nodes: &BTreeMap<NodeName, Seen>) -> Self {
        let values = nodes.iter().map(|(name, seen)| {
            let node = &seen.node;
            let seqno = node.grastate.as_ref().map(|file| file.seqno);
            let values = [
                conf_id(node.conf_id.as_ref()),
                position(node.last_committed),
                position(seqno),
            ];
            (name.clone(), values)
        });
        Self {
            values: values.collect(),
            slack: Self::slack_of(nodes),
        }
    }

    fn slack_of(nodes: &BTreeMap<NodeName, Seen>) -> BTreeMap<NodeName, i64> {
        nodes
            .iter()
            .map(|(name, seen)| (name.clone(), seen.own_rows))
            .collect()
    }

    fn value(&self, name: &NodeName, place: usize) -> Option<i128> {
        self.values.get(name).and_then(|values| values[place])
    }

    fn slack(&self, name: &NodeName) -> i64 {
        self.slack.get(name).copied().unwrap_or_default()
    }

    /// Returns the place of `last_committed` among those of all nodes.
    fn rank(&self, name: &NodeName) -> String {
        let Some(own) = self.value(name, 1) else {
            return "undefined".to_owned();
        };
        let values: BTreeSet<i128> = self
            .values
            .values()
            .filter_map(|values| values[1])
            .collect();
        (values.range(..own).count() + 1).to_string()
    }
}
