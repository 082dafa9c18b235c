//! The files of the machine as programs of a user see them, and what their changes mean.

use rapidhash::v3::rapidhash_v3;
use seatrial_scenarios::console::MARIADB_LOG;
use seatrial_scenarios::{FileChange, HostFiles, TraceKind};

use crate::disk::{self, Data, Meaning, Registry, is_data_file};
use crate::machine::conf::{self, Conf};
use crate::machine::whole::Machine;

/// The file by which `galera_new_cluster` asks for a bootstrap (measurements, J).
const FLAG: &str = "/run/mariadb-wsrep-new-cluster";

/// The server's own files in /run.
const PID: &str = "/run/mysqld/mysqld.pid";
const SOCKET: &str = "/run/mysqld/mysqld.sock";

/// The folder whose files the server cannot do without.
const CONFIGURATION: [&str; 2] = ["/etc/mysql/", "/etc/my.cnf"];

impl Machine {
    /// Returns a number that changes whenever a file does that [`Machine::tree`] shows.
    pub(crate) fn tree_version(&self) -> u64 {
        let parts = [
            self.storage.disk().revision(),
            self.storage.log_writes(),
            self.daemon.starts(),
            u64::from(self.daemon.runs()),
            u64::from(self.daemon.has_socket_file()),
            u64::from(self.serves_clients().is_some()),
            u64::from(self.service.new_cluster()),
        ];
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
        rapidhash_v3(&bytes)
    }

    /// Returns the number of the server's process if it takes clients.
    pub(crate) fn serves_clients(&self) -> Option<u32> {
        let server = self.daemon.server()?;
        server.node().port_open().then_some(server.pid)
    }

    /// Returns the files of the machine. The values behind the database's files are kept in `registry`.
    pub(crate) fn tree(&self, registry: &mut Registry) -> HostFiles {
        let mut files = HostFiles::new();
        let disk = self.storage.disk();
        if !self.is_arbitrator() {
            files = self.configuration();
            let own = disk::show(disk.database(), disk.cache(), registry);
            files.extend(disk.data().files().cloned().unwrap_or(own));
        }
        for (path, content) in disk.entries() {
            files.insert(path.to_owned(), content.as_bytes().to_vec());
        }
        if let Some(log) = self.error_log() {
            files.insert(MARIADB_LOG.to_owned(), log.into_bytes());
        }
        // A server that was killed leaves both behind (seen on real nodes).
        if self.daemon.runs() || self.daemon.has_socket_file() {
            let pid = self.daemon.last_pid();
            files.insert(PID.to_owned(), format!("{pid}\n").into_bytes());
        }
        if self.daemon.has_socket_file() {
            files.insert(SOCKET.to_owned(), Vec::new());
        }
        if self.service.new_cluster() {
            files.insert(FLAG.to_owned(), Vec::new());
        }
        files
    }

    /// Returns the configuration files as they are now.
    fn configuration(&self) -> HostFiles {
        let edited = self.edited_configuration();
        if edited.is_empty() {
            let me = usize::from(self.site.peer().0);
            conf::files(self.site.installed(), me, &self.site.hosts())
        } else {
            edited
        }
    }

    /// Returns the configuration files as somebody has left them; none as long as nobody has touched them.
    fn edited_configuration(&self) -> HostFiles {
        let entries = self.storage.disk().entries();
        let of_it = entries.filter(|(path, _)| is_configuration(path));
        of_it
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .collect()
    }

    /// Gives an option another value in the configuration file, and returns the file's path.
    pub(super) fn edit_configuration(&mut self, option: &str, value: &str) -> &'static str {
        let mut files = self.configuration();
        conf::edit(&mut files, option, value);
        let disk = self.storage.change(self.now);
        for (path, content) in &files {
            disk.write(path, &String::from_utf8_lossy(content));
            disk.sync(path);
        }
        conf::GALERA
    }

    /// Returns what the configuration files say, if somebody has edited them.
    pub(super) fn edited_conf(&self) -> Option<Conf> {
        let files = self.edited_configuration();
        (!files.is_empty())
            .then(|| conf::read(&files, self.site.installed(), &self.site.directory()))
    }

    /// Returns what the configuration files say together with the options of a command line, if there is more than the
    /// installation has.
    pub(super) fn conf_with(&self, lines: &[String]) -> Option<Conf> {
        if lines.is_empty() {
            return self.edited_conf();
        }
        let directory = self.site.directory();
        let mut conf = conf::read(&self.configuration(), self.site.installed(), &directory);
        conf.set_lines(lines, &directory);
        Some(conf)
    }

    /// Does to the files what a program has done. Returns a text for each change that the model does not have.
    pub(crate) fn change_files(
        &mut self,
        changes: &[FileChange],
        registry: &Registry,
    ) -> Vec<String> {
        let mut gaps = Vec::new();
        let mut data = None;
        let was_edited = self.edited_conf();
        for change in changes {
            self.trace(TraceKind::Note {
                text: in_words(change),
            });
            let path = change.path();
            if touches_data(change) {
                let files = data.get_or_insert_with(|| self.data_files(registry));
                apply(change, files);
                if let FileChange::Moved { from, .. } = change
                    && !is_data_file(from)
                {
                    self.storage.change(self.now).remove(from);
                }
            } else if path == FLAG {
                self.service
                    .set_new_cluster(!matches!(change, FileChange::Removed { .. }));
            } else if path.starts_with("/run/") {
                gaps.push(format!(
                    "{path}: a file of a running server that is not its own any more"
                ));
            } else {
                if is_configuration(path) && self.edited_configuration().is_empty() {
                    for (path, content) in self.configuration() {
                        let text = String::from_utf8_lossy(&content).into_owned();
                        self.storage.change(self.now).write(&path, &text);
                    }
                }
                self.change_file(change);
            }
        }
        if let Some(files) = data {
            self.change_data(files, registry);
        }
        let conf = self
            .edited_conf()
            .filter(|_| was_edited != self.edited_conf());
        gaps.extend(conf.into_iter().flat_map(|conf| conf.gaps));
        gaps
    }

    /// Changes a file that is nothing but a file.
    fn change_file(&mut self, change: &FileChange) {
        if change.path() == MARIADB_LOG {
            self.storage.forget_details();
        }
        let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
        let disk = self.storage.change(self.now);
        match change {
            FileChange::Written { path, content } => disk.write(path, &text(content)),
            FileChange::Replaced { path, content } => {
                disk.replace(path, &text(content));
            }
            FileChange::Moved { from, to } => {
                disk.rename(from, to);
                if from == MARIADB_LOG {
                    self.storage.forget_details();
                }
            }
            FileChange::Removed { path } => {
                disk.remove(path);
            }
        }
    }

    /// Returns the files of the database as they are now.
    fn data_files(&self, registry: &Registry) -> HostFiles {
        let disk = self.storage.disk();
        let own = || disk::show(disk.database(), disk.cache(), &mut registry.clone());
        disk.data().files().cloned().unwrap_or_else(own)
    }

    /// The files of the database are these. A running server goes on with those that it has opened, and they count
    /// when it has ended.
    fn change_data(&mut self, files: HostFiles, registry: &Registry) {
        let meaning = disk::meaning(&files, registry);
        let cache = disk::cache(&files, registry);
        self.storage.change(self.now).set_data(Data::left(files));
        self.storage.set_found_later(meaning, cache);
        if self.daemon.server().is_none() {
            self.find_data();
        }
    }

    /// No server runs, so that what somebody has done to the files of the database counts from here on.
    pub(super) fn find_data(&mut self) {
        let Some((meaning, cache)) = self.storage.take_found_later() else {
            return;
        };
        let disk = self.storage.change(self.now);
        match meaning {
            Meaning::Gone => disk.lose_data(),
            Meaning::Whole(database) => {
                disk.restore((*database).clone());
                disk.set_data(Data::default());
            }
            Meaning::Damaged => {}
        }
        disk.restore_cache(cache);
    }
}

fn touches_data(change: &FileChange) -> bool {
    let from = match change {
        FileChange::Moved { from, .. } => Some(from),
        _ => None,
    };
    is_data_file(change.path()) || from.is_some_and(|from| is_data_file(from))
}

fn is_configuration(path: &str) -> bool {
    CONFIGURATION.iter().any(|folder| path.starts_with(folder))
}

/// Does a change to a list of files.
fn apply(change: &FileChange, files: &mut HostFiles) {
    match change {
        FileChange::Written { path, content } | FileChange::Replaced { path, content } => {
            files.insert(path.clone(), content.clone());
        }
        FileChange::Moved { from, to } => {
            if let Some(content) = files.remove(from)
                && is_data_file(to)
            {
                files.insert(to.clone(), content);
            }
        }
        FileChange::Removed { path } => {
            files.remove(path);
        }
    }
}

fn in_words(change: &FileChange) -> String {
    match change {
        FileChange::Written { path, .. } => format!("a program wrote into {path}"),
        FileChange::Replaced { path, .. } => format!("a program put another file under {path}"),
        FileChange::Moved { from, to } => format!("a program moved {from} to {to}"),
        FileChange::Removed { path } => format!("a program removed {path}"),
    }
}
