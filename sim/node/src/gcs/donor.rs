//! Chooses the donor of a joiner, and ends a transfer for the group (`gcs/src/gcs_group.cpp`).

use seatrial_galera::{GcommUuid, Position, Seqno};

use crate::deliberate_fault::DeliberateFault;
use crate::detail::{Detail, LoggedMember};
use crate::frame::{GcsMessage, GcsNodeState, WantedDonor};

use super::{Gcs, Member, Out, StateRequest};

impl Gcs {
    /// The end of a transfer was announced while the component broke. It is announced again in the new one
    /// (`gcs.cpp:_join`, "will retry in new primary component").
    pub(super) fn join_again(&mut self, out: &mut Vec<Out>) {
        let open = matches!(self.my_status(), GcsNodeState::Donor | GcsNodeState::Joiner);
        let queued = |message: &GcsMessage| matches!(message, GcsMessage::Join { .. });
        match self.join_due {
            Some(seqno) if open && !self.queue.iter().any(queued) => {
                out.push(Out::Send(GcsMessage::Join { seqno }));
            }
            Some(_) if !open => self.join_due = None,
            _ => {}
        }
    }

    /// A joiner whose donor is not in the group any more has nothing to wait for
    /// (`gcs_group.cpp:group_check_donor`).
    pub(super) fn check_donor(&self, out: &mut Vec<Out>) {
        let Some(index) = self.my_index() else { return };
        let mine = &self.members[index];
        if mine.status == GcsNodeState::Joiner
            && let Some(donor) = mine.peer
            && !self.members.iter().any(|member| member.uuid == donor)
            && !self.has(DeliberateFault::LostDonorIgnored)
        {
            out.push(Out::Told(Detail::DonorGone(donor)));
            out.push(Out::TransferFailed);
        }
    }

    /// Every member chooses the same donor (`gcs_group.cpp:gcs_group_find_donor`). The request of a member that needs
    /// no state, or gets one already, is ignored (`gcs_group_handle_state_request`): a joiner asks again where the
    /// component has changed, and the group may have got both requests. One that has joined is told so (`ECANCELED`).
    pub(super) fn state_request(
        &mut self,
        joiner: GcommUuid,
        request: StateRequest,
        out: &mut Vec<Out>,
    ) {
        let wants = |member: &Member| member.uuid == joiner && member.status == GcsNodeState::Prim;
        if !self.members.iter().any(wants) {
            let status = self.my_status();
            if joiner == self.me && matches!(status, GcsNodeState::Joined | GcsNodeState::Synced) {
                out.push(Out::RequestCanceled(status));
            }
            return;
        }
        let before = self.my_status();
        let donor = match self.find_donor(joiner, request.have, &request.wanted) {
            Ok(donor) => donor,
            Err(NoDonor::Later) => {
                out.push(Out::Told(Detail::NoDonor(self.logged(joiner))));
                if joiner == self.me {
                    out.push(Out::DonorFound(None));
                }
                return;
            }
            Err(NoDonor::Away) => {
                if joiner == self.me {
                    out.push(Out::DonorAway);
                }
                return;
            }
        };
        for member in &mut self.members {
            if member.uuid == joiner {
                member.peer = Some(donor);
            } else if member.uuid == donor {
                member.peer = Some(joiner);
            }
        }
        self.set_status_untold(joiner, GcsNodeState::Joiner, |told| out.push(told));
        self.set_status_untold(donor, GcsNodeState::Donor, |told| out.push(told));
        out.push(Out::DonorSelected { joiner, donor });
        self.tell_shift(before, out);
        if joiner == self.me {
            out.push(Out::Told(Detail::RequestGranted(self.logged(donor))));
            self.join_due = None;
            out.push(Out::DonorFound(Some(donor)));
        }
        if donor == self.me {
            out.push(Out::Donate { joiner, request });
        }
    }

    fn find_donor(
        &self,
        joiner: GcommUuid,
        have: Position,
        wanted: &[WantedDonor],
    ) -> Result<GcommUuid, NoDonor> {
        let candidates: Vec<Candidate> = self.members.iter().map(Candidate::from).collect();
        let joiner = self.members.iter().position(|it| it.uuid == joiner);
        let group = Position::new(self.uuid, self.begun_at);
        let joiner = joiner.unwrap_or(usize::MAX);
        let donor = choose(&candidates, joiner, have, group, wanted)?;
        let member = self.members.get(donor).ok_or(NoDonor::Later)?;
        Ok(member.uuid)
    }

    /// A donor or a joiner is done (`gcs_group.cpp:gcs_group_handle_join_msg`).
    pub(super) fn join_message(
        &mut self,
        source: GcommUuid,
        seqno: Option<Seqno>,
        out: &mut Vec<Out>,
    ) {
        if source == self.me {
            self.join_due = None;
        }
        let Some(member) = self.members.iter().find(|member| member.uuid == source) else {
            return;
        };
        let peer = member.peer;
        let one = self.logged(source);
        let gone = LoggedMember { index: -1, ..one };
        let other = peer.map_or(gone, |peer| self.logged(peer));
        let failed = seqno.is_none();
        match member.status {
            GcsNodeState::Donor => {
                out.push(Out::Told(if peer.is_some() {
                    Detail::TransferTo {
                        donor: one,
                        joiner: other,
                        failed,
                    }
                } else {
                    Detail::MemberDesynced(one, false)
                }));
                self.set_status(source, GcsNodeState::Joined, out);
                if seqno.is_none() && peer == Some(self.me) {
                    out.push(Out::TransferFailed);
                }
            }
            GcsNodeState::Joiner => {
                let status = if seqno.is_some() {
                    GcsNodeState::Joined
                } else {
                    GcsNodeState::Prim
                };
                out.push(Out::Told(Detail::TransferFrom {
                    joiner: one,
                    donor: other,
                    failed,
                }));
                self.set_status(source, status, out);
            }
            _ => {}
        }
    }
}

/// A member, as far as the choice of a donor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Whether it is in step with the group.
    pub synced: bool,
    /// Whether it will be: it has a state, gives one or gets one (`GCS_NODE_STATE_JOINER` and beyond).
    pub coming: bool,
    /// Its number, by which a joiner names it.
    pub node: u8,
    /// Its place.
    pub segment: u8,
    /// The lowest seqno in its write-set cache.
    pub cached: Seqno,
    /// Whether it holds no data.
    pub arbitrator: bool,
}

impl From<&Member> for Candidate {
    fn from(member: &Member) -> Self {
        Self {
            synced: member.status == GcsNodeState::Synced,
            coming: !matches!(member.status, GcsNodeState::NonPrim | GcsNodeState::Prim),
            node: member.uuid.node_index(),
            segment: member.segment,
            cached: member.cached,
            arbitrator: member.arbitrator,
        }
    }
}

/// The reason why a joiner has no donor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDonor {
    /// Somebody will be able to give a state later (`EAGAIN`): the joiner asks again.
    Later,
    /// None of the nodes that the joiner names is here, or will have a state (`EHOSTUNREACH`, `EHOSTDOWN`).
    Away,
}

/// Returns the index of the donor for a joiner that has a position and names these nodes; `group` is the group's position
/// when its present configuration began (`gcs_group.cpp:gcs_group_find_donor`).
pub(crate) fn choose(
    members: &[Candidate],
    joiner: usize,
    have: Position,
    group: Position,
    wanted: &[WantedDonor],
) -> Result<usize, NoDonor> {
    let incremental = (have.uuid == group.uuid
        && is_safely_cached(members, have.seqno, group.seqno))
    .then(|| incremental_donor(members, joiner, have.seqno, wanted))
    .flatten();
    match incremental {
        Some(donor) => Ok(donor),
        None => donor_in_order(members, joiner, wanted),
    }
}

/// Returns the donor that could serve the difference alone: of those that the joiner names, else of its own place, else
/// of any, the one that would have to keep the least, which is the highest lowest cached position
/// (`group_find_ist_donor`).
fn incremental_donor(
    members: &[Candidate],
    joiner: usize,
    have: Seqno,
    wanted: &[WantedDonor],
) -> Option<usize> {
    let best = |fits: &dyn Fn(&Candidate) -> bool| {
        let all = members.iter().enumerate();
        let able = all.filter(|(index, member)| {
            member.synced
                && *index != joiner
                && !member.cached.is_undefined()
                && member.cached <= have.next()
                && fits(member)
        });
        able.fold(None, |best: Option<(usize, &Candidate)>, one| match best {
            Some(best) if best.1.cached > one.1.cached => Some(best),
            _ => Some(one),
        })
    };
    // The names end at the first empty one (`group_find_ist_donor_by_name_in_string`).
    let names: Vec<WantedDonor> = wanted
        .iter()
        .copied()
        .take_while(|name| *name != WantedDonor::Anyone)
        .collect();
    let named = best(&|member| names.contains(&WantedDonor::Node(member.node)));
    let segment = members.get(joiner).map(|member| member.segment);
    let near = || best(&|member| !member.arbitrator && Some(member.segment) == segment);
    let any = || best(&|member| !member.arbitrator);
    named.or_else(near).or_else(any).map(|(index, _)| index)
}

/// Returns the first donor of those that the joiner names; without a name, one of its own place if there is one
/// (`group_for_each_donor_in_string`).
fn donor_in_order(
    members: &[Candidate],
    joiner: usize,
    wanted: &[WantedDonor],
) -> Result<usize, NoDonor> {
    let nobody_named = [WantedDonor::Anyone];
    let (entries, dangling) = match wanted {
        [] => (&nobody_named[..], false),
        wanted => (wanted, wanted.last() == Some(&WantedDonor::Anyone)),
    };
    let mut worst = NoDonor::Away;
    for entry in entries {
        let found = match entry {
            WantedDonor::Anyone if worst == NoDonor::Later && !dangling => Err(NoDonor::Later),
            WantedDonor::Anyone => donor_of_place(members, joiner),
            WantedDonor::Nobody => Err(NoDonor::Away),
            WantedDonor::Node(node) => {
                let named = members.iter().position(|member| member.node == *node);
                match named {
                    Some(index) if index != joiner && members[index].synced => Ok(index),
                    Some(index) if index != joiner && members[index].coming => Err(NoDonor::Later),
                    _ => Err(NoDonor::Away),
                }
            }
        };
        match found {
            Ok(donor) => return Ok(donor),
            // Once somebody will be there later, that stays the answer.
            Err(why) if worst != NoDonor::Later => worst = why,
            Err(_) => {}
        }
    }
    Err(worst)
}

/// Returns the first member in step of the joiner's own place. Another one gives its state only where nobody of this
/// place ever will (`group_find_node_by_state`).
fn donor_of_place(members: &[Candidate], joiner: usize) -> Result<usize, NoDonor> {
    let segment = members.get(joiner).map_or(0, |member| member.segment);
    let (mut donor, mut somebody_near) = (None, false);
    for (index, member) in members.iter().enumerate() {
        if index == joiner {
            continue;
        }
        let able = member.synced && !member.arbitrator;
        if able {
            donor = Some(index);
        }
        if member.segment == segment {
            if able {
                return Ok(index);
            }
            somebody_near |= member.coming;
        }
    }
    donor.filter(|_| !somebody_near).ok_or(NoDonor::Later)
}

/// Returns whether a position is far enough from the lowest one that anybody caches: by the time the transfer begins a
/// part of the range may be gone (`group_find_ist_donor`, 1/128 of it).
fn is_safely_cached(members: &[Candidate], seqno: Seqno, begun_at: Seqno) -> bool {
    let cached = members.iter().map(|member| member.cached);
    let lowest = cached.filter(|cached| !cached.is_undefined()).min();
    lowest.is_some_and(|lowest| {
        let gap = (begun_at.0 - lowest.0) >> 7;
        seqno.0 >= lowest.0 + gap.min(1 << 20)
    })
}
