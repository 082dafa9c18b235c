//! Clients that read and change rows in transactions: single statements, and a workload.

use std::fmt;

use seatrial_port::{ListStatement, NodeName, Span, comma_list};

/// A client's statement about the lists of the table `t.lists`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientStep {
    /// The client's name. It has one connection to each node.
    pub name: String,
    /// The node to which it speaks.
    pub node: NodeName,
    /// The statement.
    pub statement: ListStatement,
    /// The text that a read must return; empty for no row.
    pub sees: Option<String>,
    /// The error number with which the statement must be refused.
    pub fails: Option<u16>,
}

/// Clients that read rows and append to them, in transactions that the seed draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The nodes to which clients speak.
    pub nodes: Vec<NodeName>,
    /// Clients on each node; 0 ends the workload.
    pub clients: u32,
    /// The number of rows that they share.
    pub rows: u32,
    /// Whether reads wait for what the group has ordered (`wsrep_sync_wait = 1`).
    pub causal: bool,
    /// The longest time between two transactions of a client; 50 ms if nothing is said.
    pub pause: Option<Span>,
    /// How long; without it the workload goes on while the following steps are played.
    pub span: Option<Span>,
}

impl fmt::Display for ClientStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, node) = (&self.name, &self.node);
        write!(f, "client {name} on {node}: {}", self.statement)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.clients == 0 {
            return f.write_str("end the workload");
        }
        write!(
            f,
            "workload of {} clients on {}",
            self.clients,
            comma_list(&self.nodes)
        )
    }
}
