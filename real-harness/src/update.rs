//! An update of a node's programs: what a package manager does, with the files of another image. The
//! host stays, with its address, its data and its configuration.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::docker::Docker;
use crate::error::HarnessError;
use crate::host::Host;

/// The programs of an image, as an archive of `/usr`.
#[derive(Clone)]
pub(crate) struct Programs {
    archive: Arc<Vec<u8>>,
}

impl Programs {
    /// Reads them out of an image; the second time they are at hand.
    pub(crate) async fn of(docker: &Docker, image: &str) -> Result<Self, HarnessError> {
        static KNOWN: Mutex<Option<HashMap<String, Programs>>> = Mutex::const_new(None);
        let mut known = KNOWN.lock().await;
        let known = known.get_or_insert_default();
        if let Some(programs) = known.get(image) {
            return Ok(programs.clone());
        }
        let programs = Self {
            archive: Arc::new(docker.read_image(image, "/usr").await?),
        };
        known.insert(image.to_owned(), programs.clone());
        Ok(programs)
    }

    /// Waits until a playbook on the host wants the programs, and puts them there. Whoever started
    /// this ends it with the playbook.
    pub(crate) async fn serve(&self, host: &Host) -> Result<(), HarnessError> {
        while !host.do_it("update_wanted").await?.well {
            sleep(Duration::from_millis(100)).await;
        }
        host.put_archive("/", self.archive.as_ref().clone()).await?;
        host.must("update_done").await?;
        Ok(())
    }
}
