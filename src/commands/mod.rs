//! The subcommands: one file each, with its arguments.

mod advise;
mod autopsy;
mod check;
mod claims;
mod clean;
mod completions;
mod conform;
mod doctor;
mod explain;
mod explore;
mod image;
mod lab;
mod list;
mod man;
mod merge;
mod new;
mod optimal;
pub(crate) mod prove;
mod replay;
pub(crate) mod report;
mod run;
pub(crate) mod runbook;
mod schema;
mod show;
mod shrink;
pub(crate) mod verify;

use std::path::PathBuf;

use clap::Subcommand;

use crate::output::Out;
use crate::{Stop, script};

/// A subcommand with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run scenarios and compare the engines.
    Run(run::RunArgs),
    /// List the scenarios.
    List(list::ListArgs),
    /// Show one scenario: its reason, its steps, its claims.
    Show(show::ShowArgs),
    /// List the manual's claims, each with its verdict.
    Claims(claims::ClaimsArgs),
    /// Compare the simulator with recorded runs of real nodes, or engines with each other.
    Conform(conform::ConformArgs),
    /// Play one run and print its whole trace as JSON Lines.
    Replay(replay::ReplayArgs),
    /// Run procedures against broken clusters: which one recovers what, at what cost.
    Verify(Box<verify::VerifyArgs>),
    /// Find out from a broken cluster's own files which node to bootstrap; changes nothing.
    Advise(advise::AdviseArgs),
    /// Tell from the logs of a cluster what happened, what was lost, and when that became inevitable.
    Autopsy(autopsy::AutopsyArgs),
    /// Search random failures for those from which a procedure cannot recover.
    Explore(explore::ExploreArgs),
    /// Run a procedure in every state that a number of events can lead to.
    Prove(prove::ProveArgs),
    /// Examine the decision table of the procedure `optimal` on every state that a number of events can lead to.
    Optimal(optimal::OptimalArgs),
    /// Merge the shards of a campaign into one record.
    Merge(merge::MergeArgs),
    /// Shrink a failing scenario to the shortest one that fails in the same way.
    Shrink(shrink::ShrinkArgs),
    /// Open an interactive cluster: break it, bring it back, see what it cost.
    Lab(lab::LabArgs),
    /// Write the reports of runs that were recorded earlier or elsewhere.
    Report(report::ReportArgs),
    /// Check scenario files without playing them.
    Check(check::CheckArgs),
    /// Write a scenario file to start from.
    New(new::NewArgs),
    /// Check a runbook, or print the script that is made of it.
    #[command(subcommand)]
    Runbook(runbook::RunbookCommand),
    /// Explain the scenario language: its actions, keys, words and defaults, with examples.
    Explain(explain::ExplainArgs),
    /// Print the JSON Schema of scenario files.
    Schema,
    /// Check what this build and this machine can do.
    Doctor,
    /// Build the images of real `MariaDB` nodes.
    #[command(subcommand, about = "Build the images of real MariaDB nodes")]
    Image(image::ImageCommand),
    /// Remove containers and networks that a killed run has left behind.
    Clean,
    /// Answer a command of the user's program (for verify --script).
    #[command(hide = true, disable_help_flag = true)]
    Shim {
        /// The sandbox.
        sandbox: PathBuf,
        /// The command's name.
        name: String,
        /// The arguments of the command.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print the script that completes words in a shell: options, scenarios, procedures, missions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a subcommand.
    Man(man::ManArgs),
}

impl Command {
    /// Runs the subcommand, and returns the exit code.
    pub(crate) fn carry_out(&self, out: &mut Out) -> Result<u8, Stop> {
        match self {
            Self::Run(args) => run::run(args, out),
            Self::List(args) => list::list(args, out),
            Self::Show(args) => show::show(args, out),
            Self::Claims(args) => claims::claims(args, out),
            Self::Conform(args) => conform::conform(args, out),
            Self::Replay(args) => replay::replay(args, out),
            Self::Verify(args) => verify::verify(args, out),
            Self::Advise(args) => advise::advise(args, out),
            Self::Autopsy(args) => autopsy::autopsy(args, out),
            Self::Explore(args) => explore::explore(args, out),
            Self::Prove(args) => prove::prove(args, out),
            Self::Optimal(args) => optimal::optimal(args, out),
            Self::Merge(args) => merge::merge(args, out),
            Self::Shrink(args) => shrink::shrink(args, out),
            Self::Lab(args) => lab::lab(args, out),
            Self::Report(args) => report::report(args, out),
            Self::Check(args) => Ok(check::check(args, out)),
            Self::New(args) => new::new(args, out),
            Self::Runbook(command) => runbook::runbook(command, out),
            Self::Explain(args) => explain::explain(args, out),
            Self::Schema => Ok(schema::schema(out)),
            Self::Doctor => Ok(doctor::doctor(out)),
            Self::Image(command) => image::image(command, out),
            Self::Clean => clean::clean(out),
            Self::Shim {
                sandbox,
                name,
                words,
            } => Ok(script::shim::run(sandbox, name, words, out)),
            Self::Completions { shell } => completions::completions(*shell, out),
            Self::Man(args) => man::man(args, out),
        }
    }
}
