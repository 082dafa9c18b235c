//! `seatrial new`: writes a scenario file to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use crate::output::Out;
use crate::{Stop, exit, scenarios};

/// The longest id of a scenario.
const ID_MAX: usize = 80;

/// `seatrial new`.
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// The title of the scenario, a line for people.
    #[arg(value_name = "TITLE")]
    pub(crate) title: String,
    /// The file; by default the title in small letters with dashes, in this folder. `-` prints it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn new(args: &NewArgs, out: &mut Out) -> Result<u8, Stop> {
    let title = args.title.trim();
    let id = id_of(title);
    if id.is_empty() {
        return Err(Stop::usage(format!(
            "the title `{title}` has no letter of which a name could be made\n  help: such as: seatrial new \
             \"Two nodes crash\""
        )));
    }
    let text = scenario(&id, title);
    if args
        .out
        .as_ref()
        .is_some_and(|file| file.as_os_str() == "-")
    {
        out.print(&text);
        return Ok(exit::OK);
    }
    let file = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{id}.toml")));
    let made = OpenOptions::new().write(true).create_new(true).open(&file);
    let shown = file.display();
    let mut made = made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Stop::usage(format!(
            "{shown} exists: it is not overwritten\n  help: choose another file with --out FILE"
        )),
        _ => Stop::environment(format!("cannot write {shown}: {error}")),
    })?;
    made.write_all(text.as_bytes())
        .map_err(|error| Stop::environment(format!("cannot write {shown}: {error}")))?;
    scenarios::of_file(&shown.to_string())?;
    out.line(&format!(
        "{shown} is written. Play it: seatrial run {shown}"
    ));
    Ok(exit::OK)
}

/// Returns the title as an id: small letters, digits and single dashes.
fn id_of(title: &str) -> String {
    let mut id = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(ID_MAX);
    id.trim_matches('-').to_owned()
}

fn scenario(id: &str, title: &str) -> String {
    let title = title.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        r#"# `seatrial explain` lists what a scenario can have, `seatrial check FILE` checks this file.
id    = "{id}"
title = "{title}"
why   = "What must be true in the end, and who asks for it?"
nodes = ["A", "B", "C"]

# Three synced nodes. A client writes 3 rows, each in a transaction of its own.
[[step]]
write = {{ node = "A", rows = 3 }}

# What breaks.
[[step]]
crash = {{ nodes = ["A", "B"] }}

# What must then be true. A miss says what was seen.
[[step]]
expect = {{ node = "C", cluster_status = "non-Primary", within = "20s" }}

# Then everything is healed, the recovery procedure acts, and all rows must be there.
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_an_id() {
        assert_eq!(
            id_of("Two nodes crash, at once!"),
            "two-nodes-crash-at-once"
        );
        assert_eq!(id_of("  -- "), "");
        assert_eq!(id_of(&"long ".repeat(40)).len(), 79);
    }

    #[test]
    fn what_is_written_is_a_scenario() {
        let text = scenario("x", r#"A "quoted" \ title"#);
        let scenario = seatrial_scenarios::Scenario::parse("x.toml", &text).unwrap();
        assert_eq!(scenario.title, r#"A "quoted" \ title"#);
    }
}
