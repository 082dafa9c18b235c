//! Looks at the nodes as the observers did, and at the rows at the end.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_port::paths::GVWSTATE;
use seatrial_port::{NodeName, ProcessState, Statement};

use crate::comparison::recording::compare::Seen;
use crate::comparison::recording::{RecordedStep, Recording, is_blob};

use super::Player;

impl Player<'_> {
    /// Returns the nodes one after another, as the observer did: look, read, write.
    pub(super) async fn look(&mut self, step: &RecordedStep) -> BTreeMap<NodeName, Seen> {
        let mut all = BTreeMap::new();
        let mut written = 0;
        for (name, recorded) in &step.observed {
            let mut observation = self.testbed.observe().await;
            observation.nodes = self.namer.normalise(&observation);
            let Some(node) = observation.nodes.remove(name) else {
                continue;
            };
            let running = node.process == ProcessState::Running;
            let identity = if recorded.identity.is_some() {
                self.identity(name).await
            } else {
                None
            };
            let read = if recorded.read.is_some() && running {
                Some(self.read(name).await)
            } else {
                None
            };
            let mut write = None;
            if let Some(probe) = &recorded.write {
                let result = self.write(name, &probe.tag).await;
                written += i64::from(result == "acknowledged");
                write = Some(result);
            }
            let seen = Seen {
                node,
                read,
                write,
                identity,
                own_rows: 0,
            };
            all.insert(name.clone(), seen);
        }
        for seen in all.values_mut() {
            seen.own_rows = written;
        }
        all
    }

    async fn read(&mut self, node: &NodeName) -> String {
        let id = self.begin(node, Statement::Read);
        match self.end_of(node, id).await.as_str() {
            "acknowledged" => "ok".to_owned(),
            other => other.trim_start_matches("refused ").to_owned(),
        }
    }

    pub(super) async fn learn_identities(&mut self) {
        let names: Vec<NodeName> = self.testbed.observe().await.nodes.into_keys().collect();
        for name in names {
            self.identity(&name).await;
        }
    }

    /// Returns which of its identities a node's gvwstate.dat holds.
    async fn identity(&mut self, node: &NodeName) -> Option<usize> {
        let (text, _) = self.printed(node, &format!("cat {GVWSTATE}")).await;
        let own = text
            .lines()
            .find_map(|line| line.strip_prefix("my_uuid: "))?;
        let known = self.identities.entry(node.clone()).or_default();
        let place = known
            .iter()
            .position(|uuid| uuid == own)
            .unwrap_or_else(|| {
                known.push(own.to_owned());
                known.len() - 1
            });
        Some(place + 1)
    }

    /// The rows at the end.
    pub(super) async fn end(&mut self, recording: &Recording) {
        let last = self.testbed.observe().await;
        let rows_of = |name: &NodeName| -> Vec<String> {
            let rows = last.nodes.get(name).and_then(|node| node.rows.clone());
            rows.unwrap_or_default()
                .into_iter()
                .filter(|tag| !is_blob(tag))
                .collect()
        };
        for (name, rows) in &recording.final_rows {
            let mut rows = rows.clone();
            rows.sort();
            self.check(name, "rows", &rows.join(" "), &rows_of(name).join(" "));
        }
        let Some(load) = recording.load else { return };
        let names: Vec<&NodeName> = last.nodes.keys().collect();
        for name in &names {
            let same = rows_of(name) == rows_of(names[0]);
            self.check(
                name,
                "rows of the load",
                "alike",
                if same { "alike" } else { "differ" },
            );
            let rows: BTreeSet<String> = rows_of(name).into_iter().collect();
            let lost = self.acknowledged.difference(&rows).count();
            if load.rows_kept {
                let seen = format!("{lost} lost");
                self.check(name, "acknowledged rows", "0 lost", &seen);
            }
        }
    }
}
