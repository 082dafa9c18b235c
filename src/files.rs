//! The folder of results. The record grows while the campaign runs; the rest is written at the end.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use seatrial_reports::{Campaign, ChromeTrace, Page, junit_xml, summary_markdown};
use seatrial_scenarios::matrix::Matrix;
use seatrial_scenarios::record_file::{
    CampaignEnd, CampaignHead, RecordedRun, end_line, head_line, run_line,
};
use seatrial_scenarios::{NodeName, RunRecord};

/// The files that are written at the end, besides the record.
const REPORTS: [&str; 5] = [
    "results.json",
    "junit.xml",
    "summary.md",
    "index.html",
    "chrome-trace.json",
];

/// The report files of a campaign, which grow run by run.
pub(crate) struct ReportFiles {
    path: PathBuf,
    page: Page,
    chrome_trace: ChromeTrace,
}

impl ReportFiles {
    /// Makes the folder, and removes the reports of an earlier campaign. Otherwise they could be mistaken for
    /// the results of a campaign that did not end.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        for old in REPORTS {
            match fs::remove_file(path.join(old)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(Self {
            path: path.to_owned(),
            page: Page::default(),
            chrome_trace: ChromeTrace::default(),
        })
    }

    /// Puts a matrix of procedures and scenarios into the page.
    pub(crate) fn set_matrix(&mut self, matrix: Matrix) {
        self.page.set_matrix(matrix);
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, run: &RecordedRun) {
        self.page.add(run);
        self.chrome_trace.add(run);
    }

    /// Writes all files. It writes `results.json` last, so that this file exists only if all others do.
    pub(crate) fn finish(
        self,
        campaign: &Campaign<'_>,
        head: &CampaignHead,
        results: &str,
    ) -> io::Result<()> {
        let junit = junit_xml(campaign).map_err(io::Error::other)?;
        fs::write(self.path.join("junit.xml"), junit)?;
        fs::write(self.path.join("summary.md"), summary_markdown(campaign))?;
        let page = self.page.finish(campaign, head);
        fs::write(self.path.join("index.html"), page)?;
        fs::write(
            self.path.join("chrome-trace.json"),
            self.chrome_trace.finish(),
        )?;
        let partial = self.path.join("results.json.partial");
        fs::write(&partial, results)?;
        fs::rename(&partial, self.path.join("results.json"))
    }
}

/// Writes the error log of each node of a run, in place of those of an earlier run.
pub(crate) fn keep_logs(
    out: &Path,
    by_seed: bool,
    record: &RunRecord,
    logs: &BTreeMap<NodeName, String>,
) -> io::Result<()> {
    let mut folder = out.join("logs").join(&record.id).join(&record.engine);
    if by_seed {
        folder.push(format!("seed-{}", record.seed));
    }
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "log") {
            fs::remove_file(path)?;
        }
    }
    for (node, log) in logs {
        fs::write(folder.join(format!("{node}.log")), log)?;
    }
    Ok(())
}

/// Returns the path of a folder's record, or the path itself if it is a file.
pub(crate) fn record_path(path: &Path) -> PathBuf {
    if path.is_file() {
        path.to_owned()
    } else {
        path.join("record.jsonl")
    }
}

/// `record.jsonl`, which grows while the campaign runs.
pub(crate) struct RecordFile(BufWriter<File>);

impl RecordFile {
    /// Begins the file in an existing folder.
    pub(crate) fn create(folder: &Path, head: &CampaignHead) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(folder.join("record.jsonl"))?);
        file.write_all(head_line(head).as_bytes())?;
        Ok(Self(file))
    }

    /// Adds a run with its rendered trace.
    pub(crate) fn add(&mut self, run: &RecordedRun, rendered: &str) -> io::Result<()> {
        self.0.write_all(rendered.as_bytes())?;
        let line = run_line(&run.record, &run.scenario);
        self.0.write_all(line.as_bytes())
    }

    /// Ends the file.
    pub(crate) fn finish(mut self, end: CampaignEnd) -> io::Result<()> {
        self.0.write_all(end_line(end).as_bytes())?;
        self.0.flush()
    }
}
