//! Translates the words of faults and states into the text of a scenario file.

use std::fmt::Write as _;

use seatrial_scenarios::{Fault, FaultKind, NodeName, Port, Shape};

use super::command::{Trouble, node, number, some_nodes, span};

/// Returns a fault's name at the prompt: `power-off` for `power_off`.
fn at_the_prompt(kind: &FaultKind) -> String {
    kind.name.replace('_', "-")
}

/// Returns the names of the faults.
pub(super) fn fault_names() -> impl Iterator<Item = String> + Clone {
    Fault::KINDS.iter().map(at_the_prompt)
}

/// Returns the usage of a fault at the prompt.
const fn usage(shape: Shape) -> &'static str {
    match shape {
        Shape::Nodes => "NODE…",
        Shape::Node => "NODE",
        Shape::Link => "FROM TO [PORT]",
        Shape::Copy => "FROM TO",
        Shape::Keep | Shape::Kept => "NODE NAME",
        Shape::Groups => "A B | C",
        Shape::Nothing => "",
        Shape::File => "NODE FILE HOW",
        Shape::By | Shape::Period => "NODE SPAN",
        Shape::Delay => "NODE|FROM TO SPAN",
        Shape::Percent => "NODE PERCENT",
        Shape::Setting => "NODE OPTION VALUE",
        Shape::Move => "NODE ADDRESS",
    }
}

/// Returns every fault with its usage, for `help`.
pub(super) fn fault_lines() -> Vec<(String, &'static str)> {
    Fault::KINDS
        .iter()
        .map(|kind| {
            let line = format!("{} {}", at_the_prompt(kind), usage(kind.shape));
            (line.trim_end().to_owned(), kind.doc)
        })
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
    let Some(kind) = Fault::KINDS
        .iter()
        .find(|kind| at_the_prompt(kind) == *name)
    else {
        let known: Vec<String> = fault_names().collect();
        return Err(Trouble::unknown(
            "fault",
            name,
            known.iter().map(String::as_str),
        ));
    };
    let wrong = || {
        let usage = usage(kind.shape);
        Trouble::new(format!(
            "`fault {name}` is used like this: fault {name} {usage}"
        ))
        .help("`help fault` lists the faults")
    };
    let key = kind.name;
    let table = match (kind.shape, rest) {
        (Shape::Nothing, []) => "{}".to_owned(),
        (Shape::Node, [one]) => format!("{{ node = {} }}", quoted(node(one, nodes)?.as_str())),
        (Shape::Nodes, [_, ..]) => {
            format!(
                "{{ nodes = {} }}",
                list(&some_nodes(&rest.join(","), nodes)?)
            )
        }
        (Shape::Link, [from, to, port @ ..]) if port.len() <= 1 => {
            let mut table = format!(
                "{{ from = {}, to = {}",
                quoted(node(from, nodes)?.as_str()),
                quoted(node(to, nodes)?.as_str())
            );
            if let [port] = port {
                let _ = write!(table, ", port = {}", port_number(port)?);
            }
            table + " }"
        }
        (Shape::Copy, [from, to]) => format!(
            "{{ from = {}, to = {} }}",
            quoted(node(from, nodes)?.as_str()),
            quoted(node(to, nodes)?.as_str())
        ),
        (Shape::Keep | Shape::Kept, [one, name]) => {
            let key = if kind.shape == Shape::Keep {
                "as"
            } else {
                "from"
            };
            format!(
                "{{ node = {}, {key} = {} }}",
                quoted(node(one, nodes)?.as_str()),
                quoted(name)
            )
        }
        (Shape::Groups, [_, ..]) => {
            let groups = rest
                .join(" ")
                .split('|')
                .map(|group| some_nodes(&group.replace(' ', ","), nodes).map(|some| list(&some)))
                .collect::<Result<Vec<_>, _>>()?;
            format!("{{ groups = [{}] }}", groups.join(", "))
        }
        (Shape::File, [one, file, how]) => format!(
            "{{ node = {}, file = {}, how = {} }}",
            quoted(node(one, nodes)?.as_str()),
            quoted(file),
            quoted(how)
        ),
        (Shape::Delay, [from, to, text]) => format!(
            "{{ from = {}, to = {}, by = {} }}",
            quoted(node(from, nodes)?.as_str()),
            quoted(node(to, nodes)?.as_str()),
            quoted(&span(text)?.to_string())
        ),
        (Shape::By | Shape::Delay | Shape::Period, [one, text]) => {
            let span_key = if kind.shape == Shape::Period {
                "period"
            } else {
                "by"
            };
            format!(
                "{{ node = {}, {span_key} = {} }}",
                quoted(node(one, nodes)?.as_str()),
                quoted(&span(text)?.to_string())
            )
        }
        (Shape::Setting, [one, option, value @ ..]) if !value.is_empty() => format!(
            "{{ node = {}, option = {}, value = {} }}",
            quoted(node(one, nodes)?.as_str()),
            quoted(option),
            quoted(&value.join(" "))
        ),
        (Shape::Move, [one, address]) => format!(
            "{{ node = {}, address = {} }}",
            quoted(node(one, nodes)?.as_str()),
            quoted(address)
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

/// Reads the number of a port that a node has.
fn port_number(text: &str) -> Result<u16, Trouble> {
    let known = Port::ALL.map(|port| port.number().to_string());
    let number = text.parse().ok().and_then(Port::from_number);
    number
        .map(Port::number)
        .ok_or_else(|| Trouble::unknown("port", text, known.iter().map(String::as_str)))
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
