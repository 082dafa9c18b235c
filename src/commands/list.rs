//! `seatrial list`: prints the built-in scenarios.

use std::collections::BTreeMap;

use owo_colors::OwoColorize as _;
use seatrial_reports::{count, nearest, wrapped};
use seatrial_scenarios::Scenario;

use crate::args::{Format, PackArg};
use crate::output::Out;
use crate::{Stop, exit, scenarios};

/// `seatrial list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// List only scenarios with all these words in their names, titles, reasons or tags.
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// List only this pack; by default the catalogue and both packs.
    #[arg(long, value_enum)]
    pub(crate) pack: Option<PackArg>,
    /// List only scenarios with this tag; a scenario must have all the tags given.
    #[arg(long = "tag", value_name = "TAG", add = crate::candidates::tags())]
    pub(crate) tags: Vec<String>,
    /// List the tags instead, each with the number of its scenarios.
    #[arg(long = "tags", conflicts_with_all = ["words", "tags"])]
    pub(crate) show_tags: bool,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

pub(crate) fn list(args: &ListArgs, out: &mut Out) -> Result<u8, Stop> {
    let all = match args.pack {
        Some(pack) => scenarios::pack(pack)?,
        None => scenarios::every()?,
    };
    let known = tags(&all);
    if args.show_tags {
        for (tag, number) in &known {
            out.line(&format!(
                "{tag:<16} {}",
                count(*number, "scenario", "scenarios")
            ));
        }
        return Ok(exit::OK);
    }
    if let Some(unknown) = args
        .tags
        .iter()
        .find(|tag| !known.contains_key(tag.as_str()))
    {
        let names: Vec<&str> = known.keys().copied().collect();
        let near = nearest(unknown, names.iter().copied());
        let help = near.first().map_or_else(
            || format!("the tags are: {}", names.join(", ")),
            |near| format!("did you mean `{near}`? The tags are: {}", names.join(", ")),
        );
        return Err(Stop::usage(format!(
            "no scenario has the tag `{unknown}`\n  help: {help}"
        )));
    }
    let kept = |scenario: &&Scenario| {
        args.tags.iter().all(|tag| scenario.tags.contains(tag))
            && args.words.iter().all(|word| has_word(scenario, word))
    };
    let all: Vec<&Scenario> = all.iter().filter(kept).collect();
    if all.is_empty() {
        return Err(Stop::usage(format!(
            "no scenario has {}\n  help: `seatrial list` prints all of them, `seatrial list --tags` the tags",
            [&args.words[..], &args.tags[..]].concat().join(" and ")
        )));
    }
    match args.format {
        Format::Json => {
            let list: Vec<serde_json::Value> = all.iter().map(|one| as_json(one)).collect();
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

/// Returns the tags with the numbers of their scenarios.
fn tags(scenarios: &[Scenario]) -> BTreeMap<&str, usize> {
    let mut known = BTreeMap::new();
    for tag in scenarios.iter().flat_map(|scenario| &scenario.tags) {
        *known.entry(tag.as_str()).or_default() += 1;
    }
    known
}

/// Returns whether the word stands in one of the scenario's texts.
fn has_word(scenario: &Scenario, word: &str) -> bool {
    let word = word.to_lowercase();
    let texts = [
        Some(&scenario.id),
        Some(&scenario.title),
        scenario.source.as_ref(),
    ];
    let more = [scenario.why.as_ref(), scenario.pack.as_ref()];
    texts
        .into_iter()
        .chain(more)
        .flatten()
        .chain(&scenario.tags)
        .any(|text| text.to_lowercase().contains(&word))
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
