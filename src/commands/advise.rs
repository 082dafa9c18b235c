//! `seatrial advise`: what to do with a broken cluster, from what it left behind. It changes nothing.

pub(super) mod gather;
pub(super) mod report;
mod text;

use std::path::PathBuf;

use seatrial_evidence::{Finding, Kind, Known, PositionFrom, Server, Weight, findings};
use seatrial_scenarios::NodeName;
use seatrial_scenarios::advice::{
    Advice, Circumstances, Evidence, Look, RecoveryRun, Running, advise as conclude,
};

use crate::args::Format;
use crate::output::Out;
use crate::{Stop, exit};

pub(crate) use gather::open_each;
use gather::{Gathered, gather};

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

/// Everything that the answer is made of.
struct Answer {
    gathered: Gathered,
    findings: Vec<Finding>,
    advice: Advice,
}

pub(crate) fn advise(args: &AdviseArgs, out: &mut Out) -> Result<u8, Stop> {
    if args.collector {
        out.print(COLLECTOR);
        return Ok(exit::OK);
    }
    let gathered = gather(&args.paths, &args.nodes, &mut |_| ())?;
    let answer = answer(gathered);
    match args.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&report::report(&answer))
                .map_err(|error| Stop::environment(format!("cannot write the advice: {error}")))?;
            out.line(&json);
        }
        Format::Text => out.print(&text::text(&answer, args.explain)),
    }
    Ok(exit::OK)
}

fn answer(gathered: Gathered) -> Answer {
    let findings = findings(&gathered.nodes);
    let looks: Vec<Look> = gathered.nodes.iter().map(look).collect();
    let contradictions = findings.iter().filter(|one| is_contradiction(one));
    let circumstances = Circumstances {
        away: gathered.away.iter().map(NodeName::new).collect(),
        contradictions: contradictions
            .map(|one| one.says.trim_end_matches('.').to_owned())
            .collect(),
        // With one node alone, nobody knows what the others hold.
        doubtful: findings.iter().any(|one| one.weight != Weight::Notes)
            || gathered.nodes.len() + gathered.away.len() < 2,
    };
    let advice = conclude(&looks, &circumstances);
    Answer {
        gathered,
        findings,
        advice,
    }
}

/// Whether the finding is a contradiction, and not the state of a server that runs.
fn is_contradiction(finding: &Finding) -> bool {
    finding.weight == Weight::Stops
        && !matches!(finding.kind, Kind::Serves | Kind::NoQuorum | Kind::Runs)
}

/// The findings on a node, as the decision takes them.
fn look(node: &Known) -> Look {
    let run = match (&node.log.recovered, &node.log.moved_on) {
        (Some(_), None) if node.log.earlier_differ => RecoveryRun::AmongOlder,
        (Some(_), None) => RecoveryRun::Made,
        _ => RecoveryRun::Missing,
    };
    // A position that only the log tells is as good as that of a run that was made then.
    let by_log = matches!(
        node.position,
        Some((_, PositionFrom::LogAtStart | PositionFrom::LogAtStop))
    );
    Look {
        evidence: Evidence {
            node: NodeName::new(&node.files.name),
            position: node.position.map(|(position, _)| position.value),
            saved: node.saved(),
            view: node.view(),
        },
        grastate: node.state_file.is_some(),
        run: if by_log { RecoveryRun::Made } else { run },
        gvwstate: node.view_file.is_some(),
        running: match node.server {
            Server::Serves { .. } => Some(Running::Serves),
            Server::NoQuorum { .. } => Some(Running::NoQuorum),
            Server::Waits { .. } => Some(Running::Waits),
            Server::Runs { .. } => Some(Running::Unclear),
            Server::MayRun { .. } if node.position.is_none() => Some(Running::Unclear),
            Server::MayRun { .. } | Server::Down { .. } | Server::Unknown => None,
        },
    }
}

#[cfg(test)]
#[path = "advise/schema_tests.rs"]
mod tests;
