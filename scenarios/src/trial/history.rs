//! The history of clients: the transactions that read rows of the table `t.lists` and changed them.
//!
//! Jepsen's checker Elle reads the same form ([`edn`]), so that a history from here can be judged there.

use std::fmt::Write as _;

use seatrial_port::NodeName;
use serde::{Deserialize, Serialize};

/// The number of a row's values that a text shows.
const SHOWN: usize = 4;

/// A statement of a transaction, as far as it is about a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowStatement {
    /// A read.
    Read {
        /// The row.
        row: String,
        /// The text that the client got; `None` without an answer, empty for no row.
        text: Option<String>,
    },
    /// A value at the end of the text.
    Append {
        /// The row.
        row: String,
        /// The value.
        value: String,
    },
    /// Another text.
    Set {
        /// The row.
        row: String,
        /// The text.
        text: String,
    },
}

impl RowStatement {
    /// Returns the row.
    pub fn row(&self) -> &str {
        match self {
            Self::Read { row, .. } | Self::Append { row, .. } | Self::Set { row, .. } => row,
        }
    }

    /// Returns the values that it adds to a row: those of a set text that are its last one.
    pub fn added(&self) -> Option<&str> {
        match self {
            Self::Read { .. } => None,
            Self::Append { value, .. } => Some(value),
            Self::Set { text, .. } => values(text).last().copied(),
        }
    }
}

/// Returns the values of a row's text.
pub fn values(text: &str) -> Vec<&str> {
    text.split(',').filter(|value| !value.is_empty()).collect()
}

/// Returns a row's text without the values at its beginning, if there are many.
fn short(text: &str) -> String {
    let values = values(text);
    match values.len().checked_sub(SHOWN) {
        None | Some(0) => values.join(","),
        Some(more) => format!("… {}", values[more..].join(",")),
    }
}

/// The end of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionEnd {
    /// It has not ended.
    Open,
    /// The client was told that it is committed.
    Committed,
    /// It has no effect, and the client knows it.
    RolledBack,
    /// The server refused a statement, and the client knows that it has no effect.
    Refused {
        /// The error number.
        code: u16,
        /// The error's text.
        message: String,
    },
    /// The client got no answer: it may be committed or not.
    Unknown,
}

/// A transaction of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// In which step it began.
    pub step: u32,
    /// The client's connection. One that was lost has no successor of the same number.
    pub connection: u32,
    /// The client's name.
    pub client: String,
    /// The node to which it spoke.
    pub node: NodeName,
    /// When it began, in microseconds since the run's start.
    pub began_us: u64,
    /// When the client knew its end.
    pub ended_us: Option<u64>,
    /// Its statements.
    pub statements: Vec<RowStatement>,
    /// Its end.
    pub end: TransactionEnd,
}

impl Transaction {
    /// Returns whether the client was told that it is committed.
    pub fn is_committed(&self) -> bool {
        self.end == TransactionEnd::Committed
    }

    /// Returns the transaction in a line: `one on A: read x [1], append 2 to x`.
    pub fn describe(&self) -> String {
        let statements: Vec<String> = (self.statements.iter())
            .map(|statement| match statement {
                RowStatement::Read { row, text } => {
                    format!(
                        "read {row} [{}]",
                        text.as_deref().map_or("no answer".into(), short)
                    )
                }
                RowStatement::Append { row, value } => format!("append {value} to {row}"),
                RowStatement::Set { row, text } => format!("set {row} to [{}]", short(text)),
            })
            .collect();
        format!(
            "{} on {}: {}",
            self.client,
            self.node,
            statements.join(", ")
        )
    }
}

/// Returns a history in Elle's form, `list-append`: a line for the beginning of each transaction and one for its end.
///
/// `set` has no word there; a history with one is refused.
///
/// # Errors
/// The first transaction that sets a text.
pub fn edn(history: &[Transaction]) -> Result<String, String> {
    let sets = |statement: &RowStatement| matches!(statement, RowStatement::Set { .. });
    if let Some(one) = history.iter().find(|one| one.statements.iter().any(sets)) {
        return Err(format!(
            "Elle's list-append has no word for `set`: {}",
            one.describe()
        ));
    }
    let last = history.iter().filter_map(|one| one.ended_us).max();
    let mut lines: Vec<(u64, usize, String)> = Vec::new();
    for (place, one) in history.iter().enumerate() {
        let line = |kind: &str, at_us: u64, answered: bool| {
            let nanoseconds = at_us.saturating_mul(1_000);
            format!(
                ":type :{kind}, :f :txn, :value [{}], :process {}, :time {nanoseconds}",
                operations(one, answered),
                one.connection
            )
        };
        lines.push((one.began_us, 2 * place, line("invoke", one.began_us, false)));
        let kind = match one.end {
            TransactionEnd::Committed => "ok",
            TransactionEnd::RolledBack | TransactionEnd::Refused { .. } => "fail",
            TransactionEnd::Open | TransactionEnd::Unknown => "info",
        };
        let at = one
            .ended_us
            .or(last)
            .unwrap_or(one.began_us)
            .max(one.began_us);
        let line = line(kind, at, one.is_committed());
        lines.push((at, 2 * place + 1, line));
    }
    lines.sort();
    let mut text = String::new();
    for (index, (_, _, line)) in lines.iter().enumerate() {
        let _ = writeln!(text, "{{:index {index}, {line}}}");
    }
    Ok(text)
}

fn operations(one: &Transaction, answered: bool) -> String {
    let operations: Vec<String> = (one.statements.iter())
        .map(|statement| match statement {
            RowStatement::Read { row, text } if answered => {
                let text = text.as_deref().unwrap_or_default();
                format!("[:r \"{row}\" [{}]]", values(text).join(" "))
            }
            RowStatement::Read { row, .. } => format!("[:r \"{row}\" nil]"),
            RowStatement::Append { row, value } => format!("[:append \"{row}\" {value}]"),
            RowStatement::Set { .. } => String::new(),
        })
        .collect();
    operations.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(connection: u32, began_us: u64, statements: Vec<RowStatement>) -> Transaction {
        Transaction {
            step: 1,
            connection,
            client: "one".to_owned(),
            node: NodeName::new("A"),
            began_us,
            ended_us: Some(began_us + 2),
            statements,
            end: TransactionEnd::Committed,
        }
    }

    fn read(row: &str, text: &str) -> RowStatement {
        RowStatement::Read {
            row: row.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    fn append(row: &str, value: &str) -> RowStatement {
        RowStatement::Append {
            row: row.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn elle_gets_a_line_for_each_beginning_and_each_end() {
        let mut second = one(2, 11, vec![append("y", "7")]);
        second.end = TransactionEnd::Unknown;
        let history = [one(1, 10, vec![read("x", "1,2"), append("x", "3")]), second];
        assert_eq!(
            edn(&history).unwrap(),
            "\
{:index 0, :type :invoke, :f :txn, :value [[:r \"x\" nil] [:append \"x\" 3]], :process 1, :time 10000}
{:index 1, :type :invoke, :f :txn, :value [[:append \"y\" 7]], :process 2, :time 11000}
{:index 2, :type :ok, :f :txn, :value [[:r \"x\" [1 2]] [:append \"x\" 3]], :process 1, :time 12000}
{:index 3, :type :info, :f :txn, :value [[:append \"y\" 7]], :process 2, :time 13000}
"
        );
    }

    #[test]
    fn a_set_text_has_no_word_there() {
        let set = RowStatement::Set {
            row: "x".to_owned(),
            text: "1".to_owned(),
        };
        assert!(
            edn(&[one(1, 0, vec![set])])
                .unwrap_err()
                .contains("no word for `set`")
        );
    }

    #[test]
    fn a_long_text_is_shown_by_its_end() {
        let transaction = one(1, 0, vec![read("x", "1,2,3,4,5,6")]);
        assert_eq!(transaction.describe(), "one on A: read x [… 3,4,5,6]");
    }
}
