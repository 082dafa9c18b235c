//! The lines of the error log that tell where a server's data come from: the position that each start began
//! with, and the `View:` blocks of the views that its applier reached.

use crate::Position;

/// The text before the position that a start begins with (`wsrep-lib`, "Loading provider … initial position:").
const INITIAL_POSITION: &str = "initial position: ";

/// The text before the donor's name (`gcs_group.cpp:group_select_donor`): `Member 2.0 (db3) requested state transfer
/// from '*any*'. Selected 0.0 (db1)(SYNCED) as donor.`
const DONOR: &str = "requested state transfer from ";

/// The text before the position of a copy (`replicator_smm.cpp:sst_received`).
const COPIED: &str = "SST received: ";

/// A step on a server's way, in the order of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedStep {
    /// A process began with data of this position; undefined where it held none.
    Start(Position),
    /// It reached a view.
    View(ServerView),
    /// A member asked for what it lacked, by events or as a copy. Every member's log has this.
    Asked {
        /// The name of the member that asked.
        joiner: String,
        /// The name of the donor.
        donor: String,
    },
    /// Its data were replaced by a copy of this member's, which was at this position.
    Copied {
        /// The name of the donor.
        donor: String,
        /// The position of the copy.
        position: Position,
    },
}

impl LoggedStep {
    /// Reads all steps of a log, or of what `grep -A` shows of one. A block that ends in the middle of its members
    /// is left out, and so is one without a position.
    pub fn read_all(log: &str) -> Vec<Self> {
        let mut lines = log.lines();
        let mut steps: Vec<Self> = Vec::new();
        while let Some(line) = lines.next() {
            if line.contains(DONOR) {
                steps.extend(asked(line));
            } else if let Some((_, position)) = line.split_once(COPIED) {
                let position = position.trim().parse().ok();
                steps.extend(position.and_then(|position| Self::copied(&steps, position)));
            } else if line == "View:" {
                steps.extend(ServerView::read(&mut lines).map(Self::View));
            } else if let Some((_, position)) = line.split_once(INITIAL_POSITION) {
                steps.extend(position.trim().parse().map(Self::Start));
            }
        }
        steps
    }

    /// Returns the copy that a transfer to this position has made after these steps; `None` if the position is the
    /// server's own: then only events follow, and the script has copied nothing (`wsrep_sst.cc`, the option `--bypass`).
    pub fn copied(steps: &[Self], position: Position) -> Option<Self> {
        let own = steps.iter().rev().find_map(|step| match step {
            Self::Start(own) => Some(*own),
            Self::View(view) => Some(view.position),
            _ => None,
        });
        let donor = steps.iter().rev().find_map(|step| match step {
            Self::Asked { donor, .. } => Some(donor.clone()),
            _ => None,
        })?;
        (own != Some(position)).then_some(Self::Copied { donor, position })
    }
}

/// A view as the server's applier reached it (`wsrep-lib/src/server_state.cpp:on_view`, the `View:` block that
/// `wsrep::operator<<` prints). A primary view takes a seqno itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerView {
    /// The position, with the view's own seqno.
    pub position: Position,
    /// Whether the component is primary.
    pub primary: bool,
    /// The server's own index among the members; `None` if it is no member.
    pub own_index: Option<usize>,
    /// The members by index: their identities as the log prints them, and their names.
    pub members: Vec<(String, String)>,
}

impl ServerView {
    /// Reads the lines after `View:`, up to the last member.
    fn read<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut position = None;
        let mut primary = false;
        let mut own_index = None;
        for line in lines.by_ref() {
            let (key, value) = line.trim().split_once(':')?;
            let value = value.trim();
            match key {
                "id" => position = value.parse().ok(),
                "status" => primary = value == "primary",
                "own_index" => own_index = value.parse().ok(),
                _ => {
                    let Some(count) = key.strip_prefix("members(") else {
                        continue;
                    };
                    let count: usize = count.strip_suffix(')')?.parse().ok()?;
                    let members = (0..count).map(|_| member(lines.next()?));
                    return Some(Self {
                        position: position?,
                        primary,
                        own_index,
                        members: members.collect::<Option<_>>()?,
                    });
                }
            }
        }
        None
    }

    /// Returns whether two logs tell of one view. A log may lack the name of a member, never its identity.
    pub fn is_same(&self, other: &Self) -> bool {
        self.position == other.position && self.identities().eq(other.identities())
    }

    fn identities(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(identity, _)| identity.as_str())
    }

    /// Returns whether a node of this name is a member.
    pub fn counts(&self, name: &str) -> bool {
        self.identity(name).is_some()
    }

    /// Returns the identity of the member of this name.
    pub fn identity(&self, name: &str) -> Option<&str> {
        let found = self.members.iter().find(|(_, known)| known == name)?;
        Some(&found.0)
    }

    /// Returns the server's own identity in the group.
    pub fn me(&self) -> Option<&str> {
        let (identity, _) = self.members.get(self.own_index?)?;
        Some(identity)
    }
}

/// Reads the line with [`DONOR`].
fn asked(line: &str) -> Option<LoggedStep> {
    let (joiner, donor) = line.split_once(DONOR)?;
    let name = |text: &str| {
        let (_, rest) = text.split_once('(')?;
        let (name, _) = rest.split_once(')')?;
        Some(name.to_owned())
    };
    Some(LoggedStep::Asked {
        joiner: name(joiner.split_once("Member ")?.1)?,
        donor: name(donor.split_once("Selected ")?.1)?,
    })
}

/// Reads the line of a member: `0: 8347b5eb-…, db1`.
fn member(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.trim().split_once(": ")?;
    let (identity, name) = rest.split_once(", ")?;
    Some((identity.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2026-11-23 20:15:12 0 [Note] WSREP: Loading provider /usr/lib/galera/libgalera_smm.so initial \
        position: 7159b315-ed8a-11ed-b66b-82b08426f1d2:4\n\
        2026-11-23 20:15:13 2 [Note] WSREP: ================================================\n\
        View:\n  id: 7159b315-ed8a-11ed-b66b-82b08426f1d2:7\n  status: primary\n  protocol_version: 4\n  \
        capabilities: MULTI-MASTER, CERTIFICATION\n  final: no\n  own_index: 1\n  members(2):\n\
        \t0: 8347b5eb-5664-11e7-9459-667d2cc2032f, db1\n\t1: ea4e26e9-5678-11e7-bc53-3e334c415aa8, db2\n\
        =================================================\n\
        2026-11-23 20:15:14 2 [Note] WSREP: Server status change joined -> synced\n\
        View:\n  id: 7159b315-ed8a-11ed-b66b-82b08426f1d2:9\n  status: non-primary\n  final: yes\n  own_index: \
        -1\n  members(0):\n=================================================\n";

    fn views(log: &str) -> Vec<ServerView> {
        let steps = LoggedStep::read_all(log).into_iter();
        let view = |step| match step {
            LoggedStep::View(view) => Some(view),
            _ => None,
        };
        steps.filter_map(view).collect()
    }

    #[test]
    fn each_block_is_a_view() {
        let steps = LoggedStep::read_all(LOG);
        assert!(matches!(steps[0], LoggedStep::Start(position) if position.seqno.0 == 4));
        let views = views(LOG);
        let seqnos: Vec<i64> = views.iter().map(|view| view.position.seqno.0).collect();
        assert_eq!(seqnos, [7, 9]);
        assert!(views[0].primary && !views[1].primary);
        assert_eq!(views[0].me(), Some("ea4e26e9-5678-11e7-bc53-3e334c415aa8"));
        assert_eq!(views[1].me(), None);
        let names: Vec<&str> = views[0]
            .members
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        assert_eq!(names, ["db1", "db2"]);
    }

    #[test]
    fn a_copy_names_its_donor() {
        let log = "0 [Note] WSREP: Member 2.0 (db3) requested state transfer from '*any*'. Selected 0.0 (db1)(SYNCED) \
                   as donor.\n0 [Note] WSREP: SST received: 7159b315-ed8a-11ed-b66b-82b08426f1d2:10\n";
        let steps = LoggedStep::read_all(log);
        assert!(
            matches!(&steps[..], [LoggedStep::Asked { joiner, .. }, LoggedStep::Copied { donor, position }]
                if joiner == "db3" && donor == "db1" && position.seqno.0 == 10)
        );
    }

    #[test]
    fn half_a_block_is_no_view() {
        for cut in 0..LOG
            .find("=================================================\n2")
            .unwrap_or(0)
        {
            let views = views(LOG.get(..cut).unwrap_or_default());
            assert!(views.len() <= 1 && views.iter().all(|view| view.members.len() == 2));
        }
    }
}
