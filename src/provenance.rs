//! The version of this program and the commit from which it was built.

/// The version of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// The commit from which the program was built, with `-dirty` if its sources were changed; empty if the
/// commit is not known. Results and records name it outside the hashed part.
pub(crate) const COMMIT: &str = env!("SEATRIAL_BUILD_COMMIT");

/// The version, the commit and its date for people: `0.1.0 (9d32137a, 2026-11-28)`.
pub(crate) const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("SEATRIAL_BUILD_SOURCE"),
    ")"
);
