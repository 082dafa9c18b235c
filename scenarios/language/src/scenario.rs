//! A scenario that has been read and checked.

use seatrial_port::{FILE_OPTIONS, Fault, Initial, NodeName, Options, Setup, Span, Timers};
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::operators::Operators;

/// The largest scenario file that is read, in bytes.
pub const SIZE_MAX: usize = 1024 * 1024;

/// The longest time that the steps of a scenario may take if it says nothing.
pub const LIMIT_DEFAULT: Span = Span::from_secs(2 * 60 * 60);

/// When the next step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// When nothing has changed for a while; comparisons use this.
    Rest,
    /// At once.
    Next,
}

/// Whether a statement of the documentation is so.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimVerdict {
    /// It is so.
    Holds,
    /// It is not so.
    Contradicted,
}

impl ClaimVerdict {
    /// Returns the word of a scenario file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Contradicted => "contradicted",
        }
    }

    /// Returns the other verdict.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Holds => Self::Contradicted,
            Self::Contradicted => Self::Holds,
        }
    }
}

/// A claim of the documentation, in our own words, that a step's check decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// The claim of the manual, in our words.
    pub says: String,
    /// Whether that is so, provided that the check holds.
    pub verdict: ClaimVerdict,
    /// The assumption of the verdict, if the manual leaves a question open.
    pub assumes: Option<String>,
    /// The first and the last line in the documentation.
    pub lines: Option<(u32, u32)>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1.
    pub number: u32,
    /// The line of the file in which it begins.
    pub line: u32,
    /// The action, in words.
    pub action: Action,
    /// The claim that its check decides.
    pub claim: Option<Claim>,
    /// A remark for the reader.
    pub note: Option<String>,
    /// The pace after this step, where it is not the scenario's.
    pub pace: Option<Pace>,
    /// Whether its faults may have nothing to act on. Otherwise that fails the run.
    pub may_skip: bool,
    /// Whether its writes may be refused.
    pub may_be_refused: bool,
}

impl Step {
    /// Returns a step that no file has, with nothing beside its action.
    pub const fn unwritten(number: u32, action: Action) -> Self {
        Self {
            number,
            line: 0,
            action,
            claim: None,
            note: None,
            pace: None,
            may_skip: false,
            may_be_refused: false,
        }
    }
}

/// A scenario: what happens, and what must then be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The file's name, as the user gave it.
    pub file: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The name on the command line.
    pub id: String,
    /// A line for people.
    pub title: String,
    /// The heading of the documentation that it plays.
    pub source: Option<String>,
    /// The question that it answers.
    pub why: Option<String>,
    /// The nodes, in the order in which they were started.
    pub nodes: Vec<NodeName>,
    /// The state of the cluster before the first step.
    pub initial: Initial,
    /// The timeouts, where the file says them.
    pub timers: Option<Timers>,
    /// The pace, where the file says it.
    pub pace: Option<Pace>,
    /// The procedure that acts in the second phase.
    pub procedure: String,
    /// Where the operator of the second phase sits, and who acts beside it.
    pub operators: Operators,
    /// Whether there is a second phase.
    pub second_phase: bool,
    /// The findings that it is there to show.
    pub findings: Vec<String>,
    /// The longest time that the steps may take.
    pub limit: Span,
    /// The scenario pack to which it belongs.
    pub pack: Option<String>,
    /// Words to choose scenarios by.
    pub tags: Vec<String>,
    /// The options.
    pub options: Options,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Returns the setup from which an engine builds the cluster of this scenario.
    pub fn setup(&self, timers: Option<Timers>, seed: u64) -> Setup {
        Setup {
            nodes: self.nodes.clone(),
            initial: self.initial,
            timers: timers.or(self.timers).unwrap_or_default(),
            options: self.options.clone(),
            seed,
        }
    }

    /// Returns the edits of the nodes' files that `[options]` asks for, to be made before the first step.
    pub fn edits(&self) -> Vec<Fault> {
        let mut edits = Vec::new();
        for node in &self.nodes {
            let own = self.options.node_settings.get(node);
            let own_value = |name: &str| own.and_then(|own| own.get(name));
            for name in FILE_OPTIONS {
                if let Some(value) = own_value(name).or_else(|| self.options.settings.get(name)) {
                    edits.push(Fault::Configure {
                        node: node.clone(),
                        option: name.to_owned(),
                        value: value.clone(),
                    });
                }
            }
        }
        edits
    }

    /// Returns the nodes with a server: those that are no arbitrators.
    pub fn servers(&self) -> Vec<NodeName> {
        let nodes = self.nodes.iter();
        nodes
            .filter(|node| !self.options.is_arbitrator(node))
            .cloned()
            .collect()
    }

    /// Returns every claim with the number of its step.
    pub fn claims(&self) -> impl Iterator<Item = (u32, &Claim)> {
        self.steps
            .iter()
            .filter_map(|step| step.claim.as_ref().map(|claim| (step.number, claim)))
    }
}
