//! `seatrial report`: writes the reports of runs that were recorded earlier or elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seatrial_reports::{Campaign, Comparison, Judged};
use seatrial_scenarios::known::{known_differences, unlisted};
use seatrial_scenarios::matrix::{Gate, Matrix};
use seatrial_scenarios::record_file::{CampaignHead, RECORD_FORMAT, RecordReader};
use seatrial_scenarios::{Results, RunRecord};

use crate::args::{FailOn, Wanted};
use crate::files::{ReportFiles, open_record, record_path};
use crate::folder::Folder;
use crate::output::Out;
use crate::{Stop, against, exit, lab_page};

/// `seatrial report`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Folders of results of run or verify, or their records. Shards of one matrix are merged.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// The folder of the reports; by default the folder of results, if there is only one.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// An earlier results.json: the summary lists what got worse, better, new and missing since then.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The outcomes of a matrix that its reports mark as failures; by default those on which its run failed.
    #[arg(long, value_name = "OUTCOME", value_enum, value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,
    /// Put the lab's page into the report, and link findings, claims and bad cells to it.
    #[arg(long)]
    pub(crate) with_lab: bool,
    /// The lab's page (see docs/web.md); by default the one of the package.
    #[arg(long, value_name = "FILE", requires = "with_lab")]
    pub(crate) page: Option<PathBuf>,
}

/// Everything that was read from the folders.
struct Gathered {
    head: CampaignHead,
    records: Vec<RunRecord>,
    /// The places of the runs without a trace.
    without_trace: Vec<usize>,
    pinned: BTreeMap<String, Vec<String>>,
    wall_ms: u64,
    matrix: Option<Matrix>,
}

pub(crate) fn report(args: &ReportArgs, out: &mut Out) -> Result<u8, Stop> {
    let ((Some(folder), _) | (None, [folder])) = (&args.out, args.folders.as_slice()) else {
        return Err(Stop::usage(
            "several folders of results: give the folder of the reports with --out",
        ));
    };
    let before = args.against.as_deref().map(against::read).transpose()?;
    let lab = args.with_lab.then(|| lab_page::read(args.page.as_deref()));
    let lab = lab.transpose()?;
    // Nothing is written into a folder that has no results.
    for source in &args.folders {
        if !record_path(source).is_file() && !source.join("verify.json").is_file() {
            return Err(Stop::usage(format!(
                "{}: no run and no matrix is recorded there",
                source.display()
            )));
        }
    }
    let to = Folder::take(folder, "report")?;
    let mut reports = ReportFiles::beside_the_record(&to, Wanted(&[]));
    if let Some(page) = &lab {
        reports.with_lab(page);
    }
    let mut gathered = gather(&args.folders, &mut reports)?;
    if let Some(matrix) = &mut gathered.matrix
        && !args.fail_on.is_empty()
    {
        matrix.gate = Gate {
            fail_on: FailOn::all(&args.fail_on),
            ..Gate::default()
        };
    }
    let judged = gathered.matrix.as_ref().map(|matrix| Judged {
        matrix,
        changes: None,
        earlier: None,
    });
    if gathered.records.is_empty() {
        let Some(judged) = &judged else {
            return Err(Stop::usage("no run is recorded there"));
        };
        reports.finish_matrix(judged, &gathered.head)?;
        if judged.is_interrupted() {
            out.error(&judged.headline());
        }
        out.line(&results_line(folder, true));
        return Ok(if judged.is_interrupted() {
            exit::STOPPED
        } else {
            exit::OK
        });
    }
    let Gathered {
        head,
        records,
        without_trace,
        pinned,
        wall_ms,
        ..
    } = &gathered;
    let mut results = Results::of(&head.program, &head.commit, &head.engines, records);
    results.not_run = head.runs.saturating_sub(records.len());
    for place in without_trace {
        results.scenarios[*place].observations.clear();
    }
    let comparison = before.map(|before| Comparison::of(&before, &results));
    let known = known_differences()
        .map_err(|error| Stop::usage(format!("scenarios/differences.toml: {error}")))?;
    let campaign = Campaign {
        records,
        pinned,
        agreement: &results.agreement,
        against: comparison.as_ref(),
        wall: Duration::from_millis(*wall_ms),
        not_run: results.not_run,
        unlisted: unlisted(&results.agreement, &known).len(),
    };
    let json = serde_json::to_string_pretty(&results)
        .map_err(|error| Stop::environment(format!("results.json: {error}")))?;
    reports.finish(&campaign, judged.as_ref(), head, &json)?;
    out.line(&results_line(folder, true));
    Ok(exit::OK)
}

/// Reads the folders. A folder with a matrix has the runs of its bad cells in its record.
fn gather(folders: &[PathBuf], reports: &mut ReportFiles<'_>) -> Result<Gathered, Stop> {
    let mut gathered = Gathered {
        head: CampaignHead {
            format: RECORD_FORMAT,
            ..CampaignHead::default()
        },
        records: Vec::new(),
        without_trace: Vec::new(),
        pinned: BTreeMap::new(),
        wall_ms: 0,
        matrix: None,
    };
    for source in folders {
        let table = source.join("verify.json");
        let is_matrix = table.is_file();
        if is_matrix {
            let part = against::matrix_at(&table)?;
            take_head_of_matrix(&mut gathered.head, &part);
            gathered.matrix = Some(match gathered.matrix.take() {
                None => part,
                Some(whole) => whole
                    .merged(part)
                    .map_err(|error| Stop::usage(format!("{}: {error}", table.display())))?,
            });
        }
        let path = record_path(source);
        if is_matrix && !path.is_file() {
            continue;
        }
        let unreadable = |error: String| Stop::usage(format!("{}: {error}", path.display()));
        let file = open_record(&path).map_err(|error| unreadable(error.to_string()))?;
        let mut reader = RecordReader::new(file);
        let mut in_file = 0;
        for run in reader.by_ref() {
            let run = run.map_err(|error| unreadable(error.to_string()))?;
            in_file += 1;
            if is_matrix {
                reports.add_of_cell(&run);
                continue;
            }
            if run.header.is_none() {
                gathered.without_trace.push(gathered.records.len());
            } else {
                reports.add(&run);
            }
            let id = run.record.id.clone();
            gathered.pinned.insert(id, run.scenario.findings);
            gathered.records.push(run.record);
        }
        if !is_matrix {
            take_head(&mut gathered.head, &reader.head, in_file);
        }
        gathered.wall_ms += reader.end.map_or(0, |end| end.wall_ms);
    }
    if let Some(matrix) = &mut gathered.matrix {
        matrix.wall_ms = gathered.wall_ms;
    }
    Ok(gathered)
}

/// Takes the program of a matrix into the head, if no record has said one.
fn take_head_of_matrix(head: &mut CampaignHead, matrix: &Matrix) {
    if head.program.is_empty() {
        head.program.clone_from(&matrix.program);
        head.commit.clone_from(&matrix.commit);
    }
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

/// Returns the line that names the results: the HTML page, or the folder if there is no page.
pub(crate) fn results_line(folder: &Path, page: bool) -> String {
    let place = if page {
        folder.join("index.html")
    } else {
        folder.to_owned()
    };
    format!("     Results {}", place.display())
}
