//! The statements of clients, and workloads.

use std::ops::Range;

use seatrial_port::ListStatement;

use super::action::Action;
use super::check::Checker;
use super::choice::ClientWord;
use super::client::{ClientStep, Workload};
use super::error::Problem;
use super::raw::{Placed, RawClient, RawWorkload};

/// The number of rows of a workload if the file says nothing.
const ROWS: u32 = 3;

impl Checker<'_> {
    pub(super) fn client(&mut self, raw: Placed<RawClient>) -> Action {
        let place = raw.place;
        let raw = raw.value;
        let name = self.words(raw.name, "name");
        let node = self.server(&raw.node);
        let word = raw.says;
        let keys = [
            ("row", &raw.row, word.has_row()),
            ("value", &raw.value, word == ClientWord::Append),
            ("text", &raw.text, word == ClientWord::Set),
            ("sees", &raw.sees, word == ClientWord::Read),
        ];
        for (key, given, belongs) in keys {
            if let Some(given) = given.as_ref().filter(|_| !belongs) {
                self.not_for(&given.place, key, word);
            }
        }
        if let Some(causal) = raw.causal.as_ref().filter(|_| word != ClientWord::Read) {
            self.not_for(&causal.place, "causal", word);
        }
        let row = self.needed(raw.row, "row", word.has_row(), &place);
        let statement = match word {
            ClientWord::Begin => ListStatement::Begin,
            ClientWord::Read => ListStatement::Read {
                row,
                causal: raw.causal.is_some_and(|causal| causal.value),
            },
            ClientWord::Append => ListStatement::Append {
                row,
                value: self.needed(raw.value, "value", true, &place),
            },
            ClientWord::Set => ListStatement::Set {
                row,
                text: self.needed(raw.text, "text", true, &place),
            },
            ClientWord::Commit => ListStatement::Commit,
            ClientWord::Rollback => ListStatement::Rollback,
        };
        let fails = raw
            .fails
            .map(|fails| self.number(&fails, "fails", 1000, 9999));
        let fails = fails.and_then(|fails| u16::try_from(fails).ok());
        if let (Some(sees), Some(_)) = (&raw.sees, fails) {
            self.problem(Problem::at(
                &sees.place,
                "a read that is refused sees nothing",
                "beside `fails`",
            ));
        }
        Action::Client(ClientStep {
            name,
            node,
            statement,
            sees: raw.sees.map(|sees| sees.value),
            fails,
        })
    }

    pub(super) fn workload(&mut self, raw: &RawWorkload) -> Action {
        let nodes = self.some_nodes(&raw.nodes);
        let clients = self.number(&raw.clients, "clients", 0, 16);
        let rows = raw
            .rows
            .as_ref()
            .map_or(i64::from(ROWS), |rows| self.number(rows, "rows", 1, 26));
        Action::Workload(Workload {
            nodes,
            clients: u32::try_from(clients).unwrap_or(0),
            rows: u32::try_from(rows).unwrap_or(ROWS),
            causal: raw.causal.as_ref().is_some_and(|causal| causal.value),
            pause: raw.pause.as_ref().map(|pause| self.span(pause)),
            span: raw.span.as_ref().map(|span| self.span(span)),
        })
    }

    fn not_for(&mut self, place: &Range<usize>, key: &str, word: ClientWord) {
        let says = word.meaning();
        self.problem(
            Problem::at(place, format!("`{key}` does not belong to `{says}`"), "not here")
                .help("`row` belongs to read, append and set; `value` to append; `text` to set; `sees` and `causal` to read"),
        );
    }

    /// Returns a word of a statement: letters, digits and commas, so that it is the same in every statement.
    fn needed(
        &mut self,
        text: Option<Placed<String>>,
        key: &str,
        needed: bool,
        place: &Range<usize>,
    ) -> String {
        if !needed {
            return String::new();
        }
        let Some(text) = text else {
            self.problem(
                Problem::at(place, format!("`{key}` is missing"), "incomplete").help(
                    "such as `client = { name = \"one\", node = \"A\", says = \"append\", row = \"x\", value = \"1\" }`",
                ),
            );
            return String::new();
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || (key == "text" && c == ',');
        if text.value.is_empty() || !text.value.chars().all(plain) {
            self.problem(
                Problem::at(
                    &text.place,
                    format!("`{key}` has other signs"),
                    "not a word",
                )
                .help("letters and digits; in `text` commas between the values"),
            );
        }
        text.value
    }
}
