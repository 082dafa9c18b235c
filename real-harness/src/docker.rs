//! The one place that talks to the Docker engine.
//!
//! Containers are created, awaited and removed through testcontainers; networks, images, archives,
//! sessions inside a container and the removal of leftovers through the bollard client that it
//! shares. Everything that is made carries [`labels`], by which it is found again.

use std::collections::HashMap;
use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use testcontainers::bollard::Docker as Client;
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use testcontainers::bollard::models::{
    ContainerConfig, ContainerCreateBody, HostConfig, ImageInspect, NetworkCreateRequest,
};
use testcontainers::bollard::query_parameters::{
    CommitContainerOptionsBuilder, CreateContainerOptionsBuilder, CreateImageOptionsBuilder,
    DownloadFromContainerOptionsBuilder, ListContainersOptionsBuilder, ListImagesOptions,
    ListNetworksOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptions,
    StartContainerOptions, UploadToContainerOptionsBuilder,
};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::error::{Bollard, HarnessError};
use crate::ours::{Labels, Owner};

/// The output of a session inside a container.
pub(crate) type SessionOutput = Pin<Box<dyn Stream<Item = Result<LogOutput, Bollard>> + Send>>;
/// The input of a session inside a container.
pub(crate) type SessionInput = Pin<Box<dyn AsyncWrite + Send>>;

/// The output and the exit code of a command inside a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` where the container went away first.
    pub(crate) exit: Option<i32>,
}

/// The message of a program that waits for its beginning.
const READY: u8 = 6;

/// A connection to the Docker engine.
#[derive(Clone)]
pub(crate) struct Docker {
    client: Client,
}

impl Docker {
    /// Connects, and checks that the engine answers.
    pub(crate) async fn connect() -> Result<Self, HarnessError> {
        let absent = |why: String| HarnessError::Environment {
            what: format!("no Docker engine answers ({why})"),
            remedy: "start Docker, and let this user reach it (the group `docker`, or DOCKER_HOST)"
                .to_owned(),
        };
        let client = testcontainers::core::client::docker_client_instance()
            .await
            .map_err(|error| absent(error.to_string()))?;
        client
            .ping()
            .await
            .map_err(|error| absent(error.to_string()))?;
        Ok(Self { client })
    }

    /// Returns the engine's version.
    pub(crate) async fn version(&self) -> Result<String, HarnessError> {
        let version = self
            .client
            .version()
            .await
            .map_err(HarnessError::docker("version"))?;
        Ok(version.version.unwrap_or_default())
    }

    /// Returns the id of an image, `None` where it is not here.
    pub(crate) async fn image_id(&self, name: &str) -> Result<Option<String>, HarnessError> {
        Ok(self.image(name).await?.and_then(|image| image.id))
    }

    /// Returns a label of an image, `None` where the image is not here or has no such label.
    pub(crate) async fn image_label(
        &self,
        name: &str,
        label: &str,
    ) -> Result<Option<String>, HarnessError> {
        let config = self.image(name).await?.and_then(|image| image.config);
        let labels = config.and_then(|config| config.labels);
        Ok(labels.and_then(|mut labels| labels.remove(label)))
    }

    /// Returns what the engine knows of an image, `None` where it is not here.
    async fn image(&self, name: &str) -> Result<Option<ImageInspect>, HarnessError> {
        match self.client.inspect_image(name).await {
            Ok(image) => Ok(Some(image)),
            Err(Bollard::DockerResponseServerError {
                status_code: 404, ..
            }) => Ok(None),
            Err(error) => Err(HarnessError::docker(format!("inspect image {name}"))(error)),
        }
    }

    /// Returns the ids and names of all images here.
    pub(crate) async fn images(&self) -> Result<Vec<(String, Vec<String>)>, HarnessError> {
        let images = self
            .client
            .list_images(None::<ListImagesOptions>)
            .await
            .map_err(HarnessError::docker("list images"))?;
        Ok(images
            .into_iter()
            .map(|image| (image.id, image.repo_tags))
            .collect())
    }

    pub(crate) async fn remove_image(&self, name: &str) -> Result<(), HarnessError> {
        let removed = self
            .client
            .remove_image(name, None::<RemoveImageOptions>, None)
            .await;
        gone_is_fine(removed.map(|_| ()))
            .map_err(HarnessError::docker(format!("remove image {name}")))
    }

    /// Makes an image of a root file system, a tar archive.
    pub(crate) async fn import(
        &self,
        archive: Vec<u8>,
        name: &str,
        tag: &str,
        changes: Vec<String>,
    ) -> Result<(), HarnessError> {
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(name)
            .tag(tag)
            .changes(changes)
            .build();
        let body = testcontainers::bollard::body_full(archive.into());
        let mut progress = self.client.create_image(Some(options), Some(body), None);
        while let Some(step) = progress.next().await {
            step.map_err(HarnessError::docker(format!("import image {name}:{tag}")))?;
        }
        Ok(())
    }

    /// Makes an image of a container's files.
    pub(crate) async fn commit(
        &self,
        container: &str,
        name: &str,
        tag: &str,
        labels: HashMap<String, String>,
    ) -> Result<(), HarnessError> {
        let options = CommitContainerOptionsBuilder::default()
            .container(container)
            .repo(name)
            .tag(tag)
            .build();
        let config = ContainerConfig {
            labels: Some(labels),
            ..ContainerConfig::default()
        };
        self.client
            .commit_container(options, config)
            .await
            .map_err(HarnessError::docker(format!("commit image {name}:{tag}")))?;
        Ok(())
    }

    /// Creates a network that reaches nothing but its own containers.
    pub(crate) async fn create_network(
        &self,
        name: &str,
        labels: &Labels,
    ) -> Result<(), HarnessError> {
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            internal: Some(true),
            labels: Some(labels.0.clone()),
            ..NetworkCreateRequest::default()
        };
        self.client
            .create_network(request)
            .await
            .map_err(HarnessError::docker(format!("create network {name}")))?;
        Ok(())
    }

    pub(crate) async fn remove_network(&self, name: &str) -> Result<(), HarnessError> {
        gone_is_fine(self.client.remove_network(name).await)
            .map_err(HarnessError::docker(format!("remove network {name}")))
    }

    pub(crate) async fn remove_container(&self, id: &str) -> Result<(), HarnessError> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        gone_is_fine(self.client.remove_container(id, Some(options)).await)
            .map_err(HarnessError::docker(format!("remove container {id}")))
    }

    /// Returns the container's address on the network.
    pub(crate) async fn address(
        &self,
        container: &str,
        network: &str,
    ) -> Result<String, HarnessError> {
        let doing = format!("inspect container {container}");
        let seen = self
            .client
            .inspect_container(container, None)
            .await
            .map_err(HarnessError::docker(&doing))?;
        seen.network_settings
            .and_then(|settings| settings.networks)
            .and_then(|networks| networks.get(network).cloned())
            .and_then(|endpoint| endpoint.ip_address)
            .filter(|address| !address.is_empty())
            .ok_or_else(|| HarnessError::Docker {
                doing,
                why: format!("it has no address on network {network}"),
            })
    }

    /// Reads a folder out of an image, as an archive.
    pub(crate) async fn read_image(
        &self,
        image: &str,
        path: &str,
    ) -> Result<Vec<u8>, HarnessError> {
        let (run, labels) = Labels::of_new_run();
        let options = CreateContainerOptionsBuilder::default()
            .name(&format!("seatrial-{run}-image"))
            .build();
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            cmd: Some(vec!["sleep".to_owned()]),
            labels: Some(labels.0),
            ..ContainerCreateBody::default()
        };
        let doing = format!("read {path} of image {image}");
        // It is never started: its files can be read as they are.
        let created = self
            .client
            .create_container(Some(options), body)
            .await
            .map_err(HarnessError::docker(&doing))?;
        let archive = self.read_folder(&created.id, path).await;
        self.remove_container(&created.id).await?;
        archive
    }

    /// Starts a container that lives in the network of another one, and may filter its packets.
    pub(crate) async fn start_beside(
        &self,
        container: &str,
        image: &str,
        name: &str,
        entrypoint: &str,
        labels: &Labels,
    ) -> Result<String, HarnessError> {
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(vec![entrypoint.to_owned()]),
            labels: Some(labels.0.clone()),
            host_config: Some(HostConfig {
                network_mode: Some(format!("container:{container}")),
                cap_add: Some(vec!["NET_ADMIN".to_owned()]),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let doing = || format!("start {name}");
        let created = self
            .client
            .create_container(Some(options), body)
            .await
            .map_err(HarnessError::docker(doing()))?;
        let options = None::<StartContainerOptions>;
        self.client
            .start_container(&created.id, options)
            .await
            .map_err(HarnessError::docker(doing()))?;
        Ok(created.id)
    }

    pub(crate) async fn read_folder(
        &self,
        container: &str,
        path: &str,
    ) -> Result<Vec<u8>, HarnessError> {
        let options = DownloadFromContainerOptionsBuilder::default()
            .path(path)
            .build();
        let mut stream = self
            .client
            .download_from_container(container, Some(options));
        let mut archive = Vec::new();
        while let Some(part) = stream.next().await {
            archive.extend_from_slice(&part.map_err(HarnessError::docker(format!("read {path}")))?);
        }
        Ok(archive)
    }

    /// Unpacks an archive in a folder of a container.
    pub(crate) async fn write_folder(
        &self,
        container: &str,
        parent: &str,
        archive: Vec<u8>,
    ) -> Result<(), HarnessError> {
        let options = UploadToContainerOptionsBuilder::default()
            .path(parent)
            .build();
        let body = testcontainers::bollard::body_full(archive.into());
        self.client
            .upload_to_container(container, Some(options), body)
            .await
            .map_err(HarnessError::docker(format!("write {parent}")))
    }

    /// Starts a session inside a container, and gives its two ends.
    pub(crate) async fn session(
        &self,
        container: &str,
        command: &[&str],
    ) -> Result<(String, SessionInput, SessionOutput), HarnessError> {
        let doing = || format!("run `{}`", command.join(" "));
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            ..CreateExecOptions::default()
        };
        let created = self
            .client
            .create_exec(container, options)
            .await
            .map_err(HarnessError::docker(doing()))?;
        let options = StartExecOptions {
            output_capacity: Some(256 * 1024),
            ..StartExecOptions::default()
        };
        let started = self
            .client
            .start_exec(&created.id, Some(options))
            .await
            .map_err(HarnessError::docker(doing()))?;
        match started {
            StartExecResults::Attached { output, input } => Ok((created.id, input, output)),
            StartExecResults::Detached => Err(HarnessError::Docker {
                doing: doing(),
                why: "the session was not attached".to_owned(),
            }),
        }
    }

    /// Runs a program inside a container to its end. It says [`READY`] once it is there, and begins
    /// when it gets a line; `begin` says when that is. Behind the line comes what it reads.
    pub(crate) async fn run(
        &self,
        container: &str,
        command: &[&str],
        text: &str,
        begin: impl Future<Output = ()>,
    ) -> Result<Ended, HarnessError> {
        let session = self.session(container, command).await;
        let (id, mut input, mut output) = match session {
            Ok(session) => session,
            Err(error) => {
                // Others wait for this one, too.
                begin.await;
                return Err(error);
            }
        };
        let mut ended = Ended::default();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while stdout.first() != Some(&READY) {
            match output.next().await {
                Some(Ok(LogOutput::StdErr { message })) => stderr.extend_from_slice(&message),
                Some(Ok(other)) => stdout.extend_from_slice(&other.into_bytes()),
                Some(Err(_)) | None => break,
            }
        }
        begin.await;
        if stdout.first() == Some(&READY) {
            stdout.remove(0);
            // A program that has gone away shows itself by the end of its output.
            let _ = input.write_all(b"\n").await;
            let _ = input.write_all(text.as_bytes()).await;
            let _ = input.flush().await;
        }
        while let Some(part) = output.next().await {
            match part {
                Ok(LogOutput::StdErr { message }) => stderr.extend_from_slice(&message),
                Ok(other) => stdout.extend_from_slice(&other.into_bytes()),
                Err(_) => break,
            }
        }
        ended.stdout = String::from_utf8_lossy(&stdout).into_owned();
        ended.stderr = String::from_utf8_lossy(&stderr).into_owned();
        let seen = self
            .client
            .inspect_exec(&id)
            .await
            .map_err(HarnessError::docker("inspect a session"))?;
        ended.exit = seen.exit_code.and_then(|code| i32::try_from(code).ok());
        Ok(ended)
    }

    /// Removes containers and networks that carry our label and whose owner `is_ours` says may go.
    /// Returns how many.
    pub(crate) async fn sweep(
        &self,
        may_go: impl Fn(&Owner) -> bool,
    ) -> Result<usize, HarnessError> {
        let filters = HashMap::from([("label", vec![Labels::MARK])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let containers = self
            .client
            .list_containers(Some(options))
            .await
            .map_err(HarnessError::docker("list containers"))?;
        let mut removed = 0;
        for container in containers {
            let owner = Owner::of(container.labels.as_ref());
            if let Some(id) = container.id.filter(|_| may_go(&owner)) {
                self.remove_container(&id).await?;
                removed += 1;
            }
        }
        let options = ListNetworksOptionsBuilder::default()
            .filters(&filters)
            .build();
        let networks = self
            .client
            .list_networks(Some(options))
            .await
            .map_err(HarnessError::docker("list networks"))?;
        for network in networks {
            let owner = Owner::of(network.labels.as_ref());
            if let Some(name) = network.name.filter(|_| may_go(&owner)) {
                self.remove_network(&name).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Somebody else was faster, or it is being removed already.
fn gone_is_fine(result: Result<(), Bollard>) -> Result<(), Bollard> {
    match result {
        Err(Bollard::DockerResponseServerError {
            status_code: 404 | 409,
            ..
        }) => Ok(()),
        other => other,
    }
}
