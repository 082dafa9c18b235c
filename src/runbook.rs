//! Runbooks: documents whose fenced blocks of shell are the procedure. What a person reads is what is tested.
//!
//! [`document`] finds the sections and blocks of a document, [`tangle`] makes one script of them. Every line of the
//! script has the number of its line in the document, so that errors of the shell name the document's lines.
//! `docs/runbooks.md` has the rules for authors.

mod check;
mod document;
mod other_markup;
mod tangle;

pub(crate) use check::problems;
pub(crate) use document::{Block, Mistake, Runbook};
pub(crate) use tangle::{reached_lines, script};
