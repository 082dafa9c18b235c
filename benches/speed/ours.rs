//! The toy cluster on our own engines: the nodes with all that they are, and the traffic of the toy.

use seatrial_scenarios::{Condition, NodeName, Request, Scenario, Setup, Span, Statement, Testbed};
use seatrial_sim::des::{Coasting, World};
use seatrial_sim::madsim_engine;

use crate::toy::WRITE_EVERY;

/// Three nodes that are synced.
fn setup() -> Setup {
    let text = "id = \"toy\"\ntitle = \"Three nodes\"\n[[step]]\nheal = {}\n";
    let scenario = Scenario::parse("toy.toml", text).expect("it is right");
    scenario.setup(None, 1)
}

/// A row on the first node now and then, for so many seconds.
async fn write<T: Testbed>(testbed: &mut T, seconds: u64) {
    for number in 0..seconds / WRITE_EVERY {
        testbed.start(Request::Client {
            node: NodeName::new("A"),
            statement: Statement::Insert(format!("w{number}")),
        });
        let until = Span::from_secs(WRITE_EVERY);
        let _ = testbed.wait(&Condition::Never, until).await;
    }
}

/// The cluster before the first write, without a trace.
pub(crate) fn world(coasting: Coasting) -> World {
    let mut world = World::build(&setup()).expect("the nodes come together");
    world.set_traced(false);
    world.forget_trace();
    world.set_coasting(coasting);
    world
}

/// The writes on `des`; how many frames were sent.
pub(crate) fn des(world: &World, seconds: u64) -> u64 {
    let mut world = world.clone();
    let before = world.frames_sent();
    pollster::block_on(write(&mut world, seconds));
    world.frames_sent() - before
}

/// The same on our nodes over madsim's network. The building of the cluster is part of it.
pub(crate) fn madsim(seconds: u64) {
    let body = async |testbed: &mut madsim_engine::Madsim| write(testbed, seconds).await;
    madsim_engine::drive(&setup(), body).expect("the nodes come together");
}
