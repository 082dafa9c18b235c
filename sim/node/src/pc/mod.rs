//! pc: decides which component may serve (`gcomm/src/pc_proto.cpp`, `gcomm/src/pc.cpp`).
//!
//! Quorum is counted over the last primary view, not over the configuration. A component that has
//! lost it becomes primary again only when *all* members of the last primary view are back, or when
//! everybody was down and the restored views of gvwstate.dat agree exactly, or by `pc.bootstrap`.

#[cfg(test)]
mod galera;
mod install;
mod key;
mod quorum;
mod reunion;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_galera::{GcommUuid, ViewId, ViewType};

use crate::config::Config;
use crate::deliberate_fault::DeliberateFault;
use crate::detail::Detail;
use crate::effect::Note;
use crate::evs::EvsView;
use crate::frame::{GcsMessage, PcMessage, PcNode};

/// The state of the protocol (`pc_proto.hpp:Proto::State`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Not started, or over.
    Closed,
    /// Everybody says what it knows.
    StatesExchange,
    /// The component will be primary as soon as the INSTALL is here.
    Install,
    /// Primary.
    Prim,
    /// Between two views, still primary or not.
    Trans,
    /// Not primary.
    NonPrim,
}

/// A view as the layers above see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PcView {
    /// `PRIM` or `NON_PRIM`, with the number.
    pub(crate) id: ViewId,
    /// The members.
    pub(crate) members: BTreeSet<GcommUuid>,
    /// Those that left in order since the view before.
    pub(crate) left: BTreeSet<GcommUuid>,
    /// Those that vanished since the view before.
    pub(crate) partitioned: BTreeSet<GcommUuid>,
    /// Primary by `pc.bootstrap` or by automatic recovery.
    pub(crate) bootstrap: bool,
}

/// The reason why the layer ended the group communication by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fatal {
    /// Two primary components met, and the other one goes on.
    ConflictingPrims {
        /// This node's primary view.
        mine: ViewId,
        /// The other's.
        other: ViewId,
    },
    /// This node sits in one view with two different primary components.
    LastPrimsNotConsistent,
}

/// A message of the group in the total order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Delivery {
    /// The sender.
    pub(crate) source: GcommUuid,
    /// What.
    pub(crate) message: GcsMessage,
    /// Whether it counts: not where the component had lost its quorum before.
    pub(crate) ordered: bool,
}

/// The requests and deliveries of the layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Out {
    /// Put this into the total order.
    Send(PcMessage),
    /// A new component.
    View(PcView),
    /// A message in order.
    Deliver(Delivery),
    /// The group communication must end.
    Fatal(Fatal),
    /// The decision, for the trace.
    Note(Note),
    /// Lines for the log.
    Rebootstrapping,
    /// All nodes of the restored view are here, and no other.
    PromoteToPrimary,
    /// A known node does not fit the restored view.
    InconsistentWithRestoredView(GcommUuid),
    /// The restored view is of no use any more: a primary component is there.
    ClearRestoredView,
    /// A member has another weight from here on.
    WeightChanged {
        /// Whose.
        source: GcommUuid,
        /// Which.
        weight: u8,
    },
    /// A line that only the log has.
    Told(Detail),
    /// Another primary component has been turned down.
    DiscardingOtherPrim {
        /// This node's primary view.
        mine: ViewId,
        /// The other's.
        other: ViewId,
    },
}

/// The view that gvwstate.dat held.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RestoredView {
    /// Its id.
    pub(crate) id: ViewId,
    /// Its members.
    pub(crate) members: BTreeSet<GcommUuid>,
}

/// The protocol of the primary component.
///
/// It owns what this node knows of every other one, and the last primary view. The node's flow `layers`
/// calls it. It counts quorum; it never looks at data or positions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pc {
    me: GcommUuid,
    state: State,
    start_prim: bool,
    closing: bool,
    instances: BTreeMap<GcommUuid, PcNode>,
    states: BTreeMap<GcommUuid, BTreeMap<GcommUuid, PcNode>>,
    restored: Option<RestoredView>,
    /// The members of the last primary view.
    last_primary: BTreeSet<GcommUuid>,
    /// The members of the component that this node was in last, primary or not: what quorum is counted over
    /// (`pc_view_`). Empty before the first one.
    component: BTreeSet<GcommUuid>,
    view: Option<EvsView>,
    left: BTreeSet<GcommUuid>,
    partitioned: BTreeSet<GcommUuid>,
    to_seq: i64,
    fault: Option<DeliberateFault>,
}

impl Pc {
    pub(crate) fn new(
        me: GcommUuid,
        start_prim: bool,
        restored: Option<RestoredView>,
        config: &Config,
    ) -> Self {
        let last_prim = restored.as_ref().map_or(no_prim(), |view| {
            ViewId::new(ViewType::NonPrim, view.id.uuid, view.id.seq)
        });
        let own = PcNode {
            prim: false,
            un: false,
            last_prim,
            to_seq: -1,
            weight: config.pc_weight,
            evicted: false,
        };
        Self {
            me,
            state: State::Closed,
            start_prim,
            closing: false,
            instances: BTreeMap::from([(me, own)]),
            states: BTreeMap::new(),
            restored,
            last_primary: BTreeSet::new(),
            component: BTreeSet::new(),
            view: None,
            left: BTreeSet::new(),
            partitioned: BTreeSet::new(),
            to_seq: -1,
            fault: config.deliberate_fault,
        }
    }

    /// Returns whether a test has planted this mistake.
    fn has(&self, fault: DeliberateFault) -> bool {
        self.fault == Some(fault)
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// Returns the members that the last state message exchange or view has named, for the quorum sum.
    pub(crate) const fn last_primary(&self) -> &BTreeSet<GcommUuid> {
        &self.last_primary
    }

    /// Returns what is known of each node.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&GcommUuid, &PcNode)> {
        self.instances.iter()
    }

    /// A node is evicted: it is not waited for (`pc_proto.cpp:send_state`).
    pub(crate) fn evict(&mut self, uuid: GcommUuid) {
        if let Some(node) = self.instances.get_mut(&uuid) {
            node.evicted = true;
        }
    }

    /// Every node is waited for again.
    pub(crate) fn forget_evicted(&mut self) {
        for node in self.instances.values_mut() {
            node.evicted = false;
        }
    }

    /// An orderly close is under way: losing quorum now is not worth a report.
    pub(crate) fn close(&mut self) {
        self.closing = true;
    }

    fn own(&self) -> &PcNode {
        self.instances
            .get(&self.me)
            .expect("invariant: a node is an instance of its own")
    }

    fn is_prim(&self) -> bool {
        self.own().prim
    }

    pub(crate) fn evs_view(&mut self, view: &EvsView, config: &Config, out: &mut Vec<Out>) {
        if view.id.kind == ViewType::Trans {
            self.trans_view(view, config, out);
        } else {
            self.reg_view(view, out);
        }
    }

    /// Some members move together to a new view (`pc_proto.cpp:handle_trans`). Here quorum is lost or
    /// kept, before the new view is known. A component that is not primary loses its quorum in the same way, which
    /// only tells the layer above who is left.
    fn trans_view(&mut self, view: &EvsView, config: &Config, out: &mut Vec<Out>) {
        self.left.extend(view.left.iter().copied());
        self.partitioned.extend(view.partitioned.iter().copied());
        let is_first = self.view.is_none();
        if is_first && self.start_prim {
            // The first view of a bootstrapped node is primary by decree (`handle_first_trans`).
            let id = ViewId::new(ViewType::Prim, view.id.uuid, view.id.seq);
            if let Some(own) = self.instances.get_mut(&self.me) {
                own.prim = true;
                own.last_prim = id;
            }
            self.last_primary = BTreeSet::from([self.me]);
        }
        let lost = !is_first && !self.have_quorum(view);
        if self.is_prim() {
            out.push(Out::Note(self.quorum_note(view, !lost)));
        }
        let ignored = !self.closing
            && (config.pc_ignore_quorum || (config.pc_ignore_sb && self.is_split_brain(view)));
        self.view = Some(view.clone());
        self.state = State::Trans;
        if lost && !ignored {
            self.become_non_prim(out);
        }
    }

    /// The nodes that are here are not primary from here on, this node neither, and the layer above is told
    /// (`pc_proto.cpp:mark_non_prim`, `deliver_view`).
    fn become_non_prim(&mut self, out: &mut Vec<Out>) {
        for node in self.instances.values_mut() {
            node.prim = false;
        }
        let here = self.members();
        let known = here.iter().filter(|uuid| self.instances.contains_key(uuid));
        self.component = known.copied().collect();
        let id = self.view_id(ViewType::NonPrim);
        self.deliver_view(id, &here, false, out);
    }

    /// A new view is there: everybody says what it knows (`pc_proto.cpp:handle_reg`).
    fn reg_view(&mut self, view: &EvsView, out: &mut Vec<Out>) {
        self.view = Some(view.clone());
        self.state = State::StatesExchange;
        self.states.clear();
        out.push(Out::Send(PcMessage::State {
            nodes: self.instances.clone(),
        }));
    }

    pub(crate) fn message(
        &mut self,
        source: GcommUuid,
        message: PcMessage,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        match message {
            PcMessage::State { nodes } => self.state_message(source, nodes, config, out),
            PcMessage::Install {
                bootstrap,
                weight,
                nodes,
            } => match weight {
                Some(weight) => self.weight_message(source, weight, &nodes, out),
                None => self.install_message(bootstrap, &nodes, out),
            },
            PcMessage::User(message) => {
                let ordered = self.is_prim() && matches!(self.state, State::Prim | State::Trans);
                if ordered {
                    self.to_seq += 1;
                    if let Some(own) = self.instances.get_mut(&self.me) {
                        own.to_seq = self.to_seq;
                    }
                }
                out.push(Out::Deliver(Delivery {
                    source,
                    message,
                    ordered,
                }));
            }
        }
    }

    /// `pc_proto.cpp:handle_state`.
    fn state_message(
        &mut self,
        source: GcommUuid,
        nodes: BTreeMap<GcommUuid, PcNode>,
        config: &Config,
        out: &mut Vec<Out>,
    ) {
        if self.state != State::StatesExchange {
            return;
        }
        let mine = self.own().last_prim;
        if self.is_prim()
            && let Some(theirs) = nodes.get(&source)
            && theirs.prim
            && theirs.last_prim != mine
        {
            let other = theirs.last_prim;
            let stays = if config.pc_npvo {
                mine.precedes(&other)
            } else {
                other.precedes(&mine)
            };
            out.push(if stays {
                Out::DiscardingOtherPrim { mine, other }
            } else {
                Out::Fatal(Fatal::ConflictingPrims { mine, other })
            });
            return;
        }
        self.states.insert(source, nodes);
        let members = self.members();
        if self.states.len() < members.len() {
            return;
        }
        self.learn_from_states();
        match self.becomes_primary(out) {
            Err(fatal) => out.push(Out::Fatal(fatal)),
            Ok(true) => {
                self.state = State::Install;
                if members.first() == Some(&self.me) {
                    self.send_install(false, out);
                }
            }
            Ok(false) => {
                self.state = State::NonPrim;
                self.become_non_prim(out);
            }
        }
    }

    /// Learns from the states of all members (`pc_proto.cpp:handle_state`).
    ///
    /// A node that was unknown here is remembered as the others tell of it, an absent one too: everybody who
    /// meets a holder of the memory of the last primary view hands it on. For a known node the local record
    /// stays, whatever primary view that node has been in meanwhile; only its weight and its `un` flag are
    /// taken.
    fn learn_from_states(&mut self) {
        let is_prim = self.is_prim();
        for (source, nodes) in &self.states {
            for (uuid, node) in nodes {
                let known = self.instances.entry(*uuid).or_insert_with(|| node.clone());
                if uuid == source {
                    known.weight = node.weight;
                }
                if node.un && !is_prim && *uuid != self.me {
                    known.un = true;
                }
            }
        }
    }

    pub(crate) fn members(&self) -> BTreeSet<GcommUuid> {
        self.view
            .as_ref()
            .map(|view| view.members.clone())
            .unwrap_or_default()
    }

    fn view_id(&self, kind: ViewType) -> ViewId {
        self.view.as_ref().map_or(no_prim(), |view| {
            ViewId::new(kind, view.id.uuid, view.id.seq)
        })
    }
}

/// Returns the id that stands for "never in a primary view".
fn no_prim() -> ViewId {
    ViewId::new(ViewType::NonPrim, GcommUuid::NIL, 0)
}
