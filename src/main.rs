//! The command: `seatrial`. Each subcommand is a file of `commands`; all printing is in `output`.

mod against;
mod args;
mod bar;
mod candidates;
mod cells;
mod ci;
mod commands;
mod engines;
mod exit;
mod files;
mod folder;
mod forms;
mod history;
mod lab_page;
mod logging;
mod memory;
mod operators;
mod output;
mod plan;
mod pool;
mod provenance;
mod real;
mod runbook;
mod scenarios;
mod script;
mod signals;
mod written;

use clap::{CommandFactory as _, Parser as _};

use args::Args;
use exit::Stop;
use output::Out;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // A wrapper of a program under test is this program under another name.
    if let Some((folder, name, words)) = script::shim::started_as() {
        let code = script::shim::run(&folder, &name, &words, &mut Out::new());
        return std::process::ExitCode::from(code);
    }
    // A shell that completes a word gets its answer here, and the program ends.
    clap_complete::CompleteEnv::with_factory(Args::command)
        .var(candidates::VARIABLE)
        .complete();
    let args = Args::parse();
    logging::start(args.verbose);
    let mut out = Out::new();
    let code = args.command.carry_out(&mut out).unwrap_or_else(|stop| {
        out.error(&stop.text);
        stop.code
    });
    std::process::ExitCode::from(code)
}
