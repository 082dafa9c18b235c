//! What an operator reads out of the text that commands print.
//!
//! Every reader takes any text: a command may print half of what was expected, or something else.

use seatrial_galera::{ClusterStatus, ConfId, GraState, Position, RecoveredPosition, StateUuid};

/// What precedes the position in the line that `--wsrep-recover` prints. With the colon: without it
/// the pattern also finds `Recovered position from storage`, which every start prints
/// (measurements, G49).
pub(super) const RECOVERED: &str = "WSREP: Recovered position:";

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

/// What is to be thought of a grastate.dat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    /// There is no such file. Nothing of Galera's removes it.
    Missing,
    /// It has no bytes: a fresh node in the middle of a state transfer, or damage.
    Empty,
    /// Its uuid is zero: a state transfer or a schema change that was cut off, or a node that found
    /// itself inconsistent (measurements, A1.9 and A5.34).
    Zero,
    /// It cannot be read. Nothing of Galera's writes such a file.
    Garbage,
    /// It names a history.
    Named(GraState),
}

impl Saved {
    /// From the file's content.
    pub(super) fn read(content: Option<&str>) -> Self {
        let Some(content) = content else {
            return Self::Missing;
        };
        if content.trim().is_empty() {
            return Self::Empty;
        }
        match content.parse::<GraState>() {
            Ok(state) if state.uuid.is_nil() => Self::Zero,
            Ok(state) => Self::Named(state),
            Err(_) => Self::Garbage,
        }
    }
}

/// A gvwstate.dat: the last primary view of a node that did not leave it in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SavedView {
    /// The node's own identity in the group.
    pub(super) my_uuid: String,
    /// Who formed the view, and the how manyeth it is.
    pub(super) id: (String, u64),
    /// The identities of the members.
    pub(super) members: Vec<String>,
}

impl SavedView {
    /// From the file's content; `None` where there is no file, no view in it, or no sense.
    ///
    /// Identities are compared as texts here, so that those of a real group are read as well as
    /// those of a simulated one.
    pub(super) fn read(content: Option<&str>) -> Option<Self> {
        let content = content?;
        let fields = |name: &'static str| {
            content.lines().filter_map(move |line| {
                let mut words = line.split_whitespace();
                (words.next()? == name).then(|| words.map(str::to_owned).collect::<Vec<_>>())
            })
        };
        let [_, by, seq] = fields("view_id:").next()?.try_into().ok()?;
        let members: Vec<String> = fields("member:")
            .filter_map(|words| words.into_iter().next())
            .collect();
        (!members.is_empty()).then_some(())?;
        Some(Self {
            my_uuid: fields("my_uuid:").next()?.into_iter().next()?,
            id: (by, seq.parse().ok()?),
            members,
        })
    }

    /// Whether this is the saved view of that member, in whatever life: a restart counts up the
    /// fourth field of the identity (`gcomm/src/gcomm/uuid.hpp:fixed_part_matches`).
    pub(super) fn is_of(&self, member: &str) -> bool {
        let fixed = |text: &str| {
            let fields = text.split('-').enumerate().filter(|(index, _)| *index != 3);
            fields
                .map(|(_, field)| field.to_owned())
                .collect::<Vec<_>>()
        };
        fixed(&self.my_uuid) == fixed(member)
    }
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
    fn every_kind_of_grastate_has_a_name() {
        let named = GraState {
            uuid: StateUuid(1),
            ..GraState::default()
        };
        assert_eq!(Saved::read(None), Saved::Missing);
        assert_eq!(Saved::read(Some("")), Saved::Empty);
        assert_eq!(Saved::read(Some("\u{1}garbage")), Saved::Garbage);
        assert_eq!(
            Saved::read(Some(&GraState::default().to_string())),
            Saved::Zero
        );
        assert_eq!(Saved::read(Some(&named.to_string())), Saved::Named(named));
    }

    const VIEW: &str = "my_uuid: 8347b5eb-5664-11e7-9460-667d2cc2032f\n\
                        #vwbeg\n\
                        view_id: 3 8347b5eb-5664-11e7-9459-667d2cc2032f 7\n\
                        bootstrap: 0\n\
                        member: 8347b5eb-5664-11e7-9459-667d2cc2032f 0\n\
                        member: ea4e26e9-5678-11e7-bc53-3e334c415aa8 0\n\
                        #vwend\n";

    #[test]
    fn a_restarted_node_is_still_the_member_that_it_was() {
        let view = SavedView::read(Some(VIEW)).unwrap();
        assert_eq!(view.id.1, 7);
        assert!(view.is_of(&view.members[0]));
        assert!(!view.is_of(&view.members[1]));
    }

    #[test]
    fn no_view_is_read_out_of_a_damaged_file() {
        let nil = "my_uuid: 00000000-0000-0000-0000-000000000000\n#vwbeg\nview_id: -1 \
                   00000000-0000-0000-0000-000000000000 0\nbootstrap: 0\n#vwend\n";
        for text in [
            None,
            Some(""),
            Some("garbage"),
            Some(&VIEW[..60]),
            Some(nil),
        ] {
            assert_eq!(SavedView::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn half_a_table_is_no_table() {
        assert_eq!(Tables::read("| wsrep_cluster_size | 3 |\n"), None);
        assert_eq!(Tables::read(""), None);
    }
}
