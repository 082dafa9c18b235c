//! Blocks of several lines: views, quorum results, needs of a transfer, votes.

use seatrial_galera::Position;

use crate::event::{Event, GroupView, Quorum, ServerView, ViewKind, ViewMember};
use crate::identity::Identity;
use crate::message::Block;
use crate::words::{after, between, history, number, position};

/// More lines than a view of the largest cluster has.
const LINES_MAX: usize = 600;

/// A block whose lines are being collected.
#[derive(Debug)]
pub(crate) struct Pending {
    block: Block,
    lines: Vec<String>,
    /// Whether the line with the view's id has come.
    has_id: bool,
}

/// What a block makes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It belongs to the block.
    Taken,
    /// It is the block's last line.
    Last,
    /// It belongs to something else: the block has ended before it.
    Refused,
}

impl Pending {
    /// Begins a block with its first line; some are complete with it.
    pub(crate) fn begin(block: Block, first: &str) -> (Self, bool) {
        let is_last = block == Block::GroupView && is_end_of_view(first);
        let pending = Self {
            block,
            lines: vec![first.to_owned()],
            has_id: first.contains("view_id("),
        };
        (pending, is_last)
    }

    /// Offers the next line.
    pub(crate) fn offer(&mut self, line: &str) -> Offered {
        if self.lines.len() >= LINES_MAX {
            return Offered::Refused;
        }
        let text = line.trim();
        let offered = match self.block {
            Block::GroupView => self.offer_view(text),
            Block::Quorum => {
                if text.contains('=') && QUORUM.iter().any(|key| text.starts_with(key)) {
                    Offered::Taken
                } else {
                    Offered::Refused
                }
            }
            Block::ServerView | Block::ViewOfTransfer => {
                if text.starts_with("====") {
                    Offered::Last
                } else if text == "View:" || is_of_server_view(text) {
                    Offered::Taken
                } else {
                    Offered::Refused
                }
            }
            Block::TransferWanted => {
                if text.starts_with("Group state:") {
                    Offered::Taken
                } else if text.starts_with("Local state:") {
                    Offered::Last
                } else {
                    Offered::Refused
                }
            }
            Block::Votes => {
                if text.starts_with("Winner:") {
                    Offered::Last
                } else if text
                    .split_once(": ")
                    .is_some_and(|(_, votes)| votes.contains('/'))
                    || text.split_once(": ").is_some_and(|(hash, _)| is_hash(hash))
                {
                    Offered::Taken
                } else {
                    Offered::Refused
                }
            }
        };
        if offered != Offered::Refused {
            self.has_id |= text.contains("view_id(");
            self.lines.push(text.to_owned());
        }
        offered
    }

    fn offer_view(&self, text: &str) -> Offered {
        // The first line may be `Current view of cluster …`, with the view's own line below it.
        if !self.has_id {
            return match text.starts_with("view") {
                true if is_end_of_view(text) => Offered::Last,
                true => Offered::Taken,
                false => Offered::Refused,
            };
        }
        let is_section = text.ends_with('{') || text.starts_with('}');
        if text == ")" || text.starts_with("})") || text.starts_with("} )") {
            Offered::Last
        } else if is_section || view_member(text).is_some() {
            Offered::Taken
        } else {
            Offered::Refused
        }
    }

    /// What the block says; `None` where it broke off before it said anything.
    pub(crate) fn finish(self) -> Option<Event> {
        match self.block {
            Block::GroupView => group_view(&self.lines).map(Event::GroupView),
            Block::Quorum => quorum(&self.lines).map(Event::Quorum),
            Block::ServerView => server_view(&self.lines).map(Event::ServerView),
            Block::ViewOfTransfer => server_view(&self.lines).map(Event::ViewOfTransfer),
            Block::TransferWanted => {
                let value = |key: &str| -> Option<Position> {
                    let line = self.lines.iter().find(|line| line.contains(key))?;
                    position(after(line, key)?)
                };
                let (group, local) = (value("Group state:"), value("Local state:"));
                (group.is_some() || local.is_some())
                    .then_some(Event::TransferWanted { group, local })
            }
            Block::Votes => {
                let first = self.lines.first()?;
                let winner = self.lines.iter().find_map(|line| after(line, "Winner:"));
                Some(Event::VoteResult {
                    position: position(after(first, "Votes over ")?.trim_end_matches(':'))?,
                    winner: winner.map(|winner| winner.trim().to_owned()),
                })
            }
        }
    }
}

const QUORUM: [&str; 9] = [
    "version",
    "component",
    "conf_id",
    "members",
    "act_id",
    "last_appl",
    "protocols",
    "vote policy",
    "group UUID",
];

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_end_of_view(text: &str) -> bool {
    text.contains("(empty)") || (text.contains("view_id(") && text.trim_end().ends_with("})"))
}

fn is_of_server_view(text: &str) -> bool {
    const KEYS: [&str; 9] = [
        "id:",
        "status:",
        "protocol_version:",
        "prev_protocol_version:",
        "capabilities:",
        "final:",
        "own_index:",
        "members(",
        "member",
    ];
    KEYS.iter().any(|key| text.starts_with(key)) || server_member(text).is_some()
}

/// `0: uuid, name`.
fn server_member(text: &str) -> Option<ViewMember> {
    let (index, rest) = text.trim().split_once(": ")?;
    let (uuid, name) = rest.split_once(',').unwrap_or((rest, ""));
    Some(ViewMember {
        index: index.parse().ok()?,
        identity: Identity::read(uuid.trim())?,
        name: name.trim().to_owned(),
    })
}

/// `6be05067-96fb,0`: identity and segment. Old versions write the whole uuid.
fn view_member(text: &str) -> Option<Identity> {
    let (identity, segment) = text.trim().split_once(',')?;
    let is_number = segment.trim().bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        Identity::read(identity.trim())
    } else {
        None
    }
}

fn group_view(lines: &[String]) -> Option<GroupView> {
    let head = lines.iter().find(|line| line.contains("view_id("));
    let Some(head) = head else {
        let is_empty = lines.iter().any(|line| line.contains("(empty)"));
        return is_empty.then(|| GroupView {
            kind: ViewKind::Empty,
            id: None,
            members: Vec::new(),
            joined: Vec::new(),
            left: Vec::new(),
            partitioned: Vec::new(),
        });
    };
    let id = between(head, "view_id(", ")")?;
    let mut parts = id.split(',');
    let kind = match parts.next()? {
        "PRIM" => ViewKind::Primary,
        "NON_PRIM" => ViewKind::NonPrimary,
        _ => ViewKind::Other,
    };
    let by = Identity::read(parts.next()?.trim());
    let number = parts.next().and_then(|number| number.trim().parse().ok());
    let mut view = GroupView {
        kind,
        id: by.zip(number),
        members: Vec::new(),
        joined: Vec::new(),
        left: Vec::new(),
        partitioned: Vec::new(),
    };
    let mut section = "";
    for line in lines {
        if let Some(before) = line.strip_suffix(" {") {
            let last = before.rsplit(' ').next().unwrap_or_default();
            if let "memb" | "joined" | "left" | "partitioned" = last {
                section = last;
            }
            continue;
        }
        let Some(member) = view_member(line) else {
            continue;
        };
        match section {
            "memb" => view.members.push(member),
            "joined" => view.joined.push(member),
            "left" => view.left.push(member),
            "partitioned" => view.partitioned.push(member),
            _ => {}
        }
    }
    Some(view)
}

fn quorum(lines: &[String]) -> Option<Quorum> {
    let value = |key: &str| {
        lines.iter().skip(1).find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim().trim_end_matches('.') == key)
                .then(|| value.trim().trim_end_matches(',').trim())
        })
    };
    let component = value("component")?;
    let (primary_members, members) = value("members")
        .and_then(|text| text.split_once('/'))
        .map_or((None, None), |(primary, total)| {
            let count = |text: &str| number(text).and_then(|count| u64::try_from(count).ok());
            (count(primary), count(total))
        });
    Some(Quorum {
        primary: component == "PRIMARY",
        conf_id: value("conf_id").and_then(number),
        primary_members,
        members,
        act_id: value("act_id").and_then(number),
        last_applied: value("last_appl").and_then(number),
        protocols: value("protocols").map(|text| crate::words::word(text).to_owned()),
        vote_policy: value("vote policy").and_then(number),
        history: value("group UUID").and_then(history),
    })
}

fn server_view(lines: &[String]) -> Option<ServerView> {
    let value = |key: &str| {
        lines
            .iter()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    let id = value("id:")?;
    let count = lines
        .iter()
        .find_map(|line| number(line.strip_prefix("members(")?));
    Some(ServerView {
        position: position(id),
        number: None,
        primary: value("status:") == Some("primary"),
        is_final: value("final:") == Some("yes"),
        own_index: value("own_index:").and_then(number),
        count: count.and_then(|count| u64::try_from(count).ok()),
        members: lines
            .iter()
            .filter_map(|line| server_member(line))
            .collect(),
    })
}
