//! The errors that a client of a node can see.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An error as the `mariadb` client prints it when it is not in batch mode, where it would add `at line 1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Error, Serialize, Deserialize)]
#[error("ERROR {} ({}): {}", self.code(), self.sqlstate(), self.message())]
pub enum SqlError {
    /// 1047: the node is not in a primary component, or not ready (`sql/sql_parse.cc:mysql_execute_command`).
    NotPrepared,
    /// 1180: the component lost its quorum while the commit was on its way. The outcome elsewhere is open.
    CommitFailed,
    /// 1213: the transaction lost against one from another node.
    Deadlock,
    /// 1205: a lock was not granted in time; DDL on a node that loses its quorum ends so.
    LockWaitTimeout,
    /// 1046: a statement about tables without a database.
    NoDatabase,
    /// 1049.
    UnknownDatabase {
        /// Its name.
        name: String,
    },
    /// 1007.
    DatabaseExists {
        /// Its name.
        name: String,
    },
    /// 1008.
    NoDatabaseToDrop {
        /// Its name.
        name: String,
    },
    /// 1094: `KILL` of a session that there is not.
    UnknownThread {
        /// Its number.
        number: String,
    },
    /// 1109.
    UnknownSchemaTable {
        /// Its name in information_schema.
        table: String,
    },
    /// 1396: the provider refuses what a statement asks of it (`sql/wsrep_var.cc:wsrep_desync_check`).
    CannotUser {
        /// The operation.
        operation: String,
        /// The statement, as it was written.
        statement: String,
    },
    /// 1223: a write of the session that holds the global read lock.
    ConflictingReadLock,
    /// 1231.
    WrongValue {
        /// The variable.
        name: String,
        /// The value.
        value: String,
    },
    /// 1050.
    TableExists {
        /// Its name without the database.
        table: String,
    },
    /// 1051.
    UnknownTable {
        /// `database.table`.
        table: String,
    },
    /// 1054.
    UnknownColumn {
        /// Its name.
        name: String,
        /// `SELECT` or `WHERE`.
        clause: String,
    },
    /// 1062.
    DuplicateEntry {
        /// The value that is there already.
        entry: String,
        /// The name of the key.
        key: String,
    },
    /// 1064.
    Syntax {
        /// The text from the first wrong word on.
        near: String,
    },
    /// 1146.
    NoSuchTable {
        /// `database.table`.
        table: String,
    },
    /// 1193.
    UnknownVariable {
        /// Its name.
        name: String,
    },
    /// 1238.
    ReadOnlyVariable {
        /// Its name.
        name: String,
    },
    /// 1210: the provider has refused an option.
    WrongArguments {
        /// The statement's verb.
        statement: String,
    },
    /// 2002: nothing listens at the socket. That says nothing about the process: a node that waits for a primary
    /// component at its start, or for a snapshot, has no socket either.
    NoServer {
        /// The path of the socket.
        socket: String,
        /// 2 (no such file, after a clean stop) or 111 (connection refused, a socket left behind).
        errno: i32,
    },
    /// 2013: the server went away in the middle of a statement, whose outcome is open.
    LostConnection,
}

impl SqlError {
    /// Returns the error number of the server (below 2000) or of the client.
    pub const fn code(&self) -> u16 {
        match self {
            Self::NotPrepared => 1047,
            Self::NoDatabase => 1046,
            Self::UnknownDatabase { .. } => 1049,
            Self::DatabaseExists { .. } => 1007,
            Self::NoDatabaseToDrop { .. } => 1008,
            Self::UnknownThread { .. } => 1094,
            Self::CannotUser { .. } => 1396,
            Self::UnknownSchemaTable { .. } => 1109,
            Self::ConflictingReadLock => 1223,
            Self::WrongValue { .. } => 1231,
            Self::TableExists { .. } => 1050,
            Self::UnknownTable { .. } => 1051,
            Self::UnknownColumn { .. } => 1054,
            Self::DuplicateEntry { .. } => 1062,
            Self::Syntax { .. } => 1064,
            Self::NoSuchTable { .. } => 1146,
            Self::CommitFailed => 1180,
            Self::UnknownVariable { .. } => 1193,
            Self::LockWaitTimeout => 1205,
            Self::WrongArguments { .. } => 1210,
            Self::Deadlock => 1213,
            Self::ReadOnlyVariable { .. } => 1238,
            Self::NoServer { .. } => 2002,
            Self::LostConnection => 2013,
        }
    }

    /// Returns the five characters that the SQL standard has for it.
    pub const fn sqlstate(&self) -> &'static str {
        match self {
            Self::NotPrepared => "08S01",
            Self::TableExists { .. } => "42S01",
            Self::UnknownColumn { .. } => "42S22",
            Self::DuplicateEntry { .. } => "23000",
            Self::NoDatabase => "3D000",
            Self::Syntax { .. } | Self::UnknownDatabase { .. } | Self::WrongValue { .. } => "42000",
            Self::NoSuchTable { .. }
            | Self::UnknownTable { .. }
            | Self::UnknownSchemaTable { .. } => "42S02",
            Self::Deadlock => "40001",
            Self::CommitFailed
            | Self::ConflictingReadLock
            | Self::UnknownThread { .. }
            | Self::CannotUser { .. }
            | Self::DatabaseExists { .. }
            | Self::NoDatabaseToDrop { .. }
            | Self::UnknownVariable { .. }
            | Self::ReadOnlyVariable { .. }
            | Self::WrongArguments { .. }
            | Self::LockWaitTimeout
            | Self::NoServer { .. }
            | Self::LostConnection => "HY000",
        }
    }

    /// Returns the text after number and state.
    pub fn message(&self) -> String {
        match self {
            Self::NotPrepared => "WSREP has not yet prepared node for application use".to_owned(),
            Self::CommitFailed => "Error while appending streaming replication fragment\
                (provider status: Not connected to Primary Component)"
                .to_owned(),
            Self::Deadlock => {
                "Deadlock found when trying to get lock; try restarting transaction".to_owned()
            }
            Self::LockWaitTimeout => {
                "Lock wait timeout exceeded; try restarting transaction".to_owned()
            }
            Self::DuplicateEntry { entry, key } => {
                format!("Duplicate entry '{entry}' for key '{key}'")
            }
            Self::NoDatabase => "No database selected".to_owned(),
            Self::UnknownDatabase { name } => format!("Unknown database '{name}'"),
            Self::DatabaseExists { name } => {
                format!("Can't create database '{name}'; database exists")
            }
            Self::NoDatabaseToDrop { name } => {
                format!("Can't drop database '{name}'; database doesn't exist")
            }
            Self::UnknownThread { number } => format!("Unknown thread id: {number}"),
            Self::CannotUser {
                operation,
                statement,
            } => format!("Operation '{operation}' failed for {statement}"),
            Self::UnknownSchemaTable { table } => {
                format!("Unknown table '{table}' in information_schema")
            }
            Self::ConflictingReadLock => {
                "Can't execute the query because you have a conflicting read lock".to_owned()
            }
            Self::WrongValue { name, value } => {
                format!("Variable '{name}' can't be set to the value of '{value}'")
            }
            Self::TableExists { table } => format!("Table '{table}' already exists"),
            Self::UnknownTable { table } => format!("Unknown table '{table}'"),
            Self::UnknownColumn { name, clause } => {
                format!("Unknown column '{name}' in '{clause}'")
            }
            Self::NoSuchTable { table } => format!("Table '{table}' doesn't exist"),
            Self::Syntax { near } => format!(
                "You have an error in your SQL syntax; check the manual that corresponds to your \
                 MariaDB server version for the right syntax to use near '{near}' at line 1"
            ),
            Self::ReadOnlyVariable { name } => {
                format!("Variable '{name}' is a read only variable")
            }
            Self::UnknownVariable { name } => format!("Unknown system variable '{name}'"),
            Self::WrongArguments { statement } => format!("Incorrect arguments to {statement}"),
            Self::NoServer { socket, errno } => {
                format!("Can't connect to local server through socket '{socket}' ({errno})")
            }
            Self::LostConnection => "Lost connection to server during query".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_as_the_client_prints_them() {
        let socket = "/run/mysqld/mysqld.sock".to_owned();
        let text = [
            SqlError::NotPrepared,
            SqlError::CommitFailed,
            SqlError::Deadlock,
            SqlError::LockWaitTimeout,
            SqlError::DuplicateEntry {
                entry: "12".to_owned(),
                key: "PRIMARY".to_owned(),
            },
            SqlError::NoSuchTable {
                table: "t.t".to_owned(),
            },
            SqlError::UnknownVariable {
                name: "wsrep_provider_pc_bootstrap".to_owned(),
            },
            SqlError::NoServer { socket, errno: 111 },
            SqlError::LostConnection,
        ]
        .map(|error| error.to_string())
        .join("\n");
        insta::assert_snapshot!(text, @r"
        ERROR 1047 (08S01): WSREP has not yet prepared node for application use
        ERROR 1180 (HY000): Error while appending streaming replication fragment(provider status: Not connected to Primary Component)
        ERROR 1213 (40001): Deadlock found when trying to get lock; try restarting transaction
        ERROR 1205 (HY000): Lock wait timeout exceeded; try restarting transaction
        ERROR 1062 (23000): Duplicate entry '12' for key 'PRIMARY'
        ERROR 1146 (42S02): Table 't.t' doesn't exist
        ERROR 1193 (HY000): Unknown system variable 'wsrep_provider_pc_bootstrap'
        ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (111)
        ERROR 2013 (HY000): Lost connection to server during query
        ");
    }
}
