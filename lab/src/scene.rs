//! The present moment as data, for a face that draws it instead of printing the screens.

use std::collections::BTreeSet;

use serde::Serialize;

use seatrial_scenarios::oracles::{diverged, lost_rows};
use seatrial_scenarios::record::WriteOutcome;
use seatrial_scenarios::record_file::{RecordedRun, ScenarioText};
use seatrial_scenarios::{Bed, ProcessState, Scenario, TraceHeader};

use crate::engine::Engine;
use crate::known::Count;
use crate::lab::Lab;
use crate::mission::joined;
use crate::session::Session;
use crate::views::{short, status};

/// The present moment of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scene {
    /// The number of the present moment.
    pub moment: usize,
    /// The first moment of the user's own commands.
    pub start: usize,
    /// The simulated time since the first step could begin, in milliseconds.
    pub clock_ms: u64,
    /// The time of the engine, on which the events of the film are, in milliseconds.
    pub at_ms: u64,
    /// The present fork.
    pub fork: String,
    /// Every moment from `start` on.
    pub moments: Vec<SceneMoment>,
    /// Every node, in the order of the cluster.
    pub nodes: Vec<SceneNode>,
    /// Every row that a client wrote. `None` during a mission, which hides what no operator can see.
    pub rows: Option<Vec<SceneRow>>,
    /// The way in which serving nodes hold different rows, if they do. `None` during a mission.
    pub diverged: Option<String>,
    /// What the oracles found so far. Empty during a mission.
    pub findings: Vec<SceneFinding>,
    /// The mission that is being played.
    pub mission: Option<SceneMission>,
    /// The next step of the scenario, and the number of steps that were not played yet.
    pub next: Option<(String, usize)>,
    /// Whether clients write without a pause.
    pub under_load: bool,
    /// Whether the engine can go back in time.
    pub can_travel: bool,
}

/// A moment in the tree of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneMoment {
    /// Its number.
    pub number: usize,
    /// The moment before.
    pub parent: Option<usize>,
    /// The line that led to it.
    pub line: String,
    /// The simulated time since the first step could begin, in milliseconds.
    pub clock_ms: u64,
    /// The forks that end here.
    pub forks: Vec<String>,
    /// Whether it is on the way to the present moment.
    pub on_path: bool,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneNode {
    /// Its name.
    pub name: String,
    /// The server: `running`, `waiting`, `exited`, `hung` or `off`.
    pub server: String,
    /// The exit code of the last server, if none runs.
    pub exit: Option<i32>,
    /// `wsrep_cluster_status`.
    pub cluster_status: Option<String>,
    /// `wsrep_local_state_comment`.
    pub local_state: Option<String>,
    /// `wsrep_cluster_size`.
    pub cluster_size: Option<u32>,
    /// The position, as short uuid and seqno. During a mission only a running server shows it.
    pub position: Option<String>,
    /// The last count of quorum in which a member was missing.
    pub quorum: Option<SceneQuorum>,
}

/// A count of quorum: `2 x present + left > total`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneQuorum {
    /// The nodes of the last primary component.
    pub members: Vec<String>,
    /// The nodes of it that are there.
    pub present: Vec<String>,
    /// The nodes of it that left in order.
    pub left: Vec<String>,
    /// Twice the weight of the nodes that are there.
    pub twice_present: u32,
    /// The weight of the nodes that left in order.
    pub left_weight: u32,
    /// The weight of all members, which the sum must exceed.
    pub total: u32,
    /// Whether the component stayed primary.
    pub holds: bool,
    /// The count in words.
    pub words: String,
}

/// A row that a client wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneRow {
    /// Its name.
    pub tag: String,
    /// What the client knows: `acknowledged`, `running`, `refused` or `unknown`.
    pub outcome: &'static str,
    /// The nodes that hold it.
    pub on: Vec<String>,
    /// Whether it was acknowledged and no node that could bring it back holds it.
    pub lost: bool,
}

/// What an oracle found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneFinding {
    /// The oracle's name.
    pub oracle: String,
    /// What it says.
    pub message: String,
}

/// The mission that is being played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneMission {
    /// Its name at the prompt.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The goal.
    pub goal: String,
    /// The hints that were asked for, and the hints in all.
    pub hints: (usize, usize),
}

impl<E: Engine> Lab<E> {
    /// Returns the present moment as data. During a mission it leaves out what no operator can see.
    pub fn scene(&self) -> Scene {
        let (session, playing) = (self.session(), self.playing());
        let open = playing.is_none();
        let now = session.now();
        let left = self.steps_left();
        Scene {
            moment: session.number(),
            start: session.start(),
            clock_ms: now.clock().as_millis(),
            at_ms: now.seen.at.as_millis(),
            fork: session.fork.clone(),
            moments: moments(session),
            nodes: nodes(session, open),
            rows: open.then(|| rows(session)),
            diverged: diverged(&now.seen).filter(|_| open),
            findings: now
                .course
                .record()
                .findings
                .iter()
                .filter(|_| open)
                .map(|finding| SceneFinding {
                    oracle: finding.oracle.clone(),
                    message: finding.message.clone(),
                })
                .collect(),
            mission: playing.map(|playing| {
                let mission = playing.mission();
                SceneMission {
                    id: mission.id.clone(),
                    title: mission.title.clone(),
                    goal: joined(mission.goal()),
                    hints: (playing.hints(), mission.hints.len()),
                }
            }),
            next: left
                .first()
                .map(|step| (step.action.to_string(), left.len())),
            under_load: now.course.is_under_load(),
            can_travel: session.can_travel(),
        }
    }

    /// Returns the run on the way to the present moment with its events, from which a player makes a film. It
    /// has events only if [`crate::Setting::keep_events`] is set.
    pub fn film(&self) -> RecordedRun {
        let session = self.session();
        let scenario = Scenario {
            steps: session.steps(session.number()),
            ..session.cluster().clone()
        };
        let mut record = session.record().clone();
        record.simulated_ms = session.now().seen.at.as_millis();
        RecordedRun {
            header: Some(TraceHeader {
                format: seatrial_scenarios::trace::FORMAT,
                program: env!("CARGO_PKG_VERSION").to_owned(),
                scenario: scenario.id.clone(),
                scenario_sha256: scenario.sha256.clone(),
                engine: "des".to_owned(),
                seed: session.seed(),
                nodes: scenario.nodes.clone(),
            }),
            events: session.events(),
            record,
            scenario: ScenarioText::from(&scenario),
        }
    }

    /// Returns the hash of the whole state, as the command `hash` prints it.
    pub fn hash_of_state(&self) -> Option<String> {
        self.session().hash()
    }
}

fn moments<B: Bed>(session: &Session<B>) -> Vec<SceneMoment> {
    let path: BTreeSet<usize> = session.path(session.number()).into_iter().collect();
    (session.start()..session.len())
        .filter_map(|number| {
            let moment = session.moment(number)?;
            let forks = session.forks().iter();
            Some(SceneMoment {
                number,
                parent: moment.parent.filter(|_| number > session.start()),
                line: if number == session.start() {
                    "the beginning".to_owned()
                } else {
                    moment.line.clone()
                },
                clock_ms: moment.clock().as_millis(),
                forks: forks
                    .filter(|(_, at)| **at == number)
                    .map(|(name, _)| name.clone())
                    .collect(),
                on_path: path.contains(&number),
            })
        })
        .collect()
}

fn nodes<B: Bed>(session: &Session<B>, open: bool) -> Vec<SceneNode> {
    let now = session.now();
    let seen = session.nodes().iter().filter_map(|name| {
        let node = now.seen.nodes.get(name)?;
        let known = now.known.node(name);
        let is = |value: &str| known.is_some_and(|known| known.is("process", value));
        let server = match node.process {
            _ if is("off") => "off",
            _ if is("hung") => "hung",
            process => process.name(),
        };
        let history = node.history.as_ref().and_then(|history| history.last());
        let hidden = !open && node.process != ProcessState::Running;
        let position = history.filter(|_| !hidden).map(|last| {
            let uuid = short(now.course.namer(), &last.uuid);
            format!("{uuid}:{}", last.seqno)
        });
        Some(SceneNode {
            name: name.as_str().to_owned(),
            server: server.to_owned(),
            exit: node.exit,
            cluster_status: node.cluster_status.clone(),
            local_state: node.local_state.clone(),
            cluster_size: node.cluster_size,
            position,
            quorum: known
                .and_then(|known| known.count.as_ref())
                .map(|count| quorum(count, status::count_text(name, count))),
        })
    });
    seen.collect()
}

fn quorum(count: &Count, words: String) -> SceneQuorum {
    let names = |nodes: &mut dyn Iterator<Item = &seatrial_scenarios::NodeName>| {
        nodes.map(|node| node.as_str().to_owned()).collect()
    };
    let (twice_present, left_weight, total) = count.sum();
    SceneQuorum {
        members: names(&mut count.last_primary.keys()),
        present: names(&mut count.present.iter()),
        left: names(&mut count.left.iter()),
        twice_present,
        left_weight,
        total,
        holds: count.holds,
        words,
    }
}

fn rows<B: Bed>(session: &Session<B>) -> Vec<SceneRow> {
    let now = session.now();
    let writes = &now.course.record().writes;
    let lost: BTreeSet<String> = lost_rows(writes, &now.seen).into_iter().collect();
    let held: Vec<(&str, BTreeSet<&str>)> = now
        .seen
        .nodes
        .iter()
        .map(|(name, node)| {
            let rows = node.rows.iter().flatten().map(String::as_str).collect();
            (name.as_str(), rows)
        })
        .collect();
    writes
        .iter()
        .map(|write| SceneRow {
            tag: write.tag.clone(),
            outcome: match write.outcome {
                WriteOutcome::Acknowledged => "acknowledged",
                WriteOutcome::Running => "running",
                WriteOutcome::Refused { .. } => "refused",
                WriteOutcome::Unknown => "unknown",
            },
            on: held
                .iter()
                .filter(|(_, rows)| rows.contains(write.tag.as_str()))
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            lost: lost.contains(&write.tag),
        })
        .collect()
}
