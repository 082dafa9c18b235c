//! `seatrial verify --script --on real`: the scripts of the documentation, unchanged, on real nodes. What
//! they come to on `des` is in `tests/cli/script.rs`.
//!
//! A cell takes one to six minutes, so these tests are run by hand: `cargo test --test real -- --ignored`.
//! The gate runs that of the emitted script alone: its cells are played side by side.

use crate::engine::Engine;

const SURVIVOR: &str = "s37-two-crash-one-survives";
/// A survivor, orderly stops, crashes, a stale flag, and lost state files.
const EMITTED: [&str; 5] = [
    SURVIVOR,
    "s00-all-stopped-in-order",
    "s01-old-clean-node-newer-crashed-nodes",
    "s02-stale-flag-after-a-forced-bootstrap",
    "s16b-state-files-are-gone",
];
const GTID: &str = "s14-positions-with-a-gtid";

#[test]
#[ignore = "takes minutes on real nodes"]
fn the_documented_script_recovers_real_nodes() {
    let Some(engine) = Engine::here("a script of the user's on real nodes") else {
        return;
    };
    let cell = engine.verify_script("recover.sh", SURVIVOR);
    assert_eq!(cell["outcome"], "recovered", "{cell}");
    engine.assert_nothing_is_left();
}

#[test]
#[ignore = "takes minutes on real nodes"]
fn the_mistakes_of_the_documentation_fail_on_real_nodes_as_on_simulated_ones() {
    let Some(engine) = Engine::here("scripts with mistakes on real nodes") else {
        return;
    };
    let cell = engine.verify_script("force-stop-bootstrap.sh", SURVIVOR);
    assert_eq!(cell["outcome"], "bootstrap-refused", "{cell}");
    let text = cell["text"].as_str().unwrap_or_default();
    assert!(
        text.contains("after `sudo cm-cluster-manage --bootstrap-node` on C had returned 1"),
        "{text}"
    );
    let cell = engine.verify_script("compare-as-text.sh", GTID);
    assert_eq!(cell["outcome"], "lossy", "{cell}");
    engine.assert_nothing_is_left();
}

/// The script that `seatrial optimal` writes, in states of its pack. docs/optimal.md lists all that were played.
#[test]
#[ignore = "takes minutes on real nodes"]
fn the_emitted_script_recovers_real_nodes() {
    let Some(engine) = Engine::here("the emitted script on real nodes") else {
        return;
    };
    let cells = engine.verify_emitted(&EMITTED);
    assert_eq!(cells.len(), EMITTED.len());
    for cell in cells {
        assert_eq!(cell["outcome"], "recovered", "{cell}");
    }
    engine.assert_nothing_is_left();
}

/// Ansible, unmodified, with its modules: what it comes to on `des` is in `tests/cli/ansible.rs`.
#[test]
#[ignore = "takes minutes on real nodes"]
fn the_documented_playbook_recovers_real_nodes() {
    let Some(engine) = Engine::here("a playbook of Ansible on real nodes") else {
        return;
    };
    let cell = engine.verify_script("recover-playbook.sh", SURVIVOR);
    assert_eq!(cell["outcome"], "recovered", "{cell}");
    engine.assert_nothing_is_left();
}
