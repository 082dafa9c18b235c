//! Run records as text for people and as files for machines.
//!
//! Everything here is made from records alone, so that a report can be written later and elsewhere.
//! Nothing here prints, reads a clock or looks at the terminal; colours are always in the text, and
//! the command takes them out where they are not wanted.

mod campaign;
mod claims;
mod junit;
mod summary;
mod terminal;
mod words;

pub use campaign::Campaign;
pub use claims::{AuditEntry, audit_text, claims_json, claims_markdown, claims_text};
pub use junit::junit_xml;
pub use summary::summary_markdown;
pub use terminal::{Columns, details, totals};
pub use words::{WIDTH, quote, wrapped};
