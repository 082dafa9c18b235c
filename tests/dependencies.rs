//! Checks which of our packages may depend on which, and which crates stay out of the inner ones.
//!
//! No oracle and no procedure may peek into the model, and the harness for real nodes measures
//! `MariaDB` instead of our beliefs: `scenarios`, `reports` and `real-harness` never depend on `sim`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

/// Every package and what it may depend on. A new arrow or package is a decision: it is written
/// down here and in ARCHITECTURE.md.
const ALLOWED: &[(&str, &[&str])] = &[
    ("seatrial-galera", &[]),
    ("seatrial-evidence", &["seatrial-galera"]),
    (
        "seatrial-autopsy",
        &["seatrial-evidence", "seatrial-galera"],
    ),
    (
        "seatrial-answers",
        &[
            "seatrial-autopsy",
            "seatrial-evidence",
            "seatrial-galera",
            "seatrial-reports",
            "seatrial-scenarios",
        ],
    ),
    ("seatrial-node", &["seatrial-galera"]),
    ("seatrial-port", &[]),
    ("seatrial-language", &["seatrial-port"]),
    (
        "seatrial-scenarios",
        &["seatrial-galera", "seatrial-language", "seatrial-port"],
    ),
    (
        "seatrial-sim",
        &["seatrial-galera", "seatrial-node", "seatrial-scenarios"],
    ),
    (
        "seatrial-real-harness",
        &["seatrial-galera", "seatrial-scenarios"],
    ),
    (
        "seatrial-reports",
        &["seatrial-galera", "seatrial-scenarios"],
    ),
    (
        "seatrial-lab",
        &[
            "seatrial-galera",
            "seatrial-reports",
            "seatrial-scenarios",
            "seatrial-sim",
        ],
    ),
    (
        "seatrial-web",
        &[
            "seatrial-answers",
            "seatrial-autopsy",
            "seatrial-evidence",
            "seatrial-galera",
            "seatrial-lab",
            "seatrial-reports",
            "seatrial-scenarios",
            "seatrial-sim",
        ],
    ),
    (
        "seatrial",
        &[
            "seatrial-answers",
            "seatrial-autopsy",
            "seatrial-evidence",
            "seatrial-galera",
            "seatrial-lab",
            "seatrial-real-harness",
            "seatrial-reports",
            "seatrial-scenarios",
            "seatrial-sim",
        ],
    ),
];

/// What prints, serves or drives containers, and would slow the inner packages' edit-test loop.
const OUTER: &[&str] = &[
    "anstream",
    "axum",
    "bollard",
    "clap",
    "comfy-table",
    "indicatif",
    "owo-colors",
    "quick-junit",
    "testcontainers",
    "tracing-subscriber",
];

/// Crates that need a terminal, a file system, a clock or threads: a lab in a browser has none of them.
const NOT_IN_THE_LAB: &[&str] = &[
    "anstream",
    "clap",
    "ctrlc",
    "etcetera",
    "indicatif",
    "reedline",
    "rustix",
    "tokio",
];

/// The packages of the workspace, each with its direct dependencies of every kind.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let name = |value: &serde_json::Value| {
        value["name"]
            .as_str()
            .expect("packages and dependencies have names")
            .to_owned()
    };
    let list = |value: &serde_json::Value| value.as_array().expect("it is a list").clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let dependencies = list(&package["dependencies"]).iter().map(name).collect();
            (name(package), dependencies)
        })
        .collect()
}

#[test]
fn our_packages_depend_on_each_other_as_the_architecture_says() {
    let packages = packages();
    for (name, dependencies) in &packages {
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name} has no place in the architecture yet"));
        for dependency in dependencies
            .iter()
            .filter(|name| packages.contains_key(*name))
        {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn the_inner_packages_neither_print_nor_drive_containers() {
    for (name, dependencies) in packages() {
        if ![
            "seatrial-autopsy",
            "seatrial-evidence",
            "seatrial-galera",
            "seatrial-node",
            "seatrial-scenarios",
            "seatrial-sim",
        ]
        .contains(&name.as_str())
        {
            continue;
        }
        for outer in OUTER {
            assert!(
                !dependencies.contains(*outer),
                "{name} must not depend on {outer}"
            );
        }
    }
}

#[test]
fn the_lab_needs_no_terminal_file_clock_or_thread() {
    let packages = packages();
    for outer in NOT_IN_THE_LAB {
        assert!(
            !packages["seatrial-lab"].contains(*outer),
            "seatrial-lab must not depend on {outer}"
        );
    }
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/lab/src");
    let mut folders = vec![PathBuf::from(sources)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the lab's sources") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source is text");
                for word in [
                    "std::fs",
                    "std::io",
                    "std::env",
                    "std::thread",
                    "std::process",
                    "Instant",
                    "SystemTime",
                ] {
                    let path = path.display();
                    assert!(!text.contains(word), "{path} contains {word}");
                }
            }
        }
    }
}
