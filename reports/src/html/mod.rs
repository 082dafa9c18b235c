//! The HTML report: one file that needs no build step and no network.
//!
//! `overview` writes the parts that need no script: verdicts, claims, findings, agreement. The player is a
//! program in `assets/`. Each run of the player is deflated in its own script element, and is unpacked when
//! a reader opens it.

mod escape;
mod glossary;
mod matrix;
mod observed;
mod overview;
mod player;
mod story;

use std::collections::BTreeMap;

use maud::{DOCTYPE, PreEscaped, html};
use seatrial_scenarios::matrix::Matrix;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::{CampaignHead, RecordedRun, ScenarioText};
use serde_json::{Value, json};

use crate::campaign::Campaign;
use crate::rules::RULES;

/// The most bytes of passed runs on a page, before they are packed to about a tenth. Other runs are kept
/// beyond this limit.
const RUNS_BYTES_MAX: usize = 48 * 1024 * 1024;
/// The most bytes of all runs on a page, before they are packed.
const RUNS_BYTES_LIMIT: usize = 192 * 1024 * 1024;

pub use story::{Lane, LaneStretch, Sentence, StoryPage, StoryPart};

const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPTS: [&str; 6] = [
    include_str!("../../assets/data.js"),
    include_str!("../../assets/rules.js"),
    include_str!("../../assets/model.js"),
    include_str!("../../assets/chart.js"),
    include_str!("../../assets/player.js"),
    include_str!("../../assets/app.js"),
];

/// The page of a campaign, which grows run by run.
#[derive(Debug, Default)]
pub struct Page {
    /// The runs that the player can show.
    runs: Vec<(RunKey, player::Encoded)>,
    scenarios: BTreeMap<String, ScenarioText>,
    bytes: usize,
    /// The matrix of procedures and scenarios, if there is one.
    matrix: Option<Matrix>,
}

/// The identity of a run within a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunKey {
    pub(crate) id: String,
    pub(crate) engine: String,
    pub(crate) seed: u64,
}

impl RunKey {
    /// Returns the run's name in links.
    fn link(&self) -> String {
        format!("{}/{}/{}", self.id, self.engine, self.seed)
    }
}

impl Page {
    /// Puts a matrix of procedures and scenarios into the overview.
    pub fn set_matrix(&mut self, matrix: Matrix) {
        self.matrix = Some(matrix);
    }

    /// Adds a run. When the page is full, the player leaves out runs that passed.
    pub fn add(&mut self, run: &RecordedRun) {
        let record = &run.record;
        self.scenarios
            .entry(record.id.clone())
            .or_insert_with(|| run.scenario.clone());
        let passed = record.verdict == Verdict::Pass;
        let limit = if passed {
            RUNS_BYTES_MAX
        } else {
            RUNS_BYTES_LIMIT
        };
        if run.header.is_none() || self.bytes >= limit {
            return;
        }
        let replay = crate::campaign::replay(record);
        let data = player::encode(run, &replay);
        self.bytes += data.len();
        let key = RunKey {
            id: record.id.clone(),
            engine: record.engine.clone(),
            seed: record.seed,
        };
        self.runs.push((key, data));
    }

    /// Returns the link to a run, if the player can show it.
    fn link(&self, id: &str, engine: &str, seed: u64) -> Option<String> {
        let found = self
            .runs
            .iter()
            .find(|(key, _)| key.id == id && key.engine == engine && key.seed == seed)?;
        Some(format!("#run={}", found.0.link()))
    }

    /// Returns the whole page.
    pub fn finish(&self, campaign: &Campaign<'_>, head: &CampaignHead) -> String {
        let runs: Vec<Value> = self
            .runs
            .iter()
            .map(|(key, _)| json!([key.id, key.engine, key.seed]))
            .collect();
        let index = json!({ "runs": runs, "rules": RULES }).to_string();
        let common = player::common_texts(self.runs.iter().map(|(_, run)| run));
        let texts: Vec<&&str> = common.keys().collect();
        let texts = escape::base64(&player::deflate(&json!(texts).to_string()));
        let title = overview::headline(campaign);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                    link rel="icon" href="data:,";
                    title { "Seatrial: " (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (overview::markup(self, campaign, head))
                    main #player tabindex="-1" hidden {}
                    noscript { p.noscript { "The player needs JavaScript; the rest of the page does not." } }
                    script type="application/json" id="index" {
                        (PreEscaped(escape::json_in_script(&index)))
                    }
                    script type="text/plain" id="texts" { (PreEscaped(texts)) }
                    @for (number, (_, run)) in self.runs.iter().enumerate() {
                        script type="text/plain" id={ "run-" (number) } { (PreEscaped(escape::base64(&run.pack(&common)))) }
                    }
                    @for script in SCRIPTS {
                        script { (PreEscaped(script)) }
                    }
                }
            }
        };
        page.into_string()
    }
}
