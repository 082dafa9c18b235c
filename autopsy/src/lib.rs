//! Tells from the logs of a Galera cluster what happened, what was lost, and when that became inevitable.
//!
//! Facts go in, a [`Story`] comes out. The crate opens no file and asks no clock. Every sentence of the
//! story has its lines and its certainty.
//!
//! # How it works
//!
//! 1. `clock`: the facts of each node in the order of time, all nodes on one clock. Events that several
//!    nodes saw show by how much clocks differ.
//! 2. `life`: each log is cut into the lives of its server.
//! 3. `view`: what the lives saw of a primary view is put together by the uuid of its state exchange and
//!    by its id, never by time.
//! 4. `cluster`: views make primary components, components make lines of history. Two lines of one
//!    history are a fork.
//! 5. `transfer`, `ledger`: who got what from whom, which copies were overwritten, how every node stands.
//! 6. `tell`: the sentences.
//!
//! ```
//! use seatrial_evidence::{Fact, FileId, Reader};
//!
//! let log = b"2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [Galera] Found saved state: \
//!     7159b315-ed8a-11ed-b66b-82b08426f1d2:41, safe_to_bootstrap: 0\n\
//!     2030-01-02T03:04:06.000006Z 0 [ERROR] [MY-000000] [Galera] It may not be safe to bootstrap the \
//!     cluster from this node. It was not the last one to leave the cluster\n";
//! let mut facts: Vec<Fact> = Vec::new();
//! let mut reader = Reader::new(FileId(0));
//! reader.push(log, &mut |fact| facts.push(fact));
//! reader.finish(&mut |fact| facts.push(fact));
//! let node = seatrial_autopsy::NodeLog {
//!     name: "A".to_owned(),
//!     own_names: Default::default(),
//!     files: vec![facts.iter().collect()],
//! };
//! let story = seatrial_autopsy::story(&[node]);
//! assert!(story.nodes[0].lines.iter().any(|line| line.says.contains("was refused")));
//! ```

mod clock;
mod cluster;
mod errno;
mod ledger;
mod life;
mod mark;
mod statement;
mod story;
mod tell;
mod transfer;
mod view;

use std::collections::BTreeSet;

use seatrial_evidence::Fact;

pub use statement::{Certainty, Statement};
pub use story::{
    Act, ComponentStory, Deed, EndStory, ForkStory, JoinFailure, NodeStory, RefusedStory,
    SideStory, StandKind, Story, Stretch, TransferEnd, TransferStory, ViewStory,
};
pub use transfer::TransferKind;

/// The log of a node: its files with all their facts, each file in its own order.
#[derive(Clone, Debug)]
pub struct NodeLog<'a> {
    /// What the node is called.
    pub name: String,
    /// The names that its logs give it.
    pub own_names: BTreeSet<String>,
    /// The facts of each file. The order of files is of no account.
    pub files: Vec<Vec<&'a Fact>>,
}

/// Tells the story of a cluster from the logs of some or all of its nodes.
pub fn story(nodes: &[NodeLog<'_>]) -> Story {
    // The order in which logs are given is of no account.
    let mut nodes = nodes.to_vec();
    nodes.sort_by(|one, other| one.name.cmp(&other.name));
    let cluster = cluster::Cluster::of(&nodes);
    tell::tell(&cluster)
}
