//! What the program says of itself: `schema`, `doctor`, `completions`, `man`.

use clap::CommandFactory as _;
use seatrial_scenarios::{catalogue, language};

use crate::args::{Args, EngineArg};
use crate::output::Out;
use crate::{Stop, engines, exit, provenance, real};

pub(crate) fn schema(out: &mut Out) -> u8 {
    out.print(&language::schema());
    exit::OK
}

/// Says what this build can do; a build without one of the simulated engines is no healthy one.
pub(crate) fn doctor(out: &mut Out) -> u8 {
    out.line(&format!("seatrial  {}", provenance::VERSION));
    for engine in [EngineArg::Des, EngineArg::Madsim, EngineArg::Real] {
        let state = engines::missing(engine).unwrap_or("ready");
        out.line(&format!("{:<9} {state}", engines::name(engine)));
    }
    out.line(&format!(
        "catalogue {} scenarios, {} beyond the manual, {} broken states",
        catalogue::all().len(),
        catalogue::beyond().len(),
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

pub(crate) fn completions(shell: clap_complete::Shell, out: &mut Out) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "seatrial", &mut text);
    out.print(&String::from_utf8_lossy(&text));
    exit::OK
}

/// The manual page of the program, or of one subcommand.
pub(crate) fn man(subcommand: Option<&str>, out: &mut Out) -> Result<u8, Stop> {
    let mut program = Args::command();
    program.build();
    let page = match subcommand {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .map(|command| command.display_name(format!("seatrial-{name}")))
            .ok_or_else(|| Stop::usage(format!("there is no subcommand `{name}`")))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| Stop::environment(format!("the manual page: {error}")))?;
    out.print(&String::from_utf8_lossy(&text));
    Ok(exit::OK)
}
