//! `record.jsonl`: everything about a campaign, one JSON value a line, from which every report is made.
//!
//! ```text
//! {"campaign":{…}}    once, first: who made it, with which flags
//! {"format":…}        a run begins: the header of its trace       ┐ the part that is hashed, and that
//! {"at_us":…}         what happened, in order (TraceEvent)        ┘ `seatrial replay` prints
//! {"run":{…}}         the run ends: its RunRecord and what the scenario says of itself
//! {"end":{…}}         once, last: how long it all took; missing where the campaign was interrupted
//! ```
//!
//! Header and events are missing for a run that could not be made. A reader skips keys that it does not
//! know; [`RECORD_FORMAT`] grows when an old reader would misread.

use std::io::{self, BufRead};

use seatrial_language::Scenario;
use seatrial_port::NodeName;
use seatrial_port::trace::{TraceEvent, TraceHeader};
use serde::{Deserialize, Serialize};

use crate::trial::record::RunRecord;

/// The version of the file.
pub const RECORD_FORMAT: u32 = 1;

/// The first line: what is the same for all runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignHead {
    /// [`RECORD_FORMAT`].
    pub format: u32,
    /// The program's version.
    pub program: String,
    /// The commit from which it was built, empty if that is not known.
    pub commit: String,
    /// The engines, in the order in which they were asked for.
    pub engines: Vec<String>,
    /// The number of runs that were asked for.
    pub runs: usize,
}

/// The last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignEnd {
    /// The wall time of the campaign.
    pub wall_ms: u64,
}

/// The parts of a scenario that a report shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioText {
    /// The question that it answers.
    pub why: Option<String>,
    /// The findings that it is there to show.
    pub findings: Vec<String>,
    /// The nodes.
    pub nodes: Vec<NodeName>,
    /// The steps, the first one first.
    pub steps: Vec<StepText>,
}

/// A step in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepText {
    /// The action, in words.
    pub action: String,
    /// The scenario's remark on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<&Scenario> for ScenarioText {
    fn from(scenario: &Scenario) -> Self {
        Self {
            why: scenario.why.clone(),
            findings: scenario.findings.clone(),
            nodes: scenario.nodes.clone(),
            steps: scenario
                .steps
                .iter()
                .map(|step| StepText {
                    action: step.action.to_string(),
                    note: step.note.clone(),
                })
                .collect(),
        }
    }
}

/// The line that ends a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RunEnd {
    record: RunRecord,
    scenario: ScenarioText,
}

/// A run as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRun {
    /// The header of its trace, none where it could not be made.
    pub header: Option<TraceHeader>,
    /// The events of the run.
    pub events: Vec<TraceEvent>,
    /// The runner's record of it.
    pub record: RunRecord,
    /// The parts of the scenario that a report shows.
    pub scenario: ScenarioText,
}

fn line(key: &str, value: &impl Serialize) -> String {
    let value = serde_json::to_string(value).expect("invariant: a record is plain data");
    format!("{{\"{key}\":{value}}}\n")
}

/// Returns the first line of the file.
pub fn head_line(head: &CampaignHead) -> String {
    line("campaign", head)
}

/// Returns the last line of the file.
pub fn end_line(end: CampaignEnd) -> String {
    line("end", &end)
}

/// Returns the line after the trace of a run. What commands printed stands in the trace already, and is left
/// out of the record here; exit codes stay.
pub fn run_line(record: &RunRecord, scenario: &ScenarioText) -> String {
    let mut end = RunEnd {
        record: record.clone(),
        scenario: scenario.clone(),
    };
    for output in end
        .record
        .commands
        .iter_mut()
        .filter_map(|command| command.output.as_mut())
    {
        output.stdout.clear();
        output.stderr.clear();
    }
    line("run", &end)
}

/// The reason why a file cannot be read, and in which line, counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum RecordFileError {
    /// The file could not be read.
    #[error("line {line}: {source}")]
    Io {
        /// Where.
        line: usize,
        /// Why.
        source: io::Error,
    },
    /// A line is none of a record.
    #[error("line {line}: not a line of record.jsonl: {source}")]
    Line {
        /// Where.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// The file was written in a format that this program does not know.
    #[error("line {line}: format {found}, and this program reads {RECORD_FORMAT}")]
    Format {
        /// Where.
        line: usize,
        /// The version of the file.
        found: u32,
    },
}

/// Reads a record, run by run.
#[derive(Debug)]
pub struct RecordReader<R> {
    lines: io::Lines<R>,
    number: usize,
    header: Option<TraceHeader>,
    events: Vec<TraceEvent>,
    /// The first line, once it has been read.
    pub head: CampaignHead,
    /// The last line, once it has been read.
    pub end: Option<CampaignEnd>,
}

#[derive(Deserialize)]
struct HeadLine {
    campaign: CampaignHead,
}
#[derive(Deserialize)]
struct EndLine {
    end: CampaignEnd,
}
#[derive(Deserialize)]
struct RunLine {
    run: RunEnd,
}

impl<R: BufRead> RecordReader<R> {
    /// Returns a reader that has read the first line, where the file has one.
    pub fn new(reader: R) -> Self {
        Self {
            lines: reader.lines(),
            number: 0,
            header: None,
            events: Vec::new(),
            head: CampaignHead::default(),
            end: None,
        }
    }

    fn take(&mut self, text: &str) -> Result<Option<RecordedRun>, RecordFileError> {
        let number = self.number;
        let bad = |source| RecordFileError::Line {
            line: number,
            source,
        };
        if text.starts_with("{\"at_us\"") {
            self.events.push(serde_json::from_str(text).map_err(bad)?);
        } else if text.starts_with("{\"format\"") {
            self.events.clear();
            self.header = Some(serde_json::from_str(text).map_err(bad)?);
        } else if text.starts_with("{\"campaign\"") {
            let line: HeadLine = serde_json::from_str(text).map_err(bad)?;
            if line.campaign.format != RECORD_FORMAT {
                return Err(RecordFileError::Format {
                    line: number,
                    found: line.campaign.format,
                });
            }
            self.head = line.campaign;
        } else if text.starts_with("{\"end\"") {
            let line: EndLine = serde_json::from_str(text).map_err(bad)?;
            self.end = Some(line.end);
        } else {
            let line: RunLine = serde_json::from_str(text).map_err(bad)?;
            return Ok(Some(RecordedRun {
                header: self.header.take(),
                events: std::mem::take(&mut self.events),
                record: line.run.record,
                scenario: line.run.scenario,
            }));
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for RecordReader<R> {
    type Item = Result<RecordedRun, RecordFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.number += 1;
            let text = match self.lines.next()? {
                Ok(text) => text,
                Err(source) => {
                    return Some(Err(RecordFileError::Io {
                        line: self.number,
                        source,
                    }));
                }
            };
            if text.is_empty() {
                continue;
            }
            match self.take(&text) {
                Ok(None) => {}
                Ok(Some(run)) => return Some(Ok(run)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
