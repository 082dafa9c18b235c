//! Divides files among nodes: by folders, by what is in the files, and last by their names.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::event::{Event, ViewMember};
use crate::fact::{Fact, FileId};
use crate::identity::Identity;
use crate::intake::InputFile;

/// The files of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeFiles {
    /// What the node is called: the user's name for it, its folder, or its own name.
    pub name: String,
    /// The names that its logs and settings give it.
    pub own_names: BTreeSet<String>,
    /// Its files, in the order in which they were given.
    pub files: Vec<FileId>,
    /// Files that only their names connect with this node.
    pub by_name_only: Vec<FileId>,
}

/// Signs of a node in a file.
#[derive(Clone, Debug, Default)]
struct Signs {
    names: BTreeSet<String>,
    /// The hosts, containers or pods that transports' prefixes name.
    hosts: BTreeSet<String>,
    identities: Vec<Identity>,
    addresses: BTreeSet<String>,
    /// The state files that it holds.
    state_files: Vec<Event>,
    /// The kinds of evidence about a position that it holds.
    positions: BTreeSet<&'static str>,
    /// What its name says of its node, if it holds a position or a status.
    label: Option<String>,
    says_anything: bool,
}

impl Signs {
    /// What the node calls itself, or what a transport calls it.
    fn called(&self) -> &BTreeSet<String> {
        if self.names.is_empty() {
            &self.hosts
        } else {
            &self.names
        }
    }
}

/// A file, with the name that the user gave its node, if any.
#[derive(Clone, Debug)]
pub struct Given<'a> {
    /// It.
    pub file: &'a InputFile,
    /// The user's name for its node (`--node NAME=…`).
    pub node: Option<String>,
    /// The argument that it came from.
    pub argument: usize,
}

/// Divides the files among nodes. Files that say nothing are left out.
pub fn divide(files: &[Given<'_>], digest: &Digest) -> Vec<NodeFiles> {
    let signs: BTreeMap<FileId, Signs> = files
        .iter()
        .map(|given| {
            let facts = digest.of_file(given.file.id);
            (given.file.id, signs(&facts, given.file))
        })
        .collect();
    let files: Vec<&Given<'_>> = files
        .iter()
        .filter(|given| signs[&given.file.id].says_anything)
        .collect();
    let mut nodes: Vec<NodeFiles> = Vec::new();
    let mut rest: BTreeMap<usize, Vec<&Given<'_>>> = BTreeMap::new();
    for given in files {
        match &given.node {
            Some(name) => match nodes.iter_mut().find(|node| node.name == *name) {
                Some(node) => node.files.push(given.file.id),
                None => nodes.push(NodeFiles {
                    name: name.clone(),
                    files: vec![given.file.id],
                    ..NodeFiles::default()
                }),
            },
            None => rest.entry(given.argument).or_default().push(given),
        }
    }
    let mut loose = Vec::new();
    for given in rest.into_values() {
        let depth = 0;
        split(&given, depth, &signs, &mut nodes, &mut loose);
    }
    side_by_side(&loose, &signs, &mut nodes);
    for node in &mut nodes {
        for file in &node.files {
            node.own_names.extend(signs[file].called().iter().cloned());
        }
    }
    name_them(&mut nodes);
    nodes
}

/// Divides what came with one argument: one node, or a folder for each, or files side by side.
fn split<'a>(
    files: &[&'a Given<'a>],
    depth: usize,
    signs: &BTreeMap<FileId, Signs>,
    nodes: &mut Vec<NodeFiles>,
    loose: &mut Vec<&'a Given<'a>>,
) {
    let is_folder = |given: &&&Given<'_>| given.file.folders.len() > depth;
    let (inside, here): (Vec<&Given<'_>>, Vec<&Given<'_>>) = files.iter().partition(is_folder);
    let ids: Vec<FileId> = files.iter().map(|given| given.file.id).collect();
    let has_folder = files.iter().any(|given| !given.file.folders.is_empty());
    if has_folder && is_one_node(&ids, signs) && !are_rival_folders(files, depth, signs) {
        let folder = files[0]
            .file
            .folders
            .get(depth.saturating_sub(1))
            .cloned()
            .unwrap_or_default();
        nodes.push(NodeFiles {
            name: folder,
            files: ids,
            ..NodeFiles::default()
        });
        return;
    }
    loose.extend(here);
    let mut folders: BTreeMap<&str, Vec<&Given<'_>>> = BTreeMap::new();
    for given in inside {
        folders
            .entry(given.file.folders[depth].as_str())
            .or_default()
            .push(given);
    }
    for files in folders.into_values() {
        split(&files, depth + 1, signs, nodes, loose);
    }
}

/// Whether nothing says that these files are of more than one node.
fn is_one_node(files: &[FileId], signs: &BTreeMap<FileId, Signs>) -> bool {
    let of = || files.iter().filter_map(|file| signs.get(file));
    let names: BTreeSet<&String> = of().flat_map(Signs::called).collect();
    let mut states: Vec<&Event> = of().flat_map(|signs| &signs.state_files).collect();
    states.dedup();
    let mut kinds: Vec<_> = states
        .iter()
        .map(|state| matches!(state, Event::ViewFile(_)))
        .collect();
    let total = kinds.len();
    kinds.sort_unstable();
    kinds.dedup();
    // Files side by side, each with a position and a name of its own: `a.txt`, `b.txt`, `c.txt`.
    let labels: BTreeSet<&String> = of().filter_map(|signs| signs.label.as_ref()).collect();
    names.len() <= 1 && total == kinds.len() && labels.len() <= 1
}

/// Whether two folders of this level hold the same kind of evidence, as `A/error.log` and `B/error.log`
/// do, and no name says that both are of one node.
fn are_rival_folders(files: &[&Given<'_>], depth: usize, signs: &BTreeMap<FileId, Signs>) -> bool {
    let mut by_folder: BTreeMap<&str, (BTreeSet<&'static str>, bool)> = BTreeMap::new();
    for given in files {
        let Some(folder) = given.file.folders.get(depth.max(1)) else {
            continue;
        };
        let sign = &signs[&given.file.id];
        let entry = by_folder.entry(folder).or_default();
        entry.0.extend(&sign.positions);
        entry.1 |= !sign.called().is_empty();
    }
    // A name of its own in each folder was compared already, and is the same.
    let unnamed: Vec<_> = by_folder.values().filter(|(_, named)| !named).collect();
    unnamed.iter().enumerate().any(|(index, (one, _))| {
        unnamed[index + 1..]
            .iter()
            .any(|(other, _)| !one.is_disjoint(other))
    })
}

/// Groups files that lie side by side.
fn side_by_side(loose: &[&Given<'_>], signs: &BTreeMap<FileId, Signs>, nodes: &mut Vec<NodeFiles>) {
    let begin = nodes.len();
    // First those that name their node, by its name or its identity.
    let mut groups: Vec<(Signs, Vec<FileId>)> = Vec::new();
    let mut rest: Vec<&Given<'_>> = Vec::new();
    for given in loose {
        let sign = &signs[&given.file.id];
        if sign.called().is_empty() && sign.identities.is_empty() {
            rest.push(given);
            continue;
        }
        let mut merged = (sign.clone(), vec![given.file.id]);
        let mut kept = Vec::new();
        for group in groups {
            if is_same_node(&merged.0, &group.0) {
                merged.0.names.extend(group.0.names);
                merged.0.hosts.extend(group.0.hosts);
                merged.0.identities.extend(group.0.identities);
                let mut files = group.1;
                files.append(&mut merged.1);
                merged.1 = files;
            } else {
                kept.push(group);
            }
        }
        kept.push(merged);
        groups = kept;
    }
    groups.sort_by_key(|(_, files)| files.first().copied());
    let mut labels: Vec<BTreeSet<String>> = Vec::new();
    for (sign, files) in groups {
        let of_group = loose.iter().filter(|given| files.contains(&given.file.id));
        labels.push(of_group.map(|given| label(given.file.own_name())).collect());
        nodes.push(NodeFiles {
            name: sign.called().first().cloned().unwrap_or_default(),
            files,
            ..NodeFiles::default()
        });
    }
    // Then those that only their names, or nothing, connect with a node.
    for given in rest {
        let id = given.file.id;
        let name = label(given.file.own_name());
        let named = (begin..nodes.len()).find(|index| {
            labels[index - begin].contains(&name)
                || (!name.is_empty() && nodes[*index].name.eq_ignore_ascii_case(&name))
        });
        if let Some(index) = named {
            nodes[index].files.push(id);
            nodes[index].by_name_only.push(id);
        } else if nodes.len() == begin + 1 && name.is_empty() {
            nodes[begin].files.push(id);
        } else {
            labels.push(BTreeSet::from([name.clone()]));
            nodes.push(NodeFiles {
                name: if name.is_empty() {
                    given.file.own_name().to_owned()
                } else {
                    name
                },
                files: vec![id],
                by_name_only: vec![id],
                ..NodeFiles::default()
            });
        }
    }
    // A file that stands alone is connected with nothing by its name.
    for node in &mut nodes[begin..] {
        if node.files.len() == 1 {
            node.by_name_only.clear();
        }
    }
}

fn is_same_node(one: &Signs, other: &Signs) -> bool {
    if !one.names.is_empty() && !other.names.is_empty() {
        return !one.names.is_disjoint(&other.names);
    }
    if !one.hosts.is_disjoint(&other.hosts) || !one.called().is_disjoint(other.called()) {
        return true;
    }
    one.identities
        .iter()
        .any(|one| other.identities.iter().any(|other| one.is_same_node(other)))
}

/// What a file's name says of its node: the name without the words that name a kind of file, without
/// dates and numbers of rotated files.
fn label(name: &str) -> String {
    const KINDS: [&str; 27] = [
        "grastate",
        "gvwstate",
        "dat",
        "log",
        "err",
        "error",
        "errors",
        "txt",
        "out",
        "gz",
        "cnf",
        "my",
        "mysqld",
        "mariadbd",
        "mariadb",
        "mysql",
        "recovered",
        "recovery",
        "recover",
        "status",
        "wsrep",
        "old",
        "bak",
        "json",
        "systemctl",
        "variables",
        "output",
    ];
    let words: Vec<&str> = name
        .split(['.', '_', '-', ' ', ','])
        .filter(|word| !word.is_empty())
        .filter(|word| !KINDS.contains(&word.to_ascii_lowercase().as_str()))
        .collect();
    // Dates, and the numbers of rotated files, but not the number in `pxc-0`.
    let is_date = |word: &&str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut words: Vec<&str> = words.into_iter().filter(|word| !is_date(word)).collect();
    let is_rotated = name
        .rsplit('.')
        .find(|part| *part != "gz")
        .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_rotated && words.len() > 1 {
        words.pop();
    }
    words.join("-")
}

/// Gives every node a name of its own.
fn name_them(nodes: &mut [NodeFiles]) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (index, node) in nodes.iter_mut().enumerate() {
        let own = node.own_names.first().cloned();
        let base = if node.name.is_empty() {
            own.unwrap_or_else(|| format!("node{}", index + 1))
        } else {
            node.name.clone()
        };
        let mut name = base.clone();
        let mut number = 2;
        while !used.insert(name.clone()) {
            name = format!("{base} ({number})");
            number += 1;
        }
        node.name = name;
    }
}

/// Reads the signs of a node out of a file's facts.
fn signs(facts: &[&Fact], file: &InputFile) -> Signs {
    let mut signs = Signs {
        says_anything: !facts.is_empty(),
        ..Signs::default()
    };
    let mut own_index: Option<i64> = None;
    for fact in facts {
        match &fact.event {
            Event::OwnName { name } => {
                signs.names.insert(name.clone());
            }
            Event::Connected { name, identity, .. } => {
                signs.names.insert(name.clone());
                signs.identities.push(*identity);
            }
            Event::Component { own_index: own, .. } => own_index = Some(*own),
            Event::StateMessage { member, .. } if own_index == Some(member.index) => {
                signs.names.insert(member.name.clone());
            }
            Event::ServerView(view) => {
                let is_own = |member: &&ViewMember| Some(member.index) == view.own_index;
                if let Some(own) = view.members.iter().find(is_own) {
                    signs.identities.push(own.identity);
                    if own.name != "unspecified" && !own.name.is_empty() {
                        signs.names.insert(own.name.clone());
                    }
                }
            }
            Event::Listening { identity } | Event::OwnIdentity { identity } => {
                signs.identities.push(*identity);
            }
            Event::PeerConnected { own, .. } | Event::PeerTimedOut { own, .. } => {
                signs.identities.push(*own);
            }
            Event::OwnAddress { address } => {
                signs.addresses.insert(address.clone());
            }
            Event::Setting { name, value, .. } if name == "wsrep_node_name" => {
                signs.names.insert(value.clone());
            }
            Event::Collected { name, value } if name == "node" => {
                signs.names.insert(value.clone());
            }
            Event::Status { name, value } if name == "wsrep_gcomm_uuid" => {
                signs.identities.extend(Identity::read(value));
            }
            Event::ViewFile(view) => {
                let own = view.my_uuid.as_deref().and_then(Identity::read);
                signs.identities.extend(own);
                signs.state_files.push(fact.event.clone());
            }
            Event::StateFile(_) => signs.state_files.push(fact.event.clone()),
            _ => {}
        }
    }
    signs.positions = facts
        .iter()
        .filter_map(|fact| match fact.event {
            Event::Recovered { .. } | Event::BarePosition { .. } => Some("recovered"),
            Event::StateFile(_) => Some("grastate"),
            Event::ViewFile(_) => Some("gvwstate"),
            Event::Status { .. } => Some("status"),
            Event::SavedState { .. } => Some("saved"),
            _ => None,
        })
        .collect();
    signs.label = Some(label(file.own_name()))
        .filter(|label| !signs.positions.is_empty() && !label.is_empty());
    // `unspecified`: a node that does not know its own name yet.
    signs.names.remove("unspecified");
    signs.names.remove("");
    signs.hosts.clone_from(&file.summary.hosts);
    signs
}
