//! Writes a scenario as a file, so that the shrinker keeps ordinary scenarios.
//!
//! Reading the text again gives the same scenario. Comments are lost, and what a file leaves to the
//! defaults stays out.

use std::fmt::Write as _;

use seatrial_port::predicate::{NodePredicate, Predicate, RaceOutcome};
use seatrial_port::{
    Arguments, Fault, ForceEdit, Initial, Jitter, ListStatement, MysqldSafeLog, NodeName, Options,
    Port, Slowed, Span, Supervisor, Timers,
};

use super::action::{Action, Expect, NodesCommand, Operator, RequestEnd, Wait, Write};
use super::check::PROCEDURE_DEFAULT;
use super::check_action::{OPERATOR_LIMIT, UNTIL_LIMIT};
use super::client::ClientStep;
use super::operators::Operators;
use super::scenario::{Claim, LIMIT_DEFAULT, Pace, Scenario, Step};
use super::table::{Table, list, quoted};

impl Scenario {
    /// Returns the scenario as the text of a file.
    pub fn to_toml(&self) -> String {
        let mut head = Table::default();
        head.text("id", &self.id);
        head.text("title", &self.title);
        head.maybe_text("source", self.source.as_deref());
        head.maybe_text("why", self.why.as_deref());
        head.nodes("nodes", &self.nodes);
        match self.initial {
            Initial::Synced => {}
            Initial::Empty => head.text("initial", "empty"),
            Initial::Down => head.text("initial", "down"),
        }
        match self.timers {
            None => {}
            Some(Timers::Default) => head.text("timers", "default"),
            Some(Timers::Fast) => head.text("timers", "fast"),
        }
        head.maybe_text("pace", self.pace.map(pace));
        if self.procedure != PROCEDURE_DEFAULT {
            head.text("procedure", &self.procedure);
        }
        put_operators(&mut head, &self.operators);
        if !self.second_phase {
            head.put("second_phase", false);
        }
        if !self.findings.is_empty() {
            head.put("findings", list(self.findings.iter().map(String::as_str)));
        }
        if self.limit != LIMIT_DEFAULT {
            head.text("limit", &self.limit.to_string());
        }
        head.maybe_text("pack", self.pack.as_deref());
        if !self.tags.is_empty() {
            head.put("tags", list(self.tags.iter().map(String::as_str)));
        }
        let mut text = head.0.join("\n") + "\n";
        write_options(&mut text, &self.options);
        for step in &self.steps {
            text.push_str("\n[[step]]\n");
            text.push_str(&step_lines(step).0.join("\n"));
            text.push('\n');
        }
        text
    }
}

const fn pace(pace: Pace) -> &'static str {
    match pace {
        Pace::Rest => "rest",
        Pace::Next => "next",
    }
}

fn write_options(text: &mut String, options: &Options) {
    let Options {
        settings,
        node_settings,
        supervisor,
        force,
        mysqld_safe_log,
        jitter,
    } = options;
    let mut lines = Table::default();
    if *supervisor == Supervisor::Systemd {
        lines.text("supervisor", "systemd");
    }
    if *force == ForceEdit::Replace {
        lines.text("force", "replace");
    }
    if *mysqld_safe_log == MysqldSafeLog::Syslog {
        lines.text("mysqld_safe_log", "syslog");
    }
    if *jitter == Jitter::None {
        lines.text("jitter", "none");
    }
    for (name, value) in settings {
        lines.text(&quoted(name), value);
    }
    if !lines.0.is_empty() {
        text.push_str("\n[options]\n");
        text.push_str(&lines.0.join("\n"));
        text.push('\n');
    }
    for (node, settings) in node_settings {
        writeln!(text, "\n[options.node.{}]", quoted(node.as_str()))
            .expect("invariant: writing to a String does not fail");
        for (name, value) in settings {
            writeln!(text, "{} = {}", quoted(name), quoted(value))
                .expect("invariant: writing to a String does not fail");
        }
    }
}

fn step_lines(step: &Step) -> Table {
    let mut lines = Table::default();
    lines.0.push(action_line(&step.action));
    if let Some(claim) = &step.claim {
        lines.put("claim", claim_table(claim).inline());
    }
    lines.maybe_text("note", step.note.as_deref());
    lines.maybe_text("pace", step.pace.map(pace));
    if step.may_skip {
        lines.put("may_skip", true);
    }
    if step.may_be_refused {
        lines.put("may_be_refused", true);
    }
    lines
}

fn claim_table(claim: &Claim) -> Table {
    let mut table = Table::default();
    table.text("id", &claim.id);
    table.text("says", &claim.says);
    table.text("verdict", claim.verdict.name());
    table.maybe_text("assumes", claim.assumes.as_deref());
    if let Some((first, last)) = claim.lines {
        table.text("lines", &format!("{first}-{last}"));
    }
    table
}

/// `stop = { nodes = ["A"] }`.
fn action_line(action: &Action) -> String {
    let (key, table) = match action {
        Action::Write(write) => ("write", write_table(write)),
        Action::Load(load) => {
            let mut table = Table::default();
            table.nodes("nodes", &load.nodes);
            table.put("clients", load.clients);
            table.span("for", load.span);
            ("load", table)
        }
        Action::Client(client) => ("client", client_table(client)),
        Action::Workload(workload) => {
            let mut table = Table::default();
            table.nodes("nodes", &workload.nodes);
            table.put("clients", workload.clients);
            table.put("rows", workload.rows);
            if workload.causal {
                table.put("causal", true);
            }
            table.span("pause", workload.pause);
            table.span("for", workload.span);
            ("workload", table)
        }
        Action::Command(command) => (command.command.name(), command_table(command)),
        Action::Faults(faults) => return faults_line(faults),
        Action::Operator(operator) => ("operator", operator_table(operator)),
        Action::Procedure(procedure) => {
            let mut table = Table::default();
            table.text("name", &procedure.name);
            table.maybe_text("ends", procedure.ends.map(super::ProcedureEnd::name));
            put_operators(&mut table, &procedure.operators);
            ("procedure", table)
        }
        Action::Wait(wait) => ("wait", wait_table(wait)),
        Action::Expect(expect) => ("expect", expect_table(expect)),
        Action::Together(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .flat_map(|part| match part {
                    // Faults that one table cannot name stand side by side.
                    Action::Faults(faults) => fault_lines(faults),
                    part => vec![action_line(part)],
                })
                .map(|line| format!("{{ {line} }}"))
                .collect();
            return format!("together = [{}]", parts.join(", "));
        }
    };
    format!("{key} = {}", table.inline())
}

fn client_table(client: &ClientStep) -> Table {
    let mut table = Table::default();
    table.text("name", &client.name);
    table.text("node", client.node.as_str());
    table.text("says", client.statement.word());
    match &client.statement {
        ListStatement::Read { row, causal } => {
            table.text("row", row);
            if *causal {
                table.put("causal", true);
            }
        }
        ListStatement::Append { row, value } => {
            table.text("row", row);
            table.text("value", value);
        }
        ListStatement::Set { row, text } => {
            table.text("row", row);
            table.text("text", text);
        }
        ListStatement::Begin | ListStatement::Commit | ListStatement::Rollback => {}
    }
    table.maybe_text("sees", client.sees.as_deref());
    if let Some(fails) = client.fails {
        table.put("fails", fails);
    }
    table
}

/// Writes where an operator sits, and who acts beside it.
fn put_operators(table: &mut Table, operators: &Operators) {
    let Operators { seat, beside } = operators;
    table.maybe_text("seat", seat.as_ref().map(NodeName::as_str));
    if beside.is_empty() {
        return;
    }
    let beside: Vec<String> = beside
        .iter()
        .map(|one| {
            let mut table = Table::default();
            table.text("name", &one.procedure);
            table.span("after", (one.after > Span::ZERO).then_some(one.after));
            table.maybe_text("seat", one.seat.as_ref().map(NodeName::as_str));
            table.inline()
        })
        .collect();
    table.put("beside", format!("[{}]", beside.join(", ")));
}

fn write_table(write: &Write) -> Table {
    let mut table = Table::default();
    table.text("node", write.node.as_str());
    table.put("rows", write.rows);
    table.maybe_text("as", write.name.as_deref());
    table
}

fn command_table(command: &NodesCommand) -> Table {
    use super::action::NodeCommand::{Restart, Start, Stop};
    let mut table = Table::default();
    match (command.command, command.nodes.as_slice()) {
        (Stop | Start | Restart, nodes) => table.nodes("nodes", nodes),
        (_, nodes) => {
            for node in nodes {
                table.text("node", node.as_str());
            }
        }
    }
    table.maybe_text("as", command.name.as_deref());
    table
}

fn operator_table(operator: &Operator) -> Table {
    let mut table = Table::default();
    table.text("node", operator.node.as_str());
    table.text("run", &operator.line);
    table.maybe("exit", operator.exit);
    table.maybe_text("prints", operator.prints.as_deref());
    table.maybe_text("lacks", operator.lacks.as_deref());
    table.span(
        "within",
        Some(operator.within).filter(|within| *within != OPERATOR_LIMIT),
    );
    table.span("interrupt_after", operator.interrupt_after);
    table.maybe_text("as", operator.name.as_deref());
    table
}

fn wait_table(wait: &Wait) -> Table {
    let mut table = Table::default();
    let mut until = Table::default();
    let within = match wait {
        Wait::For(span) => {
            table.span("for", Some(*span));
            return table;
        }
        Wait::Until {
            until: state,
            within,
        } => {
            put_state(&mut until, state, &[]);
            *within
        }
        Wait::Moment {
            until: moment,
            within,
        } => {
            until.text("node", moment.node.as_str());
            until.text(moment.way.name(), moment.message.name());
            *within
        }
    };
    table.put("until", until.inline());
    table.span(
        "within",
        Some(within).filter(|within| *within != UNTIL_LIMIT),
    );
    table
}

/// One fault as an action, several as a `together`, except where one action takes several nodes.
fn faults_line(faults: &[Fault]) -> String {
    match fault_lines(faults).as_slice() {
        [line] => line.clone(),
        lines => {
            let parts: Vec<String> = lines.iter().map(|line| format!("{{ {line} }}")).collect();
            format!("together = [{}]", parts.join(", "))
        }
    }
}

/// Returns the faults as actions; neighbours of one kind that takes several nodes become one.
fn fault_lines(faults: &[Fault]) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&NodeName>)> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for fault in faults {
        let name = fault.name();
        if let Some(node) = one_of_several(fault) {
            match groups.last_mut().filter(|(last, _)| *last == name) {
                Some((_, nodes)) => {
                    nodes.push(node);
                    lines.pop();
                }
                None => groups.push((name, vec![node])),
            }
            let nodes = groups
                .last()
                .map(|(_, nodes)| nodes.clone())
                .unwrap_or_default();
            let nodes = list(nodes.into_iter().map(NodeName::as_str));
            lines.push(format!("{name} = {{ nodes = {nodes} }}"));
        } else {
            groups.clear();
            lines.push(format!("{name} = {}", fault_table(fault).inline()));
        }
    }
    lines
}

/// The node of a fault whose action takes several nodes.
fn one_of_several(fault: &Fault) -> Option<&NodeName> {
    match fault.arguments() {
        Arguments::Nodes { node } => Some(node),
        _ => None,
    }
}

fn fault_table(fault: &Fault) -> Table {
    let mut table = Table::default();
    match fault.arguments() {
        Arguments::Nodes { node } => table.nodes("nodes", std::slice::from_ref(node)),
        Arguments::Node { node } => table.text("node", node.as_str()),
        Arguments::Nothing => {}
        Arguments::Setting {
            node,
            option,
            value,
        } => {
            table.text("node", node.as_str());
            table.text("option", option);
            table.text("value", value);
        }
        Arguments::Move { node, address } => {
            table.text("node", node.as_str());
            table.text("address", address);
        }
        Arguments::Link { from, to, port } => {
            table.text("from", from.as_str());
            table.text("to", to.as_str());
            table.maybe("port", port.map(Port::number));
        }
        Arguments::Copy { from, to } => {
            table.text("from", from.as_str());
            table.text("to", to.as_str());
        }
        Arguments::Keep { node, name } => {
            table.text("node", node.as_str());
            table.text("as", name);
        }
        Arguments::Kept { node, saved } => {
            table.text("node", node.as_str());
            table.text("from", saved);
        }
        Arguments::Groups { groups } => {
            let groups: Vec<String> = groups
                .iter()
                .map(|group| list(group.iter().map(NodeName::as_str)))
                .collect();
            table.put("groups", format!("[{}]", groups.join(", ")));
        }
        Arguments::By { node, by } => {
            table.text("node", node.as_str());
            table.span("by", Some(*by));
        }
        Arguments::Delay { of, by } => {
            match of {
                Slowed::Node { node } => table.text("node", node.as_str()),
                Slowed::OneWay { from, to } => {
                    table.text("from", from.as_str());
                    table.text("to", to.as_str());
                }
            }
            table.span("by", Some(*by));
        }
        Arguments::Percent { node, percent } => {
            table.text("node", node.as_str());
            table.put("percent", percent);
        }
        Arguments::Period { node, period } => {
            table.text("node", node.as_str());
            table.span("period", Some(*period));
        }
        Arguments::File { node, file, how } => {
            table.text("node", node.as_str());
            table.text("file", file.name());
            table.text("how", how.name());
        }
    }
    table
}

fn expect_table(expect: &Expect) -> Table {
    let Expect {
        state,
        probed,
        write,
        read,
        error,
        lost,
        diverged,
        request,
        within,
        hold,
    } = expect;
    let mut table = Table::default();
    if let Some(request) = request {
        table.text("request", &request.name);
        if request.ends != RequestEnd::Ended {
            table.text("ends", request.ends.name());
        }
        table.maybe("error", request.error);
        table.maybe("exit", request.exit);
        table.maybe_text("prints", request.prints.as_deref());
        table.maybe_text("lacks", request.lacks.as_deref());
    }
    put_state(&mut table, state, probed);
    if !state.any.is_empty() {
        let outcomes: Vec<String> = state.any.iter().map(outcome_table).collect();
        table.put("any", format!("[{}]", outcomes.join(", ")));
    }
    table.maybe_text("write", write.map(super::ProbeWrite::name));
    table.maybe_text("read", read.map(super::ProbeRead::name));
    table.maybe("error", *error);
    table.maybe("lost", *lost);
    table.maybe("diverged", *diverged);
    table.span("within", *within);
    table.span("for", *hold);
    table
}

/// Writes an expectation about states. A table says the same of all the nodes that it names, and so does
/// every expectation that was read from one.
fn put_state(table: &mut Table, state: &Predicate, probed: &[NodeName]) {
    let named: Vec<NodeName> = state.nodes.iter().map(|(node, _)| node.clone()).collect();
    let nodes = if named.is_empty() {
        probed.to_vec()
    } else {
        named
    };
    match nodes.as_slice() {
        [] => {}
        [node] => table.text("node", node.as_str()),
        nodes => table.nodes("nodes", nodes),
    }
    if let Some((_, wanted)) = state.nodes.first() {
        debug_assert!(
            state.nodes.iter().all(|(_, other)| other == wanted),
            "invariant: one table says the same of all its nodes"
        );
        put_node(table, wanted);
    }
    for word in &state.cluster {
        table.text("cluster", word.name());
    }
    table.maybe("size", state.size);
    table.maybe("safe_nodes", state.safe_nodes);
    table.maybe("highest_seqno_nodes", state.highest_seqno_nodes);
}

fn outcome_table(outcome: &RaceOutcome) -> String {
    let mut table = Table::default();
    table.text("name", &outcome.name);
    put_state(&mut table, &outcome.state, &[]);
    table.inline()
}

fn put_node(table: &mut Table, wanted: &NodePredicate) {
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
    table.maybe_text("process", process.map(seatrial_port::ProcessState::name));
    table.maybe("exit", *exit);
    table.maybe_text("cluster_status", cluster_status.as_deref());
    table.maybe("cluster_size", *cluster_size);
    table.maybe_text("ready", ready.as_deref());
    table.maybe_text("connected", connected.as_deref());
    table.maybe_text("local_state", local_state.as_deref());
    table.maybe_text("conf_id", conf_id.as_deref());
    table.maybe("safe_to_bootstrap", *safe_to_bootstrap);
    table.maybe("grastate_seqno", *grastate_seqno);
    table.maybe("grastate_zero", *grastate_zero);
    table.maybe("gvwstate", *gvwstate);
    table.maybe(
        "gvwstate_members",
        gvwstate_members
            .as_ref()
            .map(|members| list(members.iter().map(String::as_str))),
    );
    for (key, rows) in [("has_rows", has_rows), ("lacks_rows", lacks_rows)] {
        if !rows.is_empty() {
            table.put(key, list(rows.iter().map(String::as_str)));
        }
    }
}
