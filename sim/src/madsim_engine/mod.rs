//! The second engine: the same machines as tasks on hosts of madsim, their frames as bytes on its TCP
//! streams, time and order of events by its executor.
//!
//! It shares the machine and the table of network faults with the first engine, and nothing of that
//! engine's network, queue of events or timers.

mod front;
mod testbed;
mod wire;
mod world;

use std::net::IpAddr;
use std::time::Duration;

use madsim::Config;
use madsim::runtime::{Handle, NodeHandle, Runtime};
use madsim::task::NodeId;
use madsim::time::{sleep, timeout};
use seatrial_node::Peer;
use seatrial_scenarios::recording::{Recording, Replay};
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{RunRecord, Scenario, Setup, Trace};

use crate::cluster::{Engine, place};
use crate::links::{LATENCY_MAX_US, LATENCY_MIN_US};
use crate::setup::{self, BuildError};

pub use testbed::Madsim;
use world::{Outside, World};

/// Runs a scenario on this engine.
///
/// # Errors
/// When the initial state is not reached.
///
/// # Panics
/// When the run panics.
pub fn run(
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
) -> Result<(RunRecord, Trace), BuildError> {
    drive(setup, async |testbed: &mut Madsim| {
        runner::run(testbed, scenario, options).await
    })
}

/// Replays a recording on this engine.
///
/// # Errors
/// When the initial state is not reached.
///
/// # Panics
/// When the run panics.
pub fn replay(recording: &Recording, seed: u64) -> Result<Replay, BuildError> {
    drive(&recording.setup(seed), async |testbed: &mut Madsim| {
        recording.replay(testbed).await
    })
    .map(|(replay, _)| replay)
}

/// Lets `body` act on a cluster in its initial state, on a thread of its own: madsim's determinism
/// needs a fresh one. Returns what the body returns, and the trace.
///
/// # Errors
/// When the initial state is not reached.
///
/// # Panics
/// When the body panics.
pub fn drive<R: Send>(
    setup: &Setup,
    body: impl AsyncFnOnce(&mut Madsim) -> R + Send,
) -> Result<(R, Trace), BuildError> {
    let run = || {
        let mut config = Config::default();
        config.net.send_latency =
            Duration::from_micros(LATENCY_MIN_US)..Duration::from_micros(LATENCY_MAX_US);
        let runtime = Runtime::with_seed_and_config(setup.seed, config);
        runtime.block_on(simulate(setup, body))
    };
    std::thread::scope(|scope| match scope.spawn(run).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

async fn simulate<R>(
    setup: &Setup,
    body: impl AsyncFnOnce(&mut Madsim) -> R,
) -> Result<(R, Trace), BuildError> {
    let handle = Handle::current();
    let host = |name: &str, ip: IpAddr| handle.create_node().name(name).ip(ip).build();
    let peers = (0..setup.nodes.len())
        .filter_map(|index| u8::try_from(index).ok())
        .map(Peer);
    let hosts: Vec<NodeHandle> = peers
        .zip(&setup.nodes)
        .map(|(peer, name)| host(name.as_str(), wire::ip(peer)))
        .collect();
    let outside = Outside {
        operator: host("operator", front::OPERATOR),
        clients: host("clients", front::CLIENTS),
    };
    let mut ids: Vec<NodeId> = hosts.iter().map(NodeHandle::id).collect();
    ids.extend([outside.operator.id(), outside.clients.id()]);
    let world = World::new(setup, hosts, outside);
    {
        let shared = world.lock();
        for peer in shared.cluster.peers() {
            let host = &shared.hosts[place(peer)];
            host.spawn(wire::listen(world.clone(), peer));
            host.spawn(front::serve(world.clone(), peer, front::SSH));
            host.spawn(front::serve(world.clone(), peer, front::SQL));
            host.spawn(keep_time(world.clone(), peer));
        }
    }
    madsim::task::spawn(watch_links(world.clone()));
    let mut testbed = Madsim {
        world: world.clone(),
    };
    let result = begin(&mut testbed, setup, body).await;
    let trace = world.lock().cluster.journal_mut().take_trace();
    // Without this, madsim keeps the tasks and their data without end.
    for id in ids {
        handle.kill(id);
    }
    sleep(Duration::from_secs(1)).await;
    result.map(|record| (record, trace))
}

async fn begin<R>(
    testbed: &mut Madsim,
    setup: &Setup,
    body: impl AsyncFnOnce(&mut Madsim) -> R,
) -> Result<R, BuildError> {
    // The hosts' listeners are there before anybody comes.
    sleep(Duration::from_millis(1)).await;
    setup::build(testbed, setup).await?;
    testbed.world.lock().cluster.keep_old_copies();
    Ok(body(testbed).await)
}

/// A machine's clock: calls it when its deadline comes.
async fn keep_time(world: World, peer: Peer) {
    let wake = world.lock().wakes[place(peer)].clone();
    loop {
        let wait = {
            let mut shared = world.lock();
            let now = shared.now();
            match shared.cluster.machine(peer).deadline() {
                Some(at) if at <= now => {
                    shared.cluster.machine_mut(peer).tick(now);
                    shared.settle(peer);
                    // The next round looks again; nothing has been waited for.
                    Some(Duration::from_micros(1))
                }
                Some(at) => Some(Duration::from_micros((at - now).as_micros())),
                None => None,
            }
        };
        match wait {
            Some(wait) => {
                let _ = timeout(wait, wake.notified()).await;
            }
            None => wake.notified().await,
        }
    }
}

/// Follows flapping links.
async fn watch_links(world: World) {
    let changed = world.lock().links_changed.clone();
    loop {
        let wait = {
            let shared = world.lock();
            shared.mirror();
            let now = shared.now();
            shared
                .cluster
                .links()
                .next_change(now)
                .map(|at| Duration::from_micros((at - now).as_micros()))
        };
        match wait {
            Some(wait) => {
                let _ = timeout(wait, changed.notified()).await;
            }
            None => changed.notified().await,
        }
    }
}
