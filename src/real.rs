//! The options and the state of the real engine.

use std::path::Path;

use seatrial_real_harness::{HarnessError, RealOptions};

use crate::args::{EngineArg, RealArgs};
use crate::output::Out;
use crate::{Stop, exit};

/// Returns the options of the real engine, if it is asked for. Then it must be available, and this function
/// removes what earlier runs left behind.
pub(crate) fn options(
    args: &RealArgs,
    engines: &[EngineArg],
    out: Option<&Path>,
) -> Result<RealOptions, Stop> {
    let cluster_tool = args
        .cluster_tool
        .as_ref()
        .map(|path| {
            std::fs::read_to_string(path)
                .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))
        })
        .transpose()?;
    let options = RealOptions {
        image: args.image_old.clone().unwrap_or_else(|| args.image.clone()),
        image_new: args.image_new.clone(),
        cluster_tool,
        evidence: out.map(|out| out.join("real")),
    };
    if engines.contains(&EngineArg::Real) {
        seatrial_real_harness::sweep().map_err(stop)?;
        seatrial_real_harness::check(&options).map_err(stop)?;
    }
    Ok(options)
}

/// Prints the state of the real engine for `seatrial doctor`.
pub(crate) fn doctor(out: &mut Out) {
    for line in seatrial_real_harness::doctor() {
        out.line(&format!("{:<9} {}", line.what, line.state));
    }
}

/// Turns an error of the real engine into the end of the subcommand.
pub(crate) fn stop(error: HarnessError) -> Stop {
    match error {
        HarnessError::Stopped => Stop {
            code: exit::STOPPED,
            text: error.to_string(),
        },
        error => Stop::environment(error),
    }
}
