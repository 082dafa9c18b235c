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
];
