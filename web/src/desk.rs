//! The questions that the page asks, and their answers. Both are JSON.

use pollster::block_on;
use seatrial_lab::{
    Des, Lab, Mission, OpeningError, Progress, Setting, contents_in_json, embedded_missions,
    mission_in_json, mission_or_scenario,
};
use seatrial_scenarios::catalogue;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arcade;
use crate::incident::Incident;
use crate::runs;

/// A question. `ask` names it.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
enum Question {
    /// What the page offers: missions, words, the version.
    Contents,
    /// The scenarios with their texts.
    Scenarios,
    /// Opens a lab on a plain cluster, a mission or the text of a scenario.
    Open {
        opening: String,
        seed: u64,
        /// The texts of missions of the user's own.
        #[serde(default)]
        missions: Vec<String>,
        #[serde(default)]
        progress: Option<Progress>,
    },
    /// Whether a text is a mission.
    Mission { text: String },
    /// Begins to read the files of a broken cluster.
    EvidenceBegin,
    /// A file of it, whose bytes come with the question.
    EvidenceFile { name: String },
    /// Asks for the answers.
    EvidenceEnd,
    /// A failure that the manual does not recover from, found at or after a seed.
    Arcade { seed: u64 },
    /// A scenario once.
    Run { text: String, seed: u64 },
    /// A block of a search.
    Explore { block: u64 },
    /// How much memory the program has.
    Memory,
    /// Panics, for a test of what the page makes of a bug.
    Panic,
    /// Many runs, for a measurement.
    Many { text: String, seed: u64, count: u64 },
    /// What concerns the lab that is open.
    #[serde(untagged)]
    Lab(seatrial_lab::Question),
}

/// Answers the page. It holds the lab that is open.
#[derive(Default)]
pub struct Desk {
    lab: Option<Lab<Des>>,
    incident: Incident,
}

impl Desk {
    /// Answers a question: a JSON object with `ask` and what belongs to it. `file` holds the bytes of a file, if the
    /// question comes with one. An answer with `error` says in a sentence why there is none.
    pub fn answer(&mut self, question: &[u8], file: &[u8]) -> String {
        let answer = serde_json::from_slice(question)
            .map_err(|error| format!("the page asked something that is not understood: {error}"))
            .and_then(|question| self.reply(question, file));
        match answer {
            Ok(answer) => answer,
            Err(error) => json!({ "error": error }).to_string(),
        }
    }

    fn reply(&mut self, question: Question, file: &[u8]) -> Result<String, String> {
        let answer = match question {
            Question::Contents => contents_in_json()?,
            Question::Scenarios => {
                let all = catalogue::every();
                let all: Vec<Value> = all
                    .map(|(file, text)| json!({ "file": file, "text": text }))
                    .collect();
                json!(all)
            }
            Question::Open {
                opening,
                seed,
                missions,
                progress,
            } => self.open(&opening, seed, &missions, progress)?,
            Question::Mission { text } => {
                let mission = Mission::parse("the mission", &text)?;
                mission_in_json(&mission)
            }
            Question::EvidenceBegin => {
                self.incident = Incident::default();
                json!({})
            }
            Question::EvidenceFile { name } => {
                let read = self.incident.file(&name, file);
                read.map_err(|refusal| refusal.to_string())?;
                json!({})
            }
            Question::EvidenceEnd => {
                let incident = std::mem::take(&mut self.incident);
                incident.end().map_err(|refusal| refusal.to_string())?
            }
            Question::Arcade { seed } => arcade::find(seed)?,
            Question::Run { text, seed } => runs::run(&text, seed)?,
            Question::Explore { block } => json!({ "block": runs::explore(block) }),
            Question::Memory => json!({ "bytes": memory() }),
            Question::Panic => panic!("the page asked for a panic"),
            Question::Many { text, seed, count } => runs::many(&text, seed, count)?,
            Question::Lab(question) => {
                let lab = self.lab.as_mut().ok_or("no lab is open")?;
                return Ok(block_on(lab.answer_in_json(question)));
            }
        };
        Ok(answer.to_string())
    }

    fn open(
        &mut self,
        opening: &str,
        seed: u64,
        missions: &[String],
        progress: Option<Progress>,
    ) -> Result<Value, String> {
        let mut all = embedded_missions()?;
        for text in missions {
            let own = Mission::parse("the mission", text)?;
            all.retain(|known| known.id() != own.id());
            all.push(own);
        }
        let opening = mission_or_scenario(&all, opening).map_err(|error| {
            let help = problems(&error);
            format!("{error}{help}")
        })?;
        let setting = Setting {
            missions: all,
            seed,
            timers: None,
            keep_events: true,
        };
        let opened = Lab::open(Des, setting, &opening, progress.unwrap_or_default());
        let (lab, text) = block_on(opened).map_err(|error| match error {
            OpeningError::Cluster(text) | OpeningError::Mission(text) => text,
        })?;
        let answer = lab.state_in_json(&text);
        self.lab = Some(lab);
        Ok(answer)
    }
}

/// Returns the problems of a scenario, each in a line.
fn problems(error: &seatrial_scenarios::ScenarioError) -> String {
    let mut text = String::new();
    for problem in error.problems() {
        text.push_str("\n  ");
        text.push_str(problem.message());
    }
    text
}

/// Returns the size of the program's memory, in bytes; 0 outside of a browser.
fn memory() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0) * 65_536;
    #[cfg(not(target_arch = "wasm32"))]
    return 0;
}
