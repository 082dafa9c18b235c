//! `seatrial verify`: runs procedures against scenarios, one cell for each pair.

mod args;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use seatrial_reports::{cell_details, count, matrix_markdown, matrix_text, nearest};
use seatrial_scenarios::matrix::{Cell, FORMAT, Matrix, Row, broken_states};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::procedures;

use crate::args::{ClaimsFormat, EngineArg, PackArg};
use crate::cells::{CellPlayer, OwnProgram};
use crate::commands::prove;
use crate::matrix_files::{self, MatrixFolder};
use crate::output::Out;
use crate::script::{self, Confinement};
use crate::{Stop, engines, exit, real, scenarios, signals};

pub(crate) use args::VerifyArgs;

pub(crate) fn verify(args: &VerifyArgs, out: &mut Out) -> Result<u8, Stop> {
    let procedures = chosen(args)?;
    if args.exhaustive {
        return prove::exhaustive(args, &procedures, out);
    }
    let scenarios = if args.scenarios.is_empty() {
        let mut all = scenarios::pack(PackArg::Wild)?;
        let documented = scenarios::all()?;
        all.extend(documented.into_iter().filter(|one| one.source.is_some()));
        all
    } else {
        scenarios::named(&args.scenarios)?
    };
    let states = broken_states(&scenarios);
    if states.is_empty() {
        return Err(Stop::usage(
            "no scenario breaks the cluster before an operator acts: there is nothing to recover",
        ));
    }
    let earlier = args.against.as_deref();
    let earlier = earlier.map(matrix_files::read).transpose()?;
    engines::available(&[args.on])?;
    let own = args.script.as_deref().map(|path| own_program(path, args));
    let player = CellPlayer {
        engine: args.on,
        own: own.transpose()?,
        real: real::options(&args.real, &[args.on], Some(&args.out))?,
        seed: args.seed,
        timers: args.timers,
        supervisor: args.supervisor.into(),
        jobs: args.jobs,
    };
    let folder = MatrixFolder::create(&args.out)?;

    signals::listen();
    let began = Instant::now();
    let played = player.play_all(&procedures, &states)?.into_iter();
    let cells = played
        .map(|played| folder.add(&player, played))
        .collect::<Result<Vec<Cell>, Stop>>()?;
    let stopped = cells.len() < procedures.len() * states.len();
    let matrix = Matrix {
        format: FORMAT,
        engine: engines::name(args.on).to_owned(),
        seed: args.seed,
        supervisor: player.supervisor,
        procedures: procedures.iter().map(|&name| name.to_owned()).collect(),
        scenarios: states.iter().map(Row::from).collect(),
        cells,
    };
    let json = folder.finish(&matrix)?;
    match args.format {
        ClaimsFormat::Text => {
            out.print(&matrix_text(&matrix));
            if args.script.is_some() {
                out.print(&cell_details(&matrix, script::NAME));
            }
        }
        ClaimsFormat::Markdown => out.print(&matrix_markdown(&matrix)),
        ClaimsFormat::Json => out.print(&json),
    }
    let worse = earlier.as_ref().map(|earlier| matrix.regressions(earlier));
    for (cell, old) in worse.iter().flatten() {
        out.error(&format!(
            "worse: {} on {}: {}, was {}\n  {}",
            cell.procedure,
            cell.scenario,
            cell.outcome.name(),
            old.name(),
            cell.replay
        ));
    }
    let errors = matrix.cells.iter().filter(|c| c.outcome == Outcome::Error);
    let errors: Vec<&Cell> = errors.collect();
    for cell in &errors {
        out.error(&format!(
            "error: {} on {} could not be played: {}\n  {}",
            cell.procedure, cell.scenario, cell.text, cell.replay
        ));
    }
    if args.format == ClaimsFormat::Text {
        let seconds = began.elapsed().as_secs_f64();
        let cells = count(matrix.cells.len(), "cell", "cells");
        out.line(&format!("     Summary [{seconds:>8.3}s] {cells}"));
        out.line(&format!("     Results {}", args.out.display()));
    }
    let failed = !errors.is_empty() || worse.is_some_and(|worse| !worse.is_empty());
    Ok(match (failed, stopped) {
        (true, _) => exit::FINDING,
        (false, true) => exit::STOPPED,
        (false, false) => exit::OK,
    })
}

/// Returns the procedures that were asked for, each once, and the user's own program. If neither was
/// asked for, it returns all procedures but `none`.
fn chosen(args: &VerifyArgs) -> Result<Vec<&'static str>, Stop> {
    let known = procedures::names();
    let names = &args.procedures;
    if let Some(path) = &args.script {
        let data = fs::metadata(path)
            .map_err(|error| Stop::usage(format!("--script {}: {error}", path.display())))?;
        if !data.is_file() {
            let path = path.display();
            return Err(Stop::usage(format!("--script {path}: it is not a file")));
        }
        if data.permissions().mode() & 0o111 == 0 {
            let path = path.display();
            return Err(Stop::usage(format!(
                "--script {path}: it is not executable\n  help: chmod +x {path}"
            )));
        }
        if args.on == EngineArg::Madsim {
            return Err(Stop::usage(
                "--script --on madsim: a program of its own runs on des or real; madsim's clock is \
                 for what runs inside of it",
            ));
        }
    } else if names.is_empty() {
        let all = known.iter().copied().filter(|name| *name != "none");
        return Ok(all.collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let Some(found) = known.iter().copied().find(|known| known == name) else {
            let near = nearest(name, known.iter().copied());
            let help = near.first().map_or_else(
                || format!("the procedures are: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let text = format!("there is no procedure `{name}`\n  help: {help}");
            return Err(Stop::usage(text));
        };
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    if args.script.is_some() {
        chosen.push(script::NAME);
    }
    Ok(chosen)
}

/// Makes the walls around the user's own program. Where they cannot be made, nothing of it is run.
fn own_program(path: &Path, args: &VerifyArgs) -> Result<OwnProgram, Stop> {
    let mut binds = Vec::new();
    for bind in &args.bind {
        let known = std::path::absolute(bind).and_then(|path| path.metadata().map(|_| path));
        let path =
            known.map_err(|error| Stop::usage(format!("--bind {}: {error}", bind.display())))?;
        binds.push(path);
    }
    Ok(OwnProgram {
        path: path.to_owned(),
        walls: Confinement::new(binds, &args.env).map_err(Stop::environment)?,
        patience: Duration::from_secs(args.patience),
    })
}
