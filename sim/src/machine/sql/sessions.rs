//! The sessions of a server, as SHOW PROCESSLIST lists them.

use seatrial_scenarios::Span;

/// A session of a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Session {
    /// The number by which `KILL` names it.
    pub(in crate::machine) number: u32,
    /// When its statement came, or when it had its last answer.
    pub(in crate::machine) since: Span,
    /// What it waits for, in the server's words; `None` for a session that nobody uses.
    pub(in crate::machine) state: Option<&'static str>,
    /// The statement.
    pub(in crate::machine) text: String,
}

/// Returns the lines of SHOW PROCESSLIST: the two threads of replication, and the sessions by their number. `started` is
/// when the server began.
pub(in crate::machine) fn processes(
    started: Span,
    now: Span,
    sessions: &[Session],
) -> Vec<Vec<String>> {
    let seconds =
        |since: Span| (now.as_micros().saturating_sub(since.as_micros()) / 1_000_000).to_string();
    let row = |number: u32,
               user: &str,
               host: &str,
               command: &str,
               since: Span,
               state: &str,
               text: &str| {
        let values = [user, host, "NULL", command];
        let mut row = vec![number.to_string()];
        row.extend(values.map(str::to_owned));
        row.extend([
            seconds(since),
            state.to_owned(),
            text.to_owned(),
            "0.000".to_owned(),
        ]);
        row
    };
    let mut rows = vec![
        row(
            1,
            "system user",
            "",
            "Sleep",
            started,
            "wsrep aborter idle",
            "NULL",
        ),
        row(2, "system user", "", "Sleep", started, "", "NULL"),
    ];
    for session in sessions {
        let Session {
            number,
            since,
            state,
            text,
        } = session;
        rows.push(match state {
            Some(state) => row(*number, "root", "localhost", "Query", *since, state, text),
            None => row(*number, "root", "localhost", "Sleep", *since, "", "NULL"),
        });
    }
    rows
}
