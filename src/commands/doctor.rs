//! `seatrial doctor`: prints what this build and this machine can do.

use seatrial_scenarios::catalogue;

use crate::args::EngineArg;
use crate::output::Out;
use crate::{engines, exit, provenance, real};

/// Prints what this build can do. A build without one of the simulated engines is not healthy.
pub(crate) fn doctor(out: &mut Out) -> u8 {
    out.line(&format!("seatrial  {}", provenance::VERSION));
    for engine in [EngineArg::Des, EngineArg::Madsim, EngineArg::Real] {
        let state = engines::missing(engine).unwrap_or("ready");
        out.line(&format!("{:<9} {state}", engines::name(engine)));
    }
    out.line(&format!(
        "catalogue {} scenarios, {} beyond the manual, {} of MariaDB's suites, {} broken states",
        catalogue::all().len(),
        catalogue::beyond().len(),
        catalogue::suites().len(),
        catalogue::pack().len()
    ));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    out.line(&format!("jobs      {cores} at the same time"));
    real::doctor(out);
    if engines::has_madsim() {
        exit::OK
    } else {
        exit::ENVIRONMENT
    }
}
