//! The procedure that does nothing, and shows what the cluster does by itself.

use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::survey::{Situation, Survey};

/// It reads no log.
pub(super) const READS_OLD_LINES: bool = false;

/// Looks once.
pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let survey = Survey::take(console).await;
    match survey.verdict() {
        Situation::Recovered => ProcedureOutcome::Recovered,
        _ => ProcedureOutcome::GaveUp(format!("nothing was done. Seen: {survey}")),
    }
}
