//! `seatrial man`: prints the manual pages, or writes them into a folder.

mod facts;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};

use crate::args::Args;
use crate::output::Out;
use crate::{Stop, exit};
use facts::{Facts, facts};

/// `seatrial man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The subcommand; the program's own page by default.
    #[arg(conflicts_with = "out", add = crate::candidates::subcommands())]
    pub(crate) command: Option<String>,
    /// Write all pages into this folder: seatrial.1 and a page for each subcommand.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn man(args: &ManArgs, out: &mut Out) -> Result<u8, Stop> {
    let mut program = Args::command();
    program.build();
    if let Some(folder) = &args.out {
        return write(&program, folder, out);
    }
    let text = match &args.command {
        None => page(&program, &program)?,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => page(&program, command)?,
            None => return Err(Stop::usage(format!("there is no subcommand `{name}`"))),
        },
    };
    out.print(&text);
    Ok(exit::OK)
}

fn write(program: &Command, folder: &Path, out: &mut Out) -> Result<u8, Stop> {
    let unwritable =
        |error: std::io::Error| Stop::environment(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut pages = 0;
    for command in std::iter::once(program).chain(shown(program)) {
        let file = folder.join(format!("{}.1", title(program, command)));
        fs::write(file, page(program, command)?).map_err(unwritable)?;
        pages += 1;
    }
    out.line(&format!("{pages} pages in {}", folder.display()));
    Ok(exit::OK)
}

/// Returns the subcommands that have a page.
fn shown(program: &Command) -> impl Iterator<Item = &Command> {
    let all = program.get_subcommands();
    all.filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

/// Returns a page's name: `seatrial`, or `seatrial-run`.
fn title(program: &Command, command: &Command) -> String {
    if command.get_name() == program.get_name() {
        program.get_name().to_owned()
    } else {
        format!("{}-{}", program.get_name(), command.get_name())
    }
}

/// Returns a page: what clap knows, then examples, environment, files, exit codes and the other pages.
fn page(program: &Command, command: &Command) -> Result<String, Stop> {
    let facts = facts(command.get_name());
    let is_program = command.get_name() == program.get_name();
    // The exit codes have a section of their own here, beside the other words that follow the options.
    let after = command.get_after_help().map(ToString::to_string);
    let remark = after.map(|text| text.split("Exit codes:").next().unwrap_or("").to_owned());
    let named = command
        .clone()
        .display_name(title(program, command))
        .after_help(None::<&str>);
    let man = clap_mangen::Man::new(named)
        .manual("Seatrial")
        .source(format!("seatrial {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)
        .and_then(|()| man.render_name_section(&mut text))
        .and_then(|()| man.render_synopsis_section(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text))
        .map_err(|error| Stop::environment(format!("the manual page: {error}")))?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if let Some(remark) = remark.filter(|remark| !remark.trim().is_empty()) {
        section(&mut text, "NOTES");
        let _ = writeln!(text, "{}", escaped(remark.trim()));
    }
    if is_program {
        section(&mut text, "SUBCOMMANDS");
        for one in shown(program) {
            let about = one.get_about().map(ToString::to_string);
            let name = format!("seatrial-{}(1)", one.get_name());
            entry(&mut text, &name, &about.unwrap_or_default());
        }
    }
    let Facts {
        examples,
        environment,
        files,
        exit_codes,
    } = facts;
    section(&mut text, "EXAMPLES");
    for (about, line) in examples {
        let _ = writeln!(
            text,
            ".PP\n{}:\n.PP\n.nf\n.RS\n{}\n.RE\n.fi",
            escaped(about),
            escaped(line)
        );
    }
    for (name, entries) in [
        ("ENVIRONMENT", environment),
        ("FILES", files),
        ("EXIT STATUS", exit_codes.to_vec()),
    ] {
        section(&mut text, name);
        for (what, about) in entries {
            entry(&mut text, what, about);
        }
    }
    section(&mut text, "SEE ALSO");
    let others: Vec<String> = std::iter::once(program)
        .chain(shown(program))
        .filter(|other| is_program || other.get_name() == program.get_name())
        .filter(|other| other.get_name() != command.get_name())
        .map(|other| format!("\\fB{}\\fR(1)", escaped(&title(program, other))))
        .collect();
    let _ = writeln!(text, "{}", others.join(", "));
    Ok(text)
}

fn section(text: &mut String, name: &str) {
    let _ = writeln!(text, ".SH \"{name}\"");
}

/// Adds a word with its explanation.
fn entry(text: &mut String, what: &str, about: &str) {
    let _ = writeln!(text, ".TP\n\\fB{}\\fR\n{}", escaped(what), escaped(about));
}

/// Escapes a text for troff: hyphens are minus signs, and no line is a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.starts_with(['.', '\'']) {
                format!("\\&{line}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    /// Every example is a right command line, and every page has one.
    #[test]
    fn the_examples_are_right_command_lines() {
        let mut program = Args::command();
        program.build();
        for command in std::iter::once(&program).chain(shown(&program)) {
            let facts = facts(command.get_name());
            assert!(!facts.examples.is_empty(), "{}", command.get_name());
            for (_, line) in facts.examples {
                let words = line.split('|').next().unwrap().split_whitespace();
                let words = words.map(|word| word.trim_matches(['"', '\'']));
                // The index of a shard comes from the environment, which a test does not change.
                let words = words.map(|word| if word == "/64" { "0/64" } else { word });
                let words: Vec<&str> = words.take_while(|word| *word != ">").collect();
                let of_here = line.contains(&format!("seatrial {}", command.get_name()));
                assert!(of_here || command.get_name() == "seatrial", "{line}");
                let parsed = Args::try_parse_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
            assert!(facts.exit_codes.iter().any(|(code, _)| *code == "0"));
        }
    }

    #[test]
    fn no_line_of_a_text_is_a_request() {
        assert_eq!(escaped(".a-b\n'c\\d"), "\\&.a\\-b\n\\&'c\\ed");
    }
}
