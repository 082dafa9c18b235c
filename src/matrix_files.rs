//! The files of a matrix: `verify.json`, `verify.md`, and a file for each cell that needs one.

use std::fs;
use std::path::{Path, PathBuf};

use seatrial_reports::matrix_markdown;
use seatrial_scenarios::matrix::{Cell, Matrix};

use crate::Stop;
use crate::cells::{CellPlayer, PlayedCell};
use crate::script;

/// The folder of a matrix.
pub(crate) struct MatrixFolder {
    path: PathBuf,
    cells: PathBuf,
}

impl MatrixFolder {
    /// Makes the folder, and removes the cells that an earlier matrix left in it.
    pub(crate) fn create(path: &Path) -> Result<Self, Stop> {
        let cells = path.join("cells");
        clear(&cells).map_err(|error| unwritable(&cells, &error))?;
        Ok(Self {
            path: path.to_owned(),
            cells,
        })
    }

    /// Writes the transcript of a cell, and the scenario of a cell that is not good. Returns the cell with
    /// the line that plays it again.
    pub(crate) fn add(&self, player: &CellPlayer, played: PlayedCell) -> Result<Cell, Stop> {
        let PlayedCell {
            mut cell,
            scenario,
            transcript,
        } = played;
        if let Some(text) = transcript {
            let file = self.cells.join(format!("{}.txt", scenario.id));
            fs::write(&file, text).map_err(|error| unwritable(&file, &error))?;
        }
        if !cell.outcome.is_good() {
            let file = self.cells.join(format!("{}.toml", scenario.id));
            cell.replay = if cell.procedure == script::NAME {
                player.replay_of_script(&scenario)
            } else {
                fs::write(&file, scenario.to_toml()).map_err(|error| unwritable(&file, &error))?;
                player.replay_of_file(&file)
            };
        }
        Ok(cell)
    }

    /// Writes `verify.md`, then `verify.json`, and returns the latter.
    pub(crate) fn finish(&self, matrix: &Matrix) -> Result<String, Stop> {
        let mut json = serde_json::to_string_pretty(matrix)
            .map_err(|error| Stop::environment(format!("cannot write the matrix: {error}")))?;
        json.push('\n');
        let markdown = self.path.join("verify.md");
        fs::write(&markdown, matrix_markdown(matrix))
            .map_err(|error| unwritable(&markdown, &error))?;
        let file = self.path.join("verify.json");
        let partial = self.path.join("verify.json.partial");
        fs::write(&partial, &json).map_err(|error| unwritable(&partial, &error))?;
        fs::rename(&partial, &file).map_err(|error| unwritable(&file, &error))?;
        Ok(json)
    }
}

/// Reads an earlier matrix.
pub(crate) fn read(file: &Path) -> Result<Matrix, Stop> {
    let stop = |error: String| Stop::usage(format!("--against {}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| stop(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| stop(format!("not a verify.json: {error}")))
}

fn clear(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml" || extension == "txt")
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::environment(format!("cannot write {}: {error}", path.display()))
}
