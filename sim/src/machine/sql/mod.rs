//! The statements that operators, scripts and clients send to a simulated server.
//!
//! A library parses them (`sqlparser`). What the server shows of itself, and the table of the cluster's clients,
//! are answered here; the node does what changes the cluster. A statement that is none of these is refused with a
//! text that begins `this console`: to accept it in silence would make a script pass that changes nothing.

mod expression;
mod provider_options;
mod read;
mod select;
mod sessions;
mod settings;
mod tables;
mod unmodelled;

use seatrial_galera::SqlError;
use seatrial_node::{
    Change, DiskOp, ListStatement as NodeListStatement, SessionId, Statement as NodeStatement,
};
use seatrial_scenarios::{ListStatement, Span, Statement};

pub(super) use expression::like;
pub(super) use provider_options::provider_options;
pub(super) use read::{read, without_notes, without_replication};
pub(super) use select::{Selection, Shown};
pub(super) use sessions::{Session, processes};
pub(super) use settings::{is_harmless, is_known, settings, switch};
pub(super) use tables::{databases, tables};
pub(super) use unmodelled::{PROVIDER_OPTIONS, other_status, usual_settings};

/// The request of a statement.
#[derive(Debug)]
pub(super) enum Query {
    /// Rows of what the server shows.
    Rows(Box<Selection>),
    /// Something that the node must do.
    Statement(NodeStatement),
    /// `SET GLOBAL` of an option of the provider: by the variable of its own that the plug-in gives it, or in the list of
    /// all options.
    Provider {
        /// The name of its own variable.
        variable: Option<String>,
        /// The query that follows where the server has this form.
        then: Box<Self>,
    },
    /// `SET GLOBAL wsrep_cluster_address`.
    Address(String),
    /// `USE` of a database.
    Use(String),
    /// `SHUTDOWN`.
    Shutdown,
    /// `FLUSH TABLES WITH READ LOCK`.
    Lock,
    /// `UNLOCK TABLES`, and the end of a session that holds the lock.
    Unlock,
    /// `SELECT SLEEP(…)`: the title of the column, and how long.
    Sleep(String, Span),
    /// `SHOW TABLES` of a database, and a pattern.
    Tables(String, Option<String>),
    /// `KILL` of the session of a number.
    Kill(String),
    /// `FLUSH` of something else, which needs a node that is ready.
    Flush,
    /// A setting of the client's own session, or a wish without effect here.
    Accepted,
    /// An error of the server's.
    Error(SqlError),
    /// A statement that has no answer here; the text for the user.
    NotKnown(String),
}

/// A client's statement as the node takes it.
pub(super) fn node_statement(statement: &Statement) -> NodeStatement {
    match statement {
        Statement::Insert(tag) => NodeStatement::Commit(Change::Insert(tag.clone())),
        Statement::Ddl(tag) => NodeStatement::Commit(Change::Ddl(tag.clone())),
        Statement::Read => NodeStatement::Read,
        Statement::Lists {
            client,
            within,
            statement,
        } => NodeStatement::Lists {
            session: SessionId(*client),
            within: *within,
            statement: list_statement(statement),
        },
    }
}

fn list_statement(statement: &ListStatement) -> NodeListStatement {
    match statement.clone() {
        ListStatement::Begin => NodeListStatement::Begin,
        ListStatement::Read { row, causal } => NodeListStatement::Read { row, causal },
        ListStatement::Append { row, value } => NodeListStatement::Append { row, value },
        ListStatement::Set { row, text } => NodeListStatement::Set { row, text },
        ListStatement::Commit => NodeListStatement::Commit,
        ListStatement::Rollback => NodeListStatement::Rollback,
    }
}

/// Returns a disk operation in a few words, where a trace wants it.
pub(super) fn describe(op: &DiskOp) -> Option<String> {
    match op {
        DiskOp::WriteGrastate(state) => Some(format!(
            "grastate.dat {}:{} safe_to_bootstrap {}",
            state.uuid,
            state.seqno,
            u8::from(state.safe_to_bootstrap)
        )),
        DiskOp::WriteGvwstate(state) => {
            Some(format!("gvwstate.dat {} members", state.members.len()))
        }
        DiskOp::RemoveGvwstate => Some("gvwstate.dat removed".into()),
        DiskOp::InnodbReplace(_) => Some("InnoDB files replaced".into()),
        DiskOp::Open
        | DiskOp::InnodbWrite(_)
        | DiskOp::InnodbSync
        | DiskOp::CacheAppend(_)
        | DiskOp::CacheReset(_)
        | DiskOp::CacheDiscardAbove(_) => None,
    }
}
