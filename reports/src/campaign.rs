//! A campaign: the runs that one command has made, and what is needed to talk about them.

use std::collections::BTreeMap;
use std::time::Duration;

use seatrial_scenarios::RunRecord;
use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::oracles;
use seatrial_scenarios::record::{Finding, Verdict};

use crate::against::Comparison;
use crate::words::quote;

/// The runs of one command.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The runs, in the order in which they were asked for.
    pub records: &'a [RunRecord],
    /// The findings that each scenario is there to show.
    pub pinned: &'a BTreeMap<String, Vec<String>>,
    /// How far the engines agree.
    pub agreement: &'a Agreement,
    /// What has changed since an earlier campaign, where there is one to compare with.
    pub against: Option<&'a Comparison>,
    /// How long it took.
    pub wall: Duration,
    /// The runs that were asked for and not made, because a signal came.
    pub not_run: usize,
}

impl Campaign<'_> {
    /// How a finding is to be taken.
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

    /// The runs with this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.records
            .iter()
            .filter(|run| run.verdict == verdict)
            .count()
    }

    /// The statements of the documentation: how many, how many contradicted, how many otherwise
    /// than pinned.
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

/// The command that makes a run again.
pub(crate) fn replay(run: &RunRecord) -> String {
    let RunRecord {
        file,
        engine,
        seed,
        replay_flags,
        ..
    } = run;
    format!(
        "seatrial replay {} --on {engine} --seed {seed}{replay_flags}",
        quote(file)
    )
}

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// No file expects it.
    Unexpected,
    /// The scenario is there to show it.
    Pinned,
    /// Worth knowing; it fails nothing.
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
}

/// The statements of the documentation in numbers.
pub(crate) struct ClaimCount {
    pub(crate) all: usize,
    pub(crate) contradicted: usize,
    pub(crate) changed: usize,
}
