//! The second phase: heal all, let the procedure act, require recovery.

use async_trait::async_trait;
use seatrial_scenarios::RunOptions;
use seatrial_scenarios::record::Verdict;

use crate::fake::{Fake, play_on, scenario, why};

#[test]
fn what_lasts_is_healed_before_the_procedure_acts() {
    let scenario = scenario(
        "procedure = \"none\"",
        r#"
[[step]]
write = { node = "A", rows = 1 }
[[step]]
partition = { groups = [["A"], ["B", "C"]] }
[[step]]
power_off = { nodes = ["A"] }
"#,
    );
    let mut fake = Fake::new();
    let record = play_on(&mut fake, &scenario, &RunOptions::default());
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    assert!(
        fake.calls.contains(&"apply heal power_on".to_owned()),
        "{:?}",
        fake.calls
    );
    let phase = record.second_phase.as_ref().expect("there was one");
    assert!(phase.recovered && phase.accepted, "{}", phase.text);
    let fresh: Vec<&str> = record
        .writes
        .iter()
        .map(|write| write.tag.as_str())
        .filter(|tag| tag.starts_with('f'))
        .collect();
    assert_eq!(fresh, ["f1A", "f2B", "f3C"]);
    assert_eq!(record.observations.len(), 3, "the second phase is no step");
}

#[test]
fn a_cluster_that_could_be_recovered_must_be() {
    let scenario = scenario(
        "procedure = \"none\"",
        "[[step]]\nwrite = { node = \"A\", rows = 1 }\n[[step]]\nterminate = { nodes = [\"A\", \"B\"] }\n",
    );
    let record = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    assert_eq!(record.verdict, Verdict::Fail);
    let failure = record.failure.as_ref().expect("it failed");
    assert_eq!(failure.step, 3, "one more than the last step");
    assert!(
        failure
            .text
            .contains("without loss one could have begun with A or B or C"),
        "{}",
        failure.text
    );
}

#[test]
fn where_every_choice_loses_something_asking_is_enough() {
    let scenario = scenario(
        "procedure = \"none\"",
        "[[step]]\nwrite = { node = \"A\", rows = 2 }\n[[step]]\nterminate = { nodes = [\"A\", \"B\", \"C\"] }\n",
    );
    let mut fake = Torn(Fake::new());
    let record = pollster::block_on(seatrial_scenarios::run(
        &mut fake,
        &scenario,
        &RunOptions::default(),
    ));
    let phase = record.second_phase.as_ref().expect("there was one");
    assert!(!phase.recovered);
    assert!(
        phase.text.starts_with(
            "no procedure could have succeeded (A loses w2A; B loses w1A; C loses w1A, w2A)"
        ),
        "{}",
        phase.text
    );
    assert!(phase.accepted, "{}", phase.text);
}

#[test]
fn a_lost_row_is_found_and_can_be_expected() {
    let steps = "[[step]]\nwrite = { node = \"A\", rows = 1 }\npace = \"rest\"\n";
    let unexpected = scenario("second_phase = false", steps);
    let forgetful = || {
        let mut fake = Fake::new();
        fake.forgets = true;
        fake
    };
    let record = play_on(&mut forgetful(), &unexpected, &RunOptions::default());
    assert_eq!(record.verdict, Verdict::Fail);
    assert!(
        why(&record).starts_with(
            "unexpected finding acknowledged-write-lost: 1 acknowledged row lost: w1A"
        ),
        "{}",
        why(&record)
    );
    assert_eq!(
        record.findings[0].replay,
        "seatrial replay x.toml --on fake --seed 0"
    );

    let expected = scenario(
        "second_phase = false\nfindings = [\"acknowledged-write-lost\"]",
        steps,
    );
    let record = play_on(&mut forgetful(), &expected, &RunOptions::default());
    assert_eq!(record.verdict, Verdict::Pass, "{}", why(&record));
    let record = play_on(&mut Fake::new(), &expected, &RunOptions::default());
    assert_eq!(
        why(&record),
        "the finding acknowledged-write-lost, which the scenario names, did not come"
    );
}

use seatrial_scenarios::{
    Capabilities, Condition, Fault, FaultOutcome, NodeName, Observation, Progress, Request,
    RequestId, Span, Testbed, Timeout, TraceKind,
};

/// The toy, on which each of A and B has lost another row by the time that all are down.
struct Torn(Fake);

#[async_trait(?Send)]
impl Testbed for Torn {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    async fn apply(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let outcomes = self.0.apply(together).await;
        for (name, node) in &mut self.0.nodes {
            let lost: &[&str] = match name.as_str() {
                "A" => &["w2A"],
                "B" => &["w1A"],
                _ => &["w1A", "w2A"],
            };
            node.rows.retain(|tag| !lost.contains(&tag.as_str()));
        }
        outcomes
    }
    fn start(&mut self, request: Request) -> RequestId {
        self.0.start(request)
    }
    async fn poll(&mut self, id: RequestId) -> Progress {
        self.0.poll(id).await
    }
    fn interrupt(&mut self, id: RequestId) {
        self.0.interrupt(id);
    }
    async fn wait(&mut self, until: &Condition, limit: Span) -> Result<Span, Timeout> {
        self.0.wait(until, limit).await
    }
    async fn observe(&mut self) -> Observation {
        self.0.observe().await
    }
    fn now(&self) -> Span {
        self.0.now()
    }
    fn record(&mut self, node: Option<NodeName>, event: TraceKind) {
        self.0.record(node, event);
    }
}
