//! Keeps a learner's progress in the user's data folder, and writes the files that a session saves.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use etcetera::BaseStrategy as _;
use seatrial_lab::{Engine, Lab, Progress, Reply};
use seatrial_reports::wrapped;

/// Returns the folder of the lab's own files: `seatrial` in the user's data folder.
pub(super) fn folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("seatrial"))
}

fn file(folder: &Path) -> PathBuf {
    folder.join("lab.json")
}

/// The place where a learner's progress is kept.
pub(super) struct Store {
    /// `None` in a script: its transcript must not depend on earlier sessions.
    path: Option<PathBuf>,
    /// The files that this session has written or asked about: these may be overwritten.
    allowed: RefCell<BTreeSet<PathBuf>>,
}

impl Store {
    /// Makes a store that keeps nothing.
    pub(super) fn nowhere() -> Self {
        Self {
            path: None,
            allowed: RefCell::default(),
        }
    }

    /// Opens the store in a folder, and reads the progress in it.
    ///
    /// # Errors
    /// A text, if the file exists and cannot be read.
    pub(super) fn open(folder: &Path) -> Result<(Self, Progress), String> {
        let path = file(folder);
        let progress = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| format!("{}: {error}", path.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Progress::default(),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let store = Self {
            path: Some(path),
            allowed: RefCell::default(),
        };
        Ok((store, progress))
    }

    /// Removes the progress in a folder. Returns whether there was any.
    pub(super) fn reset(folder: &Path) -> io::Result<bool> {
        match fs::remove_file(file(folder)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Passes a line to the lab, then does what the reply asks for: it writes the file of `save` and keeps
    /// the progress.
    pub(super) async fn line<E: Engine>(&self, lab: &mut Lab<E>, line: &str) -> Reply {
        let mut reply = lab.line(line).await;
        if let Some(file) = &reply.file {
            let path = PathBuf::from(&file.name);
            let is_new = self.allowed.borrow_mut().insert(path.clone());
            if is_new && path.exists() {
                return Reply::refusal(&format!(
                    "`{}` exists. Type the same line again to overwrite it, or choose another name",
                    file.name
                ));
            }
        }
        if let Some(file) = &reply.file
            && let Err(error) = fs::write(&file.name, &file.text)
        {
            return Reply::refusal(&format!("cannot write `{}`: {error}", file.name));
        }
        if reply.progress_changed
            && let Err(error) = self.keep(lab.progress())
        {
            let said = format!("the progress was not saved: {error}");
            reply.text.push_str(&wrapped("", "  ", &said));
        }
        reply
    }

    /// Writes the file, completely or not at all.
    fn keep(&self, progress: &Progress) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(progress).map_err(io::Error::other)?;
        let partial = path.with_extension("json.partial");
        fs::write(&partial, text + "\n")?;
        fs::rename(&partial, path)
    }
}
