//! `seatrial lab`: break a cluster, bring it back, see what it cost.
//!
//! | module | what is in it |
//! |---|---|
//! | `command`, `words`, `help`, `complete` | the words of the prompt |
//! | `session`, `known`, `bed` | moments, what the trace has shown, what an engine must be able to do |
//! | `views` | what is shown |
//! | `mission`, `progress` | exercises and grades |
//! | `shell`, `prompt`, `script` | a line in, a text out; at a terminal, or from a file |

mod bed;
mod command;
mod complete;
mod help;
mod known;
mod mission;
mod progress;
mod prompt;
mod script;
mod session;
mod shell;
#[cfg(test)]
mod tests;
mod views;
mod words;

use std::fs::File;
use std::io::{BufReader, IsTerminal as _, stdin, stdout};
use std::path::PathBuf;

use seatrial_scenarios::Scenario;

use bed::{Des, Engine, OnReal};
use mission::Mission;
use progress::Progress;
use shell::{Lab, Setting};

use crate::args::{EngineArg, LabArgs};
use crate::output::Out;
use crate::{Stop, engines, exit, real, scenarios, signals};

/// A cluster of three nodes, where no scenario is named.
const PLAIN: &str =
    "id = \"lab\"\ntitle = \"A cluster of three nodes\"\n[[step]]\nwait = { for = \"1s\" }\n";

pub(crate) fn lab(args: &LabArgs, out: &mut Out) -> Result<u8, Stop> {
    engines::available(&[args.on])?;
    let folder = progress::folder();
    if args.reset_progress {
        return reset(folder, out);
    }
    match args.on {
        EngineArg::Des => pollster::block_on(open(Des, args, folder, out)),
        EngineArg::Madsim => Err(Stop::usage(
            "the lab is on des, where there is time travel, or on real: --on des",
        )),
        EngineArg::Real => {
            let options = real::options(&args.real, &[args.on], None)?;
            signals::listen();
            let work = open(OnReal(options), args, folder, out);
            seatrial_real_harness::at_prompt(work).unwrap_or_else(|| {
                Err(Stop {
                    code: exit::STOPPED,
                    text: "stopped by a signal; the containers are removed".to_owned(),
                })
            })
        }
    }
}

fn reset(folder: Option<PathBuf>, out: &mut Out) -> Result<u8, Stop> {
    let folder = folder.ok_or_else(|| Stop::environment("there is no home folder"))?;
    let was = Progress::reset(&folder)
        .map_err(|error| Stop::environment(format!("{}: {error}", folder.display())))?;
    out.line(if was {
        "the progress is forgotten"
    } else {
        "there was no progress to forget"
    });
    Ok(exit::OK)
}

async fn open<E: Engine>(
    engine: E,
    args: &LabArgs,
    folder: Option<PathBuf>,
    out: &mut Out,
) -> Result<u8, Stop> {
    let missions = missions(args)?;
    let wanted = args.scenario.as_deref();
    let mission = wanted.filter(|id| missions.iter().any(|mission| mission.id == **id));
    let scenario = match (wanted, mission) {
        (Some(name), None) => Some(scenarios::one(name)?),
        _ => None,
    };
    let at_terminal = args.script.is_none() && stdin().is_terminal() && stdout().is_terminal();
    let progress = match &folder {
        Some(folder) if at_terminal => Progress::read(folder).map_err(|error| {
            Stop::environment(format!(
                "{error}\n  help: `seatrial lab --reset-progress` begins anew"
            ))
        })?,
        _ => Progress::nowhere(),
    };
    let setting = Setting {
        missions,
        seed: args.seed,
        timers: args.timers.map(Into::into),
    };
    let plain = plain()?;
    let mut lab = Lab::new(
        engine,
        setting,
        scenario.as_ref().unwrap_or(&plain),
        progress,
    )
    .await
    .map_err(Stop::environment)?;
    match mission {
        None => out.print(&lab.welcome(scenario.as_ref())),
        Some(id) => match lab.begin(id).await {
            Ok(text) => out.print(&text),
            Err(trouble) => return Err(Stop::usage(trouble.text)),
        },
    }
    let result = match &args.script {
        Some(path) => {
            let file = File::open(path)
                .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
            scripted(&mut lab, &mut BufReader::new(file), out).await
        }
        None if at_terminal => prompt::talk(&mut lab, folder.as_deref(), out).await,
        None => scripted(&mut lab, &mut stdin().lock(), out).await,
    };
    lab.end().await;
    result
}

fn plain() -> Result<Scenario, Stop> {
    let mut scenario = Scenario::parse("lab", PLAIN).map_err(Stop::usage)?;
    scenario.steps.clear();
    Ok(scenario)
}

fn missions(args: &LabArgs) -> Result<Vec<Mission>, Stop> {
    let mut missions = mission::embedded().map_err(Stop::usage)?;
    if let Some(path) = &args.missions {
        for own in mission::load(path).map_err(Stop::usage)? {
            // A teacher's mission takes the place of one with the same id.
            missions.retain(|known| known.id != own.id);
            missions.push(own);
        }
    }
    Ok(missions)
}

async fn scripted<E: Engine>(
    lab: &mut Lab<E>,
    input: &mut impl std::io::BufRead,
    out: &mut Out,
) -> Result<u8, Stop> {
    let refused = script::play(lab, input, out)
        .await
        .map_err(|error| Stop::usage(format!("the script cannot be read: {error}")))?;
    match refused {
        0 => Ok(exit::OK),
        1 => Err(Stop::usage("1 line of the script could not be done")),
        many => Err(Stop::usage(format!(
            "{many} lines of the script could not be done"
        ))),
    }
}
