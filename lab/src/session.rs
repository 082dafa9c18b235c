//! A session: a tree of moments, and the cluster of the present moment.
//!
//! Each command that changes the cluster is a step of a scenario, and the runner's own code plays it. So a
//! scenario file with the steps on the path to a moment makes the same run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use miette::Diagnostic as _;
use seatrial_scenarios::language::{Action, Pace, Problem, Step};
use seatrial_scenarios::runner::Course;
use seatrial_scenarios::{
    Fault, NodeName, Observation, RunOptions, RunRecord, Scenario, Span, TraceEvent,
};

use super::command::{Act, Trouble};
use super::known::Known;
use seatrial_scenarios::Bed;

/// The longest simulated time of a session.
const LIMIT: Span = Span::from_secs(7 * 24 * 60 * 60);

/// The most moments of a session, and the most rows of all moments together. Each moment keeps a copy of the
/// cluster; at these limits the copies take about 1 GB.
const MOMENTS_MAX: usize = 1000;
const ROWS_MAX: usize = 200_000;

/// The name of the first fork.
pub(super) const MAIN: &str = "main";

/// The cluster between two commands.
pub(super) struct Moment<B> {
    /// The moment before; `None` for the first.
    pub(super) parent: Option<usize>,
    /// The line that was typed.
    pub(super) line: String,
    /// The steps of that line.
    step: Option<Step>,
    /// The cluster, if the engine can copy it.
    bed: Option<B>,
    /// The run so far.
    pub(super) course: Course,
    /// The events since the moment before, if the session keeps them. A face makes its film of them.
    events: Vec<TraceEvent>,
    /// All nodes.
    pub(super) seen: Observation,
    /// The facts from the traces so far.
    pub(super) known: Known,
    /// The number of requests that were left running so far.
    jobs: u32,
    /// The number of steps of the scenario that were played so far.
    pub(super) scripted: usize,
}

/// Returns the result of some work, or the text of its panic.
async fn unless_it_panics<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(seatrial_scenarios::panic_text(&*panic).to_owned())),
        }
    })
    .await
}

impl<B> Moment<B> {
    /// Returns the time since the first step could begin.
    pub(super) fn clock(&self) -> Span {
        self.seen.at.saturating_sub(self.course.began())
    }
}

/// The counts along the path.
#[derive(Clone, Copy)]
struct Counts {
    jobs: u32,
    scripted: usize,
}

/// A session.
pub(super) struct Session<B> {
    scenario: Scenario,
    options: RunOptions,
    live: B,
    moments: Vec<Moment<B>>,
    /// The number of rows that were written in all of them.
    rows: usize,
    current: usize,
    /// The moment of each fork, and the present fork.
    forks: BTreeMap<String, usize>,
    pub(super) fork: String,
    /// The first moment of the user's own commands.
    start: usize,
    /// Whether the moments keep their events.
    keep_events: bool,
}

impl<B: Bed> Session<B> {
    /// Begins on a cluster in its initial state. It does not play the steps of the scenario. If `keep_events`
    /// is set, each moment keeps the events of its line.
    pub(super) async fn begin(
        mut live: B,
        scenario: &Scenario,
        seed: u64,
        keep_events: bool,
    ) -> Self {
        let mut scenario = scenario.clone();
        scenario.steps.clear();
        scenario.pace = Some(Pace::Next);
        scenario.second_phase = false;
        scenario.findings.clear();
        scenario.limit = LIMIT;
        "FILE".clone_into(&mut scenario.file);
        let options = RunOptions {
            seed,
            allow_skipped: true,
            ..RunOptions::default()
        };
        let course = Course::begin(&mut live, &scenario, &options).await;
        let events = live.take_events();
        let observation = live.observe().await;
        let mut known = Known::default();
        known.learn(&events, &observation);
        let first = Moment {
            parent: None,
            line: "the beginning".to_owned(),
            step: None,
            bed: live.copy(),
            course,
            events: if keep_events { events } else { Vec::new() },
            seen: observation,
            known,
            jobs: 0,
            scripted: 0,
        };
        Self {
            scenario,
            options,
            live,
            moments: vec![first],
            rows: 0,
            current: 0,
            forks: BTreeMap::from([(MAIN.to_owned(), 0)]),
            fork: MAIN.to_owned(),
            start: 0,
            keep_events,
        }
    }

    /// Returns the cluster, so that it can be ended.
    pub(super) fn into_bed(self) -> B {
        self.live
    }

    /// Returns the nodes of the cluster.
    pub(super) fn nodes(&self) -> &[NodeName] {
        &self.scenario.nodes
    }

    /// Returns the cluster of the session, as a scenario without steps.
    pub(super) const fn cluster(&self) -> &Scenario {
        &self.scenario
    }

    /// Returns the present moment.
    pub(super) fn now(&self) -> &Moment<B> {
        &self.moments[self.current]
    }

    /// Returns the number of the present moment.
    pub(super) const fn number(&self) -> usize {
        self.current
    }

    /// Returns a moment by its number.
    pub(super) fn moment(&self, number: usize) -> Option<&Moment<B>> {
        self.moments.get(number)
    }

    /// Returns the number of moments.
    pub(super) fn len(&self) -> usize {
        self.moments.len()
    }

    /// Returns the moment of each fork.
    pub(super) const fn forks(&self) -> &BTreeMap<String, usize> {
        &self.forks
    }

    /// Returns the first moment of the user's own commands.
    pub(super) const fn start(&self) -> usize {
        self.start
    }

    /// Marks that the commands from here on are the user's own.
    pub(super) fn set_start(&mut self) {
        self.start = self.current;
    }

    /// Returns whether the engine can go back in time.
    pub(super) fn can_travel(&self) -> bool {
        self.now().bed.is_some()
    }

    /// Returns the hash of the present state: the cluster and the record of the run.
    pub(super) fn hash(&self) -> Option<String> {
        let cluster = self.live.hash()?;
        let run = format!("{:?}", self.now().course);
        Some(seatrial_scenarios::trace::sha256_hex(&(cluster + &run)))
    }

    /// Returns the numbers of the moments from the first to this one.
    pub(super) fn path(&self, to: usize) -> Vec<usize> {
        let mut path = vec![to];
        let mut at = to;
        while let Some(parent) = self.moments.get(at).and_then(|moment| moment.parent) {
            path.push(parent);
            at = parent;
        }
        path.reverse();
        path
    }

    /// Reads a user's command as the step of a scenario, so that every command can be saved. Requests that are
    /// left running get their names here.
    pub(super) fn action(&self, act: &Act) -> Result<(Action, u32), Trouble> {
        let mut jobs = self.now().jobs;
        let nodes: Vec<String> = self
            .nodes()
            .iter()
            .map(|node| super::words::quoted(node.as_str()))
            .collect();
        let text = format!(
            "id = \"lab\"\ntitle = \"lab\"\nnodes = [{}]\n{}[[step]]\n{}\n",
            nodes.join(", "),
            self.saved_so_far(),
            act.toml(&mut jobs)
        );
        let scenario = Scenario::parse("the line", &text).map_err(|error| {
            let problems: Vec<&str> = error.problems().map(Problem::message).collect();
            Trouble {
                text: problems.join("; "),
                help: error.help().map(|help| help.to_string()),
            }
        })?;
        let step = scenario.steps.into_iter().next_back();
        let action = step
            .map(|step| step.action)
            .ok_or_else(|| Trouble::new("this line does nothing"))?;
        Ok((action, jobs))
    }

    /// Returns the steps that have kept copies of data folders, which a line may name.
    fn saved_so_far(&self) -> String {
        let mut text = String::new();
        for step in self.steps(self.current) {
            let Action::Faults(faults) = step.action else {
                continue;
            };
            for fault in faults {
                if let Fault::DiskSaved { node, name } = fault {
                    let (node, name) = (
                        super::words::quoted(node.as_str()),
                        super::words::quoted(&name),
                    );
                    let _ = writeln!(
                        text,
                        "[[step]]\ndisk_saved = {{ node = {node}, as = {name} }}"
                    );
                }
            }
        }
        text
    }

    /// Plays the next step of the scenario.
    pub(super) async fn play_scripted(&mut self, step: Step) -> Result<(), Trouble> {
        let more = Counts {
            jobs: self.now().jobs,
            scripted: self.now().scripted + 1,
        };
        let line = step.action.to_string();
        self.play(&line, step, more).await
    }

    /// Plays a step, and moves to the moment after it.
    async fn play(&mut self, line: &str, step: Step, more: Counts) -> Result<(), Trouble> {
        if let Some(why) = self.now().course.ended() {
            return Err(
                Trouble::new(format!("this session cannot go on from here: {why}"))
                    .help("`back` or `reset` goes back"),
            );
        }
        if self.moments.len() >= MOMENTS_MAX || self.rows >= ROWS_MAX {
            return Err(Trouble::new(
                "this session is full: it has the most moments or rows that can be kept",
            )
            .help("`save FILE` saves it; then begin a new one"));
        }
        let number = self.steps(self.current).len() + 1;
        let step = Step {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            line: 0,
            // A session has its own pace: the pace of a scenario would make a step depend on the next one.
            pace: None,
            ..step
        };
        let scenario = Scenario {
            steps: {
                let mut steps = self.steps(self.current);
                steps.push(step.clone());
                steps
            },
            ..self.scenario.clone()
        };
        let before = &self.moments[self.current];
        let (course, mut known) = (before.course.clone(), before.known.clone());
        let played = course.play(&mut self.live, &scenario, &self.options, &step);
        let course = match unless_it_panics(played).await {
            Ok(course) => course,
            Err(panic) => {
                // An unfinished step is thrown away, so that the session goes on where it was.
                if let Some(bed) = self.now().bed.as_ref().and_then(Bed::copy) {
                    self.live = bed;
                }
                return Err(
                    Trouble::new(format!("a bug in seatrial, please report it: {panic}"))
                        .help("the line had no effect; `save FILE` saves the session so far"),
                );
            }
        };
        let events = self.live.take_events();
        let seen = self.live.observe().await;
        known.learn(&events, &seen);
        self.rows += course.record().writes.len();
        // A session shows at once that a fault had no effect, or a write was refused. The saved file
        // says that this is meant.
        let skipped = course
            .record()
            .skipped_faults()
            .any(|(fault, _)| fault.step == step.number);
        let mut writes = course.record().refused.iter();
        let refused = writes.any(|writes| writes.step == step.number);
        let step = Step {
            may_skip: step.may_skip || skipped,
            may_be_refused: step.may_be_refused || refused,
            ..step
        };
        self.moments.push(Moment {
            parent: Some(self.current),
            line: line.to_owned(),
            step: Some(step),
            bed: self.live.copy(),
            course,
            events: if self.keep_events { events } else { Vec::new() },
            seen,
            known,
            jobs: more.jobs,
            scripted: more.scripted,
        });
        self.current = self.moments.len() - 1;
        self.forks.insert(self.fork.clone(), self.current);
        Ok(())
    }

    /// Does what a user asks for.
    pub(super) async fn act(&mut self, line: &str, act: &Act) -> Result<(), Trouble> {
        let (action, jobs) = self.action(act)?;
        let step = Step {
            number: 0,
            line: 0,
            action,
            claim: None,
            note: None,
            pace: None,
            may_skip: false,
            may_be_refused: false,
        };
        let more = Counts {
            jobs,
            scripted: self.now().scripted,
        };
        self.play(line, step, more).await
    }

    /// Returns what some acts would lead to now. They happen to a copy, or to the cluster if it has no copies.
    pub(super) async fn probe(&mut self, acts: &[Act]) -> Result<(Course, Observation), Trouble> {
        let (forks, number) = (self.forks.clone(), self.current);
        let (moments, rows) = (self.moments.len(), self.rows);
        let mut done = Ok(());
        for act in acts {
            done = self.act("", act).await;
            if done.is_err() {
                break;
            }
        }
        let now = self.now();
        let came = (now.course.clone(), now.seen.clone());
        if self.can_travel() {
            self.forks = forks;
            self.travel(number)?;
            self.moments.truncate(moments);
            self.rows = rows;
        }
        done.map(|()| came)
    }

    /// Goes to another moment. The fork keeps its last moment until another command changes the cluster.
    pub(super) fn travel(&mut self, number: usize) -> Result<(), Trouble> {
        let there = self
            .moments
            .get(number)
            .ok_or_else(|| Trouble::new(format!("there is no moment {number}")))?;
        let Some(bed) = there.bed.as_ref().and_then(Bed::copy) else {
            return Err(Trouble::new("real nodes cannot go back in time")
                .help("time travel needs `--on des`"));
        };
        self.live = bed;
        self.current = number;
        Ok(())
    }

    /// Returns the moment that is this many moments before the present one.
    pub(super) fn before(&self, count: usize) -> Result<usize, Trouble> {
        let path = self.path(self.current);
        let own = path.iter().filter(|number| **number > self.start).count();
        if count > own {
            return Err(Trouble::new(match own {
                0 => "this is the first moment: there is no command to undo".to_owned(),
                1 => "there is 1 command to undo".to_owned(),
                own => format!("there are {own} commands to undo"),
            }));
        }
        Ok(path[path.len() - 1 - count])
    }

    /// Returns a moment by its number or by the name of a fork.
    pub(super) fn place(&self, text: &str) -> Result<usize, Trouble> {
        if let Some(number) = self.forks.get(text) {
            return Ok(*number);
        }
        match text.parse::<usize>() {
            Ok(number) if number < self.moments.len() && number >= self.start => Ok(number),
            Ok(number) if number < self.start => Err(Trouble::new(format!(
                "moment {number} belongs to the story of the mission; your own begin at {}",
                self.start
            ))
            .help("`leave` ends the mission with a new cluster")),
            Ok(number) => Err(Trouble::new(format!("there is no moment {number}"))
                .help("`moments` lists the moments")),
            Err(_) => Err(Trouble::unknown(
                "fork",
                text,
                self.forks.keys().map(String::as_str),
            )),
        }
    }

    /// Starts a new fork at the present moment.
    pub(super) fn begin_fork(&mut self, name: &str) -> Result<(), Trouble> {
        let good = name.len() <= 30
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !good {
            return Err(Trouble::new("this is not a valid name for a fork")
                .help("use letters, digits and dashes, a letter first, at most 30 characters"));
        }
        if self.forks.contains_key(name) {
            return Err(Trouble::new(format!("the fork `{name}` exists already"))
                .help(format!("`goto {name}` goes to it")));
        }
        if !self.can_travel() {
            return Err(
                Trouble::new("real nodes cannot be copied, so there are no forks")
                    .help("forks need `--on des`"),
            );
        }
        name.clone_into(&mut self.fork);
        self.forks.insert(name.to_owned(), self.current);
        Ok(())
    }

    /// Goes to another fork.
    pub(super) fn take_fork(&mut self, name: &str) {
        if self.forks.contains_key(name) {
            name.clone_into(&mut self.fork);
        }
    }

    /// Returns the steps on the path to a moment.
    pub(super) fn steps(&self, to: usize) -> Vec<Step> {
        self.path(to)
            .into_iter()
            .filter_map(|number| self.moments[number].step.clone())
            .collect()
    }

    /// Returns all events from the run's beginning to the present moment, if the session keeps them.
    pub(super) fn events(&self) -> Vec<TraceEvent> {
        self.path(self.current)
            .into_iter()
            .flat_map(|number| self.moments[number].events.clone())
            .collect()
    }

    /// Returns the record of the run so far.
    pub(super) fn record(&self) -> &RunRecord {
        self.now().course.record()
    }

    /// Returns the path to the present moment as a scenario.
    pub(super) fn scenario(&self, id: &str) -> Result<Scenario, Trouble> {
        let steps = self.steps(self.current);
        if steps.is_empty() {
            return Err(Trouble::new(
                "no command has changed the cluster yet: there is nothing to save",
            ));
        }
        let mut scenario = self.scenario.clone();
        id.clone_into(&mut scenario.id);
        "A session of the lab".clone_into(&mut scenario.title);
        scenario.why = None;
        scenario.source = None;
        scenario.pack = None;
        scenario.tags = Vec::new();
        scenario.findings = self.now().course.findings_to_name().into_iter().collect();
        scenario.steps = steps;
        Ok(scenario)
    }

    /// Returns the master seed.
    pub(super) const fn seed(&self) -> u64 {
        self.options.seed
    }
}
