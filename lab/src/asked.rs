//! Questions and answers in JSON, for a face that is not a terminal: the page in a browser.

use serde::Deserialize;
use serde_json::{Value, json};

use seatrial_scenarios::glossary;

use crate::engine::Engine;
use crate::lab::Lab;
use crate::mission::{self, Mission};

/// A question about the lab that is open. `ask` names it.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Question {
    /// A line of the lab.
    Line {
        /// The line.
        line: String,
    },
    /// What the last word of a line may be.
    Complete {
        /// The line.
        line: String,
    },
    /// The events on the way to the present moment.
    Film,
    /// The hash of the state.
    Hash,
}

impl<E: Engine> Lab<E> {
    /// Answers a question, in JSON.
    pub async fn answer_in_json(&mut self, question: Question) -> String {
        let answer = match question {
            Question::Line { line } => {
                let reply = self.line(&line).await;
                let mut answer = self.state_in_json(&reply.text);
                answer["refused"] = json!(reply.refused);
                answer["leave"] = json!(reply.leave);
                answer["file"] = json!(
                    reply
                        .file
                        .map(|file| json!({ "name": file.name, "text": file.text }))
                );
                if reply.progress_changed {
                    answer["progress"] = json!(self.progress());
                }
                answer
            }
            Question::Complete { line } => {
                let found = self.completions(&line);
                json!({ "start": found.start, "words": found.words })
            }
            Question::Film => return seatrial_reports::film(&self.film()),
            Question::Hash => json!({ "hash": self.hash_of_state() }),
        };
        answer.to_string()
    }

    /// Returns the present moment, with the text that led to it.
    pub fn state_in_json(&self, text: &str) -> Value {
        json!({
            "text": text,
            "prompt": self.prompt(),
            "nodes": self.nodes(),
            "scene": self.scene(),
        })
    }
}

/// Returns a mission as a face lists it.
pub fn mission_in_json(mission: &Mission) -> Value {
    json!({
        "id": mission.id(),
        "title": mission.title(),
        "story": mission.story(),
        "goal": mission.goal(),
        "way": mission.way(),
    })
}

/// Returns what the lab has: its version, missions and words.
///
/// # Errors
/// When a mission of the program is wrong.
pub fn contents_in_json() -> Result<Value, String> {
    let missions: Vec<Value> = mission::embedded()?.iter().map(mission_in_json).collect();
    let words: Vec<Value> = glossary::entries()
        .iter()
        .map(|entry| json!({ "word": entry.word, "anchor": entry.anchor(), "meaning": entry.meaning }))
        .collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "missions": missions,
        "words": words,
    }))
}
