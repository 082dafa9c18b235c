//! The command line of `seatrial advise`.

use super::Format;

/// `seatrial advise`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Files are known by their names or by what is in them: grastate.dat, gvwstate.dat, \
    and the text of a recovery run (mysqld_safe --wsrep-recover, server stopped). Exit codes: 0 with \
    an answer, be it that a person must decide; 2 usage, or a file that is none of these."
)]
pub(crate) struct AdviseArgs {
    /// A node and what was found on it; NAME=unreachable for one that nobody can look at.
    #[arg(long = "node", value_name = "NAME=FILE,FILE…", required = true)]
    pub(crate) nodes: Vec<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
