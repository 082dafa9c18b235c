//! The primary views of all nodes, put together by their identities.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_evidence::{Event, GroupView, Identity, Quorum, ServerView, ViewKind};
use seatrial_galera::StateUuid;

use crate::life::Life;
use crate::mark::Mark;

/// A primary view, as one life saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The life, as an index into all lives.
    pub(crate) life: usize,
    /// The first line about it.
    pub(crate) mark: Mark,
    pub(crate) group_view: Option<(GroupView, Mark)>,
    pub(crate) exchange: Option<(StateUuid, Mark)>,
    /// Names by index, out of the state messages.
    pub(crate) names: BTreeMap<i64, String>,
    pub(crate) quorum: Option<(Quorum, Mark)>,
    pub(crate) server_view: Option<(ServerView, Mark)>,
    /// The members that sent actions that were not ordered.
    pub(crate) own_index: Option<i64>,
}

impl Seen {
    const fn new(life: usize, mark: Mark) -> Self {
        Self {
            life,
            mark,
            group_view: None,
            exchange: None,
            names: BTreeMap::new(),
            quorum: None,
            server_view: None,
            own_index: None,
        }
    }
}

/// A primary view that the members decided on.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The lives that saw it.
    pub(crate) seen: Vec<Seen>,
    /// The number in its id: one more with each change of membership.
    pub(crate) number: Option<u64>,
    /// The number of the configuration, from 0 at a bootstrap.
    pub(crate) conf_id: Option<i64>,
    pub(crate) history: Option<StateUuid>,
    /// The position of the group before it.
    pub(crate) before: Option<i64>,
    /// Its own seqno, which only Galera 4 gives it.
    pub(crate) seqno: Option<i64>,
    /// How many of its members were in a primary component before.
    pub(crate) primary_before: Option<u64>,
    /// The members.
    pub(crate) members: Vec<Identity>,
    /// How many members it has, also where they are not listed.
    pub(crate) size: usize,
    /// The nodes of the members, in the same order; `None` where nothing names one.
    pub(crate) nodes: Vec<Option<usize>>,
    /// Whether the applier of a member handled it.
    pub(crate) handled: bool,
    /// The earliest line about it.
    pub(crate) mark: Mark,
}

impl View {
    /// The position of the group with this view in it.
    pub(crate) fn position(&self) -> Option<i64> {
        self.seqno.or(self.before)
    }

    /// The position that lines show: that of the view itself where an applier handled it, and the one
    /// before it where none did.
    pub(crate) fn shown(&self) -> Option<i64> {
        if self.handled {
            self.position()
        } else {
            self.before
        }
    }

    /// The number that the server gives it, one more than the configuration's.
    pub(crate) fn view_number(&self) -> Option<i64> {
        self.conf_id.map(|conf_id| conf_id + 1)
    }

    /// Whether this identity is a member.
    pub(crate) fn has(&self, identity: &Identity) -> bool {
        self.members
            .iter()
            .any(|member| member.is_same_life(identity))
    }

    /// Whether the node is a member.
    pub(crate) fn has_node(&self, node: usize) -> bool {
        self.nodes.contains(&Some(node))
    }

    /// The lines about it, the decision first.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::new();
        for seen in &self.seen {
            marks.extend(seen.quorum.as_ref().map(|(_, mark)| *mark));
        }
        for seen in &self.seen {
            marks.extend(seen.server_view.as_ref().map(|(_, mark)| *mark));
            marks.extend(seen.group_view.as_ref().map(|(_, mark)| *mark));
        }
        if marks.is_empty() {
            marks.push(self.mark);
        }
        marks
    }

    /// What the life saw of it.
    pub(crate) fn seen_by(&self, life: usize) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.life == life)
    }
}

/// The primary views that a life saw.
fn seen_by(index: usize, life: &Life<'_>) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    let mut open = false;
    for dated in &life.facts {
        let mark = dated.mark();
        match &dated.fact.event {
            Event::GroupView(view) => {
                open = view.kind == ViewKind::Primary;
                if open {
                    let mut seen = Seen::new(index, mark);
                    seen.group_view = Some((view.clone(), mark));
                    all.push(seen);
                }
            }
            Event::Component {
                primary, own_index, ..
            } => {
                if *primary && !open {
                    all.push(Seen::new(index, mark));
                    open = true;
                }
                if let (true, Some(seen)) = (*primary, all.last_mut()) {
                    seen.own_index = Some(*own_index);
                }
                if !primary {
                    open = false;
                }
            }
            Event::ExchangeBegun { exchange } => {
                if let (true, Some(seen)) = (open, all.last_mut()) {
                    seen.exchange.get_or_insert((*exchange, mark));
                }
            }
            Event::StateMessage { exchange, member } => {
                if let (true, Some(seen)) = (open, all.last_mut()) {
                    seen.exchange.get_or_insert((*exchange, mark));
                    seen.names.insert(member.index, member.name.clone());
                }
            }
            Event::Quorum(quorum) if quorum.primary => {
                // A log may begin between the group's view and the decision.
                if !open || all.last().is_none_or(|seen| seen.quorum.is_some()) {
                    all.push(Seen::new(index, mark));
                    open = true;
                }
                if let Some(seen) = all.last_mut() {
                    seen.quorum = Some((quorum.clone(), mark));
                }
            }
            Event::ServerView(view) if view.primary && view.count != Some(0) => {
                match all.iter().rposition(|seen| is_of(view, seen)) {
                    Some(place) => {
                        all[place].server_view.get_or_insert((view.clone(), mark));
                    }
                    // A log that holds the server's lines only.
                    None if !all.iter().any(|seen| seen.quorum.is_some()) => {
                        let mut seen = Seen::new(index, mark);
                        seen.server_view = Some((view.clone(), mark));
                        all.push(seen);
                    }
                    // Repeated out of a transfer.
                    None => {}
                }
            }
            _ => {}
        }
    }
    all
}

/// Whether the server's view is the one that was decided there.
fn is_of(view: &ServerView, seen: &Seen) -> bool {
    let Some((quorum, _)) = &seen.quorum else {
        return false;
    };
    if let (Some(number), Some(conf_id)) = (view.number, quorum.conf_id) {
        return number == conf_id + 1;
    }
    match (view.position, quorum.act_id) {
        (Some(position), Some(act_id)) => {
            quorum.history == Some(position.uuid) && position.seqno.0 == act_id + 1
        }
        _ => false,
    }
}

/// What tells one view from another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The exchange of states is one on all members.
    Exchange(StateUuid),
    /// The id of the view: the member that formed it, and the number.
    Id(u32, Option<u16>, u64),
    /// History, position and size, where the log has only the server's lines.
    Position(StateUuid, i64, u64),
}

fn keys(seen: &Seen) -> Vec<Key> {
    let mut keys = Vec::new();
    if let Some((exchange, _)) = seen.exchange {
        keys.push(Key::Exchange(exchange));
    }
    if let Some((view, _)) = &seen.group_view
        && let Some((identity, number)) = &view.id
    {
        keys.push(Key::Id(identity.first, identity.fourth, *number));
    }
    let server = seen.server_view.as_ref();
    if let (Some((view, _)), None) = (server, &seen.quorum)
        && let (Some(position), Some(count)) = (view.position, view.count)
    {
        keys.push(Key::Position(position.uuid, position.seqno.0, count));
    } else if let Some((quorum, _)) = &seen.quorum
        && let (Some(history), Some(act_id), Some(count)) =
            (quorum.history, quorum.act_id, quorum.members)
        && seen.exchange.is_none()
    {
        keys.push(Key::Position(history, act_id + 1, count));
    }
    keys
}

/// Puts together what the lives saw.
pub(crate) fn views(lives: &[Life<'_>]) -> Vec<View> {
    let mut groups: Vec<Vec<Seen>> = Vec::new();
    let mut by_key: BTreeMap<Key, usize> = BTreeMap::new();
    for (index, life) in lives.iter().enumerate() {
        for seen in seen_by(index, life) {
            let keys = keys(&seen);
            let known = keys.iter().find_map(|key| by_key.get(key)).copied();
            let place = known.unwrap_or_else(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            for key in keys {
                by_key.entry(key).or_insert(place);
            }
            groups[place].push(seen);
        }
    }
    let mut views: Vec<View> = groups.into_iter().map(|seen| view(seen, lives)).collect();
    // What a leaving node still gets from the layer below is no view of its own.
    views.retain(|view| !view.members.is_empty() || view.conf_id.is_some());
    views.sort_by_key(|view| view.mark.at);
    views
}

fn view(seen: Vec<Seen>, lives: &[Life<'_>]) -> View {
    let quorum = seen
        .iter()
        .find_map(|seen| seen.quorum.as_ref())
        .map(|(quorum, _)| quorum.clone());
    let server = seen
        .iter()
        .find_map(|seen| seen.server_view.as_ref())
        .map(|(view, _)| view.clone());
    let group = seen
        .iter()
        .find_map(|seen| seen.group_view.as_ref())
        .map(|(view, _)| view.clone());
    let before = quorum.as_ref().and_then(|quorum| quorum.act_id);
    let is_galera_4 = quorum
        .as_ref()
        .is_some_and(|quorum| quorum.vote_policy.is_some())
        || server.as_ref().is_some_and(|view| view.number.is_none());
    let from_server = server
        .as_ref()
        .and_then(|view| view.position)
        .map(|position| position.seqno.0);
    let seqno = if is_galera_4 {
        before.map(|before| before + 1).or(from_server)
    } else {
        None
    };
    let history = quorum
        .as_ref()
        .and_then(|quorum| quorum.history)
        .or_else(|| {
            server
                .as_ref()
                .and_then(|view| view.position)
                .map(|position| position.uuid)
        });
    let mut members: Vec<Identity> = server
        .as_ref()
        .map(|view| view.members.iter().map(|member| member.identity).collect())
        .unwrap_or_default();
    if members.is_empty() {
        members = group
            .as_ref()
            .map(|view| view.members.clone())
            .unwrap_or_default();
    }
    let size = quorum
        .as_ref()
        .and_then(|quorum| quorum.members)
        .and_then(|members| usize::try_from(members).ok())
        .unwrap_or(members.len());
    let mark = seen
        .iter()
        .map(|seen| seen.mark)
        .min_by_key(|mark| mark.at)
        .unwrap_or(Mark {
            source: seatrial_evidence::Source::default(),
            at: jiff::Timestamp::UNIX_EPOCH,
        });
    // An identity that a life of its own logs is that life's node.
    let nodes = members
        .iter()
        .map(|member| {
            let mut lives = lives.iter();
            let own = lives.find(|life| life.identity.is_some_and(|own| own.is_same_life(member)));
            own.map(|life| life.node)
        })
        .collect();
    View {
        number: group
            .as_ref()
            .and_then(|view| view.id)
            .map(|(_, number)| number),
        conf_id: quorum
            .as_ref()
            .and_then(|quorum| quorum.conf_id)
            .or_else(|| {
                server
                    .as_ref()
                    .and_then(|view| view.number)
                    .map(|number| number - 1)
            }),
        history,
        before: before
            .or_else(|| from_server.map(|seqno| if is_galera_4 { seqno - 1 } else { seqno })),
        seqno,
        primary_before: quorum.as_ref().and_then(|quorum| quorum.primary_members),
        handled: server.is_some() || seqno.is_some_and(|seqno| is_handled(&seen, lives, seqno)),
        members,
        size,
        nodes,
        mark,
        seen,
    }
}

/// Whether a member got the view by a transfer, or recorded its number.
fn is_handled(seen: &[Seen], lives: &[Life<'_>], seqno: i64) -> bool {
    let facts = seen.iter().flat_map(|seen| &lives[seen.life].facts);
    facts.into_iter().any(|dated| match &dated.fact.event {
        Event::SstReceived { position } | Event::IstReceived { position } => {
            position.seqno.0 >= seqno
        }
        Event::ViewNumber { seqno: number, .. } => number.0 == seqno,
        Event::ViewOfTransfer(view) => view
            .position
            .is_some_and(|position| position.seqno.0 == seqno),
        _ => false,
    })
}

/// The names that views give to identities, for members whose own log is not there.
pub(crate) fn names(views: &[View]) -> Vec<(Identity, String)> {
    let mut names: Vec<(Identity, String)> = Vec::new();
    let mut known: BTreeSet<(u32, Option<u16>)> = BTreeSet::new();
    let mut say = |identity: Identity, name: &str| {
        let is_name = !name.is_empty() && name != "unspecified" && name != "left the group";
        if is_name && known.insert((identity.first, identity.fourth)) {
            names.push((identity, name.to_owned()));
        }
    };
    for view in views {
        for seen in &view.seen {
            if let Some((server, _)) = &seen.server_view {
                for member in &server.members {
                    say(member.identity, &member.name);
                }
            }
            // The index of a member is its place in the list of the group's view.
            if let Some((group, _)) = &seen.group_view
                && group.members.len() >= seen.names.len()
            {
                for (index, name) in &seen.names {
                    let place = usize::try_from(*index).ok();
                    if let Some(identity) = place.and_then(|place| group.members.get(place)) {
                        say(*identity, name);
                    }
                }
            }
        }
    }
    names
}
