//! Reads what the user names: files, folders, archives; and divides it among nodes.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use seatrial_evidence::{
    Certainty, Digest, Event, Fact, Given, Intake, Known, Repeats, Source, Writer, divide,
};

use crate::Stop;

/// The word for a node that exists and cannot be reached.
const UNREACHABLE: &str = "unreachable";

/// How many files of a folder are read.
const FILES_MAX: usize = 20_000;

/// How deep folders may lie in a folder.
const DEPTH_MAX: usize = 16;

/// What the evidence should be, for an error's remedy.
const WANTED: &str = "give error logs, grastate.dat, gvwstate.dat, the output of a recovery run \
                      (galera_recovery, mysqld_safe --wsrep-recover), SHOW STATUS LIKE 'wsrep%', \
                      systemctl status mariadb, my.cnf; or a folder or an archive of these \
                      (`seatrial advise --collector` prints a script that makes one)";

/// Everything that was read.
pub(in crate::commands) struct Gathered {
    pub(in crate::commands) nodes: Vec<Known>,
    pub(in crate::commands) away: Vec<String>,
    intake: Intake,
}

impl Gathered {
    /// A place in the evidence, as `file:line`.
    pub(in crate::commands) fn place(&self, source: Source) -> String {
        let index = usize::try_from(source.file.0).unwrap_or(usize::MAX);
        let name = self
            .intake
            .files()
            .get(index)
            .map_or("?", |file| file.name.as_str());
        format!("{name}:{}", source.line)
    }

    /// The end of each log: its last line with a time.
    pub(in crate::commands) fn log_ends(&self) -> Vec<Fact> {
        let files = self.intake.files().iter();
        let logs = files.filter(|file| file.summary.log_lines > 0);
        logs.filter_map(|file| {
            Some(Fact {
                source: Source {
                    file: file.id,
                    line: file.summary.last_line,
                },
                at: Some(file.summary.last_at?),
                certainty: Certainty::Stated,
                writer: Writer::Server,
                event: Event::LogEnds,
                repeats: Repeats::default(),
            })
        })
        .collect()
    }

    /// The files that were read: name, lines, facts.
    pub(in crate::commands) fn files(&self) -> impl Iterator<Item = (String, u64, u64)> + '_ {
        self.intake.files().iter().map(|file| {
            let name = match &file.part {
                Some(part) => format!("{}, lines of {part}", file.name),
                None => file.name.clone(),
            };
            (name, file.summary.lines, file.summary.facts)
        })
    }
}

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
    let mut intake = Intake::new();
    let mut digest = Digest::new();
    // For each file: the node that it was given for, and the argument that it came with.
    let mut origins: Vec<(Option<String>, usize)> = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        let before = intake.files().len();
        open_each(&argument.path, &mut intake, &mut |fact| {
            every(&fact);
            digest.keep(fact);
        })?;
        let files = &intake.files()[before..];
        if files.iter().all(|file| is_silent(file.id, &digest)) {
            return Err(nothing(&argument.path, files));
        }
        origins.resize(intake.files().len(), (argument.node.clone(), index));
    }
    let given: Vec<Given<'_>> = intake
        .files()
        .iter()
        .zip(&origins)
        .map(|(file, (node, argument))| Given {
            file,
            node: node.clone(),
            argument: *argument,
        })
        .collect();
    let nodes: Vec<Known> = divide(&given, &digest)
        .into_iter()
        .map(|files| Known::of(files, &digest))
        .collect();
    let gathered = Gathered {
        nodes,
        away,
        intake,
    };
    gathered.refuse_mixtures(&origins)?;
    gathered.refuse_rivals()?;
    Ok(gathered)
}

impl Gathered {
    /// One file with the lines of more containers than are told apart, or of several that are called one node.
    fn refuse_mixtures(&self, origins: &[(Option<String>, usize)]) -> Result<(), Stop> {
        for (file, (node, _)) in self.intake.files().iter().zip(origins) {
            let hosts: Vec<&str> = file.summary.hosts.iter().map(String::as_str).collect();
            if let [one, other, ..] = hosts.as_slice() {
                return Err(refusal(
                    format!("{} holds lines of too many nodes", file.name),
                    &format!(
                        "give one file for each, such as `docker compose logs {one} >{one}.log` and \
                         `docker compose logs {other} >{other}.log`"
                    ),
                ));
            }
            if let (Some(node), Some(part)) = (node, &file.part) {
                return Err(refusal(
                    format!(
                        "--node {node}: {} holds lines of several nodes, of {part} and others",
                        file.name
                    ),
                    "give the file without --node: its prefixes name the nodes",
                ));
            }
        }
        Ok(())
    }

    /// Two state files of one node that differ: nobody can say which is the present one.
    fn refuse_rivals(&self) -> Result<(), Stop> {
        for node in &self.nodes {
            let name = &node.files.name;
            let states = node
                .other_state_files
                .first()
                .zip(node.state_file.as_ref())
                .map(|((_, other), (_, one))| ("grastate.dat", *one, *other));
            let views = node
                .other_view_files
                .first()
                .zip(node.view_file.as_ref())
                .map(|((_, other), (_, one))| ("gvwstate.dat", *one, *other));
            if let Some((what, one, other)) = states.or(views) {
                return Err(refusal(
                    format!(
                        "two files claim to be the {what} of {name}, and they differ: {} and {}",
                        self.place(one),
                        self.place(other)
                    ),
                    "give only the one that is on the node now; if they are of two nodes, put the \
                     files of each node into a folder of its own, or name them: --node A=FILE,…",
                ));
            }
        }
        Ok(())
    }
}

fn refusal(what: impl std::fmt::Display, remedy: &str) -> Stop {
    Stop::usage(format!("{what}\n  help: {remedy}"))
}

/// Whether a file says nothing at all.
fn is_silent(file: seatrial_evidence::FileId, digest: &Digest) -> bool {
    digest.of_file(file).is_empty()
}

fn nothing(path: &Path, files: &[seatrial_evidence::InputFile]) -> Stop {
    let shown = path.display();
    let what = match files {
        [] => format!("{shown} holds no file"),
        [file] if file.summary.bytes == 0 && !file.is_binary => format!("{shown} is empty"),
        [file] if file.summary.zeros == file.summary.bytes && !file.is_binary => {
            format!("{shown} holds nothing but zeros")
        }
        [file] if file.is_binary => format!("{shown} is no text"),
        [_] => format!("nothing in {shown} is evidence that can be read"),
        files => format!(
            "nothing in the {} files of {shown} is evidence that can be read",
            files.len()
        ),
    };
    refusal(what, WANTED)
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

/// Reads a file, a folder or an archive; every fact goes to the sink.
pub(crate) fn open_each(
    path: &Path,
    intake: &mut Intake,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), Stop> {
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
            open(&file, &folders, intake, sink)?;
        }
        return Ok(());
    }
    if !data.is_file() && !data.file_type().is_fifo() {
        return Err(refusal(
            format!("{} is neither a file nor a folder", path.display()),
            WANTED,
        ));
    }
    open(path, &[], intake, sink)
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

fn open(
    path: &Path,
    folders: &[String],
    intake: &mut Intake,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), Stop> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let name = path.display().to_string();
    intake
        .read(&name, folders, file, sink)
        .map_err(|error| refusal(&error, error.remedy()))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Stop {
    refusal(
        format!("cannot read {}: {error}", path.display()),
        "check that it is there, and that you may read it",
    )
}
