//! `seatrial autopsy`: what happened to a cluster, from its logs. It changes nothing.

mod html;
mod procedures;

use std::path::PathBuf;

use clap::ValueEnum;
use seatrial_answers::{Reconstruction, Told, reconstruct};
use seatrial_autopsy::Story;
use seatrial_evidence::Bounded;

use super::advise::gather::gather;
use crate::output::Out;
use crate::{Stop, exit};

/// `seatrial autopsy`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Read are error logs, journals, container logs and an operator's JSON lines of MariaDB, Percona \
    XtraDB Cluster and MySQL-wsrep: as files, as a folder or an archive for each node, or side by side; \
    rotated, gzipped, in any order. The logs of some nodes are enough; the autopsy says what it cannot tell then. \
    See docs/autopsy.md. Exit codes: 0 with a story; 2 usage, or nothing that is a log; 3 cannot write."
)]
pub(crate) struct AutopsyArgs {
    /// Files, folders or archives (tar, gzip) with the logs of nodes.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A node and the files found on it.
    #[arg(long = "node", value_name = "NAME=FILE,FILE…")]
    pub(crate) nodes: Vec<String>,
    /// The format of the story.
    #[arg(long, value_enum, default_value_t = StoryFormat::Text)]
    pub(crate) format: StoryFormat,
    /// Print behind each sentence the lines that show it, and how certain it is.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print the verdict alone: the point of no return, what is lost, what to do.
    #[arg(long, conflicts_with_all = ["scenario", "procedures"])]
    pub(crate) brief: bool,
    /// Write the story into this folder in all formats, too.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write a scenario that plays the incident again.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// Play the incident up to the moment before the point of no return, and let each procedure act there.
    #[arg(long)]
    pub(crate) procedures: bool,
}

/// How a story is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoryFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// One page for a browser.
    Html,
}

pub(crate) fn autopsy(args: &AutopsyArgs, out: &mut Out) -> Result<u8, Stop> {
    let told = tell(&args.paths, &args.nodes)?;
    if let Some(folder) = &args.out {
        write(&told, folder)?;
    }
    if let Some(file) = &args.scenario {
        let made = reconstruction(&told.story)?;
        std::fs::write(file, &made.toml).map_err(|error| {
            Stop::environment(format!("cannot write {}: {error}", file.display()))
        })?;
        out.print(&made.text(&file.display().to_string()));
        return Ok(exit::OK);
    }
    if args.procedures {
        return procedures::procedures(&told.story, out);
    }
    match args.format {
        StoryFormat::Text if args.brief => out.print(&told.brief(args.explain)),
        StoryFormat::Text => out.print(&told.text(args.explain)),
        StoryFormat::Json => out.line(&json(&told)?),
        StoryFormat::Html => out.print(&html::page(&told)),
    }
    Ok(exit::OK)
}

/// Reads the logs and tells their story.
pub(crate) fn tell(paths: &[PathBuf], nodes: &[String]) -> Result<Told, Stop> {
    let mut facts = Bounded::default();
    let gathered = gather(paths, nodes, &mut |fact| facts.keep(fact.clone()))?;
    Told::of(gathered, &facts).map_err(|refused| Stop::usage(&refused))
}

/// Makes a scenario of a story.
pub(crate) fn reconstruction(story: &Story) -> Result<Reconstruction, Stop> {
    reconstruct(story).ok_or_else(|| Stop {
        code: exit::ENVIRONMENT,
        text: "error: the logs show no primary component: there is nothing to play again"
            .to_owned(),
    })
}

fn json(told: &Told) -> Result<String, Stop> {
    told.json()
        .map_err(|error| Stop::environment(format!("cannot write the story: {error}")))
}

/// Writes the story in all formats.
fn write(told: &Told, folder: &std::path::Path) -> Result<(), Stop> {
    let failed = |error: std::io::Error| {
        Stop::environment(format!("cannot write into {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let files = [
        ("autopsy.txt", told.text(true)),
        ("autopsy.json", json(told)? + "\n"),
        ("autopsy.html", html::page(told)),
    ];
    for (name, content) in files {
        std::fs::write(folder.join(name), content).map_err(failed)?;
    }
    Ok(())
}
