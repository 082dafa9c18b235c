//! Copies of data folders: those that are kept, and those that go from one machine to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_node::Peer;
use seatrial_scenarios::{Fault, FaultOutcome, Span};

use crate::disk::Image;

use super::whole::Cluster;

/// The copies that are kept, by their names.
pub(super) type Images = BTreeMap<String, Arc<Image>>;

impl Cluster {
    /// Applies a fault that copies data folders, and says to which machine; `None` where it is not one.
    pub(super) fn disk_fault(&mut self, fault: &Fault, now: Span) -> Option<(FaultOutcome, Peer)> {
        let peer = self.peer(fault.node()?)?;
        let image = match fault {
            Fault::DiskCloned { from, .. } => {
                let from = self.peer(from)?;
                Ok(self.machine(from).image())
            }
            Fault::DiskSaved { name, .. } => {
                let image = self.machine(peer).image();
                let receipt = format!("{} rows kept as {name}", image.rows());
                self.images_mut().insert(name.clone(), Arc::new(image));
                return Some((FaultOutcome::Applied(receipt), peer));
            }
            Fault::DiskRestored { saved, .. } => self.kept(saved),
            Fault::DataRestored { saved, .. } => self.kept(saved).map(Image::database_alone),
            _ => return None,
        };
        let outcome = match image {
            Ok(image) => self.machine_mut(peer).put_image(now, image),
            Err(why) => FaultOutcome::Skipped(why),
        };
        Some((outcome, peer))
    }

    fn kept(&self, name: &str) -> Result<Image, String> {
        let image = self.images().get(name);
        let image = image.ok_or_else(|| format!("no copy `{name}` was kept"))?;
        Ok(Image::clone(image))
    }
}
