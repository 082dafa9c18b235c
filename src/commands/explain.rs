//! `seatrial explain`: the scenario language at the terminal, as `kubectl explain` shows an API.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::{nearest, wrapped};
use seatrial_scenarios::reference::{Key, Topic, find, topics};
use seatrial_scenarios::{Fault, procedures};
use seatrial_sim::setup::OptionFacts;

use crate::output::Out;
use crate::{Stop, exit};

/// `seatrial explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A part of the language, such as step.partition, expect.within or options; without it, what there is.
    #[arg(value_name = "PATH", add = crate::candidates::language())]
    pub(crate) path: Option<String>,
    /// Print the whole reference as Markdown: docs/scenario-language.md.
    #[arg(long, conflicts_with = "path")]
    pub(crate) markdown: bool,
}

pub(crate) fn explain(args: &ExplainArgs, out: &mut Out) -> Result<u8, Stop> {
    let topics = topics();
    if args.markdown {
        out.print(&markdown(&topics));
        return Ok(exit::OK);
    }
    let Some(path) = &args.path else {
        out.print(&overview(&topics));
        return Ok(exit::OK);
    };
    match find(&topics, path) {
        Some((topic, None)) => out.print(&topic_text(topic)),
        Some((topic, Some(key))) => out.print(&key_text(topic, key)),
        None => return Err(unknown(&topics, path)),
    }
    Ok(exit::OK)
}

/// Returns the error of a path that is nothing, with its nearest neighbour.
fn unknown(topics: &[Topic], path: &str) -> Stop {
    let paths: Vec<String> = topics
        .iter()
        .flat_map(|topic| {
            let keys = topic.keys.iter();
            let keys = keys.map(|key| format!("{}.{}", topic.path, key.name));
            std::iter::once(topic.path.clone()).chain(keys)
        })
        .collect();
    let short: Vec<&str> = paths
        .iter()
        .map(|path| path.strip_prefix("step.").unwrap_or(path))
        .collect();
    let typed = path.strip_prefix("step.").unwrap_or(path);
    let help = nearest(typed, short).first().map_or_else(
        || "`seatrial explain` lists what there is".to_owned(),
        |near| format!("did you mean `seatrial explain {near}`?"),
    );
    Stop::usage(format!(
        "the scenario language has no `{path}`\n  help: {help}"
    ))
}

/// Returns the engines that have an action, with the reason where one is missing.
fn engines(topic: &Topic) -> Option<String> {
    let name = topic.path.strip_prefix("step.")?;
    if name.contains('.') || matches!(name, "claim") {
        return None;
    }
    let is_fault = Fault::KINDS.iter().any(|kind| kind.name == name);
    let missing = seatrial_real_harness::unsupported(name).filter(|_| is_fault);
    Some(missing.map_or_else(
        || "des, madsim, real".to_owned(),
        |why| format!("des, madsim; not real: {why}"),
    ))
}

fn overview(topics: &[Topic]) -> String {
    let mut text = wrapped(
        "",
        "",
        "A scenario is a TOML file: keys that describe it, then `[[step]]` tables. `seatrial explain PATH` \
         explains one of these; `seatrial new TITLE` writes a file to start from.",
    );
    text.push('\n');
    for topic in topics {
        let first = format!("{:<22} ", topic.path);
        text.push_str(&wrapped(&first, &" ".repeat(23), &topic.about));
    }
    text
}

fn topic_text(topic: &Topic) -> String {
    let mut text = format!("{}\n", topic.path.bold());
    text.push_str(&wrapped("  ", "  ", &topic.about));
    for key in &topic.keys {
        text.push('\n');
        let mut head = format!("  {}  {}", key.name.bold(), key.kind);
        if key.required {
            head.push_str(", required");
        }
        if let Some(default) = &key.default {
            let _ = write!(head, ", default {default}");
        }
        let _ = writeln!(text, "{head}");
        text.push_str(&wrapped("      ", "      ", &key.about));
        if !key.words.is_empty() {
            let words: Vec<&str> = key.words.iter().map(|(word, _)| word.as_str()).collect();
            text.push_str(&wrapped(
                "      ",
                "      ",
                &format!("one of: {}", words.join(", ")),
            ));
        }
    }
    if topic.path == "options" {
        text.push('\n');
        text.push_str(&options_text());
    }
    if topic.path == "step.procedure" {
        let names = format!("procedures: {}", procedures::names().join(", "));
        text.push('\n');
        text.push_str(&wrapped("  ", "    ", &names));
    }
    if let Some(engines) = engines(topic) {
        text.push('\n');
        text.push_str(&wrapped("  engines  ", "           ", &engines));
    }
    example(&mut text, &topic.example);
    text
}

fn key_text(topic: &Topic, key: &Key) -> String {
    let mut text = format!("{}\n", format!("{}.{}", topic.path, key.name).bold());
    text.push_str(&wrapped("  ", "  ", &key.about));
    text.push('\n');
    let _ = writeln!(text, "  value    {}", key.kind);
    for (word, means) in &key.words {
        text.push_str(&wrapped(
            &format!("             {word}: "),
            "               ",
            means,
        ));
    }
    let _ = writeln!(
        text,
        "  required {}",
        if key.required { "yes" } else { "no" }
    );
    if let Some(default) = &key.default {
        let _ = writeln!(text, "  default  {default}");
    }
    example(&mut text, &key.example);
    text
}

/// Adds an example. Its lines are not wrapped, so that they can be copied.
fn example(text: &mut String, example: &str) {
    if example.is_empty() {
        return;
    }
    text.push_str("\n  example\n");
    for line in example.lines() {
        let _ = writeln!(text, "    {line}");
    }
}

fn options_text() -> String {
    let mut text =
        String::from("  options of Galera and MariaDB, with their defaults (fast timers)\n");
    for OptionFacts {
        name,
        default,
        fast,
    } in seatrial_sim::setup::options()
    {
        let _ = write!(text, "      {name:<32} {default}");
        if fast != default {
            let _ = write!(text, " ({fast})");
        }
        text.push('\n');
    }
    text
}

/// Returns a text for a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Returns the whole reference.
fn markdown(topics: &[Topic]) -> String {
    let mut text = String::from(
        "# The scenario language\n\n\
         This file is made from the schema and its descriptions: `seatrial explain --markdown`. \
         `seatrial explain step.partition` prints one part of it at the terminal.\n\n\
         A scenario is a TOML file: keys that describe it, then `[[step]]` tables, which are played in their order. \
         A step has exactly one action. A time is a text with its unit: `500ms`, `20s`, `5m`, `2h`. \
         `seatrial new TITLE` writes a file to start from, and `seatrial check FILE` checks one.\n",
    );
    for topic in topics {
        let level = if topic.path.starts_with("step.") {
            "###"
        } else {
            "##"
        };
        let _ = writeln!(text, "\n{level} {}\n\n{}", topic.path, topic.about);
        if let Some(engines) = engines(topic) {
            let _ = writeln!(text, "\nEngines: {engines}.");
        }
        if topic.path.starts_with("step.") && !topic.example.is_empty() {
            let _ = writeln!(text, "\n```toml\n{}\n```", topic.example);
        }
        if topic.keys.is_empty() {
            continue;
        }
        text.push_str("\n| key | value | default | meaning | example |\n|---|---|---|---|---|\n");
        for key in &topic.keys {
            let words: Vec<String> = key
                .words
                .iter()
                .map(|(word, means)| format!("`{word}` {means}"))
                .collect();
            let value = if words.is_empty() {
                key.kind.clone()
            } else {
                words.join("<br>")
            };
            let default = match (&key.default, key.required) {
                (_, true) => "required",
                (Some(default), _) => default,
                (None, false) => "",
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} |",
                key.name,
                cell(&value),
                cell(default),
                cell(&key.about),
                example_cell(&key.example)
            );
        }
        if topic.path == "options" {
            text.push_str(
                "\nThe options of Galera and MariaDB have their real names. Any other option is refused, because it \
                 would have no effect.\n\n| option | default | with `timers = \"fast\"` |\n|---|---|---|\n",
            );
            for facts in seatrial_sim::setup::options() {
                let _ = writeln!(
                    text,
                    "| `{}` | `{}` | `{}` |",
                    facts.name, facts.default, facts.fast
                );
            }
        }
        if topic.path == "step.procedure" {
            let names: Vec<String> = procedures::names()
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let _ = writeln!(
                text,
                "\nThe procedures are {} ([procedures.md](procedures.md)).",
                names.join(", ")
            );
        }
    }
    text
}

/// Returns an example as a cell: its last line is the one that has the key, a table of steps before it is left out.
fn example_cell(example: &str) -> String {
    let lines: Vec<String> = example
        .lines()
        .filter(|line| *line != "[[step]]" && *line != "[options]")
        .map(|line| format!("`{}`", cell(line)))
        .collect();
    lines.join("<br>")
}
