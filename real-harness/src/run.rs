//! A run on the real engine, from the first container to the last.

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use futures::FutureExt as _;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::recording::{Recording, Replay};
use seatrial_scenarios::runner::{self, RunOptions};
use seatrial_scenarios::{NodeName, RunRecord, Scenario, Setup, Trace};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, Notify};

use crate::cluster::Cluster;
use crate::docker::Docker;
use crate::error::HarnessError;
use crate::evidence;
use crate::ours::Owner;
use crate::prepared;
use crate::testbed::Real;
use crate::update::Programs;

/// The image that is used where none is named.
pub const DEFAULT_IMAGE: &str = "seatrial/mariadb:bookworm";

/// The options of a run on this engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealOptions {
    /// The image of every node.
    pub image: String,
    /// The image that a playbook puts in its place.
    pub image_new: Option<String>,
    /// The text of a program that takes the place of our cm-cluster-manage.
    pub cluster_tool: Option<String>,
    /// The folder for what is kept of runs that did not pass.
    pub evidence: Option<std::path::PathBuf>,
}

impl Default for RealOptions {
    fn default() -> Self {
        Self {
            image: DEFAULT_IMAGE.to_owned(),
            image_new: None,
            cluster_tool: None,
            evidence: None,
        }
    }
}

/// Returns the runtime that all runs share: the Docker client's connections belong to it.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("invariant: a process can have threads")
    })
}

static STOP: OnceLock<Notify> = OnceLock::new();
static STOPPED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Ends all runs under way; their containers are removed first. To be called once a signal came.
pub fn stop() {
    STOPPED.store(true, std::sync::atomic::Ordering::SeqCst);
    STOP.get_or_init(Notify::new).notify_waiters();
}

/// Returns once [`stop`] was called.
pub(crate) async fn stopped() {
    let notified = STOP.get_or_init(Notify::new).notified();
    if STOPPED.load(std::sync::atomic::Ordering::SeqCst) {
        return;
    }
    notified.await;
}

/// Removes what processes that have ended left behind, and says how many containers and networks that
/// were.
///
/// # Errors
/// When no Docker engine answers.
pub fn sweep() -> Result<usize, HarnessError> {
    runtime().block_on(async { Docker::connect().await?.sweep(Owner::has_ended).await })
}

/// Removes prepared images that no run will use again, and says how many.
///
/// # Errors
/// When no Docker engine answers.
pub fn remove_stale_images() -> Result<usize, HarnessError> {
    runtime().block_on(async { prepared::remove_stale(&Docker::connect().await?).await })
}

/// Runs a scenario on this engine.
///
/// # Errors
/// When the machine lacks something, or the initial state is not reached.
///
/// # Panics
/// Never by itself: a panic of the runner goes on after the containers have been removed.
pub fn run(
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
    real: &RealOptions,
) -> Result<(RunRecord, Trace), HarnessError> {
    runtime().block_on(run_inside(scenario, setup, options, real))
}

/// Does on this engine what a recording did: what differs is what real nodes do not repeat.
///
/// # Errors
/// When the machine lacks something, or the initial state is not reached.
///
/// # Panics
/// Never by itself: a panic of the replay goes on after the containers have been removed.
pub fn replay(
    recording: &Recording,
    seed: u64,
    real: &RealOptions,
) -> Result<Replay, HarnessError> {
    runtime().block_on(async {
        let mut testbed = start(&recording.setup(seed), real).await?;
        let played = unless_stopped(recording.replay(&mut testbed)).await;
        let trouble = std::mem::take(&mut testbed.trouble);
        testbed.into_trace().1.remove().await;
        let mut replay = ended(played)?;
        replay.unsupported.extend(trouble);
        Ok(replay)
    })
}

/// Returns the result of `play`, or its panic, or nothing if [`stop`] was called before.
async fn unless_stopped<R>(play: impl Future<Output = R>) -> Option<std::thread::Result<R>> {
    tokio::select! {
        played = AssertUnwindSafe(play).catch_unwind() => Some(played),
        () = stopped() => None,
    }
}

/// The end of a run whose containers are gone.
fn ended<R>(played: Option<std::thread::Result<R>>) -> Result<R, HarnessError> {
    match played {
        Some(Ok(result)) => Ok(result),
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        None => Err(HarnessError::Stopped),
    }
}

/// Returns the prepared image of a user's image, made by one run at a time: the second finds what the first
/// has made.
async fn prepare(docker: &Docker, image: &str) -> Result<String, HarnessError> {
    static PREPARING: Mutex<()> = Mutex::const_new(());
    let _one = PREPARING.lock().await;
    prepared::of(docker, image).await
}

/// Returns a cluster in its initial state.
pub(crate) async fn start(setup: &Setup, real: &RealOptions) -> Result<Real, HarnessError> {
    let docker = Docker::connect().await?;
    let image = prepare(&docker, &real.image).await?;
    let nodes: Vec<(NodeName, String)> = setup
        .nodes
        .iter()
        .map(|node| (node.clone(), image.clone()))
        .collect();
    let update = match &real.image_new {
        Some(image) => Some(Programs::of(&docker, image).await?),
        None => None,
    };
    let mut cluster = Cluster::start(&docker, &nodes, false).await?;
    cluster.update = update;
    let work = async {
        if !cluster.can_filter().await? && docker.image_id(DEFAULT_IMAGE).await?.is_some() {
            let image = prepare(&docker, DEFAULT_IMAGE).await?;
            cluster.put_filters(&image).await?;
        }
        if let Some(tool) = &real.cluster_tool {
            cluster.put_cluster_tool(tool).await?;
        }
        cluster.build(setup).await
    };
    let built = tokio::select! {
        built = work => built,
        () = stopped() => Err(HarnessError::Stopped),
    };
    if let Err(error) = built {
        cluster.remove().await;
        return Err(error);
    }
    Ok(Real::new(cluster, setup))
}

async fn run_inside(
    scenario: &Scenario,
    setup: &Setup,
    options: &RunOptions,
    real: &RealOptions,
) -> Result<(RunRecord, Trace), HarnessError> {
    let mut testbed = start(setup, real).await?;
    // A run is a large future: it lies on the heap, not in that of its caller.
    let played = Box::pin(unless_stopped(runner::run(&mut testbed, scenario, options))).await;
    for text in std::mem::take(&mut testbed.trouble) {
        testbed.note(text);
    }
    if let (Some(Ok(record)), Some(folder)) = (&played, &real.evidence)
        && record.verdict != Verdict::Pass
    {
        let kept = evidence::keep(&testbed.cluster, record, folder).await;
        testbed.note(match kept {
            Ok(files) => format!("{files} files of evidence kept"),
            Err(error) => format!("the evidence could not be kept: {error}"),
        });
    }
    let (trace, cluster) = testbed.into_trace();
    cluster.remove().await;
    Ok((ended(played)?, trace))
}
