//! The decision table of the procedure `optimal`, on the files and logs of stopped nodes.

use seatrial_galera::{LoggedStep, Position};
use seatrial_port::{NodeName, list};

use crate::operator::procedures::of_files;
use crate::operator::procedures::optimal_table::{Act, Question};

use super::plan::{is_equal, needs_force};
use super::{Action, Circumstances, Evidence, Histories, Look, Loss, Running, TableRow};

/// The decision of the table.
pub(super) struct Decided {
    pub(super) action: Action,
    pub(super) row: TableRow,
    /// The one history that the logs show, where nodes have gone on apart in it.
    pub(super) history: Option<Histories>,
}

/// Returns the action of the first row that holds. `None` where a server runs, where the evidence contradicts itself, and
/// where the logs do not say what each node holds beyond each other one: then the positions decide.
pub(super) fn decide(looks: &[Look], circumstances: &Circumstances) -> Option<Decided> {
    let away = &circumstances.away;
    // A server that waits has changed nothing since it was started.
    let is_stopped = |look: &Look| matches!(look.running, None | Some(Running::Waits));
    let has_log = |look: &Look| {
        let position = look.evidence.position;
        !look.steps.is_empty() || position.is_some_and(Position::is_undefined)
    };
    let is_read =
        |look: &Look| is_stopped(look) && has_log(look) && look.evidence.position.is_some();
    // A node that no view names has another name in the logs, so that nobody can tell whether it was in the last one.
    let is_named = |node: &NodeName| {
        let mut steps = looks.iter().flat_map(|look| &look.steps);
        steps.any(|step| matches!(step, LoggedStep::View(view) if view.counts(node.as_str())))
    };
    if !circumstances.contradictions.is_empty()
        || looks.is_empty()
        || !looks.iter().all(is_read)
        || !away.iter().all(is_named)
    {
        return None;
    }
    let nodes = looks
        .iter()
        .map(|look| (look.evidence.clone(), look.steps.clone()));
    let found = of_files(nodes, away);
    let action = match (found.row.act, found.holder) {
        _ if !found.is_known => return None,
        (Act::Bootstrap, Some(node)) => {
            let all: Vec<&Evidence> = looks.iter().map(|look| &look.evidence).collect();
            let best = all.iter().find(|one| one.node == node)?;
            let equal = all
                .iter()
                .filter(|one| is_equal(one, best) && !found.copies.contains(&one.node));
            Action::Bootstrap {
                or: equal.map(|one| one.node.clone()).collect(),
                force: needs_force(best),
                node,
            }
        }
        (Act::Ask(Question::BringBack), _) => Action::Decide {
            question: format!(
                "{} was not looked at and may hold the newest rows: bring it back, or decide that it is lost",
                list(away)
            ),
        },
        (Act::Ask(Question::IsItWhole), Some(node)) => Action::Decide {
            question: format!("{node} holds everything, and {}", found.question?),
        },
        (Act::Ask(_), _) => Action::Decide {
            question: found.question?,
        },
        _ => return None,
    };
    let row = TableRow {
        number: found.number,
        when: found.row.when.iter().map(|sign| sign.words()).collect(),
        act: found.row.act.words(),
        why: found.row.why,
        copies: found.copies,
    };
    let history = found.has_parted.then(|| Histories {
        says: "the logs show where the nodes have parted".to_owned(),
        sign: "each view in the logs is of one line or of the other".to_owned(),
        losses: found
            .lacks
            .iter()
            .map(|(node, lacks)| loss(node, lacks))
            .collect(),
        likely: true,
        parted: true,
    });
    Some(Decided {
        action,
        row,
        history,
    })
}

/// Returns what a bootstrap of a node loses.
fn loss(node: &NodeName, lacks: &[(NodeName, u64)]) -> Loss {
    let unit = |count: u64| if count == 1 { "event" } else { "events" };
    let parts: Vec<String> = lacks
        .iter()
        .map(|(other, count)| format!("{count} {} that {other} holds", unit(*count)))
        .collect();
    Loss {
        node: node.clone(),
        loses: if parts.is_empty() {
            "nothing".to_owned()
        } else {
            parts.join(", ")
        },
        nothing: parts.is_empty(),
    }
}
