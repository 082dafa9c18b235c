//! The commands on the PATH of a user's program. Each command asks the engine, or runs the real tool on the
//! files of a node.
//!
//! `ssh NODE …` names the node, or the variable `NODE` does. Nothing outside the sandbox is touched: a
//! command that would change a node is typed on that node, or refused.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seatrial_reports::quote;
use seatrial_scenarios::NodeName;
use seatrial_scenarios::console::GRASTATE;
use seatrial_scenarios::runner::external::{Answer, Question};

use crate::output::Out;

use super::launcher;
use super::line::{NODE_FOLDERS, on_node, plain, span_ms, writes_to};
use super::sandbox::{find, put};
use super::{Asked, place};

/// Commands that the engine runs on the node.
const ENGINE: [&str; 32] = [
    "clustercheck",
    "cm-cluster-manage",
    "cm-run-playbook",
    "galera_new_cluster",
    "galera_recovery",
    "hostname",
    "init.d-mariadb",
    "init.d-mysql",
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
    "ps",
    "reboot",
    "service",
    "ss",
    "systemctl",
    "unknown-command",
    "whoami",
];

/// Those that an operator's own machine has as well: without a node they are the real programs.
const EVERYWHERE: [&str; 12] = [
    "hostname", "kill", "nc", "ncat", "netcat", "netstat", "pgrep", "pidof", "pkill", "ps", "ss",
    "whoami",
];

/// The wrapper that a node's shell calls for a command that it does not find. The engine is asked for it, so that
/// the record has it.
const UNKNOWN: &str = "unknown-command";

/// The beginning of the names of wrappers for init scripts, which have no folder on a PATH.
pub(super) const INIT_SCRIPT: &str = "init.d-";

/// What the shell of a node reads first: `kill` means the node's processes, and what is not found is asked for.
const SHELL_START: &str =
    "enable -n kill\ncommand_not_found_handle() { unknown-command \"$@\"; }\n";

/// Tools that read files. The files of a node are read on the node first.
const TOOLS: [&str; 10] = [
    "awk", "cat", "cut", "egrep", "grep", "head", "sed", "stat", "tail", "wc",
];

/// Commands that this module answers.
const OWN: [&str; 8] = [
    "date", "ping", "rm", "sleep", "ssh", "sudo", "timeout", TYPE_LINE,
];

/// The wrapper with which a runbook types a whole line on a node.
const TYPE_LINE: &str = "type-line";

/// Returns the names of all wrappers.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ENGINE.into_iter().chain(TOOLS).chain(OWN)
}

/// The variable with the time limit of the next question, from `timeout`.
const LIMIT: &str = "SEATRIAL_LIMIT_MS";

/// The exit code of `timeout` when the limit has passed.
const TIMED_OUT: i32 = 124;

/// The shell's exit code for a command that exists and cannot be used.
const REFUSED: i32 = 126;

/// Midnight of 2026-01-01, when every run begins, in seconds since 1970.
const EPOCH: u64 = 1_767_225_600;

/// A running wrapper.
struct Shim {
    sandbox: PathBuf,
    name: String,
    words: Vec<String>,
}

/// The exit code, and why there is no answer.
type Failed = (i32, String);

/// Runs a wrapper, or the program under test if this is the first program in its namespace. Returns the exit
/// code.
pub(crate) fn run(sandbox: &Path, name: &str, words: &[String], out: &mut Out) -> u8 {
    if let (launcher::NAME, [program, ..]) = (name, words) {
        return match launcher::run(sandbox, Path::new(program)) {
            Ok(()) => 0,
            Err(error) => {
                out.error(&format!("seatrial: {}: {error}", sandbox.display()));
                1
            }
        };
    }
    let shim = Shim {
        sandbox: sandbox.to_owned(),
        name: name.to_owned(),
        words: words.to_vec(),
    };
    let code = shim.run(out).unwrap_or_else(|(code, text)| {
        out.error(&text);
        code
    });
    u8::try_from(code & 0xff).unwrap_or(1)
}

impl Shim {
    fn run(&self, out: &mut Out) -> Result<i32, Failed> {
        match self.name.as_str() {
            name if EVERYWHERE.contains(&name) && !on_a_node() => {
                Err(self.become_real(name, &self.words))
            }
            UNKNOWN => self.engine(&self.words, out),
            name if ENGINE.contains(&name) => self.engine(&self.statement()?, out),
            name if TOOLS.contains(&name) => self.tool(),
            "rm" => self.remove(out),
            "sudo" => self.sudo(out),
            "ssh" => self.ssh(),
            "ping" => self.ping(out),
            "sleep" => self.sleep(),
            "date" => self.date(),
            "timeout" => self.timeout(),
            TYPE_LINE => self.type_line(&self.words.join(" "), out),
            other => Err((127, format!("{other}: command not found"))),
        }
    }

    /// Returns the node that is meant.
    fn node(&self) -> Result<NodeName, Failed> {
        let named = std::env::var("NODE").unwrap_or_default();
        if named.is_empty() {
            return Err((
                REFUSED,
                format!(
                    "seatrial: {}: on which node? Write `ssh NODE {}`, or set NODE",
                    self.name, self.name
                ),
            ));
        }
        Ok(NodeName::new(named))
    }

    fn ask(&self, question: &Question) -> Result<Answer, Failed> {
        self.ask_for(question, None)
    }

    /// Asks a question on behalf of what the program typed.
    fn ask_for(&self, question: &Question, typed: Option<String>) -> Result<Answer, Failed> {
        let lost = |why: &str| {
            (
                REFUSED,
                format!("seatrial: the engine does not answer: {why}"),
            )
        };
        let mut stream = UnixStream::connect(self.sandbox.join("ask"))
            .map_err(|error| lost(&error.to_string()))?;
        let from = std::env::var(place::VARIABLE).ok();
        let asked = Asked {
            from: from.and_then(|line| line.parse().ok()),
            typed,
            question: question.clone(),
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
    fn engine(&self, words: &[String], out: &mut Out) -> Result<i32, Failed> {
        let line = self.line(&self.node()?, words);
        self.type_line(&line, out)
    }

    /// Types a line on the node as it is.
    fn type_line(&self, line: &str, out: &mut Out) -> Result<i32, Failed> {
        let answer = self.ask(&Question::Run {
            line: line.to_owned(),
            node: self.node()?,
            limit_ms: std::env::var(LIMIT).ok().and_then(|ms| ms.parse().ok()),
        })?;
        out.print(&answer.output.stdout);
        if !answer.output.stderr.is_empty() {
            out.error(&answer.output.stderr);
        }
        Ok(if answer.timed_out {
            TIMED_OUT
        } else {
            answer.output.exit
        })
    }

    /// Returns the words as a line, with the node's own paths instead of those of the sandbox.
    fn line(&self, node: &NodeName, words: &[String]) -> String {
        let own = self.files_of(node).display().to_string();
        let words: Vec<String> = words
            .iter()
            .map(|word| match word.strip_prefix(INIT_SCRIPT) {
                Some(name) => format!("/etc/init.d/{name}"),
                None => quote(&word.replace(&own, "")),
            })
            .collect();
        words.join(" ")
    }

    /// Returns the command's words. A statement for `mysql` on standard input becomes its `-e`.
    fn statement(&self) -> Result<Vec<String>, Failed> {
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
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if !text.is_empty() {
                words.extend(["-e".to_owned(), text]);
            }
        }
        Ok(words)
    }

    fn files_of(&self, node: &NodeName) -> PathBuf {
        self.sandbox.join("nodes").join(node.as_str())
    }

    /// Returns the path on the node that a word means, if it means one.
    fn node_path(&self, word: &str) -> Result<Option<(NodeName, String)>, Failed> {
        if NODE_FOLDERS.iter().any(|folder| word.starts_with(folder)) {
            return Ok(Some((self.node()?, word.to_owned())));
        }
        let nodes = self.sandbox.join("nodes");
        let Ok(rest) = Path::new(word).strip_prefix(&nodes) else {
            return Ok(None);
        };
        let rest = rest.display().to_string();
        Ok(rest
            .split_once('/')
            .map(|(node, path)| (NodeName::new(node), format!("/{path}"))))
    }

    /// Runs a tool on files. A node's files are read on the node first, and the real tool reads the copies.
    fn tool(&self) -> Result<i32, Failed> {
        let mut words = Vec::new();
        let mut of_nodes = Vec::new();
        for word in &self.words {
            match self.node_path(word)? {
                None => words.push(word.clone()),
                Some((node, path)) => {
                    let file = self.files_of(&node).join(path.trim_start_matches('/'));
                    self.fetch(&node, &path, &file)?;
                    words.push(file.display().to_string());
                    of_nodes.push((node, path, file));
                }
            }
        }
        let edits = |word: &String| word.starts_with("-i") || word.starts_with("--in-place");
        if self.name == "sed" && !of_nodes.is_empty() && self.words.iter().any(edits) {
            return self.edit(&words, &of_nodes);
        }
        Err(self.become_real(&self.name, &words))
    }

    /// Reads a file on its node into the sandbox.
    fn fetch(&self, node: &NodeName, path: &str, file: &Path) -> Result<(), Failed> {
        let question = Question::Run {
            node: node.clone(),
            line: format!("cat {}", quote(path)),
            limit_ms: None,
        };
        let mut typed = vec![self.name.clone()];
        typed.extend(self.words.iter().cloned());
        let answer = self.ask_for(&question, Some(self.line(node, &typed)))?;
        if answer.output.exit == UNREACHABLE {
            return Err((UNREACHABLE, answer.output.stderr.trim_end().to_owned()));
        }
        let content = (answer.output.exit == 0).then_some(answer.output.stdout.as_str());
        put(file, content).map_err(|error| (1, format!("seatrial: {}: {error}", file.display())))
    }

    /// Runs `sed -i` on a node's file. It knows one edit: to set `safe_to_bootstrap` to 1.
    fn edit(&self, words: &[String], files: &[(NodeName, String, PathBuf)]) -> Result<i32, Failed> {
        let refuse = |text: &str| Err((REFUSED, format!("seatrial: sed -i: {text}")));
        let [(node, path, file)] = files else {
            return refuse("one file of one node at a time");
        };
        let before = std::fs::read_to_string(file);
        let status = Command::new(self.real("sed")?)
            .args(words)
            .status()
            .map_err(|error| (1, format!("sed: {error}")))?;
        let (Ok(before), Ok(after)) = (before, std::fs::read_to_string(file)) else {
            return Ok(status.code().unwrap_or(1));
        };
        if before == after {
            return Ok(status.code().unwrap_or(1));
        }
        let forced = before.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1");
        if path != GRASTATE || after != forced {
            return refuse(
                "the only edit of a node's file that the engine knows sets safe_to_bootstrap to 1",
            );
        }
        let answer = self.ask(&Question::Run {
            node: node.clone(),
            line: "cm-cluster-manage --force-safe-to-bootstrap".to_owned(),
            limit_ms: None,
        })?;
        Ok(answer.output.exit)
    }

    fn remove(&self, out: &mut Out) -> Result<i32, Failed> {
        let mut of_node = false;
        for word in &self.words {
            of_node |= self.node_path(word)?.is_some();
        }
        if !of_node {
            return Err(self.become_real("rm", &self.words));
        }
        let mut words = vec!["rm".to_owned()];
        words.extend(self.words.iter().cloned());
        self.engine(&words, out)
    }

    /// Runs what follows `sudo`. A command of a node keeps its `sudo`; any other command runs without it.
    fn sudo(&self, out: &mut Out) -> Result<i32, Failed> {
        let mut rest = self.words.as_slice();
        while let Some((option, after)) = rest.split_first().filter(|(w, _)| w.starts_with('-')) {
            rest = match option.as_str() {
                "-u" | "--user" | "-g" => after.get(1..).unwrap_or(&[]),
                "--" => {
                    rest = after;
                    break;
                }
                _ => after,
            };
        }
        let Some((command, after)) = rest.split_first() else {
            return Err((1, "usage: sudo [-u user] [command [arg ...]]".to_owned()));
        };
        let name = plain(command);
        if ENGINE.contains(&name) {
            let given = Shim {
                sandbox: self.sandbox.clone(),
                name: name.to_owned(),
                words: after.to_vec(),
            };
            let mut words = vec!["sudo".to_owned()];
            words.extend(self.words[..self.words.len() - rest.len()].iter().cloned());
            words.extend(given.statement()?);
            return self.engine(&words, out);
        }
        if names().any(|known| known == name) {
            let given = Shim {
                sandbox: self.sandbox.clone(),
                name: name.to_owned(),
                words: after.to_vec(),
            };
            return given.run(out);
        }
        let path = std::env::var("PATH").unwrap_or_default();
        if on_a_node() && !command.contains('/') && find(command, &path).is_none() {
            let mut words = vec!["sudo".to_owned()];
            words.extend(self.words.iter().cloned());
            return self.engine(&words, out);
        }
        Err(failed_to_run(
            command,
            &Command::new(command).args(after).exec(),
        ))
    }

    /// Runs `ssh [options] [user@]NODE [command]`. The line runs in a shell that finds only the node's commands
    /// and a few filters.
    fn ssh(&self) -> Result<i32, Failed> {
        let mut rest = self.words.as_slice();
        while let Some((option, after)) = rest.split_first().filter(|(w, _)| w.starts_with('-')) {
            // The options of `ssh` that have a value (`ssh.c`).
            let takes = option.len() == 2 && "BbcDEeFIiJLlmOopQRSWw".contains(&option[1..]);
            rest = if takes {
                after.get(1..).unwrap_or(&[])
            } else {
                after
            };
        }
        let Some((target, command)) = rest.split_first() else {
            return Err((
                UNREACHABLE,
                "usage: ssh [options] NODE [command]".to_owned(),
            ));
        };
        let node = NodeName::new(target.rsplit('@').next().unwrap_or(target));
        let answer = self.ask(&Question::Reach { node: node.clone() })?;
        if answer.output.exit != 0 {
            return Err((UNREACHABLE, answer.output.stderr.trim_end().to_owned()));
        }
        let files = self.files_of(&node);
        let start = self.sandbox.join("shell-start");
        let bash = self
            .real("bash")
            .ok()
            .filter(|_| std::fs::write(&start, SHELL_START).is_ok());
        let mut shell = Command::new(bash.as_deref().unwrap_or(Path::new("/bin/sh")));
        shell.env("BASH_ENV", &start);
        if command.is_empty() {
            shell.arg("-s");
        } else {
            let line = command.join(" ");
            if let Some(target) = writes_to(&line) {
                return Err((
                    REFUSED,
                    format!("seatrial: ssh {node}: a line for a node cannot write to {target}"),
                ));
            }
            shell.arg("-c").arg(on_node(&line, &files));
        }
        // The home folder of the node's shell is inside the sandbox, and so is what the shell writes there.
        let home = std::fs::create_dir_all(&files).map(|()| files.clone());
        let error = shell
            .current_dir(home.unwrap_or_else(|_| self.sandbox.clone()))
            .env("PATH", self.sandbox.join("remote"))
            .env("NODE", node.as_str())
            .exec();
        Err(failed_to_run("ssh", &error))
    }

    fn ping(&self, out: &mut Out) -> Result<i32, Failed> {
        let Some(target) = self.words.last() else {
            return Err((
                2,
                "ping: usage error: Destination address required".to_owned(),
            ));
        };
        let node = NodeName::new(target.clone());
        let answer = self.ask(&Question::Reach { node })?;
        let there = answer.output.exit == 0;
        out.line(&format!(
            "--- {target} ping statistics ---\n1 packets transmitted, {} received",
            u8::from(there)
        ));
        Ok(i32::from(!there))
    }

    fn sleep(&self) -> Result<i32, Failed> {
        let mut ms = 0_u64;
        for word in &self.words {
            let span = span_ms(word)
                .ok_or_else(|| (1, format!("sleep: invalid time interval '{word}'")))?;
            ms = ms.saturating_add(span);
        }
        if self.words.is_empty() {
            return Err((1, "sleep: missing operand".to_owned()));
        }
        self.ask(&Question::Sleep { ms })?;
        Ok(0)
    }

    /// Runs the real `date` with the simulated time.
    fn date(&self) -> Result<i32, Failed> {
        let fixed = |word: &String| {
            ["-d", "-r", "-s", "--date", "--reference", "--set"]
                .iter()
                .any(|option| word.starts_with(option))
        };
        let mut words = self.words.clone();
        if !self.words.iter().any(fixed) {
            let now = self.ask(&Question::Clock)?.now_ms;
            let at = format!("@{}.{:03}", EPOCH + now / 1_000, now % 1_000);
            words.splice(0..0, ["-d".to_owned(), at]);
        }
        Err(self.become_real("date", &words))
    }

    /// Runs `timeout SPAN command`. The limit is in simulated time.
    fn timeout(&self) -> Result<i32, Failed> {
        let mut rest = self.words.as_slice();
        while let Some((option, after)) = rest.split_first().filter(|(w, _)| w.starts_with('-')) {
            rest = match option.as_str() {
                "-s" | "-k" | "--signal" | "--kill-after" => after.get(1..).unwrap_or(&[]),
                _ => after,
            };
        }
        let [span, command, words @ ..] = rest else {
            return Err((125, "timeout: missing operand".to_owned()));
        };
        let ms = span_ms(span)
            .ok_or_else(|| (125, format!("timeout: invalid time interval '{span}'")))?;
        let error = Command::new(command)
            .args(words)
            .env(LIMIT, ms.to_string())
            .exec();
        Err(failed_to_run(command, &error))
    }

    /// Returns the path of the real program of a name.
    fn real(&self, name: &str) -> Result<PathBuf, Failed> {
        let path = std::fs::read_to_string(self.sandbox.join("path")).unwrap_or_default();
        find(name, &path).ok_or_else(|| (127, format!("{name}: command not found")))
    }

    /// Becomes the real program. It returns only if that fails.
    fn become_real(&self, name: &str, words: &[String]) -> Failed {
        match self.real(name) {
            Ok(real) => {
                let mut command = Command::new(real);
                command.args(words.iter().map(OsString::from));
                if self.words.is_empty() && io::stdin().is_terminal() {
                    command.stdin(Stdio::null());
                }
                failed_to_run(name, &command.exec())
            }
            Err(failed) => failed,
        }
    }
}

/// Returns whether a node is meant.
fn on_a_node() -> bool {
    std::env::var_os("NODE").is_some_and(|node| !node.is_empty())
}

/// The exit code of `ssh` if the host does not answer.
const UNREACHABLE: i32 = 255;

fn failed_to_run(name: &str, error: &io::Error) -> Failed {
    let code = if error.kind() == io::ErrorKind::NotFound {
        127
    } else {
        REFUSED
    };
    (code, format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapper_has_its_command() {
        let special = OWN;
        for name in names() {
            let known = [&ENGINE[..], &TOOLS[..], &special[..]];
            assert!(known.iter().any(|some| some.contains(&name)), "{name}");
        }
        assert_eq!(names().count(), ENGINE.len() + TOOLS.len() + special.len());
    }
}
