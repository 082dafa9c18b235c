//! Steps, faults and expectations in a few words, for traces, reports and failures.

use std::fmt;

use seatrial_port::predicate::{NodePredicate, Predicate};
use seatrial_port::{Fault, comma_list};

use super::action::{Action, Expect, Wait};

/// The step in a few words, for traces, reports and failures.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(write) if write.rows == 1 => write!(f, "write 1 row on {}", write.node),
            Self::Write(write) => write!(f, "write {} rows on {}", write.rows, write.node),
            Self::Load(load) if load.clients == 0 => f.write_str("end the load"),
            Self::Load(load) => {
                write!(
                    f,
                    "load of {} clients on {}",
                    load.clients,
                    comma_list(&load.nodes)
                )
            }
            Self::Client(client) => write!(f, "{client}"),
            Self::Workload(workload) => write!(f, "{workload}"),
            Self::Command(command) => {
                write!(
                    f,
                    "{} {}",
                    command.command.name(),
                    comma_list(&command.nodes)
                )
            }
            Self::Faults(faults) => write_faults(f, faults),
            Self::Operator(operator) => write!(f, "on {}: {}", operator.node, operator.line),
            Self::Procedure(procedure) => {
                write!(f, "procedure {}{}", procedure.name, procedure.operators)
            }
            Self::Wait(Wait::For(span)) => write!(f, "wait {span}"),
            Self::Wait(Wait::Until { until, within }) => {
                write!(f, "wait up to {within} until {}", describe(until))
            }
            Self::Wait(Wait::Moment { until, within }) => {
                write!(f, "wait up to {within} until {until}")
            }
            Self::Expect(expect) => write_expect(f, expect),
            Self::Together(parts) => {
                f.write_str("together: ")?;
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "{part}")?;
                }
                Ok(())
            }
        }
    }
}

fn write_faults(f: &mut fmt::Formatter<'_>, faults: &[Fault]) -> fmt::Result {
    for (index, fault) in faults.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{fault}")?;
    }
    Ok(())
}

/// Returns the fault in a few words.
pub fn describe_fault(fault: &Fault) -> String {
    fault.to_string()
}

fn write_expect(f: &mut fmt::Formatter<'_>, expect: &Expect) -> fmt::Result {
    let mut parts = Vec::new();
    if let Some(request) = &expect.request {
        parts.push(format!("{} {}", request.name, request.ends.name()));
    }
    if expect.says_of_states() {
        parts.push(describe(&expect.state));
    }
    let error = expect
        .error
        .map_or_else(String::new, |error| format!(" with error {error}"));
    let probed = comma_list(&expect.probed);
    if let Some(write) = expect.write {
        parts.push(format!("a write on {probed} {}{error}", write.name()));
    }
    if let Some(read) = expect.read {
        parts.push(format!("a read on {probed} {}{error}", read.name()));
    }
    if let Some(lost) = expect.lost {
        parts.push(format!("{lost} acknowledged rows lost"));
    }
    if let Some(diverged) = expect.diverged {
        parts.push(if diverged {
            "diverged".to_owned()
        } else {
            "not diverged".to_owned()
        });
    }
    write!(f, "expect {}", parts.join(", "))?;
    if let Some(within) = expect.within {
        write!(f, " within {within}")?;
    }
    if let Some(hold) = expect.hold {
        write!(f, " for {hold}")?;
    }
    Ok(())
}

/// Returns an expectation of states in a few words.
pub fn describe(predicate: &Predicate) -> String {
    let mut parts = Vec::new();
    for (node, wanted) in &predicate.nodes {
        parts.push(format!("{node} {}", describe_node(wanted)));
    }
    parts.extend(predicate.cluster.iter().map(|word| word.name().to_owned()));
    parts.extend(predicate.size.map(|size| format!("size {size}")));
    parts.extend(
        predicate
            .safe_nodes
            .map(|nodes| format!("safe_nodes {nodes}")),
    );
    parts.extend(
        predicate
            .highest_seqno_nodes
            .map(|nodes| format!("highest_seqno_nodes {nodes}")),
    );
    if !predicate.any.is_empty() {
        let names: Vec<String> = predicate
            .any
            .iter()
            .map(|outcome| format!("`{}`", outcome.name))
            .collect();
        parts.push(format!("one of the outcomes {}", names.join(", ")));
    }
    parts.join(", ")
}

fn describe_node(wanted: &NodePredicate) -> String {
    let NodePredicate {
        process,
        exit,
        cluster_status,
        cluster_size,
        ready,
        connected,
        local_state,
        conf_id,
        safe_to_bootstrap,
        grastate_seqno,
        grastate_zero,
        gvwstate,
        gvwstate_members,
        has_rows,
        lacks_rows,
    } = wanted;
    let mut words = Vec::new();
    let mut add = |text: Option<String>| words.extend(text);
    add(process.map(|process| process.name().to_owned()));
    add(exit.map(|exit| format!("exit {exit}")));
    add(cluster_status.clone());
    add(cluster_size.map(|size| format!("cluster_size {size}")));
    add(ready.as_ref().map(|flag| format!("ready {flag}")));
    add(connected.as_ref().map(|flag| format!("connected {flag}")));
    add(local_state.clone());
    add(conf_id.as_ref().map(|id| format!("conf_id {id}")));
    add(safe_to_bootstrap.map(|safe| format!("safe_to_bootstrap {safe}")));
    add(grastate_seqno.map(|seqno| format!("grastate seqno {seqno}")));
    add(grastate_zero.map(|zero| format!("zero uuid {zero}")));
    add(gvwstate.map(|there| {
        if there {
            "gvwstate.dat"
        } else {
            "no gvwstate.dat"
        }
        .to_owned()
    }));
    add(gvwstate_members
        .as_ref()
        .map(|members| format!("view {}", members.join(""))));
    add((!has_rows.is_empty()).then(|| format!("has {}", has_rows.join(" "))));
    add((!lacks_rows.is_empty()).then(|| format!("lacks {}", lacks_rows.join(" "))));
    words.join(" ")
}
