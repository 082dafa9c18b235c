//! Reads the user's own missions from files.

use std::path::Path;
use std::{fs, io};

use seatrial_lab::{MISSION_SIZE_MAX, Mission};

/// Reads the mission in a file, or all missions (`*.toml`) in a folder.
///
/// # Errors
/// A text, if a file cannot be read or is not a mission.
pub(super) fn load(path: &Path) -> Result<Vec<Mission>, String> {
    let shown = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(|error| shown(path, error))? {
            let file = entry.map_err(|error| shown(path, error))?.path();
            if file
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                files.push(file);
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(format!(
                "{}: this folder has no *.toml file",
                path.display()
            ));
        }
    } else {
        files.push(path.to_owned());
    }
    files
        .iter()
        .map(|file| {
            let size = fs::metadata(file)
                .map_err(|error| shown(file, error))?
                .len();
            if size > MISSION_SIZE_MAX {
                return Err(format!(
                    "{}: the file has {size} bytes; a mission has at most {MISSION_SIZE_MAX}",
                    file.display()
                ));
            }
            let text = fs::read_to_string(file).map_err(|error| shown(file, error))?;
            Mission::parse(&file.display().to_string(), &text)
        })
        .collect()
}
