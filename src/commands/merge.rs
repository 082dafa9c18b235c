//! `seatrial merge`: merges the shards of a campaign into one record.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use seatrial_sim::explore::BLOCK;
use seatrial_sim::explore::shard::{self, Shard};

use super::explore::unwritable;
use crate::output::Out;
use crate::{Stop, exit};

/// `seatrial merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// The files of the shards.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The file of the merged record; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn merge(args: &MergeArgs, out: &mut Out) -> Result<u8, Stop> {
    let mut shards = Vec::new();
    for file in &args.files {
        let text = fs::read_to_string(file)
            .map_err(|error| Stop::usage(format!("{}: {error}", file.display())))?;
        let shard = Shard::parse(&text)
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
