//! Recovery procedures: what an operator types, step by step, at a [`Console`].
//!
//! A procedure is what is under test. It reads text and exit codes and nothing else, so that it
//! could be typed by hand on a real cluster. Every one of them ends: no loop is without a bound.
//!
//! | name | what it is |
//! |---|---|
//! | `none` | looks once, and does nothing |
//! | `manual` | the manual's Recovery procedure, taken literally |
//! | `manual-corrected` | the same with the fewest changes that make it safe |
//! | `optimal` | a decision table over the state files and the views in the logs |
//! | the others | published decision rules of other projects, each in its own file with its source |
//!
//! The others are models in our own words of what a project's code or documentation decides: what it
//! reads, what it compares, what it forces. They are not that project's code. `D1` to `D15` are the
//! classes of `docs/procedures.md`.

mod bitnami;
mod careful;
mod cloud_foundry;
mod codership;
mod hands;
mod kolla;
mod kubeblocks;
mod kubeblocks_pod;
mod manual;
mod manual_corrected;
mod mariadb_operator;
mod none;
mod openstack_ansible;
mod openstack_helm;
mod openstack_k8s;
mod optimal;
mod orchestrator_v2;
mod pacemaker;
mod pacemaker_agent;
mod packetfence;
mod percona_operator;
mod reading;
mod survey;
mod swarm;

pub(crate) use optimal::of_files;
pub use optimal::table as optimal_table;
use seatrial_port::Played;
use seatrial_port::console::Console;

/// The end of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcedureOutcome {
    /// Every node is ready, in one primary component.
    Recovered,
    /// A person must decide: the text says what, and what was seen.
    AsksPerson(String),
    /// The procedure is at its end and the cluster is not recovered: the text says what was seen.
    GaveUp(String),
}

/// Returns the names that [`run_procedure`] knows.
pub const fn names() -> &'static [&'static str] {
    seatrial_port::procedure::NAMES
}

/// Returns whether a procedure is an automaton, which acts on the node beside which it sits and on no other.
pub fn is_automaton(name: &str) -> bool {
    seatrial_port::procedure::is_automaton(name)
}

/// Returns the name of the procedure that does this act first, and then goes on by the table.
pub fn beginning_with(act: optimal_table::Act) -> String {
    format!("{BEGINNING_WITH}{}", act.name())
}

/// The name of `optimal` with another first act, up to the act.
const BEGINNING_WITH: &str = "optimal, beginning with ";

fn first_act(name: &str) -> Option<optimal_table::Act> {
    let word = name.strip_prefix(BEGINNING_WITH)?;
    let mut acts = optimal_table::Act::ALL.into_iter();
    acts.find(|act| act.name() == word)
}

/// The things that no node asks for any more, and that a procedure reads all the same. A search for ever must tell states
/// apart by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// Lines of a log that the procedure has not caused itself.
    pub old_lines: bool,
    /// The members of saved views, also of those that cannot be restored.
    pub saved_views: bool,
}

/// Returns what this procedure reads. One that says nothing of itself is taken to read all of it.
pub fn reads(name: &str) -> Reads {
    match name {
        "none" => none::READS,
        "manual-corrected" => manual_corrected::READS,
        _ => Reads {
            old_lines: true,
            saved_views: true,
        },
    }
}

/// Runs the procedure of this name. An unknown name gives up at once.
pub fn run_procedure<'a>(
    name: &'a str,
    console: &'a mut dyn Console,
) -> Played<'a, ProcedureOutcome> {
    Box::pin(async move {
        match name {
            "none" => none::run(console).await,
            "manual" => manual::run(console).await,
            "manual-corrected" => manual_corrected::run(console).await,
            "optimal" => optimal::run(console, None).await,
            "codership" => codership::run(console).await,
            "pacemaker" => pacemaker::run(console).await,
            "mariadb-operator" => mariadb_operator::run(console).await,
            "percona-operator" => percona_operator::run(console).await,
            "bitnami" => bitnami::run(console).await,
            "kolla" => kolla::run(console).await,
            "openstack-ansible" => openstack_ansible::run(console).await,
            "openstack-helm" => openstack_helm::run(console).await,
            "openstack-k8s" => openstack_k8s::run(console).await,
            "cloud-foundry" => cloud_foundry::run(console).await,
            "packetfence" => packetfence::run(console).await,
            "swarm" => swarm::run(console).await,
            "orchestrator-v2" => orchestrator_v2::run(console).await,
            "kubeblocks" => kubeblocks::run(console).await,
            "pacemaker-agent" => pacemaker_agent::run(console).await,
            "kubeblocks-pod" => kubeblocks_pod::run(console).await,
            _ => match first_act(name) {
                Some(act) => optimal::run(console, Some(act)).await,
                None => ProcedureOutcome::GaveUp(format!("there is no procedure `{name}`")),
            },
        }
    })
}
