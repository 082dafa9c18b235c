//! The decision table, typed: looks, finds the first row that holds, does what it says, and looks again.
//!
//! The decisions stand in [`table`], as data. [`Lines`](crate::operator::advice::Lines) computes from the logs of two
//! nodes how far one has gone beyond the first primary view that left it out.
//! `docs/optimal.md` says how the table is examined.

mod acts;
mod sight;
pub mod table;

use seatrial_galera::LoggedStep;
use seatrial_port::NodeName;
use seatrial_port::console::Console;

use crate::operator::advice::Evidence;

use super::ProcedureOutcome;
use super::careful::{Early, Operator, QUIET, SETTLE};
use super::survey::{Situation, Survey};
use sight::{Known, Sight};
use table::{Act, Row};

/// Rounds of looking and acting. Each starts with a fresh look.
const ROUNDS: u32 = 16;

/// What the table says of nodes whose servers are down.
#[derive(Clone, Debug)]
pub(crate) struct Concluded {
    /// The number of the row.
    pub(crate) number: u32,
    /// The row.
    pub(crate) row: &'static Row,
    /// The node that holds everything.
    pub(crate) holder: Option<NodeName>,
    /// The nodes that must get a whole copy, because they have gone on apart from it without a row.
    pub(crate) copies: Vec<NodeName>,
    /// The question, if the row asks one.
    pub(crate) question: Option<String>,
    /// Whether the logs say of all nodes what each holds beyond each other one.
    pub(crate) is_known: bool,
    /// Whether two nodes have gone on apart, each with events of its own.
    pub(crate) has_parted: bool,
    /// For each node, how many events each other one holds that it lacks.
    pub(crate) lacks: Vec<(NodeName, Vec<(NodeName, u64)>)>,
}

/// Decides from the files and logs of nodes whose servers are down. `away` are nodes without any evidence.
pub(crate) fn of_files(
    nodes: impl Iterator<Item = (Evidence, Vec<LoggedStep>)>,
    away: &[NodeName],
) -> Concluded {
    let nodes = nodes.map(|(evidence, steps)| Known {
        evidence,
        has_nil_view: false,
        steps,
    });
    let sight = Sight::of_files(nodes.collect(), away);
    let (number, row) = table::first(&sight);
    let question = match row.act {
        Act::Ask(question) => {
            let text = sight.asks(question);
            // An operator needs to be told what was seen; here that is what the answer rests on.
            Some(text.split(". Seen: ").next().unwrap_or(&text).to_owned())
        }
        _ => None,
    };
    Concluded {
        number,
        row,
        holder: sight.holder_name(),
        copies: sight.with_views_alone(),
        question,
        is_known: sight.is_known(),
        has_parted: sight.has_parted(),
        lacks: sight.lacks(),
    }
}

/// Recovers the cluster, or says why a person must. With `first`, the first act is this one, whatever the table
/// says: so the table is examined.
pub(super) async fn run(console: &mut dyn Console, first: Option<Act>) -> ProcedureOutcome {
    match Operator::new(console).by_the_table(first).await {
        Ok(()) => ProcedureOutcome::Recovered,
        Err(outcome) => outcome,
    }
}

impl Operator<'_> {
    async fn by_the_table(&mut self, mut first: Option<Act>) -> Early {
        for _ in 0..ROUNDS {
            let survey = Survey::settle(self.console, QUIET, SETTLE).await;
            let sight = self.sight(survey).await?;
            let (number, row) = table::first(&sight);
            self.console.decides(number);
            let act = first.take().unwrap_or(row.act);
            if act == Act::Done {
                return Ok(());
            }
            self.follow(act, &sight).await?;
        }
        let survey = Survey::take(self.console).await;
        match survey.verdict() {
            Situation::Recovered => Ok(()),
            _ => Err(ProcedureOutcome::GaveUp(format!(
                "no progress any more. Seen: {survey}"
            ))),
        }
    }
}
