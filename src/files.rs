//! The files of a campaign. The record grows while the campaign runs; the rest is written at the end.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use seatrial_reports::{Campaign, ChromeTrace, Judged, Page, junit_of_matrix, junit_xml};
use seatrial_reports::{badge_of_campaign, badge_of_matrix, matrix_markdown, summary_markdown};
use seatrial_scenarios::record_file::{
    CampaignEnd, CampaignHead, RecordedRun, end_line, head_line, run_line,
};
use seatrial_scenarios::{NodeName, RunRecord};

use crate::Stop;
use crate::args::{ResultArg, Wanted};
use crate::folder::{self, Folder, unwritable};

/// The record.
const RECORD: &str = "record.jsonl";

/// The record of many runs, which is packed.
const PACKED_RECORD: &str = "record.jsonl.gz";

/// All files that a campaign or a matrix may leave in its folder.
const ALL: [&str; 12] = [
    RECORD,
    PACKED_RECORD,
    "record.jsonl.partial",
    "record.jsonl.gz.partial",
    "results.json",
    "verify.json",
    "verify.md",
    "summary.md",
    "junit.xml",
    "index.html",
    "chrome-trace.json",
    "badge.json",
];

/// The report files of a campaign, which grow run by run.
pub(crate) struct ReportFiles<'a> {
    folder: &'a Folder,
    wanted: Wanted<'a>,
    page: Page,
    chrome_trace: ChromeTrace,
}

impl<'a> ReportFiles<'a> {
    /// Removes what an earlier run left in the folder. Otherwise that could be mistaken for the results of a
    /// campaign that did not end.
    pub(crate) fn create(folder: &'a Folder, wanted: Wanted<'a>) -> Result<Self, Stop> {
        folder.remove(&ALL)?;
        Ok(Self::beside_the_record(folder, wanted))
    }

    /// Leaves what there is, so that reports can be made beside the record from which they are made.
    pub(crate) fn beside_the_record(folder: &'a Folder, wanted: Wanted<'a>) -> Self {
        Self {
            folder,
            wanted,
            page: Page::default(),
            chrome_trace: ChromeTrace::default(),
        }
    }

    /// Puts the lab's page into the report, and links the report to it.
    pub(crate) fn with_lab(&mut self, page: &str) {
        self.page.with_lab(page);
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, run: &RecordedRun) {
        if self.wanted.has(ResultArg::Html) {
            self.page.add(run);
        }
        if self.wanted.has(ResultArg::Trace) {
            self.chrome_trace.add(run);
        }
    }

    /// Adds the run of a cell of the matrix, which the page shows when the cell is opened.
    pub(crate) fn add_of_cell(&mut self, run: &RecordedRun) {
        if self.wanted.has(ResultArg::Html) {
            self.page.add_of_cell(run);
        }
    }

    /// Writes all files. It writes `results.json` last, so that this file exists only if all others do.
    pub(crate) fn finish(
        self,
        campaign: &Campaign<'_>,
        matrix: Option<&Judged<'_>>,
        head: &CampaignHead,
        results: &str,
    ) -> Result<(), Stop> {
        let folder = self.folder;
        if self.wanted.has(ResultArg::Junit) {
            let junit = junit_xml(campaign, head).map_err(|error| no_junit(&error))?;
            folder.write("junit.xml", junit)?;
        }
        if self.wanted.has(ResultArg::Summary) {
            folder.write("summary.md", summary_markdown(campaign, head))?;
        }
        if self.wanted.has(ResultArg::Html) {
            folder.write("index.html", self.page.finish(campaign, matrix, head))?;
        }
        if self.wanted.has(ResultArg::Trace) {
            folder.write("chrome-trace.json", self.chrome_trace.finish(head))?;
        }
        if self.wanted.has(ResultArg::Badge) {
            folder.write("badge.json", badge_of_campaign(campaign))?;
        }
        folder.write("results.json", results)
    }

    /// Writes the files of a matrix, `verify.json` last, and returns that.
    pub(crate) fn finish_matrix(
        self,
        judged: &Judged<'_>,
        head: &CampaignHead,
    ) -> Result<String, Stop> {
        let folder = self.folder;
        let mut json = serde_json::to_string_pretty(judged.matrix)
            .map_err(|error| Stop::environment(format!("cannot write the matrix: {error}")))?;
        json.push('\n');
        if self.wanted.has(ResultArg::Junit) {
            let junit = junit_of_matrix(judged).map_err(|error| no_junit(&error))?;
            folder.write("junit.xml", junit)?;
        }
        if self.wanted.has(ResultArg::Summary) {
            folder.write("verify.md", matrix_markdown(judged))?;
        }
        if self.wanted.has(ResultArg::Html) {
            folder.write("index.html", self.page.finish_matrix(judged, head))?;
        }
        if self.wanted.has(ResultArg::Badge) {
            folder.write("badge.json", badge_of_matrix(judged))?;
        }
        folder.write("verify.json", &json)?;
        Ok(json)
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

fn no_junit(error: &impl std::fmt::Display) -> Stop {
    Stop::environment(format!("junit.xml: {error}"))
}

/// Returns the path of a folder's record, or the path itself if it is a file. If the campaign was killed, that is
/// the part of the record that was written.
pub(crate) fn record_path(path: &Path) -> PathBuf {
    if path.is_file() {
        return path.to_owned();
    }
    let names = [
        RECORD,
        PACKED_RECORD,
        "record.jsonl.partial",
        "record.jsonl.gz.partial",
    ];
    let files = names.map(|name| path.join(name));
    let found = files.iter().find(|file| file.is_file());
    found.unwrap_or(&files[0]).clone()
}

/// Opens a record, packed or not.
pub(crate) fn open_record(path: &Path) -> io::Result<Box<dyn BufRead>> {
    /// The first bytes of gzip.
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let mut first = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut first)?;
    let file = BufReader::new(File::open(path)?);
    Ok(if first == GZIP {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// The bytes of a record on their way to the file.
enum Sink {
    Plain(BufWriter<File>),
    Packed(Box<GzEncoder<BufWriter<File>>>),
}

impl Sink {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(file) => file,
            Self::Packed(file) => file,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut file) => file.flush(),
            Self::Packed(file) => file.finish()?.flush(),
        }
    }
}

/// `record.jsonl`, which grows while the campaign runs. It gets its name when it is whole.
pub(crate) struct RecordFile {
    path: PathBuf,
    sink: Sink,
}

impl RecordFile {
    /// Begins the file. A packed record is a tenth as large and needs gunzip to be read by people.
    pub(crate) fn create(folder: &Folder, head: &CampaignHead, packed: bool) -> Result<Self, Stop> {
        let name = if packed { PACKED_RECORD } else { RECORD };
        let path = folder.path().join(name);
        let partial = folder::partial(&path);
        let file = File::create(&partial).map_err(|error| unwritable(folder.path(), &error))?;
        let file = BufWriter::new(file);
        let mut sink = if packed {
            Sink::Packed(Box::new(GzEncoder::new(file, Compression::default())))
        } else {
            Sink::Plain(file)
        };
        sink.writer()
            .write_all(head_line(head).as_bytes())
            .map_err(|error| unwritable(&partial, &error))?;
        Ok(Self { path, sink })
    }

    /// Adds a run with its rendered trace.
    pub(crate) fn add(&mut self, run: &RecordedRun, rendered: &str) -> Result<(), Stop> {
        self.write(rendered)?;
        self.add_without_trace(run)
    }

    /// Adds a run without its trace. The hash of the trace and the command that makes it again stay.
    pub(crate) fn add_without_trace(&mut self, run: &RecordedRun) -> Result<(), Stop> {
        self.write(&run_line(&run.record, &run.scenario))
    }

    fn write(&mut self, text: &str) -> Result<(), Stop> {
        let written = self.sink.writer().write_all(text.as_bytes());
        written.map_err(|error| unwritable(&self.path, &error))
    }

    /// Ends the file, and gives it its name.
    pub(crate) fn finish(mut self, end: CampaignEnd) -> Result<(), Stop> {
        self.write(&end_line(end))?;
        let partial = folder::partial(&self.path);
        self.sink
            .finish()
            .and_then(|()| fs::rename(&partial, &self.path))
            .map_err(|error| unwritable(&self.path, &error))
    }
}
