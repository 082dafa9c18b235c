//! Ansible, unmodified, as the operator: the playbooks of `docs/scripts`. pytest-testinfra and bats likewise.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::work::{Work, can_confine};

/// Returns whether a program is here; says what is not tested otherwise.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn is_here(program: &str) -> bool {
    let here = Command::new(program).arg("--version").output().is_ok();
    if !here {
        eprintln!("not tested: {program} is not installed");
    }
    here && can_confine()
}

/// Runs a program of the documentation in one scenario, and returns its cell and what it printed.
fn played(program: &str, scenario: &str) -> (Value, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripts");
    let program = folder.join(program).display().to_string();
    let folder = folder.display().to_string();
    let work = Work::new();
    let ran = work.run(&[
        "verify",
        "--script",
        &program,
        "--bind",
        &folder,
        "--scenarios",
        scenario,
        "--patience",
        "120",
        "--format",
        "json",
    ]);
    let matrix: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let file = format!("target/seatrial/verify/cells/{scenario}--script.txt");
    (matrix["cells"][0].clone(), work.read(&file))
}

#[test]
fn a_playbook_recovers() {
    if !is_here("ansible-playbook") {
        return;
    }
    for scenario in ["s37-two-crash-one-survives", "s14-positions-with-a-gtid"] {
        let (cell, text) = played("recover-playbook.sh", scenario);
        assert_eq!(cell["outcome"], "recovered", "{scenario}: {text}");
    }
}

/// Where a primary component works, it stops nothing.
#[test]
fn a_playbook_leaves_a_working_component_alone() {
    if !is_here("ansible-playbook") {
        return;
    }
    let (_, text) = played("recover-playbook.sh", "s40-a-new-disk-and-two-crashed");
    assert!(!text.contains("systemctl stop"), "{text}");
}

#[test]
fn a_playbook_that_restarts_all_hosts_at_once_loses_the_component() {
    if !is_here("ansible-playbook") {
        return;
    }
    let (cell, text) = played("restart-playbook.sh", "s35-one-link-is-broken");
    assert_eq!(cell["outcome"], "stuck", "{text}");
}

/// Tests of an infrastructure, in Python and in shell, look at simulated hosts as at real ones.
#[test]
fn testinfra_and_bats_look_at_a_host() {
    let has_testinfra = Command::new("python3")
        .args(["-c", "import testinfra"])
        .output()
        .is_ok_and(|ran| ran.status.success());
    if !is_here("bats") || !is_here("pytest-3") || !has_testinfra {
        return;
    }
    let work = Work::new();
    work.write(
        "hosts_test.py",
        "import testinfra\n\n\ndef test_a_node():\n    host = testinfra.get_host('ssh://root@A')\n    \
         assert host.file('/var/lib/mysql/grastate.dat').contains('seqno')\n    \
         assert host.run('mysqladmin ping').rc == 1\n    assert not host.service('mariadb').is_running\n",
    );
    work.write(
        "host.bats",
        "@test 'the server is down' {\n  run ssh A systemctl is-active mariadb\n  [ \"$output\" = failed ]\n}\n",
    );
    let here = work.path().display();
    work.write(
        "mine.sh",
        format!("#!/bin/sh\npytest-3 -q -p no:cacheprovider {here}/hosts_test.py && bats {here}/host.bats && exit 3\nexit 1\n"),
    );
    work.make_executable("mine.sh");
    let folder = work.path().display().to_string();
    let ran = work.run(&[
        "verify",
        "--script",
        "mine.sh",
        "--bind",
        &folder,
        "--scenarios",
        "s37-two-crash-one-survives",
        "--patience",
        "60",
    ]);
    let cell = work.read("target/seatrial/verify/cells/s37-two-crash-one-survives--script.txt");
    // testinfra asks for `lsb_release`, which a host does not have, and goes on without it.
    assert_eq!(ran.code, Some(3), "{cell}");
    assert!(
        cell.contains("1 passed") && cell.contains("ok 1 the server is down"),
        "{cell}"
    );
}
