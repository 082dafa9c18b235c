//! `seatrial verify`: runs procedures against scenarios, one cell for each pair.

mod args;

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_real_harness::RealOptions;
use seatrial_reports::{cell_details, count, matrix_markdown, matrix_text, nearest, quote};
use seatrial_scenarios::matrix::{Broken, Cell, FORMAT, Matrix, Row, broken_states, cell_scenario};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::procedures;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Supervisor};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play_with;

use crate::args::{ClaimsFormat, EngineArg, PackArg, TimersArg};
use crate::bar::Bar;
use crate::commands::prove;
use crate::output::Out;
use crate::pool::{self, Pool};
use crate::script::{self, Confinement, Script, Shared};
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
    let earlier = args.against.as_deref().map(read).transpose()?;
    engines::available(&[args.on])?;
    let confinement = args.script.as_deref().map(|_| confinement(args));
    let player = CellPlayer {
        args,
        confinement: confinement.transpose()?,
        supervisor: args.supervisor.into(),
        real: real::options(&args.real, &[args.on], Some(&args.out))?,
    };
    let folder = args.out.join("cells");
    clear(&folder).map_err(|error| unwritable(&folder, &error))?;

    signals::listen();
    let began = Instant::now();
    let mut cells = Vec::new();
    for done in player.play_all(&procedures, &states)? {
        let PlayedCell {
            mut cell,
            scenario,
            transcript,
        } = done;
        if let Some(text) = transcript {
            let file = folder.join(format!("{}.txt", scenario.id));
            fs::write(&file, text).map_err(|error| unwritable(&file, &error))?;
        }
        if !cell.outcome.is_good() {
            let file = folder.join(format!("{}.toml", scenario.id));
            let flags = player.flags();
            if cell.procedure == script::NAME {
                cell.replay = player.replay_of_script(&scenario);
            } else {
                fs::write(&file, scenario.to_toml()).map_err(|error| unwritable(&file, &error))?;
                let file = file.display();
                let on = engines::name(args.on);
                cell.replay = format!(
                    "seatrial replay {file} --on {on} --seed {}{flags}",
                    args.seed
                );
            }
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
        engine: engines::name(args.on).to_owned(),
        seed: args.seed,
        supervisor: player.supervisor,
        procedures: procedures.iter().map(|&name| name.to_owned()).collect(),
        scenarios: states.iter().map(row).collect(),
        cells,
    };
    let json = write(&args.out, &matrix)?;
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

/// Prepares the confinement of the user's own program. If that fails, the program is not run.
fn confinement(args: &VerifyArgs) -> Result<Confinement, Stop> {
    for bind in &args.bind {
        if let Err(error) = fs::metadata(bind) {
            return Err(Stop::usage(format!("--bind {}: {error}", bind.display())));
        }
    }
    Confinement::new(&args.bind, &args.env).map_err(Stop::environment)
}

/// Plays the cells. It holds what is the same for every cell.
struct CellPlayer<'a> {
    args: &'a VerifyArgs,
    /// The confinement of the user's own program, if there is one.
    confinement: Option<Confinement>,
    supervisor: Supervisor,
    real: RealOptions,
}

/// A cell that has been played.
struct PlayedCell {
    cell: Cell,
    scenario: Scenario,
    /// The commands and the output of the user's own program.
    transcript: Option<String>,
}

impl CellPlayer<'_> {
    /// Plays every cell, and returns them scenario by scenario. The order does not depend on the threads.
    fn play_all(
        &self,
        procedures: &[&'static str],
        states: &[Broken],
    ) -> Result<Vec<PlayedCell>, Stop> {
        let pairs: Vec<(&Broken, &str)> = states
            .iter()
            .flat_map(|state| procedures.iter().map(move |name| (state, *name)))
            .collect();
        let bar = Bar::of_jobs(pairs.len());
        let mut cells = Vec::new();
        Pool::new(pool::threads(self.args.jobs, &[self.args.on]), &bar).run(
            &pairs,
            |(state, name)| format!("{name} on {}", state.scenario.id),
            Templates::default,
            |templates, (state, name)| {
                let done = self.play(templates, state, name);
                // A cell that a signal interrupted has no outcome.
                (!signals::stopped()).then_some(done)
            },
            |_, done| {
                cells.extend(done);
                ControlFlow::Continue(())
            },
        )?;
        Ok(cells)
    }

    fn play(&self, templates: &mut Templates, state: &Broken, procedure: &str) -> PlayedCell {
        let scenario = cell_scenario(state, procedure, self.supervisor);
        let id = &state.scenario.id;
        let own = self.args.script.as_deref();
        let own = own.filter(|_| procedure == script::NAME);
        let own = own.zip(self.confinement.as_ref()).map(|(path, walls)| {
            let patience = Duration::from_secs(self.args.patience);
            Arc::new(Script::new(path, walls, patience))
        });
        let mut options = RunOptions {
            seed: self.args.seed,
            engine: engines::name(self.args.on).to_owned(),
            timers: self.args.timers.map(Into::into),
            ..RunOptions::default()
        };
        if let Some(own) = &own {
            options.program = Some(Arc::new(Shared(own.clone())));
        }
        let mut cell = Cell::error(procedure, id, String::new());
        let mut transcript = None;
        match self.run(templates, &scenario, &options) {
            Ok(record) => {
                cell = Cell::of(procedure, id, &record, state.before);
                let reports = own.map(|own| own.reports());
                if let Some(reports) = reports {
                    cell.notes = reports.iter().flat_map(|one| one.notes.clone()).collect();
                    transcript = Some(script::transcript(&record, &reports));
                }
            }
            Err(text) => cell.text = text,
        }
        PlayedCell {
            cell,
            scenario,
            transcript,
        }
    }

    fn run(
        &self,
        templates: &mut Templates,
        scenario: &Scenario,
        options: &RunOptions,
    ) -> Result<RunRecord, String> {
        let record = match self.args.on {
            EngineArg::Des => play_with(templates, scenario, options)?,
            engine => {
                let setup = scenario.setup(options.timers, options.seed);
                engines::run(engine, scenario, &setup, options, &self.real)?.0
            }
        };
        match (record.verdict, &record.failure) {
            (Verdict::Unsupported, Some(failure)) => Err(failure.text.clone()),
            _ => Ok(record),
        }
    }

    /// Returns the flags of every cell, for the command that replays it.
    fn flags(&self) -> &'static str {
        match self.args.timers {
            None => "",
            Some(TimersArg::Fast) => " --timers fast",
            Some(TimersArg::Default) => " --timers default",
        }
    }

    /// Returns the command that plays a cell of the user's program again.
    fn replay_of_script(&self, scenario: &Scenario) -> String {
        let path = self.args.script.as_deref().unwrap_or_else(|| Path::new(""));
        let supervisor = match self.supervisor {
            Supervisor::None => "",
            Supervisor::Systemd => " --supervisor systemd",
        };
        format!(
            "seatrial verify --script {} --on {} --scenarios {} --seed {}{supervisor}{}",
            quote(&path.display().to_string()),
            engines::name(self.args.on),
            quote(&scenario.file),
            self.args.seed,
            self.flags()
        )
    }
}

/// Writes `verify.md`, then `verify.json`, and returns the text of the latter.
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

/// Reads an earlier matrix.
pub(crate) fn read(file: &Path) -> Result<Matrix, Stop> {
    let stop = |error: String| Stop::usage(format!("--against {}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| stop(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| stop(format!("not a verify.json: {error}")))
}

/// Makes the folder, and removes the cells that an earlier matrix left in it.
fn clear(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml" || extension == "txt")
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::environment(format!("cannot write {}: {error}", path.display()))
}
