//! `seatrial verify`: runs procedures against scenarios, one cell for each pair and seed.

mod args;
mod told;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use seatrial_reports::{Judged, comment_of_matrix, matrix_markdown, notices_of_matrix};
use seatrial_scenarios::matrix::{
    Broken, Changes, FAILING, FORMAT, Gate, Matrix, Row, broken_states,
};
use seatrial_scenarios::procedures;
use seatrial_scenarios::record_file::{CampaignEnd, CampaignHead, RECORD_FORMAT};

use crate::args::{EngineArg, FailOn, ResultArg, SEED, Wanted};
use crate::bar::Bar;
use crate::cells::{CellPlayer, OwnProgram, Place, PlayedCell};
use crate::commands::{prove, runbook};
use crate::files::{RecordFile, ReportFiles};
use crate::folder::{Folder, write_whole};
use crate::output::Out;
use crate::script::{self, Confinement, Kind, container};
use crate::{Stop, against, ci, engines, exit, operators, provenance, real, scenarios, signals};

pub(crate) use args::{Confine, VerifyArgs};

/// The folder of the cells' files in the folder of results.
const CELLS: &str = "cells";

pub(crate) fn verify(args: &VerifyArgs, out: &mut Out) -> Result<u8, Stop> {
    let procedures = chosen(args)?;
    args.operators.check(&procedures)?;
    if args.confine == Confine::Docker {
        if args.on == EngineArg::Real {
            return Err(Stop::usage(
                "--confine docker: a container reaches no real nodes; --on real needs bubblewrap",
            ));
        }
        return container::run_again(&args.out);
    }
    if args.exhaustive {
        return prove::exhaustive(args, &procedures, out);
    }
    let states = states(args)?;
    let seeds = args.seeds.range(args.seed, SEED)?;
    engines::available(&[args.on])?;
    let label = |name: &&str| args.operators.label(name);
    let labels: Vec<String> = procedures.iter().map(label).collect();
    let began = Instant::now();
    let mut matrix = Matrix {
        format: FORMAT,
        not_played: 0,
        program: provenance::PROGRAM.to_owned(),
        commit: provenance::COMMIT.to_owned(),
        engine: engines::name(args.on).to_owned(),
        seed: seeds.start,
        seeds: seeds.end - seeds.start,
        timers: args.timers.map(Into::into),
        supervisor: args.supervisor.into(),
        shard: args.shard.map(|shard| (shard.0, shard.1)),
        wall_ms: 0,
        script: own_file(args).map(|(_, path)| path.display().to_string()),
        gate: gate(args, &labels),
        procedures: labels.clone(),
        scenarios: states.iter().map(Row::from).collect(),
        cells: Vec::new(),
    };
    // The earlier file may be in the folder of results, so it is read before anything is written.
    let earlier = args.against.as_deref();
    let earlier = earlier.map(against::matrix).transpose()?;
    if let Some(earlier) = &earlier {
        against::refuse(&matrix.other_terms(earlier), args.allow_different, out)?;
    }
    let document = args.runbook.as_deref().map(runbook::read).transpose()?;
    let mut own = own_program(args, out)?;
    let places = places(args, &states, &procedures, seeds)?;

    let folder = Folder::take(&args.out, "verify")?;
    let real = real::options(&args.real, &[args.on], Some(folder.path()))?;
    let wanted = Wanted(&args.results);
    let cells = folder.empty_subfolder(CELLS)?;
    if let (Some(own), Some(document)) = (&mut own, &document) {
        own.path = runbook::write_script(document, &own.file, folder.path())?;
    }
    let player = CellPlayer {
        engine: args.on,
        own,
        real,
        timers: args.timers,
        supervisor: args.supervisor.into(),
        jobs: args.jobs,
        keeps_runs: wanted.has(ResultArg::Record) || wanted.has(ResultArg::Html),
        acting: args.operators.clone(),
        folder: cells,
    };
    let head = CampaignHead {
        format: RECORD_FORMAT,
        program: provenance::PROGRAM.to_owned(),
        commit: provenance::COMMIT.to_owned(),
        engines: vec![matrix.engine.clone()],
        runs: places.len(),
    };
    let mut reports = ReportFiles::create(&folder, wanted)?;
    let mut record = if wanted.has(ResultArg::Record) {
        Some(RecordFile::create(&folder, &head, true)?)
    } else {
        None
    };

    signals::listen();
    let bar = Bar::of_jobs(places.len());
    let mut written = Ok(());
    player.play_all(&places, &bar, |played| {
        if !played.cell.outcome.is_good() {
            bar.bad(&format!(
                "{} on {}: {}",
                played.cell.procedure,
                played.cell.scenario,
                played.cell.outcome.name()
            ));
        }
        written = keep(&played, &player, matrix.seed, &mut reports, record.as_mut());
        matrix.cells.push(played.cell);
        if written.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    written?;
    matrix.not_played = places.len() - matrix.cells.len();
    matrix.wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(record) = record {
        record.finish(CampaignEnd {
            wall_ms: matrix.wall_ms,
        })?;
    }
    let changes = earlier.as_ref().map(|earlier| matrix.changes(earlier));
    let judged = Judged {
        matrix: &matrix,
        changes: changes.as_ref(),
        earlier: earlier.as_ref(),
    };
    let json = reports.finish_matrix(&judged, &head)?;
    told::tell(args, &judged, folder.path(), &json, out);
    if let Some(file) = &args.comment {
        write_whole(file, comment_of_matrix(&judged).as_bytes())?;
    }
    let files = states.iter().map(|state| &state.scenario);
    let notices = notices_of_matrix(&judged, &ci::places(files));
    ci::deliver(
        &args.annotations,
        &notices,
        &matrix_markdown(&judged),
        &folder,
        out,
    )?;
    Ok(code(&judged))
}

/// Returns the exit code: a bad cell, something worse or missing first, then what is not known.
fn code(judged: &Judged<'_>) -> u8 {
    if !judged.failing().is_empty() || judged.changes.is_some_and(Changes::fail) {
        exit::FINDING
    } else if !judged.not_judged().is_empty() {
        exit::ENVIRONMENT
    } else if judged.is_interrupted() {
        exit::STOPPED
    } else {
        exit::OK
    }
}

/// Returns the broken states that were asked for.
fn states(args: &VerifyArgs) -> Result<Vec<Broken>, Stop> {
    let scenarios = if args.scenarios.is_empty() {
        scenarios::that_break()?
    } else {
        scenarios::named(&args.scenarios)?
    };
    let states = broken_states(&scenarios);
    if states.is_empty() {
        return Err(Stop::usage(
            "no scenario breaks the cluster before an operator acts: there is nothing to recover",
        ));
    }
    Ok(states)
}

/// Returns the cells to be played, scenario by scenario. A shard takes every N-th of them.
fn places<'a>(
    args: &'a VerifyArgs,
    states: &'a [Broken],
    procedures: &[&'a str],
    seeds: std::ops::Range<u64>,
) -> Result<Vec<Place<'a>>, Stop> {
    let shard = args.shard;
    let mut places = Vec::new();
    let mut number = 0;
    for state in states {
        let servers = state.scenario.servers();
        for &procedure in procedures {
            let acting = args.operators.on(procedure, &servers, &state.scenario.id)?;
            for seed in seeds.clone() {
                if shard.is_none_or(|shard| number % shard.1 == shard.0) {
                    places.push(Place {
                        state,
                        procedure,
                        operators: acting.clone(),
                        seed,
                    });
                }
                number += 1;
            }
        }
    }
    Ok(places)
}

/// Returns which cells fail. By default these are the bad cells of the one procedure under test; a table of many
/// procedures compares them, and none of them is under test.
fn gate(args: &VerifyArgs, procedures: &[String]) -> Gate {
    if !args.fail_on.is_empty() {
        return Gate {
            fail_on: FailOn::all(&args.fail_on),
            under_test: None,
            known_pass: false,
        };
    }
    let under_test = if let Some((kind, _)) = own_file(args) {
        Some(kind.name().to_owned())
    } else if let [one] = procedures {
        Some(one.clone())
    } else {
        None
    };
    Gate {
        fail_on: if under_test.is_some() {
            FAILING.into()
        } else {
            std::collections::BTreeSet::new()
        },
        under_test,
        known_pass: true,
    }
}

/// Writes the files of a cell: the transcript of a user's program, the scenario of a bad cell, its run.
fn keep(
    played: &PlayedCell,
    player: &CellPlayer,
    first_seed: u64,
    reports: &mut ReportFiles<'_>,
    record: Option<&mut RecordFile>,
) -> Result<(), Stop> {
    let PlayedCell {
        cell,
        scenario,
        transcript,
        run,
        reached: _,
    } = played;
    if let Some(text) = transcript {
        let seed = if cell.seed == first_seed {
            String::new()
        } else {
            format!("--seed-{}", cell.seed)
        };
        let name = format!("{}{seed}.txt", scenario.id);
        write_whole(&player.folder.join(name), text.as_bytes())?;
    }
    if !cell.outcome.is_good() && !script::is_own(&cell.procedure) {
        let text = scenario.to_toml();
        write_whole(Path::new(&scenario.file), text.as_bytes())?;
    }
    if let Some((run, rendered)) = run {
        reports.add_of_cell(run);
        if let Some(record) = record {
            record.add(run, rendered)?;
        }
    }
    Ok(())
}

/// Returns the procedures that were asked for, each once, and the user's own program. If neither was
/// asked for, it returns all procedures but `none`.
fn chosen(args: &VerifyArgs) -> Result<Vec<&'static str>, Stop> {
    use std::os::unix::fs::PermissionsExt as _;

    let names = &args.procedures;
    if own_file(args).is_some() && args.on == EngineArg::Madsim {
        return Err(Stop::usage(
            "--on madsim: a program of its own runs on des or real; madsim's clock is for what runs \
             inside of it",
        ));
    }
    if let Some(path) = &args.script {
        let data = fs::metadata(path)
            .map_err(|error| Stop::usage(format!("--script {}: {error}", path.display())))?;
        if !data.is_file() {
            let path = path.display();
            return Err(Stop::usage(format!("--script {path}: it is not a file")));
        }
        if data.permissions().mode() & 0o111 == 0 {
            let path = path.display();
            return Err(Stop::environment(format!(
                "--script {path}: it is not executable, so that nothing can be judged\n  help: chmod +x {path}"
            )));
        }
    } else if names.is_empty() && args.runbook.is_none() {
        let all = procedures::names().iter().copied();
        let all = all.filter(|name| *name != "none" && !procedures::is_automaton(name));
        return Ok(all.collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let found = operators::known(name)?;
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    chosen.extend(own_file(args).map(|(kind, _)| kind.name()));
    Ok(chosen)
}

/// Returns the file of the user's own procedure, and what it is.
fn own_file(args: &VerifyArgs) -> Option<(Kind, &Path)> {
    let script = args.script.as_deref().map(|path| (Kind::Script, path));
    let runbook = || args.runbook.as_deref().map(|path| (Kind::Runbook, path));
    script.or_else(runbook)
}

/// Returns the user's own program with the walls around it. Where they cannot be made, nothing of it is run.
fn own_program(args: &VerifyArgs, out: &mut Out) -> Result<Option<OwnProgram>, Stop> {
    let Some((kind, file)) = own_file(args) else {
        return Ok(None);
    };
    let mut binds = Vec::new();
    for bind in &args.bind {
        let known = std::path::absolute(bind).and_then(|path| path.metadata().map(|_| path));
        let path =
            known.map_err(|error| Stop::usage(format!("--bind {}: {error}", bind.display())))?;
        binds.push(path);
    }
    let walls = if args.unconfined {
        out.error(
            "seatrial: --unconfined: your program can do to this machine whatever you can, and the simulated \
             console answers its lines for nodes",
        );
        Confinement::none()
    } else {
        Confinement::new(binds, &args.env).map_err(Stop::environment)?
    };
    Ok(Some(OwnProgram {
        kind,
        file: file.to_owned(),
        path: file.to_owned(),
        walls,
        patience: Duration::from_secs(args.patience),
    }))
}
