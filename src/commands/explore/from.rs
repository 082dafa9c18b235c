//! `seatrial explore --from FILE`: the states of a search of `prove`, and the report on what was reached from them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use seatrial_reports::count;
use seatrial_scenarios::trace::sha256_hex;
use seatrial_sim::explore::shard::{FromStates, Shard};
use seatrial_sim::explore::{sometimes, wanted};
use seatrial_sim::prove::{Starts, States};

use crate::Stop;
use crate::commands::prove::starts_on_pool;
use crate::output::Out;

/// The states of a file.
pub(super) struct KnownStates {
    /// The states.
    pub(super) states: States,
    /// The name of the file in the records.
    pub(super) from: FromStates,
    /// The name of the file in messages.
    file: String,
}

/// Reads a file of states.
pub(super) fn read(file: &Path) -> Result<KnownStates, Stop> {
    let name = file.display().to_string();
    let wrong = |error: &dyn std::fmt::Display| {
        Stop::usage(format!(
            "{name}: {error}\n  help: `seatrial prove` writes states.jsonl beside prove.json"
        ))
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let states = States::parse(&text).map_err(|error| wrong(&error))?;
    Ok(KnownStates {
        from: FromStates {
            sha256: sha256_hex(&text),
            states: states.states.len(),
        },
        states,
        file: name,
    })
}

impl KnownStates {
    /// Returns the worlds in which the seeds of some blocks begin.
    pub(super) fn starts(
        &self,
        blocks: &[u64],
        jobs: Option<NonZeroUsize>,
    ) -> Result<Starts<'_>, Stop> {
        let wanted = wanted(blocks, self.states.states.len());
        starts_on_pool(&self.states, &self.file, &wanted, jobs)
    }

    /// Returns the coverage, level by level of the states from which the seeds went on.
    pub(super) fn coverage(&self, shard: &Shard) -> String {
        let mut levels: BTreeMap<usize, usize> = BTreeMap::new();
        for state in &self.states.states {
            *levels.entry(state.level).or_default() += 1;
        }
        let mut text = String::from("  level     states   gone on from    reached        new\n");
        for (level, states) in levels {
            let of_level = |state: usize| {
                let known = self.states.states.get(state);
                known.is_some_and(|known| known.level == level)
            };
            let covered = shard.coverage(of_level);
            let _ = writeln!(
                text,
                "  {level:>5} {states:>10} {:>14} {:>10} {:>10}",
                covered.begun.len(),
                covered.reached.len(),
                covered.new.len()
            );
        }
        let all = shard.coverage(|_| true);
        let _ = writeln!(
            text,
            "     Covered {} of {}, {} reached in front of the procedure, {} of them not in the file",
            all.begun.len(),
            count(self.states.states.len(), "state", "states"),
            count(all.reached.len(), "state", "states"),
            all.new.len()
        );
        text
    }
}

/// Prints the properties that no run has.
pub(super) fn tell_never_reached(shard: &Shard, out: &mut Out) {
    let reached = shard.coverage(|_| true).sometimes;
    let all = sometimes::all();
    let never: Vec<&String> = all.difference(&reached).collect();
    out.line(&format!(
        "Never reached: {} of {}",
        never.len(),
        count(all.len(), "property", "properties")
    ));
    for property in never {
        out.line(&format!("    {property}"));
    }
}
