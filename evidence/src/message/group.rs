//! Messages about the group: identities, components, states, votes.

use super::{Block, Read, Reader, or_nothing, or_unreadable};
use crate::event::{Event, ProtocolTooNew, ServerView, ViewNumberFrom};
use crate::words::{address, after, between, history, identity, member, number, position, seqno};
use crate::words::{shown, without_port, word};

pub(super) const HEADS: &[(&str, Reader)] = &[
    ("Connecting with bootstrap option: ", |rest| {
        Read::Event(Event::BootstrapOption {
            on: word(rest) == "1",
        })
    }),
    ("gcomm: bootstrapping new group ", |rest| {
        Read::Event(Event::Bootstrap {
            group: quoted(rest).unwrap_or_default(),
        })
    }),
    ("Starting new group from scratch: ", |rest| {
        or_unreadable(
            history(rest).map(|history| Event::NewHistory { history }),
            "the uuid of a new history",
        )
    }),
    ("It may not be safe to bootstrap the cluster", |_| {
        Read::Event(Event::BootstrapRefused)
    }),
    ("Provider/Node (", connect_failed),
    ("wsrep::connect(", connect_failed),
    ("failed to open gcomm backend connection", |rest| {
        if rest.contains("failed to reach primary view") {
            Read::Event(Event::NoPrimaryReached)
        } else {
            Read::Nothing
        }
    }),
    ("failed to reach primary view", |_| {
        Read::Event(Event::NoPrimaryReached)
    }),
    ("Restoring primary-component from disk ", restored),
    ("restore pc from disk ", restored),
    ("Restore pc from disk ", restored),
    ("node uuid:", |rest| {
        if rest.contains("is inconsistent to restored view") {
            Read::Event(Event::WaitsForMembers)
        } else {
            Read::Nothing
        }
    }),
    ("no nodes coming from prim view, prim not possible", |_| {
        Read::Event(Event::WaitsForMembers)
    }),
    ("No nodes coming from primary view", |_| {
        Read::Event(Event::WaitsForMembers)
    }),
    ("gcomm: connecting to group ", |rest| {
        let group = quoted(rest).unwrap_or_default();
        Read::Event(Event::Connecting {
            group,
            peers: after(rest, "peer ").and_then(quoted).unwrap_or_default(),
        })
    }),
    ("Opened channel ", |rest| {
        Read::Event(Event::ChannelOpened {
            group: quoted(rest).unwrap_or_default(),
        })
    }),
    ("My UUID: ", |rest| {
        or_nothing(identity(rest).map(|identity| Event::OwnIdentity { identity }))
    }),
    ("Server ", of_the_server),
    ("declaring node with index ", |rest| {
        let peer = word(rest).to_owned();
        if rest.contains("inactive") {
            Read::Event(Event::Inactive { peer })
        } else {
            Read::Event(Event::Suspected { peer })
        }
    }),
    ("declaring ", |rest| {
        or_nothing((|| {
            let (peer, rest) = rest.split_once(" at ")?;
            Some(Event::PeerStable {
                peer: identity(peer)?,
                address: address(rest)?,
            })
        })())
    }),
    ("forgetting ", |rest| {
        or_nothing((|| {
            Some(Event::PeerForgotten {
                peer: identity(rest.split_once(' ')?.0)?,
                address: address(after(rest, "(")?)?,
            })
        })())
    }),
    ("evs::proto(", evs),
    ("Current view of cluster as seen by this node", |_| {
        Read::Begins(Block::GroupView)
    }),
    ("view (", |_| Read::Begins(Block::GroupView)),
    ("view(", |_| Read::Begins(Block::GroupView)),
    ("Quorum results:", |_| Read::Begins(Block::Quorum)),
    ("View:", |_| Read::Begins(Block::ServerView)),
    ("====", |rest| {
        if rest.trim_matches('=').trim().is_empty() {
            Read::Begins(Block::ServerView)
        } else {
            Read::Nothing
        }
    }),
    ("Recovered view from SST:", |_| {
        Read::Begins(Block::ViewOfTransfer)
    }),
    ("Votes over ", |_| Read::Begins(Block::Votes)),
    ("New COMPONENT: ", |rest| {
        or_unreadable(component(rest), "a component")
    }),
    ("STATE EXCHANGE: got state msg: ", |rest| {
        or_unreadable(
            (|| {
                let (exchange, rest) = rest.split_once(" from ")?;
                Some(Event::StateMessage {
                    exchange: history(exchange)?,
                    member: member(rest)?.0,
                })
            })(),
            "a state message",
        )
    }),
    ("STATE_EXCHANGE: sent state UUID: ", |rest| {
        or_nothing(history(rest).map(|exchange| Event::ExchangeBegun { exchange }))
    }),
    ("STATE EXCHANGE: failed for: ", |rest| {
        or_nothing(history(rest).map(|exchange| Event::ExchangeFailed { exchange }))
    }),
    ("New cluster view: global state: ", |rest| {
        or_unreadable(view_of_galera_3(rest), "a view")
    }),
    ("processing CC ", |rest| {
        if rest.contains("local") {
            number_of_view(rest, ViewNumberFrom::Group)
        } else {
            Read::Nothing
        }
    }),
    ("Recording CC from group: ", |rest| {
        number_of_view(rest, ViewNumberFrom::Group)
    }),
    ("Recording CC from ist: ", |rest| {
        number_of_view(rest, ViewNumberFrom::Ist)
    }),
    ("Recording CC from preload: ", |rest| {
        number_of_view(rest, ViewNumberFrom::Preload)
    }),
    ("Recording CC from sst: ", |rest| {
        number_of_view(rest, ViewNumberFrom::Sst)
    }),
    ("Shifting ", |rest| {
        or_unreadable(
            (|| {
                let (from, rest) = rest.split_once(" -> ")?;
                let (to, rest) = rest.split_once(" (TO: ")?;
                Some(Event::Shift {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    seqno: seqno(rest)?,
                })
            })(),
            "a change of state",
        )
    }),
    ("Restored state ", |rest| {
        or_nothing(
            after(rest, "(")
                .and_then(seqno)
                .map(|seqno| Event::RestoredState { seqno }),
        )
    }),
    ("Member ", of_a_member),
    ("Received NON-PRIMARY", |_| Read::Event(Event::LostPrimary)),
    ("New SELF-LEAVE", |_| Read::Event(Event::SelfLeave)),
    ("Received self-leave message", |_| {
        Read::Event(Event::SelfLeave)
    }),
    ("Reversing history: ", |rest| {
        or_unreadable(
            (|| {
                let (own, group) = rest.split_once("->")?;
                Some(Event::Reversal {
                    own: seqno(own)?,
                    group: seqno(group)?,
                })
            })(),
            "a reversal of history",
        )
    }),
    ("Group requested ", |rest| {
        or_unreadable(
            (|| {
                let (protocol, rest) = rest.split_once("_proto_ver: ")?;
                let (group, rest) = rest.split_once(", max supported by this node: ")?;
                let known = rest.split_once('.').map_or(rest, |(known, _)| known);
                Some(Event::ProtocolTooNew(ProtocolTooNew {
                    protocol: protocol.to_owned(),
                    group: group.parse().ok()?,
                    known: known.trim().parse().ok()?,
                }))
            })(),
            "two versions of a protocol",
        )
    }),
    ("Inconsistency detected", |rest| {
        Read::Event(Event::Inconsistent { text: shown(rest) })
    }),
    ("Inconsistent by consensus", |rest| {
        Read::Event(Event::Inconsistent { text: shown(rest) })
    }),
    ("handshake failed, my group: ", |rest| {
        or_nothing((|| {
            Some(Event::OtherCluster {
                own: quoted(rest)?,
                peer: quoted(after(rest, "peer group: ")?)?,
            })
        })())
    }),
    ("Handshake failed: ", |rest| {
        Read::Event(Event::HandshakeFailed { text: shown(rest) })
    }),
    (
        "Deferred close timer started for socket with remote endpoint: ",
        |rest| {
            or_nothing(
                address(rest)
                    .as_deref()
                    .map(without_port)
                    .filter(|address| !address.is_empty())
                    .map(|address| Event::PeerClosed {
                        address: address.to_owned(),
                    }),
            )
        },
    ),
    ("aborting due to conflicting prims", |_| {
        Read::Event(Event::ConflictingPrimaries)
    }),
    (
        "caught exception in PC, state dump to stderr follows",
        |_| Read::Nothing,
    ),
    ("A node with the same UUID already exists", |_| {
        Read::Event(Event::DuplicateIdentity)
    }),
    ("this node has been evicted", |_| {
        Read::Event(Event::Evicted)
    }),
    ("This node has been evicted", |_| {
        Read::Event(Event::Evicted)
    }),
    ("handshake with remote endpoint", |rest| {
        if rest.contains("evicted") {
            Read::Event(Event::Evicted)
        } else {
            Read::Nothing
        }
    }),
    ("Failed to report last committed ", |rest| {
        Read::Event(Event::ReportFailed {
            position: position(rest),
        })
    }),
    ("Send action {", |rest| {
        if rest.contains("returned -") {
            Read::Event(Event::ActionRejected)
        } else {
            Read::Nothing
        }
    }),
    ("Action message in non-primary configuration", |_| {
        Read::Event(Event::ActionRejected)
    }),
    (
        "exception from gcomm, backend must be restarted: ",
        |rest| {
            if rest.contains("conflicting prims") || rest.contains("last prims not consistent") {
                Read::Event(Event::ConflictingPrimaries)
            } else if rest.contains("install message") || rest.contains("singleton view") {
                Read::Event(Event::ViewChangeFailed)
            } else if rest.contains("evicted") {
                Read::Event(Event::Evicted)
            } else {
                Read::Nothing
            }
        },
    ),
];

/// What stands between the first two quotes.
fn quoted(text: &str) -> Option<String> {
    between(text, "'", "'").map(str::to_owned)
}

fn restored(rest: &str) -> Read {
    Read::Event(Event::ViewRestored {
        restored: rest.starts_with("success"),
    })
}

fn connect_failed(rest: &str) -> Read {
    let reason = after(rest, "(reason: ").or_else(|| after(rest, "failed: "));
    if rest.contains("failed") {
        Read::Event(Event::ConnectFailed {
            reason: reason.and_then(number),
        })
    } else {
        Read::Nothing
    }
}

/// `Server a connected to cluster at position U:7 with ID X`, `Server a synced with group`, and the
/// server's own state.
fn of_the_server(rest: &str) -> Read {
    if let Some(states) = rest.strip_prefix("status change ") {
        return or_nothing(
            states
                .split_once(" -> ")
                .map(|(from, to)| Event::ServerStatus {
                    from: from.trim().to_owned(),
                    to: to.trim().to_owned(),
                }),
        );
    }
    if let Some((name, rest)) = rest.split_once(" connected to cluster at position ") {
        return or_unreadable(
            (|| {
                Some(Event::Connected {
                    name: name.to_owned(),
                    position: position(rest)?,
                    identity: identity(after(rest, "with ID ")?)?,
                })
            })(),
            "a connection to the cluster",
        );
    }
    or_nothing(
        rest.split_once(" synced with group")
            .map(|(name, _)| Event::OwnName {
                name: name.to_owned(),
            }),
    )
}

fn evs(rest: &str) -> Read {
    let event = if let Some(peer) = after(rest, "suspecting node: ") {
        Event::Suspected {
            peer: word(peer).to_owned(),
        }
    } else if let Some(peer) = after(rest, "detected inactive node: ") {
        Event::Inactive {
            peer: word(peer).to_owned(),
        }
    } else if rest.contains("declaring inactive") {
        Event::Inactive {
            peer: String::new(),
        }
    } else if rest.contains("install timer expired") || rest.contains("no install message received")
    {
        Event::ViewChangeFailed
    } else {
        return Read::Nothing;
    };
    Read::Event(event)
}

fn component(rest: &str) -> Option<Event> {
    Some(Event::Component {
        primary: word(after(rest, "primary = ")?) == "yes",
        bootstrap: after(rest, "bootstrap = ").is_some_and(|text| word(text) == "yes"),
        own_index: number(after(rest, "my_idx = ")?)?,
        members: u64::try_from(number(after(rest, "memb_num = ")?)?).ok()?,
    })
}

fn view_of_galera_3(rest: &str) -> Option<Event> {
    let number_of = |mark: &str| after(rest, mark).and_then(number);
    let (number, status) = after(rest, "view# ")?.split_once(": ")?;
    let count = number_of("number of nodes: ").and_then(|count| u64::try_from(count).ok());
    Some(Event::ServerView(ServerView {
        position: position(rest),
        number: crate::words::number(number),
        primary: word(status) == "Primary",
        is_final: count == Some(0),
        own_index: number_of("my index: "),
        count,
        members: Vec::new(),
    }))
}

fn number_of_view(rest: &str, from: ViewNumberFrom) -> Read {
    or_nothing(seqno(rest).map(|seqno| Event::ViewNumber { seqno, from }))
}

/// Messages that begin with `Member `.
fn of_a_member(text: &str) -> Read {
    let Some((who, rest)) = member(text) else {
        return Read::Nothing;
    };
    if rest.starts_with(" synced with group") {
        return Read::Event(Event::MemberSynced { member: who });
    }
    if let Some(rest) = rest.strip_prefix(" requested state transfer from ") {
        let wanted = quoted(rest).unwrap_or_default();
        if let Some(donor) = after(rest, "Selected ").and_then(member) {
            return Read::Event(Event::DonorChosen {
                joiner: who,
                wanted,
                donor: donor.0,
            });
        }
        return or_nothing(
            after(rest, "impossible to select State Transfer donor: ").map(|reason| {
                Event::NoDonor {
                    joiner: who,
                    wanted,
                    reason: shown(reason),
                }
            }),
        );
    }
    if let Some(rest) = rest.strip_prefix(" initiates vote on ") {
        return Read::Event(Event::VoteBegins {
            member: who,
            position: position(rest),
            text: shown(after(rest, ",").unwrap_or_default()),
        });
    }
    Read::Nothing
}

/// Messages that begin with `(identity, 'address')`.
pub(super) fn of_a_link(message: &str) -> Read {
    let Some((own, rest)) = message
        .strip_prefix('(')
        .and_then(|message| message.split_once(')'))
    else {
        return Read::Nothing;
    };
    let rest = rest.trim_start();
    let peer_at = |text: &str, middle: &str| {
        let (peer, rest) = text.split_once(middle)?;
        Some((identity(peer)?, address(rest)?))
    };
    if rest.starts_with("listening at ") {
        return or_nothing(identity(own).map(|identity| Event::Listening { identity }));
    }
    if let Some(rest) = rest.strip_prefix("connection established to ") {
        return or_nothing((|| {
            let (peer, address) = peer_at(rest, " ")?;
            let own = identity(own)?;
            Some(Event::PeerConnected { own, peer, address })
        })());
    }
    if let Some(rest) = rest.strip_prefix("connection to peer ") {
        return or_nothing((|| {
            let (peer, address) = peer_at(rest, " with addr ")?;
            let own = identity(own)?;
            Some(Event::PeerTimedOut { own, peer, address })
        })());
    }
    // Later versions of Galera 4 name the address first.
    let own_address = after(rest, "blacklisting address ")
        .or_else(|| between(rest, "address '", "' points to own listening address"));
    or_nothing(
        own_address
            .and_then(address)
            .map(|address| Event::OwnAddress { address }),
    )
}
