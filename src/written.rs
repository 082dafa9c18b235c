//! Writes the runs of a campaign as they come, and decides which of them keep their traces.

use std::collections::BTreeSet;

use seatrial_scenarios::RunRecord;
use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::RecordedRun;

use crate::Stop;
use crate::files::{RecordFile, ReportFiles};
use crate::plan::FinishedRun;

/// The files that are written run by run.
pub(crate) struct Written<'a> {
    pub(crate) reports: ReportFiles<'a>,
    pub(crate) record: Option<RecordFile>,
    /// Decides which runs keep their traces; none if all do.
    pub(crate) keeper: Option<Keeper>,
    /// The runs of one scenario and seed, which are kept together.
    group: Vec<FinishedRun>,
    pub(crate) records: Vec<RunRecord>,
    /// The places of the runs in `records` that do not keep their traces.
    pub(crate) without_trace: BTreeSet<usize>,
    pub(crate) ended: Result<(), Stop>,
}

impl<'a> Written<'a> {
    /// Returns what is written before the first run.
    pub(crate) fn new(reports: ReportFiles<'a>) -> Self {
        Self {
            reports,
            record: None,
            keeper: None,
            group: Vec::new(),
            records: Vec::new(),
            without_trace: BTreeSet::new(),
            ended: Ok(()),
        }
    }

    /// Takes a run. Runs come scenario by scenario, seed by seed, engine by engine.
    pub(crate) fn take(&mut self, done: FinishedRun) {
        let key = |run: &FinishedRun| (run.run.record.id.clone(), run.run.record.seed);
        if self
            .group
            .first()
            .is_some_and(|first| key(first) != key(&done))
        {
            self.end_group();
        }
        self.records.push(done.run.record.clone());
        if self.keeper.is_some() {
            self.group.push(done);
        } else {
            self.write(&[done], true);
        }
    }

    /// Writes the runs that still wait for others of their scenario and seed.
    pub(crate) fn end_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        let Some(keeper) = &mut self.keeper else {
            return;
        };
        let records: Vec<RunRecord> = group.iter().map(|done| done.run.record.clone()).collect();
        let agreement = Agreement::of(&records);
        let differ =
            !agreement.differing.is_empty() || agreement.races.iter().any(|race| !race.alike);
        let runs: Vec<&RecordedRun> = group.iter().map(|done| &done.run).collect();
        let keeps = keeper.keeps(&runs, differ);
        if !keeps {
            let end = self.records.len();
            self.without_trace.extend(end - group.len()..end);
        }
        self.write(&group, keeps);
    }

    fn write(&mut self, runs: &[FinishedRun], keeps: bool) {
        for done in runs {
            if keeps {
                self.reports.add(&done.run);
            }
            if let Some(record) = self.record.as_mut().filter(|_| self.ended.is_ok()) {
                self.ended = if keeps {
                    record.add(&done.run, &done.rendered)
                } else {
                    record.add_without_trace(&done.run)
                };
            }
        }
    }
}

/// Decides which runs of repeated seeds keep their traces: the first of each scenario and engine, and each one
/// that did not pass or that ended in another way than all before it.
#[derive(Default)]
pub(crate) struct Keeper {
    ends: BTreeSet<String>,
}

impl Keeper {
    /// Returns whether the runs of one scenario and seed, one for each engine, keep their traces. They keep them
    /// together, so that they can be shown side by side.
    pub(crate) fn keeps(&mut self, runs: &[&RecordedRun], engines_differ: bool) -> bool {
        let mut keeps = engines_differ;
        for run in runs {
            let record = &run.record;
            let mut findings: Vec<&str> = record
                .findings
                .iter()
                .map(|finding| finding.oracle.as_str())
                .collect();
            findings.sort_unstable();
            findings.dedup();
            let races: Vec<&str> = record
                .races
                .iter()
                .map(|race| race.outcome.as_str())
                .collect();
            let end = format!(
                "{} {} {:?} {findings:?} {races:?} {:?}",
                record.id,
                record.engine,
                record.verdict,
                record.end()
            );
            keeps |= self.ends.insert(end);
            keeps |= record.verdict != Verdict::Pass;
        }
        keeps
    }
}
