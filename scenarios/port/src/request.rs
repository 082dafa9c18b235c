//! Requests, which take time: an operator's command lines and a client's SQL statements.

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
