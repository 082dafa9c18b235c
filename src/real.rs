//! What the command does for the real engine: images, leftovers, its options.

use std::path::Path;

use seatrial_real_harness::{Built, HarnessError, RealOptions, Suite};

use crate::args::{EngineArg, ImageCommand, RealArgs, SuiteArg};
use crate::output::Out;
use crate::{Stop, exit};

/// `seatrial image`.
pub(crate) fn image(command: &ImageCommand, out: &mut Out) -> Result<u8, Stop> {
    let ImageCommand::Build { suite } = command;
    let suite = match suite {
        SuiteArg::Bookworm => Suite::Bookworm,
        SuiteArg::Trixie => Suite::Trixie,
    };
    let built = seatrial_real_harness::build_image(suite).map_err(stop)?;
    let name = suite.image();
    out.line(&match built {
        Built::Already => format!("{name} is there already"),
        Built::Now => format!("{name} is built"),
    });
    Ok(exit::OK)
}

/// `seatrial clean`.
pub(crate) fn clean(out: &mut Out) -> Result<u8, Stop> {
    let removed = seatrial_real_harness::sweep().map_err(stop)?;
    out.line(&match removed {
        0 => "nothing was left behind".to_owned(),
        1 => "1 container or network removed".to_owned(),
        many => format!("{many} containers and networks removed"),
    });
    match seatrial_real_harness::remove_stale_images().map_err(stop)? {
        0 => {}
        1 => out.line("1 prepared image that no run would use again removed"),
        many => out.line(&format!(
            "{many} prepared images that no run would use again removed"
        )),
    }
    Ok(exit::OK)
}

/// The options of the real engine, where it is asked for: then it must be there, and what earlier
/// runs left behind is removed.
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

/// The state of the real engine, in the words of `seatrial doctor`.
pub(crate) fn doctor(out: &mut Out) {
    for line in seatrial_real_harness::doctor() {
        out.line(&format!("{:<9} {}", line.what, line.state));
    }
}

fn stop(error: HarnessError) -> Stop {
    match error {
        HarnessError::Stopped => Stop {
            code: exit::STOPPED,
            text: error.to_string(),
        },
        error => Stop::environment(error),
    }
}
