//! The setup of a run, for both engines: it installs the machines and builds the initial state by the same
//! history.

use seatrial_node::{Config, ConfigError, DeliberateFault, OPTION_NAMES, Peer};
use seatrial_scenarios::{
    Capabilities, ClusterPredicate, Condition, FILE_OPTIONS, Fault, Initial, Jitter, NodeName,
    NodePredicate, Options, Predicate, ProcessState, Request, Setup, Span, Statement, Testbed,
    Timers,
};

use crate::keyed::Keyed;
use crate::machine::conf::CLUSTER;
use crate::machine::{Installation, Machine};

/// The time without a change after which a simulated cluster is at rest.
pub(crate) const REST: Span = Span::from_secs(40);

/// The reason why an initial state could not be built: always a mistake in the model or in the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError(pub String);

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the initial state was not reached: {}", self.0)
    }
}

impl std::error::Error for BuildError {}

/// An option that the model acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionFacts {
    /// Its name, as Galera or MariaDB spells it.
    pub name: &'static str,
    /// Its default.
    pub default: String,
    /// Its value with the short timeouts.
    pub fast: String,
}

/// Returns the options that the model acts on, sorted by name.
///
/// # Panics
/// When an option is listed and cannot be read: a mistake in the model.
pub fn options() -> Vec<OptionFacts> {
    let (default, fast) = (Config::default(), Config::fast());
    let value = |config: &Config, name| config.get(name).expect("invariant: it is listed");
    let of_files = [
        ("wsrep_cluster_address", "gcomm:// and every node"),
        ("wsrep_cluster_name", CLUSTER),
        ("wsrep_node_address", "the node's own"),
    ];
    let mut facts: Vec<OptionFacts> = OPTION_NAMES
        .iter()
        .map(|&name| OptionFacts {
            name,
            default: value(&default, name),
            fast: value(&fast, name),
        })
        .chain(of_files.map(|(name, default)| OptionFacts {
            name,
            default: default.to_owned(),
            fast: default.to_owned(),
        }))
        .collect();
    facts.sort_unstable_by_key(|facts| facts.name);
    facts
}

/// Returns the configuration of one node.
///
/// # Errors
/// When an option or its value is not known to the model.
pub fn config_of(
    node: &NodeName,
    timers: Timers,
    options: &Options,
) -> Result<Config, ConfigError> {
    let mut config = match timers {
        Timers::Default => Config::default(),
        Timers::Fast => Config::fast(),
    };
    let own = options.node_settings.get(node);
    for (name, value) in options.settings.iter().chain(own.into_iter().flatten()) {
        if !FILE_OPTIONS.contains(&name.as_str()) {
            config.set(name, value)?;
        }
    }
    Ok(config)
}

/// Returns the source of draws of a setup.
pub(crate) fn keyed(setup: &Setup) -> Keyed {
    let keyed = Keyed::new(setup.seed);
    match setup.options.jitter {
        Jitter::Drawn => keyed,
        Jitter::None => keyed.without_jitter(),
    }
}

/// Returns the machines of a setup; `deliberate_fault` is a mistake in the model, which tests alone plant.
///
/// # Panics
/// When an option is not known: scenario files are checked before they are run.
pub fn machines(setup: &Setup, deliberate_fault: Option<DeliberateFault>) -> Vec<Machine> {
    setup
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let mut config = config_of(node, setup.timers, &setup.options)
                .expect("invariant: the options of a scenario have been checked");
            config.deliberate_fault = deliberate_fault;
            config.jitter = setup.options.jitter == Jitter::Drawn;
            let installation = Installation {
                names: setup.nodes.clone(),
                config,
                supervisor: setup.options.supervisor,
                force: setup.options.force,
                mysqld_safe_log: setup.options.mysqld_safe_log,
                seed: setup.seed,
            };
            let peer = Peer(u8::try_from(index).expect("invariant: a handful of nodes"));
            Machine::new(peer, installation)
        })
        .collect()
}

/// Returns the node that a fault concerns, where it concerns one machine.
pub fn fault_node(fault: &Fault) -> Option<&NodeName> {
    fault.node()
}

/// Returns the capabilities of both simulated engines: every fault of the language.
pub fn capabilities(engine: &str) -> Capabilities {
    Capabilities {
        engine: engine.to_owned(),
        faults: Fault::KINDS
            .iter()
            .map(|kind| kind.name.to_owned())
            .collect(),
        histories: true,
        messages: true,
    }
}

/// Builds the initial state through the port, as on any engine: bootstrap the first node, create the
/// table, let the others join in turn.
///
/// # Errors
/// When a node does not get there.
pub async fn build(testbed: &mut dyn Testbed, setup: &Setup) -> Result<(), BuildError> {
    if setup.initial == Initial::Empty {
        return Ok(());
    }
    let limit = Span::from_secs(120);
    for (index, node) in setup.nodes.iter().enumerate() {
        let arbitrator = setup.options.is_arbitrator(node);
        let line = match index {
            _ if arbitrator => "systemctl start garb",
            0 => "galera_new_cluster",
            _ => "systemctl start mariadb",
        };
        testbed.start(Request::Operator {
            node: node.clone(),
            line: line.to_owned(),
        });
        let synced = if arbitrator {
            NodePredicate {
                process: Some(ProcessState::Running),
                ..NodePredicate::default()
            }
        } else {
            NodePredicate {
                local_state: Some("Synced".into()),
                ready: Some("ON".into()),
                ..NodePredicate::default()
            }
        };
        let until = Predicate {
            nodes: vec![(node.clone(), synced)],
            ..Predicate::default()
        };
        testbed
            .wait(&Condition::State(until), limit)
            .await
            .map_err(|_| BuildError(format!("{node} is not Synced after {limit}")))?;
        if index == 0 {
            for ddl in ["database", "table"] {
                let statement = Statement::Ddl(ddl.to_owned());
                let id = testbed.start(Request::Client {
                    node: node.clone(),
                    statement,
                });
                testbed
                    .wait(&Condition::Ended(id), limit)
                    .await
                    .map_err(|_| BuildError(format!("creating the {ddl} on {node} hangs")))?;
            }
        }
    }
    let all = Predicate {
        cluster: vec![ClusterPredicate::AllSynced],
        ..Predicate::default()
    };
    testbed
        .wait(&Condition::State(all), limit)
        .await
        .map_err(|_| BuildError("not all nodes are Synced".into()))?;
    if setup.initial == Initial::Down {
        for node in setup.nodes.iter().rev() {
            let unit = if setup.options.is_arbitrator(node) {
                "garb"
            } else {
                "mariadb"
            };
            let line = format!("systemctl stop {unit}");
            let id = testbed.start(Request::Operator {
                node: node.clone(),
                line,
            });
            let gone = NodePredicate {
                process: Some(ProcessState::Exited),
                ..NodePredicate::default()
            };
            let until = Predicate {
                nodes: vec![(node.clone(), gone)],
                ..Predicate::default()
            };
            testbed
                .wait(&Condition::State(until), limit)
                .await
                .map_err(|_| BuildError(format!("{node} does not stop")))?;
            let _ = testbed.wait(&Condition::Ended(id), limit).await;
        }
    }
    // A moment of quiet, so that nothing of the construction is still under way.
    let _ = testbed.wait(&Condition::Never, Span::from_secs(2)).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use seatrial_scenarios::OPTIONS;

    use super::*;

    #[test]
    fn the_language_knows_the_options_of_the_model_and_no_other() {
        let known: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
        let modelled: Vec<&str> = options().iter().map(|facts| facts.name).collect();
        assert_eq!(known, modelled);
    }

    #[test]
    fn the_language_takes_the_values_that_the_model_takes() {
        let values = [
            "PT5S",
            "PT1M30S",
            "PT0.3S",
            "PT",
            "PT5",
            "2.5",
            "0",
            "1",
            "2",
            "3",
            "255",
            "256",
            "-1",
            "true",
            "OFF",
            "yes",
            "8M",
            "8X",
            "rsync",
            "mariabackup",
            "mysqldump",
            "",
            "x",
        ];
        for option in OPTIONS
            .iter()
            .filter(|option| !FILE_OPTIONS.contains(&option.name))
        {
            for value in values {
                let taken = Config::default().set(option.name, value).is_ok();
                assert_eq!(
                    option.value.takes(value),
                    taken,
                    "{} = {value}",
                    option.name
                );
            }
        }
    }
}
