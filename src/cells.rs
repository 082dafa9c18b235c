//! Plays procedures on broken states, a cell for each pair.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use seatrial_real_harness::RealOptions;
use seatrial_reports::quote;
use seatrial_scenarios::matrix::{Broken, Cell, cell_scenario};
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Supervisor};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play_with;

use crate::args::{EngineArg, TimersArg};
use crate::bar::Bar;
use crate::pool::{self, Pool};
use crate::script::{self, Confinement, Script, Shared};
use crate::{Stop, engines, signals};

/// Plays the cells. It holds what is the same for every cell.
pub(crate) struct CellPlayer {
    /// The engine.
    pub(crate) engine: EngineArg,
    /// How the real engine is to be used.
    pub(crate) real: RealOptions,
    /// The master seed.
    pub(crate) seed: u64,
    /// The timeouts, over those of the scenarios.
    pub(crate) timers: Option<TimersArg>,
    /// The supervisor: it may start a crashed server again.
    pub(crate) supervisor: Supervisor,
    /// The user's own program, where it takes part.
    pub(crate) own: Option<OwnProgram>,
    /// How many cells are played at the same time; by default the pool decides.
    pub(crate) jobs: Option<NonZeroUsize>,
}

/// A program of the user's as a procedure.
pub(crate) struct OwnProgram {
    /// Its file.
    pub(crate) path: PathBuf,
    /// The walls around it.
    pub(crate) walls: Confinement,
    /// How long it may go on without a command.
    pub(crate) patience: Duration,
}

/// A cell that has been played.
pub(crate) struct PlayedCell {
    /// The cell, without the line that plays it again.
    pub(crate) cell: Cell,
    /// The scenario of the cell.
    pub(crate) scenario: Scenario,
    /// The commands that the user's own program typed, and their output.
    pub(crate) transcript: Option<String>,
}

impl CellPlayer {
    /// Plays every cell, and returns them scenario by scenario, in an order that does not depend on the
    /// threads. After a signal these are the first cells.
    pub(crate) fn play_all(
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
        Pool::new(pool::threads(self.jobs, &[self.engine]), &bar).run(
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
        let own = self.own.as_ref().filter(|_| procedure == script::NAME);
        let own = own.map(|own| Arc::new(Script::new(&own.path, &own.walls, own.patience)));
        let mut options = RunOptions {
            seed: self.seed,
            engine: engines::name(self.engine).to_owned(),
            timers: self.timers.map(Into::into),
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
        let record = match self.engine {
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

    /// Returns the flag of the timeouts with which every cell was played, with a space in front.
    const fn flags(&self) -> &'static str {
        match self.timers {
            None => "",
            Some(TimersArg::Fast) => " --timers fast",
            Some(TimersArg::Default) => " --timers default",
        }
    }

    /// Returns the line that plays a cell again from its scenario file.
    pub(crate) fn replay_of_file(&self, file: &Path) -> String {
        format!(
            "seatrial replay {} --on {} --seed {}{}",
            file.display(),
            engines::name(self.engine),
            self.seed,
            self.flags()
        )
    }

    /// Returns the line that plays a cell of the user's own program again.
    pub(crate) fn replay_of_script(&self, scenario: &Scenario) -> String {
        let path = self.own.as_ref().map(|own| own.path.display().to_string());
        let supervisor = match self.supervisor {
            Supervisor::None => "",
            Supervisor::Systemd => " --supervisor systemd",
        };
        format!(
            "seatrial verify --script {} --on {} --scenarios {} --seed {}{supervisor}{}",
            quote(&path.unwrap_or_default()),
            engines::name(self.engine),
            quote(&scenario.file),
            self.seed,
            self.flags()
        )
    }
}
