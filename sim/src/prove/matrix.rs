//! Procedures by the states of the closure: the data of `limits.json`.

use std::collections::BTreeMap;

use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::trace::sha256_hex;
use serde::Serialize;

use super::{Knowledge, LookAlikes, Searched};

/// The version of `limits.json`.
pub(super) const FORMAT: u32 = 2;

/// What two searches must have in common, so that they can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The bound on events.
    pub faults: usize,
    /// The supervisor: it may start a crashed server again.
    pub supervisor: &'static str,
    /// The timeouts.
    pub timers: &'static str,
}

/// The results of a procedure in all states.
#[derive(Clone, Debug, Serialize)]
pub struct ProcedureRow<'a> {
    /// The procedure.
    pub procedure: &'a str,
    /// Cases by outcome.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Cases that are not good although the best decision table has an answer.
    pub below_the_best: usize,
    /// The outcome of each case after healing, one letter for a case, in a fixed order: `a` is the worst
    /// outcome (see `letters`).
    pub cases: String,
}

/// The content of `limits.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Limits<'a> {
    format: u32,
    program: &'static str,
    faults: usize,
    supervisor: &'static str,
    timers: &'static str,
    ended: &'static str,
    /// How many states there are.
    pub states: usize,
    /// A hash that is equal if two searches found the same states after healing, in the same order.
    pub(super) fingerprint: String,
    /// The outcome of each letter of `cases`.
    letters: BTreeMap<char, &'static str>,
    /// The procedures, in the order in which they were asked for.
    pub procedures: Vec<ProcedureRow<'a>>,
    /// The decision table from everything but the rows: what is seen, and which node to begin with.
    table: &'a [LookAlikes],
}

impl<'a> Limits<'a> {
    /// Makes the limits of a search. `table` is what can be known without the rows, `program` the version of
    /// the program.
    pub fn of(
        found: &Searched,
        procedures: &[&'a str],
        table: &'a Knowledge,
        terms: Terms,
        program: &'static str,
    ) -> Self {
        let keys: Vec<String> = found
            .healed
            .iter()
            .map(|healed| format!("{:032x}", healed.canonical.key.0))
            .collect();
        Self {
            format: FORMAT,
            program,
            faults: terms.faults,
            supervisor: terms.supervisor,
            timers: terms.timers,
            ended: found.ended.name(),
            states: found.closure.states().len(),
            fingerprint: sha256_hex(&keys.concat()),
            letters: Outcome::ALL.map(|o| (letter(o), o.name())).into(),
            procedures: rows(found, procedures, table),
            table: &table.groups,
        }
    }
}

/// Returns the letter of an outcome in [`ProcedureRow::cases`]: `a` for the worst.
pub(super) fn letter(outcome: Outcome) -> char {
    let place = Outcome::ALL.iter().position(|known| *known == outcome);
    let place = u8::try_from(place.unwrap_or(0)).unwrap_or(0);
    char::from(b'a' + place)
}

fn rows<'a>(found: &Searched, procedures: &[&'a str], table: &Knowledge) -> Vec<ProcedureRow<'a>> {
    let decided = table.decided();
    procedures
        .iter()
        .enumerate()
        .map(|(index, procedure)| {
            let mut outcomes = BTreeMap::new();
            let mut below_the_best = 0;
            for (state, known) in found.closure.states().iter().enumerate() {
                let Some(number) = found.heals.get(state) else {
                    continue;
                };
                let healed = &found.healed[*number];
                for names in known.canonical.cases().into_values() {
                    let case = healed.canonical.case(&names);
                    let Some(judged) = healed.judged.get(&case) else {
                        continue;
                    };
                    let outcome: Outcome = judged[index].outcome;
                    *outcomes.entry(outcome.name()).or_default() += 1;
                    below_the_best += usize::from(!outcome.is_good() && decided.contains(number));
                }
            }
            let cases = found
                .healed
                .iter()
                .flat_map(|healed| healed.judged.values());
            ProcedureRow {
                procedure,
                outcomes,
                below_the_best,
                cases: cases.map(|judged| letter(judged[index].outcome)).collect(),
            }
        })
        .collect()
}
