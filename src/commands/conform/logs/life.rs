//! The lives of one node's servers: what each knew when it decided.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_evidence::{Event, Fact, GroupView, Identity, Side, Source, ViewKind, Writer};
use seatrial_galera::{GraState, Position, Seqno};
use seatrial_sim::decide::{self, GcsNodeState};

use super::NodeLog;
use super::exchange::{End, Exchanges, Outcome, Own};
use super::score::{Kind, Score};

/// A component whose exchange of states goes on.
#[derive(Debug)]
struct Open {
    view: (Identity, u64),
    members: Vec<Identity>,
    own: Option<Own>,
    end: End,
}

/// What a server knows in one life.
#[derive(Debug, Default)]
pub(super) struct Life {
    saved: Option<(Position, Option<bool>)>,
    recovered: Option<Position>,
    bootstrap: bool,
    /// Whether the guard has let it start, or has refused it.
    guarded: bool,
    identity: Option<Identity>,
    weight: Option<i64>,
    ignores_quorum: bool,
    closing: bool,
    /// The last primary view, and who was suspected since.
    last_primary: Option<GroupView>,
    suspected: bool,
    in_primary: bool,
    /// What the group layer knows; `None` in a life whose beginning is not in the log.
    pub(super) own: Option<Own>,
    open: Option<Open>,
    pending_view: Option<GroupView>,
    pub(super) members: BTreeMap<i64, String>,
    pub(super) synced: BTreeSet<String>,
    /// Members of which it is known whether they are in step.
    pub(super) known: BTreeSet<String>,
    pub(super) cache_from: Option<Seqno>,
    pub(super) requested: Option<Position>,
    /// How many members the last primary view of the server had.
    last_members: Option<u64>,
    stopped: bool,
    /// The joiner whose donor this node is, and where that stands.
    pub(super) gives_to: Option<(String, Source)>,
}

/// Walks over a node's facts.
pub(super) fn walk(
    node: &NodeLog<'_>,
    all: &[NodeLog<'_>],
    exchanges: &mut Exchanges,
    score: &mut Score,
) {
    let mut walk = Walk {
        node,
        all,
        life: Life::default(),
        before: None,
        recovered: None,
        exchanges,
        score,
    };
    for (place, fact) in node.facts.iter().enumerate() {
        // The view that a leaving member sees: without the others, and then none.
        let mut later = node.facts[place + 1..].iter();
        if let Event::GroupView(view) = &fact.event
            && view.kind == ViewKind::NonPrimary
            && later.find_map(|fact| view_kind(fact)) == Some(ViewKind::Empty)
        {
            walk.life.closing = true;
        }
        walk.take(fact);
    }
    walk.close_exchange();
}

const fn view_kind(fact: &Fact) -> Option<ViewKind> {
    match &fact.event {
        Event::GroupView(view) => Some(view.kind),
        _ => None,
    }
}

/// The walk over one node's facts.
pub(super) struct Walk<'a, 'b> {
    pub(super) node: &'a NodeLog<'b>,
    pub(super) all: &'a [NodeLog<'b>],
    pub(super) life: Life,
    /// The flag that the last orderly stop should have left.
    before: Option<bool>,
    /// The answer of a recovery run since the last life.
    recovered: Option<Position>,
    exchanges: &'a mut Exchanges,
    pub(super) score: &'a mut Score,
}

impl Walk<'_, '_> {
    fn take(&mut self, fact: &Fact) {
        if fact.writer == Writer::TransferHelper {
            return;
        }
        match &fact.event {
            Event::Recovered { position } => self.recovered = Some(*position),
            Event::FlagSetByScript => self.before = None,
            Event::SavedState {
                position,
                safe_to_bootstrap,
            } if fact.writer != Writer::RecoveryRun => {
                self.begin(*position, *safe_to_bootstrap, fact.source);
            }
            Event::StartPosition { position, by } => {
                use seatrial_evidence::StartPositionBy::{Group, Provider};
                match by {
                    Provider => self.recovered = self.recovered.or(Some(*position)),
                    Group => self.start_position(*position, fact.source),
                    _ => self.recovered = Some(*position),
                }
            }
            Event::BootstrapOption { on } => self.life.bootstrap = *on,
            Event::BootstrapRefused => self.guard("refused", fact.source),
            Event::Bootstrap { .. } => {
                self.life.bootstrap = true;
                self.guard("accepted", fact.source);
            }
            Event::ProviderOptions {
                weight,
                ignores_quorum,
                ..
            } => {
                self.life.weight = *weight;
                self.life.ignores_quorum = *ignores_quorum;
            }
            Event::Listening { identity } | Event::OwnIdentity { identity } => {
                self.life.identity = Some(*identity);
            }
            Event::NewHistory { history } => {
                if let Some(own) = &mut self.life.own {
                    own.history = *history;
                }
            }
            Event::StopRequested { .. } | Event::SelfLeave => self.life.closing = true,
            Event::ServerStatus { to, .. } if to == "disconnecting" => self.life.closing = true,
            Event::StopComplete => {
                self.before = self
                    .life
                    .last_members
                    .map(|members| u32::try_from(members).is_ok_and(decide::is_safe_to_bootstrap));
                self.life.stopped = true;
            }
            Event::Start { .. } if fact.writer == Writer::Server && !self.life.stopped => {
                self.before = None;
            }
            Event::Suspected { .. } | Event::Inactive { .. } => self.life.suspected = true,
            Event::GroupView(view) => self.group_view(view, fact.source),
            Event::Component {
                primary, bootstrap, ..
            } => self.component(*primary, *bootstrap),
            Event::StateMessage { member, .. } => {
                self.life.members.insert(member.index, member.name.clone());
            }
            Event::Quorum(quorum) => {
                if let Some(open) = &mut self.life.open {
                    open.end.quorum = Some((quorum.clone(), fact.source));
                }
                self.agreed(quorum);
            }
            Event::Reversal { own, group } => {
                let outcome = Outcome::Reverses(*own, *group);
                self.outcome(outcome, fact.source);
                self.close_exchange();
                self.life.closing = true;
            }
            Event::RestoredState { .. } => self.outcome(Outcome::NeedsNone, fact.source),
            Event::Shift { from, to, seqno } => self.shift(from, to, *seqno, fact.source),
            Event::ServerView(view) if view.primary && view.members.len() as u64 > 0 => {
                self.life.last_members = Some(view.members.len() as u64);
            }
            Event::MemberSynced { member } => {
                self.life.known.insert(member.name.clone());
                self.life.synced.insert(member.name.clone());
            }
            Event::TransferTo { donor, joiner, .. } => {
                for name in [&donor.name, &joiner.name] {
                    self.life.synced.remove(name);
                }
                self.life.known.insert(donor.name.clone());
            }
            Event::DonorChosen {
                joiner,
                wanted,
                donor,
            } => {
                self.donor(&joiner.name, wanted, Some(&donor.name), fact.source);
                for name in [&joiner.name, &donor.name] {
                    self.life.known.insert(name.clone());
                    self.life.synced.remove(name);
                }
                if donor.name == self.node.name {
                    self.life.gives_to = Some((joiner.name.clone(), fact.source));
                    self.life.requested = None;
                }
            }
            Event::NoDonor { joiner, wanted, .. } => {
                self.donor(&joiner.name, wanted, None, fact.source);
            }
            Event::CacheFrom { seqno } => self.life.cache_from = Some(*seqno),
            Event::IstRequest { history, have, .. } => {
                self.life.requested = Some(Position::new(*history, *have));
            }
            Event::SstScript {
                side: Side::Donor,
                bypass,
                ..
            } => self.transfer(*bypass, fact.source),
            _ => {}
        }
    }

    /// A server reads its state file.
    fn begin(&mut self, position: Position, flag: Option<bool>, source: Source) {
        self.close_exchange();
        if let (Some(expected), Some(flag)) = (self.before.take(), flag)
            && !position.uuid.is_nil()
        {
            if flag && !expected {
                // A server never sets the flag of a stopped node: whoever did is not in its log.
                self.score.set_apart(
                    Kind::SafeToBootstrap,
                    "the flag was set after the stop, by a hand that is not in the log",
                );
            } else {
                self.score.compare(
                    Kind::SafeToBootstrap,
                    source,
                    u8::from(flag).to_string(),
                    u8::from(expected).to_string(),
                    "the number of members of the last primary view before the orderly stop",
                );
            }
        }
        self.life = Life {
            saved: Some((position, flag)),
            recovered: self.recovered.take(),
            ..Life::default()
        };
    }

    fn guard(&mut self, log: &str, source: Source) {
        if std::mem::replace(&mut self.life.guarded, true) {
            return;
        }
        let Some((_, Some(safe))) = self.life.saved else {
            self.score.set_apart(
                Kind::Guard,
                "the line with the saved flag is missing, or the version has no flag",
            );
            return;
        };
        let refused = decide::refuses_bootstrap(true, safe);
        self.score.compare(
            Kind::Guard,
            source,
            log,
            if refused { "refused" } else { "accepted" },
            format!(
                "a start with the bootstrap option, safe_to_bootstrap {}",
                u8::from(safe)
            ),
        );
    }

    fn start_position(&mut self, position: Position, source: Source) {
        let Some((saved, flag)) = self.life.saved else {
            self.score.set_apart(
                Kind::StartPosition,
                "the line with the saved state is missing",
            );
            return;
        };
        let file = GraState {
            uuid: saved.uuid,
            seqno: saved.seqno,
            safe_to_bootstrap: flag.unwrap_or(true),
        };
        let recovered = self.life.recovered.or(self.recovered);
        let model = decide::start_position(file, recovered.filter(|it| !it.is_undefined()));
        self.score.compare(
            Kind::StartPosition,
            source,
            position.to_string(),
            model.to_string(),
            match recovered {
                Some(recovered) => format!("saved {saved}, recovered {recovered}"),
                None => format!("saved {saved}, nothing recovered"),
            },
        );
        self.life.own = Some(Own {
            history: position.uuid,
            received: Some(position.seqno),
            conf: -1,
            last: GcsNodeState::NonPrim,
            now: GcsNodeState::NonPrim,
            bootstrap: false,
        });
    }

    fn group_view(&mut self, view: &GroupView, source: Source) {
        if view.kind == ViewKind::Empty {
            self.life.closing = true;
            return;
        }
        if !self.life.closing {
            self.quorum(view, source);
        }
        self.life.in_primary = view.kind == ViewKind::Primary;
        if self.life.in_primary {
            self.life.last_primary = Some(view.clone());
            self.life.suspected = false;
        }
        self.life.pending_view = Some(view.clone());
    }

    /// Decides whether the component stays primary: present members of the last primary view against all of them.
    fn quorum(&mut self, view: &GroupView, source: Source) {
        if !self.life.in_primary {
            if self.life.last_primary.is_some() || view.kind == ViewKind::Primary {
                self.score.set_apart(
                    Kind::Quorum,
                    "what the other members remember is not in the logs",
                );
            }
            return;
        }
        let Some(last) = &self.life.last_primary else {
            return;
        };
        let is_here =
            |identity: &&Identity| view.members.iter().any(|it| it.is_same_life(identity));
        let present = last.members.iter().filter(is_here).count() as u64;
        let all = last.members.len() as u64;
        if present == all {
            return;
        }
        if self.life.ignores_quorum || self.life.weight.is_some_and(|weight| weight != 1) {
            self.score
                .set_apart(Kind::Quorum, "weights or options other than the default");
            return;
        }
        // A member that leaves in order is not suspected before. Both ways decide it where they decide alike.
        let gone = all - present;
        let in_order = decide::keeps_quorum(present, gone, all);
        let vanished = decide::keeps_quorum(present, 0, all);
        let holds = if in_order == vanished {
            in_order
        } else if self.life.suspected {
            vanished
        } else {
            in_order
        };
        let words = |primary: bool| if primary { "primary" } else { "not primary" };
        self.score.compare(
            Kind::Quorum,
            source,
            words(view.kind == ViewKind::Primary),
            words(holds),
            format!(
                "{present} of the {all} members of the last primary view are here, the others {}",
                if self.life.suspected {
                    "vanished"
                } else {
                    "left in order"
                }
            ),
        );
    }

    fn component(&mut self, primary: bool, bootstrap: bool) {
        self.close_exchange();
        let view = self.life.pending_view.take();
        let (Some(view), true) = (view, primary) else {
            return;
        };
        let Some(id) = view.id else { return };
        let mut own = self.life.own.clone();
        if let Some(own) = &mut own {
            own.bootstrap = bootstrap && !own.history.is_nil();
            // A start with the bootstrap option counts itself in before it asks (`gcs_group_handle_comp_msg`).
            if self.life.bootstrap && view.members.len() == 1 && own.conf < 0 {
                own.conf = 0;
                own.last = GcsNodeState::Joined;
                own.now = GcsNodeState::Joined;
                own.received = own.received.map(|seqno| Seqno(seqno.0.max(0)));
            }
        }
        self.life.open = Some(Open {
            view: id,
            members: view.members,
            own,
            end: End::default(),
        });
    }

    fn agreed(&mut self, quorum: &seatrial_evidence::Quorum) {
        // A history that this member begins is named by the result.
        if let (Some(open), Some(history)) = (&mut self.life.open, quorum.history)
            && let Some(own) = &mut open.own
            && own.conf == 0
            && own.history.is_nil()
        {
            own.history = history;
        }
        if let (true, Some(own)) = (quorum.primary, &mut self.life.own) {
            own.history = quorum.history.unwrap_or(own.history);
            own.conf = quorum.conf_id.map_or(-1, |conf| conf + 1);
            own.received = None;
        }
    }

    fn outcome(&mut self, outcome: Outcome, source: Source) {
        if let Some(open) = &mut self.life.open
            && open.end.state.is_none()
        {
            open.end.state = Some((outcome, source));
        }
        if let (Outcome::NeedsNone, Some(own)) = (outcome, &mut self.life.own) {
            own.now = GcsNodeState::Joined;
            own.last = GcsNodeState::Joined;
        }
    }

    fn shift(&mut self, from: &str, to: &str, seqno: Seqno, source: Source) {
        if from == "OPEN" && to == "PRIMARY" {
            self.outcome(Outcome::Needs, source);
        }
        let state = match to {
            "SYNCED" => GcsNodeState::Synced,
            "JOINED" => GcsNodeState::Joined,
            "DONOR/DESYNCED" => GcsNodeState::Donor,
            "JOINER" => GcsNodeState::Joiner,
            "PRIMARY" => GcsNodeState::Prim,
            _ => GcsNodeState::NonPrim,
        };
        if let Some(own) = &mut self.life.own {
            own.now = state;
            if state != GcsNodeState::NonPrim {
                own.last = state;
            }
            // Nothing more is ordered once the component is lost, so this is the last position received.
            if to == "OPEN" && from != "CLOSED" {
                own.received = Some(seqno);
            }
        }
        if to == "SYNCED" {
            self.life.known.insert(self.node.name.clone());
            self.life.synced.insert(self.node.name.clone());
        }
    }

    fn close_exchange(&mut self) {
        // A log that begins in the middle: a member of which no line says that it needed something, or that it needed
        // nothing, had the group's state before.
        if let Some(open) = &self.life.open
            && let Some((quorum, _)) = &open.end.quorum
            && let (true, Some(history), Some(conf)) =
                (quorum.primary, quorum.history, quorum.conf_id)
            && open.end.state.is_none()
            && self.life.own.is_none()
        {
            self.life.own = Some(Own {
                history,
                received: None,
                conf: conf + 1,
                last: GcsNodeState::Joined,
                now: GcsNodeState::Joined,
                bootstrap: false,
            });
        }
        if let (Some(open), Some(identity)) = (self.life.open.take(), self.life.identity) {
            self.exchanges
                .add(open.view, &open.members, identity, open.own, open.end);
        }
    }
}
