//! The disk of a simulated machine.
//!
//! Names and inodes are separate things: a process keeps writing to the file that it opened, even when
//! somebody has meanwhile put another file under its name. What has been written and not synced lives
//! in the page cache: it survives the process and not a loss of power.

use std::collections::BTreeMap;

use seatrial_node::{Committed, Database, DiskOp, DiskState, Gcache, IoResult};

use crate::keyed::Keyed;

mod data;

pub(crate) use data::{Data, Meaning, Registry, cache, is_data_file, meaning, show};

/// A file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode(u32);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct File {
    /// The content that a reader sees.
    cached: String,
    /// The content that survives a loss of power.
    durable: String,
}

/// The inodes behind the names.
type Names = BTreeMap<String, Inode>;

/// grastate.dat's place.
pub(crate) const GRASTATE: &str = "/var/lib/mysql/grastate.dat";
/// gvwstate.dat's place.
pub(crate) const GVWSTATE: &str = "/var/lib/mysql/gvwstate.dat";

/// A disk: a value like everything else in the simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    files: BTreeMap<Inode, File>,
    names: Names,
    durable_names: Names,
    next_inode: u32,
    database: Database,
    /// How much of the database's history a loss of power leaves.
    durable_commits: usize,
    cache: Gcache,
    full: bool,
    /// The disk was full when the present server started.
    started_full: bool,
    data: Data,
    /// Counts writes, so that an observer sees that something has changed.
    revision: u64,
}

/// A copy of a data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// grastate.dat and gvwstate.dat, as far as they were there.
    files: [(&'static str, Option<String>); 2],
    database: Database,
    cache: Gcache,
    data: Data,
}

impl Image {
    /// Returns the number of rows in it.
    pub(crate) fn rows(&self) -> usize {
        self.database.rows.len()
    }

    /// Returns the database alone, as a backup has it: mariabackup copies no state file and no galera.cache.
    pub(crate) fn database_alone(mut self) -> Self {
        for (_, content) in &mut self.files {
            *content = None;
        }
        self.cache = Gcache::default();
        self
    }
}

impl Disk {
    /// Returns the bytes behind a name.
    pub fn read(&self, name: &str) -> Option<&str> {
        self.names
            .get(name)
            .and_then(|inode| self.files.get(inode))
            .map(|file| &*file.cached)
    }

    /// Returns the inode behind a name.
    pub fn inode(&self, name: &str) -> Option<Inode> {
        self.names.get(name).copied()
    }

    /// Writes into the file behind the name, or creates it. Unsynced.
    pub fn write(&mut self, name: &str, content: &str) {
        let inode = self.open(name);
        self.write_inode(inode, content);
    }

    /// Writes a new file and renames it over the name. Processes that have the old inode open keep it.
    pub fn replace(&mut self, name: &str, content: &str) -> Inode {
        let inode = self.create();
        self.names.insert(name.to_owned(), inode);
        self.write_inode(inode, content);
        inode
    }

    /// Appends a line.
    pub fn append_line(&mut self, name: &str, line: &str) {
        let inode = self.open(name);
        if let Some(file) = self.files.get_mut(&inode) {
            file.cached.push_str(line);
            file.cached.push('\n');
        }
    }

    /// Removes the name; an open inode lives on.
    pub fn remove(&mut self, name: &str) -> bool {
        self.revision += 1;
        self.names.remove(name).is_some()
    }

    /// Gives a file another name, in place of the file that has that name. Returns whether there was one.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        self.revision += 1;
        match self.names.remove(from) {
            Some(inode) => {
                self.names.insert(to.to_owned(), inode);
                true
            }
            None => false,
        }
    }

    /// Returns every name with its bytes.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.names.iter();
        named.filter_map(|(name, inode)| Some((&**name, &*self.files.get(inode)?.cached)))
    }

    /// Returns the inode behind the name, created without bytes where there is none (`fopen "a"`).
    pub fn open(&mut self, name: &str) -> Inode {
        if let Some(inode) = self.names.get(name) {
            return *inode;
        }
        let inode = self.create();
        self.names.insert(name.to_owned(), inode);
        self.revision += 1;
        inode
    }

    fn create(&mut self) -> Inode {
        let inode = Inode(self.next_inode);
        self.next_inode += 1;
        self.files.insert(inode, File::default());
        inode
    }

    fn write_inode(&mut self, inode: Inode, content: &str) {
        self.revision += 1;
        if let Some(file) = self.files.get_mut(&inode) {
            content.clone_into(&mut file.cached);
        }
    }

    fn sync_inode(&mut self, inode: Inode) {
        if let Some(file) = self.files.get_mut(&inode) {
            file.durable.clone_from(&file.cached);
        }
    }

    /// Writes a file back with its name, as an editor does that saves it.
    pub fn sync(&mut self, name: &str) {
        if let Some((name, inode)) = self.names.get_key_value(name) {
            let (name, inode) = (name.clone(), *inode);
            self.durable_names.insert(name, inode);
            self.sync_inode(inode);
        }
    }

    /// Writes everything back, as an idle machine does after a while.
    pub fn sync_all(&mut self) {
        for file in self.files.values_mut() {
            file.durable.clone_from(&file.cached);
        }
        self.durable_names.clone_from(&self.names);
        self.durable_commits = self.database.history.len();
        let named: Vec<Inode> = self.names.values().copied().collect();
        self.files.retain(|inode, _| named.contains(inode));
    }

    /// Counts changes of anything on the disk.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The database as the page cache has it.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// galera.cache.
    pub const fn cache(&self) -> &Gcache {
        &self.cache
    }

    /// Returns whether there is no room left.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// Makes writes fail from now on, or succeed again.
    pub const fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    /// Forgets galera.cache, as damage to the file does: its contents are checked when it is read.
    pub fn lose_cache(&mut self) {
        self.cache = Gcache::default();
        self.revision += 1;
    }

    /// Empties the data folder, as a new disk is that is mounted there, or `rm -rf` of all in it. The log and the
    /// configuration are elsewhere.
    pub fn lose(&mut self) {
        for names in [&mut self.names, &mut self.durable_names] {
            names.retain(|name, _| !name.starts_with(data::FOLDER));
        }
        self.full = false;
        self.lose_data();
    }

    /// Empties the data folder: every name in it, the database and the cache.
    pub fn lose_data(&mut self) {
        self.revision += 1;
        self.database = Database::default();
        self.durable_commits = 0;
        self.cache = Gcache::default();
        self.data = Data::gone();
    }

    /// Returns what somebody has done to the files of the database.
    pub(crate) const fn data(&self) -> &Data {
        &self.data
    }

    /// The files of the database are these from here on; `None` for those that the server writes.
    pub(crate) fn set_data(&mut self, data: Data) {
        self.revision += 1;
        self.data = data;
    }

    /// Returns a copy of the data folder as a reader finds it now.
    pub(crate) fn image(&self) -> Image {
        let file = |name: &'static str| self.read(name).map(str::to_owned);
        Image {
            files: [GRASTATE, GVWSTATE].map(|name| (name, file(name))),
            database: self.database.clone(),
            cache: self.cache.clone(),
            data: self.data.clone(),
        }
    }

    /// Puts a copy of a data folder in the place of this one, and writes it back.
    pub(crate) fn put(&mut self, image: Image) {
        for (name, content) in image.files {
            self.remove(name);
            if let Some(content) = content {
                self.replace(name, &content);
            }
        }
        self.restore(image.database);
        self.restore_cache(image.cache);
        self.set_data(image.data);
        self.sync_all();
    }

    /// Another database is on the disk, as after a restore.
    pub(crate) fn restore(&mut self, database: Database) {
        self.revision += 1;
        self.durable_commits = database.history.len();
        self.database = database;
    }

    /// Another galera.cache is on the disk.
    pub(crate) fn restore_cache(&mut self, cache: Gcache) {
        self.revision += 1;
        self.cache = cache;
    }

    /// Does one operation of a server. `grastate` is the handle that the server opened at its start.
    pub fn perform(
        &mut self,
        op: &DiskOp,
        grastate: &mut Option<Inode>,
        cache_size: u64,
    ) -> IoResult {
        if *op == DiskOp::Open {
            self.started_full = self.full;
        }
        if self.full {
            match op {
                // A server makes its temporary tablespace anew at each start, and finds no room.
                DiskOp::InnodbWrite(_) | DiskOp::InnodbSync if self.started_full => {
                    return IoResult::Failed;
                }
                DiskOp::InnodbReplace(_) => return IoResult::Failed,
                // Galera warns, and keeps the file of before (`view.cpp:ViewState::write_file`).
                DiskOp::WriteGvwstate(_) => return IoResult::Done,
                // The redo log and galera.cache have all their room since their making, a table's pages are taken in
                // advance (real nodes went on for 40 rows, without a word), and grastate.dat is written in its place.
                DiskOp::Open
                | DiskOp::InnodbWrite(_)
                | DiskOp::InnodbSync
                | DiskOp::WriteGrastate(_)
                | DiskOp::RemoveGvwstate
                | DiskOp::CacheAppend(_)
                | DiskOp::CacheReset(_)
                | DiskOp::CacheDiscardAbove(_) => {}
            }
        }
        match op {
            DiskOp::Open => {
                self.data.made_by_a_server();
                let text = self.read(GRASTATE).map(str::to_owned);
                *grastate = Some(self.open(GRASTATE));
                return IoResult::Opened(Box::new(DiskState {
                    grastate: text,
                    gvwstate: self.read(GVWSTATE).map(str::to_owned),
                    database: self.database.clone(),
                    cache: self.cache.clone(),
                }));
            }
            DiskOp::WriteGrastate(state) => {
                let inode = *grastate.get_or_insert_with(|| self.open(GRASTATE));
                self.write_inode(inode, &state.to_string());
                self.sync_inode(inode);
            }
            DiskOp::WriteGvwstate(state) => {
                let inode = self.replace(GVWSTATE, &state.to_string());
                self.sync_inode(inode);
            }
            DiskOp::RemoveGvwstate => {
                self.remove(GVWSTATE);
            }
            DiskOp::InnodbWrite(commits) => self.write_commits(commits),
            DiskOp::InnodbSync => self.durable_commits = self.database.history.len(),
            DiskOp::InnodbReplace(database) => {
                self.database = (**database).clone();
                self.durable_commits = self.database.history.len();
                self.revision += 1;
            }
            DiskOp::CacheAppend(event) => self.cache.append(event, cache_size),
            DiskOp::CacheReset(uuid) => {
                self.cache.clear();
                self.cache.uuid = *uuid;
            }
            DiskOp::CacheDiscardAbove(seqno) => self.cache.discard_above(*seqno),
        }
        IoResult::Done
    }

    fn write_commits(&mut self, commits: &[Committed]) {
        self.revision += 1;
        for commit in commits {
            self.database.commit(commit);
        }
    }

    /// Does what a loss of power does. Unsynced data may be there, missing or torn: `keyed` draws which, for
    /// this loss.
    pub fn power_off(&mut self, keyed: &Keyed, key: &[u64]) {
        self.revision += 1;
        let choice = |purpose: &'static str, index: u64, ways: u64| {
            let mut full = key.to_vec();
            full.push(index);
            keyed.between(purpose, &full, 0, ways - 1)
        };
        // The redo log: any prefix between what was synced and what was written.
        let written = self.database.history.len();
        if written > self.durable_commits {
            let kept = self.durable_commits
                + usize::try_from(choice(
                    "redo",
                    0,
                    (written - self.durable_commits + 1) as u64,
                ))
                .unwrap_or(0);
            self.truncate_database(kept);
        }
        for (index, file) in self.files.values_mut().enumerate() {
            if file.cached == file.durable {
                continue;
            }
            match choice("unsynced file", index as u64, 3) {
                0 => file.cached.clone_from(&file.durable),
                1 => {
                    let half = file.cached.len() / 2;
                    let cut = (0..=half)
                        .rev()
                        .find(|at| file.cached.is_char_boundary(*at));
                    file.cached.truncate(cut.unwrap_or(0));
                }
                _ => {}
            }
            file.durable.clone_from(&file.cached);
        }
        // A rename or a removal whose folder was not synced may be undone.
        let mut names = std::mem::take(&mut self.names);
        let touched: Vec<String> = names
            .keys()
            .chain(self.durable_names.keys())
            .filter(|name| names.get(*name) != self.durable_names.get(*name))
            .cloned()
            .collect();
        for (index, name) in touched.into_iter().enumerate() {
            if choice("unsynced name", index as u64, 4) == 0 {
                match self.durable_names.get(&name) {
                    Some(inode) => names.insert(name, *inode),
                    None => names.remove(&name),
                };
            }
        }
        self.names = names;
        self.durable_names.clone_from(&self.names);
        // galera.cache is mapped memory without syncs: after a loss of power it is found damaged.
        self.cache = Gcache::default();
    }

    fn truncate_database(&mut self, commits: usize) {
        let history: Vec<Committed> = self.database.history[..commits].to_vec();
        let mut database = Database {
            half_copied: self.database.half_copied,
            ..Database::default()
        };
        for commit in &history {
            database.commit(commit);
        }
        self.database = database;
    }
}

#[cfg(test)]
mod tests {
    use seatrial_galera::{GraState, Seqno, StateUuid};

    use super::*;

    fn state(seqno: i64) -> GraState {
        GraState {
            uuid: StateUuid(1),
            seqno: Seqno(seqno),
            safe_to_bootstrap: false,
        }
    }

    #[test]
    fn a_server_goes_on_writing_to_the_file_that_it_opened() {
        let mut disk = Disk::default();
        let mut handle = None;
        disk.perform(&DiskOp::Open, &mut handle, 0);
        disk.perform(&DiskOp::WriteGrastate(state(1)), &mut handle, 0);
        disk.replace(GRASTATE, "somebody's own file");
        disk.perform(&DiskOp::WriteGrastate(state(2)), &mut handle, 0);
        assert_eq!(disk.read(GRASTATE), Some("somebody's own file"));

        disk.write(GRASTATE, "edited in place");
        let mut opened_again = None;
        disk.perform(&DiskOp::Open, &mut opened_again, 0);
        disk.perform(&DiskOp::WriteGrastate(state(3)), &mut opened_again, 0);
        assert_eq!(disk.read(GRASTATE), Some(&*state(3).to_string()));
    }

    #[test]
    fn a_new_disk_for_the_data_leaves_the_log_and_the_configuration() {
        let mut disk = Disk::default();
        disk.write(GRASTATE, &state(1).to_string());
        disk.write("/etc/mysql/mariadb.conf.d/60-galera.cnf", "[galera]");
        disk.sync_all();
        disk.append_line("/var/log/mariadb/mariadb.log", "[Note] WSREP: Synchronized");
        disk.lose();
        let left: Vec<&str> = disk.entries().map(|(path, _)| path).collect();
        assert_eq!(
            left,
            [
                "/etc/mysql/mariadb.conf.d/60-galera.cnf",
                "/var/log/mariadb/mariadb.log"
            ]
        );
        // A loss of power does not bring the old data back.
        disk.power_off(&Keyed::new(1), &[]);
        assert_eq!(disk.read(GRASTATE), None);
    }

    #[test]
    fn opening_a_missing_state_file_leaves_one_of_no_bytes() {
        let mut disk = Disk::default();
        let mut handle = None;
        let IoResult::Opened(found) = disk.perform(&DiskOp::Open, &mut handle, 0) else {
            panic!("open gives the files")
        };
        assert_eq!(found.grastate, None);
        assert_eq!(disk.read(GRASTATE), Some(""));
    }

    #[test]
    fn power_loss_keeps_what_was_synced_and_may_lose_the_rest() {
        let outcomes: Vec<Option<String>> = (0..40)
            .map(|seed| {
                let mut disk = Disk::default();
                disk.write("/f", "old");
                disk.sync_all();
                disk.write("/f", "new and longer");
                disk.power_off(&Keyed::new(seed), &[]);
                disk.read("/f").map(str::to_owned)
            })
            .collect();
        for wanted in ["old", "new and", "new and longer"] {
            assert!(
                outcomes.iter().any(|seen| seen.as_deref() == Some(wanted)),
                "{wanted}"
            );
        }
    }
}
