//! The facts of real incidents, which are not part of the repository: what must be stated of each, from
//! whole folders, and from folders that were disturbed on the way.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{files_of, sentences, story};
use crate::work::Work;

/// A fact that must be stated: its name, the nodes whose logs it needs, and for each of its sentences the
/// words that must stand in one.
struct Fact {
    id: &'static str,
    needs: &'static [&'static str],
    sentences: &'static [&'static [&'static str]],
}

/// An incident: its folder, the beginnings of its nodes' files, its facts, what nobody may say.
struct Incident {
    folder: &'static str,
    nodes: &'static [&'static str],
    facts: &'static [Fact],
    never: &'static [&'static str],
    forks: usize,
}

const fn fact(
    id: &'static str,
    needs: &'static [&'static str],
    sentences: &'static [&'static [&'static str]],
) -> Fact {
    Fact {
        id,
        needs,
        sentences,
    }
}

const MERGE: Incident = Incident {
    folder: "merge_rotated_daily",
    nodes: &["node1", "node2", "node3"],
    forks: 1,
    never: &["Nothing was lost", "No fork is shown"],
    facts: &[
        fact(
            "M01",
            &["node1"],
            &[&[
                "One cluster of node1, node2 and node3 and one history, 937dcf28-d38e-11ed-82ac-63ef4aef5b2a",
            ]],
        ),
        fact(
            "M02",
            &["node1"],
            &[
                &[
                    "2023-03-15 20:10:57",
                    "View 4",
                    "position 22284335: node1 and node2",
                    "(70915d4b-9432) went",
                ],
                &[
                    "2023-03-15 20:20:13",
                    "View 5",
                    "position 22285198",
                    "node3 (75b291cc-baf9) came",
                ],
                &[
                    "node3 gets an IST from node1",
                    "22284335 to 22285198",
                    "node3 is synced at 20:20:19",
                ],
            ],
        ),
        fact(
            "M03",
            &["node1"],
            &[&[
                "2023-03-16 20:09:41",
                "node1 is told to shut down, leaves in order at 22777299 (20:09:52) and has stopped at 20:10:14",
            ]],
        ),
        fact(
            "M04",
            &["node2"],
            &[&[
                "2023-03-16 20:09:52",
                "View 6",
                "configuration 5, members 2/2, position 22777300: node2 and node3",
            ]],
        ),
        fact(
            "M04",
            &["node3"],
            &[&[
                "2023-03-16 20:09:52",
                "View 6",
                "configuration 5, members 2/2, position 22777300: node2 and node3",
            ]],
        ),
        fact(
            "M05",
            &["node1"],
            &[&[
                "2023-03-16 20:20:12",
                "started 102 times with the bootstrap option, 5 min apart, until 2023-03-17 04:45:04",
                "refused each time, because safe_to_bootstrap is 0",
                "The saved position is 22777299 each time",
            ]],
        ),
        fact(
            "M06",
            &["node1"],
            &[
                &[
                    "2023-03-17 04:46:56",
                    "node1 starts",
                    "with the bootstrap option",
                    "937dcf28:22777299, safe_to_bootstrap 1",
                ],
                &[
                    "2023-03-17 04:46:57",
                    "node1 bootstraps a primary component of one member at 22777300, history 937dcf28",
                    "6be05067-96fb",
                ],
            ],
        ),
        fact(
            "M07",
            &["node1"],
            &[&[
                "Somebody edited grastate.dat of node1: safe_to_bootstrap was 0 at 2023-03-17 04:45:02 and 1 at 04:46:56",
            ]],
        ),
        fact(
            "M08",
            &["node1", "node2"],
            &[&[
                "2023-03-17 04:46:57",
                "A fork",
                "Two primary components of one history (937dcf28) exist at the same time, {node1} and {node2, node3}; the last common position is 22777299",
            ]],
        ),
        fact(
            "M08",
            &["node1", "node3"],
            &[&[
                "2023-03-17 04:46:57",
                "A fork",
                "Two primary components of one history (937dcf28) exist at the same time, {node1} and {node2, node3}; the last common position is 22777299",
            ]],
        ),
        fact(
            "M09",
            &["node1", "node2"],
            &[&[
                "node1 alone accepted clients for 40 h 30 min: from 22777300 to 23109522, 332222 write sets",
            ]],
        ),
        fact(
            "M10",
            &["node2"],
            &[&[
                "2023-03-18 21:18:23",
                "Nothing was written in the 49 h 8 min since the view before",
            ]],
        ),
        fact(
            "M10",
            &["node1", "node2"],
            &[&["node2 and node3 have nothing of their own beyond 22777299"]],
        ),
        fact(
            "M11",
            &["node1"],
            &[&[
                "2023-03-18 21:17:37",
                "node1 is told to shut down, leaves in order at 23109522",
                "21:18:01",
            ]],
        ),
        fact(
            "M12",
            &["node1"],
            &[
                &[
                    "2023-03-18 21:18:12",
                    "node1 starts",
                    "without the bootstrap option",
                ],
                &[
                    "2023-03-18 21:18:23",
                    "reversing history 23109522 to 22777300, 332222 events more than the primary component",
                ],
            ],
        ),
        fact(
            "M12",
            &["node1", "node2"],
            &[&["node1 meets node2 and node3: view 7, configuration 6, members 2/3"]],
        ),
        fact(
            "M13",
            &["node1"],
            &[&[
                "2023-03-18 21:25:02",
                "zero uuid, position -1",
                "No position was recovered",
                "still holds 20123204 to 23109522",
            ]],
        ),
        fact(
            "M14",
            &["node1"],
            &[&[
                "2023-03-18 21:25:08",
                "node1 gets a full SST from node2",
                "22777303",
                "21:40:38",
            ]],
        ),
        fact(
            "M15",
            &["node1"],
            &[
                &[
                    "The IST that follows the SST fails at 21:40:38: last expected 22777303, last received 22777301",
                ],
                &["2023-03-18 21:40:39", "node1 leaves its group at 22777303"],
            ],
        ),
        fact(
            "M16",
            &["node1", "node2"],
            &[&[
                "Why the IST after the SST failed",
                "the cache of node1 was not emptied",
            ]],
        ),
        fact(
            "M17",
            &["node1"],
            &[&[
                "stays up outside of the cluster for 10 h 38 min until it is shut down at 2023-03-19 08:19:02",
            ]],
        ),
        fact(
            "M18",
            &["node2"],
            &[&[
                "2023-03-18 21:40:39",
                "At the end the primary component is node2 and node3: view 10",
                "position 22777304",
            ]],
        ),
        fact(
            "M18",
            &["node3"],
            &[&[
                "2023-03-18 21:40:39",
                "At the end the primary component is node2 and node3: view 10",
                "position 22777304",
            ]],
        ),
        fact("M18", &["node1"], &[&["node1 is down, with 22777303"]]),
        fact(
            "M19",
            &["node1", "node2"],
            &[&[
                "2023-03-18 21:25:08 node1 was started at 21:25:02 without a position and asked for a full SST",
                "332222 write sets",
                "The bootstrap at 2023-03-17 04:46:57 opened the fork",
            ]],
        ),
        fact(
            "M20",
            &["node1", "node2"],
            &[&["Lost: 332222 write sets, all of the line of node1"]],
        ),
        fact(
            "M20",
            &["node1", "node2", "node3"],
            &[&["Keeping node1 and letting node2 and node3 rejoin it would have lost nothing"]],
        ),
        fact(
            "M21",
            &["node1", "node2"],
            &[&[
                "Copies may remain in the binary logs of node1",
                "backup",
                "galera.cache",
            ]],
        ),
    ],
};

const OPERATOR: Incident = Incident {
    folder: "operator_split",
    nodes: &["node0", "node1", "node2"],
    forks: 0,
    never: &["A fork", "Lost:", "Point of no return"],
    facts: &[
        fact(
            "O01",
            &["node0"],
            &[
                &["one history, 103be6ae-c738-11ee-95d1-526d43d08e41"],
                &[
                    "2024-02-09 10:43:29",
                    "cluster1-pxc-0 starts",
                    "empty, without grastate.dat",
                ],
                &[
                    "2024-02-09 10:43:29",
                    "cluster1-pxc-0 bootstraps a primary component",
                    "this is a new history",
                ],
            ],
        ),
        fact(
            "O02",
            &["node0"],
            &[
                &[
                    "2024-02-09 10:43:34",
                    "cluster1-pxc-0 is told to shut down, leaves in order at 22 (10:43:44)",
                ],
                &[
                    "2024-02-09 10:43:58",
                    "cluster1-pxc-0 bootstraps a primary component of one member at 23",
                    "103be6ae:22, safe_to_bootstrap 1",
                ],
            ],
        ),
        fact("O03", &["node0"], &[&["No fork is shown"]]),
        fact(
            "O04",
            &["node1"],
            &[&[
                "2024-02-09 10:45:04",
                "cluster1-pxc-1 meets cluster1-pxc-0: view 2",
                "position 35",
            ]],
        ),
        fact(
            "O04",
            &["node0", "node1"],
            &[&[
                "cluster1-pxc-1 gets a full SST from cluster1-pxc-0",
                "cluster1-pxc-1 is synced at 10:45:27",
            ]],
        ),
        fact(
            "O05",
            &["node2"],
            &[
                &[
                    "cluster1-pxc-2 meets cluster1-pxc-0 and cluster1-pxc-1: view 3",
                    "members 2/3, position 36",
                    "7eee9476-83f9",
                ],
                &[
                    "cluster1-pxc-2 gets a full SST from cluster1-pxc-1",
                    "The copy of 36 is there at 10:47:00",
                ],
                &["Its address is 10.42.1.6"],
            ],
        ),
        fact(
            "O06",
            &["node2"],
            &[&[
                "2024-02-09 10:57:00 cluster1-pxc-2 starts",
                "Its identity is now f36a12ae-9dca",
                "Its address is now 10.42.1.10",
            ]],
        ),
        fact(
            "O07",
            &["node2"],
            &[
                &[
                    "2024-02-09 10:57:00 cluster1-pxc-2 starts",
                    "its data folder is empty",
                ],
                &[
                    "cluster1-pxc-2 meets cluster1-pxc-0 and cluster1-pxc-1: view 7, configuration 6",
                    "position 42",
                ],
                &[
                    "2024-02-09 10:57:02",
                    "cluster1-pxc-2 gets a full SST from cluster1-pxc-1",
                    "cluster1-pxc-2 is synced at 10:57:24",
                ],
            ],
        ),
        fact(
            "O08",
            &["node0", "node1", "node2"],
            &[
                &["No log shows views 4, 5 and 6"],
                &[
                    "What happened between 2024-02-09 10:47:00 and 10:57:01",
                    "no file has a line of that time",
                ],
            ],
        ),
        fact(
            "O09",
            &["node2"],
            &[&["cluster1-pxc-2 left, came back and left once more"]],
        ),
        fact(
            "O09",
            &["node2"],
            &[&[
                "cluster1-pxc-2 came back with an empty data folder: what it held before was thrown away with its volume",
            ]],
        ),
        fact(
            "O10",
            &["node2"],
            &[&[
                "Between 36 and 42 there are 2 write sets (37 and 38); 39, 40, 41 and 42 are views",
            ]],
        ),
        fact(
            "O11",
            &["node2"],
            &[&["was a copy of 36, and the component that held it went on"]],
        ),
        fact(
            "O12",
            &["node2"],
            &[&[
                "At the end the primary component is cluster1-pxc-0, cluster1-pxc-1 and cluster1-pxc-2",
                "position 42",
            ]],
        ),
    ],
};

const UPGRADE: Incident = Incident {
    folder: "upgrade",
    nodes: &["node1", "node2", "node3"],
    forks: 0,
    never: &["A fork:", "Lost:", "Point of no return"],
    facts: &[
        fact(
            "U01",
            &["node2"],
            &[
                &["one history, 9db0bcdf-b31a-11ed-a398-2a4cfdd82049"],
                &[
                    "2023-03-12 07:24:14",
                    "View 17",
                    "configuration 16, members 3/3, position 170403894",
                ],
                &["(5.7.40-43-57-log)"],
            ],
        ),
        fact(
            "U02",
            &["node2"],
            &[
                &["View 18", "node3 went"],
                &[
                    "2023-03-12 07:34:47",
                    "node2 is told to shut down, leaves in order at 170403895",
                    "07:35:18",
                ],
                &["2023-03-12 07:35:02", "suspects"],
            ],
        ),
        fact(
            "U03",
            &["node2"],
            &[
                &[
                    "2023-03-12 07:38:06",
                    "node2 bootstraps a primary component of one member at 170403895",
                    "safe_to_bootstrap 1",
                ],
                &["2023-03-12 07:39:27", "node3 (", "came"],
                &[
                    "2023-03-12 07:43:09",
                    "configuration 2, members 3/3",
                    "node1 (",
                    "came",
                ],
            ],
        ),
        fact(
            "U04",
            &["node2"],
            &[&["node2 is told to shut down, leaves in order at 170403895 (07:49:55)"]],
        ),
        fact(
            "U05",
            &["node2"],
            &[&[
                "The cluster was stopped and bootstrapped anew, by node1, before 2023-03-12 08:46:48",
                "view 2, configuration 1, with node1 alone",
            ]],
        ),
        fact(
            "U06",
            &["node2"],
            &[
                &[
                    "2023-03-12 08:48:28",
                    "position 170403895: node2. node1 went",
                ],
                &["2023-03-12 08:49:41", "node1 and node2. node1 (", "73 s"],
            ],
        ),
        fact(
            "U07",
            &["node2"],
            &[&[
                "2023-03-12 09:41:30",
                "leaves in order at 170403895 (09:41:41)",
            ]],
        ),
        fact(
            "U08",
            &["node2"],
            &[&[
                "2023-03-12 09:55:30",
                "(8.0.28-19.1) runs on node2 outside of any cluster, until 10:01:10",
            ]],
        ),
        fact(
            "U09",
            &["node2"],
            &[
                &[
                    "2023-03-12 10:03:03",
                    "node2 was started with the bootstrap option and was refused, because safe_to_bootstrap is 0",
                ],
                &[
                    "2023-03-12 10:04:12",
                    "node2 bootstraps a primary component of one member at 170403896",
                    "safe_to_bootstrap 1",
                ],
            ],
        ),
        fact(
            "U10",
            &["node2"],
            &[
                &["Somebody edited grastate.dat of node2"],
                &["A fork was possible", "no log says that node1 had stopped"],
            ],
        ),
        fact(
            "U10",
            &["node2", "node3"],
            &[&["Nothing came of it: at 2023-03-12 13:04:25 node1 still stands at 170403895"]],
        ),
        fact(
            "U11",
            &["node2"],
            &[
                &[
                    "2023-03-12 11:24:33",
                    "node2 bootstraps a primary component of one member at 170403897",
                    "safe_to_bootstrap 1",
                ],
                &[
                    "2023-03-12 12:24:36",
                    "node2 bootstraps a primary component of one member at 170403902",
                    "safe_to_bootstrap 1",
                ],
            ],
        ),
        fact(
            "U12",
            &["node2"],
            &[
                &["2023-03-12 11:25:51", "unknown ca", "22 times"],
                &[
                    "the peer's cluster name is pxc_cluster8, its own is pxc_cluster",
                    "22 times, until 11:29:17",
                ],
            ],
        ),
        fact(
            "U13",
            &["node2"],
            &[
                &["2023-03-12 11:35:14", "node3 (", "came"],
                &["2023-03-12 11:35:21", "node2. node3 went"],
                &["2023-03-12 11:39:20", "node3 (", "came"],
                &[
                    "2023-03-12 11:39:21 node3 gets a full SST from node2",
                    "It breaks",
                    "11:39:38",
                ],
            ],
        ),
        fact(
            "U14",
            &["node2"],
            &[
                &["2023-03-12 12:29:49", "node1 (", "came"],
                &[
                    "node1 asks for 'node' as donor and finds none",
                    "Host is down",
                ],
                &["2023-03-12 12:29:51", "node1 went"],
            ],
        ),
        fact(
            "U15",
            &["node3"],
            &[&["2023-03-12 12:48:43 node3 starts", "9db0bcdf:170403896"]],
        ),
        fact(
            "U15",
            &["node2", "node3"],
            &[&[
                "2023-03-12 12:48:44 node3 gets an IST from node2",
                "170403897 to 170403905 (0 write sets, 9 views)",
                "node3 is synced at 12:48:54",
            ]],
        ),
        fact(
            "U16",
            &["node3"],
            &[
                &[
                    "2023-03-12 13:04:25 node1 gets a full SST from node3",
                    "9db0bcdf:170403895",
                    "IST is impossible: 170403896 is not in the cache of node3",
                    "It breaks",
                ],
                &["2023-03-12 13:04:38", "node1 went"],
            ],
        ),
        fact(
            "U17",
            &["node2"],
            &[&["node2 is told to shut down, leaves in order at 170407336 (13:12:13)"]],
        ),
        fact(
            "U17",
            &["node2", "node3"],
            &[&[
                "node2 gets an IST from node3",
                "170407337 to 170407338",
                "node2 is synced at 13:13:19",
            ]],
        ),
        fact(
            "U18",
            &["node1"],
            &[
                &["node1 meets node2 and node3: view 9"],
                &[
                    "2023-03-12 19:35:07",
                    "node1 asks node3 for a transfer",
                    "9db0bcdf:170403896, the group is at 178226774 (7822878 behind)",
                    "19:36:48",
                ],
            ],
        ),
        fact(
            "U19",
            &["node3"],
            &[&[
                "2023-03-12 19:35:07",
                "node3 is a donor from here on and never comes back from it, until its log ends at 22:00:28",
                "handles no view after 178226774, although 6 more configurations pass",
            ]],
        ),
        fact(
            "U20",
            &["node3"],
            &[&[
                "The applier of node3 hangs: it may have applied no more than 178226774",
                "timed out at 2023-03-12 19:32:27",
            ]],
        ),
        fact(
            "U21",
            &["node1"],
            &[&[
                "2023-03-12 19:43:18",
                "finds none in 101 requests",
                "It gives up at 19:44:59",
            ]],
        ),
        fact(
            "U21",
            &["node1", "node2"],
            &[&[
                "2023-03-12 19:43:18",
                "node2 was synced all the while: the request names one donor",
            ]],
        ),
        fact(
            "U22",
            &["node2"],
            &[
                &["node2 is told to shut down, leaves in order at 178226796 (21:55:59)"],
                &[
                    "node2 asks for 'node' as donor and finds none in 101 requests",
                    "It gives up at 22:00:27",
                ],
            ],
        ),
        fact(
            "U22",
            &["node2", "node3"],
            &[&["It needs only 178226797 to 178226798: 0 write sets and 2 views"]],
        ),
        fact(
            "U23",
            &["node3"],
            &[
                &["At the end node3 is alone in the primary component at 178226798"],
                &["configuration 14", "1/1"],
            ],
        ),
        fact(
            "U23",
            &["node1", "node2"],
            &[
                &["node2 is down, with 178226796 on its disk"],
                &["node1 is down, with 170403896 on its disk"],
            ],
        ),
        fact(
            "U24",
            &["node2", "node3"],
            &[&[
                "Nothing acknowledged is lost yet: the disk of node2 has every write set, up to 178226796",
            ]],
        ),
        fact(
            "U24",
            &["node1", "node2", "node3"],
            &[&["Never start node1 by force"]],
        ),
    ],
};

const ALL: [&Incident; 3] = [&MERGE, &OPERATOR, &UPGRADE];

/// The folder with logs of real clusters, which are not part of the repository.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn folder(incident: &Incident) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/incidents")
        .join(incident.folder);
    if path.is_dir() {
        return Some(path);
    }
    println!(
        "skipped: there are no logs of real clusters in {}",
        path.display()
    );
    None
}

/// The node of a file, by the beginning of its name.
fn node_of(path: &Path, incident: &Incident) -> &'static str {
    let name = path.file_name().unwrap().to_str().unwrap();
    incident
        .nodes
        .iter()
        .find(|node| name.starts_with(*node))
        .unwrap()
}

/// Compares a story with the facts that need no other nodes than these.
fn check(incident: &Incident, nodes: &[&str], story: &Value, how: &str) {
    let all = sentences(story);
    let mut missing = Vec::new();
    let needed = incident.facts.iter();
    for fact in needed.filter(|fact| fact.needs.iter().all(|need| nodes.contains(need))) {
        for words in fact.sentences {
            let is_said = |said: &String| words.iter().all(|word| said.contains(word));
            if !all.iter().any(is_said) {
                missing.push(format!("{}: {words:?}", fact.id));
            }
        }
    }
    let is_wrong = |said: &&String| incident.never.iter().any(|never| said.contains(never));
    let wrong: Vec<String> = all.iter().filter(is_wrong).cloned().collect();
    let folder = incident.folder;
    assert!(
        missing.is_empty() && wrong.is_empty(),
        "{folder}, {how}\nnot said:\n{}\nsaid, and wrong:\n{}\nall:\n{}",
        missing.join("\n"),
        wrong.join("\n"),
        all.join("\n")
    );
    if nodes.len() == incident.nodes.len() {
        assert_eq!(
            story["forks"].as_array().unwrap().len(),
            incident.forks,
            "{folder}, {how}"
        );
    }
}

#[test]
fn whole_folders() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let story = story(&[folder]);
        check(incident, incident.nodes, &story, "the whole folder");
        assert_eq!(story["nodes"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn files_in_any_order() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let mut files = files_of(&folder);
        files.reverse();
        check(incident, incident.nodes, &story(&files), "files reversed");
        files.rotate_left(2);
        check(incident, incident.nodes, &story(&files), "files rotated");
    }
}

#[test]
fn one_node_is_missing() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        for missing in incident.nodes {
            let files: Vec<PathBuf> = files_of(&folder)
                .into_iter()
                .filter(|file| node_of(file, incident) != *missing)
                .collect();
            let rest: Vec<&str> = incident
                .nodes
                .iter()
                .copied()
                .filter(|node| node != missing)
                .collect();
            let story = story(&files);
            // What nobody may say of the whole may be all that is known of a part.
            let part = Incident {
                never: if incident.forks > 0 {
                    &[]
                } else {
                    incident.never
                },
                ..*incident
            };
            check(&part, &rest, &story, &format!("{missing} is missing"));
            assert!(
                sentences(&story)
                    .iter()
                    .any(|said| said.contains("there is no log of")),
                "{missing} is missing"
            );
        }
    }
}

/// Writes a copy of the folder, changed file by file.
fn changed(
    folder: &Path,
    work: &Work,
    change: impl Fn(&Path, Vec<u8>) -> (String, Vec<u8>),
) -> PathBuf {
    let target = work.path().join("changed");
    std::fs::create_dir_all(&target).unwrap();
    for file in files_of(folder) {
        let (name, bytes) = change(&file, std::fs::read(&file).unwrap());
        std::fs::write(target.join(name), bytes).unwrap();
    }
    target
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn packed_with_gzip() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let work = Work::new();
        let packed = changed(&folder, &work, |path, bytes| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(&bytes).unwrap();
            (format!("{}.gz", name_of(path)), packer.finish().unwrap())
        });
        check(incident, incident.nodes, &story(&[packed]), "gzip");
    }
}

#[test]
fn lines_that_end_with_cr_and_lf() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        let work = Work::new();
        let crlf = changed(&folder, &work, |path, bytes| {
            let text: Vec<u8> = bytes
                .iter()
                .flat_map(|byte| match byte {
                    b'\n' => vec![b'\r', b'\n'],
                    other => vec![*other],
                })
                .collect();
            (name_of(path), text)
        });
        check(incident, incident.nodes, &story(&[crlf]), "CRLF");
    }
}

/// Moves every time of a server's line by two hours.
fn two_hours_later(text: &str) -> String {
    let mut shifted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // The time stands at the beginning, or after the beginning of an operator's JSON.
        let begin = if line.starts_with("{\"log\":\"") {
            8
        } else {
            0
        };
        match line
            .get(begin..begin + 19)
            .map(str::parse::<jiff::civil::DateTime>)
        {
            Some(Ok(time)) if line.as_bytes()[begin + 10] == b'T' => {
                let later = time
                    .checked_add(jiff::SignedDuration::from_hours(2))
                    .unwrap();
                shifted.push_str(&line[..begin]);
                shifted.push_str(&later.strftime("%Y-%m-%dT%H:%M:%S").to_string());
                shifted.push_str(&line[begin + 19..]);
            }
            _ => shifted.push_str(line),
        }
    }
    shifted
}

#[test]
fn the_clock_of_one_node_is_shifted_by_two_hours() {
    for incident in ALL {
        let Some(folder) = folder(incident) else {
            return;
        };
        for node in incident.nodes {
            let work = Work::new();
            let shifted = changed(&folder, &work, |path, bytes| {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let text = if node_of(path, incident) == *node {
                    two_hours_later(&text)
                } else {
                    text
                };
                (name_of(path), text.into_bytes())
            });
            let story = story(&[shifted]);
            check(
                incident,
                incident.nodes,
                &story,
                &format!("the clock of {node} is shifted"),
            );
            assert!(
                sentences(&story)
                    .iter()
                    .any(|said| said.contains("is 2 h ahead of")),
                "{node}"
            );
        }
    }
}

/// The scenario of an incident, played on both engines.
fn played(incident: &Incident) -> Option<(Work, String)> {
    let folder = folder(incident)?;
    let work = Work::new();
    let logs = folder.to_str().unwrap();
    let ran = work.run(&["autopsy", logs, "--scenario", "again.toml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = work.run(&["run", "again.toml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let scenario = work.read("again.toml");
    Some((work, scenario))
}

#[test]
fn the_fork_is_played_again() {
    let Some((_work, scenario)) = played(&MERGE) else {
        return;
    };
    // Refused, forced, the fork, the reversal: in this order.
    let mut rest = scenario.as_str();
    for step in [
        "process = \"exited\", exit = 1",
        "force = { node = \"A\" }",
        "bootstrap = { node = \"A\" }",
        "cluster = \"twin-primaries\"",
        "process = \"exited\", exit = 134",
        "disk_lost = { node = \"A\" }",
    ] {
        let (_, after) = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("{step}\n{scenario}"));
        rest = after;
    }
}

#[test]
fn the_other_incidents_are_played_again() {
    for incident in [&OPERATOR, &UPGRADE] {
        if played(incident).is_none() {
            return;
        }
    }
}
