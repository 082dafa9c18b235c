//! Plays procedures on broken states, a cell for each pair and seed.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use seatrial_real_harness::RealOptions;
use seatrial_reports::quote;
use seatrial_scenarios::console::gap;
use seatrial_scenarios::language::Operators;
use seatrial_scenarios::matrix::{Broken, Cell, cell_scenario, operators_act};
use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::{RecordedRun, ScenarioText};
use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{RunOptions, RunRecord, Scenario, Supervisor, Trace};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::play_with;

use crate::args::{EngineArg, TimersArg};
use crate::bar::Bar;
use crate::operators::OperatorArgs;
use crate::pool::{self, Pool};
use crate::script::{self, Confinement, Kind, Report, Script, Shared};
use crate::{Stop, engines, runbook, signals};

/// Plays the cells. It holds what is the same for every cell.
pub(crate) struct CellPlayer {
    /// The engine.
    pub(crate) engine: EngineArg,
    /// How the real engine is to be used.
    pub(crate) real: RealOptions,
    /// The timeouts, over those of the scenarios.
    pub(crate) timers: Option<TimersArg>,
    /// The supervisor: it may start a crashed server again.
    pub(crate) supervisor: Supervisor,
    /// The user's own program, where it takes part.
    pub(crate) own: Option<OwnProgram>,
    /// How many cells are played at the same time; by default the pool decides.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Whether bad cells keep their whole run.
    pub(crate) keeps_runs: bool,
    /// The operators that act beside the procedure.
    pub(crate) acting: OperatorArgs,
    /// The folder of the cells' scenario files, which the lines that play a cell again name.
    pub(crate) folder: PathBuf,
}

/// A program of the user's as a procedure.
pub(crate) struct OwnProgram {
    /// A script or a runbook.
    pub(crate) kind: Kind,
    /// The file that the user gave.
    pub(crate) file: PathBuf,
    /// The program: the same file, or the script that was made of it.
    pub(crate) path: PathBuf,
    /// The walls around it.
    pub(crate) walls: Confinement,
    /// How long it may go on without a command.
    pub(crate) patience: Duration,
}

/// A cell to be played.
#[derive(Clone)]
pub(crate) struct Place<'a> {
    /// The broken state.
    pub(crate) state: &'a Broken,
    /// The procedure.
    pub(crate) procedure: &'a str,
    /// Where its operator sits, and who acts beside it.
    pub(crate) operators: Operators,
    /// The master seed.
    pub(crate) seed: u64,
}

/// A cell that has been played.
pub(crate) struct PlayedCell {
    /// The cell, with the line that plays it again if it is not good.
    pub(crate) cell: Cell,
    /// The scenario of the cell.
    pub(crate) scenario: Scenario,
    /// The commands that the user's own program typed, and their output.
    pub(crate) transcript: Option<String>,
    /// The lines that open the blocks of a runbook that it reached.
    pub(crate) reached: BTreeSet<usize>,
    /// The whole run and its rendered trace, if it is kept.
    pub(crate) run: Option<(RecordedRun, String)>,
}

/// A run with its trace, if it was traced.
type Ran = (RunRecord, Option<Trace>);

impl CellPlayer {
    /// Plays the cells, and gives each to `take` in an order that does not depend on the threads. After a signal
    /// these are the first cells.
    pub(crate) fn play_all(
        &self,
        places: &[Place<'_>],
        bar: &Bar,
        mut take: impl FnMut(PlayedCell) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        Pool::new(pool::threads(self.jobs, &[self.engine]), bar).run(
            places,
            |place| format!("{} on {}", place.procedure, place.state.scenario.id),
            Templates::default,
            |templates, place| {
                let done = self.play(templates, place);
                // A cell that a signal interrupted has no outcome.
                (!signals::stopped()).then_some(done)
            },
            |_, done| match done {
                Some(done) => take(done),
                None => ControlFlow::Continue(()),
            },
        )?;
        Ok(())
    }

    fn play(&self, templates: &mut Templates, place: &Place<'_>) -> PlayedCell {
        let Place {
            state,
            procedure,
            operators,
            seed,
        } = place;
        let (procedure, seed) = (*procedure, *seed);
        let mut scenario = cell_scenario(state, procedure, self.supervisor);
        let label = self.acting.label(procedure);
        if label != procedure {
            let broken = self.acting.while_broken;
            operators_act(&mut scenario, state, &label, operators, broken);
        }
        let file = self.folder.join(format!("{}.toml", scenario.id));
        scenario.file = file.display().to_string();
        let id = &state.scenario.id;
        let own = self.own.as_ref().filter(|own| procedure == own.kind.name());
        let own =
            own.map(|own| Arc::new(Script::new(own.kind, &own.path, &own.walls, own.patience)));
        let mut options = RunOptions {
            seed,
            engine: engines::name(self.engine).to_owned(),
            timers: self.timers.map(Into::into),
            ..RunOptions::default()
        };
        if let Some(own) = &own {
            options.program = Some(Arc::new(Shared(own.clone())));
        }
        let without_run = |outcome, text| Cell::without_run(&label, id, seed, outcome, text);
        let mut transcript = None;
        let mut reached = BTreeSet::new();
        let mut run = None;
        let mut cell = match self.run(templates, &scenario, &options) {
            Ok((record, _)) if record.verdict == Verdict::Unsupported => {
                let failure = record.failure.as_ref();
                let text = failure.map(|failure| failure.text.clone());
                without_run(Outcome::NotJudged, text.unwrap_or_default())
            }
            Ok((record, trace)) => {
                let mut cell = Cell::of(&label, id, &record);
                if let Some(own) = &own {
                    let reports = own.reports();
                    transcript = Some(script::transcript(&record, &reports));
                    let noted = reports.iter().map(|one| &*one.reached);
                    reached = noted.flat_map(runbook::reached_lines).collect();
                    self.judge_own(&mut cell, own, &reports, &record);
                }
                if self.keeps_runs && !cell.outcome.is_good() {
                    run = self.traced(&scenario, &options, record, trace);
                }
                cell
            }
            Err(text) => without_run(Outcome::Error, text),
        };
        if !cell.outcome.is_good() {
            cell.replay = if script::is_own(procedure) {
                self.replay_of_script(state, seed)
            } else {
                self.replay_of_file(&file, seed)
            };
        }
        PlayedCell {
            cell,
            scenario,
            transcript,
            reached,
            run,
        }
    }

    /// Puts into a cell what is known of the user's own program beside the run's record.
    fn judge_own(&self, cell: &mut Cell, own: &Script, reports: &[Report], record: &RunRecord) {
        let said = reports.iter().flat_map(|one| one.notes.clone());
        cell.notes.extend(said);
        let gaps = not_understood(record);
        let not_begun = reports.iter().find_map(|one| one.not_judged.clone());
        if let Some(why) = not_begun.or_else(|| (!gaps.is_empty()).then(|| gaps.join("; "))) {
            cell.outcome = Outcome::NotJudged;
            cell.text = why;
        }
        if cell.outcome.is_good() {
            return;
        }
        cell.script_line = own.line_of(reports, cell.outcome);
        let way: Vec<String> = reports
            .iter()
            .flat_map(Report::way)
            .map(|line| line.to_string())
            .collect();
        if let Some(document) = self.own.as_ref().filter(|own| own.kind == Kind::Runbook)
            && !way.is_empty()
        {
            let file = document.file.display();
            cell.text = format!(
                "{}; typed from the lines {} of {file}",
                cell.text,
                way.join(", ")
            );
        }
    }

    /// Makes the run of a cell. Without a trace it is faster: the clusters of a thread share their beginnings.
    fn run(
        &self,
        templates: &mut Templates,
        scenario: &Scenario,
        options: &RunOptions,
    ) -> Result<Ran, String> {
        // A program of the user's is not started a second time for the trace.
        let twice = options.program.is_none() || !self.keeps_runs;
        if self.engine == EngineArg::Des && twice {
            return Ok((play_with(templates, scenario, options)?, None));
        }
        let setup = scenario.setup(options.timers, options.seed);
        let (record, trace) = engines::run(self.engine, scenario, &setup, options, &self.real)?;
        Ok((record, Some(trace)))
    }

    /// Returns the run with its trace. A run that was made without one is made again, which gives the same run.
    fn traced(
        &self,
        scenario: &Scenario,
        options: &RunOptions,
        record: RunRecord,
        trace: Option<Trace>,
    ) -> Option<(RecordedRun, String)> {
        let setup = scenario.setup(options.timers, options.seed);
        let (mut record, trace) = match trace {
            Some(trace) => (record, trace),
            None => engines::run(self.engine, scenario, &setup, options, &self.real).ok()?,
        };
        let header = engines::header(self.engine, scenario, &setup);
        let rendered = trace.render(&header);
        record.trace_sha256 = sha256_hex(&rendered);
        self.flags().clone_into(&mut record.replay_flags);
        let run = RecordedRun {
            header: Some(header),
            events: trace.events,
            record,
            scenario: ScenarioText::from(scenario),
        };
        Some((run, rendered))
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
    fn replay_of_file(&self, file: &Path, seed: u64) -> String {
        format!(
            "seatrial replay {} --on {} --seed {seed}{}",
            quote(&file.display().to_string()),
            engines::name(self.engine),
            self.flags()
        )
    }

    /// Returns the line that plays a cell of the user's own program again.
    fn replay_of_script(&self, state: &Broken, seed: u64) -> String {
        let own = self.own.as_ref();
        let path = own.map(|own| own.file.display().to_string());
        let flag = own.map_or(Kind::Script, |own| own.kind).name();
        let supervisor = match self.supervisor {
            Supervisor::None => "",
            Supervisor::Systemd => " --supervisor systemd",
        };
        format!(
            "seatrial verify --{flag} {} --on {} --scenarios {} --seed {seed}{supervisor}{}",
            quote(&path.unwrap_or_default()),
            engines::name(self.engine),
            quote(&state.scenario.file),
            self.flags()
        )
    }
}

/// Returns the lines of the user's program that the host did not understand, each once, with what it said.
fn not_understood(record: &RunRecord) -> Vec<String> {
    let mut gaps: Vec<String> = Vec::new();
    for command in &record.commands {
        let Some(said) = command.output.as_ref().and_then(gap) else {
            continue;
        };
        let text = format!("not understood: {} ({said})", command.line);
        if command.procedure.as_deref().is_some_and(script::is_own) && !gaps.contains(&text) {
            gaps.push(text);
        }
    }
    gaps
}
