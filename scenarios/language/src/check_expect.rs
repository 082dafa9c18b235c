//! Checks the expectations of a scenario about states, rows and requests.

use seatrial_port::NodeName;
use seatrial_port::predicate::{NodePredicate, Predicate, RaceOutcome};

use super::action::{Expect, RequestCheck, RequestEnd};
use super::check::Checker;
use super::choice::{ClusterWord, EndWord, ProcessWord, ReadWord, WriteWord};
use super::error::Problem;
use super::raw::{Placed, RawExpect, RawOutcome, RawUntil};
use super::suggest;

impl Checker<'_> {
    /// Returns the `expect` of a step.
    pub(super) fn expect(&mut self, raw: Placed<RawExpect>) -> Expect {
        let problems_before = self.problems.len();
        let place = raw.place;
        let mut raw = raw.value;
        let within = raw.within.take().map(|within| self.span(&within));
        let hold = raw.hold.take().map(|hold| self.span(&hold));
        if let Some(name) = raw.request.take() {
            let request = self.request_check(&name, &mut raw);
            let says_more = raw.write.is_some()
                || raw.read.is_some()
                || raw.lost.is_some()
                || raw.diverged.is_some()
                || raw.any.is_some()
                || !self.state_is_empty(raw.take_state());
            if says_more {
                self.problem(
                    Problem::at(
                        &name.place,
                        "a check of a request asks nothing else",
                        "a request",
                    )
                    .help("put the other conditions into an `expect` of their own"),
                );
            }
            return Expect {
                request: Some(request),
                within,
                hold,
                ..Expect::default()
            };
        }
        for text in [&raw.prints, &raw.lacks].into_iter().flatten() {
            self.problem(
                Problem::at(
                    &text.place,
                    "only a request prints something",
                    "no `request`",
                )
                .help("name the command with `as`, then `expect = { request = \"…\", … }`"),
            );
        }
        let tries = raw.write.is_some() || raw.read.is_some();
        let probed = if tries {
            self.probed(&raw, &place)
        } else {
            Vec::new()
        };
        let error = self.error_number(raw.error.take(), tries);
        let lost = raw
            .lost
            .take()
            .map(|lost| self.number(&lost, "lost", 0, 1_000_000));
        let (write, read, diverged) = (raw.write, raw.read, raw.diverged);
        let any = raw.any.take().map(|any| self.outcomes(any));
        let mut state = self.state(raw.take_state(), tries || any.is_some());
        state.any = any.unwrap_or_default();
        let expect = Expect {
            state,
            probed,
            write: write.map(WriteWord::meaning),
            read: read.map(ReadWord::meaning),
            error,
            lost: lost.and_then(|lost| u32::try_from(lost).ok()),
            diverged,
            request: None,
            within,
            hold,
        };
        if !expect.asks() && self.problems.len() == problems_before {
            self.problem(
                Problem::at(&place, "nothing is expected", "says nothing that could be false")
                    .help("such as { node = \"C\", cluster_status = \"non-Primary\" } or { cluster = \"all-synced\" }"),
            );
        }
        expect
    }

    fn request_check(&mut self, name: &Placed<String>, raw: &mut RawExpect) -> RequestCheck {
        let meant = self.rounds.find(&name.value);
        let write = self.requests.get(&meant).copied();
        if write.is_none() {
            let known: Vec<&str> = self.requests.keys().map(String::as_str).collect();
            let help = if known.is_empty() {
                "no earlier step names one: add `as = \"…\"` to a write, an operator or a stop"
                    .to_owned()
            } else {
                suggest::help(&name.value, "named so far", &known)
            };
            self.problem(
                Problem::at(
                    &name.place,
                    format!("no request is named `{}`", name.value),
                    "unknown",
                )
                .help(help),
            );
        }
        let ends = raw.ends.map_or(RequestEnd::Ended, EndWord::meaning);
        let of_a_write = matches!(
            ends,
            RequestEnd::Acknowledged | RequestEnd::Refused | RequestEnd::Unknown
        );
        let exit = raw
            .exit
            .take()
            .map(|exit| self.number(&exit, "exit", 0, 255));
        let prints = raw.prints.take().map(|text| self.words(text, "prints"));
        let lacks = raw.lacks.take().map(|text| self.words(text, "lacks"));
        let of_a_command = exit.is_some() || prints.is_some() || lacks.is_some();
        if write == Some(false) && of_a_write {
            self.problem(
                Problem::at(
                    &name.place,
                    format!("a command is not {}", ends.name()),
                    "a command",
                )
                .help(
                    "a command ends or runs: ends = \"ended\" with `exit`, or ends = \"running\"",
                ),
            );
        }
        if write == Some(true) && of_a_command {
            self.problem(
                Problem::at(
                    &name.place,
                    "a write prints nothing and has no exit code",
                    "a write",
                )
                .help("ends = \"acknowledged\", \"refused\" (with `error`) or \"unknown\""),
            );
        }
        let error = self.error_number(raw.error.take(), ends == RequestEnd::Refused);
        RequestCheck {
            name: meant,
            ends,
            error,
            exit: exit.and_then(|exit| i32::try_from(exit).ok()),
            prints,
            lacks,
        }
    }

    fn error_number(&mut self, error: Option<Placed<i64>>, possible: bool) -> Option<u16> {
        let error = error?;
        if !possible {
            self.problem(
                Problem::at(&error.place, "there is no write or read that could be refused", "no write or read")
                    .help("`error` belongs to write = \"refused\", read = \"refused\" or ends = \"refused\""),
            );
        }
        u16::try_from(self.number(&error, "error", 1, i64::from(u16::MAX))).ok()
    }

    /// Returns the nodes on which a probe is tried: those of which something is said.
    fn probed(&mut self, raw: &RawExpect, place: &std::ops::Range<usize>) -> Vec<NodeName> {
        match (&raw.node, &raw.nodes) {
            // Unknown names are reported with the state.
            (Some(node), _) => vec![NodeName::new(node.value.as_str())],
            (None, Some(nodes)) => nodes
                .value
                .iter()
                .map(|node| NodeName::new(node.value.as_str()))
                .collect(),
            (None, None) => {
                self.problem(
                    Problem::at(
                        place,
                        "a write or a read is tried on a node",
                        "names no node",
                    )
                    .help("add node = \"A\""),
                );
                Vec::new()
            }
        }
    }

    fn state_is_empty(&mut self, state: RawUntil) -> bool {
        let before = self.problems.len();
        let named = state.node.is_some() || state.nodes.is_some();
        let predicate = self.state(state, true);
        // That it does not belong here matters more than a mistake inside it.
        self.problems.truncate(before);
        !named && predicate == Predicate::default()
    }

    /// Returns an expectation of states. Where a write or a read is tried, naming the node is enough.
    pub(super) fn state(&mut self, raw: RawUntil, tries: bool) -> Predicate {
        let cluster = raw.cluster.map(ClusterWord::meaning).into_iter().collect();
        let most = i64::try_from(self.nodes.len()).unwrap_or(i64::MAX);
        let size = raw
            .size
            .as_ref()
            .map(|size| self.number(size, "size", 1, most));
        let mut of_nodes = |count: Option<&Placed<i64>>, key: &str, least: i64| {
            let number = count.map(|count| self.number(count, key, least, most));
            number.and_then(|number| u32::try_from(number).ok())
        };
        let safe_nodes = of_nodes(raw.safe_nodes.as_ref(), "safe_nodes", 0);
        let highest_seqno_nodes =
            of_nodes(raw.highest_seqno_nodes.as_ref(), "highest_seqno_nodes", 0);
        let named_at = raw
            .node
            .as_ref()
            .map(|node| node.place.clone())
            .or_else(|| raw.nodes.as_ref().map(|nodes| nodes.place.clone()));
        let nodes = match (&raw.node, &raw.nodes) {
            (Some(node), None) => vec![self.node(node)],
            (None, Some(nodes)) => self.some_nodes(nodes),
            (Some(_), Some(nodes)) => {
                self.problem(
                    Problem::at(&nodes.place, "either `node` or `nodes`", "both are given")
                        .help("`nodes` says the same of several nodes"),
                );
                Vec::new()
            }
            (None, None) => Vec::new(),
        };
        let places = [
            raw.cluster_size.as_ref().map(|value| &value.place),
            raw.exit.as_ref().map(|value| &value.place),
            raw.safe_to_bootstrap.as_ref().map(|value| &value.place),
            raw.conf_id.as_ref().map(|value| &value.place),
            raw.gvwstate_members.as_ref().map(|value| &value.place),
        ];
        let first_place = places.into_iter().flatten().next().cloned();
        let wanted = self.node_predicate(raw);
        if nodes.is_empty() && wanted != NodePredicate::default() {
            let problem = match first_place {
                Some(place) => Problem::at(
                    &place,
                    "something is said of a node, but of which?",
                    "names no node",
                ),
                None => Problem::new("something is said of a node, but of which?"),
            };
            self.problem(problem.help("add node = \"A\""));
        }
        let silent = wanted == NodePredicate::default();
        if let Some(place) = named_at.filter(|_| silent && !tries) {
            self.problem(
                Problem::at(&place, "nothing is said of this node", "and then?")
                    .help("such as cluster_status = \"non-Primary\", process = \"exited\" or write = \"refused\""),
            );
        }
        let nodes = if silent { Vec::new() } else { nodes };
        Predicate {
            nodes: nodes
                .into_iter()
                .map(|node| (node, wanted.clone()))
                .collect(),
            cluster,
            size: size.and_then(|size| u32::try_from(size).ok()),
            safe_nodes,
            highest_seqno_nodes,
            any: Vec::new(),
            focus: None,
        }
    }

    /// Returns the outcomes of a race: at least two, each with a name of its own.
    fn outcomes(&mut self, raw: Placed<Vec<Placed<RawOutcome>>>) -> Vec<RaceOutcome> {
        if raw.value.len() < 2 {
            self.problem(
                Problem::at(
                    &raw.place,
                    "a race has at least two outcomes",
                    format!("{} given", raw.value.len()),
                )
                .help("a single outcome is no race: write its fields into the `expect` itself"),
            );
        }
        let mut outcomes: Vec<RaceOutcome> = Vec::new();
        for outcome in raw.value {
            let place = outcome.place;
            let mut outcome = outcome.value;
            let state = self.state(outcome.take_state(), false);
            if !state.says_something() {
                self.problem(
                    Problem::at(&place, "this outcome says nothing", "always true")
                        .help("such as { name = \"none is safe\", safe_nodes = 0 }"),
                );
            }
            if outcomes
                .iter()
                .any(|known| known.name == outcome.name.value)
            {
                self.problem(Problem::at(
                    &outcome.name.place,
                    format!("the outcome `{}` is given twice", outcome.name.value),
                    "the second time",
                ));
            }
            let name = self.words(outcome.name, "name");
            outcomes.push(RaceOutcome { name, state });
        }
        outcomes
    }

    fn node_predicate(&mut self, raw: RawUntil) -> NodePredicate {
        let most = i64::try_from(self.nodes.len()).unwrap_or(i64::MAX);
        let cluster_size = raw
            .cluster_size
            .map(|n| self.number(&n, "cluster_size", 0, most));
        let exit = raw.exit.map(|n| self.number(&n, "exit", 0, 255));
        let safe = raw
            .safe_to_bootstrap
            .map(|n| self.number(&n, "safe_to_bootstrap", 0, 1));
        let members = raw.gvwstate_members.map(|members| {
            let mut names: Vec<String> = self
                .some_nodes(&members)
                .into_iter()
                .map(|node| node.0)
                .collect();
            names.sort();
            names
        });
        NodePredicate {
            process: raw.process.map(ProcessWord::meaning),
            exit: exit.and_then(|n| i32::try_from(n).ok()),
            cluster_status: raw.cluster_status.map(|word| word.meaning().to_owned()),
            cluster_size: cluster_size.and_then(|n| u32::try_from(n).ok()),
            ready: raw.ready.map(|word| word.meaning().to_owned()),
            connected: raw.connected.map(|word| word.meaning().to_owned()),
            local_state: raw.local_state.map(|word| word.meaning().to_owned()),
            conf_id: raw.conf_id.map(|id| self.words(id, "conf_id")),
            safe_to_bootstrap: safe.and_then(|n| u8::try_from(n).ok()),
            grastate_seqno: raw.grastate_seqno,
            grastate_zero: raw.grastate_zero,
            gvwstate: raw.gvwstate,
            gvwstate_members: members,
            has_rows: self.tags(raw.has_rows),
            lacks_rows: self.tags(raw.lacks_rows),
        }
    }

    /// Checks tags of rows. A tag that no step writes would make `lacks_rows` always true.
    fn tags(&mut self, tags: Option<Vec<Placed<String>>>) -> Vec<String> {
        let mut good = Vec::new();
        for tag in tags.unwrap_or_default() {
            let written = self.rows.contains(&tag.value);
            if !written && tag.value.starts_with('w') || tag.value.is_empty() {
                let known: Vec<&str> = self.rows.iter().map(String::as_str).collect();
                let help = if known.len() > 12 {
                    "rows are named w1A, w2A …: a running number over the scenario and the node"
                        .to_owned()
                } else {
                    suggest::help(&tag.value, "written so far", &known)
                };
                self.problem(
                    Problem::at(
                        &tag.place,
                        format!("no step has written `{}`", tag.value),
                        "no such row",
                    )
                    .help(help),
                );
            }
            good.push(tag.value);
        }
        good
    }
}
