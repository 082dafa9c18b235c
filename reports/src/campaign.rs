//! A campaign: the runs of one command, and the numbers that reports need.

use std::collections::BTreeMap;
use std::time::Duration;

use seatrial_scenarios::RunRecord;
use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::oracles;
use seatrial_scenarios::record::{Finding, Verdict};

use crate::against::Comparison;

/// The runs of one command.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The runs, in the order in which they were asked for.
    pub records: &'a [RunRecord],
    /// The findings that each scenario expects.
    pub pinned: &'a BTreeMap<String, Vec<String>>,
    /// The agreement of the engines.
    pub agreement: &'a Agreement,
    /// The changes since an earlier campaign, if there is one to compare with.
    pub against: Option<&'a Comparison>,
    /// The wall time of the campaign.
    pub wall: Duration,
    /// The number of runs that were not made because a signal came.
    pub not_run: usize,
    /// The number of differences between the engines that no list allows.
    pub unlisted: usize,
}

impl Campaign<'_> {
    /// Returns the standing of a finding.
    pub(crate) fn standing(&self, run: &RunRecord, finding: &Finding) -> Standing {
        let pinned = self
            .pinned
            .get(&run.id)
            .is_some_and(|names| names.contains(&finding.oracle));
        if pinned {
            Standing::Pinned
        } else if oracles::finding(&finding.oracle).is_none_or(|kind| kind.fails_unlisted) {
            Standing::Unexpected
        } else {
            Standing::Noted
        }
    }

    /// Returns the number of runs with this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.records
            .iter()
            .filter(|run| run.verdict == verdict)
            .count()
    }

    /// Returns the numbers of the manual's claims: all, the contradicted ones, and those with another verdict
    /// than the pinned one.
    pub(crate) fn claims(&self) -> ClaimCount {
        let mut verdicts: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        for claim in self.records.iter().flat_map(|run| &run.claims) {
            let (contradicted, changed) = verdicts.entry(&claim.id).or_default();
            *contradicted |= claim.verdict.name() == "contradicted";
            *changed |= claim.verdict != claim.expected;
        }
        ClaimCount {
            all: verdicts.len(),
            contradicted: verdicts
                .values()
                .filter(|(contradicted, _)| *contradicted)
                .count(),
            changed: verdicts.values().filter(|(_, changed)| *changed).count(),
        }
    }
}

/// Returns the command that makes a run again.
pub(crate) fn replay(run: &RunRecord) -> String {
    run.replay()
}

/// The standing of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// No file expects it.
    Unexpected,
    /// The scenario expects it.
    Pinned,
    /// It is worth knowing, and is no failure.
    Noted,
}

impl Standing {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unexpected => "unexpected",
            Self::Pinned => "pinned",
            Self::Noted => "noted",
        }
    }

    /// Returns what the word means.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Unexpected => "no file expects it, so it fails the run",
            Self::Pinned => "the scenario expects it, and would fail without it",
            Self::Noted => "worth knowing; it fails nothing",
        }
    }
}

/// The numbers of the manual's claims.
pub(crate) struct ClaimCount {
    pub(crate) all: usize,
    pub(crate) contradicted: usize,
    pub(crate) changed: usize,
}
