//! Turns run records into text for people and files for machines.
//!
//! Reports are made only from records, so that they can be written later and elsewhere. This crate does not
//! print, read a clock or look at the terminal. Its texts always have colours, and the command removes them
//! where they are not wanted.

mod against;
mod campaign;
mod changes;
mod chrome_trace;
mod claims;
mod comment;
mod html;
mod judged;
mod junit;
mod manual;
mod matrix;
mod mermaid;
mod nearest;
mod notices;
mod rules;
mod summary;
mod terminal;
mod timeline;
mod words;

pub use against::{Comparison, Terms, other_terms};
pub use campaign::Campaign;
pub use changes::changes_text;
pub use chrome_trace::ChromeTrace;
pub use claims::{AuditEntry, audit_text, claims_json, claims_markdown, claims_text};
pub use comment::{badge_of_campaign, badge_of_matrix, comment_of_campaign, comment_of_matrix};
pub use html::{LabSession, Lane, LaneStretch, Page, Sentence, StoryPage, StoryPart, film};
pub use judged::Judged;
pub use junit::{junit_of_matrix, junit_xml};
pub use matrix::{cell_details, matrix_markdown, matrix_text};
pub use nearest::nearest;
pub use notices::{
    Level, Notice, Places, code_quality, github_lines, notices_of_campaign, notices_of_matrix,
    sarif,
};
pub use summary::summary_markdown;
pub use terminal::{Columns, details, headline_of_interrupted, totals};
pub use timeline::timeline;
pub use words::{WIDTH, count, quote, wrapped};
