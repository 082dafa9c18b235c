//! Finds and reads scenario files.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme};
use seatrial_reports::{WIDTH, nearest};
use seatrial_scenarios::language::SIZE_MAX;
use seatrial_scenarios::{Scenario, ScenarioError, catalogue};

use crate::args::PackArg;
use crate::{Stop, engines, exit};

/// Returns the catalogue: the documented scenarios and the regressions.
pub(crate) fn all() -> Result<Vec<Scenario>, Stop> {
    read_all(catalogue::all())
}

/// Returns the scenarios of a pack.
pub(crate) fn pack(pack: PackArg) -> Result<Vec<Scenario>, Stop> {
    read_all(match pack {
        PackArg::Beyond => catalogue::beyond(),
        PackArg::Suites => catalogue::suites(),
        PackArg::Wild => catalogue::pack(),
    })
}

/// Returns the states that a procedure is tried on by default: the scenario pack and the documented scenarios.
pub(crate) fn that_break() -> Result<Vec<Scenario>, Stop> {
    let mut all = pack(PackArg::Wild)?;
    let documented = self::all()?;
    all.extend(documented.into_iter().filter(|one| one.source.is_some()));
    Ok(all)
}

/// Returns every built-in scenario: the catalogue, then the packs.
pub(crate) fn every() -> Result<Vec<Scenario>, Stop> {
    read_all(catalogue::every())
}

fn read_all(
    files: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Result<Vec<Scenario>, Stop> {
    files
        .into_iter()
        .map(|(file, text)| embedded(file, text))
        .collect()
}

/// Returns the named scenarios, each once. Without names it returns the pack, or the whole catalogue.
pub(crate) fn chosen(names: &[String], pack: Option<PackArg>) -> Result<Vec<Scenario>, Stop> {
    match pack {
        Some(pack) => self::pack(pack),
        None => named(names),
    }
}

/// Returns the named scenarios, each once, or the whole catalogue if none is named.
pub(crate) fn named(names: &[String]) -> Result<Vec<Scenario>, Stop> {
    if names.is_empty() {
        return all();
    }
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut scenarios = Vec::new();
    for name in names {
        let scenario = one(name)?;
        match places.get(&scenario.id) {
            None => {
                places.insert(scenario.id.clone(), scenario.sha256.clone());
                scenarios.push(scenario);
            }
            Some(sha256) if *sha256 == scenario.sha256 => {}
            Some(_) => {
                return Err(Stop::usage(format!(
                    "two different files have the id `{}`: results name scenarios by their ids",
                    scenario.id
                )));
            }
        }
    }
    Ok(scenarios)
}

/// Returns one scenario by id or path.
pub(crate) fn one(name: &str) -> Result<Scenario, Stop> {
    if let Some((file, text)) = catalogue::find(name) {
        return embedded(file, text);
    }
    if !Path::new(name).exists() {
        return Err(unknown(name));
    }
    of_file(name)
}

/// Returns the scenario of a file that exists.
pub(crate) fn of_file(name: &str) -> Result<Scenario, Stop> {
    let path = Path::new(name);
    if path.is_dir() {
        return Err(Stop::usage(format!(
            "`{name}` is a folder: name the files in it"
        )));
    }
    let text = read(path).map_err(|error| Stop::usage(format!("cannot read `{name}`: {error}")))?;
    parse(name, &text)
}

/// Returns the file's text. It cuts a file that is too large a little beyond the limit; the language
/// then refuses it because of its size.
fn read(path: &Path) -> std::io::Result<String> {
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    let limit = u64::try_from(SIZE_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    if size >= limit || bytes.len() > SIZE_MAX {
        // The message names the size. The content does not matter any more.
        let length = usize::try_from(size.min(64 << 20))
            .unwrap_or(SIZE_MAX)
            .max(bytes.len());
        bytes = vec![b'#'; length];
    }
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8 text"))
}

fn unknown(name: &str) -> Stop {
    let known: Vec<&str> = catalogue::every().map(|(file, _)| stem(file)).collect();
    let near = nearest(stem(name), known);
    let mut text = format!(
        "there is no scenario `{name}`: it is neither the id of a built-in scenario nor a file"
    );
    match near.as_slice() {
        [] => text.push_str("\n  help: `seatrial list` prints the ids"),
        [one] => {
            text.push_str("\n  help: did you mean `");
            text.push_str(one);
            text.push_str("`?");
        }
        several => {
            text.push_str("\n  help: did you mean one of these?");
            for id in several {
                text.push_str("\n    ");
                text.push_str(id);
            }
        }
    }
    Stop::usage(text)
}

/// Returns the id that belongs to a file's name.
pub(crate) fn stem(file: &str) -> &str {
    let base = file.rsplit('/').next().unwrap_or(file);
    base.strip_suffix(".toml").unwrap_or(base)
}

/// Returns the id of a built-in scenario, or the path of a file. A command with the id works in every
/// folder.
fn embedded(file: &str, text: &str) -> Result<Scenario, Stop> {
    let mut scenario = parse(file, text)?;
    stem(file).clone_into(&mut scenario.file);
    Ok(scenario)
}

fn parse(file: &str, text: &str) -> Result<Scenario, Stop> {
    let scenario = Scenario::parse(file, text).map_err(|error| Stop {
        code: exit::USAGE,
        text: rendered(&error),
    })?;
    engines::check(&scenario)?;
    Ok(scenario)
}

/// Returns an error with its place underlined. It is always coloured; the output removes colours where they
/// are not wanted. It is always Unicode, since the library's detection depends on how it was built.
fn rendered(error: &ScenarioError) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode())
        .with_width(WIDTH)
        .with_links(false);
    let mut text = String::new();
    match handler.render_report(&mut text, error) {
        // The library begins each further block with a line of its own, which says nothing.
        Ok(()) => text.replace("\n\nError: \n", "\n"),
        Err(_) => format!("error: {error}"),
    }
}
