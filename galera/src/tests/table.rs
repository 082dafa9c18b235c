//! Tests of the tables.

use super::*;
use crate::{ClusterStatus, ConfId, LocalState, Seqno};
use proptest::prelude::*;

/// The manual's section "Check cluster status", with the version field of the node's uuid as this crate has it.
#[test]
fn the_manuals_two_tables() {
    let history = "7159b315-ed8a-11ed-b66b-82b08426f1d2".parse().unwrap();
    let status = StatusVariables {
        cluster_conf_id: ConfId(3),
        cluster_size: 3,
        cluster_state_uuid: history,
        cluster_status: ClusterStatus::Primary,
        cluster_weight: 3,
        connected: true,
        gcomm_uuid: "7159632c-ed8a-11f1-b181-e6e4c001f53a".parse().unwrap(),
        last_committed: Seqno(0),
        local_state_uuid: history,
        ready: true,
        local_state: LocalState::Synced,
    };
    let node = NodeAddresses {
        cluster_address: "gcomm://node1.example.com,node2.example.com,node3.example.com".to_owned(),
        cluster_name: "ciphermail".to_owned(),
        node_address: "node1.example.com".to_owned(),
        node_name: "node1.example.com".to_owned(),
    };
    insta::assert_snapshot!(cluster_status_tables(&status, &node), @r"
    +--------------------------+--------------------------------------+
    | Variable_name            | Value                                |
    +--------------------------+--------------------------------------+
    | wsrep_cluster_conf_id    | 3                                    |
    | wsrep_cluster_size       | 3                                    |
    | wsrep_cluster_state_uuid | 7159b315-ed8a-11ed-b66b-82b08426f1d2 |
    | wsrep_cluster_status     | Primary                              |
    | wsrep_connected          | ON                                   |
    | wsrep_gcomm_uuid         | 7159632c-ed8a-11f1-b181-e6e4c001f53a |
    | wsrep_last_committed     | 0                                    |
    | wsrep_local_state_uuid   | 7159b315-ed8a-11ed-b66b-82b08426f1d2 |
    | wsrep_ready              | ON                                   |
    +--------------------------+--------------------------------------+
    +-----------------------+---------------------------------------------------------------+
    | Variable_name         | Value                                                         |
    +-----------------------+---------------------------------------------------------------+
    | wsrep_cluster_address | gcomm://node1.example.com,node2.example.com,node3.example.com |
    | wsrep_cluster_name    | ciphermail                                                    |
    | wsrep_node_address    | node1.example.com                                             |
    | wsrep_node_name       | node1.example.com                                             |
    +-----------------------+---------------------------------------------------------------+
    ");
}

#[test]
fn the_manuals_warning() {
    insta::assert_snapshot!(unsafe_to_bootstrap_warning(), @r"
    *********************************************************************
    * Warning: It is not safe to bootstrap this node. Please bootstrap  *
    * the node that was last removed from the cluster. To force         *
    * boostrapping this node, use the command --force-safe-to-bootstrap *
    * before bootstrapping this node.                                   *
    *********************************************************************
    ");
}

#[test]
fn no_rows_no_table() {
    assert_eq!(mysql_table(&["a"], &[]), "");
}

proptest! {
    #[test]
    fn all_lines_are_equally_wide(rows in proptest::collection::vec(
        proptest::collection::vec("[a-zäß]{0,9}", 0..4), 1..5,
    )) {
        let table = mysql_table(&["name", "ü"], &rows);
        let widths: Vec<_> = table.lines().map(|line| line.chars().count()).collect();
        prop_assert!(widths.iter().all(|width| *width == widths[0]));
        prop_assert_eq!(widths.len(), rows.len() + 4);
    }
}
