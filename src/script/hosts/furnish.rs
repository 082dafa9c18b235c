//! The parts of a host's tree that belong to no model: its folders, its users, its units, its programs.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use seatrial_scenarios::NodeName;
use seatrial_scenarios::tree::address;

use super::remove_tree;
use crate::script::confinement::SYSTEM;
use crate::script::sandbox::{find, own_folder};
use crate::script::shim::{self, INIT_SCRIPT};

/// Folders that every host has.
const FOLDERS: [&str; 24] = [
    "dev",
    "etc/init.d",
    "etc/mysql/conf.d",
    "etc/mysql/mariadb.conf.d",
    "etc/systemd/system/mariadb.service.d",
    "home",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run/lock",
    "run/mysqld",
    "srv",
    "sys",
    "tmp",
    "usr/local/bin",
    "usr/local/sbin",
    "var/backups",
    "var/cache",
    "var/lib/mysql",
    "var/log/mariadb",
    "var/log/mysql",
    "var/spool",
];

/// The programs of a host that are the machine's own: they touch nothing but files, and their own processes.
const REAL: &str = "\
[ arch awk gawk mawk b2sum base32 base64 basename bash bc bunzip2 bzcat bzip2 cat chmod cksum cmp column comm cp csplit cut \
dash dc dd df diff diff3 dir dircolors dirname du echo ed egrep env expand expr factor false fgrep file find flock fmt \
fold free getent getopt grep groups gunzip gzip head hexdump iconv id install jq join link ln locale logger logname ls lzma \
m4 md5sum mkdir mkfifo mktemp more mv nice nl nohup nproc numfmt od openssl paste patch pathchk perl pr printenv printf pwd \
python3 readlink realpath rename rev rm rmdir rsync script sdiff sed seq setsid sftp-server sha1sum sha224sum sha256sum sha384sum \
sha512sum shred shuf sort split stat stdbuf strings stty sum sync tac tail tar tee test touch tr true truncate tsort \
tty uname unexpand uniq unlink unxz unzip uptime users vdir wc which who whoami xargs xxd xz xzcat yes zcat zgrep zip zstd";

/// Other names of the same programs.
const OTHER_NAMES: [(&str, &str); 3] = [("python", "python3"), ("sh", "bash"), ("less", "cat")];

/// The folder inside under which the machine's own programs stand.
pub(in crate::script) const MACHINE: &str = "/.machine";

/// The machine's folders of programs.
pub(in crate::script) const PROGRAMS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/// The unit of the server, with what operators look for in it.
const UNIT: &str = "[Unit]\nDescription=MariaDB 10.11 database server\nAfter=network.target\n\n[Service]\nType=notify\n\
PrivateNetwork=false\nUser=mysql\nGroup=mysql\n\
ExecStartPre=/bin/sh -c \"VAR=`cd /usr/bin/..; /usr/bin/galera_recovery`\"\nExecStart=/usr/sbin/mariadbd $MYSQLD_OPTS $_WSREP_NEW_CLUSTER $_WSREP_START_POSITION\n\
Restart=on-abnormal\nRestartSec=5s\nTimeoutStartSec=900\nTimeoutStopSec=900\n\n[Install]\nWantedBy=multi-user.target\n\
Alias=mysql.service\nAlias=mysqld.service\n";

/// Makes the tree of a host.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn furnish(tree: &Path, node: &NodeName, nodes: &[NodeName]) -> io::Result<()> {
    for folder in FOLDERS {
        fs::create_dir_all(tree.join(folder))?;
    }
    fs::set_permissions(tree.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    symlink("/run", tree.join("var/run"))?;
    symlink("/tmp", tree.join("var/tmp"))?;
    let name = node.as_str().to_lowercase();
    let files = [
        ("etc/hostname", format!("{name}\n")),
        ("etc/hosts", hosts(nodes)),
        (
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nmysql:x:101:101:MySQL Server:/nonexistent:/bin/false\n\
             nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
                .to_owned(),
        ),
        ("etc/group", "root:x:0:\nadm:x:4:\nsudo:x:27:\nmysql:x:101:\nnogroup:x:65534:\n".to_owned()),
        ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
        ("etc/profile", "export PATH\n".to_owned()),
        ("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n".to_owned()),
        ("etc/debian_version", "12.0\n".to_owned()),
        ("etc/systemd/system/mariadb.service", UNIT.to_owned()),
        ("root/.my.cnf", "[client]\nuser = root\n".to_owned()),
    ];
    for (path, text) in files {
        fs::write(tree.join(path), text)?;
    }
    for name in ["mariadb", "mysql"] {
        let script = tree.join("etc/init.d").join(name);
        fs::write(
            &script,
            format!("#!/bin/sh\nexec {INIT_SCRIPT}{name} \"$@\"\n"),
        )?;
        fs::set_permissions(script, fs::Permissions::from_mode(0o755))?;
    }
    for unit in ["mysql", "mysqld"] {
        let link = tree.join(format!("etc/systemd/system/{unit}.service"));
        symlink("mariadb.service", link)?;
    }
    for (folder, target) in links() {
        symlink(target, tree.join(folder.trim_start_matches('/')))?;
    }
    Ok(())
}

/// Returns the system's folders that are links on this machine, with what they lead to; they are links on a host, too.
fn links() -> impl Iterator<Item = (&'static str, PathBuf)> {
    let links = SYSTEM.iter().map(|folder| (*folder, fs::read_link(folder)));
    links.filter_map(|(folder, target)| Some((folder, target.ok()?)))
}

/// Returns /etc/hosts: each node's host under its full name, its short one, and the name of the scenario.
pub(in crate::script) fn hosts(nodes: &[NodeName]) -> String {
    let mut text = "127.0.0.1 localhost\n".to_owned();
    for (place, node) in (0..).zip(nodes) {
        let short = node.as_str().to_lowercase();
        let own = if short == node.as_str() {
            String::new()
        } else {
            format!(" {node}")
        };
        let line = format!("{} {short}.example.com {short}{own}\n", address(place));
        text.push_str(&line);
    }
    text
}

/// The folder that stands as /usr/bin and /usr/sbin on every host, read only: the commands of the engine, and the
/// machine's own programs under their names. It is the same for all runs. Dropping it removes it.
#[derive(Debug)]
pub(in crate::script) struct Commands {
    pub(in crate::script) folder: PathBuf,
}

impl Commands {
    /// Makes the folder. `path` is the PATH of the machine, `own` this program inside.
    pub(in crate::script) fn new(path: &str, own: &Path) -> io::Result<Self> {
        let commands = Self {
            folder: own_folder("seatrial-commands")?,
        };
        fill(&commands.folder, path, own)?;
        Ok(commands)
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        remove_tree(&self.folder);
    }
}

fn fill(folder: &Path, path: &str, own: &Path) -> io::Result<()> {
    for name in shim::of_nodes() {
        symlink(own, folder.join(name))?;
    }
    let real = REAL.split_whitespace().map(|name| (name, name));
    for (name, of) in real.chain(OTHER_NAMES) {
        if folder.join(name).symlink_metadata().is_err()
            && let Some(target) = find(of, path)
        {
            symlink(inside(&target), folder.join(name))?;
        }
    }
    Ok(())
}

/// Returns where a program of the machine stands inside a host.
fn inside(program: &Path) -> PathBuf {
    let real = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_owned());
    match PROGRAMS.iter().find(|folder| real.starts_with(folder)) {
        Some(_) => PathBuf::from(format!("{MACHINE}{}", real.display())),
        None => real,
    }
}
