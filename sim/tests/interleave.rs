//! The search over interleavings: a planted mistake is found by a shortest path, the faithful model has
//! none, and stateright counts the same states of the same model.

mod same_model;

use same_model::Same;
use seatrial_node::{Config, DeliberateFault, SstMethod, Time};
use seatrial_sim::interleave::{Act, Limits, Nodes, breadth_first};
use stateright::{Checker, Model};

fn config(deliberate_fault: Option<DeliberateFault>) -> Config {
    Config {
        deliberate_fault,
        // Its donor goes on applying, and shows no position in the state file.
        wsrep_sst_method: SstMethod::Mariabackup,
        ..Config::fast()
    }
}

fn limits(horizon_ms: u64) -> Limits {
    Limits {
        horizon: Time::from_millis(horizon_ms),
        late: 0,
        stops: 1,
        crashes: 1,
        starts: 1,
        writes: 1,
    }
}

const MISTAKE: Option<DeliberateFault> = Some(DeliberateFault::PositionBeforeView);

fn words(way: &[Act]) -> String {
    let words: Vec<String> = way.iter().map(ToString::to_string).collect();
    words.join("\n")
}

#[test]
fn a_position_that_is_written_before_the_view_is_forgotten_is_found_by_a_shortest_path() {
    let nodes = Nodes::synced(1, config(MISTAKE), limits(2_000));
    let found = breadth_first(&nodes, 1_000_000);
    let (way, what) = found.counterexample.expect("the mistake is found");
    insta::assert_snapshot!(format!("{what}\n\n{}", words(&way)));
}

#[test]
fn two_nodes_show_it_too() {
    let nodes = Nodes::synced(
        2,
        config(MISTAKE),
        Limits {
            crashes: 0,
            writes: 0,
            ..limits(1_000)
        },
    );
    let found = breadth_first(&nodes, 400_000);
    let (way, what) = found.counterexample.expect("the mistake is found");
    insta::assert_snapshot!(format!("{what}\n\n{}", words(&way)));
}

#[test]
fn the_faithful_model_never_writes_in_the_wrong_order() {
    let nodes = Nodes::synced(1, config(None), limits(1_300));
    let found = breadth_first(&nodes, 1_000_000);
    assert_eq!(found.counterexample, None);
    assert_eq!(found.open, 0, "the search was whole");
    assert!(found.states > 500, "only {} states", found.states);
}

#[test]
fn stateright_counts_the_same_states() {
    for (nodes, limits) in [
        (1, limits(1_000)),
        (
            2,
            Limits {
                crashes: 0,
                starts: 0,
                writes: 0,
                ..limits(200)
            },
        ),
    ] {
        let nodes = Nodes::synced(nodes, config(None), limits);
        let ours = breadth_first(&nodes, 1_000_000);
        assert_eq!(ours.open, 0);
        let theirs = Same(nodes).checker().spawn_bfs().join();
        theirs.assert_properties();
        assert_eq!(ours.states, theirs.unique_state_count());
    }
}
