//! The command: `seatrial`.

mod args;
mod claims;
mod engines;
mod logging;
mod output;
mod run;
mod scenarios;
mod show;

use clap::Parser as _;

use args::{Args, Command};
use output::Out;

/// As expected.
const OK: u8 = 0;
/// A finding that no file expects.
const FINDING: u8 = 1;
/// Usage, or a scenario file.
const USAGE: u8 = 2;
/// The environment: an engine that is not here.
const ENVIRONMENT: u8 = 3;

fn main() -> std::process::ExitCode {
    let args = Args::parse();
    logging::start(args.verbose);
    let mut out = Out::new();
    let code = match &args.command {
        Command::Run(run) => run::run(run, &mut out),
        Command::List => show::list(&mut out),
        Command::Show { scenario } => show::show(scenario, &mut out),
        Command::Claims(claims) => claims::claims(claims, &mut out),
        Command::Replay(replay) => run::replay(replay, &mut out),
        Command::Schema => show::schema(&mut out),
        Command::Doctor => show::doctor(&mut out),
        Command::Completions { shell } => show::completions(*shell, &mut out),
        Command::Man => show::man(&mut out),
    };
    std::process::ExitCode::from(code)
}
