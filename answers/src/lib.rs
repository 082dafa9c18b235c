//! What `advise` and `autopsy` say of the evidence of a broken cluster.
//!
//! A face hands the bytes of files to a [`Reading`], ends it, and asks for an answer. The command is one face, the
//! page another. This crate opens no file and has no terminal.
//!
//! | module | what is in it |
//! |---|---|
//! | `gathered` | the evidence, divided among nodes |
//! | `advise` | which node to bootstrap, as text and as JSON |
//! | `autopsy` | what happened, as text, as JSON and as a scenario |

mod advise;
mod autopsy;
mod gathered;

pub use advise::Answer;
pub use autopsy::{Reconstruction, Told, reconstruct};
pub use gathered::{Gathered, Reading, Refusal, WANTED};
