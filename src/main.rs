//! The command: `seatrial`. One file a subcommand; all printing is in `output`.

mod about;
mod advise;
mod against;
mod args;
mod bar;
mod claims;
mod conform;
mod engines;
mod exit;
mod explore;
mod files;
mod lab;
mod list;
mod logging;
mod memory;
mod output;
mod plan;
mod pool;
mod prove;
mod provenance;
mod real;
mod replay;
mod report;
mod run;
mod scenarios;
mod script;
mod show;
mod shrink;
mod signals;
mod verify;

use clap::Parser as _;

use args::{Args, Command};
use exit::Stop;
use output::Out;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let args = Args::parse();
    logging::start(args.verbose);
    let mut out = Out::new();
    let result = match &args.command {
        Command::Run(args) => run::run(args, &mut out),
        Command::List(args) => list::list(args, &mut out),
        Command::Show(args) => show::show(args, &mut out),
        Command::Claims(args) => claims::claims(args, &mut out),
        Command::Conform(args) => conform::conform(args, &mut out),
        Command::Replay(args) => replay::replay(args, &mut out),
        Command::Verify(args) => verify::verify(args, &mut out),
        Command::Advise(args) => advise::advise(args, &mut out),
        Command::Explore(args) => explore::explore(args, &mut out),
        Command::Prove(args) => prove::prove(args, &mut out),
        Command::Merge(args) => explore::merge(args, &mut out),
        Command::Shrink(args) => shrink::shrink(args, &mut out),
        Command::Lab(args) => lab::lab(args, &mut out),
        Command::Report(args) => report::report(args, &mut out),
        Command::Schema => Ok(about::schema(&mut out)),
        Command::Doctor => Ok(about::doctor(&mut out)),
        Command::Image(command) => real::image(command, &mut out),
        Command::Clean => real::clean(&mut out),
        Command::Shim {
            sandbox,
            name,
            words,
        } => Ok(script::shim::run(sandbox, name, words, &mut out)),
        Command::Completions { shell } => Ok(about::completions(*shell, &mut out)),
        Command::Man { command } => about::man(command.as_deref(), &mut out),
    };
    let code = result.unwrap_or_else(|stop| {
        out.error(&stop.text);
        stop.code
    });
    std::process::ExitCode::from(code)
}
