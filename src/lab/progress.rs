//! The learner's progress, in the user's data folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use super::mission::debrief::Letter;

/// The version of the file's format.
const FORMAT: u32 = 1;

/// What is in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    format: u32,
    missions: BTreeMap<String, Done>,
}

/// A mission that was ended at least once.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Done {
    best: Letter,
    tries: u32,
}

/// The learner's progress.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    path: Option<PathBuf>,
    kept: Kept,
}

/// The folder of the lab's own files: `seatrial` in the user's data folder.
pub(crate) fn folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("seatrial"))
}

fn file(folder: &Path) -> PathBuf {
    folder.join("lab.json")
}

impl Progress {
    /// Nothing is kept: as in a script, whose transcript must not depend on what was done before.
    pub(crate) fn nowhere() -> Self {
        Self::default()
    }

    /// What is in a folder.
    ///
    /// # Errors
    /// When there is a file that cannot be read, in words.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let path = file(folder);
        let kept = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| format!("{}: {error}", path.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        Ok(Self {
            path: Some(path),
            kept,
        })
    }

    /// Forgets everything. Says whether there was anything.
    pub(crate) fn reset(folder: &Path) -> io::Result<bool> {
        match fs::remove_file(file(folder)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The best grade so far.
    pub(crate) fn best(&self, id: &str) -> Option<Letter> {
        self.kept.missions.get(id).map(|done| done.best)
    }

    /// Takes note of a mission's end.
    pub(crate) fn note(&mut self, id: &str, letter: Letter) -> io::Result<()> {
        let done = self.kept.missions.entry(id.to_owned()).or_insert(Done {
            best: letter,
            tries: 0,
        });
        done.best = done.best.min(letter);
        done.tries = done.tries.saturating_add(1);
        self.kept.format = FORMAT;
        let Some(path) = &self.path else {
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(&self.kept).map_err(io::Error::other)?;
        let partial = path.with_extension("json.partial");
        fs::write(&partial, text + "\n")?;
        fs::rename(&partial, path)
    }
}
