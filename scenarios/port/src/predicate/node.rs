//! The expectations about one node.

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::observation::{NodeObservation, ProcessState};

/// The expectations about one node. Every given field must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodePredicate {
    /// The state of the process.
    pub process: Option<ProcessState>,
    /// Exit code of the last process.
    pub exit: Option<i32>,
    /// `wsrep_cluster_status`, in the variable's own spelling.
    pub cluster_status: Option<String>,
    /// `wsrep_cluster_size`.
    pub cluster_size: Option<u32>,
    /// `wsrep_ready`.
    pub ready: Option<String>,
    /// `wsrep_connected`.
    pub connected: Option<String>,
    /// `wsrep_local_state_comment`; `Joiner` and `Donor` stand for the long forms.
    pub local_state: Option<String>,
    /// `wsrep_cluster_conf_id`, as printed.
    pub conf_id: Option<String>,
    /// `safe_to_bootstrap` in grastate.dat.
    pub safe_to_bootstrap: Option<u8>,
    /// `seqno` in grastate.dat.
    pub grastate_seqno: Option<i64>,
    /// Whether the uuid in grastate.dat is the zero uuid.
    pub grastate_zero: Option<bool>,
    /// Whether there is a gvwstate.dat.
    pub gvwstate: Option<bool>,
    /// The members of gvwstate.dat, sorted.
    pub gvwstate_members: Option<Vec<String>>,
    /// Tags that the node must hold.
    pub has_rows: Vec<String>,
    /// Tags that the node must not hold.
    pub lacks_rows: Vec<String>,
}

/// Collects the judgements of one node's fields.
struct Judge(Vec<Judged>);

impl Judge {
    /// A field that must show this value, if the expectation names one.
    fn field<T: PartialEq + std::fmt::Display>(
        &mut self,
        field: &str,
        wanted: Option<T>,
        seen: Option<T>,
    ) {
        let Some(wanted) = wanted else { return };
        let mismatch = (Some(&wanted) != seen.as_ref()).then(|| {
            let seen = seen.map_or_else(|| "none".to_owned(), |seen| seen.to_string());
            format!("expected {field} {wanted}, seen {seen}")
        });
        self.0.push(Judged {
            what: format!("{field} {wanted}"),
            mismatch,
        });
    }

    /// A row that must be there, or must not.
    fn row(&mut self, tag: &str, wanted: bool, rows: &[String]) {
        let there = rows.iter().any(|row| row == tag);
        let (what, mismatch) = if wanted {
            (
                format!("row {tag}"),
                format!("expected row {tag}, not there"),
            )
        } else {
            let mismatch = format!("expected no row {tag}, it is there");
            (format!("no row {tag}"), mismatch)
        };
        self.0.push(Judged {
            what,
            mismatch: (there != wanted).then_some(mismatch),
        });
    }
}

impl NodePredicate {
    /// Returns every field that is given, in the order of the files, and whether it agrees.
    pub(super) fn judge(&self, seen: &NodeObservation) -> Vec<Judged> {
        let mut judge = Judge(Vec::new());
        let grastate = seen.grastate.as_ref();
        let gvwstate = seen.gvwstate.as_ref();
        let text = |text: &Option<String>| text.clone();
        judge.field(
            "process",
            self.process.map(ProcessState::name),
            Some(seen.process.name()),
        );
        judge.field("exit", self.exit, seen.exit);
        judge.field(
            "cluster_status",
            text(&self.cluster_status),
            text(&seen.cluster_status),
        );
        judge.field("cluster_size", self.cluster_size, seen.cluster_size);
        judge.field("ready", text(&self.ready), text(&seen.ready));
        judge.field("connected", text(&self.connected), text(&seen.connected));
        judge.field(
            "local_state",
            self.local_state.as_deref().map(long_local_state),
            seen.local_state.as_deref(),
        );
        judge.field("conf_id", text(&self.conf_id), text(&seen.conf_id));
        judge.field(
            "safe_to_bootstrap",
            self.safe_to_bootstrap,
            grastate.map(|file| file.safe_to_bootstrap),
        );
        judge.field(
            "grastate_seqno",
            self.grastate_seqno,
            grastate.map(|file| file.seqno),
        );
        judge.field(
            "grastate_zero",
            self.grastate_zero,
            grastate.map(|file| is_zero(&file.uuid)),
        );
        judge.field("gvwstate", self.gvwstate, Some(gvwstate.is_some()));
        judge.field(
            "gvwstate_members",
            self.gvwstate_members.as_ref().map(|names| names.join(",")),
            gvwstate.map(|file| file.members.join(",")),
        );
        let rows = seen.rows.as_deref().unwrap_or_default();
        for tag in &self.has_rows {
            judge.row(tag, true, rows);
        }
        for tag in &self.lacks_rows {
            judge.row(tag, false, rows);
        }
        judge.0
    }
}

/// Returns the long form of a local state that scenario files may abbreviate.
fn long_local_state(short: &str) -> &str {
    match short {
        "Joiner" | "Joining" => "Joining: receiving State Transfer",
        "Donor" => "Donor/Desynced",
        other => other,
    }
}

/// Returns whether a uuid is the zero one, in an engine's own form or in the normalised one.
fn is_zero(uuid: &str) -> bool {
    uuid == "zero" || uuid == "00000000-0000-0000-0000-000000000000"
}
