//! `seatrial conform --logs`: the decisions that real logs show, decided again by the model's own functions.
//!
//! A decision is taken out of the logs with its inputs. The function of the model that the simulated nodes call
//! decides from the same inputs, and both answers are compared. Where the logs do not show the inputs, nothing is
//! compared, and the reason is counted.

mod exchange;
mod life;
mod report;
mod score;
mod transfers;

use std::path::{Path, PathBuf};

use seatrial_answers::Refusal;
use seatrial_evidence::{Digest, Fact, Given, Intake, divide, in_order};

use crate::args::Format;
use crate::commands::advise::open_each;
use crate::output::Out;
use crate::{Stop, exit};

use score::Score;

/// One node's logs, as facts in their order.
pub(super) struct NodeLog<'a> {
    /// Its name.
    pub(super) name: String,
    /// What it says.
    pub(super) facts: Vec<&'a Fact>,
}

pub(super) fn conform(paths: &[PathBuf], format: Format, out: &mut Out) -> Result<u8, Stop> {
    let mut score = Score::default();
    // Each path is one cluster's: views and names of one say nothing about another.
    for path in paths {
        cluster(path, &mut score)?;
    }
    if score.decided() == 0 && score.apart() == 0 {
        return Err(Stop::usage(
            "the logs show no decision of a node\n  help: give the error logs of servers with Galera, as files, as a \
             folder or an archive for each cluster",
        ));
    }
    match format {
        Format::Json => out.line(&report::json(&score)?),
        Format::Text => out.print(&report::text(&score)),
    }
    if score.decided() == 0 {
        return Err(Stop::usage(
            "the logs show no decision with its inputs, so nothing was compared\n  help: give the logs of all nodes, \
             from a start of each of them on",
        ));
    }
    Ok(if score.differing().is_empty() {
        exit::OK
    } else {
        exit::FINDING
    })
}

/// Takes the decisions out of one cluster's logs, and decides them again.
fn cluster(path: &Path, score: &mut Score) -> Result<(), Stop> {
    let mut intake = Intake::new();
    let mut digest = Digest::new();
    let mut facts: Vec<Fact> = Vec::new();
    open_each(path, &mut |name, folders, file| {
        intake
            .read(name, folders, file, &mut |fact| {
                digest.keep(fact.clone());
                facts.push(fact);
            })
            .map_err(|error| Refusal::new(&error, error.remedy()))
    })?;
    let given: Vec<Given<'_>> = intake
        .files()
        .iter()
        .map(|file| Given {
            file,
            node: None,
            argument: 0,
        })
        .collect();
    let nodes: Vec<NodeLog<'_>> = divide(&given, &digest)
        .into_iter()
        .map(|files| {
            let of = |id| facts.iter().filter(|fact| fact.source.file == id).collect();
            let by_file: Vec<Vec<&Fact>> = files.files.iter().map(|id| of(*id)).collect();
            let name = files.own_names.iter().next().cloned();
            NodeLog {
                name: name.unwrap_or(files.name),
                facts: in_order(&by_file),
            }
        })
        .collect();
    let mut exchanges = exchange::Exchanges::default();
    for node in &nodes {
        life::walk(node, &nodes, &mut exchanges, score);
    }
    exchanges.decide(score);
    score.place(|source| {
        let index = usize::try_from(source.file.0).unwrap_or(usize::MAX);
        let file = intake.files().get(index);
        format!(
            "{}:{}",
            file.map_or("?", |file| file.name.as_str()),
            source.line
        )
    });
    Ok(())
}
