//! Claims: their verdicts, the audit, the ledger.

use seatrial_scenarios::RunOptions;
use seatrial_scenarios::language::ClaimVerdict::{Contradicted, Holds};
use seatrial_scenarios::ledger::Ledger;
use seatrial_scenarios::record::Verdict;

use crate::fake::{Fake, play_on, scenario};

const STEPS: &str = r#"
[[step]]
terminate = { nodes = ["A", "B"] }
[[step]]
expect = { node = "C", cluster_status = "non-Primary" }
claim = { id = "M-2", says = "no quorum", verdict = "holds", lines = "20-21" }
[[step]]
operator = { node = "C", run = "false", exit = 1 }
claim = { id = "M-1", says = "it starts", verdict = "contradicted", assumes = "a tool", lines = "10" }
[[step]]
expect = { node = "C", write = "refused" }
claim = { id = "M-3", says = "refuses", verdict = "holds" }
"#;

#[test]
fn a_verdict_is_as_stated_while_its_check_holds() {
    let scenario = scenario("second_phase = false", STEPS);
    let record = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    assert_eq!(record.verdict, Verdict::Pass);
    let verdicts: Vec<_> = record
        .claims
        .iter()
        .map(|claim| (claim.id.as_str(), claim.verdict))
        .collect();
    assert_eq!(
        verdicts,
        [("M-2", Holds), ("M-1", Contradicted), ("M-3", Holds)]
    );
}

#[test]
fn every_verdict_flips_when_its_check_is_negated() {
    let scenario = scenario("second_phase = false", STEPS);
    for (step, claim) in scenario.claims() {
        let options = RunOptions {
            negate_step: Some(step),
            ..RunOptions::default()
        };
        let record = play_on(&mut Fake::new(), &scenario, &options);
        assert_eq!(
            record.verdict,
            Verdict::Fail,
            "a verdict that changes fails the run"
        );
        for result in &record.claims {
            let flipped = result.verdict != result.expected;
            assert_eq!(
                flipped,
                result.id == claim.id,
                "{} in the audit of {}",
                result.id,
                claim.id
            );
        }
    }
}

#[test]
fn the_ledger_follows_the_documentation() {
    let scenario = scenario("second_phase = false", STEPS);
    let mut one = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    let negated = RunOptions {
        negate_step: Some(2),
        ..RunOptions::default()
    };
    let mut other = play_on(&mut Fake::new(), &scenario, &negated);
    one.engine = "des".to_owned();
    other.engine = "real".to_owned();
    let ledger = Ledger::build(&[one, other]);
    let ids: Vec<&str> = ledger
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(
        ids,
        ["M-1", "M-2", "M-3"],
        "by lines, those without at the end"
    );
    let quorum = &ledger.entries[1];
    assert_eq!(
        (quorum.verdicts["des"], quorum.verdicts["real"]),
        (Holds, Contradicted)
    );
    assert!(quorum.has_changed() && !ledger.entries[0].has_changed());
    assert_eq!(quorum.evidence.len(), 1);
    assert_eq!(quorum.evidence[0].step, 2);
    assert_eq!(ledger.entries[0].assumes, ["a tool"]);
}
