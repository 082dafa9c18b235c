//! The HTML report: one file that needs no build step and no network.
//!
//! `overview` writes the parts that need no script: verdicts, claims, findings, agreement. The player is a
//! program in `assets/`. Each run of the player is deflated in its own script element, and is unpacked when
//! a reader opens it.

mod escape;
mod glossary;
mod lab_link;
mod matrix;
mod observed;
mod overview;
mod player;
mod sections;
mod story;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::record_file::{CampaignHead, RecordedRun, ScenarioText};
use serde_json::{Value, json};

use crate::campaign::Campaign;
use crate::judged::Judged;
use crate::rules::RULES;

/// The most bytes of passed runs on a page, before they are packed to about a tenth. Other runs are kept
/// beyond this limit.
const RUNS_BYTES_MAX: usize = 48 * 1024 * 1024;
/// The most bytes of all runs on a page, before they are packed.
const RUNS_BYTES_LIMIT: usize = 192 * 1024 * 1024;

/// Returns a run as `assets/model.js` reads it, for a page that has the player's scripts.
pub fn film(run: &RecordedRun) -> String {
    player::film(run)
}

pub use lab_link::LabSession;
pub use story::{Lane, LaneStretch, Sentence, StoryPage, StoryPart};

const STYLE: &str = concat!(
    include_str!("../../assets/palette.css"),
    include_str!("../../assets/report.css")
);
const SCRIPTS: [&str; 7] = [
    include_str!("../../assets/base.js"),
    include_str!("../../assets/data.js"),
    include_str!("../../assets/rules.js"),
    include_str!("../../assets/model.js"),
    include_str!("../../assets/chart.js"),
    include_str!("../../assets/player.js"),
    include_str!("../../assets/app.js"),
];

/// Opens the lab that is in the page.
const LAB_SCRIPT: &str = include_str!("../../assets/lab.js");

/// What a page may do: it asks nothing of the network.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
/// The same with the lab in it, a page in a frame whose program runs in a worker.
const POLICY_WITH_LAB: &str = "default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline' 'wasm-unsafe-eval'; img-src data:; frame-src blob:; worker-src blob:";

/// Stands for `<` in the lab's page, which is a text in this one and must not end its element. `lab.js` turns it
/// back. No page holds it: it is a letter for private use.
const LESS_THAN: &str = "\u{e000}";

/// The page of a campaign, which grows run by run.
#[derive(Debug, Default)]
pub struct Page {
    /// The runs that the player can show.
    runs: Vec<(RunKey, player::Encoded)>,
    scenarios: BTreeMap<String, ScenarioText>,
    bytes: usize,
    /// The lab's page, if it is in this one.
    lab: Option<String>,
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
    /// Puts the lab's page into this one, and links findings, claims and bad cells to it. `page` is its whole HTML.
    pub fn with_lab(&mut self, page: &str) {
        self.lab = Some(page.replace('<', LESS_THAN));
    }

    /// Returns the link that opens the lab after a step of a scenario, if there is a lab and it knows the scenario.
    fn lab_link(&self, id: &str, seed: u64, step: Option<u32>) -> Option<String> {
        self.lab.as_ref()?;
        let session = match step {
            Some(step) => lab_link::at_step(id, seed, step)?,
            None => lab_link::before_procedure(id, seed)?,
        };
        let fragment = session.fragment(env!("CARGO_PKG_VERSION"));
        Some(fragment.replacen("#s=", "#lab=", 1))
    }

    /// Adds a run. When the page is full, the player leaves out runs that passed.
    pub fn add(&mut self, run: &RecordedRun) {
        let id = run.record.id.clone();
        let scenario = self.scenarios.entry(id);
        scenario.or_insert_with(|| run.scenario.clone());
        self.add_of_cell(run);
    }

    /// Adds the run of a cell of the matrix. The player can show it; it is no run of the campaign.
    pub fn add_of_cell(&mut self, run: &RecordedRun) {
        let record = &run.record;
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

    /// Returns the whole page of a campaign, with a matrix in it if there is one.
    pub fn finish(
        &self,
        campaign: &Campaign<'_>,
        matrix: Option<&Judged<'_>>,
        head: &CampaignHead,
    ) -> String {
        let title = overview::headline(campaign);
        self.around(&title, &overview::markup(self, campaign, matrix, head))
    }

    /// Returns the whole page of a matrix without a campaign.
    pub fn finish_matrix(&self, judged: &Judged<'_>, head: &CampaignHead) -> String {
        self.around(&judged.headline(), &matrix::overview(self, judged, head))
    }

    /// Returns the page with its head, its overview, its runs and its programs.
    fn around(&self, title: &str, overview: &Markup) -> String {
        let runs: Vec<Value> = self
            .runs
            .iter()
            .map(|(key, _)| json!([key.id, key.engine, key.seed]))
            .collect();
        let index = json!({ "runs": runs, "rules": RULES }).to_string();
        let common = player::common_texts(self.runs.iter().map(|(_, run)| run));
        let texts: Vec<&&str> = common.keys().collect();
        let texts = escape::base64(&player::deflate(&json!(texts).to_string()));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy"
                        content=(if self.lab.is_some() { POLICY_WITH_LAB } else { POLICY });
                    link rel="icon" href="data:,";
                    title { "Seatrial: " (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (overview)
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
                    @if let Some(lab) = &self.lab {
                        script type="text/plain" id="lab" { (PreEscaped(lab)) }
                        script { (PreEscaped(LAB_SCRIPT)) }
                    }
                }
            }
        };
        page.into_string()
    }
}
