//! An upgrade by hand ends with a donor that hangs.

use super::data::Data;
use super::{Incident, fact};

pub(super) const UPGRADE: Incident = Incident {
    folder: "upgrade",
    nodes: &["node1", "node2", "node3"],
    never: &[
        "A fork:",
        "Lost:",
        "Point of no return",
        "node3 alone accepts",
        "emptied for another history",
        "never joined",
    ],
    data: Data {
        components: &[
            (
                170_403_894,
                170_403_895,
                &[
                    "2023-03-12 07:24:14 16 170403894 node1 node2 node3",
                    "2023-03-12 07:34:57 - - node1 node2",
                ],
            ),
            (
                170_403_895,
                170_403_895,
                &[
                    "2023-03-12 07:38:06 0 170403895 node2",
                    "2023-03-12 07:39:27 1 170403895 node2 node3",
                    "2023-03-12 07:43:09 2 170403895 node1 node2 node3",
                ],
            ),
            (
                170_403_895,
                170_403_895,
                &[
                    "2023-03-12 08:46:48 1 170403895 node1 node2",
                    "2023-03-12 08:48:28 2 170403895 node2",
                    "2023-03-12 08:49:41 3 170403895 node1 node2",
                ],
            ),
            (
                170_403_895,
                170_403_896,
                &["2023-03-12 10:04:12 0 170403896 node2"],
            ),
            (
                170_403_896,
                170_403_901,
                &[
                    "2023-03-12 11:24:33 0 170403897 node2",
                    "2023-03-12 11:35:14 1 170403898 node2 node3",
                    "2023-03-12 11:35:21 2 170403899 node2",
                    "2023-03-12 11:39:20 3 170403900 node2 node3",
                    "2023-03-12 11:39:38 4 170403901 node2",
                ],
            ),
            (
                170_403_901,
                178_226_798,
                &[
                    "2023-03-12 12:24:36 0 170403902 node2",
                    "2023-03-12 12:29:49 1 170403903 node1 node2",
                    "2023-03-12 12:29:51 2 170403904 node2",
                    "2023-03-12 12:48:43 3 170403905 node2 node3",
                    "2023-03-12 13:04:24 4 170407335 node1 node2 node3",
                    "2023-03-12 13:04:38 5 170407336 node2 node3",
                    "2023-03-12 13:12:13 6 170407337 node3",
                    "2023-03-12 13:13:12 7 170407338 node2 node3",
                    "2023-03-12 19:35:06 8 178226774 node1 node2 node3",
                    "2023-03-12 19:36:48 9 178226791 node2 node3",
                    "2023-03-12 19:43:17 10 178226792 node1 node2 node3",
                    "2023-03-12 19:44:59 11 178226793 node2 node3",
                    "2023-03-12 21:55:59 12 178226796 node3",
                    "2023-03-12 21:58:44 13 178226798 node2 node3",
                    "2023-03-12 22:00:28 14 178226798 node3",
                ],
            ),
        ],
        transfers: &[
            "2023-03-12 11:35:16 node3 node2 ist 170403896 170403898 unknown",
            "2023-03-12 11:39:21 node3 node2 sst - - broken",
            "2023-03-12 12:48:44 node3 node2 ist 170403896 170403905 complete",
            "2023-03-12 13:04:25 node1 node3 sst 170403895 - broken",
            "2023-03-12 13:13:13 node2 node3 ist 170407336 170407338 complete",
            "2023-03-12 19:35:07 node1 node3 unknown 170403896 - broken",
        ],
        refused: &["node2 1"],
        ends: &[
            "node1 down 170403896",
            "node2 down 178226796",
            "node3 hangs-as-donor -",
        ],
        forks: &[],
    },
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
                    "node2 is told to shut down by a signal, leaves in order at 170403895",
                    "07:35:18",
                ],
                &["2023-03-12 07:35:02 node2 does not hear node1 and suspects it"],
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
            &[
                &[
                    "node2 is told to shut down by a signal, leaves in order at 170403895 (07:49:55)",
                ],
            ],
        ),
        fact(
            "U05",
            &["node2"],
            &[&[
                "The cluster was stopped and bootstrapped anew, by node1, between 2023-03-12 07:49:55 and 08:46:48",
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
                &[
                    "A fork was possible",
                    "no log says that node1 had stopped, which had been left behind as member at 2023-03-12 09:41:41",
                ],
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
                    "It came from 172.17.0.4, the address of node3",
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
                    "Connection reset by peer",
                    "Broken pipe",
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
                    "The copy had begun to flow at 13:04:37",
                    "said at 13:04:38: socat: SSL_write(): Connection reset by peer",
                ],
                &["2023-03-12 13:04:38", "node1 went"],
            ],
        ),
        fact(
            "U17",
            &["node2"],
            &[
                &[
                    "node2 is told to shut down by a signal, leaves in order at 170407336 (13:12:13)",
                ],
            ],
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
                    "It breaks after 101 s (19:36:48): Possible timeout",
                ],
            ],
        ),
        fact(
            "U19",
            &["node3"],
            &[&[
                "2023-03-12 19:35:07",
                "node3 is a donor from here on and never comes back from it, until its log ends at 22:00:33",
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
                &[
                    "node2 is told to shut down by a signal, leaves in order at 178226796 (21:55:59)",
                ],
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
                &[
                    "2023-03-12 22:00:28",
                    "configuration 14, members 1/1, position 178226798: node3",
                ],
                &[
                    "At the end the primary component is node3: view 15, configuration 14, position 178226798",
                ],
                &["node3 is a member of the primary component, and a donor without end"],
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
