//! The files of a broken cluster: they come one by one, then `advise` and `autopsy` answer.

use seatrial_answers::{Answer, Gathered, Reading, Refusal, Told, reconstruct};
use seatrial_evidence::Bounded;
use serde_json::{Value, json};

/// Files that are being read.
#[derive(Default)]
pub(crate) struct Incident {
    reading: Reading,
    facts: Bounded,
    /// The name of the file or folder that is being read; a folder is dropped as one.
    dropped: Option<String>,
}

impl Incident {
    /// Reads a file. `path` begins with what was dropped, such as `db1/mysqld.log`; files of one folder come one after
    /// the other.
    pub(crate) fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let mut folders: Vec<String> = path.split('/').map(str::to_owned).collect();
        folders.pop();
        let dropped = folders.first().map_or(path, String::as_str).to_owned();
        if self.dropped.as_ref().is_some_and(|last| *last != dropped) {
            self.end_dropped()?;
        }
        self.dropped = Some(dropped);
        let facts = &mut self.facts;
        self.reading
            .read(path, &folders, bytes, &mut |fact| facts.keep(fact.clone()))
    }

    fn end_dropped(&mut self) -> Result<(), Refusal> {
        match self.dropped.take() {
            Some(dropped) => self.reading.end_argument(&dropped, None),
            None => Ok(()),
        }
    }

    /// Ends the reading, and returns the advice, the story, and the scenario that plays the story again. Logs alone
    /// have a story; state files alone have advice.
    pub(crate) fn end(mut self) -> Result<Value, Refusal> {
        self.end_dropped()?;
        let gathered = self.reading.end(Vec::new())?;
        let told = Told::of(gathered.clone(), &self.facts);
        let scenario = told
            .as_ref()
            .ok()
            .and_then(|told| reconstruct(&told.story))
            .map(|made| json!({ "toml": made.toml, "remarks": made.remarks }));
        let (story, story_error) = match told {
            Ok(told) => (Some(told.text(false)), None),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        Ok(json!({
            "advice": advice(gathered),
            "story": story,
            "story_error": story_error,
            "scenario": scenario,
        }))
    }
}

fn advice(gathered: Gathered) -> String {
    Answer::of(gathered).text(true)
}
