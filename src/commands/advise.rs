//! `seatrial advise`: concludes from a broken cluster's own files which node to bootstrap. It changes nothing.

use std::path::Path;

use seatrial_galera::{GraState, Saved, SavedView, read_recovery};
use seatrial_reports::wrapped;
use seatrial_scenarios::NodeName;
use seatrial_scenarios::advice::{Action, Advice, Evidence, Look, RecoveryRun, advise as conclude};

use crate::args::Format;
use crate::output::Out;
use crate::{Stop, exit};

/// `seatrial advise`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Files are recognised by name or by content: grastate.dat, gvwstate.dat, and the text \
    of a recovery run (mysqld_safe --wsrep-recover, server stopped). Exit codes: 0 an answer, even \
    if it is that a person must decide; 2 usage, or a file that is none of these."
)]
pub(crate) struct AdviseArgs {
    /// A node and the files found on it; NAME=unreachable for a node that cannot be reached.
    #[arg(long = "node", value_name = "NAME=FILE,FILE…", required = true)]
    pub(crate) nodes: Vec<String>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The word for a node that exists and cannot be reached.
const UNREACHABLE: &str = "unreachable";

/// The largest file that is read, in bytes. A log of a recovery run is far smaller.
const SIZE_MAX: u64 = 64 << 20;

pub(crate) fn advise(args: &AdviseArgs, out: &mut Out) -> Result<u8, Stop> {
    let mut looks: Vec<Look> = Vec::new();
    let mut away: Vec<NodeName> = Vec::new();
    for node in &args.nodes {
        let (name, files) = node.split_once('=').ok_or_else(|| {
            Stop::usage(format!(
                "--node {node}: expected NAME=FILE,FILE…, such as A=grastate.dat,recovered.txt"
            ))
        })?;
        let name = NodeName::new(name.trim());
        if name.as_str().is_empty() {
            return Err(Stop::usage(format!("--node {node}: a node needs a name")));
        }
        let known = |known: &NodeName| *known == name;
        if away.iter().any(known) || looks.iter().any(|look| known(&look.evidence.node)) {
            return Err(Stop::usage(format!("--node {name} is given twice")));
        }
        if files == UNREACHABLE {
            away.push(name);
        } else {
            looks.push(look(name, files)?);
        }
    }
    if looks.is_empty() {
        return Err(Stop::usage(
            "no node has a file: give at least one node with the files found on it",
        ));
    }
    let advice = conclude(&looks, &away);
    match args.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&advice)
                .map_err(|error| Stop::environment(format!("cannot write the advice: {error}")))?;
            out.line(&json);
        }
        Format::Text => out.print(&text(&advice)),
    }
    Ok(exit::OK)
}

/// Reads the files found on a node.
fn look(node: NodeName, files: &str) -> Result<Look, Stop> {
    let mut look = Look {
        evidence: Evidence {
            node,
            position: None,
            saved: Saved::Missing,
            view: None,
        },
        grastate: false,
        run: RecoveryRun::Missing,
        gvwstate: false,
    };
    for file in files.split(',') {
        let text = read(file)?;
        let (what, there) = match kind(file, &text) {
            Kind::Grastate => ("grastate.dat", std::mem::replace(&mut look.grastate, true)),
            Kind::Gvwstate => ("gvwstate.dat", std::mem::replace(&mut look.gvwstate, true)),
            Kind::Recovered => ("recovered position", look.run != RecoveryRun::Missing),
        };
        if there {
            let node = &look.evidence.node;
            return Err(Stop::usage(format!(
                "--node {node}: {file}: this node already has a {what}"
            )));
        }
        match what {
            "grastate.dat" => look.evidence.saved = grastate(file, &text)?,
            "gvwstate.dat" => look.evidence.view = gvwstate(file, &text)?,
            _ => {
                let answer = read_recovery(&text).map_err(|error| {
                    refused(
                        file,
                        "recovered position",
                        &error.to_string(),
                        "the file holds what `mysqld_safe --wsrep-recover` has printed or logged \
                         with the server stopped, or the position alone",
                    )
                })?;
                look.evidence.position = Some(answer.position.position);
                look.run = if answer.earlier_differ {
                    RecoveryRun::AmongOlder
                } else {
                    RecoveryRun::Made
                };
            }
        }
    }
    if let (RecoveryRun::Missing, Saved::Named(state)) = (look.run, look.evidence.saved)
        && !state.seqno.is_undefined()
    {
        look.evidence.position = Some(state.position());
    }
    Ok(look)
}

/// The kind of a file.
#[derive(Clone, Copy)]
enum Kind {
    Grastate,
    Gvwstate,
    Recovered,
}

/// Recognises a file by its name, since an empty file has nothing else; otherwise by its content.
fn kind(file: &str, text: &str) -> Kind {
    let name = Path::new(file).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let first = |mark: &str| text.lines().any(|line| line.trim_start().starts_with(mark));
    if name.contains("grastate") {
        Kind::Grastate
    } else if name.contains("gvwstate") || first("my_uuid:") {
        Kind::Gvwstate
    } else if first("safe_to_bootstrap:") || first("# GALERA saved state") {
        Kind::Grastate
    } else {
        Kind::Recovered
    }
}

fn grastate(file: &str, text: &str) -> Result<Saved, Stop> {
    let saved = Saved::read(Some(text));
    let Err(error) = text.parse::<GraState>() else {
        return Ok(saved);
    };
    if saved == Saved::Empty {
        return Ok(saved);
    }
    Err(refused(
        file,
        "grastate.dat",
        &error.to_string(),
        "copy /var/lib/mysql/grastate.dat of the node as it is; where the node's own file is \
         damaged like this, leave it out and give the recovered position alone",
    ))
}

fn gvwstate(file: &str, text: &str) -> Result<Option<SavedView>, Stop> {
    let view = SavedView::read(Some(text));
    let is_void = text.trim().is_empty() || (text.contains("my_uuid:") && text.contains("#vwend"));
    if view.is_none() && !is_void {
        return Err(refused(
            file,
            "gvwstate.dat",
            "it contains no view",
            "copy /var/lib/mysql/gvwstate.dat of the node as it is, or leave it out; a node that \
             left in order has none",
        ));
    }
    Ok(view)
}

fn read(file: &str) -> Result<String, Stop> {
    let stop = |why: String| Stop::usage(format!("cannot read `{file}`: {why}"));
    let data = std::fs::metadata(file).map_err(|error| stop(error.to_string()))?;
    if !data.is_file() {
        return Err(stop("it is not a file".to_owned()));
    }
    if data.len() > SIZE_MAX {
        return Err(stop(format!("it is larger than {} MiB", SIZE_MAX >> 20)));
    }
    let bytes = std::fs::read(file).map_err(|error| stop(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| stop("it is not UTF-8 text".to_owned()))
}

fn refused(file: &str, what: &str, why: &str, help: &str) -> Stop {
    // The content of a damaged file is not printed: it may contain terminal control codes.
    let why = why.replace(char::is_control, "\u{fffd}");
    Stop::usage(format!(
        "{file} is not a valid {what}: {why}\n  help: {help}"
    ))
}

/// Returns the advice as text for people.
fn text(advice: &Advice) -> String {
    let mut text = String::new();
    let mut part = |title: &str, lines: &mut dyn Iterator<Item = String>| {
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            text.push_str(title);
            text.push('\n');
            for line in lines {
                text.push_str(&line);
            }
            text.push('\n');
        }
    };
    let item = |line: &String| wrapped("  - ", "    ", line);
    part(
        "Found",
        &mut advice.found.iter().map(|line| wrapped("  ", "     ", line)),
    );
    part(
        "Answer",
        &mut std::iter::once(wrapped("  ", "  ", &answer(&advice.action))),
    );
    part(
        "Histories that are consistent with these files",
        &mut advice.histories.iter().enumerate().map(|(index, one)| {
            let mut lines = wrapped(&format!("  {} ", index + 1), "    ", &one.says);
            lines.push_str(&wrapped("    ", "    ", &format!("sign: {}", one.sign)));
            for loss in &one.losses {
                let loss = format!("bootstrap {}: loses {}", loss.node, loss.loses);
                lines.push_str(&wrapped("      ", "        ", &loss));
            }
            lines
        }),
    );
    let numbered = advice.steps.iter().enumerate();
    part(
        "What to do",
        &mut numbered.map(|(index, step)| wrapped(&format!("  {} ", index + 1), "    ", step)),
    );
    part(
        "What to check next to learn more",
        &mut advice.looks.iter().map(item),
    );
    part(
        "What these files cannot tell",
        &mut advice.unknown.iter().map(item),
    );
    text.push_str("Nothing was changed.\n");
    text
}

/// Returns the answer as one sentence.
fn answer(action: &Action) -> String {
    match action {
        Action::Bootstrap { node, or, force } => {
            let or = if or.is_empty() {
                String::new()
            } else {
                format!(" (or {})", seatrial_scenarios::list(or))
            };
            let force = if *force {
                ", after setting its safe_to_bootstrap to 1"
            } else {
                ""
            };
            format!("bootstrap {node}{or}{force}")
        }
        Action::Decide { question } => format!("bootstrap nothing yet: {question}"),
    }
}
