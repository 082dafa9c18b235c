//! The prepared image: a user's image with our programs in it, and with data folders from which a
//! cluster of three starts without a transfer of state. It is made when it is first needed and kept.

use std::collections::{BTreeSet, HashMap};

use seatrial_scenarios::{Initial, NodeName, Options, Setup, Timers};

use crate::cluster::{Cluster, PREPARED_NODES};
use crate::docker::Docker;
use crate::error::HarnessError;
use crate::ours::Labels;
use crate::{doctor, programs};

/// The repository name of prepared images.
pub(crate) const REPOSITORY: &str = "seatrial/prepared";

/// Returns the prepared image of a user's image; it is made if it is not here.
pub(crate) async fn of(docker: &Docker, image: &str) -> Result<String, HarnessError> {
    let Some(id) = docker.image_id(image).await? else {
        return Err(doctor::absent(image));
    };
    let tag = programs::fingerprint(&id);
    let name = format!("{REPOSITORY}:{tag}");
    if docker.image_id(&name).await?.is_none() {
        make(docker, image, &tag).await?;
    }
    Ok(name)
}

/// Removes prepared images that no run will use again: those of an image that is not here any more, or
/// with other versions of our programs. Returns how many.
pub(crate) async fn remove_stale(docker: &Docker) -> Result<usize, HarnessError> {
    let images = docker.images().await?;
    let used: BTreeSet<String> = images
        .iter()
        .map(|(id, _)| format!("{REPOSITORY}:{}", programs::fingerprint(id)))
        .collect();
    let mut removed = 0;
    for name in images.iter().flat_map(|(_, names)| names) {
        if name.starts_with(&format!("{REPOSITORY}:")) && !used.contains(name) {
            docker.remove_image(name).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

async fn make(docker: &Docker, image: &str, tag: &str) -> Result<(), HarnessError> {
    let nodes = [(NodeName::new("A"), image.to_owned())];
    let cluster = Cluster::start(docker, &nodes, true).await?;
    let made = fill(docker, &cluster, tag).await;
    cluster.remove().await;
    made
}

/// Stores the data folders of the nodes of a cluster before the last start of each: that of the first node,
/// with whose bootstrap it begins, and for each further node the same data one position later. So
/// every node joins at the position at which the group is, which needs no transfer of state.
async fn fill(docker: &Docker, cluster: &Cluster, tag: &str) -> Result<(), HarnessError> {
    let setup = Setup {
        nodes: vec![NodeName::new("A")],
        initial: Initial::Synced,
        timers: Timers::Fast,
        options: Options::default(),
        seed: 0,
    };
    cluster.configure(&setup).await?;
    let host = &cluster.hosts[0];
    host.must("install_data").await?;
    host.must("galera_new_cluster").await?;
    // The bootstrap takes a position and the statement another, as in the history that a simulation
    // plays: there the database and the table are created.
    host.must("take_a_position").await?;
    for number in 1..=PREPARED_NODES {
        if number > 1 {
            host.must("galera_new_cluster").await?;
        }
        host.must("systemctl stop mariadb").await?;
        host.must(&format!("store {number}")).await?;
        if number > 1 {
            host.must(&format!("make_a_joiner {number}")).await?;
        }
    }
    host.must("forget").await?;
    let labels = HashMap::from([(Labels::MARK.to_owned(), "prepared".to_owned())]);
    docker.commit(&host.id, REPOSITORY, tag, labels).await
}
