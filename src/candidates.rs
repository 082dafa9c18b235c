//! The names that a shell completes: scenarios, procedures, missions, recordings, tags, parts of the language.
//!
//! The shell's script calls the program for each word (`seatrial completions SHELL`), so new names need no new
//! script.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use seatrial_scenarios::recording::Recording;
use seatrial_scenarios::reference::topics;
use seatrial_scenarios::{catalogue, procedures};

/// The variable in which the shell's script names its shell.
pub(crate) const VARIABLE: &str = "SEATRIAL_COMPLETE";

/// Completes the ids of the built-in scenarios, and scenario files.
pub(crate) fn scenarios() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let mut found = beginning(typed, ids());
        found.extend(files("toml", typed));
        found
    })
}

/// Completes what `show` shows: scenarios and procedures.
pub(crate) fn scenarios_and_procedures() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let mut found = beginning(typed, ids());
        found.extend(beginning(typed, named(procedures::names())));
        found.extend(files("toml", typed));
        found
    })
}

/// Completes what `lab` opens: missions, scenarios, and scenario files.
pub(crate) fn scenarios_and_missions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let missions = seatrial_lab::embedded_missions().unwrap_or_default();
        let missions = missions.iter().map(|mission| mission.id().to_owned());
        let mut found = beginning(typed, missions.map(|id| (id, Some("a mission".to_owned()))));
        found.extend(beginning(typed, ids()));
        found.extend(files("toml", typed));
        found
    })
}

/// Completes the names of procedures.
pub(crate) fn procedures() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let names = procedures::names().iter();
        names.map(CompletionCandidate::new).collect()
    })
}

/// Completes the names of recordings, and files in their format.
pub(crate) fn recordings() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let all = Recording::all();
        let names = all.iter().map(|one| (one.name.clone(), None));
        let mut found = beginning(typed, names);
        found.extend(files("json", typed));
        found
    })
}

/// Completes the tags of scenarios.
pub(crate) fn tags() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let all = crate::scenarios::every().unwrap_or_default();
        let tags: BTreeSet<&String> = all.iter().flat_map(|scenario| &scenario.tags).collect();
        tags.into_iter().map(CompletionCandidate::new).collect()
    })
}

/// Completes the parts of the scenario language.
pub(crate) fn language() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let topics = topics();
        let keys = topics.iter().flat_map(|topic| {
            let keys = topic.keys.iter();
            keys.map(|key| format!("{}.{}", topic.path, key.name))
        });
        let paths = topics.iter().map(|topic| topic.path.clone());
        paths.chain(keys).map(CompletionCandidate::new).collect()
    })
}

/// Completes the names of the subcommands that have a manual page.
pub(crate) fn subcommands() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        use clap::CommandFactory as _;

        let program = crate::args::Args::command();
        let shown = program.get_subcommands().filter(|one| !one.is_hide_set());
        shown
            .map(|one| CompletionCandidate::new(one.get_name()))
            .collect()
    })
}

/// A name with a line about it.
type Named = (String, Option<String>);

/// Returns the ids of the built-in scenarios with their titles. The files are not parsed: a shell waits for this.
fn ids() -> impl Iterator<Item = Named> {
    catalogue::every().map(|(file, text)| {
        let title = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim() == "title")
            .map(|(_, title)| title.trim().trim_matches('"').to_owned());
        (crate::scenarios::stem(file).to_owned(), title)
    })
}

fn named(names: &[&'static str]) -> impl Iterator<Item = Named> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), Some("a procedure".to_owned())))
}

/// Returns the names that begin as what was typed.
fn beginning(typed: &OsStr, names: impl Iterator<Item = Named>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names
        .filter(|(name, _)| name.starts_with(&*typed))
        .map(|(name, about)| CompletionCandidate::new(name).help(about.map(Into::into)))
        .collect()
}

/// Returns the folders and the files with this ending that begin as what was typed.
fn files(ending: &'static str, typed: &OsStr) -> Vec<CompletionCandidate> {
    if typed.is_empty() {
        // Names come first: whoever wants a file types its beginning.
        return Vec::new();
    }
    PathCompleter::file()
        .filter(move |path| path.extension().is_some_and(|end| end == ending))
        .complete(typed)
}
