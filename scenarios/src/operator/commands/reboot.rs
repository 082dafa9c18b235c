//! `reboot`: the manual's other way to start a node (Starting other nodes, Only some nodes are
//! down).

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};

use super::output::{failed, printed};

/// Reads the words after `reboot`: none.
pub(super) fn check(words: &[String]) -> Result<(), Output> {
    match words {
        [] => Ok(()),
        [odd, ..] => Err(failed(1, format!("reboot: unrecognized option '{odd}'"))),
    }
}

/// Asks for the reboot and returns at once: the terminal goes down with the host.
pub(super) fn step(host: &mut dyn Host) -> Step {
    host.reboot();
    Step::Done(printed(""))
}
