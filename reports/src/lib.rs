//! Run records as text: for the terminal and for a CI job's summary.
//!
//! Everything here is made from records alone, so that a report can be written later and elsewhere.
//! Nothing here prints.

mod claims;
mod summary;
mod terminal;

pub use claims::{audit_line, claims_text};
pub use summary::summary_markdown;
pub use terminal::{details, scenario_line, totals};
