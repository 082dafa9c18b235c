//! What an operator reads out of the text that commands print.
//!
//! Every reader takes any text: a command may print half of what was expected, or something else.

use seatrial_galera::{ClusterStatus, ConfId, Position, RECOVERED, RecoveredPosition, StateUuid};

/// The table of `--show-cluster-status`, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) conf_id: ConfId,
    pub(super) size: u32,
    pub(super) state_uuid: StateUuid,
    pub(super) status: ClusterStatus,
    /// `wsrep_local_state_uuid` and `wsrep_last_committed`.
    pub(super) position: Position,
    pub(super) ready: bool,
}

impl Tables {
    /// Reads the rows `| name | value |`; `None` where a variable is missing or has no sense.
    pub(super) fn read(text: &str) -> Option<Self> {
        let value = |name: &str| {
            text.lines().find_map(|line| {
                let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
                (cells.next()? == name).then(|| cells.next())?
            })
        };
        Some(Self {
            conf_id: value("wsrep_cluster_conf_id")?.parse().ok()?,
            size: value("wsrep_cluster_size")?.parse().ok()?,
            state_uuid: value("wsrep_cluster_state_uuid")?.parse().ok()?,
            status: value("wsrep_cluster_status")?.parse().ok()?,
            position: Position::new(
                value("wsrep_local_state_uuid")?.parse().ok()?,
                value("wsrep_last_committed")?.parse().ok()?,
            ),
            ready: value("wsrep_ready")? == "ON",
        })
    }

    /// Whether the node is in a primary component.
    pub(super) fn is_primary(&self) -> bool {
        self.status == ClusterStatus::Primary
    }
}

/// The position in a line that [`RECOVERED`] was found in: the number before a comma, since
/// `wsrep_gtid_mode` adds a GTID that says nothing (measurements, H53).
pub(super) fn recovered_position(line: &str) -> Option<Position> {
    let (_, text) = line.rsplit_once(RECOVERED)?;
    text.trim()
        .parse::<RecoveredPosition>()
        .ok()
        .map(|recovered| recovered.position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_before_the_comma_is_the_position() {
        let line = "2026-11-23 20:15:13 0 [Note] WSREP: Recovered position: \
                    7159b315-ed8a-11ed-b66b-82b08426f1d2:7,9999-7-4";
        assert_eq!(recovered_position(line).unwrap().seqno.0, 7);
        let storage =
            "WSREP: Recovered position from storage: 7159b315-ed8a-11ed-b66b-82b08426f1d2:7";
        assert_eq!(recovered_position(storage), None);
        assert_eq!(recovered_position("WSREP: Recovered position: "), None);
    }

    #[test]
    fn half_a_table_is_no_table() {
        assert_eq!(Tables::read("| wsrep_cluster_size | 3 |\n"), None);
        assert_eq!(Tables::read(""), None);
    }
}
