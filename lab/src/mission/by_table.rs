//! The decision table of the procedure `optimal`, on the cluster of a session: its next step as a hint, and its whole
//! way in a debrief. It is played on a copy, so that it costs the learner nothing.

use std::fmt::Write as _;

use seatrial_reports::wrapped;
use seatrial_scenarios::Bed;
use seatrial_scenarios::language::ProcedureEnd;
use seatrial_scenarios::procedures::optimal_table::{Act as Step, Row, TABLE};
use seatrial_scenarios::record::{CommandRecord, ProcedureRecord};

use super::debrief::only_looks;
use crate::command::{Act, Trouble};
use crate::session::Session;

/// The way of the table from a moment.
pub(crate) struct Way {
    /// The procedure's end and its rows.
    procedure: ProcedureRecord,
    /// The first line that changes something.
    first: Option<String>,
}

impl Way {
    /// Plays the table on a copy of the cluster, from a moment on.
    ///
    /// # Errors
    /// Real nodes have no copy.
    pub(crate) async fn of<B: Bed>(session: &mut Session<B>, from: usize) -> Result<Self, Trouble> {
        if !session.can_travel() {
            return Err(Trouble::new(
                "the decision table is tried on a copy, and real nodes have none",
            )
            .help("`seatrial advise` decides by the same table, from the nodes' files and logs"));
        }
        let now = session.number();
        session.travel(from)?;
        let typed = session.record().commands.len();
        let act = Act::Action("procedure = { name = \"optimal\" }".to_owned());
        let came = session.probe(&[act]).await;
        session.travel(now)?;
        let (course, _) = came?;
        let record = course.record();
        let first = record.commands.get(typed..).unwrap_or_default().iter();
        let mut first = first.filter(|command| changes(command));
        let procedure = record.procedures.last().cloned();
        Ok(Self {
            procedure: procedure.ok_or_else(|| Trouble::new("the decision table did not act"))?,
            first: first
                .next()
                .map(|command| format!("{}$ {}", command.node, command.line)),
        })
    }

    /// Returns the next step as a hint.
    pub(crate) fn hint(&self) -> String {
        let Some((number, row)) = self.rows().next() else {
            return "the decision table has no row for this state\n".to_owned();
        };
        let mut says = format!(
            "If {}: {}. {}",
            row.condition(),
            lower(row.act.words()),
            row.why
        );
        if let Step::Ask(_) = row.act {
            let _ = write!(says, " The question: {}.", self.question());
        } else if let Some(first) = &self.first {
            let _ = write!(
                says,
                " The first command that changes something: `{first}`."
            );
        }
        let first = format!("row {number} of the decision table: ");
        wrapped(&first, "  ", &says)
    }

    /// Returns the whole way as a part of a debrief.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (number, row) in self.rows() {
            text.push_str(&wrapped(
                &format!("  row {number:>2}  "),
                "          ",
                row.act.words(),
            ));
        }
        let end = match self.procedure.end {
            ProcedureEnd::Recovered => "It says that the cluster has recovered.".to_owned(),
            ProcedureEnd::AsksPerson => format!("It asks a person: {}.", self.question()),
            ProcedureEnd::GaveUp | ProcedureEnd::Unbounded => "It does not recover it.".to_owned(),
        };
        text.push_str(&wrapped("", "", &end));
        text
    }

    fn rows(&self) -> impl Iterator<Item = (u32, &'static Row)> {
        self.procedure.rows.iter().filter_map(|number| {
            let place = usize::try_from(*number).ok()?.checked_sub(1)?;
            Some((*number, TABLE.get(place)?))
        })
    }

    /// Returns the question without what was seen, which the learner can see.
    fn question(&self) -> &str {
        let text = &self.procedure.text;
        text.split_once(". Seen: ")
            .map_or(text.as_str(), |(question, _)| question)
    }
}

fn changes(command: &CommandRecord) -> bool {
    !only_looks(&command.line)
}

fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
