//! Handles Ctrl-C and SIGTERM. The first signal ends a campaign after the simulated runs under way. Runs on
//! containers end once the containers are removed. The second signal ends the campaign at once.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit;

static AT_PROMPT: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);
static LISTENING: OnceLock<()> = OnceLock::new();

/// Handles signals from now on, so that they no longer end the process.
pub(crate) fn listen() {
    LISTENING.get_or_init(|| {
        let handler = || {
            let gone = AT_PROMPT.load(Ordering::SeqCst) && !std::io::stdin().is_terminal();
            if gone || STOPPED.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(exit::STOPPED));
            }
            seatrial_real_harness::stop();
        };
        // Without a handler, a signal ends the process without clean-up.
        let _ = ctrlc::set_handler(handler);
    });
}

/// Handles signals at a prompt. If the terminal is gone (SIGHUP), the program ends, since no line will
/// come any more. (Reading from the terminal would neither fail nor wait.)
pub(crate) fn listen_at_prompt() {
    AT_PROMPT.store(true, Ordering::SeqCst);
    listen();
}

/// Returns whether a signal came since the last call. This is for a prompt, where a signal does not end the
/// session.
pub(crate) fn take() -> bool {
    STOPPED.swap(false, Ordering::SeqCst)
}

/// Returns whether a signal came.
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}
