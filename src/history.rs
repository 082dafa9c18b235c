//! `run --history`: the transactions of a run's clients as a file that Jepsen's checker Elle reads.

use std::path::Path;

use seatrial_scenarios::{RunRecord, history};

use crate::Stop;
use crate::folder::write_whole;

/// Refuses a file for several runs: a history is that of one.
pub(crate) fn refuse_several(file: Option<&Path>, runs: usize) -> Result<(), Stop> {
    if file.is_none() || runs == 1 {
        return Ok(());
    }
    Err(Stop::usage(format!(
        "--history keeps one run, and these are {runs}: name one scenario, one engine with --on, and one seed"
    )))
}

/// Writes the history of a run, if a file for it was named.
pub(crate) fn write(file: Option<&Path>, records: &[RunRecord]) -> Result<(), Stop> {
    let (Some(file), Some(record)) = (file, records.first()) else {
        return Ok(());
    };
    if record.transactions.is_empty() {
        return Err(Stop::usage(format!(
            "{}: no client reads or changes lists in this scenario, so that there is no history; steps with \
             `client` or `workload` make one",
            record.id
        )));
    }
    let text = history::edn(&record.transactions)
        .map_err(|why| Stop::usage(format!("{}: {why}", record.id)))?;
    write_whole(file, text.as_bytes())
}
