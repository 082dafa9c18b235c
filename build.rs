//! Finds out from which commit the command is built, for `--version`, `doctor`, results and records.
//!
//! `SEATRIAL_COMMIT` in the environment comes first: it is for builds outside a checkout, such as packages.
//! Without it git is asked. Without git, or outside a checkout of this repository, the commit is unknown.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the command is made of. A change elsewhere, such as in `docs`, does not make the build dirty.
const SOURCES: &[&str] = &[
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "build.rs",
    "galera",
    "lab",
    "missions",
    "real-harness",
    "reports",
    "scenarios",
    "sim",
    "src",
];

fn main() {
    println!("cargo::rerun-if-env-changed=SEATRIAL_COMMIT");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = root.canonicalize().unwrap_or(root);
    let given = env::var("SEATRIAL_COMMIT")
        .ok()
        .filter(|given| !given.is_empty());
    let (commit, date) = match given {
        Some(commit) => (commit, None),
        None => of_git(&root).unwrap_or_default(),
    };
    let source = match (commit.as_str(), date) {
        ("", _) => "unknown commit".to_owned(),
        (commit, Some(date)) => format!("{commit}, {date}"),
        (commit, None) => commit.to_owned(),
    };
    println!("cargo::rustc-env=SEATRIAL_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=SEATRIAL_BUILD_SOURCE={source}");
}

/// Returns the commit, with `-dirty` where a source differs from it, and its date.
fn of_git(root: &Path) -> Option<(String, Option<String>)> {
    let top = git(root, &["rev-parse", "--show-toplevel"]);
    if top
        .and_then(|top| Path::new(&top).canonicalize().ok())
        .as_deref()
        != Some(root)
    {
        // This is an unpacked archive, perhaps inside another repository.
        watch(&root.join("build.rs"));
        return None;
    }
    watch_commit(root);
    watch_sources(root);
    let head = git(root, &["log", "-1", "--abbrev=8", "--format=%h %cs"])?;
    let (commit, date) = head.split_once(' ')?;
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(SOURCES);
    status.push(":(exclude)*/tests/*");
    let changed = git(root, &status).is_some_and(|changed| !changed.is_empty());
    let dirty = if changed { "-dirty" } else { "" };
    Some((format!("{commit}{dirty}"), Some(date.to_owned())))
}

/// Runs this script again after a commit or a checkout. The index is not watched: a mere `git status` writes
/// it, and what it knows of changes the sources show too.
fn watch_commit(root: &Path) {
    let place =
        |name: &str| git(root, &["rev-parse", "--git-path", name]).map(|path| root.join(path));
    let mut places = vec![place("HEAD"), place("packed-refs")];
    if let Some(branch) = git(root, &["symbolic-ref", "-q", "HEAD"]) {
        // The branch has no file of its own while it is only in packed-refs. cargo takes a missing file for
        // one that has changed, so the folder in which the file will appear is watched instead.
        let file = place(&branch);
        let there = file
            .as_deref()
            .and_then(|file| file.ancestors().find(|place| place.exists()));
        places.push(there.map(Path::to_owned));
    }
    for place in places.into_iter().flatten().filter(|place| place.exists()) {
        watch(&place);
    }
}

/// Runs this script again after a change of a source. Tests are left out: they are not in the command.
fn watch_sources(root: &Path) {
    for source in SOURCES {
        let path = root.join(source);
        let Ok(entries) = fs::read_dir(&path) else {
            watch(&path);
            continue;
        };
        for entry in entries.flatten() {
            if entry.file_name() != "tests" {
                watch(&entry.path());
            }
        }
    }
}

fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// Returns what git prints, without the line's end. It writes nothing, not even the index.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("--no-optional-locks")
        .args(args)
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
