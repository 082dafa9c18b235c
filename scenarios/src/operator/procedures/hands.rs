//! The shared actions of the published rules: a look at the state files, a recovery run, stop, force, start.
//!
//! Each rule differs in what it reads, what it compares and what it forces; that is in its own file.
//! The order of typing is common, so that a difference in the outcome is a difference in the rule.

use seatrial_galera::{GraState, RECOVERED, Saved};
use seatrial_port::console::{CommandOutcome, Console};
use seatrial_port::paths::{GRASTATE, GVWSTATE, MARIADB_LOG};
use seatrial_port::{NodeName, Span};

use super::ProcedureOutcome;
use super::survey::{Seen, Situation, Survey, unit};

/// Patience for a command that only prints.
const PRINT: Span = Span::from_secs(30);

/// Patience for an orderly stop.
const STOP: Span = Span::from_secs(60);

/// Patience for a recovery run.
const RECOVER: Span = Span::from_secs(120);

/// Patience for a start that may receive a whole copy of the data.
const START: Span = Span::from_secs(300);

/// The time that a view must stay the same before a rule acts on it.
const QUIET: Span = Span::from_secs(10);

/// The time that a rule waits for such a view.
const SETTLE: Span = Span::from_secs(60);

/// The time that joining nodes have until the rule counts as not successful.
const WHOLE: Span = Span::from_secs(180);

/// A console and the few things that every rule does with it.
pub(super) struct Hands<'a> {
    pub(super) console: &'a mut dyn Console,
}

/// The content of a node's grastate.dat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SavedState {
    pub(super) node: NodeName,
    pub(super) saved: Saved,
}

impl SavedState {
    /// Returns whether the flag is 1, whatever else the file says.
    pub(super) fn claims_safe(&self) -> bool {
        matches!(self.saved, Saved::Named(state) if state.safe_to_bootstrap)
    }

    /// Returns the saved seqno; -1 where the file says none.
    pub(super) const fn seqno(&self) -> i64 {
        match self.saved {
            Saved::Named(GraState { seqno, .. }) => seqno.0,
            _ => -1,
        }
    }
}

impl<'a> Hands<'a> {
    pub(super) const fn new(console: &'a mut dyn Console) -> Self {
        Self { console }
    }

    pub(super) fn nodes(&self) -> Vec<NodeName> {
        self.console.nodes()
    }

    pub(super) async fn type_at(
        &mut self,
        node: &NodeName,
        line: &str,
        limit: Span,
    ) -> CommandOutcome {
        self.console.run(node, line, limit).await
    }

    /// A look at all nodes once they have come to rest.
    pub(super) async fn settle(&mut self) -> Survey {
        Survey::settle(self.console, QUIET, SETTLE).await
    }

    /// Returns whether the host answers.
    pub(super) async fn reaches(&mut self, node: &NodeName) -> bool {
        unit(self.console, node).await.is_some()
    }

    /// Returns the nodes that answer, and those that do not.
    pub(super) async fn reachable(&mut self) -> (Vec<NodeName>, Vec<NodeName>) {
        let (mut there, mut away) = (Vec::new(), Vec::new());
        for node in self.nodes() {
            if self.reaches(&node).await {
                there.push(node);
            } else {
                away.push(node);
            }
        }
        (there, away)
    }

    /// grastate.dat of these nodes. A node that does not answer is left out.
    pub(super) async fn reports(&mut self, nodes: &[NodeName]) -> Vec<SavedState> {
        let mut reports = Vec::new();
        for node in nodes {
            let shown = self
                .type_at(node, &format!("sudo cat {GRASTATE}"), PRINT)
                .await;
            if shown.is_unreachable() {
                continue;
            }
            let content = shown.succeeded().then_some(shown.output.stdout);
            reports.push(SavedState {
                node: node.clone(),
                saved: Saved::read(content.as_deref()),
            });
        }
        reports
    }

    /// Returns the text of gvwstate.dat.
    pub(super) async fn view(&mut self, node: &NodeName) -> Option<String> {
        let shown = self
            .type_at(node, &format!("sudo cat {GVWSTATE}"), PRINT)
            .await;
        shown
            .succeeded()
            .then(|| shown.output.stdout.trim().to_owned())
    }

    /// Removes the saved view.
    pub(super) async fn forget_view(&mut self, node: &NodeName) {
        self.type_at(node, &format!("sudo rm -f {GVWSTATE}"), PRINT)
            .await;
    }

    /// Stops a server in order, and kills it where that hangs.
    pub(super) async fn stop(&mut self, node: &NodeName) {
        // A server that waits for a primary component does not react to SIGTERM.
        let word = unit(self.console, node).await;
        let waits = word.is_some_and(|word| word == "activating" || word == "deactivating");
        let patience = if waits { Span::from_secs(5) } else { STOP };
        let stop = self
            .type_at(node, "sudo systemctl stop mariadb", patience)
            .await;
        if stop.timed_out {
            self.kill(node).await;
        }
    }

    /// Kills a server, and tells systemd to leave it at that.
    pub(super) async fn kill(&mut self, node: &NodeName) {
        self.type_at(node, "sudo killall -9 mariadbd mysqld", PRINT)
            .await;
        self.type_at(node, "sudo systemctl stop mariadb", STOP)
            .await;
    }

    /// Stops every server, one after the other.
    pub(super) async fn stop_all(&mut self) {
        for node in self.nodes() {
            self.stop(&node).await;
        }
    }

    /// What `--wsrep-recover` says: the text after the marker in the log's last such line, as
    /// `uuid:seqno` with whatever follows. The line may be one of an earlier run (defect D7).
    pub(super) async fn last_recovered(&mut self, node: &NodeName) -> Option<String> {
        self.recovery_run(node).await;
        self.last_line(node).await
    }

    /// Returns the same, and `None` where this run has printed no line.
    pub(super) async fn recovered_now(&mut self, node: &NodeName) -> Option<String> {
        let before = self.lines(node).await;
        self.recovery_run(node).await;
        let after = self.lines(node).await;
        if after > before {
            self.last_line(node).await
        } else {
            None
        }
    }

    async fn recovery_run(&mut self, node: &NodeName) {
        let line = "sudo -u mysql /bin/mysqld_safe --wsrep-recover";
        self.type_at(node, line, RECOVER).await;
    }

    /// Returns the last recovered position in the node's log, whoever has made the run.
    pub(super) async fn printed_position(&mut self, node: &NodeName) -> Option<String> {
        self.last_line(node).await
    }

    async fn last_line(&mut self, node: &NodeName) -> Option<String> {
        let line = format!("sudo grep '{RECOVERED}' {MARIADB_LOG} | tail -1");
        let found = self.type_at(node, &line, PRINT).await;
        let (_, text) = found.output.stdout.trim().rsplit_once(RECOVERED)?;
        Some(text.trim().to_owned())
    }

    async fn lines(&mut self, node: &NodeName) -> u64 {
        let line = format!("sudo grep -c '{RECOVERED}' {MARIADB_LOG}");
        let counted = self.type_at(node, &line, PRINT).await;
        counted.output.stdout.trim().parse().unwrap_or(0)
    }

    /// Sets `safe_to_bootstrap` to 1.
    pub(super) async fn force(&mut self, node: &NodeName) {
        self.type_at(
            node,
            "sudo cm-cluster-manage --force-safe-to-bootstrap",
            PRINT,
        )
        .await;
    }

    /// Starts the node as the first of a new cluster, and says whether it serves.
    pub(super) async fn bootstrap(&mut self, node: &NodeName) -> bool {
        self.type_at(node, "sudo galera_new_cluster", START).await;
        for _ in 0..6 {
            if Seen::take(self.console, node).await.is_ready() {
                return true;
            }
            self.console.sleep(Span::from_secs(5)).await;
        }
        false
    }

    /// Starts a node plainly and waits for it.
    pub(super) async fn start(&mut self, node: &NodeName) {
        self.type_at(node, "sudo systemctl start mariadb", START)
            .await;
    }

    /// Tells systemd to start a node, and does not wait.
    pub(super) async fn post_start(&mut self, node: &NodeName) {
        self.type_at(node, "sudo systemctl --no-block start mariadb", PRINT)
            .await;
    }

    /// Starts all nodes but one at the same time.
    pub(super) async fn start_others_together(&mut self, first: &NodeName) {
        for node in self.nodes() {
            if node != *first {
                self.post_start(&node).await;
            }
        }
    }

    /// Starts all nodes but one, each when the one before it serves.
    pub(super) async fn start_others_in_turn(&mut self, first: &NodeName) {
        for node in self.nodes() {
            if node != *first {
                self.start(&node).await;
            }
        }
    }

    /// Lets the nodes come together by themselves, and says whether all of them serve.
    pub(super) async fn is_whole_within(&mut self, limit: Span) -> bool {
        let until = self.console.now() + limit;
        loop {
            let survey = Survey::take(self.console).await;
            if survey.verdict() == Situation::Recovered {
                return true;
            }
            if self.console.now() >= until {
                return false;
            }
            self.console.sleep(Span::from_secs(5)).await;
        }
    }

    /// Returns the end of a rule: whether the cluster has become whole.
    pub(super) async fn end(&mut self) -> ProcedureOutcome {
        if self.is_whole_within(WHOLE).await {
            return ProcedureOutcome::Recovered;
        }
        self.gave_up("the rule is at its end and the cluster is not whole")
            .await
    }

    /// Gives up, with what is to be seen.
    pub(super) async fn gave_up(&mut self, why: &str) -> ProcedureOutcome {
        let survey = Survey::take(self.console).await;
        ProcedureOutcome::GaveUp(format!("{why}. Seen: {survey}"))
    }

    /// If a primary component serves, starts the nodes that are down, restarts those outside it, and ends.
    /// `None` where there is none.
    pub(super) async fn join_a_primary(&mut self) -> Option<ProcedureOutcome> {
        let survey = self.settle().await;
        match survey.verdict() {
            Situation::Recovered => return Some(ProcedureOutcome::Recovered),
            Situation::NoPrimary => return None,
            Situation::Primary(_) | Situation::Twins => {}
        }
        for (node, seen) in survey.nodes {
            if seen.is_ready() || seen == Seen::Unreachable {
                continue;
            }
            if !seen.is_down() {
                self.stop(&node).await;
            }
            self.post_start(&node).await;
        }
        Some(self.end().await)
    }

    /// Force, bootstrap, and nothing else where the bootstrap is refused.
    pub(super) async fn force_and_bootstrap(
        &mut self,
        node: &NodeName,
    ) -> Result<(), ProcedureOutcome> {
        self.force(node).await;
        if self.bootstrap(node).await {
            return Ok(());
        }
        Err(self.gave_up(&format!("{node} was not bootstrapped")).await)
    }
}

/// Returns the uuid before the first colon that ends it, and what follows.
pub(super) fn parts(text: &str) -> Option<(&str, &str)> {
    text.split_once(':')
}

/// Returns the text after the uuid as a number; `None` where it is none, as with a GTID behind it (D8).
pub(super) fn plain_number(text: &str) -> Option<i64> {
    parts(text)?.1.parse().ok()
}

/// Returns the digits at the beginning of what follows the uuid: a GTID behind them does no harm.
pub(super) fn leading_number(text: &str) -> Option<i64> {
    let (_, rest) = parts(text)?;
    rest.split(',').next()?.trim().parse().ok()
}

/// Returns whether the position says that the node holds no history: zero uuid and -1.
pub(super) fn is_undefined(text: &str) -> bool {
    parts(text).is_some_and(|(uuid, rest)| {
        uuid.chars().all(|c| c == '0' || c == '-') && rest.trim().starts_with("-1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gtid_behind_the_number_is_read_by_some_and_not_by_others() {
        let text = "6b1c7cd0-0000-0000-0000-000000000001:37,0-1-44";
        assert_eq!(plain_number(text), None);
        assert_eq!(leading_number(text), Some(37));
        let plain = "6b1c7cd0-0000-0000-0000-000000000001:37";
        assert_eq!(plain_number(plain), Some(37));
        assert_eq!(leading_number(plain), Some(37));
    }

    #[test]
    fn a_position_without_a_history_is_known_by_its_zero_uuid() {
        assert!(is_undefined("00000000-0000-0000-0000-000000000000:-1"));
        assert!(!is_undefined("00000000-0000-0000-0000-000000000001:-1"));
    }
}
