//! `cat`, `tail`, `head`, `grep`, `wc -l` and `sed`, on a file or behind a pipe (coreutils, GNU grep).
//!
//! Files are those of the node's host: grastate.dat, gvwstate.dat, the `MariaDB` log, the back-end
//! log.

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};
use seatrial_port::paths::{GRASTATE, GVWSTATE};

use super::output::{INTERRUPTED, failed, printed};
use super::pattern::Pattern;
use super::sed::Sed;

/// The operation on a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Tool {
    Cat,
    Head(usize),
    Tail {
        lines: usize,
        follow: bool,
    },
    Grep {
        patterns: Vec<Pattern>,
        count: bool,
        invert: bool,
        quiet: bool,
        /// `-A`: how many lines after each one that matches.
        after: usize,
        /// `-a`: bytes that are no text are printed as if they were.
        text: bool,
    },
    CountLines,
    Sed(Sed),
}

/// A tool and its files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Files {
    tool: Tool,
    paths: Vec<String>,
    /// `tail -f`: what has been printed, and how much of the file that was.
    followed: Option<(String, usize)>,
}

/// The names that [`Files::parse`] knows.
pub(super) const NAMES: [&str; 6] = ["cat", "tail", "head", "grep", "wc", "sed"];

impl Files {
    /// Reads the words after one of [`NAMES`].
    pub(super) fn parse(name: &str, words: &[String]) -> Result<Self, Output> {
        let (tool, paths) = match name {
            "cat" => (Tool::Cat, plain(words)?),
            "head" => {
                let (lines, _, paths) = ends("head", words)?;
                (Tool::Head(lines), paths)
            }
            "tail" => {
                let (lines, follow, paths) = ends("tail", words)?;
                (Tool::Tail { lines, follow }, paths)
            }
            "wc" => match words.split_first() {
                Some((flag, paths)) if flag == "-l" => (Tool::CountLines, plain(paths)?),
                _ => return Err(failed(1, "this console knows wc only with -l")),
            },
            "sed" => {
                let (sed, paths) = Sed::parse(words)?;
                (Tool::Sed(sed), paths)
            }
            _ => grep(words)?,
        };
        let one_only = !matches!(tool, Tool::Cat | Tool::Grep { .. });
        if one_only && paths.len() > 1 {
            return Err(failed(
                1,
                format!("this console's {name} reads one file at a time"),
            ));
        }
        Ok(Self {
            tool,
            paths,
            followed: None,
        })
    }

    /// Returns whether it reads files of its own and not what comes through a pipe.
    pub(super) fn has_files(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Reads the files. Only `tail -f` takes longer than an instant.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        if let Tool::Tail {
            lines,
            follow: true,
        } = self.tool
        {
            return self.follow(lines, host);
        }
        let mut shown = printed("");
        let several = self.paths.len() > 1;
        for path in &self.paths {
            match host.read_file(path) {
                None => {
                    shown.stderr.push_str(&self.missing(path));
                    shown.exit = if matches!(self.tool, Tool::Grep { .. } | Tool::Sed(_)) {
                        2
                    } else {
                        1
                    };
                }
                Some(text) => {
                    let part = self.apply_to(&text, path);
                    if matches!(&self.tool, Tool::Sed(sed) if sed.in_place) {
                        if path != GRASTATE && path != GVWSTATE {
                            let why = format!(
                                "this console edits only {GRASTATE} and {GVWSTATE} with sed -i"
                            );
                            return Step::Done(failed(1, why));
                        }
                        host.replace_file(path, &part.stdout);
                        continue;
                    }
                    let prefix = matches!(self.tool, Tool::Grep { .. }) && several;
                    for line in part.stdout.split_inclusive('\n') {
                        if prefix {
                            shown.stdout.push_str(path);
                            shown.stdout.push(':');
                        }
                        shown.stdout.push_str(line);
                    }
                    shown.stderr.push_str(&part.stderr);
                    shown.exit = shown.exit.max(part.exit);
                }
            }
        }
        if matches!(self.tool, Tool::CountLines) {
            let path = self.paths.first().map_or("", String::as_str);
            shown.stdout = shown.stdout.replace('\n', &format!(" {path}\n"));
        }
        Step::Done(shown)
    }

    /// `tail -f`: prints what is there and what is added, up to Ctrl-C.
    fn follow(&mut self, lines: usize, host: &mut dyn Host) -> Step {
        let Some(path) = self.paths.first() else {
            return Step::Wait;
        };
        let Some(text) = host.read_file(path) else {
            // If the file disappears while it is followed, `tail -f` waits for it.
            if self.followed.is_some() {
                return Step::Wait;
            }
            let complaint = self.missing(path);
            return Step::Done(failed(1, format!("{complaint}tail: no files remaining")));
        };
        match &mut self.followed {
            None => self.followed = Some((last_lines(&text, lines).to_owned(), text.len())),
            Some((shown, length)) => {
                // A shorter file has been written anew.
                let known = if text.len() < *length { 0 } else { *length };
                shown.push_str(text.get(known..).unwrap_or(""));
                *length = text.len();
            }
        }
        Step::Wait
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        if self.has_files() && matches!(self.tool, Tool::Tail { follow: true, .. }) {
            // Text that was added at this instant has been printed too.
            self.step(host);
        }
        let stdout = self
            .followed
            .take()
            .map(|(shown, _)| shown)
            .unwrap_or_default();
        Output {
            stdout,
            stderr: String::new(),
            exit: INTERRUPTED,
        }
    }

    /// Returns the tool's output for a text, as after a pipe.
    pub(super) fn apply(&self, text: &str) -> Output {
        self.apply_to(text, "(standard input)")
    }

    /// Returns the tool's output for the text of a file.
    fn apply_to(&self, text: &str, path: &str) -> Output {
        match &self.tool {
            Tool::Cat => printed(text),
            Tool::Sed(sed) => printed(sed.apply(text)),
            Tool::Head(lines) => {
                printed(text.split_inclusive('\n').take(*lines).collect::<String>())
            }
            Tool::Tail { lines, .. } => printed(last_lines(text, *lines)),
            Tool::CountLines => printed(format!("{}\n", text.matches('\n').count())),
            Tool::Grep {
                patterns,
                count,
                invert,
                quiet,
                after,
                text: as_text,
            } => {
                // `grep` takes a byte of zero in data that are no text for the end of a line.
                let zeros = text.find('\0').filter(|_| !as_text);
                let lines: Vec<&str> = match zeros {
                    None => text.lines().collect(),
                    Some(_) => text.split_terminator(['\n', '\0']).collect(),
                };
                let found: Vec<usize> = (0..lines.len())
                    .filter(|place| {
                        let mut all = patterns.iter();
                        all.any(|pattern| pattern.matches(lines[*place])) != *invert
                    })
                    .collect();
                let stdout = match (quiet, count) {
                    (true, _) => String::new(),
                    (false, true) => format!("{}\n", found.len()),
                    (false, false) => {
                        // Lines are printed up to the part of the file in which the first byte of zero stands.
                        let shown = zeros.map_or(lines.len(), |at| lines_before(text, at));
                        let printed: Vec<usize> = (found.iter().copied())
                            .filter(|place| *place < shown)
                            .collect();
                        if printed.len() < found.len() {
                            return Output {
                                stderr: format!("grep: {path}: binary file matches\n"),
                                ..super::output::printed(with_context(&lines, &printed, *after))
                            };
                        }
                        with_context(&lines, &found, *after)
                    }
                };
                Output {
                    exit: i32::from(found.is_empty()),
                    ..printed(stdout)
                }
            }
        }
    }

    fn missing(&self, path: &str) -> String {
        let why = match self.tool {
            Tool::Cat => format!("cat: {path}"),
            Tool::Head(_) => format!("head: cannot open '{path}' for reading"),
            Tool::Tail { .. } => format!("tail: cannot open '{path}' for reading"),
            Tool::Grep { .. } => format!("grep: {path}"),
            Tool::CountLines => format!("wc: {path}"),
            Tool::Sed(_) => format!("sed: can't read {path}"),
        };
        format!("{why}: No such file or directory\n")
    }
}

/// The bytes that GNU grep reads at once (`grep.c:INITIAL_BUFSIZE`).
const BUFFER: usize = 96 * 1024;

/// Returns the number of lines that end before the part of a text, as grep reads it, in which a byte stands.
fn lines_before(text: &str, byte: usize) -> usize {
    let part = byte / BUFFER * BUFFER;
    text.match_indices('\n')
        .take_while(|(at, _)| *at < part)
        .count()
}

/// Returns the lines that were found, each with the lines after it, and `--` between groups that do not touch.
fn with_context(lines: &[&str], found: &[usize], after: usize) -> String {
    let mut shown = String::new();
    let mut next = 0;
    for place in found {
        if after > 0 && *place > next && next > 0 {
            shown.push_str("--\n");
        }
        let end = (place + after + 1).min(lines.len());
        for line in lines.iter().take(end).skip(next.max(*place)) {
            shown.push_str(line);
            shown.push('\n');
        }
        next = next.max(end);
    }
    shown
}

/// Returns the last lines of a text, the whole text where it has no more.
fn last_lines(text: &str, lines: usize) -> &str {
    let have = text.split_inclusive('\n').count();
    let from: usize = text
        .split_inclusive('\n')
        .take(have.saturating_sub(lines))
        .map(str::len)
        .sum();
    &text[from..]
}

/// Paths only.
fn plain(words: &[String]) -> Result<Vec<String>, Output> {
    match words.iter().find(|word| word.starts_with('-')) {
        Some(odd) => Err(unknown(odd)),
        None => Ok(words.to_vec()),
    }
}

/// Returns the options of `head` and `tail`: `-n N`, `-nN`, `-N`, `-f`, `-F`.
fn ends(name: &str, words: &[String]) -> Result<(usize, bool, Vec<String>), Output> {
    let (mut lines, mut follow, mut paths) = (10, false, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let number = match word.as_str() {
            "-f" | "-F" | "--follow" if name == "tail" => {
                follow = true;
                continue;
            }
            "-n" | "--lines" => words.next().map_or("", String::as_str),
            _ if word.starts_with("-n") => &word[2..],
            _ if word.starts_with('-') => &word[1..],
            _ => {
                paths.push(word.clone());
                continue;
            }
        };
        lines = number
            .parse()
            .map_err(|_| failed(1, format!("{name}: invalid number of lines: '{number}'")))?;
    }
    Ok((lines, follow, paths))
}

/// `grep` and its options.
fn grep(words: &[String]) -> Result<(Tool, Vec<String>), Output> {
    let (mut count, mut invert, mut quiet) = (false, false, false);
    let (mut fixed, mut ignore_case, mut after, mut text) = (false, false, 0, false);
    let (mut texts, mut paths) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "-e" {
            let wrong = || failed(2, "grep: option requires an argument -- 'e'");
            texts.push(words.next().ok_or_else(wrong)?.clone());
        } else if word == "-A" {
            let number = words.next().map_or("", String::as_str);
            let wrong = || {
                failed(
                    2,
                    format!("grep: {number}: invalid context length argument"),
                )
            };
            after = number.parse().map_err(|_| wrong())?;
        } else if word.len() > 1 && word.starts_with('-') && !word.starts_with("--") {
            for option in word[1..].chars() {
                match option {
                    'c' => count = true,
                    'i' => ignore_case = true,
                    'v' => invert = true,
                    'q' => quiet = true,
                    'a' => text = true,
                    'F' => fixed = true,
                    _ => return Err(unknown(word)),
                }
            }
        } else if texts.is_empty() {
            texts.push(word.clone());
        } else {
            paths.push(word.clone());
        }
    }
    if texts.is_empty() {
        return Err(failed(2, "Usage: grep [OPTION]... PATTERNS [FILE]..."));
    }
    let patterns = texts
        .iter()
        .map(|text| Pattern::parse(text, fixed, ignore_case))
        .collect::<Result<_, _>>()
        .map_err(|why| failed(2, format!("grep: {why}")))?;
    Ok((
        Tool::Grep {
            patterns,
            count,
            invert,
            quiet,
            after,
            text,
        },
        paths,
    ))
}

fn unknown(option: &str) -> Output {
    failed(2, format!("this console does not know the option {option}"))
}
