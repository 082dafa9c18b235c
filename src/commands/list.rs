//! `seatrial list`: prints the built-in scenarios.

use owo_colors::OwoColorize as _;
use seatrial_reports::wrapped;
use seatrial_scenarios::Scenario;

use crate::args::{Format, PackArg};
use crate::output::Out;
use crate::{Stop, exit, scenarios};

/// `seatrial list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// List only this pack; by default the catalogue and both packs.
    #[arg(long, value_enum)]
    pub(crate) pack: Option<PackArg>,
    /// List only scenarios with this tag; a scenario must have all the tags given.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

pub(crate) fn list(args: &ListArgs, out: &mut Out) -> Result<u8, Stop> {
    let mut all = match args.pack {
        Some(pack) => scenarios::pack(pack)?,
        None => scenarios::every()?,
    };
    all.retain(|scenario| args.tags.iter().all(|tag| scenario.tags.contains(tag)));
    match args.format {
        Format::Json => {
            let list: Vec<serde_json::Value> = all.iter().map(as_json).collect();
            out.line(&format!("{:#}", serde_json::Value::from(list)));
        }
        Format::Text => {
            for scenario in &all {
                out.print(&as_text(scenario));
            }
        }
    }
    Ok(exit::OK)
}

fn as_text(scenario: &Scenario) -> String {
    let mut text = format!("{}", scenario.id.bold());
    for word in scenario.pack.iter().chain(&scenario.tags) {
        text.push_str(&format!(" [{word}]").dimmed().to_string());
    }
    text.push('\n');
    let mut about = scenario.title.clone();
    // The heading often ends in the title. Then only the heading is printed.
    if let Some(source) = &scenario.source {
        about = if source.ends_with(&scenario.title) {
            source.clone()
        } else {
            format!("{about} ({source})")
        };
    }
    text.push_str(&wrapped("    ", "    ", &about));
    text
}

fn as_json(scenario: &Scenario) -> serde_json::Value {
    serde_json::json!({
        "id": scenario.id,
        "title": scenario.title,
        "source": scenario.source,
        "pack": scenario.pack,
        "tags": scenario.tags,
    })
}
