//! The load: clients that write without a pause.
//!
//! Each client has one row under way and begins the next when that has ended, at most ten a second,
//! so that a long load stays a record that can be read.

use seatrial_language::Load;
use seatrial_port::{Condition, Span};

use super::play::Play;
use super::requests::RunningLoad;

/// The time between two looks at the clients.
const BEAT: Span = Span::from_millis(100);

impl Play<'_> {
    /// Begins a load, or ends it. With a span it lasts that long; otherwise it goes on while the
    /// following steps are played.
    pub(super) async fn load(&mut self, load: &Load) {
        if load.clients == 0 {
            self.requests.end_load();
            return;
        }
        let clients = load
            .nodes
            .iter()
            .flat_map(|node| (0..load.clients).map(move |_| (node.clone(), None)))
            .collect();
        self.requests.put_load(RunningLoad { clients });
        self.beat().await;
        if let Some(span) = load.span {
            let span = self.clock.hold(span);
            self.pass(span).await;
            self.requests.end_load();
        }
    }

    /// As a plain wait, in short pieces between which the clients go on.
    pub(super) async fn wait_under_load(&mut self, until: &Condition, limit: Span) -> bool {
        let end = self.now() + limit;
        loop {
            let left = end.saturating_sub(self.now());
            if self.testbed.wait(until, left.min(BEAT)).await.is_ok() {
                return true;
            }
            self.beat().await;
            if left <= BEAT {
                return false;
            }
        }
    }

    /// Every client that is free begins its next row.
    async fn beat(&mut self) {
        let Some(mut load) = self.requests.take_load() else {
            return;
        };
        self.refresh().await;
        for (node, busy) in &mut load.clients {
            let free = busy.is_none_or(|started| started.has_ended(self.journal.record()));
            if free {
                let tag = self.requests.next_load_tag(node);
                *busy = Some(self.write(node, &tag));
            }
        }
        self.requests.put_load(load);
    }
}
