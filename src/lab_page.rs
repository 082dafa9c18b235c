//! The lab's page: where it lies, and what to do if it is not there.
//!
//! The page is a file of its own, made by `web/build`, and no part of this program: a program with a page in it would
//! depend on whether the page was made before.

use std::path::{Path, PathBuf};

use crate::Stop;

/// The page's name, in packages and beside reports.
pub(crate) const NAME: &str = "seatrial.html";

/// The largest page that is read, in bytes.
const SIZE_MAX: u64 = 16 * 1024 * 1024;

/// Reads the page: the file that the user names, or the first one of the usual places.
///
/// # Errors
/// When there is no page, with the command that makes it.
pub(crate) fn read(named: Option<&Path>) -> Result<String, Stop> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => places()
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(missing)?,
    };
    let failed = |error: std::io::Error| Stop::usage(format!("{}: {error}", path.display()));
    let size = std::fs::metadata(&path).map_err(failed)?.len();
    let text = if size > SIZE_MAX {
        String::new()
    } else {
        std::fs::read_to_string(&path).map_err(failed)?
    };
    if !text.contains("<title>Seatrial: the lab</title>") {
        return Err(Stop::usage(format!(
            "{} is not the lab's page\n  help: `web/build` makes the page from the sources",
            path.display()
        )));
    }
    Ok(text)
}

fn missing() -> Stop {
    Stop::environment(
        "the lab's page is not here\n  help: `web/build` makes it from the sources, as target/seatrial.html; \
         name another place with --page FILE",
    )
}

/// The folders of packages, for a program that cannot learn where it lies: that needs `/proc`.
const SHARED: [&str; 2] = ["/usr/local/share/seatrial", "/usr/share/seatrial"];

/// The usual places, the nearest one first: beside the program, in a package, in a build of the sources.
fn places() -> Vec<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let folders = program.ancestors().skip(1).take(2);
    let near = folders.flat_map(|folder| [folder.to_owned(), folder.join("share/seatrial")]);
    let mut places: Vec<PathBuf> = near
        .chain(SHARED.map(PathBuf::from))
        .map(|folder| folder.join(NAME))
        .collect();
    places.dedup();
    places
}
