//! Reads a line of the prompt.

use std::fmt::Write as _;

use seatrial_scenarios::{NodeName, Span};

use super::help;
use super::words::{faults, quoted, until};
use seatrial_reports::nearest;

/// The longest line that is read, in bytes.
pub const LINE_MAX: usize = 4096;

/// The longest `wait`: to simulate an hour of a busy cluster takes a while.
const WAIT_MAX: Span = Span::from_secs(60 * 60);

/// The request of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Nothing: the line is empty, or a comment.
    Nothing,
    /// Something that happens to the cluster.
    Act(Act),
    /// The next steps of the scenario.
    Next(Option<usize>),
    /// The state of all nodes.
    Status,
    /// The reasons for a node's state.
    Why(NodeName),
    /// The nodes that hold each transaction.
    History,
    /// The moments so far.
    Moments,
    /// A number of moments back.
    Back(usize),
    /// Go to a moment or a fork.
    Goto(String),
    /// Start a fork with this name at the present moment.
    Fork(String),
    /// The differences between two moments, or between one and now.
    Diff(String, Option<String>),
    /// The state's hash.
    Hash,
    /// The session as a scenario file.
    Save(String),
    /// Go back to the first moment.
    Reset,
    /// The missions, or the start of one.
    Mission(Option<String>),
    /// Leave the mission.
    Leave,
    /// The next hint.
    Hint,
    /// The mission's end: grade and better way.
    Debrief,
    /// Explain the commands.
    Help(Option<String>),
    /// Leave.
    Quit,
}

/// Something that happens to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// A command that an operator types, on several nodes in one instant.
    Typed {
        /// The nodes.
        nodes: Vec<NodeName>,
        /// The line.
        line: String,
        /// Whether it is left running.
        background: bool,
        /// The time after which Ctrl-C is pressed.
        ctrl_c: Option<Span>,
    },
    /// Rows that a client writes.
    Write {
        /// The node to which the client is connected.
        node: NodeName,
        /// The number of rows; `None` for one that is left running.
        rows: Option<u32>,
    },
    /// Another action, as a scenario file writes it.
    Action(String),
}

impl Act {
    /// Returns the action that ends a load.
    pub(crate) fn end_of_load(nodes: &[NodeName]) -> Self {
        // The language wants a node, and 0 clients end the load wherever it is.
        let first = nodes.first().map_or("A", NodeName::as_str);
        Self::Action(format!(
            "load = {{ nodes = [{}], clients = 0 }}",
            quoted(first)
        ))
    }

    /// Returns the action as a scenario file writes it. `jobs` counts the requests that were left running so far.
    pub(crate) fn toml(&self, jobs: &mut u32) -> String {
        let mut name = || {
            *jobs += 1;
            format!("lab-{jobs}")
        };
        match self {
            Self::Action(text) => text.clone(),
            Self::Write {
                node,
                rows: Some(rows),
            } => format!(
                "write = {{ node = {}, rows = {rows} }}",
                quoted(node.as_str())
            ),
            Self::Write { node, rows: None } => format!(
                "write = {{ node = {}, rows = 1, as = {} }}",
                quoted(node.as_str()),
                quoted(&name())
            ),
            Self::Typed {
                nodes,
                line,
                background,
                ctrl_c,
            } => {
                let mut parts = nodes.iter().map(|node| {
                    let mut text = format!(
                        "operator = {{ node = {}, run = {}",
                        quoted(node.as_str()),
                        quoted(line)
                    );
                    if let Some(span) = ctrl_c {
                        let _ = write!(text, ", interrupt_after = {}", quoted(&span.to_string()));
                    }
                    if *background {
                        let _ = write!(text, ", as = {}", quoted(&name()));
                    }
                    text + " }"
                });
                if nodes.len() == 1 {
                    return parts.next().unwrap_or_default();
                }
                let parts: Vec<String> = parts.map(|part| format!("{{ {part} }}")).collect();
                format!("together = [{}]", parts.join(", "))
            }
        }
    }
}

/// The reason why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The problem.
    pub(crate) text: String,
    /// The remedy.
    pub(crate) help: Option<String>,
}

impl Trouble {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the trouble with a line that does not have the form of a command.
    pub(super) fn usage(name: &str) -> Self {
        let usage = help::usage(name).unwrap_or(name);
        Self::new(format!("`{name}` is used like this: {usage}"))
            .help(format!("`help {name}` says more"))
    }

    /// Returns the trouble with an unknown name, with the name that may have been meant.
    pub(crate) fn unknown<'a>(
        what: &str,
        typed: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        let short: String = typed.chars().take(40).collect();
        let trouble = Self::new(format!("there is no {what} `{}`", short.escape_debug()));
        if let Some(near) = nearest(typed, known.clone()).first() {
            return trouble.help(format!("did you mean `{near}`?"));
        }
        let known: Vec<&str> = known.into_iter().collect();
        trouble.help(format!("known: {}", known.join(", ")))
    }
}

/// Reads a line. `nodes` are the nodes of the cluster.
pub(crate) fn parse(line: &str, nodes: &[NodeName]) -> Result<Command, Trouble> {
    if line.len() > LINE_MAX {
        return Err(
            Trouble::new(format!("this line is longer than {LINE_MAX} bytes"))
                .help("was something else pasted?"),
        );
    }
    let line = line.trim();
    if line.chars().any(char::is_control) {
        return Err(Trouble::new("this line contains control characters"));
    }
    if line.is_empty() || line.starts_with('#') {
        return Ok(Command::Nothing);
    }
    if let Some(act) = typed(line, nodes, None)? {
        return Ok(Command::Act(act));
    }
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let words: Vec<&str> = rest.split_whitespace().collect();
    let none = |command: Command| match words.as_slice() {
        [] => Ok(command),
        _ => Err(Trouble::usage(name)),
    };
    match name {
        "status" => none(Command::Status),
        "history" => none(Command::History),
        "moments" => none(Command::Moments),
        "hash" => none(Command::Hash),
        "reset" => none(Command::Reset),
        "hint" => none(Command::Hint),
        "leave" => none(Command::Leave),
        "debrief" => none(Command::Debrief),
        "quit" | "exit" => none(Command::Quit),
        "why" => match words.as_slice() {
            [name] => Ok(Command::Why(node(name, nodes)?)),
            _ => Err(Trouble::usage(name)),
        },
        "back" => Ok(Command::Back(count(name, &words)?.unwrap_or(1))),
        "next" => match words.as_slice() {
            ["all"] => Ok(Command::Next(None)),
            words => Ok(Command::Next(Some(count(name, words)?.unwrap_or(1)))),
        },
        "goto" | "fork" => match words.as_slice() {
            [place] if name == "goto" => Ok(Command::Goto((*place).to_owned())),
            [fork] => Ok(Command::Fork((*fork).to_owned())),
            _ => Err(Trouble::usage(name)),
        },
        "diff" => match words.as_slice() {
            [one] => Ok(Command::Diff((*one).to_owned(), None)),
            [one, other] => Ok(Command::Diff((*one).to_owned(), Some((*other).to_owned()))),
            _ => Err(Trouble::usage(name)),
        },
        "save" if rest.is_empty() => Err(Trouble::usage(name)),
        "save" => Ok(Command::Save(rest.to_owned())),
        "mission" | "missions" => match words.as_slice() {
            [] => Ok(Command::Mission(None)),
            [id] => Ok(Command::Mission(Some((*id).to_owned()))),
            _ => Err(Trouble::usage("mission")),
        },
        "help" if rest.is_empty() => Ok(Command::Help(None)),
        "help" => Ok(Command::Help(Some(words.join(" ")))),
        "fault" => faults(&words, nodes).map(|text| Command::Act(Act::Action(text))),
        "client" => client(&words, nodes).map(Command::Act),
        "wait" => wait(&words, nodes).map(|text| Command::Act(Act::Action(text))),
        "procedure" => match words.as_slice() {
            [name] => {
                let text = format!("procedure = {{ name = {} }}", quoted(name));
                Ok(Command::Act(Act::Action(text)))
            }
            _ => Err(Trouble::usage(name)),
        },
        "ctrl-c" => {
            let (after, line) = rest.split_once(' ').ok_or_else(|| Trouble::usage(name))?;
            let act = typed(line.trim(), nodes, Some(span(after)?))?;
            act.map(Command::Act).ok_or_else(|| Trouble::usage(name))
        }
        _ => Err(without_dollar(name, rest, nodes).unwrap_or_else(|| unknown(name, nodes))),
    }
}

/// Returns the trouble with `A sudo …`, which lacks the `$` of a command on a node.
fn without_dollar(name: &str, rest: &str, nodes: &[NodeName]) -> Option<Trouble> {
    let is_node = |one: &str| nodes.iter().any(|node| node.as_str() == one);
    if name != "all" && !name.split(',').all(is_node) {
        return None;
    }
    let help = if rest.is_empty() {
        format!("`{name}$ COMMAND` types a command there; `status` shows all nodes")
    } else {
        format!("type `{name}$ {rest}`")
    };
    Some(Trouble::new(format!("a command on {name} needs a `$`")).help(help))
}

/// Returns the trouble with a word that begins no command.
fn unknown(name: &str, nodes: &[NodeName]) -> Trouble {
    const PROGRAMS: [&str; 17] = [
        "sudo",
        "cm-cluster-manage",
        "cm-run-playbook",
        "systemctl",
        "killall",
        "mysql",
        "mariadb",
        "mysqld_safe",
        "galera_new_cluster",
        "cat",
        "grep",
        "tail",
        "sed",
        "ls",
        "journalctl",
        "rm",
        "reboot",
    ];
    if PROGRAMS.contains(&name) {
        let node = nodes.first().map_or("A", NodeName::as_str);
        return Trouble::new(format!("`{name}` runs on a node, and none is given"))
            .help(format!("type `{node}$ {name} …`"));
    }
    let trouble = Trouble::unknown("command", name, help::names());
    match nearest(name, help::names()).first() {
        Some(_) => trouble,
        None => Trouble {
            help: Some("`help` lists them; an operator's command is typed like `A$ sudo …`".into()),
            ..trouble
        },
    }
}

/// Reads `A$ …`, `A,B$ …` or `all$ …`, with `&` at the end to leave the command running.
fn typed(line: &str, nodes: &[NodeName], ctrl_c: Option<Span>) -> Result<Option<Act>, Trouble> {
    let Some((places, rest)) = line.split_once('$') else {
        return Ok(None);
    };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ',');
    if places.is_empty() || !places.chars().all(word) {
        return Ok(None);
    }
    let places = if places == "all" {
        nodes.to_vec()
    } else {
        some_nodes(places, nodes)?
    };
    let rest = rest.trim();
    let (line, background) = match rest.strip_suffix('&') {
        Some(line) if !line.ends_with('&') => (line.trim_end(), true),
        _ => (rest, false),
    };
    if line.is_empty() {
        return Err(Trouble::new("there is no command after the `$`")
            .help(format!("such as `{}$ systemctl status mariadb`", places[0])));
    }
    Ok(Some(Act::Typed {
        nodes: places,
        line: line.to_owned(),
        background,
        ctrl_c,
    }))
}

fn client(words: &[&str], nodes: &[NodeName]) -> Result<Act, Trouble> {
    match words {
        ["stop"] => Ok(Act::end_of_load(nodes)),
        [name, "write"] => Ok(Act::Write {
            node: node(name, nodes)?,
            rows: Some(1),
        }),
        [name, "write", "&"] => Ok(Act::Write {
            node: node(name, nodes)?,
            rows: None,
        }),
        [name, "write", rows] => Ok(Act::Write {
            node: node(name, nodes)?,
            rows: Some(number(rows)?),
        }),
        [names, "load", clients] => {
            let nodes: Vec<String> = some_nodes(names, nodes)?
                .iter()
                .map(|node| quoted(node.as_str()))
                .collect();
            let clients = number(clients)?;
            Ok(Act::Action(format!(
                "load = {{ nodes = [{}], clients = {clients} }}",
                nodes.join(", ")
            )))
        }
        _ => Err(Trouble::usage("client")),
    }
}

fn wait(words: &[&str], nodes: &[NodeName]) -> Result<String, Trouble> {
    match words {
        ["until", rest @ ..] if !rest.is_empty() => {
            let (state, within) = match rest {
                [state @ .., "within", limit] => (state, long(limit)?),
                state => (state, Span::from_secs(120)),
            };
            let state = until(state, nodes)?;
            Ok(format!(
                "wait = {{ until = {state}, within = {} }}",
                quoted(&within.to_string())
            ))
        }
        [text] if *text != "until" => {
            let span = long(text)?;
            Ok(format!("wait = {{ for = {} }}", quoted(&span.to_string())))
        }
        _ => Err(Trouble::usage("wait")),
    }
}

/// Reads a time that a user may wait.
fn long(text: &str) -> Result<Span, Trouble> {
    let span = span(text)?;
    if span > WAIT_MAX {
        return Err(Trouble::new(format!("{text} is too long for one wait"))
            .help("at most 1h; repeat the command"));
    }
    Ok(span)
}

/// Reads a time that is longer than 0.
pub(super) fn span(text: &str) -> Result<Span, Trouble> {
    match text.parse::<Span>() {
        Ok(span) if span > Span::ZERO => Ok(span),
        Ok(_) => Err(Trouble::new("the time must be longer than 0")),
        Err(_) => {
            let short: String = text.chars().take(40).collect();
            Err(
                Trouble::new(format!("`{}` is not a time", short.escape_debug()))
                    .help("units are ms, s, m and h: `500ms`, `20s`, `5m`"),
            )
        }
    }
}

pub(super) fn number(text: &str) -> Result<u32, Trouble> {
    text.parse()
        .map_err(|_| Trouble::new(format!("`{}` is not a number", text.escape_debug())))
}

/// Returns the number after a command, if there is one.
fn count(name: &str, words: &[&str]) -> Result<Option<usize>, Trouble> {
    match words {
        [] => Ok(None),
        [text] => match number(text)? {
            0 => Err(Trouble::usage(name)),
            number => Ok(usize::try_from(number).ok()),
        },
        _ => Err(Trouble::usage(name)),
    }
}

/// Reads the name of a node. Small letters are accepted if only one node matches.
pub(super) fn node(name: &str, nodes: &[NodeName]) -> Result<NodeName, Trouble> {
    nodes
        .iter()
        .find(|node| node.as_str() == name)
        .or_else(|| {
            nodes
                .iter()
                .find(|node| node.as_str().eq_ignore_ascii_case(name))
        })
        .cloned()
        .ok_or_else(|| Trouble::unknown("node", name, nodes.iter().map(NodeName::as_str)))
}

/// Reads a list of nodes such as `A,B`.
pub(super) fn some_nodes(names: &str, nodes: &[NodeName]) -> Result<Vec<NodeName>, Trouble> {
    let mut some = Vec::new();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let node = node(name, nodes)?;
        if !some.contains(&node) {
            some.push(node);
        }
    }
    if some.is_empty() {
        return Err(Trouble::new("no node is given"));
    }
    Ok(some)
}
