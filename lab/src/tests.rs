//! Tests the lab from the inside: going back is exact, and a saved session makes the same run.

use pollster::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use seatrial_scenarios::trace::sha256_hex;
use seatrial_scenarios::{RunOptions, Scenario};
use seatrial_sim::des::World;
use std::fmt::Write as _;

use super::mission::{Mission, embedded};
use super::session::Session;
use super::{Des, Lab, Opening, Progress, Setting};

/// Lines that change a cluster in any state.
const LINES: &[&str] = &[
    "client A write 2",
    "client B write 1",
    "client C write &",
    "client A load 1",
    "client stop",
    "A$ sudo systemctl stop mariadb",
    "B$ sudo systemctl start mariadb &",
    "C$ sudo cm-cluster-manage --force-safe-to-bootstrap",
    "C$ sudo cm-cluster-manage --bootstrap-node",
    "A,B$ sudo cat /var/lib/mysql/grastate.dat",
    "ctrl-c 1s B$ sudo systemctl restart mariadb",
    "all$ sudo -u mysql /bin/mysqld_safe --wsrep-recover",
    "fault terminate A B",
    "fault crash C",
    "fault partition A | B C",
    "fault cut A C",
    "fault cut A C 4568",
    "fault heal",
    "fault disk-cloned A C",
    "fault power-off B",
    "fault power-on B",
    "fault damage A grastate.dat garbage",
    "wait 3s",
    "wait until C non-Primary within 10s",
    "wait until all-synced within 10s",
    "procedure manual",
];

fn lab(seed: u64) -> Lab<Des> {
    let setting = Setting {
        missions: embedded().unwrap(),
        seed,
        timers: None,
        keep_events: true,
    };
    let opened = Lab::open(Des, setting, &Opening::Plain, Progress::default());
    block_on(opened).unwrap().0
}

fn session(lab: &Lab<Des>) -> &Session<World> {
    lab.session()
}

/// Draws sessions of a few lines, the same ones every time.
fn sessions(cases: u32, check: impl Fn(u64, Vec<&'static str>)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let lines = prop::collection::vec(prop::sample::select(LINES), 3..9);
    TestRunner::new_with_rng(config, rng)
        .run(&(1_u64..100, lines), |(seed, lines)| {
            check(seed, lines);
            Ok(())
        })
        .unwrap();
}

#[test]
fn back_after_any_command_restores_the_identical_state() {
    sessions(8, |seed, lines| {
        let mut lab = lab(seed);
        for line in lines {
            let before = session(&lab).hash().unwrap();
            let reply = block_on(lab.line(line));
            assert!(!reply.refused, "{line}: {}", reply.text);
            let after = session(&lab).hash().unwrap();
            assert_ne!(before, after, "{line} has left no trace of itself");
            let number = session(&lab).number();
            block_on(lab.line("back"));
            assert_eq!(session(&lab).hash().unwrap(), before, "back after {line}");
            // The same line leads to the same state again, and the old moment still exists.
            block_on(lab.line(line));
            assert_eq!(session(&lab).hash().unwrap(), after, "{line} a second time");
            block_on(lab.line(&format!("goto {number}")));
            assert_eq!(session(&lab).hash().unwrap(), after, "goto after {line}");
        }
    });
}

#[test]
fn what_is_saved_replays_to_the_same_trace() {
    sessions(8, |seed, lines| {
        let mut lab = lab(seed);
        for (index, line) in lines.iter().enumerate() {
            block_on(lab.line(line));
            if index == 1 {
                // An abandoned path does not belong to the saved session.
                block_on(lab.line("fault power-off A B C"));
                block_on(lab.line("back"));
                block_on(lab.line("fork other"));
            }
        }
        let text = session(&lab).scenario("saved").unwrap().to_toml();
        let saved = Scenario::parse("saved.toml", &text).unwrap();
        let options = RunOptions {
            seed,
            ..RunOptions::default()
        };
        let (record, trace) =
            seatrial_sim::des::run(&saved, &saved.setup(None, seed), &options).unwrap();
        assert_eq!(trace.events, session(&lab).events(), "{text}");
        assert_eq!(
            sha256_hex(&format!("{:?}", trace.events)),
            sha256_hex(&format!("{:?}", session(&lab).events()))
        );
        assert_eq!(record.writes, session(&lab).record().writes);
        assert_eq!(record.commands, session(&lab).record().commands);
    });
}

#[test]
fn every_word_of_the_fault_table_is_one_of_the_language() {
    let lines = [
        "fault hang A",
        "fault resume A",
        "fault latency A 20ms",
        "fault latency A B 20ms",
        "fault loss A 10%",
        "fault flap A 2s",
        "fault disk-full A",
        "fault disk-lost A",
        "fault disk-saved B monday",
        "fault disk-restored A monday",
        "fault data-restored A monday",
        "fault interrupt-transfer A",
        "fault stop-hangs A",
        "fault read-lock A",
        "fault read-unlock A",
        "fault rollback-fails A",
        "fault backend-stop A",
        "fault clock-jump A 1h",
        "fault configure A wsrep_cluster_address gcomm://",
        "fault readdress A 10.0.0.14",
        "fault damage A gvwstate.dat old-copy",
    ];
    let tried: Vec<&str> = lines
        .iter()
        .chain(LINES)
        .filter_map(|line| line.strip_prefix("fault "))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    for name in super::words::fault_names() {
        assert!(
            tried.contains(&name.as_str()),
            "nobody tries `fault {name}`"
        );
    }
    let mut lab = lab(1);
    for line in lines {
        let reply = block_on(lab.line(line));
        assert!(!reply.refused, "{line}: {}", reply.text);
    }
}

#[test]
fn lines_that_cannot_be_done_say_why_and_change_nothing() {
    let mut lab = lab(1);
    let before = session(&lab).hash().unwrap();
    let mut text = String::new();
    for line in [
        "statsu",
        "bananas",
        "sudo reboot",
        "D$ sudo reboot",
        "A$",
        "A$  &",
        "why D",
        "why",
        "back",
        "back 0",
        "back 3",
        "goto 7",
        "goto nowhere",
        "fork main",
        "fork 7",
        "diff",
        "fault",
        "fault trminate A",
        "fault terminate",
        "fault partition A | B",
        "fault damage A grastate.dat eaten",
        "fault loss A 101%",
        "client A write 0",
        "client A write x",
        "client A load 65",
        "wait",
        "wait 0s",
        "wait 5 parsecs",
        "wait 2h",
        "wait until",
        "wait until Synced",
        "wait until D Synced",
        "wait until A safe_to_bootstrap",
        "procedure hope",
        "ctrl-c A$ sudo reboot",
        "save",
        "save x.toml",
        "next",
        "debrief",
        "mission impossible",
        "help bananas",
        "help primary componnet",
        "help gvwstate",
        "\u{1b}[2J",
    ] {
        let reply = block_on(lab.line(line));
        assert!(reply.refused, "{line}");
        let _ = write!(text, "> {}\n{}", line.escape_debug(), reply.plain());
    }
    let long = block_on(lab.line(&"x".repeat(1 << 20)));
    assert!(long.refused && long.text.len() < 300, "{}", long.text);
    assert_eq!(session(&lab).hash().unwrap(), before);
    insta::assert_snapshot!(text);
}

#[test]
fn every_screen_has_at_most_80_columns() {
    let mut lab = lab(1);
    let node = "sudo -u mysql /bin/mysqld_safe --wsrep-recover";
    for line in [
        "help",
        "help fault",
        "help words",
        "help safe_to_bootstrap",
        "mission",
        "client A load 4",
        "wait 4s",
        "fault terminate A B",
        "wait 20s",
        "status",
        "why A",
        "why C",
        "history",
        &format!("A$ {node}"),
        "fork a-name-of-thirty-letters-12345",
        "fault partition A | B | C",
        "moments",
        "diff 1 4",
        "mission power-cut-under-load",
        "status",
        "hint",
        "hint",
        "debrief",
        "history",
    ] {
        let reply = block_on(lab.line(line));
        for shown in reply.plain().lines() {
            // The output of an operator's command is shown as it is.
            let as_it_is = shown.contains("mysqld_safe");
            assert!(shown.chars().count() <= 80 || as_it_is, "{line}: {shown}");
        }
    }
}

/// The table is played on a copy: to ask it changes nothing.
#[test]
fn hints_and_debriefs_know_the_decision_table() {
    let mut lab = lab(1);
    let mut text = String::new();
    for line in [
        "hint",
        "client A write 1",
        "fault terminate A",
        "wait 20s",
        "client B write 1",
        "fault terminate B C",
        "wait 20s",
        "hint",
        "reset",
        "fault partition A B | C",
        "A$ sudo cm-cluster-manage --show-cluster-status",
        "fault partition A | B | C",
        "wait 20s",
        "hint",
        "mission staggered-crash",
        "hint",
        "hint",
        "hint",
        "hint",
        "debrief",
    ] {
        let before = session(&lab).hash().unwrap();
        let reply = block_on(lab.line(line));
        assert!(!reply.refused, "{line}: {}", reply.text);
        let asks = line == "hint";
        if asks {
            assert_eq!(session(&lab).hash().unwrap(), before, "{line}");
        }
        if asks || line == "debrief" {
            let _ = write!(text, "> {line}\n{}", reply.plain());
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn help_explains_commands_faults_and_words() {
    let mut lab = lab(1);
    let mut help = |line: &str| {
        let reply = block_on(lab.line(line));
        assert!(!reply.refused, "{line}: {}", reply.text);
        reply.plain()
    };
    let component = "primary component\n  The group of nodes that has quorum and may commit.\n";
    for word in [
        "primary component",
        "Primary-Component",
        "primary  component",
    ] {
        assert_eq!(help(&format!("help {word}")), component);
    }
    // Commands and faults go before words of the same name.
    assert!(help("help fork").starts_with("  fork NAME"));
    assert!(help("help terminate").starts_with("  fault terminate NODE"));
    assert_eq!(help("help fault terminate A"), help("help fault"));
    let words = help("help words");
    for entry in seatrial_scenarios::glossary::entries() {
        let listed = words.replace('\n', " ");
        assert!(listed.contains(entry.word), "{}", entry.word);
        help(&format!("help {}", entry.word));
    }
}

#[test]
fn a_mission_is_a_file_and_what_is_wrong_with_one_is_said() {
    let good = super::mission::tests_good();
    assert!(Mission::parse("good.toml", &good).is_ok());
    let mut text = String::new();
    for (from, to) in [
        ("id    = \"m\"", "id    = \"M x\""),
        ("hints = [\"look\"]", "hints = []"),
        ("hints = [\"look\"]", "hintz = [\"look\"]"),
        ("client A write 2", "client D write 2"),
        ("client A write 2", "status"),
        ("downtime = \"1m\"", "downtime = \"soon\""),
        ("[best]", "[cluster]\nsteps = 3\n[best]"),
        ("[best]", "[cluster]\nnodes = [\"A\", \"A\"]\n[best]"),
        ("A$ sudo reboot", "# nothing"),
        ("A$ sudo reboot", "bananas"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        let error = Mission::parse("bad.toml", &bad).unwrap_err();
        let _ = write!(text, "{to:?}\n{}\n\n", error.trim());
    }
    insta::assert_snapshot!(text);
}
