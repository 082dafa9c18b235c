//! The commands on the PATH of a user's program, and those of the hosts. Each asks the engine, or runs the real tool.
//!
//! On the operator's machine `ssh NODE …` names the node, or the variable `NODE` does. On a host the file beside the
//! engine's socket does.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seatrial_reports::quote;
use seatrial_scenarios::NodeName;
use seatrial_scenarios::runner::external::{Answer, Question};

use crate::output::Out;

use super::background::{SERVERS, is_in_background, let_servers_begin};
use super::hosts::serve;
use super::own;
use super::sandbox::{self, find};
use super::ssh;
use super::{Asked, launcher, place};

/// Commands that the engine runs on the node.
const ENGINE: [&str; 39] = [
    "clustercheck",
    "cm-cluster-manage",
    "cm-run-playbook",
    "df",
    "galera_new_cluster",
    "galera_recovery",
    "halt",
    "hostname",
    "init.d-mariadb",
    "init.d-mysql",
    "iptables",
    "journalctl",
    "kill",
    "killall",
    "mariadb",
    "mariadb-admin",
    "mariadbd",
    "mariadbd-safe",
    "mysql",
    "mysqladmin",
    "mysqld",
    "mysqld_safe",
    "nc",
    "ncat",
    "netcat",
    "netstat",
    "pgrep",
    "pidof",
    "pkill",
    "poweroff",
    "ps",
    "reboot",
    "service",
    "shutdown",
    "ss",
    "systemctl",
    "unknown-command",
    "uptime",
    "whoami",
];

/// Those that an operator's own machine has as well: without a node they are the real programs.
const EVERYWHERE: [&str; 14] = [
    "df", "hostname", "kill", "nc", "ncat", "netcat", "netstat", "pgrep", "pidof", "pkill", "ps",
    "ss", "uptime", "whoami",
];

/// The wrapper that a host's shell calls for a command that it does not find. The engine is asked for it, so that
/// the record has it.
const UNKNOWN: &str = "unknown-command";

/// The beginning of the names of wrappers for init scripts, which the scripts in /etc/init.d run.
pub(super) const INIT_SCRIPT: &str = "init.d-";

/// Tools that `NODE=B TOOL FILE` runs on a host, if it names a file of the host.
const TOOLS: [&str; 12] = [
    "awk", "cat", "cut", "egrep", "grep", "head", "ls", "rm", "sed", "stat", "tail", "wc",
];

/// The folders that only a host has.
const OF_A_HOST: [&str; 4] = ["/var/lib/mysql", "/var/log/", "/run/", "/etc/mysql"];

/// Commands that are answered here, on the operator's machine.
const OF_OPERATOR: [&str; 9] = [
    "date", "ping", "scp", "sftp", "sleep", "ssh", "sudo", "timeout", TYPE_LINE,
];

/// Commands that are answered here, on a host.
const OF_NODES: [&str; 13] = [
    "chgrp", "chown", "date", "ip", "ping", "runuser", "scp", "sftp", "sleep", "ssh", "su", "sudo",
    "timeout",
];

/// The wrapper with which a runbook types a whole line on a node.
const TYPE_LINE: &str = "type-line";

/// Returns the names of the wrappers on the operator's machine.
pub(super) fn of_operator() -> impl Iterator<Item = &'static str> {
    ENGINE.into_iter().chain(TOOLS).chain(OF_OPERATOR)
}

/// Returns the names of the wrappers on a host.
pub(super) fn of_nodes() -> impl Iterator<Item = &'static str> {
    // A user who comes by `ssh` is root on a host: the real `whoami` says so.
    let engine = ENGINE.into_iter().filter(|name| *name != "whoami");
    engine.chain(OF_NODES)
}

/// The variable with the time limit of the next question, from `timeout`.
pub(super) const LIMIT: &str = "SEATRIAL_LIMIT_MS";

/// The exit code of `timeout` when the limit has passed.
pub(super) const TIMED_OUT: i32 = 124;

/// The shell's exit code for a command that exists and cannot be used.
pub(super) const REFUSED: i32 = 126;

/// The exit code of `ssh` if the host does not answer.
pub(super) const UNREACHABLE: i32 = 255;

/// A running wrapper.
pub(super) struct Shim {
    /// The folder with the engine's socket.
    pub(super) folder: PathBuf,
    pub(super) name: String,
    pub(super) words: Vec<String>,
}

/// The exit code, and why there is no answer.
pub(super) type Failed = (i32, String);

/// Returns the wrapper as which this program was started: it has the wrapper's name, and the engine's socket is beside
/// it.
pub(crate) fn started_as() -> Option<(PathBuf, String, Vec<String>)> {
    let mut words = std::env::args();
    let first = words.next()?;
    let name = Path::new(&first).file_name()?.to_str()?;
    if !of_operator().chain(of_nodes()).any(|known| known == name) {
        return None;
    }
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?.to_owned();
    folder
        .join("ask")
        .exists()
        .then(|| (folder, name.to_owned(), words.collect()))
}

/// Runs a wrapper, the program under test if this is the first program in its namespace, or the shell service of a
/// host. Returns the exit code.
pub(crate) fn run(folder: &Path, name: &str, words: &[String], out: &mut Out) -> u8 {
    let begun = match (name, words) {
        (launcher::NAME, [program, ..]) => Some(launcher::run(folder, Path::new(program))),
        (serve::NAME, _) => Some(serve::serve(folder)),
        _ => None,
    };
    if let Some(ended) = begun {
        return match ended {
            Ok(()) => 0,
            Err(error) => {
                out.error(&format!("seatrial: {}: {error}", folder.display()));
                1
            }
        };
    }
    let shim = Shim {
        folder: folder.to_owned(),
        name: name.to_owned(),
        words: words.to_vec(),
    };
    let code = shim.run(out).unwrap_or_else(|(code, text)| {
        if !text.is_empty() {
            out.error(&text);
        }
        code
    });
    u8::try_from(code & 0xff).unwrap_or(1)
}

impl Shim {
    pub(super) fn run(&self, out: &mut Out) -> Result<i32, Failed> {
        let is_host = self.host().is_some();
        let is_server = SERVERS.contains(&self.name.as_str());
        if is_host && !is_server {
            let_servers_begin();
        }
        match self.name.as_str() {
            UNKNOWN => self.engine(&self.words, out),
            "kill" if is_host => own::kill(self, out),
            "ping" if is_host => self.engine(&self.statement()?, out),
            name if ENGINE.contains(&name) && is_host => self.engine(&self.statement()?, out),
            name if EVERYWHERE.contains(&name) && named().is_none() => {
                Err(self.become_real(name, &self.words))
            }
            name if ENGINE.contains(&name) => self.engine(&self.statement()?, out),
            name if TOOLS.contains(&name) => self.tool(),
            "ssh" => ssh::ssh(self, out),
            "scp" | "sftp" => ssh::copy(self),
            "sudo" => own::sudo(self, out),
            "su" | "runuser" => Err(own::su(self)),
            "chown" | "chgrp" => own::chown(self),
            "ip" => own::ip(self, out),
            "ping" => own::ping(self, out),
            "sleep" => own::sleep(self),
            "date" => own::date(self),
            "timeout" => own::timeout(self),
            TYPE_LINE => self.type_line(&self.words.join(" "), out),
            other => Err((127, format!("{other}: command not found"))),
        }
    }

    /// Returns whether walls stand around the program, see [`super::confinement`].
    pub(super) fn has_walls(&self) -> bool {
        !self.folder.join(sandbox::WHOLE_LINES).exists()
    }

    /// Returns the node on whose host this runs, `None` on the operator's machine.
    pub(super) fn host(&self) -> Option<NodeName> {
        let name = fs::read_to_string(self.folder.join(sandbox::NODE)).ok()?;
        Some(NodeName::new(name))
    }

    /// Returns the node whose server a client on the operator's machine names with `-h`: it runs there, as it would
    /// over the network. A client on a host calls over the network of the model.
    fn server(&self) -> Option<NodeName> {
        const CLIENTS: [&str; 4] = ["mariadb", "mariadb-admin", "mysql", "mysqladmin"];
        if self.host().is_some() {
            return None;
        }
        if !CLIENTS.contains(&self.name.as_str()) {
            return None;
        }
        let mut words = self.words.iter().map(String::as_str);
        let mut host = None;
        while let Some(word) = words.next() {
            let joined = || word.strip_prefix("--host=").or(word.strip_prefix("-h"));
            host = match word {
                "-h" | "--host" => words.next(),
                _ => joined().or(host),
            };
        }
        let host = host.filter(|host| !["localhost", "127.0.0.1", "::1"].contains(host))?;
        Some(ssh::resolve(self, host))
    }

    /// Returns the node that is meant.
    fn node(&self) -> Result<NodeName, Failed> {
        self.host().or_else(named).ok_or_else(|| {
            (
                REFUSED,
                format!(
                    "seatrial: {}: on which node? Write `ssh NODE {}`, or set NODE",
                    self.name, self.name
                ),
            )
        })
    }

    /// Asks the engine.
    pub(super) fn ask(&self, question: Question) -> Result<Answer, Failed> {
        let lost = |why: &str| {
            (
                REFUSED,
                format!("seatrial: the engine does not answer: {why}"),
            )
        };
        let mut stream = UnixStream::connect(self.folder.join("ask"))
            .map_err(|error| lost(&error.to_string()))?;
        let from = std::env::var(place::VARIABLE).ok();
        let asked = Asked {
            from: from.and_then(|line| line.parse().ok()),
            host: self.host(),
            question,
        };
        let mut line = serde_json::to_vec(&asked).map_err(|error| lost(&error.to_string()))?;
        line.push(b'\n');
        stream
            .write_all(&line)
            .map_err(|error| lost(&error.to_string()))?;
        let mut answer = String::new();
        BufReader::new(stream)
            .read_line(&mut answer)
            .map_err(|error| lost(&error.to_string()))?;
        serde_json::from_str(&answer).map_err(|_| lost("the run is over"))
    }

    /// Types words on the node, and prints what comes back.
    pub(super) fn engine(&self, words: &[String], out: &mut Out) -> Result<i32, Failed> {
        let mut line = as_line(words);
        if SERVERS.contains(&self.name.as_str()) && is_in_background() {
            line.insert_str(0, "setsid --fork ");
        }
        self.type_line(&line, out)
    }

    /// Types a line on the node as it is.
    pub(super) fn type_line(&self, line: &str, out: &mut Out) -> Result<i32, Failed> {
        let answer = self.typed(line)?;
        Ok(Self::print(&answer, out))
    }

    /// Prints what comes back, and returns the exit code.
    pub(super) fn print(answer: &Answer, out: &mut Out) -> i32 {
        out.print(&answer.output.stdout);
        if !answer.output.stderr.is_empty() {
            out.error(&answer.output.stderr);
        }
        if answer.timed_out {
            TIMED_OUT
        } else {
            answer.output.exit
        }
    }

    /// Types a line on the node as it is, and returns what comes back.
    pub(super) fn typed(&self, line: &str) -> Result<Answer, Failed> {
        let node = match self.server() {
            Some(node) => node,
            None => self.node()?,
        };
        self.ask(Question::Run {
            line: line.to_owned(),
            node,
            input: None,
            limit_ms: std::env::var(LIMIT).ok().and_then(|ms| ms.parse().ok()),
        })
    }

    /// Returns the command's words. A statement for `mysql` on standard input becomes its `-e`.
    pub(super) fn statement(&self) -> Result<Vec<String>, Failed> {
        let mut words = vec![self.name.clone()];
        let is_client = ["mysql", "mariadb"].contains(&self.name.as_str());
        if is_client {
            // No terminal shows the result: the client leaves the frame out unless `-t` asks for it.
            words.push("--batch".to_owned());
        }
        words.extend(self.words.iter().cloned());
        let has_one = self.words.iter().any(|word| {
            word.starts_with("--execute")
                || (word.starts_with('-') && !word.starts_with("--") && word.ends_with('e'))
        });
        if is_client && !has_one && !io::stdin().is_terminal() {
            let mut text = String::new();
            io::stdin()
                .take(64 * 1024)
                .read_to_string(&mut text)
                .map_err(|error| (1, format!("mysql: {error}")))?;
            let code = text.lines().map(str::trim).filter(|line| {
                // A comment would swallow what follows it in the same line.
                !line.is_empty() && !line.starts_with("--") && !line.starts_with('#')
            });
            let text = code.collect::<Vec<_>>().join(" ");
            if !text.is_empty() {
                words.extend(["-e".to_owned(), text]);
            }
        }
        Ok(words)
    }

    /// Runs a tool: on the host of `NODE`, if it names a file there, and otherwise the machine's own.
    fn tool(&self) -> Result<i32, Failed> {
        let of_host = |word: &String| OF_A_HOST.iter().any(|folder| word.starts_with(folder));
        match named() {
            Some(node) if self.words.iter().any(of_host) => {
                let mut words = vec![self.name.clone()];
                words.extend(self.words.iter().cloned());
                ssh::line(self, &node, &as_line(&words))
            }
            _ => Err(self.become_real(&self.name, &self.words)),
        }
    }

    /// Returns the path of the real program of a name.
    pub(super) fn real(&self, name: &str) -> Result<PathBuf, Failed> {
        let path = fs::read_to_string(self.folder.join(sandbox::REAL_PATH)).unwrap_or_default();
        find(name, &path).ok_or_else(|| (127, format!("{name}: command not found")))
    }

    /// Becomes the real program. It returns only if that fails.
    pub(super) fn become_real(&self, name: &str, words: &[String]) -> Failed {
        match self.real(name) {
            Ok(real) => {
                let mut command = Command::new(real);
                command.arg0(name).args(words.iter().map(OsString::from));
                if self.words.is_empty() && io::stdin().is_terminal() {
                    command.stdin(Stdio::null());
                }
                failed_to_run(name, &command.exec())
            }
            Err(failed) => failed,
        }
    }

    /// Returns the wrapper of another name with other words.
    pub(super) fn other(&self, name: &str, words: &[String]) -> Self {
        Self {
            folder: self.folder.clone(),
            name: name.to_owned(),
            words: words.to_vec(),
        }
    }
}

/// Returns whether the engine runs a command of this name.
pub(super) fn is_of_engine(name: &str) -> bool {
    ENGINE.contains(&name)
}

/// Returns words as a line, the init scripts under the path that they have on a host.
fn as_line(words: &[String]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| match word.strip_prefix(INIT_SCRIPT) {
            Some(name) => format!("/etc/init.d/{name}"),
            None => quote(word),
        })
        .collect();
    words.join(" ")
}

/// Returns the node that the variable names.
fn named() -> Option<NodeName> {
    let name = std::env::var("NODE").ok()?;
    (!name.is_empty()).then(|| NodeName::new(name))
}

pub(super) fn failed_to_run(name: &str, error: &io::Error) -> Failed {
    let code = if error.kind() == io::ErrorKind::NotFound {
        127
    } else {
        REFUSED
    };
    (code, format!("{name}: {error}"))
}
