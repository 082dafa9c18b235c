//! Translates the words of faults and states into the text of a scenario file.

use seatrial_scenarios::NodeName;

use super::command::{Trouble, node, number, some_nodes, span};

/// The arguments of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Nothing,
    Node,
    Nodes,
    Cut,
    Partition,
    Damage,
    /// A node and a duration under this key.
    Span(&'static str),
    Percent,
}

/// Every fault: its name at the prompt, its arguments, their usage, and its description.
const FAULTS: &[(&str, Shape, &str, &str)] = &[
    ("terminate", Shape::Nodes, "NODE…", "the servers are killed"),
    (
        "crash",
        Shape::Nodes,
        "NODE…",
        "the servers crash; a supervisor may restart them",
    ),
    ("power-off", Shape::Nodes, "NODE…", "the hosts lose power"),
    ("power-on", Shape::Nodes, "NODE…", "the hosts boot again"),
    (
        "hang",
        Shape::Nodes,
        "NODE…",
        "the servers are suspended (SIGSTOP)",
    ),
    ("resume", Shape::Nodes, "NODE…", "suspended servers go on"),
    (
        "partition",
        Shape::Partition,
        "A B | C",
        "the groups do not reach each other",
    ),
    (
        "cut",
        Shape::Cut,
        "FROM TO",
        "no packet passes from the first node to the second",
    ),
    (
        "heal",
        Shape::Nothing,
        "",
        "every cut, loss and latency ends",
    ),
    (
        "latency",
        Shape::Span("by"),
        "NODE SPAN",
        "packets of the node take this much longer",
    ),
    ("loss", Shape::Percent, "NODE PERCENT", "packets are lost"),
    (
        "flap",
        Shape::Span("period"),
        "NODE SPAN",
        "the node's links come and go",
    ),
    (
        "damage",
        Shape::Damage,
        "NODE FILE HOW",
        "damages a file: delete, empty, garbage or old-copy",
    ),
    (
        "disk-full",
        Shape::Node,
        "NODE",
        "writes to the node's disk fail",
    ),
    (
        "disk-lost",
        Shape::Node,
        "NODE",
        "the node's data folder becomes empty",
    ),
    (
        "interrupt-transfer",
        Shape::Node,
        "NODE",
        "the node's state transfer breaks off",
    ),
    (
        "stop-hangs",
        Shape::Node,
        "NODE",
        "the node's next orderly stop does not end",
    ),
    (
        "read-lock",
        Shape::Node,
        "NODE",
        "a session takes the global read lock",
    ),
    ("read-unlock", Shape::Node, "NODE", "that session ends"),
    (
        "backend-stop",
        Shape::Node,
        "NODE",
        "the node's mail back end ends",
    ),
    (
        "clock-jump",
        Shape::Span("by"),
        "NODE SPAN",
        "the node's clock jumps forward",
    ),
];

/// Returns the names of the faults.
pub(super) fn fault_names() -> impl Iterator<Item = &'static str> + Clone {
    FAULTS.iter().map(|(name, ..)| *name)
}

/// Returns every fault with its usage, for `help`.
pub(super) fn fault_lines() -> Vec<(String, &'static str)> {
    FAULTS
        .iter()
        .map(|(name, _, usage, says)| (format!("{name} {usage}").trim_end().to_owned(), *says))
        .collect()
}

/// Returns a text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(nodes: &[NodeName]) -> String {
    let nodes: Vec<String> = nodes.iter().map(|node| quoted(node.as_str())).collect();
    format!("[{}]", nodes.join(", "))
}

/// Reads the words after `fault`.
pub(super) fn faults(words: &[&str], nodes: &[NodeName]) -> Result<String, Trouble> {
    let [name, rest @ ..] = words else {
        return Err(Trouble::usage("fault"));
    };
    let Some((name, shape, usage, _)) = FAULTS.iter().find(|(known, ..)| known == name) else {
        return Err(Trouble::unknown("fault", name, fault_names()));
    };
    let wrong = || {
        Trouble::new(format!(
            "`fault {name}` is used like this: fault {name} {usage}"
        ))
        .help("`help fault` lists the faults")
    };
    let key = name.replace('-', "_");
    let table = match (shape, rest) {
        (Shape::Nothing, []) => "{}".to_owned(),
        (Shape::Node, [one]) => format!("{{ node = {} }}", quoted(node(one, nodes)?.as_str())),
        (Shape::Nodes, [_, ..]) => {
            format!(
                "{{ nodes = {} }}",
                list(&some_nodes(&rest.join(","), nodes)?)
            )
        }
        (Shape::Cut, [from, to]) => format!(
            "{{ from = {}, to = {} }}",
            quoted(node(from, nodes)?.as_str()),
            quoted(node(to, nodes)?.as_str())
        ),
        (Shape::Partition, [_, ..]) => {
            let groups = rest
                .join(" ")
                .split('|')
                .map(|group| some_nodes(&group.replace(' ', ","), nodes).map(|some| list(&some)))
                .collect::<Result<Vec<_>, _>>()?;
            format!("{{ groups = [{}] }}", groups.join(", "))
        }
        (Shape::Damage, [one, file, how]) => format!(
            "{{ node = {}, file = {}, how = {} }}",
            quoted(node(one, nodes)?.as_str()),
            quoted(file),
            quoted(how)
        ),
        (Shape::Span(span_key), [one, text]) => format!(
            "{{ node = {}, {span_key} = {} }}",
            quoted(node(one, nodes)?.as_str()),
            quoted(&span(text)?.to_string())
        ),
        (Shape::Percent, [one, text]) => format!(
            "{{ node = {}, percent = {} }}",
            quoted(node(one, nodes)?.as_str()),
            number(text.trim_end_matches('%'))?
        ),
        _ => return Err(wrong()),
    };
    Ok(format!("{key} = {table}"))
}

/// Words that name a state by themselves: the key under which a scenario file has them.
const STATES: &[(&str, &[&str])] = &[
    ("process", &["running", "waiting", "exited"]),
    (
        "cluster_status",
        &["Primary", "non-Primary", "Disconnected"],
    ),
    (
        "local_state",
        &[
            "Initialized",
            "Joiner",
            "Joining",
            "Donor",
            "Donor/Desynced",
            "Joined",
            "Synced",
        ],
    ),
];

/// Words about the whole cluster.
const CLUSTER: [&str; 4] = ["all-synced", "primary", "no-primary", "twin-primaries"];

/// Returns the words that may follow `wait until`, for completion.
pub(super) fn state_words() -> impl Iterator<Item = &'static str> {
    STATES
        .iter()
        .flat_map(|(_, words)| words.iter().copied())
        .chain(CLUSTER)
}

/// Translates a state such as `C non-Primary`, `all-synced` or `B safe_to_bootstrap 1` into the table of a
/// scenario's `until`. The scenario language refuses what is not possible.
pub(super) fn until(words: &[&str], nodes: &[NodeName]) -> Result<String, Trouble> {
    let mut entries = Vec::new();
    let mut words = words.iter().copied().peekable();
    let named = words
        .peek()
        .and_then(|word| some_nodes(word, nodes).ok())
        .inspect(|_| {
            words.next();
        });
    match named.as_deref() {
        None => {}
        Some([one]) => entries.push(format!("node = {}", quoted(one.as_str()))),
        Some(several) => entries.push(format!("nodes = {}", list(several))),
    }
    while let Some(word) = words.next() {
        let state = STATES.iter().find_map(|(key, known)| {
            let word = known
                .iter()
                .find(|known| known.eq_ignore_ascii_case(word))?;
            Some((*key, *word))
        });
        let cluster = CLUSTER.iter().find(|known| **known == word);
        match (state, cluster) {
            // After a node, `primary` is the status of that node; alone, that of the cluster.
            (Some((key, word)), _) if named.is_some() => {
                entries.push(format!("{key} = {}", quoted(word)));
            }
            (_, Some(word)) => entries.push(format!("cluster = {}", quoted(word))),
            (Some(_), None) => {
                return Err(Trouble::new(format!("`{word}` needs a node"))
                    .help(format!("type `wait until {} {word}`", nodes[0])));
            }
            (None, None) => {
                let key = word.trim_start_matches("wsrep_");
                // A word that is no key of the language is a misspelt state or node.
                let possible = key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                let Some(value) = words.next().filter(|_| possible) else {
                    let mut known: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
                    for word in state_words() {
                        known.push(word);
                    }
                    return Err(Trouble::unknown("state or node", word, known));
                };
                let plain = value.parse::<i64>().is_ok() || matches!(value, "true" | "false");
                let text = key == "conf_id" || !plain;
                let value = if text {
                    quoted(value)
                } else {
                    value.to_owned()
                };
                entries.push(format!("{key} = {value}"));
            }
        }
    }
    if entries.is_empty() {
        return Err(Trouble::usage("wait"));
    }
    Ok(format!("{{ {} }}", entries.join(", ")))
}
