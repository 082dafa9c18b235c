//! The machine of one node: its disk, mariadb.service, the server process, the programs that an
//! operator has started on it, and the mail back end.
//!
//! A machine is sans-I/O like the node inside it: an engine hands it inputs and instants, looks at
//! [`Machine::deadline`], and carries out the [`MachineEffect`]s. Both engines run the same machine;
//! what differs is the network, the time and the order of things.
//!
//! It is made of parts (`parts`), each of which owns its fields. What happens on it is written as flows
//! (`flows`): inputs, the server, the service, programs, faults, and what can be seen of it.

pub(crate) mod conf;
mod flows;
mod options;
mod parts;
mod sql;
mod whole;

pub use flows::Fingerprint;
pub(crate) use flows::Idle;
pub(crate) use parts::CallId;
pub use parts::{Installation, MachineEffect};
pub use whole::Machine;
