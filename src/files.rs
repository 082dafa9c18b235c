//! The folder of results. The record grows while the campaign runs; the rest is written at the end.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use seatrial_reports::{Campaign, junit_xml, summary_markdown};

/// The folder of a campaign.
pub(crate) struct Folder {
    path: PathBuf,
    record: BufWriter<File>,
}

impl Folder {
    /// Makes the folder, and takes away what an earlier campaign left in it, so that nobody takes
    /// the old results for those of a campaign that did not end.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        for old in ["results.json", "junit.xml", "summary.md"] {
            match fs::remove_file(path.join(old)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let record = BufWriter::new(File::create(path.join("record.jsonl"))?);
        Ok(Self {
            path: path.to_owned(),
            record,
        })
    }

    /// Adds the trace of a run.
    pub(crate) fn add(&mut self, rendered: &str) -> io::Result<()> {
        self.record.write_all(rendered.as_bytes())
    }

    /// Writes everything else; `results.json` last, so that it is there only when all is.
    pub(crate) fn finish(mut self, campaign: &Campaign<'_>, results: &str) -> io::Result<()> {
        self.record.flush()?;
        let junit = junit_xml(campaign).map_err(io::Error::other)?;
        fs::write(self.path.join("junit.xml"), junit)?;
        fs::write(self.path.join("summary.md"), summary_markdown(campaign))?;
        let partial = self.path.join("results.json.partial");
        fs::write(&partial, results)?;
        fs::rename(&partial, self.path.join("results.json"))
    }
}
