//! From the tables of a file to a scenario in which every name is known and every value possible.
//!
//! The checks go on after a problem, so that a writer sees all of them at once. A value that cannot
//! be used is replaced by a harmless one; the scenario is dropped in that case anyway.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use seatrial_port::findings;
use seatrial_port::{NodeName, Span};

use super::action::Action;
use super::choice::{InitialWord, PaceWord, TimersWord};
use super::error::Problem;
use super::raw::{ACTIONS, Placed, RawClaim, RawScenario, RawStep, SpanText};
use super::repeat::Rounds;
use super::scenario::{Claim, LIMIT_DEFAULT, Scenario, Step};
use super::suggest;

/// The procedure of the second phase if the file says nothing.
pub(super) const PROCEDURE_DEFAULT: &str = "manual-corrected";

/// The longest span that a file may name: so sums of spans stay far from overflow.
const SPAN_MAX: Span = Span::from_secs(30 * 24 * 60 * 60);

/// The most nodes that a scenario may have.
const NODES_MAX: usize = 15;

/// The state of the checks so far.
pub(super) struct Checker<'a> {
    pub(super) text: &'a str,
    pub(super) nodes: Vec<NodeName>,
    /// Those of them that run an arbitrator.
    pub(super) arbitrators: BTreeSet<NodeName>,
    pub(super) problems: Vec<Problem>,
    /// Names given with `as`, and whether a write stands behind each.
    pub(super) requests: BTreeMap<String, bool>,
    /// The names of the copies of data folders that the steps have kept.
    pub(super) saved: BTreeSet<String>,
    /// The addresses of the hosts that the steps have given another one.
    pub(super) addresses: BTreeMap<NodeName, String>,
    /// Tags of the rows that the steps have written.
    pub(super) rows: BTreeSet<String>,
    /// The number of rows that the steps have written.
    pub(super) row_count: u32,
    pub(super) claims: BTreeSet<String>,
    /// The rounds of a `repeat`.
    pub(super) rounds: Rounds,
}

/// Checks the tables.
pub(super) fn check(raw: RawScenario, text: &str) -> Result<Scenario, Vec<Problem>> {
    let mut checker = Checker {
        text,
        nodes: Vec::new(),
        arbitrators: BTreeSet::new(),
        problems: Vec::new(),
        requests: BTreeMap::new(),
        saved: BTreeSet::new(),
        addresses: BTreeMap::new(),
        rows: BTreeSet::new(),
        row_count: 0,
        claims: BTreeSet::new(),
        rounds: Rounds::default(),
    };
    let scenario = checker.scenario(raw);
    if checker.problems.is_empty() {
        Ok(scenario)
    } else {
        Err(checker.problems)
    }
}

impl Checker<'_> {
    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn scenario(&mut self, raw: RawScenario) -> Scenario {
        self.declare_nodes(raw.nodes);
        let id = self.id(raw.id);
        let title = self.words(raw.title, "title");
        let procedure = match &raw.procedure {
            Some(name) => self.procedure(name),
            None => PROCEDURE_DEFAULT.to_owned(),
        };
        let findings = raw.findings.unwrap_or_default();
        let findings = findings
            .iter()
            .filter_map(|name| self.finding(name))
            .collect();
        let limit = raw.limit.map_or(LIMIT_DEFAULT, |limit| self.span(&limit));
        let options = self.options(raw.options.unwrap_or_default());
        self.arbitrators = self
            .nodes
            .iter()
            .filter(|node| options.is_arbitrator(node))
            .cloned()
            .collect();
        let operators = self.operators(raw.procedure.as_ref(), raw.seat.as_ref(), raw.beside);
        if raw.step.is_empty() {
            self.problem(
                Problem::new("the scenario has no step")
                    .help("add a `[[step]]` table with an action, such as `write = { node = \"A\", rows = 3 }`"),
            );
        }
        let mut steps = Vec::new();
        for step in raw.step {
            self.step_or_rounds(step, &mut steps);
        }
        Scenario {
            file: String::new(),
            sha256: String::new(),
            id,
            title,
            source: raw.source,
            why: raw.why,
            nodes: self.nodes.clone(),
            initial: raw.initial.map(InitialWord::meaning).unwrap_or_default(),
            timers: raw.timers.map(TimersWord::meaning),
            pace: raw.pace.map(PaceWord::meaning),
            procedure,
            operators,
            second_phase: raw.second_phase.unwrap_or(true),
            findings,
            limit,
            pack: raw.pack,
            tags: raw.tags.unwrap_or_default(),
            options,
            steps,
        }
    }

    fn declare_nodes(&mut self, nodes: Option<Placed<Vec<Placed<String>>>>) {
        let Some(nodes) = nodes else {
            self.nodes = ["A", "B", "C"].map(NodeName::new).to_vec();
            return;
        };
        if nodes.value.is_empty() || nodes.value.len() > NODES_MAX {
            self.problem(
                Problem::at(
                    &nodes.place,
                    format!("a cluster has 1 to {NODES_MAX} nodes"),
                    format!("{} nodes", nodes.value.len()),
                )
                .help("three is usual: nodes = [\"A\", \"B\", \"C\"]"),
            );
        }
        for node in nodes.value {
            let good = node.value.len() <= 16
                && node.value.starts_with(|c: char| c.is_ascii_alphabetic())
                && node
                    .value
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-');
            if !good {
                self.problem(
                    Problem::at(
                        &node.place,
                        "this is not a valid name for a node",
                        "letters, digits and dashes, a letter first, at most 16",
                    )
                    .help("one letter is best: the names become parts of the rows' tags"),
                );
            }
            let name = NodeName::new(node.value);
            if self.nodes.contains(&name) {
                self.problem(Problem::at(
                    &node.place,
                    format!("the node {name} is declared twice"),
                    "the second time",
                ));
            } else {
                self.nodes.push(name);
            }
        }
    }

    fn id(&mut self, id: Placed<String>) -> String {
        let good = !id.value.is_empty()
            && id.value.len() <= 80
            && id
                .value
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !good {
            self.problem(
                Problem::at(
                    &id.place,
                    "this is not a valid scenario id",
                    "small letters, digits and dashes",
                )
                .help("such as `two-nodes-are-terminated`"),
            );
        }
        id.value
    }

    /// Returns a text that must say something.
    pub(super) fn words(&mut self, text: Placed<String>, key: &str) -> String {
        if text.value.trim().is_empty() {
            self.problem(Problem::at(
                &text.place,
                format!("`{key}` says nothing"),
                "empty",
            ));
        }
        text.value
    }

    pub(super) fn step(&mut self, number: u32, step: Placed<RawStep>) -> Option<Step> {
        let place = step.place.clone();
        let mut raw = step.value;
        let parts = raw.take_action();
        let mut given = parts.given();
        if let Some(together) = &raw.together {
            given.push(("together", together.place.clone()));
        }
        if let Some(repeat) = &raw.repeat {
            given.push(("repeat", repeat.place.clone()));
        }
        given.sort_by_key(|(_, place)| place.start);
        let action = match given.as_slice() {
            [] => {
                self.problem(
                    Problem::at(
                        &self.first_line(&place),
                        "this step does nothing",
                        "no action",
                    )
                    .help(format!("a step has exactly one of: {}", ACTIONS.join(", "))),
                );
                None
            }
            [("repeat", place)] => {
                self.problem(
                    Problem::at(
                        &self.first_line(place),
                        "a round has no rounds inside",
                        "a `repeat` in a `repeat`",
                    )
                    .help("write the inner steps as often as they are played"),
                );
                None
            }
            [_] => match raw.together {
                Some(together) => Some(self.together(together)),
                None => self.action(parts),
            },
            [(first, first_place), (second, second_place), ..] => {
                self.problem(
                    Problem::at(
                        second_place,
                        format!("this step has two actions, `{first}` and `{second}`"),
                        "the second",
                    )
                    .label(first_place, "the first")
                    .help(
                        "one `[[step]]` table for each, or `together = [{ … }, { … }]` for one instant",
                    ),
                );
                None
            }
        };
        let checks = action.as_ref().is_some_and(Action::checks);
        let claim = raw.claim.map(|claim| {
            if action.is_some() && !checks {
                self.problem(
                    Problem::at(
                        &claim.place,
                        "no check in this step can decide this claim",
                        "nothing in this step can fail",
                    )
                    .help(
                        "put it on an `expect`, on an `operator` with `exit`, `prints` or `lacks`, \
                         on a `wait` with `until`, or on a `procedure` with `ends`",
                    ),
                );
            }
            self.claim(claim.value)
        });
        if let Some(may_skip) = &raw.may_skip
            && action.as_ref().is_some_and(|action| !action.has_fault())
        {
            self.problem(
                Problem::at(
                    &may_skip.place,
                    "this step has no fault that could be skipped",
                    "nothing to allow",
                )
                .help("`may_skip` belongs to a fault, such as `crash = { nodes = [\"A\"] }`"),
            );
        }
        if let Some(may_be_refused) = &raw.may_be_refused
            && action.as_ref().is_some_and(|action| !action.has_write())
        {
            self.problem(
                Problem::at(
                    &may_be_refused.place,
                    "this step has no write that could be refused",
                    "nothing to allow",
                )
                .help(
                    "`may_be_refused` belongs to a `write` without a name; of a named one a later step says how it \
                     ends: `expect = { request = \"w1\", ends = \"refused\" }`",
                ),
            );
        }
        Some(Step {
            number,
            line: self.line(place.start),
            action: action?,
            claim,
            note: raw.note,
            pace: raw.pace.map(PaceWord::meaning),
            may_skip: raw.may_skip.is_some_and(|allowed| allowed.value),
            may_be_refused: raw.may_be_refused.is_some_and(|allowed| allowed.value),
        })
    }

    fn claim(&mut self, raw: RawClaim) -> Claim {
        let lines = raw.lines.as_ref().and_then(|lines| {
            let parsed = parse_lines(&lines.value);
            if parsed.is_none() {
                self.problem(
                    Problem::at(
                        &lines.place,
                        "these are not line numbers",
                        "write `123` or `123-125`",
                    )
                    .help("the lines of the documentation, counted from 1"),
                );
            }
            parsed
        });
        if !self.claims.insert(raw.id.value.clone()) {
            self.problem(
                Problem::at(
                    &raw.id.place,
                    format!("the claim {} is twice in this scenario", raw.id.value),
                    "the second time",
                )
                .help("each claim is decided by one step; number the parts of a sentence of the manual"),
            );
        }
        Claim {
            id: self.words(raw.id, "id"),
            says: self.words(raw.says, "says"),
            verdict: raw.verdict.meaning(),
            assumes: raw.assumes,
            lines,
        }
    }

    /// Returns a node of the scenario.
    pub(super) fn node(&mut self, name: &Placed<String>) -> NodeName {
        let node = NodeName::new(name.value.as_str());
        if !self.nodes.contains(&node) {
            let nodes: Vec<&str> = self.nodes.iter().map(NodeName::as_str).collect();
            let help = suggest::help(&name.value, "this scenario has", &nodes);
            self.problem(
                Problem::at(
                    &name.place,
                    format!("there is no node {}", name.value),
                    "no such node",
                )
                .help(help),
            );
        }
        node
    }

    /// Returns a node of the scenario that has a server.
    pub(super) fn server(&mut self, name: &Placed<String>) -> NodeName {
        let node = self.node(name);
        if self.arbitrators.contains(&node) {
            self.problem(
                Problem::at(
                    &name.place,
                    format!("{node} runs an arbitrator"),
                    "no server, no data",
                )
                .help("an arbitrator can be started, stopped, killed and cut off; it has no rows, no state files and cannot be bootstrapped"),
            );
        }
        node
    }

    /// Nodes of the scenario: at least one, none twice.
    pub(super) fn some_nodes(&mut self, names: &Placed<Vec<Placed<String>>>) -> Vec<NodeName> {
        if names.value.is_empty() {
            self.problem(Problem::at(
                &names.place,
                "no node is given",
                "at least one",
            ));
        }
        let mut nodes = Vec::new();
        for name in &names.value {
            let node = self.node(name);
            if nodes.contains(&node) {
                self.problem(Problem::at(
                    &name.place,
                    format!("the node {node} is named twice"),
                    "the second time",
                ));
            } else {
                nodes.push(node);
            }
        }
        nodes
    }

    /// Returns a span of time, longer than nothing.
    pub(super) fn span(&mut self, text: &Placed<SpanText>) -> Span {
        match Span::from_str(&text.value.0) {
            Ok(span) if span > Span::ZERO && span <= SPAN_MAX => span,
            Ok(_) => {
                self.problem(
                    Problem::at(&text.place, "this time is not possible", "out of range")
                        .help(format!("more than 0 and at most {SPAN_MAX}")),
                );
                Span::from_secs(1)
            }
            Err(_) => {
                self.problem(
                    Problem::at(
                        &text.place,
                        format!("`{}` is not a time", text.value.0),
                        "a number and a unit",
                    )
                    .help("units are us, ms, s, m and h: `500ms`, `20s`, `5m`"),
                );
                Span::from_secs(1)
            }
        }
    }

    /// Returns a whole number within bounds.
    pub(super) fn number(&mut self, number: &Placed<i64>, key: &str, least: i64, most: i64) -> i64 {
        if (least..=most).contains(&number.value) {
            return number.value;
        }
        self.problem(
            Problem::at(
                &number.place,
                format!("`{key}` cannot be {}", number.value),
                "out of range",
            )
            .help(format!("it is a number from {least} to {most}")),
        );
        least
    }

    /// Returns the name of a procedure that there is.
    pub(super) fn procedure(&mut self, name: &Placed<String>) -> String {
        let names = seatrial_port::procedure::NAMES;
        if !names.contains(&name.value.as_str()) {
            self.problem(
                Problem::at(
                    &name.place,
                    format!("there is no procedure `{}`", name.value),
                    "no such procedure",
                )
                .help(suggest::help(&name.value, "procedures", names)),
            );
        }
        name.value.clone()
    }

    fn finding(&mut self, name: &Placed<String>) -> Option<String> {
        let names: Vec<&str> = findings::FINDINGS
            .iter()
            .map(|finding| finding.name)
            .collect();
        if names.contains(&name.value.as_str()) {
            return Some(name.value.clone());
        }
        self.problem(
            Problem::at(
                &name.place,
                format!("there is no finding `{}`", name.value),
                "no such finding",
            )
            .help(suggest::help(&name.value, "findings", &names)),
        );
        None
    }

    /// Returns the number of the line in which a byte of the file stands.
    fn line(&self, byte: usize) -> u32 {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let lines = before.matches('\n').count();
        u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Returns the first line of a place, so that a label does not underline a whole table.
    pub(super) fn first_line(&self, place: &Range<usize>) -> Range<usize> {
        let text = self.text.get(place.clone()).unwrap_or_default();
        place.start..place.start + text.lines().next().map_or(0, str::len)
    }
}

/// `123` or `123-125`.
fn parse_lines(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first >= 1 && first <= last).then_some((first, last))
}
