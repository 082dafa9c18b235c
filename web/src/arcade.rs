//! Endless missions: failures that a search finds, that the manual does not recover from, and that a person can.

use seatrial_scenarios::Scenario;
use seatrial_scenarios::outcome::Outcome;
use seatrial_sim::des::Templates;
use seatrial_sim::explore::{Options, play, play_fresh, reduce};
use serde_json::{Value, json};

/// The number of seeds that are tried before the page is told that there is nothing.
const TRIES: u64 = 400;

/// A procedure that shows that the failure can be recovered.
const WAY: &str = "manual-corrected";

/// Returns the first failure at or after a seed, shrunk.
///
/// # Errors
/// When none of the seeds comes to one.
pub(crate) fn find(seed: u64) -> Result<Value, String> {
    let options = Options::of("manual");
    let mut templates = Templates::default();
    for seed in seed..seed.saturating_add(TRIES) {
        let Some(played) = play_fresh(&mut templates, &options, seed) else {
            continue;
        };
        if !is_worth_it(played.record.outcome) {
            continue;
        }
        let found = reduce(&mut templates, &options, &played);
        let Ok(mut scenario) = Scenario::parse("the failure", &found.scenario) else {
            continue;
        };
        let mut recovers = |procedure: &str| {
            procedure.clone_into(&mut scenario.procedure);
            let run = play(&mut templates, &scenario, seed, None);
            run.is_ok_and(|run| Outcome::of(&run) == Outcome::Recovered)
        };
        // Some clusters come back by themselves, where the manual's procedure does harm: nothing is left to do there.
        if recovers(WAY) && !recovers("none") {
            return Ok(json!({
                "seed": seed,
                "outcome": found.outcome.name(),
                "steps": found.steps,
                "scenario": found.scenario,
                "way": WAY,
            }));
        }
    }
    Err(format!(
        "no such failure is among the {TRIES} seeds from {seed} on"
    ))
}

/// Whether the manual's procedure left something for a person to do.
const fn is_worth_it(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::SplitBrain
            | Outcome::Lossy
            | Outcome::Diverged
            | Outcome::BootstrapRefused
            | Outcome::DeadLock
            | Outcome::Stuck
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_found_that_the_manual_does_not_recover_from() {
        let found = find(1).expect("there are many");
        let text = found["scenario"].as_str().expect("a scenario");
        assert!(Scenario::parse("found", text).is_ok(), "{text}");
        assert_eq!(find(1), Ok(found), "the same seed finds the same");
    }
}
