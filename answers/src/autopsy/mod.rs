//! `seatrial autopsy`: what happened to a cluster, from its logs.

mod report;
mod scenario;
#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
mod text;

use seatrial_autopsy::{NodeLog, Story, story};
use seatrial_evidence::{Bounded, Fact, FileId, Source};

use crate::gathered::{Gathered, Refusal};

pub use scenario::{Reconstruction, reconstruct};

/// A story with the evidence that it comes from.
pub struct Told {
    /// The story.
    pub story: Story,
    pub(crate) gathered: Gathered,
}

impl Told {
    /// Tells the story of the evidence. `facts` are the facts of it, in the order in which they were read.
    ///
    /// # Errors
    /// When there is no log of a server in it.
    pub fn of(gathered: Gathered, facts: &Bounded) -> Result<Self, Refusal> {
        let ends = gathered.log_ends();
        let of = |file: &FileId| {
            let mut facts = facts.of_file(*file);
            facts.extend(ends.iter().filter(|end| end.source.file == *file));
            facts
        };
        let logs: Vec<NodeLog<'_>> = gathered
            .nodes
            .iter()
            .map(|node| NodeLog {
                name: node.files.name.clone(),
                own_names: node.files.own_names.clone(),
                files: node.files.files.iter().map(of).collect(),
            })
            .collect();
        let is_log = |fact: &Fact| fact.at.is_some() && fact.event.is_of_a_log();
        if !facts.all().any(is_log) {
            return Err(Refusal::new(
                "there is no log of a server in what was given",
                "give error logs, journals or container logs; `seatrial advise` reads state files and status tables",
            ));
        }
        let story = story(&logs);
        Ok(Self { story, gathered })
    }

    /// Returns the story for people. `explain` puts the lines behind each sentence.
    pub fn text(&self, explain: bool) -> String {
        text::text(self, explain)
    }

    /// Returns the verdict alone.
    pub fn brief(&self, explain: bool) -> String {
        text::brief(self, explain)
    }

    /// Returns the story for programs, in the form of `docs/autopsy.schema.json`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&report::report(self))
    }

    /// Returns the places of a sentence, as `file:line`.
    pub fn places(&self, sources: &[Source]) -> Vec<String> {
        sources
            .iter()
            .map(|source| self.gathered.place(*source))
            .collect()
    }
}
