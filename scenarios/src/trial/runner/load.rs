//! Clients that write all the time.
//!
//! Each client has one row under way and begins the next when that has ended, at most ten a second,
//! so that a long load stays a record that can be read.

use crate::language::Load;
use crate::port::{Condition, NodeName, Span, Testbed};
use crate::trial::record::WriteOutcome;

use super::options::hold_for;
use super::requests::{Place, Started};
use super::run::Runner;

/// The time between two looks at the clients.
const BEAT: Span = Span::from_millis(100);

/// A load under way.
#[derive(Clone, Debug)]
pub(super) struct RunningLoad {
    clients: Vec<(NodeName, Option<Started>)>,
}

impl<T: Testbed> Runner<'_, T> {
    /// Begins a load, or ends it. With a span it lasts that long; otherwise it goes on while the
    /// following steps are played.
    pub(super) async fn load(&mut self, load: &Load) {
        if load.clients == 0 {
            self.course.load = None;
            return;
        }
        let clients = load
            .nodes
            .iter()
            .flat_map(|node| (0..load.clients).map(move |_| (node.clone(), None)))
            .collect();
        self.course.load = Some(RunningLoad { clients });
        self.beat().await;
        if let Some(span) = load.span {
            let span = hold_for(span, self.course.timers);
            self.wait(&Condition::Never, span).await;
            self.course.load = None;
        }
    }

    /// As a plain wait, in short pieces between which the clients go on.
    pub(super) async fn wait_under_load(&mut self, until: &Condition, limit: Span) -> bool {
        let end = self.testbed.now() + limit;
        loop {
            let left = end.saturating_sub(self.testbed.now());
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
        let Some(mut load) = self.course.load.take() else {
            return;
        };
        self.course
            .requests
            .refresh(self.testbed, &mut self.course.record)
            .await;
        for (node, busy) in &mut load.clients {
            let free = busy.is_none_or(|started| self.has_ended(started));
            if free {
                self.course.load_count += 1;
                let tag = format!("l{}{node}", self.course.load_count);
                let started = self.course.requests.write(
                    self.testbed,
                    &mut self.course.record,
                    self.course.step,
                    node,
                    &tag,
                );
                *busy = Some(started);
            }
        }
        self.course.load = Some(load);
    }

    fn has_ended(&self, started: Started) -> bool {
        match started.place {
            Place::Write(index) => {
                self.course.record.writes[index].outcome != WriteOutcome::Running
            }
            Place::Command(index) => self.course.record.commands[index].ended_ms.is_some(),
        }
    }
}
