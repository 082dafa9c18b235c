//! Decides when a real cluster is at rest: nothing observed has changed for a while, no node joins or
//! donates, and every server that was started has ended, opened its port, or waited out its time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seatrial_scenarios::{Fault, NodeName, Request, Setup, Statement, Timers};
use tokio::time::Instant;

use crate::look::Look;

/// Nothing has changed for so long after a fault or a command that concerns the membership.
const QUIET: Duration = Duration::from_secs(6);

/// The same after a write, a force, a damage or a recovery.
const QUIET_AFTER_LITTLE: Duration = Duration::from_secs(2);

/// The facts of a node that change although nothing is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    look: Look,
}

/// The watch for rest.
pub(crate) struct Rest {
    suspect: Duration,
    wait_prim: Duration,
    last: BTreeMap<NodeName, Seen>,
    changed: Instant,
    acted: Instant,
    little: bool,
    /// The time at which each server process of a node was first seen.
    born: BTreeMap<NodeName, (u32, Instant)>,
    /// Nodes that are desynced because a session of ours holds the global read lock.
    pub(crate) locked: BTreeSet<NodeName>,
}

impl Rest {
    pub(crate) fn new(setup: &Setup) -> Self {
        let (suspect, wait_prim) = match setup.timers {
            Timers::Fast => (1, 8),
            Timers::Default => (5, 30),
        };
        Self {
            suspect: Duration::from_secs(suspect),
            wait_prim: Duration::from_secs(wait_prim),
            last: BTreeMap::new(),
            changed: Instant::now(),
            acted: Instant::now(),
            little: true,
            born: BTreeMap::new(),
            locked: BTreeSet::new(),
        }
    }

    /// A fault happens now.
    pub(crate) fn fault(&mut self, fault: &Fault) {
        let little = matches!(
            fault,
            Fault::Damage { .. } | Fault::BackendStop(_) | Fault::Configure { .. }
        );
        self.act(little);
    }

    /// A request begins now.
    pub(crate) fn request(&mut self, request: &Request) {
        let little = match request {
            Request::Client { statement, .. } => !matches!(statement, Statement::Ddl(_)),
            Request::Operator { line, .. } => {
                let moves = [
                    "systemctl",
                    "bootstrap-node",
                    "restart-node",
                    "galera_new_cluster",
                ];
                let more = ["killall", "reboot", "playbook", "mysql ", "mariadb "];
                !moves.iter().chain(&more).any(|word| line.contains(word))
                    || line.contains("--force-safe-to-bootstrap")
            }
        };
        self.act(little);
    }

    fn act(&mut self, little: bool) {
        let now = Instant::now();
        // The harness must still wait for what was under way before.
        let over = self.acted.max(self.changed) + QUIET < now;
        self.little = little && (self.little || over);
        self.acted = now;
    }

    /// Takes a look, and says whether the cluster is at rest. `pending` are the nodes at which a
    /// command or a statement is under way.
    pub(crate) fn look(
        &mut self,
        looks: &BTreeMap<NodeName, Look>,
        pending: &BTreeSet<NodeName>,
    ) -> bool {
        let now = Instant::now();
        let seen: BTreeMap<NodeName, Seen> = looks
            .iter()
            .map(|(node, look)| (node.clone(), Seen { look: look.clone() }))
            .collect();
        if seen != self.last {
            self.last = seen;
            self.changed = now;
        }
        for (node, look) in looks {
            let known = self.born.get(node).map(|(lives, _)| *lives);
            if known != Some(look.lives) {
                self.born.insert(node.clone(), (look.lives, now));
            }
        }
        let least = if self.little {
            QUIET_AFTER_LITTLE
        } else {
            self.suspect + Duration::from_secs(3)
        };
        let quiet = if self.little {
            QUIET_AFTER_LITTLE
        } else {
            QUIET
        };
        now >= self.acted + least
            && now >= self.changed + quiet
            && looks
                .iter()
                .all(|(node, look)| self.is_settled(node, look, pending, now))
    }

    fn is_settled(
        &self,
        node: &NodeName,
        look: &Look,
        pending: &BTreeSet<NodeName>,
        now: Instant,
    ) -> bool {
        if look.pid.is_none() {
            // systemd starts it again after its pause.
            return look.phase != "pause"
                && (look.phase != "recovery" || look.unit != "activating");
        }
        if look.is_hung() || look.unit == "deactivating" {
            return true;
        }
        if !look.port {
            let grown = self
                .born
                .get(node)
                .is_some_and(|(_, born)| now >= *born + self.wait_prim + Duration::from_secs(15));
            return grown;
        }
        let state = look.status("wsrep_local_state_comment").unwrap_or_default();
        // A donor by a setting or by a lock does not change by itself.
        let desynced = self.locked.contains(node) || look.status("wsrep_desync") == Some("1");
        let moving = state.contains("Join") || (state.contains("Donor") && !desynced);
        let _ = pending;
        !moving
    }
}
