//! `seatrial runbook`: checks a runbook, or prints the script that is made of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use seatrial_real_harness::RealOptions;
use seatrial_reports::count;
use seatrial_scenarios::Supervisor;
use seatrial_scenarios::language::Operators;
use seatrial_scenarios::matrix::broken_states;

use crate::args::EngineArg;
use crate::bar::Bar;
use crate::cells::{CellPlayer, OwnProgram, Place};
use crate::folder::write_whole;
use crate::operators::OperatorArgs;
use crate::output::Out;
use crate::runbook::{self, Block, Runbook, problems, script};
use crate::script::{Confinement, Kind, PATIENCE_S};
use crate::{Stop, exit, scenarios, signals};

/// `seatrial runbook`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RunbookCommand {
    /// Print the script that is made of a runbook. It runs without Seatrial, too, over ssh:
    /// SEATRIAL_NODES has the names of the nodes.
    Tangle {
        /// The document: Markdown, or .rst, or .adoc.
        file: PathBuf,
    },
    /// Look for mistakes, play it on every broken state, and say which blocks no state reaches.
    #[command(
        after_help = "Exit codes: 0 no mistake; 2 the document has a mistake; 3 it could not be played; 4 stopped by a \
        signal."
    )]
    Check {
        /// The document: Markdown, or .rst, or .adoc.
        file: PathBuf,
        /// Ids or files of scenarios; the scenario pack and the documented scenarios by default.
        #[arg(long, value_name = "SCENARIO", value_delimiter = ',', num_args = 1..)]
        scenarios: Vec<String>,
    },
}

pub(crate) fn runbook(command: &RunbookCommand, out: &mut Out) -> Result<u8, Stop> {
    match command {
        RunbookCommand::Tangle { file } => {
            out.print(&script(&read(file)?));
            Ok(exit::OK)
        }
        RunbookCommand::Check { file, scenarios } => check(file, scenarios, out),
    }
}

/// Reads a runbook and refuses one with a mistake.
pub(crate) fn read(path: &Path) -> Result<Runbook, Stop> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| Stop::usage(format!("{shown}: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Stop::usage(format!("{shown}: it is not a text in UTF-8")))?;
    let refused = |mistakes: Vec<runbook::Mistake>| {
        let mut all = String::new();
        for mistake in &mistakes {
            let _ = writeln!(all, "{shown}:{}: {}", mistake.line, mistake.text);
        }
        Stop::usage(all.trim_end().to_owned())
    };
    let document = Runbook::read(path, &text).map_err(refused)?;
    let mistakes = problems(&document);
    if mistakes.is_empty() {
        Ok(document)
    } else {
        Err(refused(mistakes))
    }
}

/// Writes the script of a runbook into the folder of results, under the document's own name, so that the shell's errors
/// name the document's lines. The shell reads it once without running it.
pub(crate) fn write_script(
    document: &Runbook,
    path: &Path,
    results: &Path,
) -> Result<PathBuf, Stop> {
    let folder = results.join("runbook");
    let name = path.file_name().unwrap_or(path.as_os_str());
    let file = folder.join(name);
    let unwritable = |error: std::io::Error| {
        Stop::environment(format!("cannot write {}: {error}", file.display()))
    };
    fs::create_dir_all(&folder).map_err(unwritable)?;
    write_whole(&file, script(document).as_bytes())?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).map_err(unwritable)?;
    let read = Command::new("sh")
        .arg("-n")
        .arg(name)
        .current_dir(&folder)
        .output()
        .map_err(|error| Stop::environment(format!("sh: {error}")))?;
    if !read.status.success() {
        let said = String::from_utf8_lossy(&read.stderr);
        return Err(Stop::usage(format!(
            "{}: the shell cannot read it; the numbers are lines of the document\n{}",
            path.display(),
            said.trim_end()
        )));
    }
    Ok(file)
}

fn check(path: &Path, scenarios: &[String], out: &mut Out) -> Result<u8, Stop> {
    let document = read(path)?;
    let folder = std::env::temp_dir().join(format!("seatrial-runbook-{}", std::process::id()));
    let played = play(&document, path, scenarios, &folder);
    // A folder that cannot be removed stays among the temporary ones, which the system cleans.
    let _ = fs::remove_dir_all(&folder);
    let (states, reached) = played?;
    out.line(&format!(
        "{}: {} in {}, no mistake found",
        path.display(),
        count(document.blocks().count(), "block", "blocks"),
        count(
            document
                .sections
                .iter()
                .filter(|one| !one.blocks.is_empty())
                .count(),
            "section",
            "sections"
        ),
    ));
    if !document.not_run.is_empty() {
        let lines: Vec<String> = document.not_run.iter().map(ToString::to_string).collect();
        out.line(&format!(
            "  not run, because they have no `on=`: the blocks at line {}",
            lines.join(", ")
        ));
    }
    let unreached: Vec<&Block> = document
        .blocks()
        .filter(|block| !reached.contains(&block.line))
        .collect();
    if unreached.is_empty() {
        let states = count(states, "broken state", "broken states");
        out.line(&format!(
            "  {states}: every block is reached in one of them"
        ));
    }
    for block in unreached {
        let when = block
            .when
            .as_ref()
            .map(|when| format!(", when='{when}'"))
            .unwrap_or_default();
        out.line(&format!(
            "  line {}{when}: none of {} reaches this block, so nothing is known of it",
            block.line,
            count(states, "broken state", "broken states")
        ));
    }
    Ok(if signals::stopped() {
        exit::STOPPED
    } else {
        exit::OK
    })
}

/// Plays the runbook on every broken state, and returns their number and the lines of the blocks that were reached.
fn play(
    document: &Runbook,
    path: &Path,
    scenarios: &[String],
    folder: &Path,
) -> Result<(usize, BTreeSet<usize>), Stop> {
    let program = write_script(document, path, folder)?;
    let player = CellPlayer {
        engine: EngineArg::Des,
        own: Some(OwnProgram {
            kind: Kind::Runbook,
            file: path.to_owned(),
            path: program,
            walls: Confinement::new(Vec::new(), &[]).map_err(Stop::environment)?,
            patience: Duration::from_secs(PATIENCE_S),
        }),
        real: RealOptions::default(),
        timers: None,
        supervisor: Supervisor::None,
        jobs: None,
        keeps_runs: false,
        acting: OperatorArgs::default(),
        folder: folder.to_owned(),
    };
    let states = broken_states(&if scenarios.is_empty() {
        scenarios::that_break()?
    } else {
        scenarios::named(scenarios)?
    });
    let places: Vec<Place<'_>> = states
        .iter()
        .map(|state| Place {
            state,
            procedure: Kind::Runbook.name(),
            operators: Operators::default(),
            seed: 1,
        })
        .collect();
    signals::listen();
    let bar = Bar::of_jobs(places.len());
    let mut reached = BTreeSet::new();
    let mut not_judged = None;
    player.play_all(&places, &bar, |played| {
        if played.cell.outcome == seatrial_scenarios::outcome::Outcome::NotJudged {
            not_judged.get_or_insert(played.cell.text);
        }
        reached.extend(played.reached);
        ControlFlow::Continue(())
    })?;
    match not_judged {
        Some(why) => Err(Stop::environment(format!("{}: {why}", path.display()))),
        None => Ok((states.len(), reached)),
    }
}
