//! A node is forced beside two living members; its history is thrown away.

use super::data::Data;
use super::{Incident, fact};

pub(super) const MERGE: Incident = Incident {
    folder: "merge_rotated_daily",
    nodes: &["node1", "node2", "node3"],
    never: &["Nothing was lost", "No fork is shown"],
    data: Data {
        components: &[
            (
                22_284_334,
                22_777_304,
                &[
                    "2023-03-15 20:10:57 3 22284335 node1 node2",
                    "2023-03-15 20:20:13 4 22285198 node1 node2 node3",
                    "2023-03-16 20:09:52 5 22777300 node2 node3",
                    "2023-03-18 21:18:23 6 22777301 node1 node2 node3",
                    "2023-03-18 21:18:23 7 22777302 node2 node3",
                    "2023-03-18 21:25:07 8 22777303 node1 node2 node3",
                    "2023-03-18 21:40:39 9 22777304 node2 node3",
                ],
            ),
            (
                22_777_299,
                23_109_522,
                &["2023-03-17 04:46:57 0 22777300 node1"],
            ),
        ],
        transfers: &[
            "2023-03-15 20:20:14 node3 node1 ist 22284334 22285198 complete",
            "2023-03-18 21:25:08 node1 node2 sst - 22777303 broken",
        ],
        refused: &["node1 102"],
        ends: &["node1 down 22777303", "node2 member -", "node3 member -"],
        forks: &["22777299 true; node1 23109522 332222 1 true; node2 node3 22777304 0 5 false"],
    },
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
                "node1 is told to shut down by a signal, leaves in order at 22777299 (20:09:52) and has stopped at 20:10:14",
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
                "node1 is told to shut down by a signal, leaves in order at 23109522",
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
                "the fork has the uuid of the group, so the cache of node1 was not emptied",
                "it offered its own write set 22777301 where the group has a view",
                "71, EPROTO (protocol error), and no version",
            ]],
        ),
        fact(
            "M16",
            &["node1"],
            &[&[
                "The IST that follows the SST fails at 21:40:38",
                "The number of the error is 71, EPROTO (protocol error)",
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
                "asynchronous replica",
                "backup",
                "galera.cache",
            ]],
        ),
        fact(
            "M21",
            &["node1"],
            &[&[
                "2023-03-18 00:00:21",
                "Something asks node1 for its keyring, as a backup does when it begins: a backup of node1 may have been made",
            ]],
        ),
        fact(
            "M21",
            &["node1", "node2"],
            &[&[
                "A backup of node1 may have been made at 2023-03-18 00:00:21",
                "node2 was asked so at 2023-03-18 21:25:20, when it sent an SST",
            ]],
        ),
    ],
};
