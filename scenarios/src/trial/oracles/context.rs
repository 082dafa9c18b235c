//! The interface of an oracle, and its context beside the observation.

use seatrial_port::Observation;

use crate::trial::record::{Finding, ProcedureRecord, WriteRecord};

use super::deeds::Deeds;

/// A property of every observation.
pub trait Oracle: Send + Sync {
    /// Looks at an observation and says what is wrong with it.
    fn check(&mut self, context: &OracleContext<'_>, observation: &Observation) -> Vec<Finding>;
}

/// The context of an oracle beside the observation.
#[derive(Clone, Copy, Debug)]
pub struct OracleContext<'a> {
    /// The step after which it looks; 0 for the initial state.
    pub step: u32,
    /// Whether the cluster is at rest: what is missing now is not on its way.
    pub at_rest: bool,
    /// Every write so far.
    pub writes: &'a [WriteRecord],
    /// Every procedure so far.
    pub procedures: &'a [ProcedureRecord],
    /// The deeds so far.
    pub deeds: &'a Deeds,
    /// The line that replays the run.
    pub replay: &'a str,
}

impl OracleContext<'_> {
    /// Returns a finding of this moment.
    pub fn finding(&self, oracle: &str, message: impl Into<String>) -> Finding {
        Finding {
            oracle: oracle.to_owned(),
            message: message.into(),
            replay: self.replay.to_owned(),
            step: self.step,
        }
    }

    /// Returns the tags of the acknowledged rows.
    pub fn acknowledged(&self) -> impl Iterator<Item = &str> {
        self.writes
            .iter()
            .filter(|write| write.is_acknowledged())
            .map(|write| write.tag.as_str())
    }
}
