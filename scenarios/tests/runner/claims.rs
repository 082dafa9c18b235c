//! Claims: their verdicts, the audit, the ledger.

use seatrial_scenarios::RunOptions;
use seatrial_scenarios::audit::{self, AuditVerdict};
use seatrial_scenarios::language::ClaimVerdict::{Contradicted, Holds};
use seatrial_scenarios::language::Part;
use seatrial_scenarios::ledger::Ledger;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::runner::Negation;

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

fn negated(step: u32, part: &Part) -> RunOptions {
    RunOptions {
        negate: Some(Negation {
            step,
            part: part.clone(),
        }),
        ..RunOptions::default()
    }
}

#[test]
fn every_part_of_a_check_flips_its_verdict_alone() {
    let scenario = scenario("second_phase = false", STEPS);
    for step in scenario.steps.iter().filter(|step| step.claim.is_some()) {
        let parts = step.action.parts();
        assert!(!parts.is_empty());
        for part in parts {
            let options = negated(step.number, &part.part);
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
                    result.step == step.number,
                    "{} with `{}` of step {} negated",
                    result.id,
                    part.says,
                    step.number
                );
            }
        }
    }
}

#[test]
fn a_part_that_is_false_holds_when_it_is_negated_whatever_the_others_say() {
    let scenario = scenario(
        "second_phase = false",
        r#"
[[step]]
terminate = { nodes = ["A", "B"] }
[[step]]
expect = { node = "C", cluster_status = "non-Primary", ready = "OFF", write = "refused", error = 1213, lost = 7 }
claim = { id = "M", says = "two parts of it are wrong", verdict = "holds" }
"#,
    );
    let step = &scenario.steps[1];
    let shown: Vec<(String, bool)> = step
        .action
        .parts()
        .into_iter()
        .map(|part| {
            let record = play_on(&mut Fake::new(), &scenario, &negated(2, &part.part));
            (part.says, record.checks[0].held)
        })
        .collect();
    let shown: Vec<(&str, bool)> = shown
        .iter()
        .map(|(says, held)| (says.as_str(), *held))
        .collect();
    assert_eq!(
        shown,
        [
            ("node C: cluster_status non-Primary", false),
            ("node C: ready OFF", false),
            ("write on C refused", false),
            ("error 1213 of the write on C", true),
            ("lost 7", true),
        ]
    );
}

#[test]
fn the_audit_catches_checks_that_cannot_fail() {
    let scenario = scenario(
        "second_phase = false\nlimit = \"2m\"",
        r#"
[[step]]
operator = { node = "A", run = "false", lacks = "zebra" }
claim = { id = "V-1", says = "nothing prints it, ever", verdict = "holds" }
[[step]]
stop = { nodes = ["A"], as = "s" }
[[step]]
expect = { node = "A", process = "running", within = "1m" }
claim = { id = "V-2", says = "true now, and false a little later", verdict = "holds" }
[[step]]
wait = { for = "5m" }
[[step]]
expect = { cluster = "primary" }
claim = { id = "V-3", says = "is never reached", verdict = "holds" }
"#,
    );
    let plain = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    let verdicts: Vec<(&str, AuditVerdict)> = scenario
        .steps
        .iter()
        .filter_map(|step| Some((step, step.claim.as_ref()?)))
        .map(|(step, claim)| {
            let part = &step.action.parts()[0].part;
            let turned = play_on(&mut Fake::new(), &scenario, &negated(step.number, part));
            let verdict = audit::judge(
                (step.number, &step.action, part),
                claim,
                (&plain, &turned),
                std::slice::from_ref(&plain),
            );
            (claim.id.as_str(), verdict)
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            ("V-1", AuditVerdict::AlwaysTrue),
            ("V-2", AuditVerdict::HoldsNegated),
            ("V-3", AuditVerdict::Undecided),
        ]
    );
}

#[test]
fn the_ledger_follows_the_documentation() {
    let scenario = scenario("second_phase = false", STEPS);
    let mut one = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    let options = negated(2, &Part::State(0));
    let mut other = play_on(&mut Fake::new(), &scenario, &options);
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
