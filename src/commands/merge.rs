//! `seatrial merge`: merges the shards of `explore` into one record, or those of `prove` into one report.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use seatrial_sim::explore::BLOCK;
use seatrial_sim::explore::shard::{self, Shard};
use seatrial_sim::prove::{self, MergeError, ProveReport};

use super::explore::unwritable;
use super::prove::table;
use crate::output::Out;
use crate::{Stop, exit};

/// `seatrial merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// The files of the shards: all of `explore`, or all of `prove`. A folder stands for the shards in it.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The file of the merged record; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn merge(args: &MergeArgs, out: &mut Out) -> Result<u8, Stop> {
    let mut texts = Vec::new();
    let files = files(&args.files)?;
    for file in &files {
        let text = fs::read_to_string(file)
            .map_err(|error| Stop::usage(format!("{}: {error}", file.display())))?;
        texts.push((file.as_path(), text));
    }
    // A shard of explore has its header in one line, a report of prove begins with a lone bracket.
    if texts.iter().all(|(_, text)| text.starts_with("{\n")) {
        return merge_proofs(args, &texts, out);
    }
    let mut shards = Vec::new();
    for (file, text) in &texts {
        let shard = Shard::parse(text)
            .map_err(|error| Stop::usage(format!("{}: {error}", file.display())))?;
        shards.push(shard);
    }
    let cut: BTreeSet<Option<u64>> = shards
        .iter()
        .map(|shard| shard.header.shard.map(|(_, of)| of))
        .collect();
    let merged = shard::merge(shards).map_err(Stop::usage)?;
    let missing = merged.missing();
    match &args.out {
        Some(file) => {
            fs::write(file, merged.render()).map_err(|error| unwritable(file, &error))?;
            let counts: Vec<String> = merged
                .outcomes()
                .iter()
                .map(|(outcome, count)| format!("{count} {}", outcome.name()))
                .collect();
            out.line(&format!("    Outcomes {}", counts.join(", ")));
            out.line(&format!("      Merged {}", file.display()));
        }
        None => out.print(&merged.render()),
    }
    if !missing.is_empty() {
        out.error(&format!(
            "missing: {}{} of {} seeds, such as {}",
            missing_shards(&merged, &missing, &cut),
            missing.len(),
            merged.header.seeds.1 - merged.header.seeds.0,
            missing[0]
        ));
        return Ok(exit::STOPPED);
    }
    Ok(exit::OK)
}

/// Returns the files, and in place of a folder the shards in it. An image without a shell has no `shard-*`.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable =
            |error: std::io::Error| Stop::usage(format!("{}: {error}", path.display()));
        let mut shards = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if is_shard(&file) {
                shards.push(file);
            }
        }
        if shards.is_empty() {
            return Err(Stop::usage(format!(
                "{}: there is no shard-I-of-N.jsonl and no prove-I-of-N.json in it",
                path.display()
            )));
        }
        shards.sort();
        files.extend(shards);
    }
    Ok(files)
}

/// Returns whether the file is named as `explore` and `prove` name their shards.
fn is_shard(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let numbers = name
        .strip_prefix("shard-")
        .and_then(|rest| rest.strip_suffix(".jsonl"))
        .or_else(|| {
            name.strip_prefix("prove-")
                .and_then(|rest| rest.strip_suffix(".json"))
        });
    let numbers = numbers.and_then(|numbers| numbers.split_once("-of-"));
    numbers.is_some_and(|(index, of)| index.parse::<u64>().is_ok() && of.parse::<u64>().is_ok())
}

/// Merges the shards of `prove`. Without all of them nothing is written: a table of some cases would look whole.
fn merge_proofs(args: &MergeArgs, texts: &[(&Path, String)], out: &mut Out) -> Result<u8, Stop> {
    let mut reports = Vec::new();
    for (file, text) in texts {
        let report: ProveReport = serde_json::from_str(text).map_err(|error| {
            Stop::usage(format!("{}: not a shard of prove: {error}", file.display()))
        })?;
        reports.push(report);
    }
    let mut merged = match prove::merge(reports) {
        Ok(merged) => merged,
        Err(error @ MergeError::Missing { .. }) => {
            out.error(&format!("{error}; nothing is written"));
            return Ok(exit::STOPPED);
        }
        Err(error) => return Err(Stop::usage(error)),
    };
    merged.for_ever = table::for_ever(&merged);
    match &args.out {
        Some(file) => {
            fs::write(file, merged.json()).map_err(|error| unwritable(file, &error))?;
            out.print(&table::outcomes(&merged));
            out.line(&format!("      Merged {}", file.display()));
        }
        None => out.print(&merged.json()),
    }
    Ok(exit::OK)
}

/// Returns the shards to which missing seeds belong, if all files are shards of the same division.
fn missing_shards(merged: &Shard, missing: &[u64], cut: &BTreeSet<Option<u64>>) -> String {
    let mut cut = cut.iter();
    let (Some(Some(of)), None) = (cut.next(), cut.next()) else {
        return String::new();
    };
    let shards_of = |seeds: &mut dyn Iterator<Item = u64>| -> BTreeSet<u64> {
        seeds.map(|seed| seed / BLOCK % of).collect()
    };
    let there = shards_of(&mut merged.seeds.keys().copied());
    let shards: Vec<String> = shards_of(&mut missing.iter().copied())
        .into_iter()
        .map(|shard| {
            let partly = if there.contains(&shard) {
                " (in part)"
            } else {
                ""
            };
            format!("{shard}/{of}{partly}")
        })
        .collect();
    format!("shard {}: ", shards.join(", "))
}
