//! `ssh`, `scp` and `sftp`: a line, or another program's protocol, for a shell on a host.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread;

use rustix::fd::{AsFd, BorrowedFd};
use seatrial_scenarios::runner::external::Question;
use seatrial_scenarios::{NodeName, Output};

use crate::output::{Out, Stream};

use super::hosts::serve::{self, Order, What};
use super::input;
use super::line::{After, list};
use super::place;
use super::sandbox;
use super::shim::{Failed, LIMIT, REFUSED, Shim, UNREACHABLE, failed_to_run};

/// The options of `ssh` that have a value (`ssh.c`).
const WITH_VALUE: &str = "BbcDEeFIiJLlmOopQRSWw";

/// The number of bytes of a line's output that the record keeps.
const KEPT: usize = 4 * 1024;

/// The words of a call of `ssh`.
struct Call {
    target: String,
    command: Vec<String>,
    /// `-n`: the standard input is left alone.
    leaves_input: bool,
    /// `-s`: the command is the name of a subsystem.
    subsystem: bool,
}

/// Runs `ssh [options] [user@]NODE [command]`.
pub(super) fn ssh(shim: &Shim, out: &mut Out) -> Result<i32, Failed> {
    let call = read(shim)?;
    let node = resolve(shim, &call.target);
    let line = call.command.join(" ");
    let what = match (call.subsystem, line.is_empty()) {
        (true, _) if line == "sftp" => What::Sftp,
        (true, _) => return Err((1, format!("subsystem request failed on channel 0: {line}"))),
        (false, true) => What::Shell,
        (false, false) => What::Line(line),
    };
    if takes_whole_lines(shim, &node)? {
        return whole_line(shim, &node, what, call.leaves_input, out);
    }
    let code = carry_out(shim, &node, what)?;
    if !call.leaves_input {
        swallow_input();
    }
    Ok(code)
}

/// Runs a line on a node.
pub(super) fn line(shim: &Shim, node: &NodeName, line: &str) -> Result<i32, Failed> {
    let what = What::Line(line.to_owned());
    if takes_whole_lines(shim, node)? {
        return whole_line(shim, node, what, false, &mut Out::new());
    }
    carry_out(shim, node, what)
}

/// Runs `scp` or `sftp`: the machine's own program, through our `ssh`.
pub(super) fn copy(shim: &Shim) -> Result<i32, Failed> {
    let mut command = Command::new(shim.real(&shim.name)?);
    if !shim.words.iter().any(|word| word.starts_with("-S")) {
        let ssh = if shim.host().is_some() {
            "/usr/bin/ssh".into()
        } else {
            shim.folder.join("bin/ssh")
        };
        command.arg("-S").arg(ssh);
    }
    let error = command.args(&shim.words).exec();
    Err(failed_to_run(&shim.name, &error))
}

fn read(shim: &Shim) -> Result<Call, Failed> {
    let mut call = Call {
        target: String::new(),
        command: Vec::new(),
        leaves_input: false,
        subsystem: false,
    };
    let mut words = shim.words.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            if call.target.is_empty() {
                call.target.clone_from(word);
                continue;
            }
            call.command.push(word.clone());
            call.command.extend(words.cloned());
            break;
        };
        if letters == "-" {
            continue;
        }
        for (at, letter) in letters.char_indices() {
            if WITH_VALUE.contains(letter) {
                let value = match letters.get(at + 1..).filter(|rest| !rest.is_empty()) {
                    Some(rest) => Some(rest.to_owned()),
                    None => words.next().cloned(),
                };
                option(letter, value.as_deref())?;
                break;
            }
            match letter {
                'n' => call.leaves_input = true,
                's' => call.subsystem = true,
                'V' => return Err(shim.become_real("ssh", &shim.words)),
                'N' => {
                    return Err((
                        REFUSED,
                        "seatrial: ssh -N: hosts forward no ports".to_owned(),
                    ));
                }
                _ => {}
            }
        }
    }
    if call.target.is_empty() {
        return Err((
            UNREACHABLE,
            "usage: ssh [options] [user@]NODE [command]".to_owned(),
        ));
    }
    Ok(call)
}

fn option(letter: char, value: Option<&str>) -> Result<(), Failed> {
    match letter {
        'L' | 'R' | 'D' | 'W' | 'J' => Err((
            REFUSED,
            format!("seatrial: ssh -{letter}: hosts forward no ports"),
        )),
        // No connection is kept: every line has its own.
        'O' if value == Some("check") => Err((
            UNREACHABLE,
            "Control socket connect: No such file or directory".to_owned(),
        )),
        'O' => Err((0, String::new())),
        _ => Ok(()),
    }
}

/// Returns the node that a target names: by the scenario's name, the host's, or its address.
pub(super) fn resolve(shim: &Shim, target: &str) -> NodeName {
    let host = target.strip_prefix("ssh://").unwrap_or(target);
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host);
    let names = fs::read_to_string(shim.folder.join(sandbox::NAMES)).unwrap_or_default();
    let found = names
        .lines()
        .skip(1)
        .find(|line| line.split(' ').any(|name| name == host));
    // The last name of a host is the node's own.
    let node = found.and_then(|line| line.rsplit(' ').next());
    NodeName::new(node.unwrap_or(host))
}

/// Returns whether lines reach the engine as they are: a host that answers is a real one, or there are no walls in
/// which a shell could run them.
fn takes_whole_lines(shim: &Shim, node: &NodeName) -> Result<bool, Failed> {
    let answer = shim.ask(Question::Reach { node: node.clone() })?;
    if answer.output.exit != 0 {
        return Err((UNREACHABLE, answer.output.stderr.trim_end().to_owned()));
    }
    Ok(answer.is_real || !shim.has_walls())
}

/// A real host runs the line itself, or the simulated console does.
fn whole_line(
    shim: &Shim,
    node: &NodeName,
    what: What,
    leaves_input: bool,
    out: &mut Out,
) -> Result<i32, Failed> {
    let mut input = None;
    let line = match what {
        What::Line(line) => {
            if !leaves_input {
                input = input::read()?;
            }
            if input.is_some() && !shim.has_walls() {
                let why = "seatrial: --unconfined: the simulated console reads no standard input";
                return Err((REFUSED, why.to_owned()));
            }
            line
        }
        What::Shell => {
            let mut text = String::new();
            let read = io::stdin().take(256 * 1024).read_to_string(&mut text);
            read.map_err(|error| (1, format!("ssh: {error}")))?;
            text
        }
        What::Sftp => {
            return Err((
                REFUSED,
                "seatrial: scp and sftp reach confined simulated hosts only".to_owned(),
            ));
        }
    };
    // A real shell takes the line as it is; the console takes one command.
    let commands = if shim.has_walls() {
        vec![(After::Anything, line)]
    } else {
        list(&line)
    };
    let mut code = 0;
    for (after, command) in commands {
        if !after.runs(code) {
            continue;
        }
        let answer = shim.ask(Question::Run {
            node: node.clone(),
            line: command,
            input: input.take(),
            limit_ms: std::env::var(LIMIT).ok().and_then(|ms| ms.parse().ok()),
        })?;
        if !leaves_input && input::is_waiting() {
            return Err((REFUSED, input::TOO_LATE.to_owned()));
        }
        code = Shim::print(&answer, out);
    }
    Ok(code)
}

/// Runs it in the host's shell, and tells the engine when it has ended.
fn carry_out(shim: &Shim, node: &NodeName, what: What) -> Result<i32, Failed> {
    let mut variables = vec![("SEATRIAL_SSH".to_owned(), "1".to_owned())];
    for name in [LIMIT, place::VARIABLE] {
        if let Ok(value) = std::env::var(name) {
            variables.push((name.to_owned(), value));
        }
    }
    let line = match &what {
        What::Line(line) => line.clone(),
        What::Shell => "a shell that reads its standard input".to_owned(),
        What::Sftp => "sftp".to_owned(),
    };
    let order = Order { what, variables };
    let socket = shim.folder.join("lines").join(node.as_str());
    let lost = |error: io::Error| {
        (
            UNREACHABLE,
            format!("ssh: connection to {node} closed by remote host ({error})"),
        )
    };
    let streams = Streams::new().map_err(lost)?;
    let (code, mut output) = streams
        .run(|given| serve::send(&socket, &order, given))
        .map_err(lost)?;
    output.exit = code;
    let ended = Question::Ended {
        node: node.clone(),
        line,
        output,
    };
    shim.ask(ended)?;
    Ok(code)
}

/// The output of a line on its way back. If both streams of this program are one, so are those of the line: then what
/// it prints keeps its order.
struct Streams {
    output: (io::PipeReader, io::PipeWriter),
    errors: Option<(io::PipeReader, io::PipeWriter)>,
}

impl Streams {
    fn new() -> io::Result<Self> {
        let is_one = Stream::are_one();
        Ok(Self {
            output: io::pipe()?,
            errors: if is_one { None } else { Some(io::pipe()?) },
        })
    }

    /// Lets the line run with these streams, and returns its exit code with the beginning of what it printed.
    fn run(
        self,
        start: impl FnOnce([BorrowedFd<'_>; 3]) -> io::Result<i32>,
    ) -> io::Result<(i32, Output)> {
        let (output, writer) = self.output;
        let stdout = thread::spawn(move || pass_on(output, Stream::Output));
        let (stderr, errors) = match self.errors {
            Some((errors, writer)) => {
                let stderr = thread::spawn(move || pass_on(errors, Stream::Errors));
                (Some(stderr), Some(writer))
            }
            None => (None, None),
        };
        let input = io::stdin();
        let given = [
            input.as_fd(),
            writer.as_fd(),
            errors.as_ref().map_or(writer.as_fd(), AsFd::as_fd),
        ];
        let code = start(given);
        drop((writer, errors));
        // A thread that passes bytes on does not panic.
        let text = |thread: thread::JoinHandle<Vec<u8>>| {
            String::from_utf8_lossy(&thread.join().unwrap_or_default()).into_owned()
        };
        let output = Output {
            stdout: text(stdout),
            stderr: stderr.map(text).unwrap_or_default(),
            exit: 0,
        };
        Ok((code?, output))
    }
}

/// Passes bytes on to the end, and returns their beginning.
fn pass_on(mut from: impl Read, to: Stream) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return kept,
            Ok(read) => {
                let room = KEPT.saturating_sub(kept.len()).min(read);
                kept.extend_from_slice(&buffer[..room]);
                to.pass_on(&buffer[..read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return kept,
        }
    }
}

/// The real `ssh` reads its standard input whether or not the line wants it: a loop over the lines of a file that calls
/// `ssh` without `-n` ends after the first.
fn swallow_input() {
    let input = io::stdin();
    if input.is_terminal() {
        return;
    }
    let is_file = rustix::fs::fstat(input.as_fd()).is_ok_and(|stat| {
        rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile
    });
    if let Ok(own) = input.as_fd().try_clone_to_owned()
        && is_file
    {
        // The position is shared with whoever has the file open.
        let _ = io::copy(&mut File::from(own), &mut io::sink());
    }
}
