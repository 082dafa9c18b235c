//! The answer for programs: its form is `docs/advise.schema.json`.

use schemars::JsonSchema;
use serde::Serialize;

use seatrial_evidence::{Known, PositionFrom, Server, Weight, short};
use seatrial_scenarios::advice::Action;

use super::{Answer, text};
use crate::gathered::Gathered;

/// The whole answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Report {
    /// The answer in a sentence.
    pub(super) answer: String,
    /// Why, in a sentence.
    pub(super) why: String,
    /// What to do.
    pub(super) action: ActionReport,
    /// The row of the decision table that decided (`docs/optimal.md`); absent where the positions decided, because the logs
    /// of the nodes do not say enough.
    pub(super) row: Option<RowReport>,
    /// What to do, step by step.
    pub(super) steps: Vec<String>,
    /// The facts about each node.
    pub(super) nodes: Vec<NodeReport>,
    /// Findings: old evidence, contradictions, and what a person must know. The weightiest come first.
    pub(super) findings: Vec<FindingReport>,
    /// The histories that the evidence does not exclude, and what each choice loses in them.
    pub(super) histories: Vec<HistoryReport>,
    /// Looks that would tell more, the most telling first.
    pub(super) looks: Vec<String>,
    /// What nobody can know from this evidence.
    pub(super) unknown: Vec<String>,
    /// The files that were read.
    pub(super) files: Vec<FileReport>,
}

/// What to do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub(super) enum ActionReport {
    /// Bootstrap a node.
    Bootstrap {
        /// It.
        node: String,
        /// Others that would do as well.
        or: Vec<String>,
        /// Whether `safe_to_bootstrap` has to be set first.
        force: bool,
    },
    /// Bootstrap nothing: start the other nodes into the primary component that serves.
    StartInto {
        /// The nodes that serve.
        nodes: Vec<String>,
    },
    /// Look at a server that runs before anything else.
    LookFirst {
        /// Where it runs.
        nodes: Vec<String>,
        /// What to find out.
        question: String,
    },
    /// A person must decide, or look further.
    Decide {
        /// The decision that is needed.
        question: String,
    },
}

/// A row of the decision table.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RowReport {
    /// Its number, from 1.
    pub(super) number: u32,
    /// The signs that show, in words.
    #[serde(rename = "if")]
    pub(super) when: Vec<String>,
    /// What it says.
    #[serde(rename = "then")]
    pub(super) act: String,
    /// Why.
    pub(super) why: String,
    /// The nodes that must get a whole copy, because their positions mean other events.
    pub(super) copies: Vec<String>,
}

/// The facts about a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NodeReport {
    /// Its name here.
    pub(super) name: String,
    /// The names that its own files give it.
    pub(super) own_names: Vec<String>,
    /// The position that can be trusted, as `uuid:seqno`.
    pub(super) position: Option<String>,
    /// Where the position comes from.
    pub(super) position_from: Option<PositionFromReport>,
    /// The place of the position, as `file:line`.
    pub(super) position_at: Option<String>,
    /// What grastate.dat says, as `uuid:seqno`.
    pub(super) saved: Option<String>,
    /// `safe_to_bootstrap`, where grastate.dat has it.
    pub(super) safe_to_bootstrap: Option<bool>,
    /// The number of the view that gvwstate.dat holds.
    pub(super) saved_view: Option<u64>,
    /// How many members that view has.
    pub(super) saved_view_members: Option<usize>,
    /// Whether a server runs on it.
    pub(super) server: ServerReport,
    /// The place of that, as `file:line`.
    pub(super) server_at: Option<String>,
}

/// Where a position comes from.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PositionFromReport {
    /// A recovery run.
    RecoveryRun,
    /// grastate.dat.
    StateFile,
    /// The log of a start that came to nothing.
    LogAtStart,
    /// The log of an orderly stop.
    LogAtStop,
}

/// Whether a server runs.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ServerReport {
    /// In a primary component.
    Serves,
    /// In a component without quorum.
    NoQuorum,
    /// It waits for the members of its saved view.
    Waits,
    /// It runs, and nobody has asked it.
    Runs,
    /// Its log ends without a stop.
    MayRun,
    /// It is down.
    Down,
    /// Nothing says.
    Unknown,
}

/// Something that a person must know.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FindingReport {
    /// What kind of finding it is.
    pub(super) kind: String,
    /// How much it weighs.
    pub(super) weight: WeightReport,
    /// The nodes that it is about.
    pub(super) nodes: Vec<String>,
    /// The finding.
    pub(super) says: String,
    /// What to do about it; empty where there is nothing to do.
    pub(super) remedy: String,
    /// The places that show it, as `file:line`.
    pub(super) places: Vec<String>,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WeightReport {
    /// No bootstrap may be advised before it is explained, or beside the server that it is about.
    Stops,
    /// Some of the evidence is doubtful.
    Doubts,
    /// Worth knowing.
    Notes,
}

/// A history that the evidence does not exclude.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HistoryReport {
    /// What happened in it.
    pub(super) says: String,
    /// What speaks for it, or against it.
    pub(super) sign: String,
    /// Whether something points to it, beyond not excluding it.
    pub(super) likely: bool,
    /// What each choice loses in it.
    pub(super) losses: Vec<LossReport>,
}

/// What a choice loses.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LossReport {
    /// The node that is bootstrapped.
    pub(super) node: String,
    /// The loss in that case.
    pub(super) loses: String,
    /// Whether that is nothing, on evidence that is fresh and does not contradict itself.
    pub(super) nothing: bool,
}

/// A file that was read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FileReport {
    /// Its name.
    pub(crate) name: String,
    /// How many lines it has.
    pub(crate) lines: u64,
    /// How many facts were read out of it.
    pub(crate) facts: u64,
}

impl FileReport {
    /// Returns all files of what was gathered.
    pub(crate) fn of(gathered: &Gathered) -> Vec<Self> {
        let files = gathered
            .files()
            .map(|(name, lines, facts)| Self { name, lines, facts });
        files.collect()
    }
}

/// Makes the report.
pub(super) fn report(answer: &Answer) -> Report {
    let names = |nodes: &[seatrial_scenarios::NodeName]| -> Vec<String> {
        nodes.iter().map(ToString::to_string).collect()
    };
    let advice = &answer.advice;
    Report {
        answer: text::headline(&advice.action),
        why: text::why(answer),
        action: match &advice.action {
            Action::Bootstrap { node, or, force } => ActionReport::Bootstrap {
                node: node.to_string(),
                or: names(or),
                force: *force,
            },
            Action::StartInto { nodes } => ActionReport::StartInto {
                nodes: names(nodes),
            },
            Action::LookFirst { nodes, question } => ActionReport::LookFirst {
                nodes: names(nodes),
                question: question.clone(),
            },
            Action::Decide { question } => ActionReport::Decide {
                question: question.clone(),
            },
        },
        row: advice.row.as_ref().map(|row| RowReport {
            number: row.number,
            when: row.when.iter().map(|sign| (*sign).to_owned()).collect(),
            act: row.act.to_owned(),
            why: row.why.to_owned(),
            copies: names(&row.copies),
        }),
        steps: advice.steps.clone(),
        nodes: answer
            .gathered
            .nodes
            .iter()
            .map(|known| node(known, answer))
            .collect(),
        findings: answer
            .findings
            .iter()
            .map(|finding| FindingReport {
                kind: kind(finding.kind),
                weight: match finding.weight {
                    Weight::Stops => WeightReport::Stops,
                    Weight::Doubts => WeightReport::Doubts,
                    Weight::Notes => WeightReport::Notes,
                },
                nodes: finding.nodes.clone(),
                says: finding.says.clone(),
                remedy: finding.remedy.clone(),
                places: finding
                    .sources
                    .iter()
                    .map(|source| answer.gathered.place(*source))
                    .collect(),
            })
            .collect(),
        histories: advice
            .histories
            .iter()
            .map(|history| HistoryReport {
                says: history.says.clone(),
                sign: history.sign.clone(),
                likely: history.likely,
                losses: history
                    .losses
                    .iter()
                    .map(|loss| LossReport {
                        node: loss.node.to_string(),
                        loses: loss.loses.clone(),
                        nothing: loss.nothing,
                    })
                    .collect(),
            })
            .collect(),
        looks: advice.looks.clone(),
        unknown: advice.unknown.clone(),
        files: FileReport::of(&answer.gathered),
    }
}

/// The name of a kind, as its serialised form has it.
fn kind(kind: seatrial_evidence::Kind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn node(known: &Known, answer: &Answer) -> NodeReport {
    let view = known.view();
    let place = |source| answer.gathered.place(source);
    NodeReport {
        name: known.files.name.clone(),
        own_names: known.files.own_names.iter().cloned().collect(),
        position: known
            .position
            .map(|(position, _)| position.value.to_string()),
        position_from: known.position.map(|(_, from)| match from {
            PositionFrom::RecoveryRun => PositionFromReport::RecoveryRun,
            PositionFrom::StateFile => PositionFromReport::StateFile,
            PositionFrom::LogAtStart => PositionFromReport::LogAtStart,
            PositionFrom::LogAtStop => PositionFromReport::LogAtStop,
        }),
        position_at: known.position.map(|(position, _)| place(position.source)),
        saved: known
            .state_file
            .as_ref()
            .and_then(|(file, _)| file.position())
            .map(|position| position.to_string()),
        safe_to_bootstrap: known
            .state_file
            .as_ref()
            .and_then(|(file, _)| file.safe_to_bootstrap),
        saved_view: view.as_ref().map(|view| view.id.1),
        saved_view_members: view.as_ref().map(|view| view.members.len()),
        server: match known.server {
            Server::Serves { .. } => ServerReport::Serves,
            Server::NoQuorum { .. } => ServerReport::NoQuorum,
            Server::Waits { .. } => ServerReport::Waits,
            Server::Runs { .. } => ServerReport::Runs,
            Server::MayRun { .. } => ServerReport::MayRun,
            Server::Down { .. } => ServerReport::Down,
            Server::Unknown => ServerReport::Unknown,
        },
        server_at: known.server.source().map(place),
    }
}

/// The cells of a node for the table of the text.
pub(super) fn cells(known: &Known) -> [String; 6] {
    let position = known.position.map_or_else(
        || "unknown".to_owned(),
        |(position, _)| {
            if position.value.is_undefined() {
                "no history".to_owned()
            } else {
                short(position.value)
            }
        },
    );
    let from = known.position.map_or("", |(_, from)| match from {
        PositionFrom::RecoveryRun => "recovery run",
        PositionFrom::StateFile => "grastate.dat",
        PositionFrom::LogAtStart => "log of a start",
        PositionFrom::LogAtStop => "log of a stop",
    });
    let flag = match &known.state_file {
        None => "",
        Some((file, _)) if file.empty => "empty",
        Some((file, _)) => match (file.uuid, file.safe_to_bootstrap) {
            (None, _) => "damaged",
            (Some(uuid), Some(false)) if uuid.is_nil() => "0, void",
            (Some(uuid), _) if uuid.is_nil() => "void",
            (_, Some(true)) => "1",
            (_, Some(false)) => "0",
            (_, None) => "none",
        },
    };
    let view = known.view().map_or_else(
        || match &known.view_file {
            None => String::new(),
            Some(_) => "none".to_owned(),
        },
        |view| format!("{} of {}", view.id.1, view.members.len()),
    );
    let server = match known.server {
        Server::Serves { .. } => "serves",
        Server::NoQuorum { .. } => "no quorum",
        Server::Waits { .. } => "waits",
        Server::Runs { .. } => "runs",
        Server::MayRun { .. } => "may run",
        Server::Down { .. } => "down",
        Server::Unknown => "",
    };
    let dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    [
        known.files.name.clone(),
        position,
        dash(from),
        dash(flag),
        dash(&view),
        dash(server),
    ]
}
