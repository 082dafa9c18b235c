//! `--against`: the results of an earlier campaign.

use std::path::Path;

use seatrial_scenarios::Results;

use crate::Stop;

/// Reads the results of an earlier campaign.
pub(crate) fn read(path: &Path) -> Result<Results, Stop> {
    let stop = |error: String| Stop::usage(format!("--against {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| stop(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| stop(format!("not a results.json: {error}")))
}
