//! `seatrial verify`: procedures by scenarios, a cell for each pair.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use seatrial_reports::{matrix_markdown, matrix_text};
use seatrial_scenarios::matrix::{Broken, Cell, FORMAT, Matrix, Row, broken_states, cell_scenario};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::procedures;
use seatrial_scenarios::{Scenario, Supervisor};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play;

use crate::args::{ClaimsFormat, EngineArg, SupervisorArg, VerifyArgs};
use crate::nearest::nearest;
use crate::output::Out;
use crate::{Stop, campaign, exit, prove, scenarios, signals};

pub(crate) fn verify(args: &VerifyArgs, out: &mut Out) -> Result<u8, Stop> {
    let procedures = chosen(&args.procedures)?;
    if args.exhaustive {
        return prove::exhaustive(args, &procedures, out);
    }
    let scenarios = if args.scenarios.is_empty() {
        let mut all = scenarios::pack()?;
        let documented = scenarios::all()?;
        all.extend(documented.into_iter().filter(|one| one.source.is_some()));
        all
    } else {
        scenarios::named(&args.scenarios)?
    };
    let states = broken_states(&scenarios);
    if states.is_empty() {
        return Err(Stop::usage(
            "no scenario breaks anything before an operator acts",
        ));
    }
    let earlier = args.against.as_deref().map(read).transpose()?;
    let supervisor = match args.supervisor {
        SupervisorArg::None => Supervisor::None,
        SupervisorArg::Systemd => Supervisor::Systemd,
    };
    let folder = args.out.join("cells");
    clear(&folder).map_err(|error| unwritable(&folder, &error))?;

    signals::listen();
    let began = Instant::now();
    let mut cells = Vec::new();
    for (mut cell, scenario) in play_all(args, &procedures, &states, supervisor) {
        if !cell.outcome.is_good() {
            let file = folder.join(format!("{}.toml", scenario.id));
            fs::write(&file, scenario.to_toml()).map_err(|error| unwritable(&file, &error))?;
            let file = file.display();
            cell.replay = format!("seatrial replay {file} --on des --seed {}", args.seed);
        }
        cells.push(cell);
    }
    let stopped = cells.len() < procedures.len() * states.len();
    let row = |broken: &Broken| Row {
        id: broken.scenario.id.clone(),
        title: broken.scenario.title.clone(),
    };
    let matrix = Matrix {
        format: FORMAT,
        seed: args.seed,
        supervisor,
        procedures: procedures.iter().map(|&name| name.to_owned()).collect(),
        scenarios: states.iter().map(row).collect(),
        cells,
    };
    let json = write(&args.out, &matrix)?;
    match args.format {
        ClaimsFormat::Text => out.print(&matrix_text(&matrix)),
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
        let runs = matrix.cells.len();
        out.line(&format!("     Summary [{seconds:>8.3}s] {runs} cells"));
        out.line(&format!("     Results {}", args.out.display()));
    }
    let failed = !errors.is_empty() || worse.is_some_and(|worse| !worse.is_empty());
    Ok(match (failed, stopped) {
        (true, _) => exit::FINDING,
        (false, true) => exit::STOPPED,
        (false, false) => exit::OK,
    })
}

/// The procedures that are asked for, each once; all but `none` where none is.
fn chosen(names: &[String]) -> Result<Vec<&'static str>, Stop> {
    let known = procedures::names();
    if names.is_empty() {
        let all = known.iter().copied().filter(|name| *name != "none");
        return Ok(all.collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let Some(found) = known.iter().copied().find(|known| known == name) else {
            let near = nearest(name, known.iter().copied());
            let help = near.first().map_or_else(
                || format!("there are: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let text = format!("there is no procedure `{name}`\n  help: {help}");
            return Err(Stop::usage(text));
        };
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    Ok(chosen)
}

/// Plays every cell, and gives them back scenario by scenario, whatever the threads did.
fn play_all(
    args: &VerifyArgs,
    procedures: &[&'static str],
    states: &[Broken],
    supervisor: Supervisor,
) -> Vec<(Cell, Scenario)> {
    let pairs: Vec<(&Broken, &str)> = states
        .iter()
        .flat_map(|state| procedures.iter().map(move |name| (state, *name)))
        .collect();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..campaign::threads(args.jobs, &[EngineArg::Des]).min(pairs.len()) {
            let (sender, next, pairs) = (sender.clone(), &next, &pairs);
            scope.spawn(move || {
                let mut templates = Templates::default();
                while !signals::stopped() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((state, name)) = pairs.get(index) else {
                        break;
                    };
                    let done = play_cell(&mut templates, state, name, supervisor, args.seed);
                    if sender.send((index, done)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
    });
    let mut done: Vec<(usize, (Cell, Scenario))> = receiver.iter().collect();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, cell)| cell).collect()
}

fn play_cell(
    templates: &mut Templates,
    state: &Broken,
    procedure: &str,
    supervisor: Supervisor,
    seed: u64,
) -> (Cell, Scenario) {
    let scenario = cell_scenario(state, procedure, supervisor);
    let id = &state.scenario.id;
    let cell = match play(templates, &scenario, seed, None) {
        Ok(record) => Cell::of(procedure, id, &record, state.before),
        Err(text) => Cell::error(procedure, id, text),
    };
    (cell, scenario)
}

/// Writes `verify.md`, then `verify.json`, and gives back the latter.
fn write(folder: &Path, matrix: &Matrix) -> Result<String, Stop> {
    let mut json = serde_json::to_string_pretty(matrix)
        .map_err(|error| Stop::environment(format!("cannot write the matrix: {error}")))?;
    json.push('\n');
    let markdown = folder.join("verify.md");
    fs::write(&markdown, matrix_markdown(matrix)).map_err(|error| unwritable(&markdown, &error))?;
    let file = folder.join("verify.json");
    let partial = folder.join("verify.json.partial");
    fs::write(&partial, &json).map_err(|error| unwritable(&partial, &error))?;
    fs::rename(&partial, &file).map_err(|error| unwritable(&file, &error))?;
    Ok(json)
}

/// An earlier matrix.
pub(crate) fn read(file: &Path) -> Result<Matrix, Stop> {
    let stop = |error: String| Stop::usage(format!("--against {}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| stop(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| stop(format!("not a verify.json: {error}")))
}

/// Makes the folder, and takes away the cells that an earlier matrix left in it.
fn clear(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::environment(format!("cannot write {}: {error}", path.display()))
}
