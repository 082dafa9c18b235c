//! Faults, and the receipts that prove them.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use seatrial_scenarios::{Capabilities, Fault, FaultOutcome, NodeName, Slowed};
use tokio::time::{Instant, sleep};

use crate::host::Host;
use crate::testbed::Real;

/// The time that the harness waits until a new rule has dropped its first packet.
const FIRST_DROP: Duration = Duration::from_millis(1500);

/// The folder of the copies of data folders on a host.
const KEPT: &str = "/opt/seatrial/kept";
/// The folder around it.
const AROUND_KEPT: &str = "/opt/seatrial";
/// The name of a copy that is made to be brought to another host; no scenario can name one so.
const CLONE: &str = "of_another_node";

/// The reason why a container cannot lose power.
const NO_POWER_LOSS: &str = "a container shares the kernel and its page cache with the machine: no \
kill loses what was written and not synced, so a loss of power would be pretended";

/// The reason why a clock cannot jump.
const NO_CLOCK: &str = "all containers share the machine's clock";

/// The reason why no rollback fails on demand.
const NO_ROLLBACK_FAILURE: &str =
    "a rollback of an applier fails on demand in a debug build of MariaDB alone";

/// Returns the reason why a container cannot have a fault; `None` for a fault that it can have.
pub fn unsupported(name: &str) -> Option<&'static str> {
    match name {
        "power_off" | "power_on" => Some(NO_POWER_LOSS),
        "clock_jump" => Some(NO_CLOCK),
        "rollback_fails" => Some(NO_ROLLBACK_FAILURE),
        _ => None,
    }
}

/// Returns the faults that real nodes can have: every fault of the language except those that a container
/// cannot have.
pub(crate) fn capabilities() -> Capabilities {
    let names = Fault::KINDS.iter().map(|kind| kind.name);
    let faults = names.filter(|name| unsupported(name).is_none());
    Capabilities {
        engine: "real".to_owned(),
        faults: faults.map(str::to_owned).collect(),
        histories: false,
        messages: false,
    }
}

/// The request to a host for a fault, and the meaning of the answer.
struct Deed {
    host: Arc<Host>,
    question: String,
    /// The reason why there was nothing to act on, where the host says no.
    no: &'static str,
}

impl Real {
    /// Applies all faults in one instant.
    pub(crate) async fn apply_faults(&mut self, together: &[Fault]) -> Vec<FaultOutcome> {
        let mut cuts = false;
        for fault in together {
            self.rest.fault(fault);
            self.addresses.learn(fault);
            cuts |= self.change_network(fault);
        }
        let outcomes = join_all(together.iter().map(|fault| self.deed(fault))).await;
        let mut outcomes: Vec<FaultOutcome> = outcomes;
        for (fault, outcome) in together.iter().zip(&outcomes) {
            if let (Fault::DiskSaved { node, name }, FaultOutcome::Applied(_)) = (fault, outcome) {
                self.kept.insert(name.clone(), node.clone());
            }
            if let Fault::DiskCloned { to: node, .. }
            | Fault::DiskRestored { node, .. }
            | Fault::DataRestored { node, .. } = fault
            {
                self.disk_rows.remove(node);
            }
            if let (Fault::Readdress { node, .. }, FaultOutcome::Applied(_)) = (fault, outcome)
                && let Some(host) = self.cluster.host(node)
            {
                // Rules name a host by its address.
                self.network.move_to(node, host.address());
                cuts = true;
            }
            if let (Fault::ReadLock(node), FaultOutcome::Applied(_)) = (fault, outcome) {
                self.rest.locked.insert(node.clone());
            } else if let Fault::ReadUnlock(node) | Fault::Terminate(node) | Fault::Crash(node) =
                fault
            {
                self.rest.locked.remove(node);
            }
        }
        if cuts {
            let receipt = self.enforce_network().await;
            for (fault, outcome) in together.iter().zip(&mut outcomes) {
                let of_network = matches!(
                    fault,
                    Fault::Cut { .. } | Fault::Partition(_) | Fault::Heal | Fault::Loss { .. }
                );
                if of_network {
                    outcome.clone_from(&receipt);
                }
            }
        }
        outcomes
    }

    /// Takes a fault of the network into the wanted state; whether it is one.
    fn change_network(&mut self, fault: &Fault) -> bool {
        match fault {
            Fault::Cut {
                from,
                to,
                port: None,
            } => self.network.cut(from, to),
            Fault::Cut {
                from,
                to,
                port: Some(port),
            } => self.network.close(from, to, *port),
            Fault::Partition(groups) => self.network.partition(groups),
            Fault::Loss { node, percent } => self.network.lose(node, *percent),
            Fault::Heal => self.network.heal(),
            _ => return false,
        }
        true
    }

    /// Brings the rules on every host into the wanted state, and waits for the first packets that
    /// they drop.
    async fn enforce_network(&self) -> FaultOutcome {
        let hosts = &self.cluster.hosts;
        let questions: Vec<String> = hosts
            .iter()
            .map(|host| self.network.question(&host.node))
            .collect();
        let answers = join_all(
            hosts
                .iter()
                .zip(&questions)
                .map(|(host, question)| host.do_it(question)),
        )
        .await;
        for (host, answer) in hosts.iter().zip(answers) {
            match answer {
                Ok(answer) if answer.well => {}
                Ok(answer) => {
                    return FaultOutcome::Unsupported(format!(
                        "the host of {} cannot filter packets: {}",
                        host.node,
                        answer.text.trim()
                    ));
                }
                Err(error) => return FaultOutcome::Unsupported(error.to_string()),
            }
        }
        let wanted: usize = hosts
            .iter()
            .map(|host| self.network.rules(&host.node).len())
            .sum();
        if wanted == 0 {
            return FaultOutcome::Applied("no rule drops anything any more".to_owned());
        }
        let end = Instant::now() + FIRST_DROP;
        loop {
            let drops = self.drops().await;
            let all = drops.iter().all(|(_, packets)| *packets > 0);
            if all || Instant::now() >= end {
                let told: Vec<String> = drops
                    .iter()
                    .map(|(rule, packets)| format!("{rule} {packets}"))
                    .collect();
                return FaultOutcome::Applied(format!(
                    "{wanted} {}; packets dropped so far: {}",
                    if wanted == 1 { "rule" } else { "rules" },
                    told.join(", ")
                ));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Returns every rule that drops packets, and how many it has dropped.
    async fn drops(&self) -> Vec<(String, u64)> {
        let hosts = &self.cluster.hosts;
        let answers = join_all(hosts.iter().map(|host| host.do_it("dropped"))).await;
        let mut drops = Vec::new();
        for (host, answer) in hosts.iter().zip(answers) {
            let text = answer.map(|answer| answer.text).unwrap_or_default();
            for (wanted, rule) in self.network.rules(&host.node) {
                let packets = text
                    .lines()
                    .filter_map(|line| line.split_once(' '))
                    .find(|(source, _)| *source == wanted)
                    .and_then(|(_, packets)| packets.trim().parse().ok())
                    .unwrap_or(0);
                drops.push((rule, packets));
            }
        }
        drops
    }

    async fn deed(&self, fault: &Fault) -> FaultOutcome {
        if let Some(why) = unsupported(fault.name()) {
            return FaultOutcome::Unsupported(why.to_owned());
        }
        match fault {
            // Enforced for all hosts together.
            Fault::Cut { .. } | Fault::Partition(_) | Fault::Loss { .. } => {
                return FaultOutcome::Applied(String::new());
            }
            Fault::Heal => {
                let ended = self.cluster.hosts.iter().map(|host| async {
                    let _ = host.do_it("flap 0").await;
                    let _ = host.do_it("latency 0").await;
                });
                join_all(ended).await;
                return FaultOutcome::Applied(String::new());
            }
            _ => {}
        }
        if let Err(why) = self.bring_copy(fault).await {
            return FaultOutcome::Skipped(why);
        }
        if let Fault::Readdress { node, address } = fault {
            return self.readdress(node, address).await;
        }
        let Some(deed) = self.plan(fault) else {
            return FaultOutcome::Skipped("there is no such node".to_owned());
        };
        match deed.host.do_it(&deed.question).await {
            Ok(answer) if answer.well => {
                let receipt = answer.text.trim().replace('\n', "; ");
                FaultOutcome::Applied(match fault {
                    Fault::Flap { node, period } => {
                        format!(
                            "what reaches {node} is dropped and let through in turn, {period} each"
                        )
                    }
                    Fault::Latency {
                        of: Slowed::Node { node },
                        by,
                    } => format!("{by} added to what reaches and to what leaves {node}"),
                    Fault::Latency {
                        of: Slowed::OneWay { from, to },
                        by,
                    } => format!("{by} added to what reaches {to} from {from}"),
                    Fault::StopHangs(_) => {
                        "a session will take the global read lock when the stop begins".to_owned()
                    }
                    _ if receipt.is_empty() => "done".to_owned(),
                    _ => receipt,
                })
            }
            Ok(answer) if matches!(fault, Fault::Latency { .. }) => {
                FaultOutcome::Unsupported(format!(
                    "packets cannot be held back here (NFQUEUE): {}",
                    answer.text.trim()
                ))
            }
            Ok(answer) => {
                let said = answer.text.trim();
                let why = if said.is_empty() { deed.no } else { said };
                FaultOutcome::Skipped(why.to_owned())
            }
            Err(error) => FaultOutcome::Skipped(error.to_string()),
        }
    }

    /// Gives a host the address that stands for this one in the containers' network.
    async fn readdress(&self, node: &NodeName, address: &str) -> FaultOutcome {
        let (Some(host), Some(real)) = (self.cluster.host(node), self.addresses.real(address))
        else {
            return FaultOutcome::Skipped("there is no such node or no such address".to_owned());
        };
        let before = host.address();
        if let Some(holder) = self
            .cluster
            .hosts
            .iter()
            .find(|host| host.address() == real)
        {
            let who = if holder.node == *node {
                "the host has this address already".to_owned()
            } else {
                format!("the host of {} has this address", holder.node)
            };
            return FaultOutcome::Skipped(who);
        }
        match host.move_to(real).await {
            Ok(answer) if answer.well => FaultOutcome::Applied(format!(
                "{} in place of {before}, for {address}",
                answer.text.trim()
            )),
            Ok(answer) => FaultOutcome::Skipped(answer.text.trim().to_owned()),
            Err(error) => FaultOutcome::Skipped(error.to_string()),
        }
    }

    /// Brings the copy of a data folder to the host that is to get it, from the host that has it.
    async fn bring_copy(&self, fault: &Fault) -> Result<(), String> {
        let (from, to) = match fault {
            Fault::DiskCloned { from, to } => (from, to),
            Fault::DiskRestored { node, saved } | Fault::DataRestored { node, saved } => {
                match self.kept.get(saved) {
                    Some(from) if from != node => (from, node),
                    _ => return Ok(()),
                }
            }
            _ => return Ok(()),
        };
        let (Some(source), Some(target)) = (self.cluster.host(from), self.cluster.host(to)) else {
            return Err("there is no such node".to_owned());
        };
        if matches!(fault, Fault::DiskCloned { .. }) {
            let answer = source.do_it(&format!("keep_disk {CLONE}")).await;
            let answer = answer.map_err(|error| error.to_string())?;
            if !answer.well {
                return Err(answer.text.trim().to_owned());
            }
        }
        let archive = source.take_archive(KEPT).await;
        let archive = archive.map_err(|error| error.to_string())?;
        let put = target.put_archive(AROUND_KEPT, archive).await;
        put.map_err(|error| error.to_string())
    }

    /// Returns the value of an option as it stands in a file: the names of nodes are addresses there.
    fn in_file(&self, option: &str, value: &str) -> String {
        let address = |name: &str| {
            let hosts = self.cluster.hosts.iter();
            let mut named = hosts.filter(|host| host.node.as_str().eq_ignore_ascii_case(name));
            named.next().map_or_else(
                || self.addresses.real(name).unwrap_or(name).to_owned(),
                |host| host.address(),
            )
        };
        match option {
            "wsrep_cluster_address" => {
                let list = value.strip_prefix("gcomm://").unwrap_or_default();
                let all: Vec<String> = list.split(',').map(address).collect();
                format!("gcomm://{}", all.join(","))
            }
            "wsrep_node_address" => address(value),
            _ => value.to_owned(),
        }
    }

    fn plan(&self, fault: &Fault) -> Option<Deed> {
        let (node, question, no) = match fault {
            Fault::Terminate(node) => (node, "kill_server stay".to_owned(), "no mariadbd runs"),
            Fault::Crash(node) => (node, "kill_server again".to_owned(), "no mariadbd runs"),
            Fault::Hang(node) => (
                node,
                "hang".to_owned(),
                "no mariadbd runs that could be stopped",
            ),
            Fault::Resume(node) => (node, "resume".to_owned(), "no stopped mariadbd"),
            Fault::Damage { node, file, how } => (
                node,
                format!("damage {} {}", file.name(), how.name()),
                "there is no such file",
            ),
            Fault::DiskFull(node) => (node, "fill_disk".to_owned(), "the disk takes more"),
            Fault::DiskLost(node) => (node, "lose_disk".to_owned(), "the data stays"),
            Fault::DiskSaved { node, name } => {
                (node, format!("keep_disk {name}"), "the copy cannot be kept")
            }
            Fault::DiskRestored { node, saved } => (
                node,
                format!("put_disk {saved} all"),
                "no such copy was kept",
            ),
            Fault::DataRestored { node, saved } => (
                node,
                format!("put_disk {saved} data"),
                "no such copy was kept",
            ),
            Fault::DiskCloned { to, .. } => (
                to,
                format!("put_disk {CLONE} all"),
                "the other node's data folder cannot be copied",
            ),
            Fault::InterruptTransfer(node) => (
                node,
                "interrupt_transfer".to_owned(),
                "no state transfer is under way",
            ),
            Fault::StopHangs(node) => (node, "hang_the_next_stop".to_owned(), "no server answers"),
            Fault::ReadLock(node) => (node, "read_lock".to_owned(), "no server answers"),
            Fault::ReadUnlock(node) => {
                (node, "read_unlock".to_owned(), "no session holds the lock")
            }
            Fault::Configure {
                node,
                option,
                value,
            } => (
                node,
                format!("configure {option} {}", self.in_file(option, value)),
                "the file cannot be written",
            ),
            Fault::BackendStop(node) => (
                node,
                "stop_back_end".to_owned(),
                "the mail back end does not run",
            ),
            Fault::Flap { node, period } => (
                node,
                format!("flap {}", seconds(period.as_micros())),
                "packets cannot be filtered",
            ),
            Fault::Latency {
                of: Slowed::Node { node },
                by,
            } => (node, format!("latency {}", by.as_millis()), ""),
            Fault::Latency {
                of: Slowed::OneWay { from, to },
                by,
            } => {
                let sender = self.cluster.host(from)?.address();
                let question = format!("latency_from {sender} {}", by.as_millis());
                (to, question, "")
            }
            Fault::PowerOff(_)
            | Fault::PowerOn(_)
            | Fault::ClockJump { .. }
            | Fault::RollbackFails(_)
            | Fault::Readdress { .. }
            | Fault::Cut { .. }
            | Fault::Partition(_)
            | Fault::Loss { .. }
            | Fault::Heal => return None,
        };
        let host = self.cluster.host(node)?.clone();
        Some(Deed { host, question, no })
    }
}

/// Seconds with their fraction, as `sleep` takes them.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sleep_gets_seconds_with_a_fraction() {
        assert_eq!(seconds(2_500_000), "2.500000");
    }

    #[test]
    fn what_a_container_cannot_have_is_not_claimed() {
        let faults: BTreeSet<String> = capabilities().faults;
        assert!(!faults.contains("power_off"));
        assert!(!faults.contains("clock_jump"));
        assert!(faults.contains("terminate"));
    }
}
