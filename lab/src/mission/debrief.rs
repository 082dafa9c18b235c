//! The end of a mission: the grade, what was lost by which command, and the better way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::oracles::{diverged, lost_rows};
use seatrial_scenarios::record::{CommandRecord, WriteOutcome, WriteRecord};
use seatrial_scenarios::{ClusterPredicate, NodeName, Observation, Span};
use serde::{Deserialize, Serialize};

use super::by_table::Way;
use super::joined;
use super::play::Playing;
use crate::command::{Act, Trouble};
use crate::session::Session;
use crate::views::echo::rows;
use crate::views::{names, spoken};
use seatrial_scenarios::Bed;

/// The grade of a mission, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Letter {
    /// Recovered, without an avoidable loss and without a needless command.
    A,
    /// As A, but slow or with needless commands.
    B,
    /// As A, but slow and with needless commands.
    C,
    /// Recovered, with a loss.
    D,
    /// Not recovered.
    F,
}

impl std::fmt::Display for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// The result of a mission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graded {
    /// The grade.
    pub(crate) letter: Letter,
    /// The reason why the cluster has not recovered, if it has not.
    missing: Option<String>,
    /// The acknowledged rows that are lost, and how each was lost.
    lost: Vec<(Vec<String>, String)>,
    /// The time during which no node served.
    down: Span,
    /// The number of commands that changed something.
    commands: usize,
    /// The number of writes that were not acknowledged.
    not_taken: usize,
}

/// Grades the path to the present moment.
pub(crate) async fn grade<B: Bed>(
    session: &mut Session<B>,
    playing: &Playing,
) -> Result<Graded, Trouble> {
    let mission = playing.mission();
    let not_taken = not_taken(session);
    let (missing, seen, writes) = recovered(session).await?;
    let missing = missing.or_else(|| not_done(session, &mission.must));
    let lost: Vec<String> = lost_rows(&writes, &seen);
    let down = match session.moment(session.start()) {
        Some(start) => session
            .now()
            .known
            .down()
            .saturating_sub(start.known.down()),
        None => Span::ZERO,
    };
    let commands = changing(session);
    let slow = down > mission.best.downtime;
    let needless = commands > mission.best.commands;
    let letter = match (&missing, lost.len() > mission.best.lost, slow, needless) {
        (Some(_), ..) => Letter::F,
        (None, true, ..) => Letter::D,
        (None, false, true, true) => Letter::C,
        (None, false, false, false) => Letter::A,
        (None, false, ..) => Letter::B,
    };
    Ok(Graded {
        letter,
        missing,
        lost: traced(session, &lost, &seen),
        down,
        commands,
        not_taken,
    })
}

/// Returns the commands that the mission requires and that were not typed.
fn not_done<B: Bed>(session: &Session<B>, must: &[Vec<String>]) -> Option<String> {
    let typed: Vec<String> = typed(session)
        .iter()
        .map(|command| format!("{}$ {}", command.node, command.line))
        .collect();
    let done = |text: &String| typed.iter().any(|line| line.contains(text));
    must.iter()
        .find(|texts| !texts.iter().any(done))
        .and_then(|texts| texts.first())
        .map(|text| format!("`{text}` was not typed"))
}

/// Returns the commands since the mission's beginning.
fn typed<B: Bed>(session: &Session<B>) -> &[CommandRecord] {
    let start = session
        .moment(session.start())
        .map_or(0, |start| start.course.record().commands.len());
    session.record().commands.get(start..).unwrap_or_default()
}

/// Returns the number of writes since the mission's beginning that ended without an acknowledgement.
fn not_taken<B: Bed>(session: &Session<B>) -> usize {
    let start = session
        .moment(session.start())
        .map_or(0, |start| start.course.record().writes.len());
    session
        .record()
        .writes
        .iter()
        .skip(start)
        .filter(|write| {
            matches!(
                write.outcome,
                WriteOutcome::Refused { .. } | WriteOutcome::Unknown
            )
        })
        .count()
}

type Writes = Vec<WriteRecord>;

/// Returns why the cluster has not recovered, if it has not. It has when all nodes are Synced, and each
/// accepts a fresh row that all others then hold. The rows are tried on a copy, if the engine has copies.
async fn recovered<B: Bed>(
    session: &mut Session<B>,
) -> Result<(Option<String>, Observation, Writes), Trouble> {
    let before = session.record().writes.len();
    let mut acts = vec![Act::Action(
        "wait = { until = { cluster = \"all-synced\" }, within = \"30s\" }".to_owned(),
    )];
    let synced = session.probe(&acts).await?;
    if !ClusterPredicate::AllSynced.holds(&synced.1) {
        let (course, seen) = synced;
        let writes = course.record().writes.clone();
        let serving = crate::known::serving(&seen);
        let missing = match serving.len() {
            0 => "no node serves".to_owned(),
            _ if ClusterPredicate::TwinPrimaries.holds(&seen) => {
                "there are two primary components".to_owned()
            }
            1 => format!("only {} serves", names(serving)),
            _ => format!("only {} serve", names(serving)),
        };
        return Ok((Some(missing), seen, writes));
    }
    if session.now().course.is_under_load() {
        // Rows that are still being replicated would look like different rows.
        acts.push(Act::end_of_load(session.nodes()));
    }
    acts.extend(session.nodes().iter().map(|node| Act::Write {
        node: node.clone(),
        rows: Some(1),
    }));
    acts.push(Act::Action("wait = { for = \"3s\" }".to_owned()));
    let (course, seen) = session.probe(&acts).await?;
    let writes = course.record().writes.clone();
    let refused = writes
        .iter()
        .skip(before)
        .filter(|write| write.outcome != WriteOutcome::Acknowledged)
        .map(|write| &write.node)
        .collect::<BTreeSet<_>>();
    let missing = if refused.is_empty() {
        diverged(&seen).map(|difference| format!("nodes hold different rows: {difference}"))
    } else {
        Some(format!("a fresh row is refused on {}", names(refused)))
    };
    Ok((missing, seen, writes))
}

/// Returns the commands since the mission's beginning that change something.
fn changing<B: Bed>(session: &Session<B>) -> usize {
    typed(session)
        .iter()
        .filter(|command| !only_looks(&command.line))
        .count()
}

/// Returns whether a command line changes nothing.
pub(super) fn only_looks(line: &str) -> bool {
    let mut words = line.split_whitespace().peekable();
    if words.next_if_eq(&"sudo").is_some() {
        if words.next_if_eq(&"-u").is_some() {
            words.next();
        }
        words.next_if_eq(&"-n");
    }
    let name = words.next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or(name);
    let rest: Vec<&str> = words.collect();
    match name {
        "cat" | "tail" | "head" | "grep" | "wc" | "ls" | "ps" | "pgrep" | "df" | "journalctl"
        | "mysqld_safe" | "mariadbd-safe" => true,
        "systemctl" => rest.first().is_some_and(|verb| {
            [
                "status",
                "show",
                "cat",
                "is-active",
                "is-failed",
                "is-enabled",
            ]
            .contains(verb)
        }),
        "cm-cluster-manage" => {
            ["--show-cluster-status", "--safe-to-bootstrap"].contains(&rest.join(" ").as_str())
        }
        "mysql" | "mariadb" => {
            let sql = rest.join(" ").to_uppercase();
            ![
                "SET ", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER",
            ]
            .iter()
            .any(|word| sql.contains(word))
        }
        _ => false,
    }
}

/// Returns how the lost rows were lost. Rows with the same story are grouped.
fn traced<B: Bed>(
    session: &Session<B>,
    lost: &[String],
    seen: &Observation,
) -> Vec<(Vec<String>, String)> {
    let mut stories: Vec<(Vec<String>, String)> = Vec::new();
    for tag in lost {
        let story = story(session, tag, seen);
        match stories.iter_mut().find(|(_, known)| *known == story) {
            Some((tags, _)) => tags.push(tag.clone()),
            None => stories.push((vec![tag.clone()], story)),
        }
    }
    stories
}

/// Returns the nodes that held a row, and the command by which each of them lost it.
fn story<B: Bed>(session: &Session<B>, tag: &str, seen: &Observation) -> String {
    let holders = |seen: &Observation| -> BTreeSet<NodeName> {
        seen.nodes
            .iter()
            .filter(|(_, node)| {
                node.rows
                    .as_ref()
                    .is_some_and(|rows| rows.iter().any(|row| row == tag))
            })
            .map(|(name, _)| name.clone())
            .collect()
    };
    let mut held = BTreeSet::new();
    let mut dropped: BTreeMap<String, BTreeSet<NodeName>> = BTreeMap::new();
    let mut before = BTreeSet::new();
    for number in session.path(session.number()) {
        let Some(moment) = session.moment(number) else {
            continue;
        };
        let now = holders(&moment.seen);
        let gone: BTreeSet<NodeName> = before.difference(&now).cloned().collect();
        if !gone.is_empty() {
            dropped.entry(moment.line.clone()).or_default().extend(gone);
        }
        held.extend(now.iter().cloned());
        before = now;
    }
    let mut text = format!("held by {}", names(&held));
    for (line, nodes) in &dropped {
        let _ = write!(text, "; gone from {} with `{line}`", names(nodes));
    }
    let left = holders(seen);
    if !left.is_empty() {
        let _ = write!(text, "; still on {}, outside the cluster", names(&left));
    }
    text
}

/// Returns a number and what it counts: `1 hint`, `2 hints`.
fn many(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Returns the text of the debrief.
pub(crate) fn text<B: Bed>(
    session: &Session<B>,
    playing: &Playing,
    graded: &Graded,
    by_table: Option<&Way>,
) -> String {
    let mission = playing.mission();
    let best = mission.best;
    let mut text = format!("{}\n", format!("Grade {}", graded.letter).bold());
    let mut line = |good: bool, said: String| {
        let mark = if good { "+ " } else { "- " };
        text.push_str(&wrapped(mark, "  ", &said));
    };
    match &graded.missing {
        None => line(true, "The cluster has recovered.".to_owned()),
        Some(missing) => line(false, format!("The cluster has not recovered: {missing}.")),
    }
    let count: usize = graded.lost.iter().map(|(tags, _)| tags.len()).sum();
    if count == 0 {
        line(true, "No acknowledged row is lost.".to_owned());
    } else {
        line(
            count <= best.lost,
            match best.lost {
                0 => format!("Lost: {}.", many(count, "acknowledged row")),
                least => format!(
                    "Lost: {}; {least} could not be kept.",
                    many(count, "acknowledged row")
                ),
            },
        );
        for (tags, story) in &graded.lost {
            line(false, format!("  lost: {}: {story}.", rows(tags)));
        }
    }
    // If no node serves in the end, the time so far means nothing.
    if graded.missing.is_none() {
        line(
            graded.down <= best.downtime,
            format!(
                "No node served for {} (grade A allows {}).",
                spoken(graded.down),
                spoken(best.downtime)
            ),
        );
    }
    if graded.not_taken > 0 {
        line(
            false,
            format!("Not acknowledged: {}.", many(graded.not_taken, "write")),
        );
    }
    line(
        graded.commands <= best.commands,
        match graded.commands.saturating_sub(best.commands) {
            0 => format!("{} changed something.", many(graded.commands, "command")),
            needless => format!(
                "{} changed something, {needless} of them needless.",
                many(graded.commands, "command")
            ),
        },
    );
    match playing.hints() {
        0 => {}
        hints => line(true, format!("You used {}.", many(hints, "hint"))),
    }
    match playing.travels() {
        0 => {}
        1 => line(true, "You went back in time once.".to_owned()),
        travels => line(true, format!("You went back in time {travels} times.")),
    }
    let typed: Vec<String> = session
        .path(session.number())
        .into_iter()
        .filter(|number| *number > session.start())
        .filter_map(|number| session.moment(number))
        .map(|moment| moment.line.clone())
        .collect();
    for trap in &mission.traps {
        if typed.iter().any(|line| line.contains(&trap.typed)) {
            text.push_str(&wrapped("! ", "  ", &joined(&trap.says)));
        }
    }
    let heading = if graded.letter == Letter::A {
        "The solution that the mission was made for"
    } else {
        "A better way"
    };
    let _ = writeln!(text, "{}", heading.bold());
    for line in &mission.way {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str(&wrapped("", "", &joined(&mission.because)));
    if let Some(way) = by_table {
        let _ = writeln!(
            text,
            "{}",
            "The way of the decision table (docs/optimal.md)".bold()
        );
        text.push_str(&way.text());
    }
    text
}
