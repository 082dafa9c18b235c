//! Reads what the user names: files, folders, archives; and divides it among nodes.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use seatrial_answers::{Gathered, Reading, Refusal, WANTED};
use seatrial_evidence::Fact;

use crate::Stop;

/// The word for a node that exists and cannot be reached.
const UNREACHABLE: &str = "unreachable";

/// How many files of a folder are read.
const FILES_MAX: usize = 20_000;

/// How deep folders may lie in a folder.
const DEPTH_MAX: usize = 16;

/// One argument, taken apart.
struct Argument {
    node: Option<String>,
    path: PathBuf,
}

/// Reads the arguments and divides what is in them among nodes. Every fact goes to `every` as it is read.
pub(in crate::commands) fn gather(
    paths: &[PathBuf],
    nodes: &[String],
    every: &mut dyn FnMut(&Fact),
) -> Result<Gathered, Stop> {
    let (arguments, away) = arguments(paths, nodes)?;
    let mut reading = Reading::default();
    for argument in &arguments {
        open_each(&argument.path, &mut |name, folders, file| {
            reading.read(name, folders, file, every)
        })?;
        reading
            .end_argument(
                &argument.path.display().to_string(),
                argument.node.as_deref(),
            )
            .map_err(|refused| Stop::usage(&refused))?;
    }
    reading.end(away).map_err(|refused| Stop::usage(&refused))
}

fn refusal(what: impl std::fmt::Display, remedy: &str) -> Stop {
    Stop::usage(Refusal::new(what, remedy))
}

fn arguments(paths: &[PathBuf], nodes: &[String]) -> Result<(Vec<Argument>, Vec<String>), Stop> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut away: Vec<String> = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for node in nodes {
        let (name, files) = node.split_once('=').ok_or_else(|| {
            refusal(
                format!("--node {node}: there is no `=` in it"),
                "write --node NAME=FILE,FILE…, such as A=grastate.dat,recovered.txt",
            )
        })?;
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(refusal(
                format!("--node {node}: a node needs a name"),
                "write --node NAME=FILE,FILE…",
            ));
        }
        if !names.insert(name.clone()) {
            return Err(refusal(
                format!("--node {name} is there twice"),
                "name all files of a node in one --node, with commas between them",
            ));
        }
        if files == UNREACHABLE {
            away.push(name);
            continue;
        }
        for file in files.split(',') {
            arguments.push(Argument {
                node: Some(name.clone()),
                path: PathBuf::from(file),
            });
        }
    }
    arguments.extend(paths.iter().map(|path| Argument {
        node: None,
        path: path.clone(),
    }));
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    for argument in &arguments {
        if !seen.insert(&argument.path) {
            return Err(refusal(
                format!("{} is given twice", argument.path.display()),
                "name each file once",
            ));
        }
    }
    if arguments.is_empty() {
        return Err(refusal("there is nothing to read", WANTED));
    }
    Ok((arguments, away))
}

/// Takes a file by its name, the folders that it lies in, and its bytes.
type Take<'a> = dyn FnMut(&str, &[String], File) -> Result<(), Refusal> + 'a;

/// Opens a file, or each file of a folder, and hands it to `take`.
pub(crate) fn open_each(path: &Path, take: &mut Take<'_>) -> Result<(), Stop> {
    let data = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    // The folder's own name may be the node's.
    let own = path
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    if data.is_dir() {
        let folders: Vec<String> = own.into_iter().collect();
        let mut files = Vec::new();
        walk(path, &folders, 0, &mut files)?;
        for (file, folders) in files {
            open(&file, &folders, take)?;
        }
        return Ok(());
    }
    if !data.is_file() && !data.file_type().is_fifo() {
        return Err(refusal(
            format!("{} is neither a file nor a folder", path.display()),
            WANTED,
        ));
    }
    open(path, &[], take)
}

/// Lists the files of a folder, in the order of their names.
fn walk(
    folder: &Path,
    folders: &[String],
    depth: usize,
    files: &mut Vec<(PathBuf, Vec<String>)>,
) -> Result<(), Stop> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| cannot_read(folder, &error))?;
        // Links are not followed: a folder may link to itself, or to all of the machine.
        let kind = entry
            .file_type()
            .map_err(|error| cannot_read(&entry.path(), &error))?;
        paths.push((entry.path(), kind));
    }
    paths.sort_by(|one, other| one.0.cmp(&other.0));
    for (path, kind) in paths {
        if kind.is_dir() {
            let mut inside = folders.to_vec();
            let name = path.file_name().unwrap_or_default();
            inside.push(name.to_string_lossy().into_owned());
            walk(&path, &inside, depth + 1, files)?;
        } else if kind.is_file() {
            if files.len() == FILES_MAX {
                return Err(refusal(
                    format!("{} holds more than {FILES_MAX} files", folder.display()),
                    "give the logs and state files alone, and not a whole data folder",
                ));
            }
            files.push((path, folders.to_vec()));
        }
    }
    Ok(())
}

fn open(path: &Path, folders: &[String], take: &mut Take<'_>) -> Result<(), Stop> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let name = path.display().to_string();
    take(&name, folders, file).map_err(|refused| Stop::usage(&refused))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Stop {
    refusal(
        format!("cannot read {}: {error}", path.display()),
        "check that it is there, and that you may read it",
    )
}
