//! Ctrl-C and SIGTERM: the first ends a campaign after the simulated runs under way, and those on
//! containers as soon as these are removed; the second ends it at once.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit;

static AT_PROMPT: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);
static LISTENING: OnceLock<()> = OnceLock::new();

/// From now on a signal is heard instead of ending the process.
pub(crate) fn listen() {
    LISTENING.get_or_init(|| {
        let handler = || {
            let gone = AT_PROMPT.load(Ordering::SeqCst) && !std::io::stdin().is_terminal();
            if gone || STOPPED.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(exit::STOPPED));
            }
            seatrial_real_harness::stop();
        };
        // Without a handler a signal still ends the process, only less politely.
        let _ = ctrlc::set_handler(handler);
    });
}

/// Begins to listen where somebody types: if the signal is that the terminal has gone, the program ends,
/// since nobody will type any more. (Reading from it would neither fail nor wait.)
pub(crate) fn listen_at_prompt() {
    AT_PROMPT.store(true, Ordering::SeqCst);
    listen();
}

/// Whether a signal came since the last time that this was asked. For a prompt, where a signal is not
/// the end.
pub(crate) fn take() -> bool {
    STOPPED.swap(false, Ordering::SeqCst)
}

/// Whether a signal came.
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}
