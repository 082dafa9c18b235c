//! Chooses the donor of a joiner, and ends a transfer for the group (`gcs/src/gcs_group.cpp`).

use seatrial_galera::{GcommUuid, Position, Seqno};

use crate::deliberate_fault::DeliberateFault;
use crate::frame::{GcsMessage, GcsNodeState};

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
            out.push(Out::TransferFailed);
        }
    }

    /// Every member chooses the same donor (`gcs_group.cpp:gcs_group_find_donor`).
    pub(super) fn state_request(
        &mut self,
        joiner: GcommUuid,
        request: StateRequest,
        out: &mut Vec<Out>,
    ) {
        let Some(donor) = self.find_donor(joiner, request.have) else {
            if joiner == self.me {
                out.push(Out::DonorFound(None));
            }
            return;
        };
        for member in &mut self.members {
            if member.uuid == joiner {
                member.peer = Some(donor);
            } else if member.uuid == donor {
                member.peer = Some(joiner);
            }
        }
        self.set_status(joiner, GcsNodeState::Joiner, out);
        self.set_status(donor, GcsNodeState::Donor, out);
        out.push(Out::DonorSelected { joiner, donor });
        if joiner == self.me {
            self.join_due = None;
            out.push(Out::DonorFound(Some(donor)));
        }
        if donor == self.me {
            out.push(Out::Donate { joiner, request });
        }
    }

    fn find_donor(&self, joiner: GcommUuid, have: Position) -> Option<GcommUuid> {
        let synced: Vec<&Member> = self
            .members
            .iter()
            .filter(|member| member.status == GcsNodeState::Synced && member.uuid != joiner)
            .filter(|member| !member.arbitrator)
            .collect();
        // Among those who could serve the difference alone, the one that would have to keep the
        // least: the highest lowest cached position.
        let incremental = synced
            .iter()
            .filter(|member| {
                have.uuid == self.uuid
                    && self.is_safely_cached(have.seqno)
                    && !member.cached.is_undefined()
                    && member.cached <= have.seqno.next()
            })
            .fold(None, |best: Option<&&Member>, member| match best {
                Some(best) if best.cached > member.cached => Some(best),
                _ => Some(member),
            });
        incremental.or(synced.first()).map(|member| member.uuid)
    }

    /// Returns whether a position is far enough from the lowest one that anybody caches: by the time the
    /// transfer begins a part of the range may be gone (`group_find_ist_donor`, 1/128 of it).
    fn is_safely_cached(&self, seqno: Seqno) -> bool {
        let lowest = self
            .members
            .iter()
            .map(|member| member.cached)
            .filter(|cached| !cached.is_undefined())
            .min();
        lowest.is_some_and(|lowest| {
            let gap = (self.received.0 - lowest.0) / 128;
            seqno.0 >= lowest.0 + gap.min(1 << 20)
        })
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
        match member.status {
            GcsNodeState::Donor => {
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
                self.set_status(source, status, out);
            }
            _ => {}
        }
    }
}
