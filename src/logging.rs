//! The program's own log, for people: never part of a trace.

use tracing_subscriber::EnvFilter;

/// Starts the log: `-v` shows runs, `-vv` everything; `RUST_LOG` wins.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // Simulated time stands in the events themselves; the wall clock would only distract.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .init();
}
