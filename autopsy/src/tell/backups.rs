//! Traces of backups: a backup asks the server for its keyring as it begins, and PXC 8 says so where there is none.
//!
//! The backup of a full transfer does the same on the donor, so what falls into a transfer is no other backup.

use jiff::Timestamp;

use seatrial_evidence::Event;

use crate::mark::Mark;
use crate::statement::{Statement, count};
use crate::tell::Facts;

/// A question for the keyring, or several.
#[derive(Clone, Copy, Debug)]
struct Asked {
    first: Mark,
    last: Mark,
    times: u64,
    /// A transfer asked, whose donor the node was.
    by_transfer: bool,
}

/// The questions on a node, in order.
fn asked(facts: &Facts<'_, '_>, node: usize) -> Vec<Asked> {
    let mut all = Vec::new();
    for (_, life) in facts.cluster.lives_of(node) {
        for dated in &life.facts {
            if dated.fact.event != Event::KeyringAsked {
                continue;
            }
            let by_transfer = facts.transfers.iter().any(|transfer| {
                transfer.donor == node
                    && transfer.chosen.at <= dated.at
                    && dated.at <= transfer.last().at
            });
            all.push(Asked {
                first: dated.mark(),
                last: dated.last_mark(),
                times: dated.times(),
                by_transfer,
            });
        }
    }
    all
}

/// The sentences about the backups of a node.
pub(crate) fn of(facts: &Facts<'_, '_>, node: usize) -> Vec<(Timestamp, Statement)> {
    let name = facts.cluster.name(node);
    let mut lines = Vec::new();
    for asked in asked(facts, node) {
        if asked.by_transfer {
            continue;
        }
        let times = if asked.times > 1 {
            let times = i64::try_from(asked.times).unwrap_or(i64::MAX);
            let until = facts.cluster.face.show_after(asked.last.at, asked.first.at);
            format!(" {}, until {until},", count(times, "time"))
        } else {
            ",".to_owned()
        };
        let statement = Statement::inferred(
            format!(
                "Something asks {name} for its keyring{times} as a backup does when it begins: a backup of {name} may have \
                 been made then."
            ),
            [asked.first, asked.last],
        );
        lines.push(facts.at(asked.first, statement));
    }
    lines
}

/// The last trace of a backup of a node between two moments, as a sentence about a copy.
pub(crate) fn between(
    facts: &Facts<'_, '_>,
    node: usize,
    since: Timestamp,
    until: Timestamp,
) -> Option<Statement> {
    let name = facts.cluster.name(node);
    let fits = |mark: &Mark| since <= mark.at && mark.at < until;
    let last = asked(facts, node)
        .into_iter()
        .filter(|asked| !asked.by_transfer)
        .flat_map(|asked| [asked.first, asked.last])
        .filter(fits)
        .max_by_key(|mark| mark.at)?;
    let mut says = format!(
        "A backup of {name} may have been made at {}: the server was asked for its keyring then, as a backup does when it \
         begins",
        facts.time(last.at)
    );
    let mut marks = vec![last];
    // Where a full transfer shows the same line on its donor, the sign is a good one.
    let same = (0..facts.cluster.nodes.len()).find_map(|donor| {
        let asked = asked(facts, donor);
        let found = asked.iter().find(|asked| asked.by_transfer)?;
        Some((donor, found.first))
    });
    if let Some((donor, mark)) = same {
        says.extend([format!(
            " ({} was asked so at {}, when it sent an SST)",
            facts.cluster.name(donor),
            facts.time(mark.at)
        )]);
        marks.push(mark);
    }
    says.push('.');
    Some(facts.at(last, Statement::inferred(says, marks)).1)
}
