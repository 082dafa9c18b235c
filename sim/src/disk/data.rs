//! The files of the database, as a program on the host sees them.
//!
//! The model keeps a database as a value. On the host it is a handful of files, whose bytes name that value: who
//! copies all of them copies the database, to another node or to an earlier time, and who changes one damages it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapidhash::v3::rapidhash_v3;
use seatrial_node::{Database, Gcache};
use seatrial_scenarios::HostFiles;

/// The data folder.
pub(super) const FOLDER: &str = "/var/lib/mysql/";

/// The database's files: InnoDB's, Aria's, the system tables, the clients' table.
const FILES: [&str; 9] = [
    "aria_log.00000001",
    "aria_log_control",
    "ib_logfile0",
    "ibdata1",
    "mysql/db.frm",
    "mysql/global_priv.frm",
    "performance_schema/db.opt",
    "t/t.frm",
    "t/t.ibd",
];

/// The write-set cache.
const CACHE: &str = "galera.cache";

/// A value whose files have been shown to a program.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    Database(Arc<Database>),
    Cache(Arc<Gcache>),
}

/// The values whose files have been shown, by the number that their files name.
pub(crate) type Registry = BTreeMap<u64, Kept>;

/// The files of the database as somebody has left them: their names and bytes, `None` as long as they are the
/// server's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Data(Option<Box<HostFiles>>);

/// The meaning of files of a database.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// There are none: a new disk.
    Gone,
    /// They are a whole database.
    Whole(Arc<Database>),
    /// No server can read them.
    Damaged,
}

/// Returns whether a path is one of the files that hold the database or the write-set cache.
pub(crate) fn is_data_file(path: &str) -> bool {
    let name = path.strip_prefix(FOLDER);
    name.is_some_and(|name| name == CACHE || FILES.contains(&name))
}

fn bytes(name: &str, number: u64) -> Vec<u8> {
    format!("seatrial: {name} of {number:016x}\n").into_bytes()
}

/// Returns the number that the bytes of a file name.
fn number(name: &str, content: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(content).ok()?;
    let rest = text.strip_prefix("seatrial: ")?.strip_prefix(name)?;
    let digits = rest.strip_prefix(" of ")?.strip_suffix('\n')?;
    u64::from_str_radix(digits, 16).ok()
}

/// Returns the files of a database and its cache, and keeps both for whoever copies them.
pub(crate) fn show(database: &Database, cache: &Gcache, registry: &mut Registry) -> HostFiles {
    let mut files = HostFiles::new();
    let of = rapidhash_v3(format!("{database:?}").as_bytes());
    let kept = || Kept::Database(Arc::new(database.clone()));
    registry.entry(of).or_insert_with(kept);
    for name in FILES {
        files.insert(format!("{FOLDER}{name}"), bytes(name, of));
    }
    let of = rapidhash_v3(format!("{cache:?}").as_bytes());
    let kept = || Kept::Cache(Arc::new(cache.clone()));
    registry.entry(of).or_insert_with(kept);
    files.insert(format!("{FOLDER}{CACHE}"), bytes(CACHE, of));
    files
}

/// Returns what files of a database are.
pub(crate) fn meaning(files: &HostFiles, registry: &Registry) -> Meaning {
    let found = |name: &&str| files.get(&format!("{FOLDER}{name}"));
    if FILES.iter().all(|name| found(name).is_none()) {
        return Meaning::Gone;
    }
    let numbers = FILES
        .iter()
        .map(|name| found(name).and_then(|content| number(name, content)));
    let numbers: Option<Vec<u64>> = numbers.collect();
    let number = numbers.filter(|all| all.iter().all(|one| Some(one) == all.first()));
    match number.and_then(|all| registry.get(all.first()?)) {
        Some(Kept::Database(database)) => Meaning::Whole(database.clone()),
        _ => Meaning::Damaged,
    }
}

/// Returns the cache that a file is; an empty one where the file is gone or damaged, which is found when it is read.
pub(crate) fn cache(files: &HostFiles, registry: &Registry) -> Gcache {
    let content = files.get(&format!("{FOLDER}{CACHE}"));
    match content.and_then(|content| registry.get(&number(CACHE, content)?)) {
        Some(Kept::Cache(cache)) => (**cache).clone(),
        _ => Gcache::default(),
    }
}

impl Data {
    /// Those of a new disk: none.
    pub(crate) fn gone() -> Self {
        Self(Some(Box::default()))
    }

    /// Those that somebody has left.
    pub(crate) fn left(files: HostFiles) -> Self {
        Self(Some(Box::new(files)))
    }

    /// Returns what somebody has left, `None` where the files are the server's own.
    pub(crate) fn files(&self) -> Option<&HostFiles> {
        self.0.as_deref()
    }

    /// Returns whether no server can read the files.
    pub(crate) fn is_damaged(&self) -> bool {
        self.files().is_some_and(|files| {
            FILES
                .iter()
                .any(|name| files.contains_key(&format!("{FOLDER}{name}")))
        })
    }

    /// A server has opened the folder: what was missing is there.
    pub(crate) fn made_by_a_server(&mut self) {
        if self.0.is_some() && !self.is_damaged() {
            self.0 = None;
        }
    }
}
