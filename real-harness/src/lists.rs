//! The connections of clients that read and change lists: each is a session of the server's own client inside the
//! node's host, and lasts until the server or the client ends it.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_scenarios::{ListStatement, Progress};
use tokio::sync::Mutex;

use crate::host::Host;
use crate::programs;
use crate::session::{END, Session};

/// The connections of a run, by the numbers of their clients.
#[derive(Clone, Default)]
pub(crate) struct Lists {
    connections: Arc<Mutex<BTreeMap<u32, Arc<Mutex<Option<Session>>>>>>,
}

/// The end of an answer.
enum Heard {
    /// What the client printed for a statement.
    Answer(String),
    /// What it printed before the connection ended.
    Lost(String),
}

impl Lists {
    /// Says a statement on the connection of a client, which is made if there is none. `within` says that the client
    /// has a transaction open, so that a new connection would be another one.
    pub(crate) async fn say(
        &self,
        host: &Host,
        client: u32,
        within: bool,
        statement: &ListStatement,
    ) -> Progress {
        let connection = {
            let mut all = self.connections.lock().await;
            all.entry(client).or_default().clone()
        };
        let mut connection = connection.lock().await;
        if connection.is_none() && within {
            return Progress::Unknown;
        }
        if let Some(mut open) = connection.take() {
            match ask(&mut open, &sql(statement)).await {
                Heard::Answer(text) => {
                    *connection = Some(open);
                    return progress(&text, statement);
                }
                // The server was gone before the statement was sent: nothing has happened.
                Heard::Lost(text) if !within && text.contains("ERROR 2006") => {}
                Heard::Lost(_) => return Progress::Unknown,
            }
        }
        let Ok(mut open) = host.session(programs::LIST_SESSION).await else {
            return Progress::Unknown;
        };
        match ask(&mut open, &sql(statement)).await {
            Heard::Answer(text) => {
                *connection = Some(open);
                progress(&text, statement)
            }
            // A server that takes no connection has done nothing.
            Heard::Lost(text) if text.contains("ERROR 2002") => progress(&text, statement),
            Heard::Lost(_) => Progress::Unknown,
        }
    }
}

/// Says a statement, and waits for the end of its answer or of the connection.
async fn ask(session: &mut Session, sql: &str) -> Heard {
    let said = session.say(&format!("{sql};\nSELECT CHAR({END});\n")).await;
    if said.is_err() {
        return Heard::Lost(session.heard());
    }
    loop {
        if let Some((text, _)) = session.answer() {
            return Heard::Answer(text);
        }
        let heard = session.heard();
        let is_gone = ["ERROR 2006", "ERROR 2013"]
            .iter()
            .any(|code| heard.contains(code));
        if is_gone || session.listen().await.is_err() {
            return Heard::Lost(heard);
        }
    }
}

fn sql(statement: &ListStatement) -> String {
    match statement {
        ListStatement::Begin => "START TRANSACTION".to_owned(),
        ListStatement::Read { row, causal } => {
            let wait = u8::from(*causal);
            format!(
                "SET STATEMENT wsrep_sync_wait={wait} FOR SELECT text FROM t.lists WHERE name='{row}'"
            )
        }
        ListStatement::Append { row, value } => format!(
            "INSERT INTO t.lists VALUES ('{row}', '{value}') ON DUPLICATE KEY UPDATE text=CONCAT(text, ',{value}')"
        ),
        ListStatement::Set { row, text } => format!(
            "INSERT INTO t.lists VALUES ('{row}', '{text}') ON DUPLICATE KEY UPDATE text='{text}'"
        ),
        ListStatement::Commit => "COMMIT".to_owned(),
        ListStatement::Rollback => "ROLLBACK".to_owned(),
    }
}

/// Returns what the client knows of a statement at its end.
fn progress(text: &str, statement: &ListStatement) -> Progress {
    let error = text.lines().find_map(|line| {
        let code = line.strip_prefix("ERROR ")?.split(' ').next()?;
        Some((code.parse::<u16>().ok()?, line))
    });
    match error {
        Some((code, line)) => Progress::Refused {
            code,
            message: line.to_owned(),
        },
        None if matches!(statement, ListStatement::Read { .. }) => {
            Progress::Read(text.lines().next().map(str::to_owned))
        }
        None => Progress::Acknowledged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read() -> ListStatement {
        ListStatement::Read {
            row: "x".to_owned(),
            causal: false,
        }
    }

    #[test]
    fn a_read_gives_the_text_or_says_that_there_is_no_row() {
        assert_eq!(
            progress("1,2\n", &read()),
            Progress::Read(Some("1,2".to_owned()))
        );
        assert_eq!(progress("", &read()), Progress::Read(None));
    }

    #[test]
    fn an_error_is_a_refusal_with_its_number() {
        let text = "ERROR 1213 (40001) at line 7: Deadlock found when trying to get lock\n";
        assert_eq!(
            progress(text, &ListStatement::Commit),
            Progress::Refused {
                code: 1213,
                message: text.trim_end().to_owned(),
            }
        );
    }
}
