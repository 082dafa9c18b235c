//! A procedure ends within its bound, or says what it waits for.

use seatrial_language::ProcedureEnd;
use seatrial_port::Observation;

use crate::trial::record::Finding;

use super::context::{Oracle, OracleContext};

/// A procedure that did not end, or gave up without a word.
#[derive(Clone, Debug)]
pub(super) struct ProcedureBounded;

impl Oracle for ProcedureBounded {
    fn check(&mut self, context: &OracleContext<'_>, _: &Observation) -> Vec<Finding> {
        context
            .procedures
            .iter()
            .find_map(|procedure| {
                let name = &procedure.name;
                let message = match procedure.end {
                    ProcedureEnd::Unbounded => {
                        format!("procedure {name} had not ended: {}", procedure.text)
                    }
                    ProcedureEnd::GaveUp | ProcedureEnd::AsksPerson
                        if procedure.text.trim().is_empty() =>
                    {
                        format!("procedure {name} stopped without saying what it waits for")
                    }
                    _ => return None,
                };
                Some(context.finding("procedure-bounded", message))
            })
            .into_iter()
            .collect()
    }
}
