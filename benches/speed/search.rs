//! The searches: the closure at rest, the interleavings beside stateright, random schedules.

use seatrial_scenarios::{Scenario, Supervisor};
use seatrial_sim::des::Templates;
use seatrial_sim::explore::{self, BLOCK, Options};
use seatrial_sim::interleave::{Config, Limits, Nodes, SstMethod, Time};
use seatrial_sim::prove::{Alphabet, Closure, Event, Found, Live, Model};

use crate::same_model::Same;

/// The closure within two events, on one thread and without a procedure: states and transitions.
pub(crate) fn closure() -> (usize, usize) {
    let model = Model::new(None, Supervisor::None);
    let events = Event::all(model.nodes().len(), Alphabet::USUAL);
    let root = model.root().expect("the nodes come together");
    let mut closure = Closure::new(model.key(&root));
    let mut frontier = vec![(0, root)];
    for level in 1..=2 {
        let mut found = Vec::new();
        for (from, live) in &frontier {
            for event in events.iter().filter(|event| model.applies(event, live)) {
                let after: Live = model.after(event, live);
                found.push(Found {
                    from: *from,
                    event: event.clone(),
                    canonical: model.key(&after),
                    live: Some(after),
                });
            }
        }
        frontier = closure.take(level, found);
    }
    let transitions = closure.levels().iter().map(|level| level.transitions);
    (closure.states().len(), transitions.sum())
}

/// The small model that both checkers search: two nodes, one stop, messages in any order.
pub(crate) fn small_model() -> Nodes {
    let config = Config {
        wsrep_sst_method: SstMethod::Mariabackup,
        ..Config::fast()
    };
    let limits = Limits {
        horizon: Time::from_millis(300),
        late: 0,
        stops: 1,
        crashes: 0,
        starts: 0,
        writes: 1,
    };
    Nodes::synced(2, config, limits)
}

/// The number of states that ours finds.
pub(crate) fn ours(nodes: &Nodes) -> usize {
    let found = seatrial_sim::interleave::breadth_first(nodes, 5_000_000);
    assert_eq!(found.open, 0, "the search is whole");
    assert_eq!(found.counterexample, None, "the model is right");
    found.states
}

/// The number of states that stateright finds, on one thread.
pub(crate) fn stateright(nodes: &Nodes) -> usize {
    use stateright::{Checker as _, Model as _};
    let checker = Same(nodes.clone()).checker().threads(1).spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

/// Plays so many blocks of random schedules; gives back how many seeds that were.
pub(crate) fn explore(templates: &mut Templates, blocks: u64) -> u64 {
    let options = Options::of("manual-corrected");
    for block in 0..blocks {
        explore::play_block(templates, &options, block);
    }
    blocks * BLOCK
}

/// The first schedules that the manual does not recover.
pub(crate) fn findings(templates: &mut Templates, most: usize) -> Vec<(Scenario, u64)> {
    let options = Options::of("manual");
    let blocks = (0..20).flat_map(|block| explore::play_block(templates, &options, block));
    blocks
        .filter(|played| !played.record.outcome.is_good())
        .take(most)
        .map(|played| {
            let seed = played.record.seed;
            (explore::scenario_of(&options, &played.schedule, seed), seed)
        })
        .collect()
}

/// Makes a finding small; gives back how many steps are left.
pub(crate) fn shrink(templates: &mut Templates, (scenario, seed): &(Scenario, u64)) -> usize {
    let shrunk = explore::shrink(templates, scenario, *seed, None, None);
    shrunk.map_or(usize::MAX, |shrunk| shrunk.scenario.steps.len())
}
