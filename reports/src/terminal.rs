//! Writes a campaign for the terminal: a line for each scenario, then the findings, the failures and the
//! totals.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_scenarios::RunRecord;
use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::record::{Failure, RefusedWrites, Verdict};

use crate::campaign::{Campaign, Standing, replay};
use crate::words::{count, short_span, wrapped};

/// The most findings, failures and differences that are shown; `results.json` has all of them.
const SHOWN_MAX: usize = 20;

/// The table with a line for each scenario, which grows as the runs end.
#[derive(Clone, Debug)]
pub struct Columns {
    engines: Vec<String>,
    width: usize,
}

impl Columns {
    /// Makes a table for these engines, with this many runs of each scenario on each of them.
    pub fn new(engines: &[String], runs: usize) -> Self {
        let longest = engines.iter().map(String::len).max().unwrap_or(0);
        let width = longest.max(2 * runs.to_string().len() + 1).max(6);
        Self {
            engines: engines.to_vec(),
            width,
        }
    }

    /// Returns the line above the table.
    pub fn header(&self) -> String {
        let mut line = String::new();
        for engine in &self.engines {
            let _ = write!(line, "{engine:>0$}  ", self.width);
        }
        let _ = write!(line, "{:>9}  {:>5}  scenario", "simulated", "wall");
        line.dimmed().to_string()
    }

    /// Returns the line of a scenario, with all its engines and seeds.
    pub fn line(&self, id: &str, runs: &[&RunRecord]) -> String {
        let mut line = String::new();
        for engine in &self.engines {
            let of_engine: Vec<_> = runs.iter().filter(|run| run.engine == *engine).collect();
            let worst = of_engine
                .iter()
                .map(|run| run.verdict)
                .max_by_key(|verdict| rank(*verdict));
            let word = match (of_engine.as_slice(), worst) {
                ([_], Some(Verdict::Pass)) => "pass".to_owned(),
                ([_], Some(Verdict::Unsupported)) => "unsup".to_owned(),
                ([_], Some(Verdict::Flaky)) => "flaky".to_owned(),
                ([_], Some(Verdict::Fail)) => "FAIL".to_owned(),
                ([_], Some(Verdict::Error)) => "ERROR".to_owned(),
                (_, None) => "-".to_owned(),
                (many, Some(_)) => {
                    let passed = many
                        .iter()
                        .filter(|run| run.verdict == Verdict::Pass)
                        .count();
                    format!("{passed}/{}", many.len())
                }
            };
            // The padding is outside the coloured text, because the escape codes count as characters.
            let pad = " ".repeat(self.width.saturating_sub(word.len()));
            let word = match worst {
                Some(Verdict::Pass) => word.green().to_string(),
                Some(Verdict::Unsupported | Verdict::Flaky) | None => word.yellow().to_string(),
                Some(Verdict::Fail | Verdict::Error) => word.red().bold().to_string(),
            };
            let _ = write!(line, "{pad}{word}  ");
        }
        let simulated = runs.iter().map(|run| run.simulated_ms).max().unwrap_or(0);
        let wall: u64 = runs.iter().map(|run| run.wall_ms).sum();
        let _ = write!(
            line,
            "{:>9}  {:>5}  {id}",
            short_span(simulated),
            short_span(wall)
        );
        line
    }
}

/// Returns how bad a verdict is; higher is worse.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Flaky => 1,
        Verdict::Unsupported => 2,
        Verdict::Fail => 3,
        Verdict::Error => 4,
    }
}

/// Returns the findings, each with the command that replays it, then the runs that did not pass.
pub fn details(campaign: &Campaign<'_>) -> String {
    let mut text = String::new();
    if campaign.not_run > 0 {
        let _ = writeln!(text, "\n{}", headline_of_interrupted(campaign).red().bold());
    }
    text.push_str(&findings(campaign));
    text.push_str(&skipped(campaign));
    text.push_str(&refused(campaign));
    text.push_str(&failures(campaign));
    text
}

/// Returns the line that says that a campaign was interrupted.
pub fn headline_of_interrupted(campaign: &Campaign<'_>) -> String {
    let made = campaign.records.len();
    format!(
        "INTERRUPTED: {made} of {} were made, and the rest is not known",
        count(made + campaign.not_run, "run", "runs")
    )
}

/// A fault that had no effect, in all runs of a scenario.
pub(crate) struct SkippedFault<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) step: u32,
    pub(crate) fault: String,
    pub(crate) why: &'a str,
    pub(crate) may_skip: bool,
    pub(crate) engines: Vec<&'a str>,
    pub(crate) runs: usize,
}

/// Returns the faults that had no effect, each once for a scenario.
pub(crate) fn skipped_faults<'a>(campaign: &Campaign<'a>) -> Vec<SkippedFault<'a>> {
    let mut found: Vec<SkippedFault<'_>> = Vec::new();
    for run in campaign.records {
        for (fault, why) in run.skipped_faults() {
            // The second phase heals whatever there is.
            let in_steps = run.observations.iter().any(|seen| seen.step >= fault.step);
            if fault.may_skip && !in_steps {
                continue;
            }
            let name = fault.fault.to_string();
            let place = found.iter().position(|known| {
                known.scenario == run.id
                    && known.step == fault.step
                    && known.fault == name
                    && known.why == why
            });
            let place = place.unwrap_or_else(|| {
                found.push(SkippedFault {
                    scenario: &run.id,
                    step: fault.step,
                    fault: name,
                    why,
                    may_skip: fault.may_skip,
                    engines: Vec::new(),
                    runs: 0,
                });
                found.len() - 1
            });
            let known = &mut found[place];
            known.runs += 1;
            if !known.engines.contains(&run.engine.as_str()) {
                known.engines.push(&run.engine);
            }
        }
    }
    found
}

fn skipped(campaign: &Campaign<'_>) -> String {
    let found = skipped_faults(campaign);
    let mut text = String::new();
    if found.is_empty() {
        return text;
    }
    let title = format!("{} had no effect", count(found.len(), "fault", "faults"));
    let _ = writeln!(text, "\n{}", title.bold());
    for fault in found.iter().take(SHOWN_MAX) {
        let standing = if fault.may_skip {
            "the step allows it".to_owned()
        } else {
            "the run fails".red().bold().to_string()
        };
        let _ = writeln!(text, "  {} ({standing})", fault.fault.bold());
        let _ = writeln!(
            text,
            "    {} step {} on {}, {}",
            fault.scenario,
            fault.step,
            fault.engines.join(", "),
            count(fault.runs, "run", "runs")
        );
        text.push_str(&wrapped("    ", "    ", fault.why));
    }
    more(&mut text, found.len());
    text
}

/// Writes of a step that were refused, in all runs of a scenario.
struct RefusedStep<'a> {
    scenario: &'a str,
    writes: &'a RefusedWrites,
    engines: Vec<&'a str>,
    runs: usize,
}

/// Returns the writes that were refused although no step expects it. Such a scenario tests less than it seems to.
fn refused(campaign: &Campaign<'_>) -> String {
    let mut found: Vec<RefusedStep<'_>> = Vec::new();
    for run in campaign.records {
        for writes in run.refused.iter().filter(|writes| !writes.allowed) {
            let place = found.iter().position(|known| {
                known.scenario == run.id
                    && known.writes.step == writes.step
                    && known.writes.node == writes.node
            });
            let place = place.unwrap_or_else(|| {
                found.push(RefusedStep {
                    scenario: &run.id,
                    writes,
                    engines: Vec::new(),
                    runs: 0,
                });
                found.len() - 1
            });
            let known = &mut found[place];
            known.runs += 1;
            if !known.engines.contains(&run.engine.as_str()) {
                known.engines.push(&run.engine);
            }
        }
    }
    let mut text = String::new();
    if found.is_empty() {
        return text;
    }
    let title = "Writes were refused, and no step expects it";
    let _ = writeln!(text, "\n{}", title.bold());
    for step in found.iter().take(SHOWN_MAX) {
        let _ = writeln!(
            text,
            "  {} step {} on {}, {}: {} on {}",
            step.scenario,
            step.writes.step,
            step.engines.join(", "),
            count(step.runs, "run", "runs"),
            count(
                usize::try_from(step.writes.rows).unwrap_or(usize::MAX),
                "row",
                "rows"
            ),
            step.writes.node
        );
        text.push_str(&wrapped("    ", "    ", &step.writes.message));
    }
    more(&mut text, found.len());
    text
}

/// A finding of one scenario, on the engines that saw it.
struct Found<'a> {
    standing: Standing,
    scenario: &'a str,
    oracle: &'a str,
    message: &'a str,
    replay: &'a str,
    engines: Vec<&'a str>,
}

fn findings(campaign: &Campaign<'_>) -> String {
    let mut found: Vec<Found<'_>> = Vec::new();
    for run in campaign.records {
        for finding in &run.findings {
            let same =
                |known: &&mut Found<'_>| known.scenario == run.id && known.oracle == finding.oracle;
            if let Some(known) = found.iter_mut().find(same) {
                if !known.engines.contains(&run.engine.as_str()) {
                    known.engines.push(&run.engine);
                }
                continue;
            }
            found.push(Found {
                standing: campaign.standing(run, finding),
                scenario: &run.id,
                oracle: &finding.oracle,
                message: &finding.message,
                replay: &finding.replay,
                engines: vec![&run.engine],
            });
        }
    }
    found.sort_by_key(|found| found.standing);
    let mut text = String::new();
    if found.is_empty() {
        return text;
    }
    let _ = writeln!(
        text,
        "\n{}",
        count(found.len(), "finding", "findings").bold()
    );
    for found in found.iter().take(SHOWN_MAX) {
        let standing = match found.standing {
            Standing::Unexpected => found.standing.name().red().bold().to_string(),
            Standing::Pinned => found.standing.name().green().to_string(),
            Standing::Noted => found.standing.name().yellow().to_string(),
        };
        let _ = writeln!(text, "  {} ({standing})", found.oracle.bold());
        let _ = writeln!(
            text,
            "    {} on {}",
            found.scenario,
            found.engines.join(", ")
        );
        text.push_str(&wrapped("    ", "    ", found.message));
        let _ = writeln!(text, "    {}", found.replay.dimmed());
    }
    more(&mut text, found.len());
    for standing in [Standing::Unexpected, Standing::Pinned, Standing::Noted] {
        if found.iter().any(|found| found.standing == standing) {
            let said = format!("{}: {}", standing.name(), standing.meaning());
            let _ = writeln!(text, "  {}", said.dimmed());
        }
    }
    text
}

fn failures(campaign: &Campaign<'_>) -> String {
    let failed: Vec<&RunRecord> = campaign
        .records
        .iter()
        .filter(|run| run.verdict != Verdict::Pass)
        .collect();
    let mut text = String::new();
    if failed.is_empty() {
        return text;
    }
    let title = format!("{} not passed", count(failed.len(), "run", "runs"));
    let _ = writeln!(text, "\n{}", title.bold());
    for run in failed.iter().take(SHOWN_MAX) {
        let verdict = match run.verdict {
            Verdict::Unsupported | Verdict::Flaky => run.verdict.name().yellow().to_string(),
            _ => run.verdict.name().red().bold().to_string(),
        };
        let _ = writeln!(
            text,
            "  {verdict} {} on {}, seed {}",
            run.id, run.engine, run.seed
        );
        if let Some(failure) = &run.failure {
            text.push_str(&wrapped("    ", "    ", &failure_text(run, failure)));
        }
        let _ = writeln!(text, "    {}", replay(run).dimmed());
    }
    more(&mut text, failed.len());
    text
}

/// Returns a failure with its place.
pub(crate) fn failure_text(run: &RunRecord, failure: &Failure) -> String {
    let place = match (run.verdict, failure.step) {
        (Verdict::Error, 0) => return failure.text.clone(),
        (_, 0) => "the run".to_owned(),
        (_, step) if run.second_phase.is_some() && run.observations.len() < step as usize => {
            "second phase".to_owned()
        }
        (_, step) => format!("step {step}"),
    };
    // The runner's text may begin with the place already.
    let text = failure.text.strip_prefix("second phase: ");
    format!("{place}: {}", text.unwrap_or(&failure.text))
}

fn more(text: &mut String, all: usize) {
    if all > SHOWN_MAX {
        let _ = writeln!(text, "  and {} more, see results.json", all - SHOWN_MAX);
    }
}

/// Returns the last lines: claims, agreement, verdicts.
pub fn totals(campaign: &Campaign<'_>) -> String {
    let mut text = String::from("\n");
    let claims = campaign.claims();
    if claims.all > 0 {
        let _ = write!(
            text,
            "      Claims {} checked, {} contradicted",
            claims.all, claims.contradicted
        );
        if claims.changed > 0 {
            let changed = format!("{} not as pinned", claims.changed);
            let _ = write!(text, ", {}", changed.red().bold());
        }
        text.push('\n');
    }
    text.push_str(&agreement(campaign));
    let scenarios: std::collections::BTreeSet<&str> =
        campaign.records.iter().map(|run| run.id.as_str()).collect();
    let failed = campaign.count(Verdict::Fail) + campaign.count(Verdict::Error);
    let passed = format!("{} passed", campaign.count(Verdict::Pass));
    let failed_text = format!("{failed} failed");
    if campaign.not_run > 0 {
        let _ = writeln!(
            text,
            " {} [{:>8.3}s] {} of {} were made",
            "Interrupted".red().bold(),
            campaign.wall.as_secs_f64(),
            campaign.records.len(),
            count(campaign.records.len() + campaign.not_run, "run", "runs")
        );
        return text;
    }
    let _ = write!(
        text,
        "     {} [{:>8.3}s] {}, {}: {}, {}",
        "Summary".bold(),
        campaign.wall.as_secs_f64(),
        count(scenarios.len(), "scenario", "scenarios"),
        count(campaign.records.len(), "run", "runs"),
        passed.green(),
        if failed > 0 {
            failed_text.red().bold().to_string()
        } else {
            failed_text
        },
    );
    let unsupported = campaign.count(Verdict::Unsupported);
    if unsupported > 0 {
        let _ = write!(text, ", {unsupported} unsupported");
    }
    let flaky = campaign.count(Verdict::Flaky);
    if flaky > 0 {
        let _ = write!(text, ", {}", format!("{flaky} flaky").yellow());
    }
    text.push('\n');
    text
}

fn agreement(campaign: &Campaign<'_>) -> String {
    let agreement = campaign.agreement;
    let mut text = String::new();
    if agreement.compared == 0 {
        return text;
    }
    let numbers = format!(
        "{} of {} fields and {} of {} steps equal",
        agreement.equal, agreement.compared, agreement.steps_equal, agreement.steps_compared
    );
    let all_equal = agreement.differing.is_empty();
    let numbers = if all_equal {
        numbers
    } else {
        numbers.red().bold().to_string()
    };
    let _ = writeln!(text, "   Agreement {numbers}");
    for difference in agreement.differing.iter().take(SHOWN_MAX) {
        let values: Vec<String> = difference
            .values
            .iter()
            .map(|(engine, value)| format!("{engine} {value}"))
            .collect();
        let line = format!(
            "{} step {} node {} {}: {}",
            difference.scenario,
            difference.step,
            difference.node,
            difference.field,
            values.join(", ")
        );
        text.push_str(&wrapped("     ", "       ", &line));
    }
    more(&mut text, agreement.differing.len());
    if !agreement.races.is_empty() {
        let _ = writeln!(text, "       Races {}", races(agreement));
    }
    text
}

/// Returns the declared races in one line.
pub(crate) fn races(agreement: &Agreement) -> String {
    let alike = agreement.races.iter().filter(|race| race.alike).count();
    format!(
        "{} declared: {alike} ended alike, {} apart (not compared further)",
        agreement.races.len(),
        agreement.races.len() - alike
    )
}
