//! `seatrial report`: writes the reports of runs that were recorded earlier or elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use seatrial_reports::{Campaign, Comparison};
use seatrial_scenarios::record_file::{CampaignHead, RECORD_FORMAT, RecordReader};
use seatrial_scenarios::{Results, RunRecord};

use crate::files::{ReportFiles, record_path};
use crate::output::Out;
use crate::{Stop, against, exit, matrix_files};

/// `seatrial report`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Folders of results, or their record.jsonl.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// The folder of the reports; by default the folder of results, if there is only one.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// An earlier results.json: the summary lists what got worse and what got better since then.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
}

pub(crate) fn report(args: &ReportArgs, out: &mut Out) -> Result<u8, Stop> {
    let ((Some(folder), _) | (None, [folder])) = (&args.out, args.folders.as_slice()) else {
        return Err(Stop::usage(
            "several folders of results: give the folder of the reports with --out",
        ));
    };
    let before = args.against.as_deref().map(against::read).transpose()?;
    let unwritable = |error: io::Error| {
        Stop::environment(format!("cannot write to {}: {error}", folder.display()))
    };
    let mut head = CampaignHead {
        format: RECORD_FORMAT,
        ..CampaignHead::default()
    };
    let mut reports: Option<ReportFiles> = None;
    let mut records: Vec<RunRecord> = Vec::new();
    let mut pinned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut wall_ms = 0;
    let mut matrix = None;
    for source in &args.folders {
        let table = source.join("verify.json");
        if table.is_file() {
            matrix = Some(matrix_files::read(&table)?);
        }
        let path = record_path(source);
        if table.is_file() && !path.is_file() {
            continue;
        }
        let unreadable = |error: String| Stop::usage(format!("{}: {error}", path.display()));
        let file = File::open(&path).map_err(|error| unreadable(error.to_string()))?;
        let mut reader = RecordReader::new(BufReader::new(file));
        let mut in_file = 0;
        for run in reader.by_ref() {
            let run = run.map_err(|error| unreadable(error.to_string()))?;
            in_file += 1;
            let reports = match &mut reports {
                Some(reports) => reports,
                none => none.insert(ReportFiles::create(folder).map_err(unwritable)?),
            };
            reports.add(&run);
            pinned.insert(run.record.id.clone(), run.scenario.findings);
            records.push(run.record);
        }
        let RecordReader {
            head: of_file, end, ..
        } = &reader;
        take_head(&mut head, of_file, in_file);
        wall_ms += end.map_or(0, |end| end.wall_ms);
    }
    let Some(mut reports) = reports else {
        return Err(Stop::usage("these folders have no recorded run"));
    };
    if let Some(matrix) = matrix {
        reports.set_matrix(matrix);
    }
    let results = Results::of(&head.program, &head.commit, &head.engines, &records);
    let comparison = before.map(|before| Comparison::of(&before, &results));
    let campaign = Campaign {
        records: &records,
        pinned: &pinned,
        agreement: &results.agreement,
        against: comparison.as_ref(),
        wall: Duration::from_millis(wall_ms),
        not_run: head.runs.saturating_sub(records.len()),
    };
    let json = serde_json::to_string_pretty(&results)
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    reports
        .finish(&campaign, &head, &json)
        .map_err(unwritable)?;
    out.line(&page_line(folder));
    Ok(exit::OK)
}

/// Merges the heads of several records.
fn take_head(head: &mut CampaignHead, of_file: &CampaignHead, runs: usize) {
    // A file without a head was cut off. The runs in it count as the runs that were asked for.
    head.runs += of_file.runs.max(runs);
    if head.program.is_empty() {
        head.program.clone_from(&of_file.program);
        head.commit.clone_from(&of_file.commit);
    }
    for engine in &of_file.engines {
        if !head.engines.contains(engine) {
            head.engines.push(engine.clone());
        }
    }
}

/// Returns the line that names the HTML page.
pub(crate) fn page_line(folder: &Path) -> String {
    format!("     Results {}", folder.join("index.html").display())
}
