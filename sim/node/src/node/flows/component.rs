//! Handles a new component: its state file, its log lines, and the layer above.

use seatrial_galera::{GvwState, LogLine, ViewType};

use crate::deliberate_fault::DeliberateFault;
use crate::detail::{Detail, LoggedView};
use crate::effect::{DiskOp, Effect, Effects, Note, TimerId, log};
use crate::node::parts::Phase;
use crate::node::whole::Node;
use crate::pc::PcView;
use crate::time::Time;

impl Node {
    /// Writes that the channel is open, unless that has been written. The group layer sees no component before.
    pub(super) fn tell_opened(&self, fx: &mut Effects) {
        if !self.group.is_open() && !self.group.has_shown_component() {
            self.tell(Detail::Opened, fx);
        }
    }

    /// A component: the state file of the view first, as gcomm does, then the layer above.
    pub(super) fn pc_view(&mut self, view: &PcView, now: Time, fx: &mut Effects) {
        let primary = view.id.kind == ViewType::Prim;
        let gone = view.left.union(&view.partitioned);
        let full = Detail::View(Box::new(LoggedView {
            id: view.id,
            members: view.members.iter().copied().collect(),
            partitioned: gone.copied().collect(),
        }));
        let line = LogLine::view(view.id, view.members.iter().copied());
        fx.push(Effect::Note(Note::LogAs(line, Box::new(full))));
        for peer in view.left.union(&view.partitioned) {
            self.tell(Detail::Forgetting(Self::logged_peer(*peer)), fx);
        }
        let me = self.group.uuid();
        let config = &self.identity.config;
        let saves = config.pc_recovery && !config.has(DeliberateFault::ViewNeverWritten);
        if (primary || config.has(DeliberateFault::NonPrimaryViewWritten)) && saves {
            let file = GvwState {
                my_uuid: me,
                view_id: view.id,
                bootstrap: view.bootstrap,
                members: view.members.iter().map(|uuid| (*uuid, 0)).collect(),
            };
            self.store.disk(DiskOp::WriteGvwstate(file), fx);
        }
        if primary || self.group.waits_without_limit() {
            self.tell_opened(fx);
        }
        if primary {
            let mut out = Vec::new();
            let config = &self.identity.config;
            let (left, gone) = (&view.left, &view.partitioned);
            self.group
                .gmcast
                .primary_view(&view.members, left, gone, now, config, &mut out);
            self.run_gmcast(out, fx);
            if self.life.phase() == Phase::Connected {
                self.group.opened();
            }
            fx.push(Effect::ClearTimer(TimerId::WaitPrim));
        }
        let index = view.members.iter().position(|uuid| *uuid == me);
        log(
            fx,
            LogLine::NewComponent {
                primary,
                bootstrap: view.bootstrap,
                my_idx: i32::try_from(index.unwrap_or(0)).unwrap_or(-1),
                memb_num: u32::try_from(view.members.len()).unwrap_or(u32::MAX),
            },
        );
        if !primary {
            log(fx, LogLine::ReceivedNonPrimary);
        }
        self.applier.forget_flow();
        self.group.enter_component(view.clone());
        self.ask_again(now, fx);
        let mut out = Vec::new();
        self.group.gcs.component(view, &mut out);
        self.run_gcs(out, now, fx);
    }
}
