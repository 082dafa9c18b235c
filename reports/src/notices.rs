//! What a CI system shows beside the code: each failure at its file and line, in the forms of GitHub, GitLab and SARIF.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatrial_scenarios::outcome::Outcome;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::trace::sha256_hex;
use serde_json::{Value, json};

use crate::campaign::{Campaign, replay};
use crate::judged::Judged;
use crate::terminal::failure_text;

/// The most notices that GitHub shows of one step, by level.
const GITHUB_MAX: usize = 10;

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It fails the command.
    Error,
    /// It is worth knowing.
    Warning,
}

/// A failure with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub level: Level,
    /// The kind of failure, such as `fail` or `lossy`.
    pub rule: String,
    /// The file, if there is one in this folder.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: u32,
    /// A few words.
    pub title: String,
    /// The whole text, with the command that shows it again.
    pub text: String,
}

/// The places of scenarios' steps: the file, and the line in which each step begins.
#[derive(Clone, Debug, Default)]
pub struct Places {
    files: BTreeMap<String, (String, BTreeMap<u32, u32>)>,
}

impl Places {
    /// Adds a scenario that is a file in the user's folder.
    pub fn add(&mut self, scenario: &seatrial_scenarios::Scenario) {
        let lines = scenario.steps.iter().map(|step| (step.number, step.line));
        self.files.insert(
            scenario.id.clone(),
            (scenario.file.clone(), lines.collect()),
        );
    }

    /// Returns the file and the line of a step; the first line for what belongs to no step.
    fn of(&self, id: &str, step: u32) -> (Option<String>, u32) {
        match self.files.get(id) {
            None => (None, 1),
            Some((file, lines)) => {
                let last = lines.values().next_back().copied().unwrap_or(1);
                let line = match step {
                    0 => 1,
                    step => lines.get(&step).copied().unwrap_or(last),
                };
                (Some(file.clone()), line)
            }
        }
    }
}

/// Returns what fails a campaign, each with the place of its step.
pub fn notices_of_campaign(campaign: &Campaign<'_>, places: &Places) -> Vec<Notice> {
    let mut notices = Vec::new();
    for run in campaign.records {
        let fails = matches!(run.verdict, Verdict::Fail | Verdict::Error)
            && campaign
                .against
                .is_none_or(|comparison| comparison.is_worse(run));
        let level = match run.verdict {
            _ if fails => Level::Error,
            Verdict::Pass => continue,
            _ => Level::Warning,
        };
        let failure = run.failure.as_ref();
        let (file, line) = places.of(&run.id, failure.map_or(0, |failure| failure.step));
        let text = failure.map(|failure| failure_text(run, failure));
        notices.push(Notice {
            level,
            rule: run.verdict.name().to_owned(),
            file,
            line,
            title: format!("{} on {}, seed {}", run.id, run.engine, run.seed),
            text: format!("{}\n{}", text.unwrap_or_default(), replay(run)),
        });
    }
    for change in campaign.against.iter().flat_map(|against| &against.missing) {
        notices.push(Notice {
            level: Level::Error,
            rule: "missing".to_owned(),
            file: None,
            line: 1,
            title: format!("{} is missing", change.about()),
            text: change.to_string(),
        });
    }
    notices
}

/// Returns what fails a matrix. `script` is the file of the user's program, to which its cells belong.
pub fn notices_of_matrix(judged: &Judged<'_>, places: &Places) -> Vec<Notice> {
    let mut notices = Vec::new();
    for cell in &judged.matrix.cells {
        let level = match cell.outcome {
            Outcome::NotJudged => Level::Error,
            _ if judged.fails(cell) => Level::Error,
            _ => continue,
        };
        let script = judged.matrix.script.clone();
        let script = script.filter(|_| judged.gate().under_test.as_ref() == Some(&cell.procedure));
        let (file, line) = match script {
            Some(file) => (Some(file), cell.script_line.unwrap_or(1)),
            None => places.of(&cell.scenario, 0),
        };
        notices.push(Notice {
            level,
            rule: cell.outcome.name().to_owned(),
            file,
            line,
            title: format!("{} on {}", cell.procedure, cell.scenario),
            text: format!("{}: {}\n{}", cell.outcome.name(), cell.text, cell.replay),
        });
    }
    for change in judged.changes.iter().flat_map(|changes| &changes.missing) {
        let cell = change.cell;
        notices.push(Notice {
            level: Level::Error,
            rule: "missing".to_owned(),
            file: None,
            line: 1,
            title: format!("{} on {} is missing", cell.procedure, cell.scenario),
            text: format!("it was {}", cell.outcome.name()),
        });
    }
    notices
}

/// Returns the lines by which a GitHub workflow annotates files. GitHub shows ten of a step; one more line says how
/// many there are.
pub fn github_lines(notices: &[Notice]) -> String {
    let escape = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let mut text = String::new();
    for notice in notices.iter().take(GITHUB_MAX) {
        let level = match notice.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let place = notice.file.as_ref().map_or_else(String::new, |file| {
            format!("file={},line={},", property(file), notice.line)
        });
        let _ = writeln!(
            text,
            "::{level} {place}title={}::{}",
            property(&notice.title),
            escape(&notice.text)
        );
    }
    if notices.len() > GITHUB_MAX {
        let _ = writeln!(
            text,
            "::notice title=seatrial::{GITHUB_MAX} of {} failures are shown here; the summary has all of them",
            notices.len()
        );
    }
    text
}

/// Returns a hash by which a CI system knows a notice again in the next run.
fn fingerprint(notice: &Notice) -> String {
    sha256_hex(&format!("{} {}", notice.rule, notice.title))
}

/// Returns GitLab's code quality report.
pub fn code_quality(notices: &[Notice]) -> String {
    let list: Vec<Value> = notices
        .iter()
        .map(|notice| {
            let severity = match notice.level {
                Level::Error => "major",
                Level::Warning => "minor",
            };
            json!({
                "description": format!("{}: {}", notice.title, notice.text),
                "check_name": format!("seatrial/{}", notice.rule),
                "fingerprint": fingerprint(notice),
                "severity": severity,
                "location": {
                    "path": notice.file.as_deref().unwrap_or("seatrial"),
                    "lines": { "begin": notice.line },
                },
            })
        })
        .collect();
    format!("{:#}\n", Value::from(list))
}

/// Returns the notices as SARIF 2.1.0. `program` is the version of this program.
pub fn sarif(notices: &[Notice], program: &str) -> String {
    let mut rules: Vec<&str> = notices.iter().map(|notice| notice.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| json!({ "id": rule, "shortDescription": { "text": rule } }))
        .collect();
    let results: Vec<Value> = notices
        .iter()
        .map(|notice| {
            let level = match notice.level {
                Level::Error => "error",
                Level::Warning => "warning",
            };
            let mut result = json!({
                "ruleId": notice.rule,
                "level": level,
                "message": { "text": format!("{}: {}", notice.title, notice.text) },
                "partialFingerprints": { "seatrial/v1": fingerprint(notice) },
            });
            if let Some(file) = &notice.file {
                result["locations"] = json!([{
                    "physicalLocation": {
                        "artifactLocation": { "uri": file },
                        "region": { "startLine": notice.line },
                    }
                }]);
            }
            result
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "seatrial", "version": program, "rules": rules } },
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(file: Option<&str>) -> Notice {
        Notice {
            level: Level::Error,
            rule: "fail".to_owned(),
            file: file.map(str::to_owned),
            line: 7,
            title: "bad on des, seed 1".to_owned(),
            text: "100% wrong: A\nseatrial replay bad.toml".to_owned(),
        }
    }

    #[test]
    fn a_line_of_github_is_escaped() {
        assert_eq!(
            github_lines(&[notice(Some("a,b.toml"))]),
            "::error file=a%2Cb.toml,line=7,title=bad on des%2C seed 1::100%25 wrong: A%0Aseatrial replay bad.toml\n"
        );
        let many = vec![notice(None); 12];
        let lines = github_lines(&many);
        assert_eq!(lines.lines().count(), 11);
        assert!(lines.contains("10 of 12 failures"));
    }

    #[test]
    fn the_reports_name_file_and_line() {
        let notices = [notice(Some("bad.toml")), notice(None)];
        let list: Value = serde_json::from_str(&code_quality(&notices)).unwrap();
        assert_eq!(list[0]["location"]["path"], "bad.toml");
        assert_eq!(list[0]["location"]["lines"]["begin"], 7);
        let log: Value = serde_json::from_str(&sarif(&notices, "0.1.0")).unwrap();
        let results = &log["runs"][0]["results"];
        let region = &results[0]["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], 7);
        assert!(results[1].get("locations").is_none());
    }
}
