//! `seatrial check`: checks scenario files without playing them.

use std::path::PathBuf;

use seatrial_reports::count;

use crate::output::Out;
use crate::{Stop, exit, scenarios};

/// `seatrial check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 every file is a scenario; 2 a file has a mistake. A pre-commit hook can call it \
    (docs/ci.md)."
)]
pub(crate) struct CheckArgs {
    /// Scenario files.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

pub(crate) fn check(args: &CheckArgs, out: &mut Out) -> u8 {
    let mut wrong = 0;
    for file in &args.files {
        let name = file.display().to_string();
        // Only files count here: a mistyped name must not become a built-in scenario.
        let checked = if file.exists() {
            scenarios::of_file(&name).map(|_| ())
        } else {
            Err(Stop::usage(format!("there is no file `{name}`")))
        };
        if let Err(stop) = checked {
            out.error(&stop.text);
            wrong += 1;
        }
    }
    let files = count(args.files.len(), "file", "files");
    if wrong > 0 {
        out.error(&format!(
            "{wrong} of {files} {} mistakes",
            if wrong == 1 { "has" } else { "have" }
        ));
        return exit::USAGE;
    }
    out.line(&format!(
        "{files}: {}",
        if args.files.len() == 1 {
            "a right scenario"
        } else {
            "right scenarios"
        }
    ));
    exit::OK
}
