//! `seatrial lab`: the terminal's face of the lab. The lab itself is the crate `seatrial-lab`.
//!
//! | module | what is in it |
//! |---|---|
//! | `prompt`, `script` | lines from a terminal, and lines from a file or a pipe |
//! | `store`, `missions` | files: the progress, saved sessions, the user's own missions |
//! | `on_real` | real nodes as an engine of the lab |
//! | `serve`, `web_on_real` | the lab's page for a browser of this machine, and what it asks of real nodes |

mod missions;
mod on_real;
mod prompt;
mod script;
mod serve;
mod store;
mod web_on_real;

use std::fs::File;
use std::io::{BufReader, IsTerminal as _, stdin, stdout};
use std::path::PathBuf;

use seatrial_lab::{
    Des, Engine, Lab, Mission, Opening, OpeningError, Progress, Setting, embedded_missions,
};

use seatrial_reports::LabSession;
use seatrial_scenarios::Scenario;

use on_real::OnReal;
use store::Store;

use crate::args::{EngineArg, RealArgs, SEED, TimersArg};
use crate::commands::autopsy;
use crate::output::Out;
use crate::{Stop, engines, exit, lab_page, real, scenarios, signals};

/// `seatrial lab`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a terminal, the lab reads its lines from standard input, as with --script. Exit \
    codes: 0 done; 2 usage, or a line of a script failed; 3 the environment."
)]
pub(crate) struct LabArgs {
    /// The id of a scenario, a scenario file, or the id of a mission; 3 synced nodes by default.
    #[arg(add = crate::candidates::scenarios_and_missions())]
    pub(crate) scenario: Option<String>,
    /// Begin at the end of an incident, made again from these logs (see `seatrial autopsy`).
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "scenario")]
    pub(crate) from: Vec<PathBuf>,
    /// The engine: des, or real (without time travel).
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// The timeouts; they override those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// Read the lines from this file and print the transcript.
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Your own missions: a file, or a folder of files.
    #[arg(long, value_name = "PATH")]
    pub(crate) missions: Option<PathBuf>,
    /// Open the lab in a browser: serve its page to this machine alone, until Ctrl-C. With --on real the page drives
    /// real nodes, without time travel.
    #[arg(long, conflicts_with_all = ["script", "missions", "timers"])]
    pub(crate) web: bool,
    /// The page (see docs/web.md); by default the one of the package.
    #[arg(long, value_name = "FILE", requires = "web")]
    pub(crate) page: Option<PathBuf>,
    /// Forget the grades of all missions, and exit.
    #[arg(long)]
    pub(crate) reset_progress: bool,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

pub(crate) fn lab(args: &LabArgs, out: &mut Out) -> Result<u8, Stop> {
    engines::available(&[args.on])?;
    let folder = store::folder();
    if args.reset_progress {
        return reset(folder, out);
    }
    match args.on {
        EngineArg::Des if args.web => web(args, out),
        EngineArg::Des => pollster::block_on(open(Des, args, folder, out)),
        EngineArg::Madsim => Err(Stop::usage(
            "the lab runs on des, which has time travel, or on real: use --on des",
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

/// Serves the page with its simulator. It opens on what the arguments name.
fn web(args: &LabArgs, out: &mut Out) -> Result<u8, Stop> {
    let page = lab_page::read(args.page.as_deref())?;
    let (opening, lines) = if args.from.is_empty() {
        match args.scenario.as_deref() {
            None => (String::new(), Vec::new()),
            Some(name) if missions(args)?.iter().any(|one| one.id() == name) => {
                (name.to_owned(), Vec::new())
            }
            Some(name) => (scenarios::one(name)?.to_toml(), Vec::new()),
        }
    } else {
        let told = autopsy::tell(&args.from, &[])?;
        let made = autopsy::reconstruction(&told.story)?;
        (made.toml, vec!["next all".to_owned()])
    };
    let session = LabSession {
        opening,
        seed: args.seed,
        lines,
    };
    serve::serve(&page, &session, out)
}

fn reset(folder: Option<PathBuf>, out: &mut Out) -> Result<u8, Stop> {
    let folder = folder.ok_or_else(|| Stop::environment("no home folder is known: set HOME"))?;
    let was = Store::reset(&folder)
        .map_err(|error| Stop::environment(format!("{}: {error}", folder.display())))?;
    out.line(if was {
        "the progress was forgotten"
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
    let opening = opening(args, &missions)?;
    let page = args.web.then(|| lab_page::read(args.page.as_deref()));
    let page = page.transpose()?;
    let at_terminal =
        page.is_none() && args.script.is_none() && stdin().is_terminal() && stdout().is_terminal();
    let (store, progress) = match &folder {
        Some(folder) if at_terminal => Store::open(folder).map_err(|error| {
            Stop::environment(format!(
                "{error}\n  help: `seatrial lab --reset-progress` starts from nothing"
            ))
        })?,
        _ => (Store::nowhere(), Progress::default()),
    };
    let setting = Setting {
        missions,
        seed: args.seed,
        timers: args.timers.map(Into::into),
        keep_events: page.is_some(),
    };
    let (mut lab, text) = Lab::open(engine, setting, &opening, progress)
        .await
        .map_err(|error| match error {
            OpeningError::Cluster(text) => Stop::environment(text),
            OpeningError::Mission(text) => Stop::usage(text),
        })?;
    out.print(&text);
    if !args.from.is_empty() {
        // The session begins where the incident ended.
        scripted(
            &mut lab,
            &Store::nowhere(),
            &mut "next all\n".as_bytes(),
            out,
        )
        .await?;
    }
    if let Some(page) = page {
        let result = web_on_real::talk(&mut lab, &page, &text, out).await;
        lab.end().await;
        return result;
    }
    let result = match &args.script {
        Some(path) => {
            let file = File::open(path)
                .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
            scripted(&mut lab, &store, &mut BufReader::new(file), out).await
        }
        None if at_terminal => prompt::talk(&mut lab, &store, folder.as_deref(), out).await,
        None => scripted(&mut lab, &store, &mut stdin().lock(), out).await,
    };
    lab.end().await;
    result
}

/// Returns how the session begins: with a mission, a scenario, or a plain cluster.
fn opening(args: &LabArgs, missions: &[Mission]) -> Result<Opening, Stop> {
    if !args.from.is_empty() {
        let told = autopsy::tell(&args.from, &[])?;
        let made = autopsy::reconstruction(&told.story)?;
        let scenario = Scenario::parse("the incident", &made.toml)
            .map_err(|error| Stop::bug("the reconstruction", &error.to_string()))?;
        return Ok(Opening::Scenario(Box::new(scenario)));
    }
    let Some(name) = args.scenario.as_deref() else {
        return Ok(Opening::Plain);
    };
    if missions.iter().any(|mission| mission.id() == name) {
        return Ok(Opening::Mission(name.to_owned()));
    }
    let scenario = scenarios::one(name)?;
    Ok(Opening::Scenario(Box::new(scenario)))
}

fn missions(args: &LabArgs) -> Result<Vec<Mission>, Stop> {
    let mut missions = embedded_missions().map_err(Stop::usage)?;
    if let Some(path) = &args.missions {
        for own in missions::load(path).map_err(Stop::usage)? {
            // A teacher's mission replaces a built-in one with the same id.
            missions.retain(|known| known.id() != own.id());
            missions.push(own);
        }
    }
    Ok(missions)
}

async fn scripted<E: Engine>(
    lab: &mut Lab<E>,
    store: &Store,
    input: &mut impl std::io::BufRead,
    out: &mut Out,
) -> Result<u8, Stop> {
    let refused = script::play(lab, store, input, out)
        .await
        .map_err(|error| Stop::usage(format!("the script cannot be read: {error}")))?;
    match refused {
        0 => Ok(exit::OK),
        1 => Err(Stop::usage("1 line of the script failed")),
        many => Err(Stop::usage(format!("{many} lines of the script failed"))),
    }
}
