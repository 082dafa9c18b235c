//! Checks what the real engine needs on this machine, and says how to get what is missing.

use seatrial_scenarios::NodeName;

use crate::cluster::Cluster;
use crate::docker::Docker;
use crate::error::HarnessError;
use crate::image::Suite;
use crate::run::{RealOptions, runtime};

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorLine {
    /// The thing that is checked.
    pub what: &'static str,
    /// The result of the check.
    pub state: String,
}

/// Looks at Docker, at the images, and at what a container may do here.
pub fn doctor() -> Vec<DoctorLine> {
    runtime().block_on(look())
}

/// Returns whether a run on this engine can begin at all.
///
/// # Errors
/// When no Docker engine answers, or an image is not here.
pub fn check(options: &RealOptions) -> Result<(), HarnessError> {
    runtime().block_on(async {
        let docker = Docker::connect().await?;
        for image in std::iter::once(&options.image).chain(&options.image_new) {
            if docker.image_id(image).await?.is_none() {
                return Err(absent(image));
            }
        }
        Ok(())
    })
}

/// Returns the error for an image that is not here, with the line that makes it.
pub(crate) fn absent(image: &str) -> HarnessError {
    let build = [Suite::Bookworm, Suite::Trixie]
        .into_iter()
        .find(|suite| suite.image() == image)
        .map(|suite| {
            format!(
                "build it with `seatrial image build --suite {}`",
                suite.name()
            )
        });
    HarnessError::Environment {
        what: format!("there is no image {image}"),
        remedy: build.unwrap_or_else(|| format!("get it with `docker pull {image}`")),
    }
}

async fn look() -> Vec<DoctorLine> {
    let docker = match Docker::connect().await {
        Ok(docker) => docker,
        Err(error) => {
            return vec![DoctorLine {
                what: "docker",
                state: error.to_string(),
            }];
        }
    };
    let version = docker
        .version()
        .await
        .unwrap_or_else(|error| error.to_string());
    let mut lines = vec![DoctorLine {
        what: "docker",
        state: version,
    }];
    let mut here = None;
    for suite in [Suite::Bookworm, Suite::Trixie] {
        let image = suite.image();
        let state = match docker.image_id(&image).await {
            Ok(Some(_)) => {
                let state = format!("{image} is here");
                here.get_or_insert(image);
                state
            }
            Ok(None) => absent(&image).to_string(),
            Err(error) => error.to_string(),
        };
        lines.push(DoctorLine {
            what: "image",
            state,
        });
    }
    if let Some(image) = here {
        lines.extend(probe(&docker, &image).await);
    }
    lines
}

/// Starts one host and tries what faults need.
async fn probe(docker: &Docker, image: &str) -> Vec<DoctorLine> {
    let nodes = [(NodeName::new("A"), image.to_owned())];
    let cluster = match Cluster::start(docker, &nodes, true).await {
        Ok(cluster) => cluster,
        Err(error) => {
            return vec![DoctorLine {
                what: "container",
                state: format!(
                    "no container can be started with the capability NET_ADMIN: {error}"
                ),
            }];
        }
    };
    let mut lines = Vec::new();
    let tries = [
        (
            "partition",
            "network 0 192.0.2.1",
            "packets can be filtered inside a container",
            "the kernel has no nf_tables, or NET_ADMIN is refused; faults of the network will be \
             unsupported (load the module nf_tables, or allow the capability)",
        ),
        (
            "loss",
            "network 10",
            "packets can be lost at random",
            "the kernel has no statistic match for iptables; the fault `loss` will be unsupported \
             (load the module xt_statistic)",
        ),
        (
            "latency",
            "latency 10",
            "packets can be delayed",
            "the kernel has no netfilter queue; the fault `latency` will be unsupported (load the \
             module nfnetlink_queue)",
        ),
    ];
    for (what, question, well, ill) in tries {
        let answer = cluster.hosts[0].do_it(question).await;
        let state = match answer {
            Ok(answer) if answer.well => well.to_owned(),
            Ok(_) => ill.to_owned(),
            Err(error) => error.to_string(),
        };
        lines.push(DoctorLine { what, state });
    }
    cluster.remove().await;
    lines
}
