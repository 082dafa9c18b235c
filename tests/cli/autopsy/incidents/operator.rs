//! A cluster is born under an operator, and one volume is replaced.

use super::data::Data;
use super::{Incident, fact};

pub(super) const OPERATOR: Incident = Incident {
    folder: "operator_split",
    nodes: &["node0", "node1", "node2"],
    never: &["A fork", "Lost:", "Point of no return"],
    data: Data {
        components: &[
            (0, 22, &["2024-02-09 10:43:29 0 1 cluster1-pxc-0"]),
            (
                22,
                42,
                &[
                    "2024-02-09 10:43:58 0 23 cluster1-pxc-0",
                    "2024-02-09 10:45:04 1 35 cluster1-pxc-0 cluster1-pxc-1",
                    "2024-02-09 10:46:37 2 36 cluster1-pxc-0 cluster1-pxc-1 cluster1-pxc-2",
                    "2024-02-09 10:57:01 6 42 cluster1-pxc-0 cluster1-pxc-1 cluster1-pxc-2",
                ],
            ),
        ],
        transfers: &[
            "2024-02-09 10:45:06 cluster1-pxc-1 cluster1-pxc-0 sst - 35 complete",
            "2024-02-09 10:46:38 cluster1-pxc-2 cluster1-pxc-1 sst - 36 complete",
            "2024-02-09 10:57:02 cluster1-pxc-2 cluster1-pxc-1 sst - 42 complete",
        ],
        refused: &[],
        ends: &[
            "cluster1-pxc-0 member -",
            "cluster1-pxc-1 member -",
            "cluster1-pxc-2 member -",
        ],
        forks: &[],
    },
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
                    "cluster1-pxc-0 is told to shut down by a signal, leaves in order at 22 (10:43:44)",
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
