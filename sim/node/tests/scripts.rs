//! The node in readable scripts: a command, `----`, and everything that the nodes then ask of their
//! surroundings.
//!
//! `REWRITE_SCRIPTS=1 cargo test -p seatrial-node --test scripts` writes the output anew; read it before
//! it is kept. Timers, keepalives, syncs and the write-set cache are left out of the output.
//!
//! Commands: `start A`, `bootstrap A`, `stop A`, `kill A`, `force A` (safe_to_bootstrap by hand), `set A OPTION VALUE`,
//! `write A ROW`, `read A`, `lock A`, `weight A 3`, `promote A` (pc.bootstrap), `split A B | C`, `heal`, `run 2s`,
//! `quiet 2s` (the same without output), `show`, `look A` (its layers).
//!
//! Message by message: `hold` stops all messages of evs, `hold JOIN COMMIT` those of these kinds and what comes behind
//! them; `waiting` lists them; `deliver A->B` lets the next one arrive, `deliver A->B JOIN` the next of a kind, `deliver
//! A->B all` all; `drop A->B JOIN` loses those of a kind, `drop A->B` all; `release` lets all go; `timer A evs` lets a
//! timer run out now. Kinds: JOIN, INSTALL, COMMIT, GAP, LEAVE, STATE, PC-INSTALL, USER, COMPLETE.

#[path = "scripts_support/bench.rs"]
mod bench;
#[path = "scripts_support/eyes.rs"]
mod eyes;
#[path = "scripts_support/files.rs"]
mod files;
#[path = "scripts_support/single.rs"]
mod single;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bench::Bench;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

/// Plays a script and returns it with the output that there really is.
fn play(script: &str) -> String {
    let mut bench = Bench::new();
    let mut played = String::new();
    let mut in_output = false;
    for line in script.lines() {
        if in_output {
            // An empty line ends the output.
            in_output = !line.is_empty();
            continue;
        }
        if line == "----" {
            in_output = true;
            continue;
        }
        if line.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            let _ = writeln!(played, "{line}");
            continue;
        }
        let output = bench.command(line);
        let _ = writeln!(played, "{line}\n----\n{output}\n");
    }
    played.trim_end().to_owned() + "\n"
}

fn check(name: &str) {
    let path = folder().join(name).with_extension("txt");
    let script = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let played = play(&script);
    assert_eq!(play(&script), played, "a script plays the same twice");
    if std::env::var_os("REWRITE_SCRIPTS").is_some() {
        std::fs::write(&path, played).unwrap_or_else(|error| panic!("{name}: {error}"));
        return;
    }
    let different = script.lines().zip(played.lines()).enumerate();
    for (number, (wanted, seen)) in different {
        assert_eq!(seen, wanted, "{name}.txt, line {}", number + 1);
    }
    assert_eq!(script, played, "{name}.txt is longer or shorter");
}

macro_rules! scripts {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )+

        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

scripts! {
    bootstrap_of_a_fresh_node
    join_of_a_second_and_a_third
    orderly_stop
    kill_and_restart_with_a_saved_view
    loss_of_quorum
    refused_bootstrap
    ist_after_a_gap
    reversing_history
    all_killed_and_restored
    a_start_in_vain
    joins_lost_in_a_gather
    an_evicted_member_is_kept_out
    an_install_that_a_lost_member_holds_up
    a_weight_under_way
}

#[test]
fn every_script_is_played() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    files.sort();
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(files, names);
}
