//! The sans-I/O Galera node.
//!
//! A [`Node`] is one mariadbd process with its provider as a pure state machine: it takes [`Input`]s at
//! given instants and appends [`Effect`]s. It contains no I/O, clock, randomness, thread or hash map. It
//! cannot fail and cannot look outside. A [`Process`] is a node with its timers and disk operations, as a
//! driver holds it.
//!
//! The layers are Galera's: gmcast (connections, relaying), evs (membership, total order), pc (primary
//! component), gcs (the group's history, donors), the replicator with the state file and state
//! transfers, and the server. Each rule names the file and function of Galera that it follows; each
//! simplification is marked `MODEL GAP`.

mod cache;
mod coast;
mod config;
mod database;
pub mod decide;
mod deliberate_fault;
mod detail;
mod effect;
mod evs;
mod frame;
mod gcs;
mod gmcast;
mod key;
mod node;
mod pc;
mod peer;
mod process;
pub mod schema;
mod time;

pub use cache::Gcache;
pub use coast::Coast;
pub use config::{
    Config, ConfigError, OPTION_NAMES, RARE_OPTIONS, SstMethod, parse_period as period,
};
pub use database::{Change, Committed, Database, List, RowImage, WriteSet};
pub use deliberate_fault::{Broken, DeliberateFault};
pub use detail::{Detail, LoggedConfiguration, LoggedMember, LoggedQuorum, LoggedView, Names};
pub use effect::{
    BootMode, DiskOp, DiskState, Effect, Effects, EvsTimeout, Input, IoId, IoResult, Isolation,
    ListStatement, Note, Reply, RequestId, SessionId, Signal, Statement, TimerId, TransferStage,
};
pub use frame::{
    CachedEvent, Channel, EvsMessage, Frame, GapMessage, GcsMessage, GcsNodeState, GcsState,
    GroupFrame, InstallMessage, InstallNode, JoinMessage, JoinNode, LeaveMessage, PcMessage,
    PcNode, TransferFrame, UserMessage,
};
pub use key::{Living, Mark, SavedView, StateKey};
pub use node::{Identity, Node, Phase};
pub use peer::Peer;
pub use process::{Due, Outgoing, Process};
pub use time::Time;
