//! The parts of a check, each of which can be negated on its own.
//!
//! A check with several fields says several things. `seatrial claims --audit` asks of each of them
//! whether it can fail, so each has a name.

use seatrial_port::NodeName;
use seatrial_port::predicate::{Focus, Predicate};

use super::action::{Action, Expect, Operator, RequestCheck, RequestEnd, Wait};

/// A part of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The expectation of states at this place of [`Predicate::expectations`].
    State(usize),
    /// The result of a write on the node.
    Write(NodeName),
    /// The error number of the write on the node.
    WriteError(NodeName),
    /// The result of a read on the node.
    Read(NodeName),
    /// The error number of the read on the node.
    ReadError(NodeName),
    /// The number of acknowledged rows that are lost.
    Lost,
    /// Whether Synced nodes hold different rows.
    Diverged,
    /// The end of a request or a procedure.
    Ends,
    /// The error number with which a request is refused.
    Error,
    /// The exit code of a command.
    Exit,
    /// A text that a command must print, or a client read.
    Prints,
    /// A text that a command must not print.
    Lacks,
}

/// A part of a check, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckPart {
    /// The part.
    pub part: Part,
    /// The expectation, in words.
    pub says: String,
}

/// The parts of a check as they are collected.
#[derive(Default)]
struct Parts(Vec<CheckPart>);

impl Parts {
    fn add(&mut self, part: Part, says: impl Into<String>) {
        let says = says.into();
        self.0.push(CheckPart { part, says });
    }

    fn add_some<T>(&mut self, part: Part, value: Option<T>, says: impl FnOnce(T) -> String) {
        if let Some(value) = value {
            self.add(part, says(value));
        }
    }

    fn states(&mut self, state: &Predicate) {
        for (place, says) in state.expectations().into_iter().enumerate() {
            self.add(Part::State(place), says);
        }
    }

    fn output(&mut self, exit: Option<i32>, prints: Option<&str>, lacks: Option<&str>) {
        self.add_some(Part::Exit, exit, |exit| format!("exit {exit}"));
        self.add_some(Part::Prints, prints, |text| format!("prints `{text}`"));
        self.add_some(Part::Lacks, lacks, |text| format!("lacks `{text}`"));
    }

    fn expect(&mut self, expect: &Expect) {
        self.states(&expect.state);
        for node in &expect.probed {
            let error = |what: &str, error: u16| format!("error {error} of the {what} on {node}");
            self.add_some(Part::Write(node.clone()), expect.write, |write| {
                format!("write on {node} {}", write.name())
            });
            if expect.write.is_some() {
                self.add_some(Part::WriteError(node.clone()), expect.error, |number| {
                    error("write", number)
                });
            }
            self.add_some(Part::Read(node.clone()), expect.read, |read| {
                format!("read on {node} {}", read.name())
            });
            if expect.read.is_some() {
                self.add_some(Part::ReadError(node.clone()), expect.error, |number| {
                    error("read", number)
                });
            }
        }
        self.add_some(Part::Lost, expect.lost, |lost| format!("lost {lost}"));
        self.add_some(Part::Diverged, expect.diverged, |diverged| {
            format!("diverged {diverged}")
        });
        if let Some(request) = &expect.request {
            let RequestCheck {
                name,
                ends,
                error,
                exit,
                prints,
                lacks,
            } = request;
            // The other parts assume that it ended.
            let silent = exit.is_none() && prints.is_none() && lacks.is_none();
            if silent || *ends != RequestEnd::Ended {
                self.add(Part::Ends, format!("{name} {}", ends.name()));
            }
            self.add_some(Part::Error, *error, |error| format!("error {error}"));
            self.output(*exit, prints.as_deref(), lacks.as_deref());
        }
    }
}

impl Action {
    /// Returns the parts of the check of this step; none where nothing is checked.
    pub fn parts(&self) -> Vec<CheckPart> {
        let mut parts = Parts::default();
        match self {
            Self::Expect(expect) => parts.expect(expect),
            Self::Operator(operator) if operator.name.is_none() => parts.output(
                operator.exit,
                operator.prints.as_deref(),
                operator.lacks.as_deref(),
            ),
            Self::Procedure(procedure) => {
                parts.add_some(Part::Ends, procedure.ends, |end| end.name().to_owned());
            }
            Self::Wait(Wait::Until { until, .. }) => parts.states(until),
            Self::Client(client) => {
                parts.add_some(Part::Prints, client.sees.as_ref(), |sees| {
                    format!("sees [{sees}]")
                });
                parts.add_some(Part::Error, client.fails, |code| format!("error {code}"));
            }
            Self::Operator(_)
            | Self::Wait(Wait::For(_) | Wait::Moment { .. })
            | Self::Write(_)
            | Self::Load(_)
            | Self::Workload(_)
            | Self::Command(_)
            | Self::Faults(_)
            | Self::Together(_) => {}
        }
        parts.0
    }
}

impl Expect {
    /// Returns the same check reduced to one part. An expectation of states is negated in it; whoever
    /// measures the other parts turns the answer round.
    #[must_use]
    pub fn negated(&self, part: &Part) -> Self {
        let all = self.clone();
        let timing = Self {
            within: self.within,
            hold: self.hold,
            ..Self::default()
        };
        match part {
            Part::State(place) => Self {
                state: all.state.focused(Focus {
                    place: *place,
                    negated: true,
                }),
                ..timing
            },
            Part::Write(node) | Part::WriteError(node) => Self {
                probed: vec![node.clone()],
                write: all.write,
                error: all.error.filter(|_| matches!(part, Part::WriteError(_))),
                ..timing
            },
            Part::Read(node) | Part::ReadError(node) => Self {
                probed: vec![node.clone()],
                read: all.read,
                error: all.error.filter(|_| matches!(part, Part::ReadError(_))),
                ..timing
            },
            Part::Lost => Self {
                lost: all.lost,
                ..timing
            },
            Part::Diverged => Self {
                diverged: all.diverged,
                ..timing
            },
            Part::Ends | Part::Error | Part::Exit | Part::Prints | Part::Lacks => Self {
                request: all.request.map(|request| request.only(part)),
                ..timing
            },
        }
    }
}

impl RequestCheck {
    fn only(self, part: &Part) -> Self {
        let (exit, prints, lacks) = only_output(part, self.exit, self.prints, self.lacks);
        Self {
            error: self.error.filter(|_| *part == Part::Error),
            exit,
            prints,
            lacks,
            ..self
        }
    }
}

impl Operator {
    /// Returns the same command with only one part of its check.
    #[must_use]
    pub fn only(&self, part: &Part) -> Self {
        let all = self.clone();
        let (exit, prints, lacks) = only_output(part, all.exit, all.prints, all.lacks);
        Self {
            exit,
            prints,
            lacks,
            ..self.clone()
        }
    }
}

fn only_output(
    part: &Part,
    exit: Option<i32>,
    prints: Option<String>,
    lacks: Option<String>,
) -> (Option<i32>, Option<String>, Option<String>) {
    (
        exit.filter(|_| *part == Part::Exit),
        prints.filter(|_| *part == Part::Prints),
        lacks.filter(|_| *part == Part::Lacks),
    )
}
