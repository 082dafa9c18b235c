//! The files of a host that belong to the model: shown in its tree, and compared with what they became.

use std::collections::BTreeMap;
use std::path::Path;
use std::{io, mem};

use rustix::fd::OwnedFd;
use seatrial_scenarios::tree::{MODELLED, is_modelled};
use seatrial_scenarios::{FileChange, HostFiles, Span};

use super::root::{Mark, Root};

/// Midnight of 2026-01-01, when every run begins, in seconds since 1970.
pub(in crate::script) const EPOCH: u64 = 1_767_225_600;

/// A file as it was shown, or as it was found when it had been changed.
struct Known {
    mark: Mark,
    content: Vec<u8>,
}

/// The model's files in the tree of one host.
pub(super) struct TreeFiles {
    root: Root,
    pub(super) version: Option<u64>,
    known: BTreeMap<String, Known>,
    /// The sockets that stand in the tree.
    sockets: Vec<String>,
    /// The server that took clients when the files were last shown.
    server: Option<u32>,
    second: i64,
}

/// The end of a socket's name.
const SOCKET: &str = ".sock";

impl TreeFiles {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            root: Root::open(folder)?,
            version: None,
            known: BTreeMap::new(),
            sockets: Vec::new(),
            server: None,
            second: 0,
        })
    }

    /// Writes what the host has now. A file keeps its inode, and one that is as it was shown is not touched. Returns
    /// the sockets that are new in the tree, bound and not listening yet: a `server` that begins to take clients makes its
    /// own, also in the place of one that a killed server has left.
    pub(super) fn show(
        &mut self,
        version: u64,
        server: Option<u32>,
        mut files: HostFiles,
        now: Span,
    ) -> io::Result<Vec<OwnedFd>> {
        self.version = Some(version);
        let is_socket = |path: &&String| path.ends_with(SOCKET);
        let sockets: Vec<String> = files.keys().filter(is_socket).cloned().collect();
        files.retain(|path, _| !path.ends_with(SOCKET));
        for gone in self.sockets.iter().filter(|path| !sockets.contains(path)) {
            self.root.remove(gone);
        }
        let mut bound = Vec::new();
        let begins = server.is_some() && server != self.server;
        self.server = server;
        for new in sockets
            .iter()
            .filter(|path| begins || !self.sockets.contains(path))
        {
            bound.push(self.root.make_socket(new)?);
        }
        self.sockets = sockets;
        let second = EPOCH + now.as_micros() / 1_000_000;
        self.second = i64::try_from(second).unwrap_or(i64::MAX);
        let gone: Vec<String> = self
            .known
            .keys()
            .filter(|path| !files.contains_key(*path))
            .cloned()
            .collect();
        for path in gone {
            self.root.remove(&path);
            self.known.remove(&path);
        }
        for (path, content) in files {
            let known = self.known.get(&path);
            if known.is_some_and(|known| known.content == content) {
                continue;
            }
            let grows = known
                .filter(|known| !known.content.is_empty() && content.starts_with(&known.content));
            let after = grows.map_or(0, |known| known.content.len());
            self.root.write(&path, &content, after, self.second)?;
            self.learn(path, content);
        }
        Ok(bound)
    }

    fn learn(&mut self, path: String, content: Vec<u8>) {
        match self.root.mark(&path) {
            Some(mark) => self.known.insert(path, Known { mark, content }),
            None => self.known.remove(&path),
        };
    }

    /// Returns what has been done to the files since they were shown or last looked at.
    pub(super) fn changes(&mut self) -> Vec<FileChange> {
        let mut found: BTreeMap<String, Mark> = BTreeMap::new();
        for path in MODELLED {
            found.extend(self.root.list(path));
        }
        found.retain(|path, _| is_modelled(path));
        let same = found.len() == self.known.len()
            && found
                .iter()
                .zip(&self.known)
                .all(|((path, mark), (known, was))| path == known && *mark == was.mark);
        if same {
            return Vec::new();
        }
        self.compare(&found)
    }

    fn compare(&mut self, found: &BTreeMap<String, Mark>) -> Vec<FileChange> {
        let mut changes = Vec::new();
        let was = mem::take(&mut self.known);
        // An inode that has left its name and stands under another one was moved.
        let by_inode: BTreeMap<u64, &String> = was
            .iter()
            .filter(|(path, _)| !found.contains_key(*path))
            .map(|(path, known)| (known.mark.inode, path))
            .collect();
        let mut moved = BTreeMap::new();
        for (path, mark) in found {
            let before = was.get(path).map(|known| known.mark.inode);
            if before != Some(mark.inode)
                && let Some(from) = by_inode.get(&mark.inode)
            {
                moved.insert((*from).clone(), path.clone());
            }
        }
        for (from, to) in &moved {
            changes.push(FileChange::Moved {
                from: from.clone(),
                to: to.clone(),
            });
        }
        for path in was.keys() {
            if !found.contains_key(path) && !moved.contains_key(path) {
                changes.push(FileChange::Removed { path: path.clone() });
            }
        }
        for (path, mark) in found {
            let from = moved
                .iter()
                .find_map(|(from, to)| (to == path).then_some(from));
            let before = was.get(from.unwrap_or(path));
            if let Some(before) = before
                && before.mark == *mark
            {
                self.known.insert(
                    path.clone(),
                    Known {
                        mark: *mark,
                        content: before.content.clone(),
                    },
                );
                continue;
            }
            // A file that cannot be read any more is looked at again the next time.
            let Ok(content) = self.root.read(path) else {
                continue;
            };
            let same_file = before.is_none_or(|before| before.mark.inode == mark.inode);
            if before.is_none_or(|before| before.content != content || !same_file) {
                let (path, content) = (path.clone(), content.clone());
                changes.push(if same_file {
                    FileChange::Written { path, content }
                } else {
                    FileChange::Replaced { path, content }
                });
            }
            // The time of the simulated clock: a later change cannot have the same mark.
            let _ = self.root.touch(path, self.second);
            self.learn(path.clone(), content);
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Tree {
        folder: std::path::PathBuf,
        files: TreeFiles,
    }

    impl Tree {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("seatrial-tree-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).unwrap();
            let mut files = TreeFiles::new(&folder).unwrap();
            let shown = [("grastate.dat", "seqno: -1\n"), ("gvwstate.dat", "view\n")];
            let shown = shown
                .map(|(name, text)| (format!("/var/lib/mysql/{name}"), text.as_bytes().to_vec()));
            files.show(1, None, shown.into(), Span::ZERO).unwrap();
            Self { folder, files }
        }

        /// Lets a shell change the files in the data folder, and returns what is noticed.
        fn after(&mut self, line: &str) -> Vec<String> {
            let status = std::process::Command::new("sh")
                .args(["-c", line])
                .current_dir(self.folder.join("var/lib/mysql"))
                .status();
            assert!(status.unwrap().success(), "{line}");
            let changes = self.files.changes();
            assert_eq!(self.files.changes(), Vec::new(), "noticed twice");
            let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            let text = |content: &[u8]| String::from_utf8_lossy(content).trim().to_owned();
            let in_words = changes.iter().map(|change| match change {
                FileChange::Written { path, content } => {
                    format!("wrote {}: {}", name(path), text(content))
                }
                FileChange::Replaced { path, content } => {
                    format!("replaced {}: {}", name(path), text(content))
                }
                FileChange::Moved { from, to } => format!("moved {} to {}", name(from), name(to)),
                FileChange::Removed { path } => format!("removed {}", name(path)),
            });
            in_words.collect()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn each_kind_of_change_is_told_from_the_others() {
        let mut tree = Tree::new("kinds");
        let nothing: [&str; 0] = [];
        assert_eq!(tree.after("cat grastate.dat"), nothing);
        assert_eq!(
            tree.after("echo 'seqno:  7' > grastate.dat"),
            ["wrote grastate.dat: seqno:  7"]
        );
        // As many bytes as before, at once after it.
        assert_eq!(
            tree.after("echo 'seqno:  8' > grastate.dat"),
            ["wrote grastate.dat: seqno:  8"]
        );
        assert_eq!(
            tree.after("sed -i s/8/9/ grastate.dat"),
            ["replaced grastate.dat: seqno:  9"]
        );
        assert_eq!(
            tree.after("mv gvwstate.dat old"),
            ["moved gvwstate.dat to old"]
        );
        assert_eq!(
            tree.after("mv grastate.dat g; cp g grastate.dat"),
            ["wrote g: seqno:  9", "replaced grastate.dat: seqno:  9"]
        );
        assert_eq!(
            tree.after("rm -f old g grastate.dat"),
            ["removed g", "removed grastate.dat", "removed old"]
        );
        assert_eq!(
            tree.after("touch x; mkdir d; touch d/y"),
            ["wrote y: ", "wrote x: "]
        );
        assert_eq!(tree.after("rm -r x d"), ["removed y", "removed x"]);
    }

    #[test]
    fn what_is_shown_is_no_change() {
        let mut tree = Tree::new("shown");
        let files = [(
            "/var/lib/mysql/grastate.dat".to_owned(),
            b"seqno: -1\nmore\n".to_vec(),
        )];
        tree.files
            .show(2, None, files.into(), Span::from_secs(5))
            .unwrap();
        assert_eq!(tree.files.changes(), Vec::new());
        assert!(!tree.folder.join("var/lib/mysql/gvwstate.dat").exists());
    }
}
