//! The names of the recovery procedures, which scenario files and the command line use.
//!
//! What each of them does stands in `scenarios/src/operator/procedures`, a file for each.

/// Every procedure, in the order of lists and tables.
pub const NAMES: &[&str] = &[
    "none",
    "manual",
    "manual-corrected",
    "optimal",
    "codership",
    "pacemaker",
    "mariadb-operator",
    "percona-operator",
    "bitnami",
    "kolla",
    "openstack-ansible",
    "openstack-helm",
    "openstack-k8s",
    "cloud-foundry",
    "packetfence",
    "swarm",
    "orchestrator-v2",
    "kubeblocks",
    "pacemaker-agent",
    "kubeblocks-pod",
];

/// The automata: each decides for the node beside which it sits, and acts on that node alone. So they take part in no
/// table unless they are asked for.
pub const AUTOMATA: &[&str] = &["pacemaker-agent", "kubeblocks-pod"];

/// Returns whether a procedure is an automaton on a node.
pub fn is_automaton(name: &str) -> bool {
    AUTOMATA.contains(&name)
}
