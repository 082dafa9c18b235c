//! A folder of results: locked while it is written, and every file appears whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::Stop;

/// The name of the lock. It stays after the run; only a running process locks it.
const LOCK: &str = ".lock";

/// The value of `--out` that asks for a folder of its own.
const AUTO: &str = "auto";

/// The most folders that `--out auto` makes beside each other.
const AUTO_MAX: u32 = 100_000;

/// A folder of results that this process alone writes. The lock ends with the process, however it ends.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder and locks it. `--out auto` makes `target/seatrial/KIND-N` with the first free number.
    /// A second process gets exit code 3 and the name of the first.
    pub(crate) fn take(out: &Path, kind: &str) -> Result<Self, Stop> {
        if out.as_os_str() == AUTO {
            return Self::of_its_own(Path::new("target/seatrial"), kind);
        }
        fs::create_dir_all(out).map_err(|error| unwritable(out, &error))?;
        Self::lock(out.to_owned())
    }

    fn of_its_own(parent: &Path, kind: &str) -> Result<Self, Stop> {
        fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
        for number in 1..=AUTO_MAX {
            let path = parent.join(format!("{kind}-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => return Self::lock(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritable(&path, &error)),
            }
        }
        Err(Stop::environment(format!(
            "{} has {AUTO_MAX} folders {kind}-N: remove some of them",
            parent.display()
        )))
    }

    fn lock(path: PathBuf) -> Result<Self, Stop> {
        let name = path.join(LOCK);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&name)
            .map_err(|error| unwritable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The holder may not have written its name yet.
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process",
                    named => named,
                };
                let path = path.display();
                return Err(Stop::environment(format!(
                    "{path} is being written by {holder}\n  help: wait for it, or choose another folder \
                     with --out DIR; --out auto makes one"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
        }
        let words: Vec<String> = std::env::args().take(3).collect();
        let text = format!("process {} (`{}`)\n", std::process::id(), words.join(" "));
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| unwritable(&path, &error))?;
        Ok(Self { path, _lock: file })
    }

    /// Returns the folder's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file. A reader sees the old file or the whole new one, never a part.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Result<(), Stop> {
        write_whole(&self.path.join(name), text.as_ref())
    }

    /// Removes files that an earlier run has left, so that they cannot be mistaken for results of this one.
    pub(crate) fn remove(&self, names: &[&str]) -> Result<(), Stop> {
        for name in names {
            let file = self.path.join(name);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unwritable(&file, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes an empty folder in this one: files that an earlier run left in it are removed.
    pub(crate) fn empty_subfolder(&self, name: &str) -> Result<PathBuf, Stop> {
        let path = self.path.join(name);
        let cleared = fs::create_dir_all(&path).and_then(|()| {
            for entry in fs::read_dir(&path)? {
                let file = entry?.path();
                if file.is_file() {
                    fs::remove_file(file)?;
                }
            }
            Ok(())
        });
        cleared.map_err(|error| unwritable(&path, &error))?;
        Ok(path)
    }
}

/// Writes a file beside its place, then renames it.
pub(crate) fn write_whole(path: &Path, text: &[u8]) -> Result<(), Stop> {
    let partial = partial(path);
    fs::write(&partial, text)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(|error| unwritable(path, &error))
}

/// Returns the name of a file while it is written.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// Returns a stop for a file or folder of results that cannot be written.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Stop {
    Stop::environment(format!(
        "cannot write results to {}: {error}",
        path.display()
    ))
}
