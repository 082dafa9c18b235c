//! `results.json` of a comparison of engines on random schedules.

use serde_json::{Value, json};

use crate::comparison::random_schedules::{Compared, Contender};
use crate::comparison::score::{Totals, by_kind};
use crate::results::results_json::RESULTS_FORMAT;

/// Returns `results.json` of a comparison. `program` and `commit` name what made the runs, `files` the
/// scenario files of the schedules that were shrunk.
pub fn results(
    engines: &[Contender],
    done: &[Compared],
    files: &[String],
    (program, commit): (&str, &str),
) -> Value {
    let totals = Totals::of(done);
    let schedules: Vec<Value> = done
        .iter()
        .filter(|one| one.race || one.differs())
        .map(|one| {
            json!({
                "seed": one.seed,
                "race": one.race,
                "differing": one.agreement.differing,
                "errors": one.errors,
            })
        })
        .collect();
    json!({
        "format": RESULTS_FORMAT,
        "program": program,
        "commit": commit,
        "engines": engines.iter().map(|engine| engine.name).collect::<Vec<_>>(),
        "agreement": {
            "compared": totals.compared,
            "equal": totals.equal,
            "steps_compared": totals.steps_compared,
            "steps_equal": totals.steps_equal,
        },
        "schedules": done.len(),
        "races": totals.races,
        "differing": totals.differing,
        "by_kind": by_kind(done),
        "not_as_one": schedules,
        "files": files,
    })
}
