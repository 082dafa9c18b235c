//! Requests, which take time: an operator's command lines and a client's SQL statements.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::NodeName;

/// An SQL statement that a client sends to a node's server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Statement {
    /// A transaction of one new row. The tag is the row's key and identity.
    Insert(String),
    /// A read of the table (`SELECT`). A node that is not ready refuses it.
    Read,
    /// A change of the schema, replicated in total order isolation.
    Ddl(String),
    /// A statement about the clients' lists: the table `t.lists`, rows with a name and a text.
    Lists {
        /// The number of the client, which has one connection to the server.
        client: u32,
        /// The client has begun a transaction on this connection, and not ended it.
        within: bool,
        /// The statement.
        statement: ListStatement,
    },
}

/// A client's statement about its lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ListStatement {
    /// `START TRANSACTION`, with the isolation `REPEATABLE READ`.
    Begin,
    /// `SELECT` of one row, without a lock.
    Read {
        /// The row.
        row: String,
        /// With `wsrep_sync_wait = 1`: the read waits until everything is applied that the group has ordered.
        causal: bool,
    },
    /// Adds a value to the end of a row's text, behind a comma; makes the row where there is none.
    Append {
        /// The row.
        row: String,
        /// The value.
        value: String,
    },
    /// Gives a row this text, whatever it had.
    Set {
        /// The row.
        row: String,
        /// The text.
        text: String,
    },
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(tag) => write!(f, "write {tag}"),
            Self::Read => f.write_str("read"),
            Self::Ddl(what) => write!(f, "schema {what}"),
            Self::Lists {
                client, statement, ..
            } => write!(f, "client {client}: {statement}"),
        }
    }
}

impl ListStatement {
    /// Returns the word of a scenario file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Read { .. } => "read",
            Self::Append { .. } => "append",
            Self::Set { .. } => "set",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for ListStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin | Self::Commit | Self::Rollback => f.write_str(self.word()),
            Self::Read { row, causal: false } => write!(f, "read {row}"),
            Self::Read { row, causal: true } => write!(f, "read {row}, causal"),
            Self::Append { row, value } => write!(f, "append {value} to {row}"),
            Self::Set { row, text } => write!(f, "set {row} to {text}"),
        }
    }
}

/// Something that takes time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// A command line typed by an operator on a node.
    Operator {
        /// The node on which it is typed.
        node: NodeName,
        /// The line.
        line: String,
    },
    /// A client's statement to a node's server.
    Client {
        /// The node whose server is asked.
        node: NodeName,
        /// The statement.
        statement: Statement,
    },
}

/// The number of a request in its run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// The output and the exit code of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; 130 after Ctrl-C.
    pub exit: i32,
}

/// The progress of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Progress {
    /// It still runs.
    Running,
    /// A command has ended.
    Done(Output),
    /// A statement has succeeded and the client knows it.
    Acknowledged,
    /// The text of the row that a client has read, if there is one.
    Read(Option<String>),
    /// A statement has failed and the client knows it.
    Refused {
        /// MariaDB's error number, such as 1047.
        code: u16,
        /// The error's text as the client prints it.
        message: String,
    },
    /// The connection was lost while the statement ran, so the client does not know its end.
    Unknown,
}

impl Progress {
    /// Returns whether the request has ended, in whatever way.
    pub const fn has_ended(&self) -> bool {
        !matches!(self, Self::Running)
    }
}
