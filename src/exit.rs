//! Exit codes: a contract with the scripts that call the command.

/// Everything is as expected.
pub(crate) const OK: u8 = 0;
/// A finding that no file expects, a failed scenario, or engines that disagree.
pub(crate) const FINDING: u8 = 1;
/// The command line or a scenario file.
pub(crate) const USAGE: u8 = 2;
/// The environment: an engine or a fault that is not here, a folder that cannot be written.
pub(crate) const ENVIRONMENT: u8 = 3;
/// Stopped by a signal, and nothing found until then.
pub(crate) const STOPPED: u8 = 4;
