//! Takes the bytes of files, and divides what is in them among nodes.

use std::fmt;
use std::io::Read;

use seatrial_evidence::{
    Certainty, Digest, Event, Fact, FileId, Given, InputFile, Intake, Known, Repeats, Source,
    Writer, divide,
};

/// What the evidence should be, for an error's remedy.
pub const WANTED: &str = "give error logs, grastate.dat, gvwstate.dat, the output of a recovery run \
                      (galera_recovery, mysqld_safe --wsrep-recover), SHOW STATUS LIKE 'wsrep%', \
                      systemctl status mariadb, my.cnf; or a folder or an archive of these \
                      (`seatrial advise --collector` prints a script that makes one)";

/// Why the evidence was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub what: String,
    /// The remedy.
    pub help: String,
}

impl Refusal {
    /// Makes a refusal.
    pub fn new(what: impl fmt::Display, help: &str) -> Self {
        Self {
            what: what.to_string(),
            help: help.to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n  help: {}", self.what, self.help)
    }
}

/// Evidence that is being read, argument by argument.
#[derive(Default)]
pub struct Reading {
    intake: Intake,
    digest: Digest,
    /// For each file: the node that it was given for, and the argument that it came with.
    origins: Vec<(Option<String>, usize)>,
    arguments: usize,
    /// The number of files before the present argument.
    before: usize,
}

impl Reading {
    /// Reads a file of the present argument. `name` is for people; `folders` say where it lies. Every fact goes to
    /// `every` as it is read.
    ///
    /// # Errors
    /// When the bytes cannot be read, or are packed in a way that is not read.
    pub fn read(
        &mut self,
        name: &str,
        folders: &[String],
        input: impl Read,
        every: &mut dyn FnMut(&Fact),
    ) -> Result<(), Refusal> {
        let digest = &mut self.digest;
        self.intake
            .read(name, folders, input, &mut |fact| {
                every(&fact);
                digest.keep(fact);
            })
            .map_err(|error| Refusal::new(&error, error.remedy()))
    }

    /// Ends an argument: a file, a folder or an archive that was given as one. `node` is the node that it was given
    /// for, and `shown` names it in errors.
    ///
    /// # Errors
    /// When nothing in it is evidence.
    pub fn end_argument(&mut self, shown: &str, node: Option<&str>) -> Result<(), Refusal> {
        let files = &self.intake.files()[self.before..];
        if files.iter().all(|file| is_silent(file.id, &self.digest)) {
            return Err(nothing(shown, files));
        }
        self.before = self.intake.files().len();
        let origin = (node.map(str::to_owned), self.arguments);
        self.origins.resize(self.before, origin);
        self.arguments += 1;
        Ok(())
    }

    /// Ends the reading. `away` are the nodes that exist and cannot be reached.
    ///
    /// # Errors
    /// When a file holds the lines of several nodes, or two files of a node contradict each other.
    pub fn end(self, away: Vec<String>) -> Result<Gathered, Refusal> {
        let given: Vec<Given<'_>> = self
            .intake
            .files()
            .iter()
            .zip(&self.origins)
            .map(|(file, (node, argument))| Given {
                file,
                node: node.clone(),
                argument: *argument,
            })
            .collect();
        let nodes: Vec<Known> = divide(&given, &self.digest)
            .into_iter()
            .map(|files| Known::of(files, &self.digest))
            .collect();
        let gathered = Gathered {
            nodes,
            away,
            intake: self.intake,
        };
        gathered.refuse_mixtures(&self.origins)?;
        gathered.refuse_rivals()?;
        Ok(gathered)
    }
}

/// Everything that was read.
#[derive(Clone)]
pub struct Gathered {
    /// The nodes, with what their files say.
    pub nodes: Vec<Known>,
    /// The nodes that cannot be reached.
    pub away: Vec<String>,
    intake: Intake,
}

impl Gathered {
    /// A place in the evidence, as `file:line`.
    pub fn place(&self, source: Source) -> String {
        let index = usize::try_from(source.file.0).unwrap_or(usize::MAX);
        let name = self
            .intake
            .files()
            .get(index)
            .map_or("?", |file| file.name.as_str());
        format!("{name}:{}", source.line)
    }

    /// The end of each log: its last line with a time.
    pub fn log_ends(&self) -> Vec<Fact> {
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
    pub fn files(&self) -> impl Iterator<Item = (String, u64, u64)> + '_ {
        self.intake.files().iter().map(|file| {
            let name = match &file.part {
                Some(part) => format!("{}, lines of {part}", file.name),
                None => file.name.clone(),
            };
            (name, file.summary.lines, file.summary.facts)
        })
    }

    /// One file with the lines of more containers than are told apart, or of several that are called one node.
    fn refuse_mixtures(&self, origins: &[(Option<String>, usize)]) -> Result<(), Refusal> {
        for (file, (node, _)) in self.intake.files().iter().zip(origins) {
            let hosts: Vec<&str> = file.summary.hosts.iter().map(String::as_str).collect();
            if let [one, other, ..] = hosts.as_slice() {
                return Err(Refusal::new(
                    format!("{} holds lines of too many nodes", file.name),
                    &format!(
                        "give one file for each, such as `docker compose logs {one} >{one}.log` and \
                         `docker compose logs {other} >{other}.log`"
                    ),
                ));
            }
            if let (Some(node), Some(part)) = (node, &file.part) {
                return Err(Refusal::new(
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
    fn refuse_rivals(&self) -> Result<(), Refusal> {
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
                return Err(Refusal::new(
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

/// Whether a file says nothing at all.
fn is_silent(file: FileId, digest: &Digest) -> bool {
    digest.of_file(file).is_empty()
}

fn nothing(shown: &str, files: &[InputFile]) -> Refusal {
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
    Refusal::new(what, WANTED)
}
