//! The prepared image: a user's image with our programs in it, and with the data folders of three
//! nodes that were formed once and killed. It is made when it is first needed and kept.

use std::collections::HashMap;

use futures::future::try_join_all;
use seatrial_scenarios::{Initial, NodeName, Options, Setup, Timers};

use crate::cluster::{Cluster, PREPARED_NODES};
use crate::docker::Docker;
use crate::error::HarnessError;
use crate::ours::Labels;
use crate::{doctor, programs};

/// The repository name of prepared images.
pub(crate) const REPOSITORY: &str = "seatrial/prepared";

/// The prepared image of a user's image; it is made if it is not here.
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

async fn make(docker: &Docker, image: &str, tag: &str) -> Result<(), HarnessError> {
    let nodes: Vec<(NodeName, String)> = ["A", "B", "C"]
        .into_iter()
        .map(|name| (NodeName::new(name), image.to_owned()))
        .collect();
    let cluster = Cluster::start(docker, &nodes, true).await?;
    let made = fill(docker, &cluster, tag).await;
    cluster.remove().await;
    made
}

async fn fill(docker: &Docker, cluster: &Cluster, tag: &str) -> Result<(), HarnessError> {
    let setup = Setup {
        nodes: cluster.hosts.iter().map(|host| host.node.clone()).collect(),
        initial: Initial::Synced,
        timers: Timers::Fast,
        options: Options::default(),
        seed: 0,
    };
    cluster.configure(&setup).await?;
    try_join_all(cluster.hosts.iter().map(|host| host.must("install_data"))).await?;
    cluster.form().await?;
    // All in one instant: the component of three is what every gvwstate.dat holds.
    try_join_all(
        cluster
            .hosts
            .iter()
            .map(|host| host.must("kill_server stay")),
    )
    .await?;
    let first = &cluster.hosts[0];
    for (index, host) in cluster.hosts.iter().enumerate().take(PREPARED_NODES) {
        let number = index + 1;
        host.must(&format!("store {number}")).await?;
        if index > 0 {
            docker
                .copy_folder(
                    (&host.id, &format!("/opt/seatrial/template/{number}")),
                    (&first.id, "/opt/seatrial/template"),
                )
                .await?;
        }
    }
    let labels = HashMap::from([(Labels::MARK.to_owned(), "prepared".to_owned())]);
    docker.commit(&first.id, REPOSITORY, tag, labels).await
}
