//! Exchanges of states: what the members of a component agree on.

use std::collections::BTreeMap;

use seatrial_evidence::{Identity, Quorum, Source};
use seatrial_galera::{Position, Seqno, StateUuid};
use seatrial_sim::decide::{self, Agreement, GcsNodeState, GcsState};

use super::score::{Kind, Score};

/// The key of a component on all its members: who formed its view, and the number.
type View = (u32, Option<u16>, u64);

/// What a member told the others, as its own log shows it.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// Its history.
    pub(super) history: StateUuid,
    /// The last position that it received; `None` where its log does not show it.
    pub(super) received: Option<Seqno>,
    /// The number of its last configuration.
    pub(super) conf: i64,
    /// Its state in that configuration.
    pub(super) last: GcsNodeState,
    /// Its state when the exchange began.
    pub(super) now: GcsNodeState,
    /// Whether the component was made by `pc.bootstrap`, or out of the saved views.
    pub(super) bootstrap: bool,
}

/// How the exchange ended for a member.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    /// `Quorum results:`.
    pub(super) quorum: Option<(Quorum, Source)>,
    /// What became of the member: a state, or a reversal with its own position and the group's.
    pub(super) state: Option<(Outcome, Source)>,
}

/// What became of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It needs a transfer.
    Needs,
    /// It needs none.
    NeedsNone,
    /// It has more than the group.
    Reverses(Seqno, Seqno),
}

impl Outcome {
    const fn words(self) -> &'static str {
        match self {
            Self::Needs => "a transfer is needed",
            Self::NeedsNone => "no transfer is needed",
            Self::Reverses(..) => "the member is ahead and must end",
        }
    }
}

#[derive(Debug)]
struct Member {
    identity: Identity,
    own: Option<Own>,
    end: End,
}

/// All exchanges of a cluster.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    views: BTreeMap<View, (Vec<Identity>, Vec<Member>)>,
}

impl Exchanges {
    /// Adds what the log of one member shows of an exchange.
    pub(super) fn add(
        &mut self,
        id: (Identity, u64),
        members: &[Identity],
        identity: Identity,
        own: Option<Own>,
        end: End,
    ) {
        let key = (id.0.first, id.0.fourth, id.1);
        let (_, logs) = self
            .views
            .entry(key)
            .or_insert_with(|| (members.to_vec(), Vec::new()));
        logs.push(Member { identity, own, end });
    }

    /// Decides all of them again.
    pub(super) fn decide(&self, score: &mut Score) {
        for (members, logs) in self.views.values() {
            decide_one(members, logs, score);
        }
    }
}

fn decide_one(members: &[Identity], logs: &[Member], score: &mut Score) {
    let act_id = logs
        .iter()
        .find_map(|log| log.end.quorum.as_ref()?.0.act_id);
    own_states(logs, act_id, score);
    let of = |identity: &Identity| {
        let log = logs.iter().find(|log| log.identity.is_same_life(identity));
        log.and_then(|log| log.own.as_ref())
    };
    let told: Vec<Option<&Own>> = members.iter().map(of).collect();
    let unknown = told.iter().filter(|own| own.is_none()).count();
    let positions = told.iter().flatten().all(|own| own.received.is_some());
    // A position that is not in the logs is that of a member which worked on: the group's.
    let states: Vec<GcsState> = told
        .iter()
        .flatten()
        .map(|own| {
            state(
                own,
                own.received
                    .or(act_id.map(Seqno))
                    .unwrap_or(Seqno::UNDEFINED),
            )
        })
        .collect();
    let agreed = decide::agreement(&states.iter().collect::<Vec<_>>());
    for (quorum, source) in logs.iter().filter_map(|log| log.end.quorum.as_ref()) {
        if unknown > 0 {
            let why = "the log of a member before this is missing";
            score.set_apart(Kind::Agreement, why);
            score.set_apart(Kind::GroupPosition, why);
            continue;
        }
        let inputs = inputs(&states);
        score.compare(
            Kind::Agreement,
            *source,
            said(quorum),
            decided(agreed.as_ref(), &states),
            inputs.as_str(),
        );
        match (&agreed, positions, quorum.act_id) {
            (Some(agreed), true, Some(act_id)) => score.compare(
                Kind::GroupPosition,
                *source,
                act_id.to_string(),
                agreed.received.to_string(),
                inputs,
            ),
            _ => score.set_apart(
                Kind::GroupPosition,
                "members that worked on do not log their positions",
            ),
        }
    }
}

/// Decides what became of each member, from its own position and the group's.
fn own_states(logs: &[Member], act_id: Option<i64>, score: &mut Score) {
    let group = logs.iter().find_map(|log| {
        let (quorum, _) = log.end.quorum.as_ref()?;
        Some(Agreement {
            uuid: quorum.history?,
            received: Seqno(act_id?),
            prim_seqno: quorum.conf_id?,
            protocol: 0,
            vote_policy: 0,
        })
    });
    for log in logs {
        let Some((outcome, source)) = log.end.state else {
            continue;
        };
        // The line of a reversal names the group's position itself. The history is that of the node.
        let own = log.own.as_ref();
        let group = match (outcome, &group, own) {
            (Outcome::Reverses(_, group), None, Some(own)) => Some(Agreement {
                uuid: own.history,
                received: group,
                prim_seqno: 0,
                protocol: 0,
                vote_policy: 0,
            }),
            (_, group, _) => *group,
        };
        let (Some(own), Some(group)) = (own, group) else {
            score.set_apart(
                Kind::OwnState,
                "what the member or the group held is not in the logs",
            );
            continue;
        };
        let Some(received) = own.received else {
            score.set_apart(
                Kind::OwnState,
                "the position of the member before this is not in its log",
            );
            continue;
        };
        let state = state(own, received);
        let model = if decide::reverses(Position::new(own.history, received), &group) {
            Outcome::Reverses(received, group.received)
        } else if decide::state_after(&state, &group) == GcsNodeState::Prim {
            Outcome::Needs
        } else {
            Outcome::NeedsNone
        };
        score.compare(
            Kind::OwnState,
            source,
            outcome.words(),
            model.words(),
            format!(
                "the member's {}:{received}, the group's {}:{}",
                own.history, group.uuid, group.received
            ),
        );
    }
}

fn state(own: &Own, received: Seqno) -> GcsState {
    GcsState {
        vote_policy: 0,
        segment: 0,
        exchange: 0,
        group_uuid: own.history,
        received,
        prim_seqno: own.conf,
        prim_state: own.last,
        current_state: own.now,
        cached: Seqno::UNDEFINED,
        bootstrap: own.bootstrap,
        vote: None,
        counts: false,
        arbitrator: false,
        // No decision that is compared here rests on the version of the protocol.
        prim_protocol: 0,
    }
}

fn said(quorum: &Quorum) -> String {
    if !quorum.primary {
        return "no primary component".to_owned();
    }
    let number = |number: Option<i64>| number.map_or("?".to_owned(), |number| number.to_string());
    let history = quorum.history.unwrap_or(StateUuid::NIL);
    format!(
        "history {history}, conf_id {}, {} of {} members have the state",
        number(quorum.conf_id),
        quorum.primary_members.unwrap_or(0),
        quorum.members.unwrap_or(0)
    )
}

fn decided(agreed: Option<&Agreement>, states: &[GcsState]) -> String {
    let Some(agreed) = agreed else {
        return "no primary component".to_owned();
    };
    let has_state = |state: &&GcsState| {
        use GcsNodeState::{Donor, Joined, Synced};
        matches!(decide::state_after(state, agreed), Joined | Synced | Donor)
    };
    format!(
        "history {}, conf_id {}, {} of {} members have the state",
        agreed.uuid,
        agreed.prim_seqno,
        states.iter().filter(has_state).count(),
        states.len()
    )
}

fn inputs(states: &[GcsState]) -> String {
    let one = |state: &GcsState| {
        format!(
            "{} with {}:{}, configuration {}",
            words(state.current_state),
            state.group_uuid,
            state.received,
            state.prim_seqno
        )
    };
    let all: Vec<String> = states.iter().map(one).collect();
    all.join("; ")
}

const fn words(state: GcsNodeState) -> &'static str {
    match state {
        GcsNodeState::NonPrim => "one outside",
        GcsNodeState::Prim => "one without the state",
        GcsNodeState::Joiner => "a joiner",
        GcsNodeState::Donor => "a donor",
        GcsNodeState::Joined | GcsNodeState::Synced => "a member",
    }
}
