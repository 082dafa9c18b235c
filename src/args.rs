//! The command line, and the arguments that several subcommands share.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use seatrial_scenarios::Supervisor;

use crate::commands::Command;

/// Puts a Galera cluster's recovery procedures through their sea trials.
#[derive(Debug, Parser)]
#[command(name = "seatrial", version = crate::provenance::VERSION, max_term_width = 100)]
pub(crate) struct Args {
    /// Show what happens in the runs, with simulated time; -vv and -vvv for more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The arguments of the real engine.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The real engine")]
pub(crate) struct RealArgs {
    /// The image of every node; any image with `MariaDB` and Galera works.
    #[arg(
        long,
        value_name = "NAME",
        default_value = seatrial_real_harness::DEFAULT_IMAGE,
        help = "The image of every node; any image with MariaDB and Galera works"
    )]
    pub(crate) image: String,
    /// The image that nodes have before a playbook updates them; --image by default.
    #[arg(long, value_name = "NAME", requires = "image_new")]
    pub(crate) image_old: Option<String>,
    /// The image to which a playbook updates a node.
    #[arg(long, value_name = "NAME")]
    pub(crate) image_new: Option<String>,
    /// Your own cm-cluster-manage, which replaces ours.
    #[arg(long, value_name = "PATH")]
    pub(crate) cluster_tool: Option<PathBuf>,
    /// The number of times that a failed scenario is run again; if it passes then, it is flaky.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retries: u32,
}

/// An engine's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    /// The discrete-event engine.
    Des,
    /// Async tasks over madsim's network.
    Madsim,
    /// `MariaDB` in containers.
    #[value(help = "MariaDB in containers")]
    Real,
}

/// A pack of scenarios beside the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PackArg {
    /// Failures that the manual does not name.
    #[value(help = "failures that the manual does not name")]
    Beyond,
    /// Broken states from published failures.
    #[value(help = "broken states from published failures")]
    Wild,
}

/// The timeouts of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimersArg {
    /// Galera's defaults.
    Default,
    /// Short timeouts.
    Fast,
}

impl From<TimersArg> for seatrial_scenarios::Timers {
    fn from(timers: TimersArg) -> Self {
        match timers {
            TimersArg::Default => Self::Default,
            TimersArg::Fast => Self::Fast,
        }
    }
}

/// When the next step of a scenario begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaceArg {
    /// Once nothing has changed for a while.
    Rest,
    /// At once.
    Next,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How the ledger is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClaimsFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For documents.
    Markdown,
}

/// The default master seed.
pub(crate) const SEED: u64 = 1;

/// Reads the time after which a search stops, such as `90s`.
pub(crate) fn budget(text: &str) -> Result<std::time::Duration, String> {
    let span: seatrial_scenarios::Span = text
        .parse()
        .map_err(|_| format!("`{text}` is not a time: expected something like 90s or 10m"))?;
    Ok(std::time::Duration::from_micros(span.as_micros()))
}

/// The program that restarts a crashed server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SupervisorArg {
    /// Nothing restarts it.
    None,
    /// systemd, after 5 s.
    #[value(help = "systemd, after 5 s")]
    Systemd,
}

impl From<SupervisorArg> for Supervisor {
    fn from(supervisor: SupervisorArg) -> Self {
        match supervisor {
            SupervisorArg::None => Self::None,
            SupervisorArg::Systemd => Self::Systemd,
        }
    }
}
