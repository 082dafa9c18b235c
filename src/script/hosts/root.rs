//! Access to the file tree of a host from outside of its walls.
//!
//! The program inside may replace any folder or file by a link to wherever it likes. So no link is ever followed here:
//! a path is walked folder by folder, and what is no folder on the way, or no file at the end, is not there.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use rustix::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// The largest file that is read, in bytes. A larger one is cut off.
const MOST: u64 = 16 * 1024 * 1024;

/// The most files in all folders of the model. A program that makes more of them is not followed further.
const FILES_MOST: usize = 4_096;

/// The deepest folder.
const DEPTH_MOST: usize = 12;

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) inode: u64,
    size: i64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Mark {
    #[expect(
        clippy::unnecessary_cast,
        clippy::cast_possible_wrap,
        reason = "the widths differ between systems; nothing but equality counts"
    )]
    fn of(stat: &Stat) -> Self {
        Self {
            inode: stat.st_ino as u64,
            size: stat.st_size as i64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

/// The root of a tree.
pub(super) struct Root(OwnedFd);

const FOLDER: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC)
    .union(OFlags::RDONLY);

impl Root {
    /// Opens the folder, which the program cannot have touched yet.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(folder, FOLDER, Mode::empty())?))
    }

    /// Returns the folder of a path, made where `make` says so, and the last part of the path.
    fn parent<'a>(&self, path: &'a str, make: bool) -> io::Result<(OwnedFd, &'a str)> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = self.0.try_clone()?;
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            if make {
                match rustix::fs::mkdirat(&at, part, Mode::from_raw_mode(0o755)) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            at = rustix::fs::openat(&at, part, FOLDER, Mode::empty())?;
        }
        Ok((at, name))
    }

    /// Returns the mark of a file, `None` where there is none.
    pub(super) fn mark(&self, path: &str) -> Option<Mark> {
        let (folder, name) = self.parent(path, false).ok()?;
        mark_in(folder.as_fd(), name)
    }

    /// Reads a file.
    pub(super) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let (folder, name) = self.parent(path, false)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::openat(&folder, name, flags, Mode::empty())?;
        let mut content = Vec::new();
        std::fs::File::from(file)
            .take(MOST)
            .read_to_end(&mut content)?;
        Ok(content)
    }

    /// Writes into a file, or makes it, and gives it a time in seconds. `after` is the number of bytes that it has
    /// already: only the rest is written then.
    pub(super) fn write(
        &self,
        path: &str,
        content: &[u8],
        after: usize,
        second: i64,
    ) -> io::Result<()> {
        let (folder, name) = self.parent(path, true)?;
        // A link or a folder in the place of the file makes way.
        if mark_in(folder.as_fd(), name).is_none() {
            let _ = rustix::fs::unlinkat(&folder, name, AtFlags::empty());
            let _ = rustix::fs::unlinkat(&folder, name, AtFlags::REMOVEDIR);
        }
        let how = if after > 0 {
            OFlags::APPEND
        } else {
            OFlags::TRUNC
        };
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC
            | OFlags::NONBLOCK
            | how;
        let file = rustix::fs::openat(&folder, name, flags, Mode::from_raw_mode(0o660))?;
        let mut file = std::fs::File::from(file);
        file.write_all(content.get(after..).unwrap_or_default())?;
        rustix::fs::futimens(&file, &at(second))?;
        Ok(())
    }

    /// Gives a file a time in seconds.
    pub(super) fn touch(&self, path: &str, second: i64) -> io::Result<()> {
        let (folder, name) = self.parent(path, false)?;
        rustix::fs::utimensat(&folder, name, &at(second), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(())
    }

    /// Makes a socket at which nobody listens yet.
    pub(super) fn make_socket(&self, path: &str) -> io::Result<OwnedFd> {
        let (folder, name) = self.parent(path, true)?;
        let _ = rustix::fs::unlinkat(&folder, name, AtFlags::empty());
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // A name is bound by its path alone; this one leads through the opened folder.
        let inside = format!("/proc/self/fd/{}/{name}", folder.as_raw_fd());
        rustix::net::bind(&socket, &SocketAddrUnix::new(inside.as_str())?)?;
        Ok(socket)
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, path: &str) {
        if let Ok((folder, name)) = self.parent(path, false) {
            let _ = rustix::fs::unlinkat(&folder, name, AtFlags::empty());
        }
    }

    /// Returns the files at a path: of a folder (whose path ends with `/`) all below it, by name.
    pub(super) fn list(&self, path: &str) -> Vec<(String, Mark)> {
        let mut found = Vec::new();
        let Some(folder) = path.strip_suffix('/') else {
            found.extend(self.mark(path).map(|mark| (path.to_owned(), mark)));
            return found;
        };
        let opened = self.parent(folder, false).and_then(|(parent, name)| {
            Ok(rustix::fs::openat(&parent, name, FOLDER, Mode::empty())?)
        });
        if let Ok(opened) = opened {
            list_in(opened.as_fd(), folder, 0, &mut found);
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }
}

fn at(second: i64) -> Timestamps {
    let time = Timespec {
        tv_sec: second,
        tv_nsec: 0,
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

fn mark_in(folder: BorrowedFd<'_>, name: &str) -> Option<Mark> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then(|| Mark::of(&stat))
}

fn list_in(folder: BorrowedFd<'_>, path: &str, depth: usize, found: &mut Vec<(String, Mark)>) {
    let Ok(entries) = Dir::read_from(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().to_str() else {
            continue;
        };
        if name == "." || name == ".." || found.len() >= FILES_MOST {
            continue;
        }
        let below = format!("{path}/{name}");
        if let Some(mark) = mark_in(folder, name) {
            found.push((below, mark));
        } else if depth < DEPTH_MOST
            && let Ok(inner) = rustix::fs::openat(folder, name, FOLDER, Mode::empty())
        {
            list_in(inner.as_fd(), &below, depth + 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder =
            std::env::temp_dir().join(format!("seatrial-root-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// A link that leads out of the tree is a file that is not there; a file of the tree takes its place.
    #[test]
    fn no_link_is_followed() {
        let (outside, inside) = (folder("outside"), folder("inside"));
        fs::write(outside.join("secret"), "alive").unwrap();
        symlink(outside.join("secret"), inside.join("file")).unwrap();
        symlink(&outside, inside.join("folder")).unwrap();
        let root = Root::open(&inside).unwrap();
        assert!(root.read("/file").is_err() && root.read("/folder/secret").is_err());
        assert_eq!(root.list("/"), Vec::new());
        root.remove("/folder/secret");
        assert!(root.write("/folder/secret", b"dead", 0, 0).is_err());
        root.write("/file", b"own", 0, 0).unwrap();
        assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "alive");
        assert_eq!(fs::read_to_string(inside.join("file")).unwrap(), "own");
        fs::remove_dir_all(outside).unwrap();
        fs::remove_dir_all(inside).unwrap();
    }
}
