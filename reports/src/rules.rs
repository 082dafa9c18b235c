//! The rules that explain the events of a run, in our words. Each has its place in the source of Galera or
//! `MariaDB`. The player links events to rules by their ids.

use serde::Serialize;

/// A rule.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rule {
    /// Its name in the player.
    pub(crate) id: &'static str,
    /// The rule in one line.
    pub(crate) title: &'static str,
    /// The rule.
    pub(crate) text: &'static str,
    /// The place in the source.
    pub(crate) place: &'static str,
}

/// All rules, from the links up to the operator.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "silence",
        title: "The others notice a lost node only after a while",
        text: "The others get no message when a process is killed or a link is cut. They suspect a peer \
                    that is silent for evs.suspect_timeout (5 s) and drop it after evs.inactive_timeout \
                    (15 s). Then they agree on a new view without it. A closed connection alone decides \
                    nothing.",
        place: "gcomm/src/evs_proto.cpp:check_inactive",
    },
    Rule {
        id: "goodbye",
        title: "A node that stops in order leaves with a message",
        text: "An orderly stop sends a LEAVE message. The others know at once. The node that left \
            no longer counts against quorum. Two nodes can leave one after the other, and the last \
                        one stays primary.",
        place: "gcomm/src/evs_proto.cpp:close",
    },
    Rule {
        id: "cut",
        title: "A cut link looks like a dead peer",
        text: "Each side of a cut hears nothing from the other side. Each side counts quorum for \
                    itself; at most one can have it.",
        place: "gcomm/src/gmcast.cpp",
    },
    Rule {
        id: "quorum",
        title: "Quorum is counted over the last primary view",
        text: "Twice the weight of the members that are present, plus the weight of those that left in \
            order, must be more than the weight of the whole last primary view. Half is not enough.",
        place: "gcomm/src/pc_proto.cpp:have_quorum",
    },
    Rule {
        id: "reunion",
        title: "Lost quorum comes back only with all members",
        text: "A component that has lost quorum does not get it back by a majority. It becomes primary \
            again when it meets a primary component, when all members of the last primary view that \
            anybody remembers are present, or by force (pc.bootstrap).",
        place: "gcomm/src/pc_proto.cpp:is_prim",
    },
    Rule {
        id: "gvwstate",
        title: "gvwstate.dat remembers the last primary view",
        text: "It is written with every primary view and removed by an orderly stop. Nodes that were \
            all killed can form the cluster again by themselves if all members of the saved view \
            come back with the same saved view.",
        place: "gcomm/src/view.cpp:ViewState, gcomm/src/pc.cpp:connect",
    },
    Rule {
        id: "waiting",
        title: "Without a primary component a starting node opens no port",
        text: "A server that joins waits for a primary component before it accepts SQL. With a saved \
            view it waits without a limit; without one it gives up after pc.wait_prim_timeout \
            (30 s) and exits.",
        place: "gcomm/src/pc.cpp:connect",
    },
    Rule {
        id: "not-ready",
        title: "Outside a primary component statements are refused",
        text: "A running node without a primary component keeps its port and answers error 1047 to \
            nearly everything. Status variables can still be read.",
        place: "sql/wsrep_mysqld.cc:wsrep_check_mode",
    },
    Rule {
        id: "no-server",
        title: "No server, no socket: error 2002",
        text: "The client finds no socket, or no server listens on it. The node is down, or it is \
                    waiting and has not opened its port.",
        place: "libmariadb/mariadb_lib.c",
    },
    Rule {
        id: "grastate",
        title: "While a server runs, grastate.dat has no position",
        text: "The position is written by an orderly stop only. After a crash it reads -1, and the real \
            one must be recovered from InnoDB. During a schema change even the uuid is blank.",
        place: "galera/src/saved_state.cpp",
    },
    Rule {
        id: "safe",
        title: "safe_to_bootstrap is 1 on the last node to leave",
        text: "An orderly stop writes 1 only when the node was alone in its component, which then had \
            everything. All others write 0. Nodes that are killed keep the 0 of a running node.",
        place: "galera/src/replicator_smm.cpp",
    },
    Rule {
        id: "bootstrap",
        title: "A bootstrap starts a new component from this node's data",
        text: "The server refuses it if safe_to_bootstrap is 0. Rows that this node lacks are lost when \
                    the others join it, because they throw their own data away.",
        place: "galera/src/replicator_smm.cpp:connect",
    },
    Rule {
        id: "force",
        title: "Forcing edits the file, not the server",
        text: "The force sets the flag in grastate.dat to 1. If the server runs, its next orderly stop \
                    writes the file again, and the flag is 0 again.",
        place: "galera/src/saved_state.cpp:write_file",
    },
    Rule {
        id: "recover",
        title: "The real position is in InnoDB",
        text: "mysqld_safe --wsrep-recover starts the storage engine, lets it recover, prints the last \
            committed position and ends. The start of the service does the same each time.",
        place: "sql/wsrep_mysqld.cc:wsrep_recover",
    },
    Rule {
        id: "transfer",
        title: "A joiner receives what it lacks",
        text: "If the donor's write-set cache still holds the missing transactions, they are sent alone \
            (IST). Otherwise the whole data set is copied (SST) over whatever the joiner had.",
        place: "galera/src/replicator_str.cpp",
    },
    Rule {
        id: "conflict",
        title: "Two primary components do not merge",
        text: "When they meet, the members of the one with the older view abort. Until then both accept \
            writes, and one side's writes will be lost.",
        place: "gcomm/src/pc_proto.cpp:handle_state",
    },
    Rule {
        id: "acknowledged",
        title: "Acknowledged means replicated",
        text: "A commit is acknowledged when all members of the component have received it in the same \
            order. It is not yet applied everywhere, and not yet on every disk.",
        place: "galera/src/replicator_smm.cpp:commit_order_enter",
    },
    Rule {
        id: "content",
        title: "Equal counters do not mean equal content",
        text: "Two halves of a split brain carry the same uuid and may carry the same position. Only \
            the transactions themselves tell whether two nodes hold the same data.",
        place: "see the oracle of diverged histories",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
    }

    /// The player names rules by their ids. An unknown id would be a dead link.
    #[test]
    fn the_player_names_rules_that_exist() {
        let script = include_str!("../assets/rules.js");
        let mut named = 0;
        for part in script.split("rule(\"").skip(1) {
            let id = part.split('"').next().unwrap_or_default();
            assert!(RULES.iter().any(|rule| rule.id == id), "{id}");
            named += 1;
        }
        assert!(named > 10);
    }
}
