//! `seatrial man`: prints a manual page.

use clap::CommandFactory as _;

use crate::args::Args;
use crate::output::Out;
use crate::{Stop, exit};

/// Prints the manual page of the program, or of one subcommand.
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
