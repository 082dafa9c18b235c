//! The procedure that does nothing, and shows what the cluster does by itself.

use seatrial_port::console::Console;

use super::survey::{Situation, Survey};
use super::{ProcedureOutcome, Reads};

/// It reads no file at all.
pub(super) const READS: Reads = Reads {
    old_lines: false,
    saved_views: false,
};

/// Looks once.
pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let survey = Survey::take(console).await;
    match survey.verdict() {
        Situation::Recovered => ProcedureOutcome::Recovered,
        _ => ProcedureOutcome::GaveUp(format!("nothing was done. Seen: {survey}")),
    }
}
