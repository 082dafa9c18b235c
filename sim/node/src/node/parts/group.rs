//! Group communication: the four layers below the replicator, and how far their opening is.

use seatrial_galera::{GcommUuid, MemberRef, Position, ViewId, ViewType};

use crate::config::Config;
use crate::evs::Evs;
use crate::gcs::Gcs;
use crate::gmcast::Gmcast;
use crate::pc::{self, Pc, PcView, RestoredView};
use crate::peer::Peer;
use crate::time::Time;

/// The progress of opening the group communication (`pc.cpp:connect`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Opening {
    announce_until: Time,
    /// gvwstate.dat held a view, or bytes that count as one: no time limit on the wait for a primary
    /// component.
    waits_without_limit: bool,
    /// `connect` has returned: what goes wrong from here on ends the backend, not the start.
    done: bool,
}

/// Group communication.
///
/// It owns the node's identity in the group and the four layers. Each layer is a part of its own with
/// private fields. `flows/layers.rs` hands the outputs of one layer to the next; starts and ends open and
/// close them. Nothing here knows of files or transactions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Group {
    uuid: GcommUuid,
    /// Connections and relaying.
    pub(crate) gmcast: Gmcast,
    /// Membership and total order.
    pub(crate) evs: Evs,
    /// The primary component.
    pub(crate) pc: Pc,
    /// The group's history and its donors.
    pub(crate) gcs: Gcs,
    /// The last component, for the log.
    component: Option<PcView>,
    opening: Opening,
}

/// The beginning of a group.
pub(crate) struct Beginning {
    /// The node's identity.
    pub(crate) uuid: GcommUuid,
    /// `--wsrep-new-cluster`.
    pub(crate) new_cluster: bool,
    /// The number of the view in gvwstate.dat.
    pub(crate) restored_seq: Option<u32>,
    /// The view in gvwstate.dat, if it counts.
    pub(crate) restored: Option<RestoredView>,
    /// The node's position in a history.
    pub(crate) position: Position,
    /// A source of names for new histories.
    pub(crate) entropy: u128,
}

impl Group {
    /// Returns the layers of a node that is found at an address, nothing opened.
    pub(crate) fn new(me: Peer, begins: Beginning, config: &Config) -> Self {
        let uuid = begins.uuid;
        Self {
            uuid,
            gmcast: Gmcast::new(me, uuid, config.jitter),
            evs: Evs::new(uuid, begins.restored_seq),
            opening: Opening {
                announce_until: Time::ZERO,
                waits_without_limit: begins.restored.is_some(),
                done: false,
            },
            pc: Pc::new(uuid, begins.new_cluster, begins.restored, config),
            gcs: Gcs::new(uuid, begins.position, begins.entropy, config),
            component: None,
        }
    }

    /// Returns the node's identity in the group.
    pub(crate) const fn uuid(&self) -> GcommUuid {
        self.uuid
    }

    /// The node announces itself until this instant at the latest.
    pub(crate) const fn announce_until(&mut self, at: Time) {
        self.opening.announce_until = at;
    }

    /// Returns whether the node still announces itself: no member has noted it, and there is time.
    pub(crate) fn is_announcing(&self, now: Time) -> bool {
        self.evs.known_size() <= 1 && now < self.opening.announce_until
    }

    /// Returns whether the wait for a primary component has no limit.
    pub(crate) const fn waits_without_limit(&self) -> bool {
        self.opening.waits_without_limit
    }

    /// The wait for a primary component has no limit.
    pub(crate) const fn wait_without_limit(&mut self) {
        self.opening.waits_without_limit = true;
    }

    /// Returns whether group communication is open.
    pub(crate) const fn is_open(&self) -> bool {
        self.opening.done
    }

    /// Group communication is open.
    pub(crate) const fn opened(&mut self) {
        self.opening.done = true;
    }

    /// Keeps the last component.
    pub(crate) fn enter_component(&mut self, view: PcView) {
        self.component = Some(view);
    }

    /// Returns whether the group layer has been shown a component: none before a primary one, unless the node
    /// waits without limit.
    pub(crate) fn has_shown_component(&self) -> bool {
        self.component.is_some() && (self.component_is_primary() || self.waits_without_limit())
    }

    /// Returns the last component: its id, `None` before the first one, and its members.
    pub(crate) fn last_component(&self) -> (Option<ViewId>, Vec<GcommUuid>) {
        let view = self.component.as_ref();
        let members = view.map(|view| view.members.iter().copied().collect());
        (view.map(|view| view.id), members.unwrap_or_default())
    }

    /// Returns whether the last component is primary.
    pub(crate) fn component_is_primary(&self) -> bool {
        let view = self.component.as_ref();
        view.is_some_and(|view| view.id.kind == ViewType::Prim)
    }

    /// Returns whether the component is primary, as the layer of the primary component sees it.
    pub(crate) fn is_primary(&self) -> bool {
        self.pc.state() == pc::State::Prim
    }

    /// Returns the view of the membership.
    pub(crate) const fn view_id(&self) -> ViewId {
        self.evs.view_id()
    }

    /// Returns a member as the log names it. `name_of` gives the name of a place.
    pub(crate) fn member_ref(
        &self,
        uuid: GcommUuid,
        name_of: impl Fn(Peer) -> String,
    ) -> MemberRef {
        let members = self.gcs.member_ids();
        let index = members.iter().position(|member| *member == uuid);
        let index = index.and_then(|i| i32::try_from(i).ok()).unwrap_or(-1);
        let peer = self.gmcast.peer_of(uuid);
        MemberRef::new(index, peer.map(name_of).unwrap_or_default())
    }
}
