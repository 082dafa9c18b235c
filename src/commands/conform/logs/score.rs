//! Decisions that were compared, and those that could not be.

use std::collections::BTreeMap;

use seatrial_evidence::Source;
use serde::Serialize;

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Whether a start with the bootstrap option is refused.
    Guard,
    /// The position with which a start begins.
    StartPosition,
    /// Whether a component that lost members stays primary.
    Quorum,
    /// The history and number with which the members of a component go on, and how many have the group's state.
    Agreement,
    /// The position with which they go on.
    GroupPosition,
    /// Whether a member needs a transfer, needs none, or has more than the group and must end.
    OwnState,
    /// Whether a joiner gets events or a whole copy.
    Transfer,
    /// The donor of a joiner.
    Donor,
    /// The flag that an orderly stop leaves.
    SafeToBootstrap,
}

impl Kind {
    /// All of them, in the order of a cluster's life.
    pub(super) const ALL: [Self; 9] = [
        Self::Guard,
        Self::StartPosition,
        Self::Quorum,
        Self::Agreement,
        Self::GroupPosition,
        Self::OwnState,
        Self::Transfer,
        Self::Donor,
        Self::SafeToBootstrap,
    ];

    /// The decision in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Guard => "bootstrap refused or not",
            Self::StartPosition => "position of a start",
            Self::Quorum => "component primary or not",
            Self::Agreement => "history and configuration agreed on",
            Self::GroupPosition => "group's position",
            Self::OwnState => "transfer, no transfer, or reversal",
            Self::Transfer => "events or whole copy",
            Self::Donor => "donor",
            Self::SafeToBootstrap => "safe_to_bootstrap after a stop",
        }
    }
}

/// A decision that both made, differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// The decision.
    pub(super) kind: Kind,
    /// The line of the log, as `file:line`.
    pub(super) place: String,
    /// What the log says.
    pub(super) log: String,
    /// What the model says.
    pub(super) model: String,
    /// The inputs.
    pub(super) inputs: String,
    #[serde(skip)]
    source: Source,
}

/// The count of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    /// How many were compared.
    pub(super) decided: u64,
    /// How many of them are equal.
    pub(super) equal: u64,
    /// How many were not compared, by the reason.
    pub(super) apart: BTreeMap<String, u64>,
}

/// The score.
#[derive(Clone, Debug, Default)]
pub(super) struct Score {
    counts: BTreeMap<Kind, Count>,
    differing: Vec<Difference>,
    /// How many of the differences have their places.
    placed: usize,
}

impl Score {
    /// Compares what the log and the model say.
    pub(super) fn compare(
        &mut self,
        kind: Kind,
        source: Source,
        log: impl Into<String>,
        model: impl Into<String>,
        inputs: impl Into<String>,
    ) {
        let (log, model) = (log.into(), model.into());
        let count = self.counts.entry(kind).or_default();
        count.decided += 1;
        if log == model {
            count.equal += 1;
        } else {
            self.differing.push(Difference {
                kind,
                place: String::new(),
                log,
                model,
                inputs: inputs.into(),
                source,
            });
        }
    }

    /// Counts a decision whose inputs the logs do not show.
    pub(super) fn set_apart(&mut self, kind: Kind, why: &str) {
        let count = self.counts.entry(kind).or_default();
        *count.apart.entry(why.to_owned()).or_default() += 1;
    }

    /// Gives the new differences their places.
    pub(super) fn place(&mut self, place: impl Fn(Source) -> String) {
        for difference in &mut self.differing[self.placed..] {
            difference.place = place(difference.source);
        }
        self.placed = self.differing.len();
    }

    /// The counts by kind.
    pub(super) const fn counts(&self) -> &BTreeMap<Kind, Count> {
        &self.counts
    }

    /// The differences.
    pub(super) fn differing(&self) -> &[Difference] {
        &self.differing
    }

    /// How many decisions were compared.
    pub(super) fn decided(&self) -> u64 {
        self.counts.values().map(|count| count.decided).sum()
    }

    /// How many of them are equal.
    pub(super) fn equal(&self) -> u64 {
        self.counts.values().map(|count| count.equal).sum()
    }

    /// How many were not compared.
    pub(super) fn apart(&self) -> u64 {
        let apart = self.counts.values().flat_map(|count| count.apart.values());
        apart.sum()
    }
}
