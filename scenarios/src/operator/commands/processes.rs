//! `ps`, `pgrep`, `pidof`, `pkill` and `kill`, on the processes of the simulated host: systemd and the server.

use seatrial_port::Output;
use seatrial_port::host::{Host, Signal, Step};

use super::output::{failed, printed};

/// The options of the server's command line, as `ps` shows them.
const SERVER: &str = "/usr/sbin/";

/// A command about processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Processes {
    /// `ps`: whether a line shows the user, the number and the command, or fields of a choice.
    List(Listing),
    /// `pgrep`: what the name is compared with, and what is printed.
    Find {
        /// The pattern.
        wanted: Wanted,
        /// Print the names too (`-l`, `-a`).
        names: bool,
        /// Print the number of processes (`-c`).
        count: bool,
    },
    /// `pidof`.
    PidOf(Vec<String>),
    /// `pkill`.
    Kill(Wanted, Sent),
    /// `kill`.
    KillNumbers(Vec<u32>, Sent),
}

/// The form of `ps`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Listing {
    /// Only processes of these names (`-C`).
    named: Option<Vec<String>>,
    /// The fields (`-o`), empty for the usual line.
    fields: Vec<Field>,
    /// `aux`, rather than `-ef`.
    bsd: bool,
    head: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Field {
    Pid,
    User,
    Name,
    Command,
    State,
}

/// The processes that are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    /// The texts, any of which may fit; none for all.
    patterns: Vec<String>,
    /// The whole name must fit (`-x`).
    exact: bool,
    /// The command line is looked at, not the name (`-f`).
    full: bool,
    /// The user (`-u`).
    user: Option<String>,
}

/// A signal to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sent {
    /// Signal 0: nothing but the question whether there is such a process.
    Nothing,
    /// A signal.
    Signal(Signal),
}

/// A process of the host.
struct Process {
    pid: u32,
    name: &'static str,
    user: &'static str,
    command: String,
}

fn processes(host: &dyn Host) -> Vec<Process> {
    let mut all = vec![Process {
        pid: 1,
        name: "systemd",
        user: "root",
        command: "/sbin/init".to_owned(),
    }];
    if let Some((pid, name)) = host.server_process() {
        let user = if name == "garbd" { "nobody" } else { "mysql" };
        let command = format!("{SERVER}{name}");
        all.push(Process {
            pid,
            name,
            user,
            command,
        });
    }
    if let Some(pid) = host.watcher() {
        all.push(Process {
            pid,
            name: "mysqld_safe",
            user: "root",
            command: "/bin/sh /usr/bin/mysqld_safe".to_owned(),
        });
    }
    all
}

impl Wanted {
    fn is(&self, process: &Process) -> bool {
        let text = if self.full {
            &process.command
        } else {
            process.name
        };
        let fits = |pattern: &String| {
            // A regular expression's commonest forms: anchors, and a first letter in brackets.
            let plain = pattern.replace(['[', ']'], "");
            let (begins, plain) = match plain.strip_prefix('^') {
                Some(rest) => (true, rest.to_owned()),
                None => (false, plain),
            };
            let (ends, plain) = match plain.strip_suffix('$') {
                Some(rest) => (true, rest.to_owned()),
                None => (false, plain),
            };
            plain
                .split('|')
                .any(|word| match (begins || self.exact, ends || self.exact) {
                    (true, true) => text == word,
                    (true, false) => text.starts_with(word),
                    (false, true) => text.ends_with(word),
                    (false, false) => text.contains(word),
                })
        };
        (self.patterns.is_empty() || self.patterns.iter().any(fits))
            && self.user.as_ref().is_none_or(|user| user == process.user)
    }
}

impl Processes {
    /// Reads the words after one of [`NAMES`].
    pub(super) fn parse(name: &str, words: &[String]) -> Result<Self, Output> {
        match name {
            "ps" => ps(words).map(Self::List),
            "pidof" => Ok(Self::PidOf(
                words
                    .iter()
                    .filter(|word| !word.starts_with('-'))
                    .cloned()
                    .collect(),
            )),
            "kill" => kill(words),
            _ => pattern(name, words),
        }
    }

    /// Looks, or sends the signals.
    pub(super) fn step(&self, host: &mut dyn Host) -> Step {
        let all = processes(host);
        Step::Done(match self {
            Self::List(listing) => listing.print(&all),
            Self::PidOf(names) => {
                let found: Vec<String> = all
                    .iter()
                    .filter(|process| {
                        names
                            .iter()
                            .any(|name| name == process.name || *name == process.command)
                    })
                    .map(|process| process.pid.to_string())
                    .collect();
                lines_or_one(found.join(" "))
            }
            Self::Find {
                wanted,
                names,
                count,
            } => {
                let found: Vec<&Process> =
                    all.iter().filter(|process| wanted.is(process)).collect();
                if *count {
                    return Step::Done(Output {
                        exit: i32::from(found.is_empty()),
                        ..printed(format!("{}\n", found.len()))
                    });
                }
                let lines: Vec<String> = found
                    .iter()
                    .map(|process| match (names, wanted.full) {
                        (true, true) => format!("{} {}", process.pid, process.command),
                        (true, false) => format!("{} {}", process.pid, process.name),
                        (false, _) => process.pid.to_string(),
                    })
                    .collect();
                lines_or_one(lines.join("\n"))
            }
            Self::Kill(wanted, sent) => {
                let found: Vec<Process> = all
                    .into_iter()
                    .filter(|process| wanted.is(process))
                    .collect();
                let exit = i32::from(found.is_empty());
                for process in found {
                    send(host, process.name, *sent);
                }
                Output {
                    exit,
                    ..printed("")
                }
            }
            Self::KillNumbers(pids, sent) => {
                let mut complaints = String::new();
                for pid in pids {
                    match all.iter().find(|process| process.pid == *pid) {
                        Some(process) => send(host, process.name, *sent),
                        None => {
                            complaints.extend([format!("bash: kill: ({pid}) - No such process\n")]);
                        }
                    }
                }
                Output {
                    exit: i32::from(!complaints.is_empty()),
                    stderr: complaints,
                    ..printed("")
                }
            }
        })
    }
}

/// The commands of this file.
pub(super) const NAMES: [&str; 5] = ["kill", "pgrep", "pidof", "pkill", "ps"];

fn send(host: &mut dyn Host, name: &str, sent: Sent) {
    // systemd does not let itself be killed.
    if let (Sent::Signal(signal), true) = (sent, name != "systemd") {
        host.signal(name, signal);
    }
}

fn lines_or_one(text: String) -> Output {
    if text.is_empty() {
        Output {
            exit: 1,
            ..printed("")
        }
    } else {
        printed(text + "\n")
    }
}

fn signal(name: &str) -> Result<Sent, Output> {
    Ok(match name.strip_prefix("SIG").unwrap_or(name) {
        "0" => Sent::Nothing,
        "9" | "KILL" => Sent::Signal(Signal::Kill),
        "15" | "TERM" => Sent::Signal(Signal::Term),
        _ => {
            return Err(failed(
                1,
                format!("this console does not send signal {name}"),
            ));
        }
    })
}

fn kill(words: &[String]) -> Result<Processes, Output> {
    let mut sent = Sent::Signal(Signal::Term);
    let mut pids = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" | "-n" => sent = signal(words.next().map_or("", String::as_str))?,
            "--" => {}
            option if option.starts_with('-') => sent = signal(&option[1..])?,
            number => pids.push(number.parse().map_err(|_| {
                failed(
                    1,
                    format!("bash: kill: {number}: arguments must be process or job IDs"),
                )
            })?),
        }
    }
    if pids.is_empty() {
        return Err(failed(
            2,
            "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]",
        ));
    }
    Ok(Processes::KillNumbers(pids, sent))
}

/// Reads `pgrep` and `pkill`.
fn pattern(name: &str, words: &[String]) -> Result<Processes, Output> {
    let mut wanted = Wanted {
        patterns: Vec::new(),
        exact: false,
        full: false,
        user: None,
    };
    let (mut names, mut count, mut sent) = (false, false, Sent::Signal(Signal::Term));
    // `-fa` is `-f -a`; a signal's name has capitals.
    let words: Vec<String> = words
        .iter()
        .flat_map(|word| match word.strip_prefix('-') {
            Some(letters)
                if letters.len() > 1 && letters.chars().all(|c| "xflacone".contains(c)) =>
            {
                letters.chars().map(|c| format!("-{c}")).collect()
            }
            _ => vec![word.clone()],
        })
        .collect();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-x" | "--exact" => wanted.exact = true,
            "-f" | "--full" => wanted.full = true,
            "-l" | "--list-name" if name == "pgrep" => names = true,
            "-a" | "--list-full" if name == "pgrep" => (names, wanted.full) = (true, true),
            "-c" | "--count" => count = true,
            "-u" | "-U" | "--euid" | "--uid" => wanted.user = words.next().cloned(),
            "-o" | "-n" | "-e" => {}
            "-s" | "--signal" if name == "pkill" => {
                sent = signal(words.next().map_or("", String::as_str))?;
            }
            option if option.starts_with("--signal=") => {
                sent = signal(&option["--signal=".len()..])?;
            }
            option if option.starts_with('-') && name == "pkill" => sent = signal(&option[1..])?,
            option if option.starts_with('-') => {
                return Err(failed(
                    2,
                    format!("{name}: this console does not know {option}"),
                ));
            }
            text => wanted.patterns.push(text.to_owned()),
        }
    }
    if wanted.patterns.is_empty() && wanted.user.is_none() {
        return Err(failed(
            2,
            format!(
                "{name}: no matching criteria specified\nTry `{name} --help' for more information."
            ),
        ));
    }
    Ok(if name == "pgrep" {
        Processes::Find {
            wanted,
            names,
            count,
        }
    } else {
        Processes::Kill(wanted, sent)
    })
}

fn ps(words: &[String]) -> Result<Listing, Output> {
    let mut listing = Listing {
        named: None,
        fields: Vec::new(),
        bsd: false,
        head: true,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "aux" | "auxw" | "auxww" | "ax" | "axu" => listing.bsd = true,
            "-e" | "-A" | "-ef" | "-efw" | "-efww" | "-f" | "-w" | "-ww" | "ww" => {}
            "-C" => {
                let names = words.next().map_or("", String::as_str);
                listing.named = Some(names.split(',').map(str::to_owned).collect());
            }
            "--no-headers" | "--no-heading" | "h" => listing.head = false,
            "-o" | "-eo" | "-Ao" | "axo" => {
                fields(words.next().map_or("", String::as_str), &mut listing)?;
            }
            option if option.starts_with("-o") => fields(&option[2..], &mut listing)?,
            odd => return Err(failed(1, format!("this console does not know ps {odd}"))),
        }
    }
    Ok(listing)
}

fn fields(list: &str, listing: &mut Listing) -> Result<(), Output> {
    for field in list.split(',') {
        // `pid=` is a field without a title.
        let name = field
            .strip_suffix('=')
            .inspect(|_| listing.head = false)
            .unwrap_or(field);
        listing.fields.push(match name {
            "pid" => Field::Pid,
            "user" | "euser" | "uname" => Field::User,
            "comm" | "ucmd" => Field::Name,
            "args" | "cmd" | "command" => Field::Command,
            "stat" | "state" | "s" => Field::State,
            _ => {
                return Err(failed(
                    1,
                    format!("this console does not know ps -o {name}"),
                ));
            }
        });
    }
    Ok(())
}

impl Listing {
    fn print(&self, all: &[Process]) -> Output {
        let shown: Vec<&Process> = all
            .iter()
            .filter(|process| {
                self.named
                    .as_ref()
                    .is_none_or(|names| names.iter().any(|name| name == process.name))
            })
            .collect();
        let mut text = String::new();
        if self.head {
            text.push_str(&self.title());
            text.push('\n');
        }
        for process in &shown {
            text.push_str(&self.line(process));
            text.push('\n');
        }
        Output {
            exit: i32::from(shown.is_empty()),
            ..printed(text)
        }
    }

    fn title(&self) -> String {
        if !self.fields.is_empty() {
            let titles = self.fields.iter().map(|field| match field {
                Field::Pid => "    PID",
                Field::User => "USER    ",
                Field::Name => "COMMAND        ",
                Field::Command => "COMMAND",
                Field::State => "STAT",
            });
            return titles.collect::<Vec<_>>().join(" ");
        }
        if self.bsd {
            "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND".to_owned()
        } else {
            "UID          PID    PPID  C STIME TTY          TIME CMD".to_owned()
        }
    }

    fn line(&self, process: &Process) -> String {
        let Process {
            pid,
            name,
            user,
            command,
        } = process;
        if !self.fields.is_empty() {
            let one = |field: &Field| match (field, self.head) {
                (Field::Pid, true) => format!("{pid:>7}"),
                (Field::Pid, false) => pid.to_string(),
                (Field::User, true) => format!("{user:<8}"),
                (Field::User, false) => (*user).to_owned(),
                (Field::Name, true) => format!("{name:<15}"),
                (Field::Name, false) => (*name).to_owned(),
                (Field::Command, _) => command.clone(),
                (Field::State, _) => "Ssl".to_owned(),
            };
            let line: Vec<String> = self.fields.iter().map(one).collect();
            return line.join(" ").trim_end().to_owned();
        }
        if self.bsd {
            format!(
                "{user:<8} {pid:>7}  0.0  0.0      0     0 ?        Ssl  00:00   0:00 {command}"
            )
        } else {
            format!(
                "{user:<8} {pid:>7} {:>7}  0 00:00 ?        00:00:00 {command}",
                u8::from(*pid != 1)
            )
        }
    }
}
