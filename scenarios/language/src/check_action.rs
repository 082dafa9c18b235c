//! The actions of a scenario.

use seatrial_port::{Moment, Span, Way};

use super::action::{
    Action, Load, NodeCommand, NodesCommand, Operator, ProcedureStep, Wait, Write,
};
use super::check::Checker;
use super::choice::ProcedureEndWord;
use super::error::Problem;
use super::raw::{
    Placed, RawAction, RawLoad, RawNamedNodes, RawNode, RawOperator, RawUntil, RawWait, RawWrite,
};

/// The longest time that an operator's command may take if the file says nothing.
pub(super) const OPERATOR_LIMIT: Span = Span::from_secs(120);

/// The longest time that a `wait` with `until` may take if the file says nothing.
pub(super) const UNTIL_LIMIT: Span = Span::from_secs(60);

impl Checker<'_> {
    /// Returns the one action that is given.
    pub(super) fn action(&mut self, raw: RawAction) -> Option<Action> {
        if let Some(faults) = self.faults(&raw) {
            return Some(Action::Faults(faults));
        }
        let command = NodeCommand::ALL;
        let RawAction {
            write,
            load,
            client,
            workload,
            stop,
            start,
            restart,
            bootstrap,
            force,
            pc_bootstrap,
            recover,
            operator,
            procedure,
            wait,
            expect,
            ..
        } = raw;
        // At most one of them is given: the caller has counted.
        None.or_else(|| write.map(|raw| self.write(raw.value)))
            .or_else(|| load.map(|raw| self.load(&raw.value)))
            .or_else(|| client.map(|raw| self.client(raw)))
            .or_else(|| workload.map(|raw| self.workload(&raw.value)))
            .or_else(|| stop.map(|raw| self.command(command[0], &raw.value)))
            .or_else(|| start.map(|raw| self.command(command[1], &raw.value)))
            .or_else(|| restart.map(|raw| self.command(command[2], &raw.value)))
            .or_else(|| bootstrap.map(|raw| self.node_command(command[3], &raw.value)))
            .or_else(|| force.map(|raw| self.node_command(command[4], &raw.value)))
            .or_else(|| pc_bootstrap.map(|raw| self.node_command(command[5], &raw.value)))
            .or_else(|| recover.map(|raw| self.node_command(command[6], &raw.value)))
            .or_else(|| operator.map(|raw| self.operator(raw.value)))
            .or_else(|| {
                procedure.map(|raw| {
                    let raw = raw.value;
                    Action::Procedure(ProcedureStep {
                        name: self.procedure(&raw.name),
                        ends: raw.ends.map(ProcedureEndWord::meaning),
                        operators: self.operators(Some(&raw.name), raw.seat.as_ref(), raw.beside),
                    })
                })
            })
            .or_else(|| wait.map(|raw| self.wait(raw)))
            .or_else(|| expect.map(|raw| Action::Expect(Box::new(self.expect(raw)))))
    }

    /// Several actions in one instant.
    pub(super) fn together(&mut self, parts: Placed<Vec<Placed<RawAction>>>) -> Action {
        if parts.value.len() < 2 {
            self.problem(
                Problem::at(
                    &parts.place,
                    "`together` needs at least two actions",
                    "too few",
                )
                .help("a single action is a step of its own"),
            );
        }
        let mut actions = Vec::new();
        for part in parts.value {
            match part.value.given().as_slice() {
                [
                    (
                        name @ ("procedure" | "wait" | "expect" | "load" | "client" | "workload"),
                        place,
                    ),
                ] => {
                    self.problem(
                        Problem::at(
                            place,
                            format!("`{name}` takes time and cannot be part of `together`"),
                            "not here",
                        )
                        .help("put it into a step of its own"),
                    );
                }
                [(_, place)] => {
                    let place = place.clone();
                    let action = self.action(part.value);
                    if let Some(Action::Operator(operator)) = &action
                        && operator.interrupt_after.is_some()
                    {
                        self.problem(
                            Problem::at(&place, "Ctrl-C cannot be part of `together`", "not here")
                                .help("put the command into a step of its own"),
                        );
                    }
                    actions.extend(action);
                }
                [] => self.problem(
                    Problem::at(&part.place, "this part does nothing", "no action").help(
                        "a part has exactly one action, such as `stop = { nodes = [\"A\"] }`",
                    ),
                ),
                [(first, _), (second, place), ..] => self.problem(
                    Problem::at(
                        place,
                        format!("this part has two actions, `{first}` and `{second}`"),
                        "the second",
                    )
                    .help("make it two parts: `together = [{ … }, { … }]`"),
                ),
            }
        }
        Action::Together(actions)
    }

    fn write(&mut self, raw: RawWrite) -> Action {
        let node = self.server(&raw.node);
        let rows = self.number(&raw.rows, "rows", 1, 10_000);
        let rows = u32::try_from(rows).unwrap_or(1);
        if raw.name.is_some() && rows != 1 {
            self.problem(
                Problem::at(
                    &raw.rows.place,
                    "a named write has one row",
                    "more than one",
                )
                .help("write the other rows in a step of their own"),
            );
        }
        for _ in 0..rows {
            self.row_count = self.row_count.saturating_add(1);
            self.rows.insert(format!("w{}{node}", self.row_count));
        }
        let name = raw.name.map(|name| self.request(name, true));
        Action::Write(Write { node, rows, name })
    }

    fn load(&mut self, raw: &RawLoad) -> Action {
        let nodes = self.some_nodes(&raw.nodes);
        let clients = self.number(&raw.clients, "clients", 0, 64);
        let clients = u32::try_from(clients).unwrap_or(0);
        let span = raw.span.as_ref().map(|span| self.span(span));
        Action::Load(Load {
            nodes,
            clients,
            span,
        })
    }

    fn command(&mut self, command: NodeCommand, raw: &RawNamedNodes) -> Action {
        let nodes = self.some_nodes(&raw.nodes);
        if let Some(name) = &raw.name
            && nodes.len() != 1
        {
            self.problem(
                Problem::at(
                    &name.place,
                    "a name stands for one command",
                    "several nodes",
                )
                .help("`together` starts several named commands in one instant"),
            );
        }
        let name = raw.name.clone().map(|name| self.request(name, false));
        Action::Command(NodesCommand {
            command,
            nodes,
            name,
        })
    }

    fn node_command(&mut self, command: NodeCommand, raw: &RawNode) -> Action {
        Action::Command(NodesCommand {
            command,
            nodes: vec![self.server(&raw.node)],
            name: None,
        })
    }

    fn operator(&mut self, raw: RawOperator) -> Action {
        let node = self.node(&raw.node);
        let exit = raw.exit.map(|exit| self.number(&exit, "exit", 0, 255));
        if let Some(name) = &raw.name {
            let checks = [
                raw.prints.as_ref().map(|p| &p.place),
                raw.lacks.as_ref().map(|p| &p.place),
            ];
            if exit.is_some()
                || checks.iter().any(Option::is_some)
                || raw.within.is_some()
                || raw.interrupt_after.is_some()
            {
                self.problem(
                    Problem::at(
                        &name.place,
                        "a named command is left running, so this step cannot check its end",
                        "named",
                    )
                    .help(format!(
                        "check it in a later step: `expect = {{ request = \"{}\", ends = \"ended\", exit = 0 }}`",
                        name.value
                    )),
                );
            }
        }
        let line = self.words(raw.run, "run");
        let prints = raw.prints.map(|text| self.words(text, "prints"));
        let lacks = raw.lacks.map(|text| self.words(text, "lacks"));
        Action::Operator(Operator {
            node,
            line,
            exit: exit.and_then(|exit| i32::try_from(exit).ok()),
            prints,
            lacks,
            within: raw
                .within
                .map_or(OPERATOR_LIMIT, |within| self.span(&within)),
            interrupt_after: raw.interrupt_after.map(|span| self.span(&span)),
            name: raw.name.map(|name| self.request(name, false)),
        })
    }

    fn wait(&mut self, raw: Placed<RawWait>) -> Action {
        let place = raw.place;
        let raw = raw.value;
        match (raw.span, raw.until) {
            (Some(span), None) => {
                if let Some(within) = raw.within {
                    self.problem(Problem::at(
                        &within.place,
                        "`within` belongs to `until`",
                        "without `until`",
                    ));
                }
                Action::Wait(Wait::For(self.span(&span)))
            }
            (None, Some(until))
                if until.value.sends.is_some() || until.value.receives.is_some() =>
            {
                let until = self.moment(until);
                let within = raw.within.map_or(UNTIL_LIMIT, |within| self.span(&within));
                Action::Wait(
                    until.map_or(Wait::For(within), |until| Wait::Moment { until, within }),
                )
            }
            (None, Some(until)) => {
                let until_place = until.place.clone();
                let names_a_node = until.value.node.is_some() || until.value.nodes.is_some();
                let until = self.state(until.value, false);
                if !until.says_something() && !names_a_node {
                    self.problem(
                        Problem::at(&until_place, "the wait has no condition", "says nothing")
                            .help("such as { node = \"B\", local_state = \"Joiner\" }"),
                    );
                }
                let within = raw.within.map_or(UNTIL_LIMIT, |within| self.span(&within));
                Action::Wait(Wait::Until { until, within })
            }
            _ => {
                self.problem(
                    Problem::at(&place, "`wait` has either `for` or `until`", "exactly one of them")
                        .help("such as { for = \"5s\" } or { until = { cluster = \"all-synced\" }, within = \"60s\" }"),
                );
                Action::Wait(Wait::For(Span::from_secs(1)))
            }
        }
    }

    /// Returns the message for which a wait is.
    fn moment(&mut self, raw: Placed<RawUntil>) -> Option<Moment> {
        let place = raw.place;
        let mut raw = raw.value;
        let (way, word) = match (raw.sends.take(), raw.receives.take()) {
            (Some(word), None) => (Way::Sends, word),
            (None, Some(word)) => (Way::Receives, word),
            (_, word) => {
                let second = word.map_or_else(|| place.clone(), |word| word.place);
                self.problem(
                    Problem::at(&second, "either `sends` or `receives`", "the second")
                        .help("a wait ends at one message of one node"),
                );
                return None;
            }
        };
        let given = raw.given();
        let node = raw.node.take();
        let asks_more = given > usize::from(node.is_some());
        let Some(node) = node.filter(|_| !asks_more) else {
            self.problem(
                Problem::at(&word.place, "a message has one node and nothing else", "a message")
                    .help("such as { node = \"B\", sends = \"INSTALL\" }; wait for a state in a step of its own"),
            );
            return None;
        };
        Some(Moment {
            node: self.node(&node),
            way,
            message: word.value.meaning(),
        })
    }

    /// Returns a name given with `as`.
    fn request(&mut self, name: Placed<String>, write: bool) -> String {
        let given = self.rounds.give(&name.value);
        if self.requests.insert(given.clone(), write).is_some() {
            self.problem(Problem::at(
                &name.place,
                format!("the name `{given}` is given twice"),
                "the second time",
            ));
        }
        self.words(name, "as");
        given
    }
}
