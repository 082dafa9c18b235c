//! The story for programs: its form is `docs/autopsy.schema.json`.

use schemars::JsonSchema;
use serde::Serialize;

use seatrial_autopsy::{Certainty, StandKind, Statement, Story, TransferEnd, TransferKind};

use crate::advise::FileReport;

use super::Told;

/// The whole story.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Report {
    /// What happened, in a few sentences.
    pub(super) verdict: Vec<Line>,
    /// The act after which acknowledged write sets were going to be lost.
    pub(super) no_return: Option<Line>,
    /// The act after which a loss was near, where nothing is lost yet.
    pub(super) danger: Option<Line>,
    /// The losses, and what is in danger.
    pub(super) lost: Vec<Line>,
    /// Where a copy may still be.
    pub(super) copies: Vec<Line>,
    /// What to do now, in order.
    pub(super) to_do: Vec<Line>,
    /// What not to do.
    pub(super) not_to_do: Vec<Line>,
    /// How every node stands when the logs end.
    pub(super) now: Vec<Line>,
    /// Shifted clocks and time zones.
    pub(super) clocks: Vec<Line>,
    /// The primary components, in order.
    pub(super) components: Vec<ComponentReport>,
    /// Two lines of one history, or more.
    pub(super) forks: Vec<ForkReport>,
    /// Every node by itself.
    pub(super) nodes: Vec<NodeReport>,
    /// The starts with the bootstrap option that were refused, in rows.
    pub(super) refused: Vec<RefusedReport>,
    /// The transfers of state, in order.
    pub(super) transfers: Vec<TransferReport>,
    /// How the nodes with logs stand when those end.
    pub(super) ends: Vec<EndReport>,
    /// What the logs cannot tell.
    pub(super) unknown: Vec<Line>,
    /// The files that were read.
    pub(super) files: Vec<FileReport>,
}

/// A sentence with its evidence.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Line {
    /// When it happened, by the clock of the story.
    pub(super) at: Option<String>,
    /// The sentence.
    pub(super) says: String,
    /// How surely it is true.
    pub(super) certainty: CertaintyReport,
    /// The lines that show it, as `file:line`.
    pub(super) evidence: Vec<String>,
}

/// How surely a sentence is true.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CertaintyReport {
    /// The lines say it.
    Certain,
    /// It follows from several lines and from the rules of Galera.
    Inferred,
    /// What the facts mean for the operator.
    Judgement,
}

/// A primary component.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ComponentReport {
    /// The line of history that it belongs to, counted from 1.
    pub(super) line: usize,
    /// What it was.
    pub(super) title: Line,
    /// When it began.
    pub(super) from: String,
    /// When the last sign of it was written.
    pub(super) to: String,
    /// The position before its first view.
    pub(super) first_seqno: Option<i64>,
    /// The highest position that it is known to have reached.
    pub(super) last_seqno: Option<i64>,
    /// Its views, in order.
    pub(super) views: Vec<ViewReport>,
    /// Its views and what happened in it.
    pub(super) lines: Vec<Line>,
}

/// A view of a primary component.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ViewReport {
    /// When it came.
    pub(super) at: String,
    /// The members.
    pub(super) members: Vec<String>,
    /// The number of the configuration, from 0 at a bootstrap.
    pub(super) configuration: Option<i64>,
    /// The position of the group with this view in it.
    pub(super) position: Option<i64>,
}

/// Starts with the bootstrap option that were refused, one after the other.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RefusedReport {
    /// The node.
    pub(super) node: String,
    /// How often.
    pub(super) times: usize,
    /// The time of the first one.
    pub(super) from: String,
    /// The time of the last one.
    pub(super) to: String,
}

/// A transfer of state.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TransferReport {
    /// When the donor was chosen.
    pub(super) at: String,
    /// The node that got it.
    pub(super) joiner: String,
    /// The node that gave it.
    pub(super) donor: String,
    /// The kind of a transfer.
    pub(super) kind: KindReport,
    /// The position that the joiner had, in the group's history.
    pub(super) had: Option<i64>,
    /// The last number of the incremental transfer, or the position of the copy.
    pub(super) last: Option<i64>,
    /// How it ended.
    pub(super) end: TransferEndReport,
}

/// The kind of a transfer.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KindReport {
    /// Write sets out of the donor's cache.
    Ist,
    /// A full copy.
    Sst,
    /// No line says it.
    Unknown,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TransferEndReport {
    /// The joiner has all of it.
    Complete,
    /// It broke.
    Broken,
    /// No line says it.
    Unknown,
}

/// A node when its log ends.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EndReport {
    /// The node.
    pub(super) node: String,
    /// How it stands.
    pub(super) stand: StandReport,
    /// The position of the data on the disk of a node that is in no group.
    pub(super) seqno: Option<i64>,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StandReport {
    /// It is a member of a primary component.
    Member,
    /// It is a donor, and nothing ends that.
    HangsAsDonor,
    /// Its server is up, and it is in no group.
    Outside,
    /// It is down.
    Down,
    /// Its log ends within a life, and nothing shows a group.
    Unclear,
}

/// Two primary components of one history, neither of which is in the other.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ForkReport {
    /// The history.
    pub(super) history: String,
    /// The last seqno that both sides have.
    pub(super) common: i64,
    /// Whether both lived at once.
    pub(super) at_once: bool,
    /// The sides: the one that was begun anew, then the other.
    pub(super) sides: Vec<SideReport>,
}

/// A side of a fork.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SideReport {
    /// The nodes that held it.
    pub(super) nodes: Vec<String>,
    /// The highest position that it reached.
    pub(super) reach: i64,
    /// How many write sets it has beyond the last common seqno.
    pub(super) write_sets: i64,
    /// How many views it has beyond it.
    pub(super) views: i64,
    /// Whether no copy of its own write sets is left on a node.
    pub(super) lost: bool,
}

/// A node by itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NodeReport {
    /// Its name.
    pub(super) name: String,
    /// Whether a log of its own was given.
    pub(super) has_log: bool,
    /// What it did, in order.
    pub(super) lines: Vec<Line>,
    /// Its states in the group, one after the other.
    pub(super) states: Vec<StateReport>,
}

/// A state of a node in its group.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StateReport {
    /// From when on.
    pub(super) at: String,
    /// How long, in seconds.
    pub(super) for_s: i64,
    /// Galera's word for it, such as `SYNCED`; `OUTSIDE` for a server in no group.
    pub(super) state: String,
    /// The line of history that the node was in, counted from 1; 0 for none.
    pub(super) line: usize,
}

fn transfers(story: &Story) -> Vec<TransferReport> {
    let transfers = story.transfers.iter().map(|transfer| TransferReport {
        at: transfer.at.clone(),
        joiner: transfer.joiner.clone(),
        donor: transfer.donor.clone(),
        kind: match transfer.kind {
            TransferKind::Ist => KindReport::Ist,
            TransferKind::Sst => KindReport::Sst,
            TransferKind::Unknown => KindReport::Unknown,
        },
        had: transfer.had,
        last: transfer.last,
        end: match transfer.end {
            TransferEnd::Complete => TransferEndReport::Complete,
            TransferEnd::Broken => TransferEndReport::Broken,
            TransferEnd::Unknown => TransferEndReport::Unknown,
        },
    });
    transfers.collect()
}

fn ends(story: &Story) -> Vec<EndReport> {
    let ends = story.ends.iter().map(|end| EndReport {
        node: end.node.clone(),
        stand: match end.stand {
            StandKind::Member => StandReport::Member,
            StandKind::HangsAsDonor => StandReport::HangsAsDonor,
            StandKind::Outside => StandReport::Outside,
            StandKind::Down => StandReport::Down,
            StandKind::Unclear => StandReport::Unclear,
        },
        seqno: end.seqno,
    });
    ends.collect()
}

/// Makes the report.
pub(super) fn report(told: &Told) -> Report {
    let story = &told.story;
    let line = |statement: &Statement| Line {
        at: statement.at.clone(),
        says: statement.says.clone(),
        certainty: match statement.certainty {
            Certainty::Certain => CertaintyReport::Certain,
            Certainty::Inferred => CertaintyReport::Inferred,
            Certainty::Judgement => CertaintyReport::Judgement,
        },
        evidence: told.places(&statement.evidence),
    };
    let lines = |statements: &[Statement]| statements.iter().map(line).collect();
    Report {
        verdict: lines(&story.verdict),
        no_return: story.no_return.as_ref().map(line),
        danger: story.danger.as_ref().map(line),
        lost: lines(&story.lost),
        copies: lines(&story.copies),
        to_do: lines(&story.to_do),
        not_to_do: lines(&story.not_to_do),
        now: lines(&story.now),
        clocks: lines(&story.clocks),
        components: story
            .components
            .iter()
            .map(|component| ComponentReport {
                line: component.line,
                title: line(&component.title),
                from: component.from.clone(),
                to: component.to.clone(),
                first_seqno: component.first_seqno,
                last_seqno: component.last_seqno,
                views: component
                    .views
                    .iter()
                    .map(|view| ViewReport {
                        at: view.at.clone(),
                        members: view.members.clone(),
                        configuration: view.configuration,
                        position: view.position,
                    })
                    .collect(),
                lines: lines(&component.lines),
            })
            .collect(),
        forks: story
            .forks
            .iter()
            .map(|fork| ForkReport {
                history: fork.history.clone(),
                common: fork.common,
                at_once: fork.at_once,
                sides: fork
                    .sides
                    .iter()
                    .map(|side| SideReport {
                        nodes: side.nodes.clone(),
                        reach: side.reach,
                        write_sets: side.write_sets,
                        views: side.views,
                        lost: side.lost,
                    })
                    .collect(),
            })
            .collect(),
        nodes: story
            .nodes
            .iter()
            .map(|node| NodeReport {
                name: node.name.clone(),
                has_log: node.has_log,
                lines: lines(&node.lines),
                states: node
                    .stretches
                    .iter()
                    .map(|stretch| StateReport {
                        at: stretch.at.clone(),
                        for_s: stretch.to - stretch.from,
                        state: stretch.state.clone(),
                        line: stretch.line,
                    })
                    .collect(),
            })
            .collect(),
        refused: story
            .refused
            .iter()
            .map(|refused| RefusedReport {
                node: refused.node.clone(),
                times: refused.times,
                from: refused.from.clone(),
                to: refused.to.clone(),
            })
            .collect(),
        transfers: transfers(story),
        ends: ends(story),
        unknown: lines(&story.unknown),
        files: FileReport::of(&told.gathered),
    }
}
