//! The tables of clients and workloads as they stand in the text.

use schemars::JsonSchema;
use serde::Deserialize;

use super::choice::ClientWord;
use super::raw::{Placed, SpanText};

/// A client's statement about the lists of the table `t.lists`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClient {
    /// The client's name. It has one connection to each node.
    pub(super) name: Placed<String>,
    /// The node to which it speaks.
    pub(super) node: Placed<String>,
    /// The statement.
    pub(super) says: ClientWord,
    /// The row that is read or changed.
    pub(super) row: Option<Placed<String>>,
    /// The value that is appended.
    pub(super) value: Option<Placed<String>>,
    /// The text that the row gets: values with commas between them.
    pub(super) text: Option<Placed<String>>,
    /// The read waits for everything that the group has ordered (`wsrep_sync_wait = 1`).
    pub(super) causal: Option<Placed<bool>>,
    /// The text that the read must return; empty for no row.
    pub(super) sees: Option<Placed<String>>,
    /// The error number with which the statement must be refused.
    pub(super) fails: Option<Placed<i64>>,
}

/// Clients that read rows and append to them, in transactions that the seed draws.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWorkload {
    /// The nodes to which clients speak.
    pub(super) nodes: Placed<Vec<Placed<String>>>,
    /// Clients on each node; 0 ends the workload.
    pub(super) clients: Placed<i64>,
    /// The number of rows that they share; 3 if nothing is said.
    pub(super) rows: Option<Placed<i64>>,
    /// Reads wait for everything that the group has ordered (`wsrep_sync_wait = 1`).
    pub(super) causal: Option<Placed<bool>>,
    /// The longest time between two transactions of a client; 50 ms if nothing is said.
    pub(super) pause: Option<Placed<SpanText>>,
    /// How long; without it the workload goes on while the following steps are played.
    #[serde(rename = "for")]
    pub(super) span: Option<Placed<SpanText>>,
}
