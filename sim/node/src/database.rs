//! The database as far as recovery depends on it: its transactions, their order, and the position that
//! InnoDB keeps with them.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{Position, Seqno, StateUuid};
use serde::{Deserialize, Serialize};

use crate::peer::Peer;

/// A replicated transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WriteSet {
    /// The node on which a client has committed it.
    pub origin: Peer,
    /// The number that the origin gave it, unique together with the process that gave it.
    pub number: u64,
    /// The position that the origin had when the transaction was made (`last_seen_seqno`): it is
    /// certified against what came after that.
    pub seen: Seqno,
    /// The change.
    pub change: Change,
}

/// The change of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Change {
    /// Inserts the row with this key, which is also the transaction's identity.
    Insert(String),
    /// Changes the schema, in total order isolation.
    Ddl(String),
    /// Gives rows of the clients' lists another text, by their names.
    Update(Vec<RowImage>),
    /// Nothing: the transaction failed on every node alike, and only its position is taken.
    Skipped,
}

/// A row of the clients' lists as a write set carries it: whole, and not the statement that changed it
/// (`binlog_format = ROW`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowImage {
    /// The row's name.
    pub row: String,
    /// Its text from here on.
    pub text: String,
}

impl Change {
    /// Returns whether certification keeps only the first of two transactions with these changes that have not seen
    /// each other.
    fn conflicts_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Update(mine), Self::Update(others)) => {
                (mine.iter()).any(|image| others.iter().any(|other| other.row == image.row))
            }
            _ => self == other,
        }
    }

    /// Returns whether it changes the schema, in total order isolation.
    pub(crate) const fn is_ddl(&self) -> bool {
        matches!(self, Self::Ddl(_))
    }

    /// Returns the rows of the clients' lists that it changes.
    pub(crate) fn images(&self) -> &[RowImage] {
        match self {
            Self::Update(images) => images,
            _ => &[],
        }
    }
}

impl WriteSet {
    /// Returns the identity in words.
    pub fn tag(&self) -> &str {
        match &self.change {
            Change::Insert(tag) | Change::Ddl(tag) => tag,
            Change::Update(images) => images.first().map_or("", |image| &image.text),
            Change::Skipped => "skipped",
        }
    }
}

/// One position of a node's history.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Committed {
    /// The history's name when it was committed.
    pub uuid: StateUuid,
    /// The position.
    pub seqno: Seqno,
    /// The committed row; `None` for a configuration change.
    pub change: Option<Change>,
}

/// A row of the clients' lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct List {
    /// Its text.
    pub text: String,
    /// The position of the transaction that has changed it last.
    pub changed: Seqno,
}

/// What InnoDB holds: tables and the position, written together with each commit
/// (`sql/wsrep_xid.cc`; a contiguous prefix, since commits are ordered).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Database {
    /// The position of the last commit.
    pub position: Position,
    /// The commits in order. Oracles look at it; the protocol sees the position alone.
    pub history: Vec<Committed>,
    /// The rows' keys.
    pub rows: BTreeSet<String>,
    /// The clients' lists, by the names of their rows.
    pub lists: BTreeMap<String, List>,
    /// A snapshot that broke off has left some tables out: the position lies.
    pub half_copied: bool,
    /// The `domain-server-seq` part that `wsrep_gtid_mode` adds to a recovered position.
    pub gtid_seq: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            position: Position::UNDEFINED,
            history: Vec::new(),
            rows: BTreeSet::new(),
            lists: BTreeMap::new(),
            half_copied: false,
            gtid_seq: 0,
        }
    }
}

impl Database {
    /// Returns whether a transaction that conflicts with this change has come after a position: the certification
    /// of one that had not seen it fails then, on every node alike (`certification.cpp:certify_v3to5`).
    pub fn changed_since(&self, change: &Change, seen: Seqno) -> bool {
        self.history
            .iter()
            .rev()
            .take_while(|entry| entry.seqno > seen || entry.seqno.is_undefined())
            .filter(|entry| !entry.seqno.is_undefined())
            .filter_map(|entry| entry.change.as_ref())
            .any(|other| change.conflicts_with(other))
    }

    /// Applies a committed transaction or a configuration change. One without a position was made on
    /// this node alone and moves none.
    pub fn commit(&mut self, commit: &Committed) {
        if !commit.seqno.is_undefined() {
            self.position = Position {
                uuid: commit.uuid,
                seqno: commit.seqno,
            };
        }
        match &commit.change {
            Some(Change::Insert(tag)) => {
                self.rows.insert(tag.clone());
                self.gtid_seq += 1;
            }
            Some(Change::Ddl(_)) => self.gtid_seq += 1,
            Some(Change::Update(images)) => {
                for image in images {
                    let list = List {
                        text: image.text.clone(),
                        changed: commit.seqno,
                    };
                    self.lists.insert(image.row.clone(), list);
                }
                self.gtid_seq += 1;
            }
            Some(Change::Skipped) | None => {}
        }
        self.history.push(commit.clone());
    }
}
