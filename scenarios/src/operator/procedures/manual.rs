//! The manual's "Recovery procedure", as an operator types it who takes every word literally.
//!
//! Its known mistakes are left in; `manual_corrected.rs` names them. Where the manual says nothing,
//! the operator stops and says what was seen. There is one pass, so it always ends.

use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::paths::MARIADB_LOG;
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::reading::Tables;
use super::survey::SHOW_STATUS;

/// The manual gives no limit for a command that prints something. An operator's patience.
const PATIENCE: Span = Span::from_secs(60);

/// Patience for a command that starts a server, which may receive a whole copy of the data.
const START_PATIENCE: Span = Span::from_secs(300);

/// The output of a node at the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    /// The tables.
    Tables(Tables),
    /// Anything else: "`MariaDB` is not running on the current node".
    Error(String),
}

impl Status {
    const fn tables(&self) -> Option<&Tables> {
        match self {
            Self::Tables(tables) => Some(tables),
            Self::Error(_) => None,
        }
    }
}

/// The operator, and what has been seen last.
struct Operator<'a> {
    console: &'a mut dyn Console,
    nodes: Vec<NodeName>,
    seen: Vec<Status>,
}

/// Follows the manual once.
pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let nodes = console.nodes();
    let mut operator = Operator {
        console,
        nodes,
        seen: Vec::new(),
    };
    match operator.recovery_procedure().await {
        Ok(()) => operator.verdict().await,
        Err(outcome) => outcome,
    }
}

impl Operator<'_> {
    /// "Recovery procedure" with "Check cluster status" and "Recover cluster".
    async fn recovery_procedure(&mut self) -> Result<(), ProcedureOutcome> {
        self.check_cluster_status().await;
        if self.is_recovered() {
            return Ok(());
        }
        let active = self
            .seen
            .iter()
            .filter(|status| status.tables().is_some())
            .count();
        if active == 0 {
            return self.all_nodes_are_down().await;
        }
        if active == self.nodes.len() {
            return self.connection_failure().await;
        }
        self.only_some_nodes_are_down().await
    }

    /// "Check cluster status": the command on every node.
    async fn check_cluster_status(&mut self) {
        self.seen.clear();
        for index in 0..self.nodes.len() {
            let shown = self.type_at(index, SHOW_STATUS, PATIENCE).await;
            let status = Tables::read(&shown.output.stdout)
                .map_or_else(|| Status::Error(said(&shown)), Status::Tables);
            self.seen.push(status);
        }
    }

    /// Handles the case that every node answers and they are no cluster of all. "Recover cluster" asks for
    /// nothing, as all nodes are active. "Connection failure between all nodes" says that the
    /// cluster should be restored automatically, and should be bootstrapped if it is not.
    async fn connection_failure(&mut self) -> Result<(), ProcedureOutcome> {
        self.console.sleep(PATIENCE).await;
        self.check_cluster_status().await;
        if self.is_recovered() || self.seen.iter().any(is_primary) {
            return Ok(());
        }
        self.all_nodes_are_down().await
    }

    /// "Only some nodes are down": restart what fails, and look again.
    async fn only_some_nodes_are_down(&mut self) -> Result<(), ProcedureOutcome> {
        let mut active = (0..self.nodes.len()).filter(|&index| self.seen[index].tables().is_some());
        let survivor = active.next().filter(|_| active.next().is_none());
        if let Some(survivor) = survivor.filter(|&index| !is_primary(&self.seen[index])) {
            return self.two_nodes_are_terminated(survivor).await;
        }
        for index in 0..self.nodes.len() {
            if self.seen[index].tables().is_none() {
                self.type_at(
                    index,
                    "sudo cm-cluster-manage --restart-node",
                    START_PATIENCE,
                )
                .await;
            }
        }
        self.check_cluster_status().await;
        Ok(())
    }

    /// "Two nodes are terminated": one node is left and has no quorum. Force it, then bootstrap it.
    /// The forced value is written over by the stop that comes next (measurements, B).
    async fn two_nodes_are_terminated(&mut self, survivor: usize) -> Result<(), ProcedureOutcome> {
        self.type_at(
            survivor,
            "sudo cm-cluster-manage --force-safe-to-bootstrap",
            PATIENCE,
        )
        .await;
        self.bootstrap_and_start_the_others(survivor).await
    }

    /// "All nodes are down": find a node that is safe to bootstrap.
    async fn all_nodes_are_down(&mut self) -> Result<(), ProcedureOutcome> {
        for index in 0..self.nodes.len() {
            let answer = self
                .type_at(
                    index,
                    "sudo cm-cluster-manage --safe-to-bootstrap",
                    PATIENCE,
                )
                .await;
            // The first one that says 1, whatever the others would have said (defect D2).
            if answer.output.stdout.trim() == "1" {
                return self.bootstrap_and_start_the_others(index).await;
            }
        }
        self.no_node_is_safe_for_bootstrapping().await
    }

    /// "No node is safe for bootstrapping?": the highest recovered position, and the first of those
    /// that are equal. Histories are not compared (defect D1).
    async fn no_node_is_safe_for_bootstrapping(&mut self) -> Result<(), ProcedureOutcome> {
        let grep = format!("sudo grep 'WSREP: Recovered position' {MARIADB_LOG} | tail -1");
        let mut best: Option<(usize, i64)> = None;
        for index in 0..self.nodes.len() {
            self.type_at(index, "sudo killall -9 mysqld", PATIENCE)
                .await;
            self.type_at(
                index,
                "sudo -u mysql /bin/mysqld_safe --wsrep-recover",
                PATIENCE,
            )
            .await;
            self.type_at(index, "sudo killall -9 mysqld", PATIENCE)
                .await;
            let line = self.type_at(index, &grep, PATIENCE).await.output.stdout;
            if let Some(number) = number_at_the_end(&line)
                && best.is_none_or(|(_, highest)| number > highest)
            {
                best = Some((index, number));
            }
        }
        let Some((highest, _)) = best else {
            return Err(ProcedureOutcome::GaveUp(format!(
                "no node is safe to bootstrap and no log has a recovered position. Seen: {}",
                self.describe()
            )));
        };
        self.type_at(
            highest,
            "sudo cm-cluster-manage --force-safe-to-bootstrap",
            PATIENCE,
        )
        .await;
        self.bootstrap_and_start_the_others(highest).await
    }

    /// "Boostrap node" and "Start the other nodes".
    async fn bootstrap_and_start_the_others(
        &mut self,
        first: usize,
    ) -> Result<(), ProcedureOutcome> {
        self.stop(first).await;
        let started = self
            .type_at(
                first,
                "sudo cm-cluster-manage --bootstrap-node",
                START_PATIENCE,
            )
            .await;
        let status = self.type_at(first, SHOW_STATUS, PATIENCE).await;
        // "wsrep_cluster_size should be set to 1 and wsrep_ready should be set to ON". Nodes that
        // were waiting join by themselves, so a higher size is no failure. The manual does not say
        // what to do with a node that is not ready.
        if !Tables::read(&status.output.stdout).is_some_and(|t| t.is_primary() && t.ready) {
            return Err(ProcedureOutcome::GaveUp(format!(
                "{} was not bootstrapped: {}; its status: {}",
                self.nodes[first],
                said(&started),
                said(&status)
            )));
        }
        for index in (0..self.nodes.len()).filter(|&index| index != first) {
            self.stop(index).await;
            self.type_at(
                index,
                "sudo cm-cluster-manage --restart-node",
                START_PATIENCE,
            )
            .await;
            self.type_at(index, SHOW_STATUS, PATIENCE).await;
        }
        self.check_cluster_status().await;
        Ok(())
    }

    /// "Stop `MariaDB`: … if that hangs, press CTRL-C and kill the process".
    async fn stop(&mut self, index: usize) {
        let stop = self
            .type_at(index, "sudo systemctl stop mariadb", PATIENCE)
            .await;
        if stop.timed_out {
            self.type_at(index, "sudo killall -9 mysqld", PATIENCE)
                .await;
        }
    }

    async fn type_at(&mut self, index: usize, line: &str, limit: Span) -> CommandOutcome {
        self.console.run(&self.nodes[index], line, limit).await
    }

    /// "For a fully functional cluster with all three nodes active, `wsrep_cluster_size` should be
    /// set to 3."
    fn is_recovered(&self) -> bool {
        self.seen.iter().all(|status| {
            status.tables().is_some_and(|tables| {
                tables.is_primary() && tables.ready && tables.size as usize == self.nodes.len()
            })
        })
    }

    /// Returns the end of the pass. A node that has just joined may need some seconds to be ready, which
    /// nobody would call a failure.
    async fn verdict(&mut self) -> ProcedureOutcome {
        for _ in 0..6 {
            if self.is_recovered() {
                return ProcedureOutcome::Recovered;
            }
            self.console.sleep(Span::from_secs(5)).await;
            self.check_cluster_status().await;
        }
        ProcedureOutcome::GaveUp(format!(
            "the manual has been followed to its end and the cluster is not whole. Seen: {}",
            self.describe()
        ))
    }

    fn describe(&self) -> String {
        let nodes = self.nodes.iter().zip(&self.seen);
        let each = nodes.map(|(node, status)| match status {
            Status::Tables(t) => format!("{node}: {}, size {}", t.status, t.size),
            Status::Error(text) => format!("{node}: {text}"),
        });
        each.collect::<Vec<_>>().join("; ")
    }
}

fn is_primary(status: &Status) -> bool {
    status.tables().is_some_and(Tables::is_primary)
}

/// Returns the output of a command in one line.
fn said(outcome: &CommandOutcome) -> String {
    if outcome.timed_out {
        return "it did not end in time".to_owned();
    }
    if let Some(tables) = Tables::read(&outcome.output.stdout) {
        return format!("{}, size {}", tables.status, tables.size);
    }
    let text = [&outcome.output.stderr, &outcome.output.stdout]
        .into_iter()
        .find_map(|text| {
            text.lines()
                .find(|line| line.chars().any(char::is_alphanumeric))
        })
        .unwrap_or("nothing");
    format!(
        "{} (exit code {})",
        text.trim_matches(['*', ' ']),
        outcome.output.exit
    )
}

/// "The recovery position is reported at the end of the line": the number behind the last colon.
/// With `wsrep_gtid_mode` a GTID follows it, and the number is then what stands before the comma.
fn number_at_the_end(line: &str) -> Option<i64> {
    let (_, text) = line.trim_end().rsplit_once(':')?;
    text.split(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_behind_the_last_colon() {
        assert_eq!(
            number_at_the_end("WSREP: Recovered position: U1:10\n"),
            Some(10)
        );
        assert_eq!(
            number_at_the_end("WSREP: Recovered position: U1:-1\n"),
            Some(-1)
        );
        assert_eq!(
            number_at_the_end("WSREP: Recovered position: U1:7,9999-7-4\n"),
            Some(7)
        );
        assert_eq!(
            number_at_the_end("Recovered position from storage: U1:4"),
            Some(4)
        );
        assert_eq!(number_at_the_end(""), None);
    }
}
