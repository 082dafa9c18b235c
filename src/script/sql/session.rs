//! A client's session: what it has set, and the transaction that it is in. Each statement goes to the engine.

use std::sync::mpsc;

use seatrial_reports::quote;
use seatrial_scenarios::Output;
use seatrial_scenarios::console::statements;
use seatrial_scenarios::runner::external::{Answer, Question};

use super::inside::Bound;
use crate::script::Asked;
use crate::script::process::{Client, Inbox};

/// Errors of a client that has no connection: they end it.
const NO_CONNECTION: [u16; 4] = [2002, 2003, 2006, 2013];

/// "This version of MariaDB doesn't yet support": what the console does not know.
const NOT_SUPPORTED: u16 = 1235;

/// The statements that write rows.
const WRITES: [&str; 4] = ["INSERT", "REPLACE", "UPDATE", "DELETE"];

/// Settings of a session that change how text looks, and nothing that the model has.
const OF_TEXT: [&str; 3] = ["NAMES", "CHARACTER", "CHARSET"];

/// The answer to a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It was carried out. It has no rows.
    Done {
        /// The rows that it wrote.
        rows: u64,
    },
    /// Rows.
    Rows {
        /// The names of the columns, and whether each holds numbers.
        columns: Vec<(String, bool)>,
        /// The values of each row.
        rows: Vec<Vec<String>>,
    },
    /// An error of the server's.
    Error {
        /// Its number.
        code: u16,
        /// The five characters of its state.
        state: String,
        /// Its text.
        message: String,
    },
    /// The server is gone.
    Lost,
}

/// A session.
pub(super) struct Session {
    ask: Box<dyn FnMut(&str) -> Option<Answer> + Send>,
    autocommit: bool,
    in_transaction: bool,
    /// The writes of the transaction.
    writes: u32,
    /// What the session has set of the replication, in the order of its statements.
    settings: Vec<String>,
}

impl Session {
    /// Begins one of a client that connected there.
    pub(super) fn new(at: Bound, inbox: Inbox) -> Self {
        Self::that_asks(move |line| {
            let (sender, answers) = mpsc::channel();
            let asked = Asked {
                from: None,
                host: at.from.clone(),
                question: Question::Run {
                    node: at.node.clone(),
                    line: line.to_owned(),
                    input: None,
                    limit_ms: None,
                },
            };
            inbox.put(asked, Client::Statement(sender)).then_some(())?;
            // The end of the run drops the sender.
            answers.recv().ok()
        })
    }

    fn that_asks(ask: impl FnMut(&str) -> Option<Answer> + Send + 'static) -> Self {
        Self {
            ask: Box::new(ask),
            autocommit: true,
            in_transaction: false,
            writes: 0,
            settings: Vec::new(),
        }
    }

    /// Carries out a text of one or several statements, and returns an answer for each. After an error the rest is
    /// left out.
    pub(super) fn carry_out(&mut self, text: &str) -> Vec<Reply> {
        let mut replies = Vec::new();
        for statement in statements(text) {
            let reply = self.one(&statement);
            let goes_on = matches!(reply, Reply::Done { .. } | Reply::Rows { .. });
            replies.push(reply);
            if !goes_on {
                break;
            }
        }
        if replies.is_empty() {
            replies.push(error(1065, "42000", "Query was empty"));
        }
        replies
    }

    /// Forgets what was set, as a new connection does.
    pub(super) fn reset(&mut self) {
        self.autocommit = true;
        self.settings.clear();
        (self.in_transaction, self.writes) = (false, 0);
    }

    fn one(&mut self, statement: &str) -> Reply {
        let upper = statement.to_ascii_uppercase();
        let words: Vec<&str> = upper
            .split(|c: char| c.is_whitespace() || c == '=' || c == ';')
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            ["USE", ..] => Reply::Done { rows: 0 },
            ["BEGIN", ..] | ["START", "TRANSACTION", ..] => {
                (self.in_transaction, self.writes) = (true, 0);
                Reply::Done { rows: 0 }
            }
            // Its one write was carried out when it came.
            ["COMMIT", ..] => self.ended(),
            ["ROLLBACK", ..] if self.writes == 0 => self.ended(),
            ["SET", "AUTOCOMMIT", value, ..] | ["SET", "SESSION", "AUTOCOMMIT", value, ..] => {
                self.autocommit = ["1", "ON", "TRUE"].contains(value);
                self.ended()
            }
            ["SET", of_text, ..] if OF_TEXT.contains(of_text) => Reply::Done { rows: 0 },
            [verb, ..] if WRITES.contains(verb) => {
                let is_open = self.in_transaction || !self.autocommit;
                if is_open && self.writes > 0 {
                    // Several writes that stand or fall together: the engine says that it has no such thing.
                    return match self.typed("START TRANSACTION") {
                        Reply::Done { .. } | Reply::Rows { .. } => {
                            not_supported("transactions with several writes")
                        }
                        other => other,
                    };
                }
                let reply = self.typed(statement);
                if is_open && matches!(reply, Reply::Done { .. }) {
                    self.writes += 1;
                }
                match reply {
                    Reply::Done { .. } => Reply::Done { rows: 1 },
                    other => other,
                }
            }
            ["SET", ..] => {
                let reply = self.typed(statement);
                let is_global = upper.contains("GLOBAL");
                if !is_global && upper.contains("WSREP_") && matches!(reply, Reply::Done { .. }) {
                    self.settings.push(statement.to_owned());
                }
                reply
            }
            _ => self.typed(statement),
        }
    }

    fn ended(&mut self) -> Reply {
        (self.in_transaction, self.writes) = (false, 0);
        Reply::Done { rows: 0 }
    }

    /// Lets the engine type a statement behind what the session has set.
    fn typed(&mut self, statement: &str) -> Reply {
        let mut all = self.settings.clone();
        all.push(statement.to_owned());
        let line = format!("mysql --silent -e {}", quote(&all.join("; ")));
        match (self.ask)(&line) {
            Some(answer) if !answer.timed_out => read(statement, &answer.output),
            _ => Reply::Lost,
        }
    }
}

fn error(code: u16, state: &str, message: &str) -> Reply {
    Reply::Error {
        code,
        state: state.to_owned(),
        message: message.to_owned(),
    }
}

fn not_supported(what: &str) -> Reply {
    let message = format!("This version of MariaDB doesn't yet support '{what}'");
    error(NOT_SUPPORTED, "42000", &message)
}

/// Reads what the client `mysql` printed.
fn read(statement: &str, output: &Output) -> Reply {
    if output.exit != 0 {
        let line = output.stderr.lines().rev().find(|line| !line.is_empty());
        return read_error(line.unwrap_or_default());
    }
    let mut lines = output.stdout.lines();
    let Some(names) = lines.next() else {
        return Reply::Done { rows: 0 };
    };
    let names: Vec<String> = names.split('\t').map(plain).collect();
    let rows: Vec<Vec<String>> = lines
        .map(|line| line.split('\t').map(plain).collect())
        .collect();
    let is_select = statement
        .get(..6)
        .is_some_and(|verb| verb.eq_ignore_ascii_case("SELECT"));
    let columns = names.into_iter().enumerate().map(|(at, name)| {
        let mut values = rows.iter().filter_map(|row| row.get(at));
        let numbers = is_select && !is_text(&name) && values.all(|value| is_number(value));
        (name, numbers)
    });
    Reply::Rows {
        columns: columns.collect(),
        rows,
    }
}

/// Returns whether a column holds text, whatever its values look like.
fn is_text(name: &str) -> bool {
    const TEXT: [&str; 4] = ["VARIABLE_NAME", "VARIABLE_VALUE", "VALUE", "TAG"];
    TEXT.iter().any(|text| name.eq_ignore_ascii_case(text))
}

fn is_number(value: &str) -> bool {
    value.parse::<i64>().is_ok()
}

/// Reads a value as the client writes it.
fn plain(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        text.push(match c {
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    text
}

/// Reads `ERROR 1047 (08S01) at line 1: text`. Another text is the console's own: it does not know the statement.
fn read_error(line: &str) -> Reply {
    let parts = || {
        let (code, rest) = line.strip_prefix("ERROR ")?.split_once(" (")?;
        let (state, rest) = rest.split_once(')')?;
        let (_, message) = rest.split_once(": ")?;
        Some((code.parse::<u16>().ok()?, state, message))
    };
    match parts() {
        Some((code, _, _)) if NO_CONNECTION.contains(&code) => Reply::Lost,
        Some((code, state, message)) => error(code, state, message),
        None => not_supported(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session whose engine answers each line with these texts.
    fn session(answers: &'static [(&str, &str)]) -> Session {
        Session::that_asks(move |line| {
            let sql = line.strip_prefix("mysql --silent -e ")?;
            let found = answers.iter().find(|(asked, _)| sql.contains(asked));
            let text = found.map_or("this console does not know it", |(_, text)| text);
            let is_error = text.starts_with("ERROR") || text.starts_with("this console");
            let output = Output {
                stdout: if is_error { "" } else { text }.to_owned(),
                stderr: if is_error { text } else { "" }.to_owned(),
                exit: i32::from(is_error),
            };
            Some(Answer {
                output,
                timed_out: false,
                now_ms: 0,
                is_real: false,
            })
        })
    }

    #[test]
    fn rows_and_numbers() {
        let mut session = session(&[
            ("COUNT", "COUNT(*)\n3\n"),
            ("STATUS", "Variable_name\tValue\nwsrep_cluster_size\t3\n"),
            ("VARIABLE_VALUE", "VARIABLE_VALUE\n3\n"),
        ]);
        let columns = |reply: &[Reply]| match reply {
            [Reply::Rows { columns, .. }] => columns.iter().map(|(_, numbers)| *numbers).collect(),
            _ => Vec::new(),
        };
        assert_eq!(
            columns(&session.carry_out("SELECT COUNT(*) FROM t.t")),
            [true]
        );
        assert_eq!(columns(&session.carry_out("SHOW STATUS")), [false, false]);
        assert_eq!(
            columns(&session.carry_out("SELECT VARIABLE_VALUE FROM x")),
            [false]
        );
    }

    #[test]
    fn a_transaction_has_one_write() {
        let mut session = session(&[("INSERT", "")]);
        let done = |rows| [Reply::Done { rows }];
        assert_eq!(session.carry_out("SET AUTOCOMMIT = 0"), done(0));
        assert_eq!(session.carry_out("INSERT INTO t.t VALUES ('a')"), done(1));
        assert_eq!(session.carry_out("COMMIT"), done(0));
        assert_eq!(session.carry_out("INSERT INTO t.t VALUES ('b')"), done(1));
        let second = session.carry_out("INSERT INTO t.t VALUES ('c')");
        assert!(
            matches!(second.as_slice(), [Reply::Error { code: 1235, .. }]),
            "{second:?}"
        );
        let back = session.carry_out("ROLLBACK");
        assert!(
            matches!(back.as_slice(), [Reply::Error { code: 1235, .. }]),
            "{back:?}"
        );
    }

    #[test]
    fn errors_have_their_numbers() {
        let mut session = session(&[
            (
                "not ready",
                "ERROR 1047 (08S01) at line 1: WSREP has not yet prepared node",
            ),
            ("gone", "ERROR 2002 (HY000): Can't connect"),
        ]);
        let expected = error(1047, "08S01", "WSREP has not yet prepared node");
        assert_eq!(session.carry_out("not ready"), [expected]);
        assert_eq!(session.carry_out("gone; not ready"), [Reply::Lost]);
    }
}
