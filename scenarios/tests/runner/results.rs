//! The shape of `results.json`.

use seatrial_scenarios::record::{Namer, Results};
use seatrial_scenarios::{NodeName, NodeObservation, Observation, RunOptions, Span};

use crate::fake::{Fake, play_on, scenario};

#[test]
fn results_have_the_fields_of_the_design() {
    let scenario = scenario(
        "second_phase = false\nnodes = [\"A\", \"B\", \"C\"]",
        r#"
[[step]]
terminate = { nodes = ["A", "B"] }
[[step]]
expect = { node = "C", cluster_status = "Primary", within = "1s" }
claim = { id = "M-1", says = "goes on", verdict = "holds" }
"#,
    );
    let record = play_on(&mut Fake::new(), &scenario, &RunOptions::default());
    let mut results = Results::of("0.1.0", "", &["fake".to_owned()], &[record]);
    results.scenarios[0].observations.truncate(1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&results).expect("it is plain data"));
}

#[test]
fn uuids_are_named_by_first_appearance() {
    let mut namer = Namer::default();
    let mut observation = Observation {
        at: Span::ZERO,
        ..Observation::default()
    };
    for (name, cluster, local) in [("A", "bbb", "aaa"), ("B", "bbb", "00000000-0000")] {
        let mut node = NodeObservation::absent();
        node.state_uuid = Some(cluster.to_owned());
        node.local_state_uuid = Some(local.to_owned());
        observation.nodes.insert(NodeName::new(name), node);
    }
    let nodes = namer.normalise(&observation);
    let names: Vec<_> = nodes
        .values()
        .flat_map(|node| [node.state_uuid.as_deref(), node.local_state_uuid.as_deref()])
        .flatten()
        .collect();
    assert_eq!(names, ["U1", "U2", "U1", "zero"]);
    assert_eq!(namer.name("aaa"), "U2", "a name is kept");
}
