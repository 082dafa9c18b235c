//! The evidence of a stopped node: its recovered position, and the content of its two state files.

use seatrial_galera::{Position, RECOVERED, Saved, SavedView};
use seatrial_port::paths::{GRASTATE, GVWSTATE, MARIADB_LOG};
use seatrial_port::{NodeName, Span};

use crate::operator::advice::Evidence;
use crate::operator::procedures::ProcedureOutcome;
use crate::operator::procedures::reading::recovered_position;

use super::{Operator, PRINT};

/// The log file of a recovery run that does not write to the `MariaDB` log: Debian's
/// configuration sends it to syslog (G50).
const OWN_LOG: &str = "/tmp/wsrep-recover.log";

/// A recovery run reads the redo log, and waits 30 s for locks (A1.6).
const RECOVER: Span = Span::from_secs(120);

impl Operator<'_> {
    /// Looks at a node whose server is down.
    pub(in crate::operator::procedures) async fn evidence(
        &mut self,
        node: &NodeName,
    ) -> Result<Evidence, ProcedureOutcome> {
        let position = self.recover(node).await?;
        let saved = self.content(node, GRASTATE).await?;
        let view = self.view(node).await?;
        let saved = Saved::read(saved.as_deref());
        Ok(Evidence {
            node: node.clone(),
            position,
            saved,
            view,
        })
    }

    /// Returns the saved view of a node, whether its server runs or not.
    pub(in crate::operator::procedures) async fn view(
        &mut self,
        node: &NodeName,
    ) -> Result<Option<SavedView>, ProcedureOutcome> {
        Ok(SavedView::read(
            self.content(node, GVWSTATE).await?.as_deref(),
        ))
    }

    /// "No node is safe for bootstrapping?", with the line of this run and no other: a run that
    /// prints none must not be mistaken for the one before (G49).
    pub(in crate::operator::procedures) async fn recover(
        &mut self,
        node: &NodeName,
    ) -> Result<Option<Position>, ProcedureOutcome> {
        let own = format!(" --log-error={OWN_LOG}");
        for (log, option) in [(MARIADB_LOG, ""), (OWN_LOG, own.as_str())] {
            let before = self.count(node, log).await?;
            let line = format!("sudo -u mysql /bin/mysqld_safe --wsrep-recover{option}");
            self.at(node, &line, RECOVER).await?;
            if self.count(node, log).await? > before {
                let line = format!("sudo grep '{RECOVERED}' {log} | tail -1");
                let found = self.at(node, &line, PRINT).await?;
                return Ok(recovered_position(&found.output.stdout));
            }
        }
        Ok(None)
    }

    /// Returns the number of positions that the log holds. A log that is not there holds none.
    async fn count(&mut self, node: &NodeName, log: &str) -> Result<u64, ProcedureOutcome> {
        let line = format!("sudo grep -c '{RECOVERED}' {log}");
        let counted = self.at(node, &line, PRINT).await?;
        Ok(counted.output.stdout.trim().parse().unwrap_or(0))
    }

    /// Returns a file's content, `None` where there is no such file.
    pub(in crate::operator::procedures) async fn content(
        &mut self,
        node: &NodeName,
        path: &str,
    ) -> Result<Option<String>, ProcedureOutcome> {
        let shown = self.at(node, &format!("sudo cat {path}"), PRINT).await?;
        Ok(shown.succeeded().then_some(shown.output.stdout))
    }
}
