//! The findings by name: what each means, and whether it fails a run that does not name it.

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It must never fire on the faithful model unless somebody forced it; if it does, the model is
    /// wrong.
    Safety,
    /// It fires on what real Galera does too, and says what the procedure led to.
    Finding,
}

/// A finding that there can be.
#[derive(Clone, Copy, Debug)]
pub struct FindingKind {
    /// The name that scenario files use.
    pub name: &'static str,
    /// The severity.
    pub class: Class,
    /// Whether it fails a run whose scenario does not name it. The others are for information.
    pub fails_unlisted: bool,
    /// Whether only an engine that shows histories can see it.
    pub needs_histories: bool,
    /// The meaning.
    pub doc: &'static str,
}

/// All findings.
pub const FINDINGS: &[FindingKind] = &[
    FindingKind {
        name: "acknowledged-write-lost",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "a row that a client was told is committed is missing where the cluster serves, or everywhere",
    },
    FindingKind {
        name: "twin-primaries",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "two nodes are Primary without counting each other",
    },
    FindingKind {
        name: "histories-diverge",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: true,
        doc: "two nodes have committed different transactions, and neither history begins the other",
    },
    FindingKind {
        name: "non-primary-acknowledges",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "a node without quorum acknowledged a write",
    },
    FindingKind {
        name: "converged-means-equal",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "every node is Synced in one component, at different positions and with different rows",
    },
    FindingKind {
        name: "two-safe-nodes",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "after an orderly shutdown of all nodes more than one says safe_to_bootstrap: 1",
    },
    FindingKind {
        name: "silent-splice",
        class: Class::Finding,
        fails_unlisted: true,
        needs_histories: false,
        doc: "nodes of one component are Synced at the same position with different rows",
    },
    FindingKind {
        name: "no-safe-node",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "after an orderly shutdown of all nodes none says safe_to_bootstrap: 1",
    },
    FindingKind {
        name: "stale-safe-to-bootstrap",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "a node outside the cluster says safe_to_bootstrap: 1 while the cluster runs without it, or while it lacks acknowledged rows",
    },
    FindingKind {
        name: "dead-lock",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "all nodes run and reach each other, nothing changes any more, and none is Primary",
    },
    FindingKind {
        name: "reversed-history",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "a node aborted with exit code 134, because the group is behind its own position, as its log says",
    },
    FindingKind {
        name: "procedure-bounded",
        class: Class::Finding,
        fails_unlisted: true,
        needs_histories: false,
        doc: "a procedure did not end within its bound, or gave up without saying what it waits for",
    },
    FindingKind {
        name: "append-lost",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "a value that a client was told is committed is in no later text of its row",
    },
    FindingKind {
        name: "lost-update",
        class: Class::Finding,
        fails_unlisted: true,
        needs_histories: false,
        doc: "a transaction read a row and changed it, and another one had changed the row in between",
    },
    FindingKind {
        name: "aborted-read",
        class: Class::Safety,
        fails_unlisted: true,
        needs_histories: false,
        doc: "a client reads a value of a transaction that the server refused",
    },
    FindingKind {
        name: "stale-read",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "a read does not see a transaction that was acknowledged before the read began",
    },
    FindingKind {
        name: "read-goes-back",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "a client on one connection sees an older version of a row than it saw before",
    },
    FindingKind {
        name: "documented-state-reached",
        class: Class::Finding,
        fails_unlisted: false,
        needs_histories: false,
        doc: "a state that the scenario waits for was never reached",
    },
];

/// Returns the finding of this name.
pub fn finding(name: &str) -> Option<&'static FindingKind> {
    FINDINGS.iter().find(|finding| finding.name == name)
}
