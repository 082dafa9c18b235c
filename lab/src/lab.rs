//! The lab behind the prompt: a line in, a reply out.

use std::fmt::Write as _;
use std::path::Path;

use owo_colors::OwoColorize as _;
use seatrial_reports::{quote, wrapped};
use seatrial_scenarios::language::Step;
use seatrial_scenarios::{Scenario, Timers};

use crate::command::{Command, Trouble, parse};
use crate::complete::{Completions, Words};
use crate::engine::Engine;
use crate::mission::by_table::Way;
use crate::mission::play::Playing;
use crate::mission::{Mission, debrief};
use crate::opening::{Opening, OpeningError, plain};
use crate::progress::Progress;
use crate::reply::{FileToSave, Reply};
use crate::session::Session;
use crate::views::{clock, diff, echo, history, moments, picture, status, why};
use crate::{help, views};

/// The settings that all clusters of a lab share.
pub struct Setting {
    /// The missions, in the order of the list that `mission` shows.
    pub missions: Vec<Mission>,
    /// The master seed.
    pub seed: u64,
    /// Timeouts that replace those of the scenario.
    pub timers: Option<Timers>,
    /// Whether the session keeps the events of each moment, for [`Lab::film`]. They need memory.
    pub keep_events: bool,
}

/// A lab: a session on one cluster, and the mission that is being played on it.
pub struct Lab<E: Engine> {
    engine: E,
    setting: Setting,
    session: Session<E::Bed>,
    /// The steps of the scenario, to be played one by one.
    steps: Vec<Step>,
    /// The cluster that was opened first, to which `leave` returns; none for a plain one.
    opened: Option<Scenario>,
    mission: Option<Playing>,
    /// Whether the cluster is that of a mission, which may have had its debriefing.
    in_a_mission: bool,
    progress: Progress,
}

impl<E: Engine> Lab<E> {
    /// Opens a lab, and returns the text that is shown first.
    ///
    /// # Errors
    /// When the cluster does not reach its initial state, or the mission does not exist.
    pub async fn open(
        engine: E,
        setting: Setting,
        opening: &Opening,
        progress: Progress,
    ) -> Result<(Self, String), OpeningError> {
        let plain = plain();
        let (scenario, named) = match opening {
            Opening::Plain | Opening::Mission(_) => (&plain, None),
            Opening::Scenario(scenario) => (&**scenario, Some(&**scenario)),
        };
        let session = build(&engine, &setting, scenario)
            .await
            .map_err(OpeningError::Cluster)?;
        let mut lab = Self {
            engine,
            setting,
            session,
            steps: scenario.steps.clone(),
            opened: named.cloned(),
            mission: None,
            in_a_mission: false,
            progress,
        };
        let text = match opening {
            Opening::Plain | Opening::Scenario(_) => lab.welcome(named),
            Opening::Mission(id) => match lab.begin(id).await {
                Ok(text) => text,
                Err(trouble) => {
                    lab.end().await;
                    return Err(OpeningError::Mission(trouble.text));
                }
            },
        };
        Ok((lab, text))
    }

    /// Returns the text that is shown first.
    fn welcome(&self, scenario: Option<&Scenario>) -> String {
        let mut text = String::new();
        if let Some(remark) = self.engine.remark() {
            text.push_str(&wrapped("", "", remark));
        }
        let Some(scenario) = scenario else {
            let nodes = views::names(self.session.nodes());
            let said = format!(
                "A cluster of {nodes}, all synced. Break it, and bring it back. `help` lists the \
                 commands, `mission` the missions."
            );
            return text + &wrapped("", "", &said);
        };
        let _ = writeln!(text, "{}", scenario.title.bold());
        if let Some(why) = &scenario.why {
            text.push_str(&wrapped("", "", why));
        }
        let steps = format!(
            "None of its steps has been played yet ({} in all): `next` plays one.",
            self.steps.len()
        );
        text.push_str(&wrapped("", "", &steps));
        text
    }

    /// Returns the prompt: it shows the simulated time.
    pub fn prompt(&self) -> String {
        let now = self.session.now();
        format!("lab {}> ", clock(now.clock()))
    }

    /// Returns a small picture of the cluster in one line: `[A B]` serves, `(C)` has no quorum. It shows what
    /// monitoring shows, so that it gives nothing away during a mission.
    pub fn picture(&self) -> String {
        picture::picture(&self.session)
    }

    /// Returns the names of the nodes.
    pub fn nodes(&self) -> Vec<String> {
        self.session
            .nodes()
            .iter()
            .map(|node| node.as_str().to_owned())
            .collect()
    }

    /// Returns the words that the user may type, for a face that completes lines on its own.
    pub fn words(&self) -> Words {
        let missions = self.setting.missions.iter();
        let missions = missions.map(|mission| mission.id.clone()).collect();
        Words::new(self.nodes(), missions)
    }

    /// Returns what the last word of a line may be. `line` is the text before the cursor.
    pub fn completions(&self, line: &str) -> Completions {
        self.words().at(line)
    }

    /// Returns the learner's progress.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Returns the mission that is being played.
    pub(crate) const fn playing(&self) -> Option<&Playing> {
        self.mission.as_ref()
    }

    /// Returns the steps of the scenario that were not played yet.
    pub(crate) fn steps_left(&self) -> &[Step] {
        let from = self.session.now().scripted.min(self.steps.len());
        if self.mission.is_some() {
            &[]
        } else {
            &self.steps[from..]
        }
    }

    /// Returns the session.
    pub(crate) const fn session(&self) -> &Session<E::Bed> {
        &self.session
    }

    /// Ends the lab and its cluster.
    pub async fn end(self) {
        self.engine.end(self.session.into_bed()).await;
    }

    /// Runs a line, and returns the reply.
    pub async fn line(&mut self, line: &str) -> Reply {
        self.answer(line).await.unwrap_or_else(Reply::from)
    }

    async fn answer(&mut self, line: &str) -> Result<Reply, Trouble> {
        let command = parse(line, self.session.nodes())?;
        let open = self.mission.is_none();
        let text = match command {
            Command::Nothing => String::new(),
            Command::Quit => {
                return Ok(Reply {
                    leave: true,
                    ..Reply::default()
                });
            }
            Command::Act(act) => {
                self.session.act(line.trim(), &act).await?;
                self.after_act()
            }
            Command::Next(count) => self.next(count).await?,
            Command::Status => status::status(&self.session, open),
            Command::Why(node) => why::why(&self.session, &node, open),
            Command::History => {
                self.only_open("history")?;
                history::history(&self.session)
            }
            Command::Moments => moments::moments(&self.session),
            Command::Hash => format!("{}\n", self.hash()?),
            Command::Back(count) => {
                let there = self.session.before(count)?;
                self.travel(there)?
            }
            Command::Goto(place) => {
                let there = self.session.place(&place)?;
                self.session.take_fork(&place);
                self.travel(there)?
            }
            Command::Reset => {
                let there = self.session.start();
                self.travel(there)?
            }
            Command::Fork(name) => {
                let before = self.session.fork.clone();
                self.session.begin_fork(&name)?;
                let said = format!(
                    "fork {name} goes on from moment {}; `goto {before}` goes back to {before}",
                    self.session.number()
                );
                wrapped("", "  ", &said)
            }
            Command::Diff(one, other) => self.diff(&one, other.as_deref())?,
            Command::Save(name) => return self.save(&name),
            Command::Mission(None) => self.list(),
            Command::Mission(Some(id)) => self.begin(&id).await?,
            Command::Leave => self.leave().await?,
            Command::Hint => self.hint().await?,
            Command::Debrief => return self.debrief().await,
            Command::Help(None) => help::overview(),
            Command::Help(Some(word)) => help::about(&word)?,
        };
        Ok(Reply {
            text,
            ..Reply::default()
        })
    }

    fn after_act(&mut self) -> String {
        let mut text = echo::echo(&self.session, self.mission.is_none());
        if let Some(mission) = &mut self.mission {
            text.push_str(&mission.after_act(&self.session));
        }
        text
    }

    /// Refuses a command that shows what no operator can see, while a mission is being played.
    fn only_open(&self, command: &str) -> Result<(), Trouble> {
        if self.mission.is_none() {
            return Ok(());
        }
        Err(Trouble::new(format!(
            "`{command}` shows what no operator can see: it is closed during a mission"
        ))
        .help("look at the nodes' files; `hint` helps; `debrief` ends the mission and opens it"))
    }

    async fn next(&mut self, count: Option<usize>) -> Result<String, Trouble> {
        let mut text = String::new();
        let from = self.session.now().scripted;
        let left = self.steps.len().saturating_sub(from);
        if left == 0 || self.mission.is_some() {
            return Err(Trouble::new(if self.steps.is_empty() {
                "this session has no scenario, so there is no next step"
            } else {
                "all steps of the scenario have been played"
            }));
        }
        for index in from..from + count.unwrap_or(left).min(left) {
            let step = self.steps[index].clone();
            text.push_str(&wrapped(
                &format!("{:>3}  ", index + 1),
                "     ",
                &step.action.to_string(),
            ));
            self.session.play_scripted(step).await?;
            text.push_str(&self.after_act());
        }
        Ok(text)
    }

    fn hash(&self) -> Result<String, Trouble> {
        self.session.hash().ok_or_else(|| {
            Trouble::new("there is no hash: the lab cannot see the whole state of real nodes")
        })
    }

    fn travel(&mut self, there: usize) -> Result<String, Trouble> {
        let moved = there != self.session.number();
        self.session.travel(there)?;
        if let Some(mission) = &mut self.mission
            && moved
        {
            mission.travelled();
        }
        Ok(format!("{}\n", status::place(&self.session)))
    }

    fn diff(&self, one: &str, other: Option<&str>) -> Result<String, Trouble> {
        let number = self.session.place(one)?;
        let (other_name, other) = match other {
            Some(other) => (other, self.session.place(other)?),
            None => ("now", self.session.number()),
        };
        let gone = || Trouble::new("there is no such moment");
        let first = self.session.moment(number).ok_or_else(gone)?;
        let second = self.session.moment(other).ok_or_else(gone)?;
        Ok(diff::diff(
            (one, first),
            (other_name, second),
            self.mission.is_none(),
        ))
    }

    /// Returns the path to the present moment as a scenario. The face writes it to a file.
    fn save(&self, name: &str) -> Result<Reply, Trouble> {
        let stem: String = Path::new(name)
            .file_stem()
            .map(|stem| stem.to_string_lossy().to_lowercase())
            .unwrap_or_default()
            .chars()
            .map(|c| {
                if c.is_ascii_lowercase() || c.is_ascii_digit() {
                    c
                } else {
                    '-'
                }
            })
            .take(60)
            .collect();
        let id = if stem.is_empty() { "session" } else { &stem };
        let scenario = self.session.scenario(id)?;
        let replay = format!(
            "seatrial replay {} --on des --seed {}",
            quote(name),
            self.session.seed()
        );
        let text = format!("# {replay}\n{}", scenario.to_toml());
        let steps_written = match scenario.steps.len() {
            1 => "1 step".to_owned(),
            steps => format!("{steps} steps"),
        };
        Ok(Reply {
            text: format!(
                "the session was written ({steps_written}); to make the same run again:\n  {replay}\n"
            ),
            file: Some(FileToSave {
                name: name.to_owned(),
                text,
            }),
            ..Reply::default()
        })
    }

    fn list(&self) -> String {
        let mut text = String::new();
        for mission in &self.setting.missions {
            let best = self.progress.best(&mission.id);
            let mark = best.map_or_else(|| " ".to_owned(), |best| best.to_string());
            text.push_str(&wrapped(
                &format!("{mark} {:<28}", mission.id),
                &" ".repeat(30),
                &mission.title,
            ));
        }
        text.push_str("`mission ID` begins a mission\n");
        text
    }

    /// Begins a mission on a new cluster, and returns its story.
    async fn begin(&mut self, id: &str) -> Result<String, Trouble> {
        let known = self.setting.missions.iter().find(|known| known.id == id);
        let Some(mission) = known.cloned() else {
            let ids: Vec<&str> = self
                .setting
                .missions
                .iter()
                .map(|m| m.id.as_str())
                .collect();
            return Err(Trouble::unknown("mission", id, ids));
        };
        let scenario = mission.scenario.clone();
        let session = build(&self.engine, &self.setting, &scenario)
            .await
            .map_err(Trouble::new)?;
        let before = std::mem::replace(&mut self.session, session);
        self.engine.end(before.into_bed()).await;
        self.steps.clear();
        for (line, act) in &mission.setup {
            self.session.act(line, act).await?;
        }
        self.session.set_start();
        let text = mission.story_text();
        self.mission = Some(Playing::new(mission));
        self.in_a_mission = true;
        Ok(text)
    }

    /// Leaves a mission without a grade: a new cluster as the lab was opened with.
    async fn leave(&mut self) -> Result<String, Trouble> {
        if !self.in_a_mission {
            return Err(
                Trouble::new("this is no mission: there is nothing to leave")
                    .help("`reset` goes back to the first moment; `quit` leaves the lab"),
            );
        }
        let named = self.opened.clone();
        let plain = plain();
        let scenario = named.as_ref().unwrap_or(&plain);
        let session = build(&self.engine, &self.setting, scenario)
            .await
            .map_err(Trouble::new)?;
        let before = std::mem::replace(&mut self.session, session);
        self.engine.end(before.into_bed()).await;
        self.steps.clone_from(&scenario.steps);
        self.mission = None;
        self.in_a_mission = false;
        Ok(self.welcome(named.as_ref()))
    }

    /// Shows the mission's next hint. After the last one, and without a mission, the decision table says what it would do.
    async fn hint(&mut self) -> Result<String, Trouble> {
        if let Some(hint) = self.mission.as_mut().and_then(Playing::hint) {
            return Ok(hint);
        }
        let now = self.session.number();
        let way = Way::of(&mut self.session, now).await?;
        if let Some(mission) = &mut self.mission {
            mission.asked_the_table();
        }
        Ok(way.hint())
    }

    async fn debrief(&mut self) -> Result<Reply, Trouble> {
        let playing = self.mission.as_ref().ok_or_else(no_mission)?;
        let graded = debrief::grade(&mut self.session, playing).await?;
        let start = self.session.start();
        // Real nodes have no copy to try it on.
        let by_table = Way::of(&mut self.session, start).await.ok();
        let mut text = debrief::text(&self.session, playing, &graded, by_table.as_ref());
        self.progress.note(&playing.mission().id, graded.letter);
        let again = format!(
            "`mission {}` tries it again; `history`, `why` and `diff` are open now. `leave` opens a \
             new cluster without a mission.",
            playing.mission().id
        );
        text.push_str(&wrapped("", "", &again));
        self.mission = None;
        Ok(Reply {
            text,
            progress_changed: true,
            ..Reply::default()
        })
    }
}

fn no_mission() -> Trouble {
    Trouble::new("no mission is being played").help("`mission` lists the missions")
}

async fn build<E: Engine>(
    engine: &E,
    setting: &Setting,
    scenario: &Scenario,
) -> Result<Session<E::Bed>, String> {
    let setup = scenario.setup(setting.timers, setting.seed);
    let bed = engine.build(&setup).await?;
    let mut scenario = scenario.clone();
    // A saved scenario keeps the timers of the session.
    scenario.timers = setting.timers.or(scenario.timers);
    Ok(Session::begin(bed, &scenario, setting.seed, setting.keep_events).await)
}
