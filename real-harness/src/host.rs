//! A container as the host of one node, and the conversation with it.

use std::sync::{OnceLock, PoisonError};
use std::time::Duration;

use seatrial_scenarios::NodeName;
use testcontainers::core::{Mount, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{
    ContainerAsync, ContainerRequest, CopyTargetOptions, GenericImage, ImageExt as _,
};
use tokio::sync::Mutex;

use crate::docker::{Docker, Ended};
use crate::error::HarnessError;
use crate::ours::Labels;
use crate::programs;
use crate::session::Session;

/// The longest time that an ordinary question may take.
pub(crate) const QUESTION: Duration = Duration::from_secs(20);

/// The request to the process that filters the packets of a host.
const NETWORK_DEEDS: [&str; 5] = ["network", "dropped", "flap", "latency", "latency_from"];

/// The size of a data folder. It lives in memory: nothing of a run is worth a disk, and a full disk
/// can be had.
const DATA_BYTES: i64 = 1 << 30;

/// The settings of a host.
pub(crate) struct HostPlan<'a> {
    /// The image, as `name:tag`.
    pub(crate) image: &'a str,
    /// The run that it belongs to.
    pub(crate) run: &'a str,
    pub(crate) labels: &'a Labels,
    pub(crate) network: &'a str,
    pub(crate) node: &'a NodeName,
    /// Whether our programs have to be put into it.
    pub(crate) bare: bool,
}

/// The host of one node.
pub(crate) struct Host {
    /// The node.
    pub(crate) node: NodeName,
    /// The container's id.
    pub(crate) id: String,
    /// Its address, which the fault `readdress` changes.
    address: std::sync::Mutex<String>,
    docker: Docker,
    container: Mutex<Option<ContainerAsync<GenericImage>>>,
    /// Answers looks; they may take as long as a server that hangs.
    eyes: Mutex<Agent>,
    /// Applies faults, at once.
    hands: Mutex<Agent>,
    /// Applies the faults of the network, where the host's own image cannot filter packets: a
    /// container beside it, in the same network.
    filter: OnceLock<Mutex<Agent>>,
}

/// An answer of a host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// Whether the program says that it did what was asked.
    pub(crate) well: bool,
}

impl Host {
    /// Creates the container and waits until its first process is up.
    pub(crate) async fn start(docker: &Docker, plan: &HostPlan<'_>) -> Result<Self, HarnessError> {
        let (name, tag) = plan
            .image
            .rsplit_once(':')
            .unwrap_or((plan.image, "latest"));
        let mut request: ContainerRequest<GenericImage> = GenericImage::new(name, tag)
            .with_entrypoint(programs::HOST)
            .with_wait_for(WaitFor::message_on_stdout(programs::HOST_IS_UP))
            .with_container_name(format!("seatrial-{}-{}", plan.run, plan.node))
            .with_hostname(plan.node.as_str().to_lowercase())
            .with_network(plan.network)
            .with_labels(&plan.labels.0)
            .with_cap_add("NET_ADMIN")
            .with_cap_add("SYS_NICE")
            .with_startup_timeout(Duration::from_mins(1))
            .with_mount(Mount::tmpfs_mount("/var/lib/mysql").with_size_bytes(DATA_BYTES))
            .with_mount(Mount::tmpfs_mount("/run").with_mode(0o755))
            .with_mount(Mount::tmpfs_mount("/tmp").with_mode(0o1777));
        if plan.bare {
            for program in programs::all() {
                let target = CopyTargetOptions::new(program.path).with_mode(0o755);
                request = request.with_copy_to(target, program.text.into_bytes());
            }
        }
        let container = request
            .start()
            .await
            .map_err(HarnessError::testcontainers(format!(
                "start the host of node {}",
                plan.node
            )))?;
        let id = container.id().to_owned();
        let address = docker.address(&id, plan.network).await?;
        Ok(Self {
            node: plan.node.clone(),
            eyes: Mutex::new(Agent::new(docker.clone(), id.clone())),
            hands: Mutex::new(Agent::new(docker.clone(), id.clone())),
            filter: OnceLock::new(),
            container: Mutex::new(Some(container)),
            docker: docker.clone(),
            id,
            address: std::sync::Mutex::new(address),
        })
    }

    /// Returns the address that the host has now.
    pub(crate) fn address(&self) -> String {
        let held = self.address.lock();
        held.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives the host another address.
    pub(crate) async fn move_to(&self, address: &str) -> Result<Answer, HarnessError> {
        let answer = self.do_it(&format!("readdress {address}")).await?;
        if answer.well {
            let held = self.address.lock();
            address.clone_into(&mut held.unwrap_or_else(PoisonError::into_inner));
        }
        Ok(answer)
    }

    /// Asks for a look.
    pub(crate) async fn look(&self, question: &str) -> Result<Answer, HarnessError> {
        let mut eyes = self.eyes.lock().await;
        self.ask(&mut eyes, question, QUESTION).await
    }

    /// Returns a look that may take long.
    pub(crate) async fn long_look(&self, question: &str) -> Result<Answer, HarnessError> {
        let mut eyes = self.eyes.lock().await;
        self.ask(&mut eyes, question, Duration::from_secs(90)).await
    }

    /// Lets a container beside this one filter its packets.
    pub(crate) async fn put_filter(
        &self,
        image: &str,
        run: &str,
        labels: &Labels,
    ) -> Result<(), HarnessError> {
        let name = format!("seatrial-{run}-{}-filter", self.node);
        let id = self
            .docker
            .start_beside(&self.id, image, &name, programs::HOST, labels)
            .await?;
        let agent = Mutex::new(Agent::new(self.docker.clone(), id));
        let _ = self.filter.set(agent);
        Ok(())
    }

    /// Asks for a deed.
    pub(crate) async fn do_it(&self, question: &str) -> Result<Answer, HarnessError> {
        let of_network = question
            .split_whitespace()
            .next()
            .is_some_and(|word| NETWORK_DEEDS.contains(&word));
        let hands = match self.filter.get() {
            Some(filter) if of_network => filter,
            _ => &self.hands,
        };
        let mut hands = hands.lock().await;
        self.ask(&mut hands, question, Duration::from_mins(2)).await
    }

    /// Asks for a deed that must go well.
    pub(crate) async fn must(&self, question: &str) -> Result<String, HarnessError> {
        let answer = self.do_it(question).await?;
        if answer.well {
            return Ok(answer.text);
        }
        let first = question.lines().next().unwrap_or_default();
        Err(self.wrong(format!("`{first}` failed: {}", answer.text.trim())))
    }

    async fn ask(
        &self,
        agent: &mut Agent,
        question: &str,
        limit: Duration,
    ) -> Result<Answer, HarnessError> {
        let answer = tokio::time::timeout(limit, agent.ask(question)).await;
        answer.unwrap_or_else(|_| {
            let first = question.lines().next().unwrap_or_default();
            Err(self.wrong(format!("no answer to `{first}` in {} s", limit.as_secs())))
        })
    }

    fn wrong(&self, what: String) -> HarnessError {
        HarnessError::Host {
            host: self.node.to_string(),
            what,
        }
    }

    /// Runs one of our programs to its end, in a session of its own. It begins when `begin` says so.
    pub(crate) async fn run(
        &self,
        command: &[&str],
        begin: impl Future<Output = ()>,
    ) -> Result<Ended, HarnessError> {
        self.run_with(command, "", begin).await
    }

    /// The same; the program gets an input after the word that lets it begin.
    pub(crate) async fn run_with(
        &self,
        command: &[&str],
        input: &str,
        begin: impl Future<Output = ()>,
    ) -> Result<Ended, HarnessError> {
        self.docker.run(&self.id, command, input, begin).await
    }

    /// Starts a program on the host that answers.
    pub(crate) async fn session(&self, program: &str) -> Result<Session, HarnessError> {
        Session::open(&self.docker, &self.id, program).await
    }

    /// Returns a folder as an archive.
    pub(crate) async fn take_archive(&self, path: &str) -> Result<Vec<u8>, HarnessError> {
        self.docker.read_folder(&self.id, path).await
    }

    /// Unpacks an archive in a folder.
    pub(crate) async fn put_archive(
        &self,
        parent: &str,
        archive: Vec<u8>,
    ) -> Result<(), HarnessError> {
        self.docker.write_folder(&self.id, parent, archive).await
    }

    /// Removes the container.
    pub(crate) async fn remove(&self) -> Result<(), HarnessError> {
        match self.container.lock().await.take() {
            Some(container) => container
                .rm()
                .await
                .map_err(HarnessError::testcontainers(format!(
                    "remove the host of node {}",
                    self.node
                ))),
            None => Ok(()),
        }
    }
}

/// The conversation with the agent on a host: a question is a line, perhaps with text below it.
struct Agent {
    docker: Docker,
    id: String,
    session: Option<Session>,
}

impl Agent {
    const fn new(docker: Docker, id: String) -> Self {
        Self {
            docker,
            id,
            session: None,
        }
    }

    async fn ask(&mut self, question: &str) -> Result<Answer, HarnessError> {
        let lost = |why: String| HarnessError::Docker {
            doing: "talk to a host".to_owned(),
            why,
        };
        // A caller that stops waiting ends the session. Otherwise the next caller would get its answer.
        let mut session = if let Some(session) = self.session.take() {
            session
        } else {
            Session::open(&self.docker, &self.id, programs::AGENT).await?
        };
        let said = session.say(&format!("{question}\n")).await;
        said.map_err(|error| lost(error.to_string()))?;
        loop {
            if let Some((text, code)) = session.answer() {
                self.session = Some(session);
                let well = code.trim() == "0";
                return Ok(Answer { text, well });
            }
            session.listen().await.map_err(lost)?;
        }
    }
}
