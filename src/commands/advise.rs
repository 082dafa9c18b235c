//! `seatrial advise`: what to do with a broken cluster, from what it left behind. It changes nothing.

pub(super) mod gather;

use std::path::PathBuf;

use seatrial_answers::Answer;

use crate::args::Format;
use crate::output::Out;
use crate::{Stop, exit};

use gather::gather;
pub(crate) use gather::open_each;

/// `seatrial advise`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Read are error logs, journals and container logs of MariaDB, Percona XtraDB Cluster \
    and MySQL-wsrep, grastate.dat, gvwstate.dat, the output of recovery runs, status tables, systemctl \
    status and my.cnf: as files, as a folder or an archive for each node, or side by side; see \
    docs/evidence.md. Files are known by what is in them. Exit codes: 0 with an answer, be it that a \
    person must decide; 2 usage, or nothing that is evidence."
)]
pub(crate) struct AdviseArgs {
    /// Files, folders or archives (tar, gzip) that were found on the nodes.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A node and the files found on it; NAME=unreachable for a node that cannot be reached.
    #[arg(long = "node", value_name = "NAME=FILE,FILE…")]
    pub(crate) nodes: Vec<String>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Also print what the answer rests on: places, histories, further looks, limits.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print a shell script that collects the evidence of a node, and do nothing else.
    #[arg(long, conflicts_with_all = ["paths", "nodes", "explain"])]
    pub(crate) collector: bool,
}

/// The script that collects the evidence of a node.
const COLLECTOR: &str = include_str!("advise/collector.sh");

pub(crate) fn advise(args: &AdviseArgs, out: &mut Out) -> Result<u8, Stop> {
    if args.collector {
        out.print(COLLECTOR);
        return Ok(exit::OK);
    }
    let gathered = gather(&args.paths, &args.nodes, &mut |_| ())?;
    let answer = Answer::of(gathered);
    match args.format {
        Format::Json => {
            let json = answer
                .json()
                .map_err(|error| Stop::environment(format!("cannot write the advice: {error}")))?;
            out.line(&json);
        }
        Format::Text => out.print(&answer.text(args.explain)),
    }
    Ok(exit::OK)
}
