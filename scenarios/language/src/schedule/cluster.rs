//! The cluster of a schedule: its nodes, and options that a run begins with.

use proptest::strategy::{BoxedStrategy, Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use seatrial_port::{NodeName, Options, Supervisor};

use super::draw::one_of;

/// A cluster on which a schedule is played.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    /// The nodes. An arbitrator is the last of them.
    pub(super) nodes: Vec<NodeName>,
    /// The number of nodes with a server.
    pub(super) servers: usize,
    /// The options.
    pub(super) options: Options,
}

/// The name of the arbitrator.
const ARBITRATOR: &str = "G";

impl Cluster {
    /// Returns these nodes, with the options that nobody has touched.
    pub(super) fn usual(nodes: &[NodeName]) -> Self {
        Self {
            nodes: nodes.to_vec(),
            servers: nodes.len(),
            options: Options::default(),
        }
    }

    /// Returns a cluster of any kind.
    pub(super) fn draw(runner: &mut TestRunner) -> Self {
        let servers: u8 = drawn(runner, &one_of(vec![3, 3, 3, 3, 2, 2, 4, 5]));
        let with_arbitrator =
            servers < 5 && drawn(runner, &one_of(vec![true, false, false, false]));
        let mut nodes: Vec<NodeName> = ('A'..)
            .take(usize::from(servers))
            .map(|name| NodeName::new(name.to_string()))
            .collect();
        let mut options = Options::default();
        let mut set = |name: &str, value: &str| {
            if !value.is_empty() {
                options.settings.insert(name.to_owned(), value.to_owned());
            }
        };
        // An empty word leaves an option as it is.
        let flush = one_of(vec!["", "", "", "0", "2"]);
        set("innodb_flush_log_at_trx_commit", drawn(runner, &flush));
        let method = one_of(vec!["", "", "mariabackup"]);
        set("wsrep_sst_method", drawn(runner, &method));
        let cache = one_of(vec!["", "", "", "no"]);
        set("gcache.recover", drawn(runner, &cache));
        let recovery = one_of(vec!["", "", "", "", "false"]);
        set("pc.recovery", drawn(runner, &recovery));
        if drawn(runner, &one_of(vec![true, false, false, false])) {
            let own = options.node_settings.entry(nodes[0].clone()).or_default();
            own.insert("pc.weight".to_owned(), "2".to_owned());
        }
        if drawn(runner, &one_of(vec![true, false, false])) {
            options.supervisor = Supervisor::Systemd;
        }
        if with_arbitrator {
            let arbitrator = NodeName::new(ARBITRATOR);
            let own = options.node_settings.entry(arbitrator.clone()).or_default();
            own.insert("arbitrator".to_owned(), "true".to_owned());
            nodes.push(arbitrator);
        }
        Self {
            servers: usize::from(servers),
            nodes,
            options,
        }
    }
}

/// Returns a value that the strategy draws.
fn drawn<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: &BoxedStrategy<T>) -> T {
    strategy
        .new_tree(runner)
        .expect("invariant: the strategy has no filter")
        .current()
}
