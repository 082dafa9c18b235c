//! One mariadbd process with its Galera provider: the layers put together.
//!
//! A [`Node`] is made of seven parts (`parts`), each of which owns its fields. What happens in it is
//! written as flows (`flows`), one file for each thing that a process does: it starts, applies, joins,
//! gives its state, votes, serves clients, stops. A flow may call the methods of any part; a part knows
//! no flow.

mod flows;
mod parts;
mod whole;

pub use parts::Phase;
pub use whole::{Identity, Node};
