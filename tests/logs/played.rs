//! A run with its record, its trace, and the error log of each node, as a reader of logs finds them.

use std::collections::BTreeMap;

use seatrial_evidence::{Fact, FileId, Reader};
use seatrial_scenarios::{NodeName, RunOptions, RunRecord, Scenario, Trace, TraceKind};
use seatrial_sim::des;
#[cfg(madsim)]
use seatrial_sim::madsim_engine;

/// A run that was played with its logs kept.
pub(crate) struct Played {
    /// What the runner knows.
    pub(crate) record: RunRecord,
    /// What happened.
    pub(crate) trace: Trace,
    /// The error log of each node.
    pub(crate) logs: BTreeMap<NodeName, String>,
}

/// Plays a scenario on an engine, and keeps the logs.
pub(crate) fn play(engine: &str, scenario: &Scenario, seed: u64) -> Played {
    let setup = scenario.setup(None, seed);
    let options = RunOptions {
        seed,
        engine: engine.to_owned(),
        keep_logs: true,
        ..RunOptions::default()
    };
    let ran = match engine {
        "des" => des::run(scenario, &setup, &options),
        #[cfg(madsim)]
        _ => madsim_engine::run(scenario, &setup, &options),
        #[cfg(not(madsim))]
        _ => panic!("there is no engine {engine}"),
    };
    let (mut record, trace) =
        ran.unwrap_or_else(|error| panic!("{} on {engine}: {error}", scenario.id));
    let logs = std::mem::take(&mut record.logs);
    Played {
        record,
        trace,
        logs,
    }
}

/// Reads a log.
pub(crate) fn read(log: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut reader = Reader::new(FileId(0));
    reader.push(log.as_bytes(), &mut |fact| facts.push(fact));
    reader.finish(&mut |fact| facts.push(fact));
    facts
}

impl Played {
    /// The nodes whose whole log is there: no disk was lost, no loss of power cut it off, nobody removed it.
    pub(crate) fn whole_logs(&self) -> impl Iterator<Item = (&NodeName, &str)> {
        let wrote = |node: &NodeName| {
            let of = |event: &&seatrial_scenarios::TraceEvent| event.node.as_ref() == Some(node);
            let lines = self.trace.events.iter().filter(of);
            lines
                .filter(|event| matches!(&event.what, TraceKind::Log { line } if line.contains("] Starting MariaDB")))
                .count()
        };
        self.logs.iter().filter_map(move |(node, log)| {
            let starts = log.matches("] Starting MariaDB").count();
            (starts == wrote(node) && log.ends_with('\n')).then_some((node, log.as_str()))
        })
    }
}
