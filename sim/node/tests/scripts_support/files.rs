//! The files of a host in a script.

use seatrial_node::{Change, Config, Database, DiskOp, DiskState, Gcache, IoResult};

/// The files of a node. There is one inode for each name, because no test replaces files.
#[derive(Default)]
pub(super) struct Files {
    pub(super) grastate: Option<String>,
    pub(super) gvwstate: Option<String>,
    pub(super) database: Database,
    pub(super) cache: Gcache,
}

impl Files {
    /// Does one operation.
    pub(super) fn perform(&mut self, op: &DiskOp) -> IoResult {
        match op {
            DiskOp::Open => {
                let state = DiskState {
                    grastate: self.grastate.clone(),
                    gvwstate: self.gvwstate.clone(),
                    database: self.database.clone(),
                    cache: self.cache.clone(),
                };
                self.grastate.get_or_insert_default();
                return IoResult::Opened(Box::new(state));
            }
            DiskOp::WriteGrastate(state) => self.grastate = Some(state.to_string()),
            DiskOp::WriteGvwstate(state) => self.gvwstate = Some(state.to_string()),
            DiskOp::RemoveGvwstate => self.gvwstate = None,
            DiskOp::InnodbWrite(commits) => {
                for commit in commits {
                    self.database.commit(commit);
                }
            }
            DiskOp::InnodbSync => {}
            DiskOp::InnodbReplace(database) => self.database = (**database).clone(),
            DiskOp::CacheAppend(event) => {
                self.cache.append(event, Config::default().gcache_size);
            }
            DiskOp::CacheReset(uuid) => {
                self.cache.clear();
                self.cache.uuid = *uuid;
            }
            DiskOp::CacheDiscardAbove(seqno) => self.cache.discard_above(*seqno),
        }
        IoResult::Done
    }
}

/// Returns a disk operation in words; syncs and the write-set cache are left out.
pub(super) fn describe(op: &DiskOp) -> Option<String> {
    match op {
        DiskOp::Open => Some("state files opened".to_owned()),
        DiskOp::WriteGrastate(state) => Some(format!(
            "grastate {}:{} safe {}",
            state.uuid,
            state.seqno,
            u8::from(state.safe_to_bootstrap)
        )),
        DiskOp::WriteGvwstate(state) => Some(format!("gvwstate of {}", state.members.len())),
        DiskOp::RemoveGvwstate => Some("gvwstate removed".to_owned()),
        DiskOp::InnodbWrite(commits) => {
            let list: Vec<String> = commits
                .iter()
                .map(|commit| match &commit.change {
                    Some(Change::Insert(tag) | Change::Ddl(tag)) => {
                        format!("{} {tag}", commit.seqno)
                    }
                    Some(Change::Update(images)) => {
                        let texts = images.iter();
                        let texts = texts.map(|image| format!("{}={}", image.row, image.text));
                        format!("{} {}", commit.seqno, texts.collect::<Vec<_>>().join(" "))
                    }
                    Some(Change::Skipped) => format!("{} skipped", commit.seqno),
                    None => format!("{} view", commit.seqno),
                })
                .collect();
            Some(format!("innodb {}", list.join(", ")))
        }
        DiskOp::InnodbReplace(_) => Some("innodb replaced".to_owned()),
        DiskOp::InnodbSync
        | DiskOp::CacheAppend(_)
        | DiskOp::CacheReset(_)
        | DiskOp::CacheDiscardAbove(_) => None,
    }
}
