//! `seatrial completions`: prints completions for a shell.

use clap::CommandFactory as _;

use crate::args::Args;
use crate::exit;
use crate::output::Out;

pub(crate) fn completions(shell: clap_complete::Shell, out: &mut Out) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "seatrial", &mut text);
    out.print(&String::from_utf8_lossy(&text));
    exit::OK
}
