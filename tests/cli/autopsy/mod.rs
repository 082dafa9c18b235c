//! `seatrial autopsy`: short logs of our own, and the facts of real incidents.

mod incidents;
mod rules;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::work::Work;

/// Asks for the story of these paths, as JSON.
fn story(paths: &[PathBuf]) -> Value {
    let mut args = vec!["autopsy", "--format", "json"];
    let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    args.extend(&paths);
    let ran = Work::new().run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// All sentences of a story, each with its time in front.
fn sentences(story: &Value) -> Vec<String> {
    let mut all = Vec::new();
    gather(story, &mut all);
    all
}

fn gather(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(says) = fields.get("says").and_then(Value::as_str) {
                let at = fields.get("at").and_then(Value::as_str).unwrap_or("");
                all.push(format!("{at} {says}"));
            }
            fields.values().for_each(|value| gather(value, all));
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, all)),
        _ => {}
    }
}

/// The files of a folder, in the order of their names.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}
