//! A sentence with its evidence.

use serde::Serialize;

use seatrial_evidence::Source;

use crate::mark::Mark;

/// How surely a sentence is true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The lines say it.
    #[default]
    Certain,
    /// It follows from several lines and from the rules of Galera.
    Inferred,
    /// What the facts mean for the operator.
    Judgement,
}

/// A sentence, the lines that it rests on, and how surely it is true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// When it happened, as the clock of the story shows it; `None` for what has no time.
    pub at: Option<String>,
    /// The same, in seconds since 1970.
    pub second: Option<i64>,
    /// The sentence.
    pub says: String,
    /// How surely it is true.
    pub certainty: Certainty,
    /// The lines that show it, the most telling first.
    pub evidence: Vec<Source>,
}

impl Statement {
    /// What the lines say.
    pub(crate) fn certain(
        says: impl Into<String>,
        evidence: impl IntoIterator<Item = Mark>,
    ) -> Self {
        Self::new(says, Certainty::Certain, evidence)
    }

    /// What follows from lines.
    pub(crate) fn inferred(
        says: impl Into<String>,
        evidence: impl IntoIterator<Item = Mark>,
    ) -> Self {
        Self::new(says, Certainty::Inferred, evidence)
    }

    /// What the lines mean.
    pub(crate) fn judgement(
        says: impl Into<String>,
        evidence: impl IntoIterator<Item = Mark>,
    ) -> Self {
        Self::new(says, Certainty::Judgement, evidence)
    }

    fn new(
        says: impl Into<String>,
        certainty: Certainty,
        evidence: impl IntoIterator<Item = Mark>,
    ) -> Self {
        let mut sources: Vec<Source> = Vec::new();
        for mark in evidence {
            if !sources.contains(&mark.source) {
                sources.push(mark.source);
            }
        }
        Self {
            at: None,
            second: None,
            says: says.into(),
            certainty,
            evidence: sources,
        }
    }
}

/// A list of names for a sentence.
pub(crate) fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// A number with its noun.
pub(crate) fn count(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
