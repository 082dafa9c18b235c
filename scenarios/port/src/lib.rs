//! The port between the code that acts on a cluster and the engines that provide one.
//!
//! An engine implements [`Testbed`]. A procedure acts through the narrower [`console::Console`], and an
//! operator's command on a simulated node through [`host::Host`]. Everything that crosses these ports
//! stands here: the setup of a cluster, faults, requests, observations, predicates, the trace.

pub mod bed;
pub mod call;
pub mod console;
pub mod fault;
pub mod findings;
pub mod firewall;
pub mod host;
pub mod journal;
pub mod message;
pub mod name;
pub mod observation;
pub mod options;
mod panics;
pub mod paths;
pub mod predicate;
pub mod procedure;
pub mod request;
pub mod setup;
pub mod tcp_port;
pub mod testbed;
pub mod time;
pub mod trace;
pub mod tree;

pub use bed::Bed;
pub use fault::{Arguments, Damage, Fault, FaultKind, FaultOutcome, Shape, Slowed, StateFile};
pub use message::{Listening, Message, Moment, Way};
pub use name::{NodeName, comma_list, list};
pub use observation::{
    GrastateSeen, GvwstateSeen, HistoryEntry, NodeObservation, Observation, ProcessState,
};
pub use options::{FILE_OPTIONS, OPTIONS, OptionKind, OptionValue, option_kind};
pub use panics::panic_text;
pub use request::{ListStatement, Output, Progress, Request, RequestId, Statement};
pub use setup::{ForceEdit, Initial, Jitter, MysqldSafeLog, Options, Setup, Supervisor, Timers};
pub use tcp_port::Port;
pub use testbed::{Capabilities, Condition, Played, Testbed, Timeout};
pub use time::Span;
pub use tree::{FileChange, HostFiles, HostTree};
