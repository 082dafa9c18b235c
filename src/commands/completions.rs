//! `seatrial completions`: prints the script that completes words of this program in a shell.

use clap_complete::env::Shells;

use crate::candidates::VARIABLE;
use crate::output::Out;
use crate::{Stop, exit};

/// Prints the script. For each word it asks the program, which knows the names.
pub(crate) fn completions(shell: clap_complete::Shell, out: &mut Out) -> Result<u8, Stop> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let completer = shells
        .completer(&name)
        .ok_or_else(|| Stop::usage(format!("there are no completions for {name}")))?;
    let mut text = Vec::new();
    completer
        .write_registration(VARIABLE, "seatrial", "seatrial", "seatrial", &mut text)
        .map_err(|error| Stop::environment(format!("the completions: {error}")))?;
    out.print(&String::from_utf8_lossy(&text));
    Ok(exit::OK)
}
