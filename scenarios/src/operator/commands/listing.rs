//! `ls`: the files that the host has.

use std::fmt::Write as _;

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};
use seatrial_port::paths::{BACKEND_LOG, GRASTATE, GVWSTATE, MARIADB_LOG};

use super::output::{failed, printed};

/// The files that a host of this kind may have.
const FILES: [&str; 4] = [GRASTATE, GVWSTATE, MARIADB_LOG, BACKEND_LOG];

/// `ls` on files and folders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Listing {
    paths: Vec<String>,
}

impl Listing {
    /// Reads the words after `ls`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let mut paths = Vec::new();
        for word in words {
            match word.as_str() {
                "-1" | "-a" | "-A" => {}
                odd if odd.len() > 1 && odd.starts_with('-') => {
                    return Err(failed(
                        2,
                        format!(
                            "this console does not know ls {odd}: its files have no dates and owners"
                        ),
                    ));
                }
                _ => paths.push(word.clone()),
            }
        }
        if paths.is_empty() {
            return Err(failed(
                2,
                "this console has no working folder: name one, such as ls /var/lib/mysql",
            ));
        }
        Ok(Self { paths })
    }

    /// Lists the files. Of a folder those are listed that this host can have.
    pub(super) fn step(&self, host: &mut dyn Host) -> Step {
        let mut shown = printed("");
        for path in &self.paths {
            let folder = format!("{}/", path.trim_end_matches('/'));
            let inside: Vec<&str> = FILES
                .into_iter()
                .filter_map(|file| file.strip_prefix(folder.as_str()))
                .filter(|name| !name.contains('/'))
                .collect();
            if host.read_file(path).is_some() {
                shown.stdout.push_str(path);
                shown.stdout.push('\n');
            } else if inside.is_empty() {
                let _ = writeln!(
                    shown.stderr,
                    "ls: cannot access '{path}': No such file or directory"
                );
                shown.exit = 2;
            } else {
                for name in inside {
                    if host.read_file(&format!("{folder}{name}")).is_some() {
                        shown.stdout.push_str(name);
                        shown.stdout.push('\n');
                    }
                }
                shown
                    .stderr
                    .push_str("this console shows only state files and logs\n");
            }
        }
        Step::Done(shown)
    }
}
