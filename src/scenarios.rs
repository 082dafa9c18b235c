//! Finding and reading scenario files.

use std::path::Path;

use seatrial_scenarios::{Scenario, catalogue};

use crate::output::Out;

/// The whole catalogue.
pub(crate) fn all(out: &mut Out) -> Option<Vec<Scenario>> {
    catalogue::all().into_iter().map(|(file, text)| parse(file, text, out)).collect()
}

/// The named scenarios, or the whole catalogue where none is named. Errors are told here.
pub(crate) fn named(names: &[String], out: &mut Out) -> Option<Vec<Scenario>> {
    if names.is_empty() {
        return all(out);
    }
    names.iter().map(|name| one(name, out)).collect()
}

/// One scenario by id or path.
pub(crate) fn one(name: &str, out: &mut Out) -> Option<Scenario> {
    if let Some((file, text)) = catalogue::find(name) {
        return parse(file, text, out);
    }
    let path = Path::new(name);
    if !path.exists() {
        let known: Vec<&str> = catalogue::all().into_iter().map(|(file, _)| stem(file)).collect();
        let near = known
            .iter()
            .min_by_key(|id| distance(id, name))
            .filter(|id| distance(id, name) <= name.len() / 2 + 1);
        let hint = near.map_or_else(
            || "`seatrial list` prints them".to_owned(),
            |id| format!("did you mean `{id}`?"),
        );
        out.error(&format!("error: no scenario `{name}` in the catalogue, and no such file; {hint}"));
        return None;
    }
    let size = std::fs::metadata(path).map(|file| file.len()).unwrap_or(0);
    let text = if size > 64 << 20 {
        // Nobody's scenario: the parser refuses it by its size, so its content does not matter.
        Ok(" ".repeat(2 << 20))
    } else {
        std::fs::read_to_string(path)
    };
    match text {
        Ok(text) => parse(name, &text, out),
        Err(error) => {
            out.error(&format!("error: cannot read {name}: {error}"));
            None
        }
    }
}

fn stem(file: &str) -> &str {
    let base = file.rsplit('/').next().unwrap_or(file);
    base.strip_suffix(".toml").unwrap_or(base)
}

fn parse(file: &str, text: &str, out: &mut Out) -> Option<Scenario> {
    match Scenario::parse(file, text) {
        Ok(scenario) => Some(scenario),
        Err(error) => {
            out.error(&format!("{:?}", miette::Report::new(*error)));
            None
        }
    }
}

/// How many letters must change to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
