//! A cluster: a network of its own with one host for each node.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use seatrial_scenarios::{Initial, NodeName, Setup};
use tokio::time::{Instant, sleep};

use crate::docker::Docker;
use crate::error::HarnessError;
use crate::host::{Host, HostPlan};
use crate::lists::Lists;
use crate::look::Look;
use crate::ours::Labels;
use crate::update::Programs;
use crate::{programs, settings};

/// The longest time that a part of the initial state may take.
const INITIAL_LIMIT: Duration = Duration::from_mins(2);

/// The number of nodes of the prepared data folders.
pub(crate) const PREPARED_NODES: usize = 3;

/// A running cluster.
pub(crate) struct Cluster {
    docker: Docker,
    run: String,
    labels: Labels,
    network: String,
    /// The image to which a playbook updates a node's programs.
    pub(crate) update: Option<Programs>,
    /// No terminal shows what lines print: they come from a program.
    pub(crate) no_terminal: bool,
    /// The connections of clients that read and change lists.
    pub(crate) lists: Lists,
    /// What the next line on a node reads from its standard input.
    pub(crate) input: BTreeMap<NodeName, String>,
    /// The hosts, in the order of the nodes.
    pub(crate) hosts: Vec<Arc<Host>>,
}

impl Cluster {
    /// Starts a host for each node, from an image that has our programs in it, or puts them in.
    pub(crate) async fn start(
        docker: &Docker,
        nodes: &[(NodeName, String)],
        bare: bool,
    ) -> Result<Self, HarnessError> {
        let (run, labels) = Labels::of_new_run();
        let network = format!("seatrial-{run}");
        let mut cluster = Self {
            docker: docker.clone(),
            run,
            labels,
            network: network.clone(),
            update: None,
            no_terminal: false,
            lists: Lists::default(),
            input: BTreeMap::new(),
            hosts: Vec::new(),
        };
        match cluster.fill(nodes, bare).await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                cluster.remove().await;
                Err(error)
            }
        }
    }

    async fn fill(&mut self, nodes: &[(NodeName, String)], bare: bool) -> Result<(), HarnessError> {
        let labels = &self.labels;
        self.docker.create_network(&self.network, labels).await?;
        let plans: Vec<HostPlan<'_>> = nodes
            .iter()
            .map(|(node, image)| HostPlan {
                image,
                run: &self.run,
                labels,
                network: &self.network,
                node,
                bare,
            })
            .collect();
        let hosts = try_join_all(plans.iter().map(|plan| Host::start(&self.docker, plan))).await?;
        self.hosts = hosts.into_iter().map(Arc::new).collect();
        Ok(())
    }

    /// Removes the hosts and the network. What cannot be removed now carries our labels and goes
    /// with the next sweep.
    pub(crate) async fn remove(&self) {
        let removed = self.hosts.iter().map(|host| host.remove());
        futures::future::join_all(removed).await;
        let run = self.run.clone();
        // Also the hosts of a start that failed halfway.
        let _ = self.docker.sweep(|owner| owner.run == run).await;
        let _ = self.docker.remove_network(&self.network).await;
    }

    /// Writes the configuration of every node.
    pub(crate) async fn configure(&self, setup: &Setup) -> Result<(), HarnessError> {
        let addresses: Vec<String> = self.hosts.iter().map(|host| host.address()).collect();
        let names: Vec<String> = self
            .hosts
            .iter()
            .map(|host| format!("{}={}", host.address(), host.node))
            .collect();
        let names = names.join(" ");
        let written = self.hosts.iter().map(|host| {
            let (addresses, names) = (&addresses, &names);
            async move {
                host.must(&setting(self.update.is_some(), "updates"))
                    .await?;
                host.must(&format!("name_hosts {names}")).await?;
                if setup.options.is_arbitrator(&host.node) {
                    let text = settings::garb(setup, &host.node, addresses);
                    return configure_arbitrator(host, &text).await;
                }
                let text = settings::text(setup, &host.node, &host.address(), addresses);
                configure(host, setup, &text).await
            }
        });
        try_join_all(written).await?;
        Ok(())
    }

    /// Returns whether the hosts' image has what faults of the network need.
    pub(crate) async fn can_filter(&self) -> Result<bool, HarnessError> {
        match self.hosts.first() {
            Some(host) => Ok(host.do_it("can_filter").await?.well),
            None => Ok(true),
        }
    }

    /// Puts a container of that image beside every host, to filter its packets.
    pub(crate) async fn put_filters(&self, image: &str) -> Result<(), HarnessError> {
        let put = self
            .hosts
            .iter()
            .map(|host| host.put_filter(image, &self.run, &self.labels));
        try_join_all(put).await?;
        Ok(())
    }

    /// Puts a user's own tool in the place of our cm-cluster-manage.
    pub(crate) async fn put_cluster_tool(&self, text: &str) -> Result<(), HarnessError> {
        const PATH: &str = "/opt/seatrial/bin/cm-cluster-manage";
        let put = self.hosts.iter().map(|host| async move {
            let end = if text.ends_with('\n') { "" } else { "\n" };
            host.must(&format!("take {PATH}\n{text}{end}.")).await?;
            host.must(&format!("chmod 755 {PATH}")).await
        });
        try_join_all(put).await?;
        Ok(())
    }

    /// Builds the initial state by its history: bootstrap of the first node, join, join.
    ///
    /// Three nodes do it on prepared data folders and need no transfer of state; another number of
    /// nodes begins with freshly installed ones.
    pub(crate) async fn build(&self, setup: &Setup) -> Result<(), HarnessError> {
        self.configure(setup).await?;
        if setup.initial == Initial::Empty || self.hosts.len() != PREPARED_NODES {
            self.install().await?;
        } else {
            let filled = self
                .hosts
                .iter()
                .enumerate()
                .filter(|(_, host)| !setup.options.is_arbitrator(&host.node))
                .map(|(index, host)| async move {
                    let number = index + 1;
                    host.must(&setting(true, "position-is-known")).await?;
                    host.must(&format!("data {number}")).await
                });
            try_join_all(filled).await?;
        }
        if setup.initial != Initial::Empty {
            self.form(setup).await?;
            self.wait_until_synced(setup).await?;
            let known = setting(false, "position-is-known");
            try_join_all(self.hosts.iter().map(|host| host.must(&known))).await?;
            let servers = self.servers(setup);
            try_join_all(servers.map(|host| host.must("wait_for_back_end"))).await?;
        }
        if setup.initial == Initial::Down {
            for host in self.hosts.iter().rev() {
                host.must(&format!("systemctl stop {}", unit(setup, host)))
                    .await?;
            }
        }
        try_join_all(self.hosts.iter().map(|host| host.must("keep_old"))).await?;
        Ok(())
    }

    /// Installs a fresh data folder on every node.
    async fn install(&self) -> Result<(), HarnessError> {
        try_join_all(self.hosts.iter().map(|host| host.must("data empty"))).await?;
        Ok(())
    }

    /// Returns the hosts that have a server, and not an arbitrator.
    fn servers<'a>(&'a self, setup: &'a Setup) -> impl Iterator<Item = &'a Arc<Host>> {
        let hosts = self.hosts.iter();
        hosts.filter(|host| !setup.options.is_arbitrator(&host.node))
    }

    /// Bootstraps the first node and lets the others join in turn.
    pub(crate) async fn form(&self, setup: &Setup) -> Result<(), HarnessError> {
        for (index, host) in self.hosts.iter().enumerate() {
            let start = match index {
                0 => "galera_new_cluster".to_owned(),
                _ => format!("systemctl start {}", unit(setup, host)),
            };
            host.must(&start).await?;
            wait_for(host, "Synced", |look| {
                (look.arbitrator && look.port)
                    || look.status("wsrep_local_state_comment") == Some("Synced")
                        && look.status("wsrep_ready") == Some("ON")
            })
            .await?;
        }
        Ok(())
    }

    async fn wait_until_synced(&self, setup: &Setup) -> Result<(), HarnessError> {
        let size = self.hosts.len().to_string();
        let synced = self.servers(setup).map(|host| {
            wait_for(host, "Synced with all the others", |look| {
                look.status("wsrep_local_state_comment") == Some("Synced")
                    && look.status("wsrep_ready") == Some("ON")
                    && look.status("wsrep_cluster_size") == Some(size.as_str())
            })
        });
        try_join_all(synced).await?;
        Ok(())
    }

    /// Returns the host of a node.
    pub(crate) fn host(&self, node: &NodeName) -> Option<&Arc<Host>> {
        self.hosts.iter().find(|host| host.node == *node)
    }
}

/// Returns the question that sets a switch for the programs on a host.
fn setting(on: bool, name: &str) -> String {
    if on {
        format!("touch /run/seatrial/{name}")
    } else {
        format!("rm -f /run/seatrial/{name}")
    }
}

/// Returns the unit of a host's service.
fn unit(setup: &Setup, host: &Host) -> &'static str {
    if setup.options.is_arbitrator(&host.node) {
        "garb"
    } else {
        "mariadb"
    }
}

/// Makes a host that of an arbitrator.
async fn configure_arbitrator(host: &Host, text: &str) -> Result<(), HarnessError> {
    if !host.do_it("can_arbitrate").await?.well {
        return Err(HarnessError::Environment {
            what: format!("{} is an arbitrator, and its image has no garbd", host.node),
            remedy: "seatrial image build, or an image with the package galera-arbitrator-4"
                .to_owned(),
        });
    }
    host.must(&format!("take {}\n{text}.", settings::GARB_PATH))
        .await?;
    host.must("become_arbitrator").await?;
    host.must(&format!("take /run/seatrial/node\n{}\n.", host.node))
        .await?;
    host.must("open_network").await?;
    Ok(())
}

async fn configure(host: &Host, setup: &Setup, text: &str) -> Result<(), HarnessError> {
    host.must(&format!("take {}\n{text}.", settings::PATH))
        .await?;
    host.must(&format!("take /run/seatrial/node\n{}\n.", host.node))
        .await?;
    let systemd = setup.options.supervisor == seatrial_scenarios::Supervisor::Systemd;
    host.must(&setting(systemd, "restart-on-abnormal")).await?;
    let replaces = setup.options.force == seatrial_scenarios::ForceEdit::Replace;
    host.must(&setting(replaces, "force-replaces")).await?;
    host.must(&format!("prepare {}", programs::BACK_END))
        .await?;
    Ok(())
}

/// Looks until the node is as wanted.
async fn wait_for(
    host: &Host,
    wanted: &str,
    holds: impl Fn(&Look) -> bool,
) -> Result<(), HarnessError> {
    let end = Instant::now() + INITIAL_LIMIT;
    loop {
        let look = Look::read(&host.look("look").await?.text);
        if holds(&look) {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(HarnessError::Initial(format!(
                "node {} is not {wanted} after {} s",
                host.node,
                INITIAL_LIMIT.as_secs()
            )));
        }
        sleep(Duration::from_millis(100)).await;
    }
}
