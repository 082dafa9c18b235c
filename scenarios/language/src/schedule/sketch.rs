//! A rough sketch of the cluster within a schedule, so that few of its ops have nothing to act on.
//!
//! It knows processes and the network by what was done to them, and no rule of Galera's: what it cannot
//! know it takes for possible.

use std::collections::BTreeSet;

use super::op::{Interruption, Op};

/// A server, as far as a schedule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    /// It runs.
    Up,
    /// It was killed or started, and may run.
    Perhaps,
    /// It was stopped.
    Down,
    /// It is suspended.
    Hung,
    /// Its host has no power.
    Off,
}

/// The rough state of the cluster within a schedule.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    servers: Vec<Server>,
    /// Something of the network can be healed.
    cut: bool,
    /// The nodes on which a session keeps the read lock.
    locked: BTreeSet<usize>,
    /// The nodes that were taken out of flow control.
    desynced: BTreeSet<usize>,
    /// A node is starting: state may be on its way.
    starting: bool,
}

impl Sketch {
    /// Returns all nodes serve.
    pub(super) fn synced(nodes: usize) -> Self {
        Self {
            servers: vec![Server::Up; nodes],
            cut: false,
            locked: BTreeSet::new(),
            desynced: BTreeSet::new(),
            starting: false,
        }
    }

    fn at(&self, place: usize) -> Server {
        self.servers[place % self.servers.len()]
    }

    fn set(&mut self, places: &[usize], server: Server) {
        let nodes = self.servers.len();
        for place in places {
            self.servers[place % nodes] = server;
        }
    }

    /// Returns the op without the nodes on which it would do nothing; none where nothing is left of it.
    pub(super) fn fitting(&self, op: &Op) -> Option<Op> {
        let answers = |place: &usize| matches!(self.at(*place), Server::Up | Server::Perhaps);
        let lives = |place: &usize| !matches!(self.at(*place), Server::Down | Server::Off);
        let powered = |place: &usize| self.at(*place) != Server::Off;
        let startable = |place: &usize| matches!(self.at(*place), Server::Down | Server::Perhaps);
        let only = |places: &[usize], fits: &dyn Fn(&usize) -> bool| {
            let kept: Vec<usize> = places.iter().filter(|place| fits(place)).copied().collect();
            (!kept.is_empty()).then_some(kept)
        };
        let fits = match op {
            Op::Stop(places) => return only(places, &lives).map(Op::Stop),
            Op::Terminate(places) => return only(places, &lives).map(Op::Terminate),
            Op::Start(places) => return only(places, &startable).map(Op::Start),
            Op::Restart(places) => return only(places, &powered).map(Op::Restart),
            Op::PowerOff(places) => return only(places, &powered).map(Op::PowerOff),
            Op::StopAndTerminate { stop, terminate } => {
                let terminate = only(terminate, &lives)?;
                return lives(stop).then_some(Op::StopAndTerminate {
                    stop: *stop,
                    terminate,
                });
            }
            Op::Write { node, .. }
            | Op::WriteInFlight { node }
            | Op::PcBootstrap(node)
            | Op::ReadLock(node)
            | Op::Hang(node)
            | Op::Weight { node, .. }
            | Op::Desync { node, .. } => answers(node),
            Op::ReadUnlock(node) => self.locked.contains(&(node % self.servers.len())),
            Op::Bootstrap(node)
            | Op::Force(node)
            | Op::ForceBootstrap(node)
            | Op::Recover(node)
            | Op::StartInFlight { node, .. }
            | Op::StartInterrupted { node, .. } => startable(node),
            Op::Damage { node, .. } => powered(node),
            Op::Resume(node) => self.at(*node) == Server::Hung,
            Op::PowerOn(node) => self.at(*node) == Server::Off,
            Op::Heal => self.cut,
            Op::InterruptTransfer(_) => self.starting,
            Op::DiskLost(node) => self.at(*node) != Server::Hung,
            // The donor's state tells when the snapshot begins: it must not say "Donor" before.
            Op::SnapshotBroken { node, donor } => {
                let donor = donor % self.servers.len();
                self.at(*node) != Server::Hung
                    && donor != node % self.servers.len()
                    && self.at(donor) == Server::Up
                    && !self.cut
                    && !self.locked.contains(&donor)
                    && !self.desynced.contains(&donor)
            }
            Op::Partition(_)
            | Op::Cut { .. }
            | Op::Sever { .. }
            | Op::Latency { .. }
            | Op::LossFor { .. }
            | Op::FlapFor { .. }
            | Op::DiskFull(_)
            | Op::Configure { .. }
            | Op::Wait(_) => true,
        };
        fits.then(|| op.clone())
    }

    /// Takes note of what is done.
    pub(super) fn note(&mut self, op: &Op) {
        self.starting = false;
        match op {
            Op::Stop(places) => self.set(places, Server::Down),
            Op::StopAndTerminate { stop, terminate } => {
                self.set(terminate, Server::Perhaps);
                self.set(&[*stop], Server::Down);
            }
            // systemd starts again what was killed.
            Op::Terminate(places) | Op::Start(places) | Op::Restart(places) => {
                self.set(places, Server::Perhaps);
            }
            Op::StartInFlight { node, .. } => {
                self.set(&[*node], Server::Perhaps);
                self.starting = true;
            }
            Op::StartInterrupted { node, how, .. } => {
                self.set(&[*node], Server::Perhaps);
                if let Interruption::Other(on) = how {
                    self.set(&[node + on], Server::Perhaps);
                }
            }
            Op::Bootstrap(node)
            | Op::ForceBootstrap(node)
            | Op::PowerOn(node)
            | Op::Resume(node) => self.set(&[*node], Server::Perhaps),
            Op::Hang(node) => self.set(&[*node], Server::Hung),
            Op::PowerOff(places) => self.set(places, Server::Off),
            Op::Partition(groups) => {
                let first = groups.first();
                self.cut = groups.iter().any(|group| Some(group) != first);
            }
            Op::Cut { from, to } => self.cut |= from != to,
            Op::Sever { one, other } => self.cut |= one != other,
            Op::Latency { .. } => self.cut = true,
            Op::Heal | Op::LossFor { .. } | Op::FlapFor { .. } => self.cut = false,
            Op::SnapshotBroken { node, .. } => {
                self.set(&[*node], Server::Perhaps);
                self.cut = false;
            }
            Op::DiskLost(node) => self.set(&[*node], Server::Down),
            Op::ReadLock(node) => {
                self.locked.insert(node % self.servers.len());
            }
            Op::ReadUnlock(node) => {
                self.locked.remove(&(node % self.servers.len()));
            }
            Op::Desync { node, on } => {
                let node = node % self.servers.len();
                if *on {
                    self.desynced.insert(node);
                } else {
                    self.desynced.remove(&node);
                }
            }
            Op::Write { .. }
            | Op::WriteInFlight { .. }
            | Op::Force(_)
            | Op::PcBootstrap(_)
            | Op::Recover(_)
            | Op::Damage { .. }
            | Op::InterruptTransfer(_)
            | Op::DiskFull(_)
            | Op::Weight { .. }
            | Op::Configure { .. }
            | Op::Wait(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_on_which_nothing_would_happen_are_left_out() {
        let mut sketch = Sketch::synced(3);
        assert_eq!(sketch.fitting(&Op::Start(vec![0, 1])), None);
        sketch.note(&Op::Stop(vec![1]));
        let start = sketch.fitting(&Op::Start(vec![0, 1]));
        assert_eq!(start, Some(Op::Start(vec![1])));
        assert_eq!(sketch.fitting(&Op::Write { node: 1, rows: 1 }), None);
        assert_eq!(sketch.fitting(&Op::Heal), None);
        sketch.note(&Op::Partition(vec![0, 0, 1]));
        assert_eq!(sketch.fitting(&Op::Heal), Some(Op::Heal));
    }

    #[test]
    fn the_donor_of_a_broken_snapshot_is_one_whose_state_tells_when_it_gives() {
        let mut sketch = Sketch::synced(3);
        let broken = Op::SnapshotBroken { node: 0, donor: 1 };
        assert_eq!(sketch.fitting(&broken), Some(broken.clone()));
        sketch.note(&Op::Desync { node: 1, on: true });
        assert_eq!(sketch.fitting(&broken), None);
        sketch.note(&Op::Desync { node: 1, on: false });
        assert_eq!(sketch.fitting(&broken), Some(broken.clone()));
        assert_eq!(
            sketch.fitting(&Op::SnapshotBroken { node: 0, donor: 3 }),
            None
        );
        sketch.note(&Op::Sever { one: 0, other: 1 });
        assert_eq!(sketch.fitting(&broken), None);
    }
}
