//! Commands that neither the engine nor the real tool answers: time, users, the network.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use seatrial_scenarios::NodeName;
use seatrial_scenarios::runner::external::Question;

use crate::output::Out;

use super::hosts::files::EPOCH;
use super::line::{plain, span_ms};
use super::sandbox::{self, find};
use super::shim::{Failed, LIMIT, Shim, TIMED_OUT, failed_to_run, is_of_engine};

/// How much real time a command under `timeout` gets that is not one of the engine's: real tools need no more, unless
/// they wait for something that only simulated time brings.
const AT_MOST: Duration = Duration::from_millis(500);

/// Runs what follows `sudo`. A command of the engine keeps its `sudo`; any other command runs without it.
pub(super) fn sudo(shim: &Shim, out: &mut Out) -> Result<i32, Failed> {
    let mut rest = shim.words.as_slice();
    while let Some((option, after)) = rest.split_first().filter(|(w, _)| w.starts_with('-')) {
        rest = match option.as_str() {
            "-u" | "--user" | "-g" | "--group" => after.get(1..).unwrap_or(&[]),
            "--" => {
                rest = after;
                break;
            }
            _ => after,
        };
    }
    // Variables before the command.
    let variables = rest.iter().take_while(|word| is_assignment(word)).count();
    let (variables, rest) = rest.split_at(variables);
    let Some((command, after)) = rest.split_first() else {
        let shell = shim.words.iter().any(|word| word == "-i" || word == "-s");
        if shell {
            return Err(become_shell(&[]));
        }
        return Err((1, "usage: sudo [-u user] [command [arg ...]]".to_owned()));
    };
    let name = plain(command);
    if is_of_engine(name) && variables.is_empty() {
        let given = shim.other(name, after);
        let mut words = vec!["sudo".to_owned()];
        words.extend(shim.words[..shim.words.len() - rest.len()].iter().cloned());
        words.extend(given.statement()?);
        return given.engine(&words, out);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    if shim.host().is_some() && !command.contains('/') && find(command, &path).is_none() {
        let mut words = vec!["sudo".to_owned()];
        words.extend(shim.words.iter().cloned());
        return shim.engine(&words, out);
    }
    let mut program = Command::new(command);
    for variable in variables {
        if let Some((name, value)) = variable.split_once('=') {
            program.env(name, value);
        }
    }
    Err(failed_to_run(command, &program.args(after).exec()))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn become_shell(words: &[String]) -> Failed {
    failed_to_run("bash", &Command::new("/bin/bash").args(words).exec())
}

/// Runs what `su` or `runuser` names. Everybody on a host may do everything.
pub(super) fn su(shim: &Shim) -> Failed {
    let mut words = shim.words.iter();
    while let Some(word) = words.next() {
        if let Some(line) = word.strip_prefix("--command=") {
            return become_shell(&["-c".to_owned(), line.to_owned()]);
        }
        if word == "-c" || word == "--command" {
            let line = words.next().cloned().unwrap_or_default();
            return become_shell(&["-c".to_owned(), line]);
        }
        if word == "--" || (shim.name == "runuser" && word == "-u") {
            let rest: Vec<String> = words.filter(|word| *word != "--").cloned().collect();
            let skip = usize::from(word == "-u");
            let Some((command, after)) = rest.get(skip..).and_then(<[String]>::split_first) else {
                break;
            };
            return failed_to_run(command, &Command::new(command).args(after).exec());
        }
    }
    become_shell(&[])
}

/// Runs `chown` or `chgrp`. Owners are not modelled: what must exist is looked at, and nothing else happens.
pub(super) fn chown(shim: &Shim) -> Result<i32, Failed> {
    /// The users and groups of a host.
    const KNOWN: [&str; 8] = [
        "root", "mysql", "nobody", "nogroup", "adm", "0", "101", "65534",
    ];
    let mut words = shim
        .words
        .iter()
        .filter(|word| !word.starts_with('-') || *word == "-");
    let by_reference = shim
        .words
        .iter()
        .any(|word| word.starts_with("--reference"));
    if !by_reference {
        let Some(owner) = words.next() else {
            return Err((1, format!("{}: missing operand", shim.name)));
        };
        let mut parts = owner.split([':', '.']).filter(|part| !part.is_empty());
        if let Some(odd) = parts.find(|part| !KNOWN.contains(part)) {
            return Err((
                1,
                format!("{}: invalid user: \u{2018}{odd}\u{2019}", shim.name),
            ));
        }
    }
    let files: Vec<&String> = words.collect();
    if files.is_empty() {
        return Err((1, format!("{}: missing operand", shim.name)));
    }
    for file in files {
        if Path::new(file).symlink_metadata().is_err() {
            return Err((
                1,
                format!(
                    "{}: cannot access '{file}': No such file or directory",
                    shim.name
                ),
            ));
        }
    }
    Ok(0)
}

/// Runs `kill`: the engine's processes first, then those of the host's own shell.
pub(super) fn kill(shim: &Shim, out: &mut Out) -> Result<i32, Failed> {
    let answer = shim.typed(&format!("kill {}", shim.words.join(" ")))?;
    if answer.output.exit == 0 || !answer.output.stderr.contains("No such process") {
        out.print(&answer.output.stdout);
        if !answer.output.stderr.is_empty() {
            out.error(&answer.output.stderr);
        }
        return Ok(answer.output.exit);
    }
    let mut words = vec![
        "-c".to_owned(),
        "enable kill; kill \"$@\"".to_owned(),
        "kill".to_owned(),
    ];
    words.extend(shim.words.iter().cloned());
    Err(become_shell(&words))
}

/// Prints the addresses of the host.
pub(super) fn ip(shim: &Shim, out: &mut Out) -> Result<i32, Failed> {
    let shows = ["a", "addr", "address", "-4", "-br", "-brief", "-o", "show"];
    if !shim.words.iter().all(|word| shows.contains(&word.as_str())) {
        let mut words = vec!["unknown-command".to_owned(), "ip".to_owned()];
        words.extend(shim.words.iter().cloned());
        return shim.engine(&words[1..], out);
    }
    let own = shim.host().and_then(|node| entry(shim, node.as_str()));
    let address = own.unwrap_or_default();
    let brief = shim.words.iter().any(|word| word.starts_with("-br"));
    out.line(&if brief {
        format!("lo               UNKNOWN        127.0.0.1/8\neth0             UP             {address}/24")
    } else {
        format!(
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n\
             2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n    inet {address}/24 scope global eth0"
        )
    });
    Ok(0)
}

/// Returns the address of a host by one of its names.
fn entry(shim: &Shim, name: &str) -> Option<String> {
    let names = std::fs::read_to_string(shim.folder.join(sandbox::NAMES)).ok()?;
    let line = names
        .lines()
        .find(|line| line.split(' ').any(|one| one == name))?;
    line.split(' ').next().map(str::to_owned)
}

/// Runs `ping`: one packet, by what the engine says of the host.
pub(super) fn ping(shim: &Shim, out: &mut Out) -> Result<i32, Failed> {
    let Some(target) = shim.words.last() else {
        return Err((
            2,
            "ping: usage error: Destination address required".to_owned(),
        ));
    };
    let node = super::ssh::resolve(shim, target);
    let answer = shim.ask(Question::Reach {
        node: NodeName::new(node.as_str()),
    })?;
    if answer.output.stderr.contains("resolve") {
        return Err((2, format!("ping: {target}: Name or service not known")));
    }
    let there = answer.output.exit == 0;
    out.line(&format!(
        "--- {target} ping statistics ---\n1 packets transmitted, {} received",
        u8::from(there)
    ));
    Ok(i32::from(!there))
}

/// Runs `sleep`, in simulated time.
pub(super) fn sleep(shim: &Shim) -> Result<i32, Failed> {
    let mut ms = 0_u64;
    for word in &shim.words {
        let span =
            span_ms(word).ok_or_else(|| (1, format!("sleep: invalid time interval '{word}'")))?;
        ms = ms.saturating_add(span);
    }
    if shim.words.is_empty() {
        return Err((1, "sleep: missing operand".to_owned()));
    }
    shim.ask(Question::Sleep { ms })?;
    Ok(0)
}

/// Runs the real `date` with the simulated time.
pub(super) fn date(shim: &Shim) -> Result<i32, Failed> {
    let fixed = |word: &String| {
        ["-d", "-r", "-s", "--date", "--reference", "--set"]
            .iter()
            .any(|option| word.starts_with(option))
    };
    let mut words = shim.words.clone();
    if !shim.words.iter().any(fixed) {
        let now = shim.ask(Question::Clock)?.now_ms;
        let at = format!("@{}.{:03}", EPOCH + now / 1_000, now % 1_000);
        words.splice(0..0, ["-d".to_owned(), at]);
    }
    Err(shim.become_real("date", &words))
}

/// Runs `timeout SPAN command`. The limit is in simulated time: commands of the engine keep it themselves. A real tool
/// that does not end by itself waits for something, and is ended when the limit has passed in simulated time.
pub(super) fn timeout(shim: &Shim) -> Result<i32, Failed> {
    let mut rest = shim.words.as_slice();
    while let Some((option, after)) = rest.split_first().filter(|(w, _)| w.starts_with('-')) {
        rest = match option.as_str() {
            "-s" | "-k" | "--signal" | "--kill-after" => after.get(1..).unwrap_or(&[]),
            _ => after,
        };
    }
    let [span, command, words @ ..] = rest else {
        return Err((125, "timeout: missing operand".to_owned()));
    };
    let ms =
        span_ms(span).ok_or_else(|| (125, format!("timeout: invalid time interval '{span}'")))?;
    let mut program = Command::new(command);
    program.args(words).env(LIMIT, ms.to_string());
    let is_real =
        shim.host().is_some() && !is_of_engine(plain(command)) && !ASKING.contains(&plain(command));
    if !is_real {
        return Err(failed_to_run(command, &program.exec()));
    }
    let mut child = program
        .spawn()
        .map_err(|error| failed_to_run(command, &error))?;
    if let Some(code) = ended_within(&mut child, AT_MOST) {
        return Ok(code);
    }
    shim.ask(Question::Sleep { ms })?;
    if let Some(code) = ended_within(&mut child, Duration::from_millis(50)) {
        return Ok(code);
    }
    // It may have ended in this instant.
    let _ = child.kill();
    let _ = child.wait();
    Ok(TIMED_OUT)
}

/// Programs that may run commands of the engine, whose time is theirs.
const ASKING: [&str; 7] = ["bash", "sh", "sudo", "ssh", "su", "runuser", "env"];

fn ended_within(child: &mut Child, limit: Duration) -> Option<i32> {
    let until = Instant::now() + limit;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status.code().unwrap_or(TIMED_OUT));
        }
        if Instant::now() >= until {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
