//! `--against`: the results of an earlier run, and whether they can be compared with this one.

use std::path::Path;

use seatrial_scenarios::Results;
use seatrial_scenarios::matrix::Matrix;
use serde::de::DeserializeOwned;

use crate::Stop;
use crate::output::Out;

/// Reads the results of an earlier campaign.
pub(crate) fn read(path: &Path) -> Result<Results, Stop> {
    let results: Results = parse(path, "results.json")?;
    if results.scenarios.is_empty() {
        return Err(nothing(path, "run"));
    }
    Ok(results)
}

/// Reads an earlier matrix.
pub(crate) fn matrix(path: &Path) -> Result<Matrix, Stop> {
    let matrix: Matrix = parse(path, "verify.json")?;
    if matrix.cells.is_empty() {
        return Err(nothing(path, "cell"));
    }
    Ok(matrix)
}

/// Reads the matrix of a folder of results.
pub(crate) fn matrix_at(path: &Path) -> Result<Matrix, Stop> {
    parse_named("", path, "verify.json")
}

fn parse<T: DeserializeOwned>(path: &Path, kind: &str) -> Result<T, Stop> {
    parse_named("--against ", path, kind)
}

fn parse_named<T: DeserializeOwned>(flag: &str, path: &Path, kind: &str) -> Result<T, Stop> {
    let stop = |error: String| Stop::usage(format!("{flag}{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| stop(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| stop(format!("not a {kind}: {error}")))
}

fn nothing(path: &Path, what: &str) -> Stop {
    Stop::usage(format!(
        "--against {}: it has no {what}, so that nothing can be compared",
        path.display()
    ))
}

/// Refuses a comparison for these reasons, unless the user allows it. Then the reasons are only told.
pub(crate) fn refuse(reasons: &[String], allowed: bool, out: &mut Out) -> Result<(), Stop> {
    if reasons.is_empty() {
        return Ok(());
    }
    let list = reasons.join("\n  ");
    if allowed {
        out.error(&format!(
            "note: the earlier file was made under other conditions:\n  {list}"
        ));
        return Ok(());
    }
    Err(Stop::usage(format!(
        "--against: the earlier file was made under other conditions, so that a difference would say \
         nothing about the procedure:\n  {list}\n  help: make a new file to compare with, or give \
         --allow-different"
    )))
}
