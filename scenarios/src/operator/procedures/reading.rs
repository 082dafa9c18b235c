//! Reads facts from the text that commands print.
//!
//! Every reader takes any text: a command may print half of what was expected, or something else.

use seatrial_galera::{
    ClusterStatus, ConfId, LoggedStep, Position, RECOVERED, RecoveredPosition, StateUuid,
};

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
        const NAMES: [&str; 7] = [
            "wsrep_cluster_conf_id",
            "wsrep_cluster_size",
            "wsrep_cluster_state_uuid",
            "wsrep_cluster_status",
            "wsrep_local_state_uuid",
            "wsrep_last_committed",
            "wsrep_ready",
        ];
        let mut values = [None; NAMES.len()];
        for line in text.lines() {
            let Some((name, rest)) = line.strip_prefix('|').and_then(|row| row.split_once('|'))
            else {
                continue;
            };
            if let Some(place) = NAMES.iter().position(|known| *known == name.trim()) {
                let value = rest.split('|').next().map(str::trim);
                values[place] = values[place].or(value);
            }
        }
        let [
            conf_id,
            size,
            state_uuid,
            status,
            local_uuid,
            committed,
            ready,
        ] = values;
        Some(Self {
            conf_id: conf_id?.parse().ok()?,
            size: size?.parse().ok()?,
            state_uuid: state_uuid?.parse().ok()?,
            status: status?.parse().ok()?,
            position: Position::new(local_uuid?.parse().ok()?, committed?.parse().ok()?),
            ready: ready? == "ON",
        })
    }

    /// Returns whether the node is in a primary component.
    pub(super) fn is_primary(&self) -> bool {
        self.status == ClusterStatus::Primary
    }
}

/// Returns the position in a line that [`RECOVERED`] was found in: the number before a comma, since
/// `wsrep_gtid_mode` adds a GTID that says nothing (measurements, H53).
pub(super) fn recovered_position(line: &str) -> Option<Position> {
    let (_, text) = line.rsplit_once(RECOVERED)?;
    text.trim()
        .parse::<RecoveredPosition>()
        .ok()
        .map(|recovered| recovered.position)
}

/// Returns the position with which a server began, from the line of its start.
pub(super) fn initial_position(line: &str) -> Option<Position> {
    let mut starts = LoggedStep::read_all(line).into_iter().rev();
    starts.find_map(|step| match step {
        LoggedStep::Start(position) => Some(position),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_before_the_comma_is_the_position() {
        let line = "2026-11-23 20:15:13 0 [Note] WSREP: Recovered position: \
                    7159b315-ed8a-11ed-b66b-82b08426f1d2:7,9999-7-4";
        assert_eq!(recovered_position(line).unwrap().seqno.0, 7);
        let start = "[Note] WSREP: Loading provider libgalera_smm.so initial position: \
                     7159b315-ed8a-11ed-b66b-82b08426f1d2:7";
        assert_eq!(initial_position(start).unwrap().seqno.0, 7);
        assert_eq!(initial_position("no start"), None);
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
