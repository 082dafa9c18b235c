//! Tests that valid files are read.

use seatrial_scenarios::language::{
    Action, ClaimVerdict, NodeCommand, Pace, ProbeWrite, RequestEnd, Wait,
};
use seatrial_scenarios::{
    ClusterPredicate, Damage, Fault, ForceEdit, Initial, NodeName, Scenario, Span, StateFile,
    Supervisor, Timers, catalogue,
};

const FULL: &str = r#"
id = "full"
title = "Everything at once"
source = "Recovery procedure"
why = "to be read"
nodes = ["A", "B", "C"]
initial = "down"
timers = "fast"
pace = "rest"
procedure = "manual"
second_phase = false
findings = ["twin-primaries", "dead-lock"]
limit = "30m"
pack = "S5"
tags = ["slow"]

[options]
supervisor = "systemd"
force = "replace"
mysqld_safe_log = "syslog"
"pc.recovery" = false
pc.weight = 2
innodb_flush_log_at_trx_commit = 0
wsrep_gtid_mode = "ON"

[options.node.B]
"evs.suspect_timeout" = "PT10S"

[[step]]
write = { node = "A", rows = 1, as = "w1" }
[[step]]
load = { nodes = ["A", "B"], clients = 2, for = "10s" }
[[step]]
together = [
    { stop = { nodes = ["A", "B"] } },
    { terminate = { nodes = ["C"] } },
    { cut = { from = "A", to = "B" } },
    { cut = { from = "A", to = "B", port = 4568 } },
    { disk_cloned = { from = "A", to = "B" } },
    { readdress = { node = "A", address = "10.0.0.14" } },
    { disk_saved = { node = "A", as = "monday" } },
    { disk_restored = { node = "A", from = "monday" } },
    { data_restored = { node = "B", from = "monday" } },
]
[[step]]
partition = { groups = [["A"], ["B", "C"]] }
[[step]]
damage = { node = "A", file = "gvwstate.dat", how = "old-copy" }
[[step]]
latency = { node = "A", by = "300ms" }
pace = "next"
[[step]]
wait = { until = { node = "B", local_state = "Joiner" }, within = "30s" }
[[step]]
wait = { for = "1.5s" }
[[step]]
operator = { node = "A", run = "systemctl stop mariadb", exit = 130, interrupt_after = "15s", within = "1m" }
claim = { id = "M-1", says = "it stops", verdict = "contradicted", assumes = "unit-file", lines = "345-348" }
note = "for the reader"
[[step]]
expect = { request = "w1", ends = "refused", error = 1047, within = "5s" }
[[step]]
expect = { nodes = ["A", "B"], write = "hangs", cluster = "twin-primaries", size = 1, lost = 2, diverged = true, for = "1m" }
[[step]]
expect = { node = "C", process = "exited", exit = 134, safe_to_bootstrap = 0, grastate_seqno = -1, grastate_zero = true, gvwstate = false, lacks_rows = ["w1A"] }
[[step]]
procedure = { name = "manual", ends = "asks-person" }
[[step]]
pc_bootstrap = { node = "A" }
"#;

#[test]
fn every_key_arrives_where_it_belongs() {
    let scenario = Scenario::parse("full.toml", FULL).expect("it is right");
    let (a, b) = (NodeName::new("A"), NodeName::new("B"));
    assert_eq!(scenario.initial, Initial::Down);
    assert_eq!(scenario.timers, Some(Timers::Fast));
    assert_eq!(scenario.pace, Some(Pace::Rest));
    assert_eq!(scenario.limit, Span::from_secs(1800));
    assert!(!scenario.second_phase);
    assert_eq!(scenario.options.supervisor, Supervisor::Systemd);
    assert_eq!(scenario.options.force, ForceEdit::Replace);
    let settings: Vec<(&str, &str)> = scenario
        .options
        .settings
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        settings,
        [
            ("innodb_flush_log_at_trx_commit", "0"),
            ("pc.recovery", "false"),
            ("pc.weight", "2"),
            ("wsrep_gtid_mode", "ON"),
        ]
    );
    assert_eq!(
        scenario.options.node_settings[&b]["evs.suspect_timeout"],
        "PT10S"
    );

    let actions: Vec<&Action> = scenario.steps.iter().map(|step| &step.action).collect();
    assert!(matches!(actions[0], Action::Write(write) if write.name.as_deref() == Some("w1")));
    let Action::Together(parts) = actions[2] else {
        panic!("{:?}", actions[2])
    };
    assert!(matches!(&parts[0], Action::Command(c) if c.command == NodeCommand::Stop));
    assert_eq!(actions[2].starts_or_stops(), [&a, &b]);
    assert!(
        matches!(actions[3], Action::Faults(f) if matches!(&f[0], Fault::Partition(g) if g.len() == 2))
    );
    let damaged = Fault::Damage {
        node: a.clone(),
        file: StateFile::Gvwstate,
        how: Damage::OldCopy,
    };
    assert_eq!(*actions[4], Action::Faults(vec![damaged]));
    assert_eq!(scenario.steps[5].pace, Some(Pace::Next));
    assert!(
        matches!(actions[6], Action::Wait(Wait::Until { within, .. }) if *within == Span::from_secs(30))
    );
    assert_eq!(
        *actions[7],
        Action::Wait(Wait::For(Span::from_millis(1500)))
    );
    let claim = scenario.steps[8].claim.as_ref().expect("it has a claim");
    assert_eq!(
        (claim.verdict, claim.lines),
        (ClaimVerdict::Contradicted, Some((345, 348)))
    );
    let Action::Expect(request) = actions[9] else {
        panic!("{:?}", actions[9])
    };
    let request = request.request.as_ref().expect("it asks for a request");
    assert_eq!(
        (request.ends, request.error),
        (RequestEnd::Refused, Some(1047))
    );
    let Action::Expect(expect) = actions[10] else {
        panic!("{:?}", actions[10])
    };
    assert_eq!(expect.write, Some(ProbeWrite::Hangs));
    assert_eq!(expect.probed, [a.clone(), b]);
    assert_eq!(expect.state.cluster, [ClusterPredicate::TwinPrimaries]);
    assert!(
        expect.state.nodes.is_empty(),
        "a probe alone says nothing of the node's state"
    );
    assert_eq!(
        (expect.lost, expect.diverged, expect.hold),
        (Some(2), Some(true), Some(Span::from_secs(60)))
    );
    assert_eq!(scenario.claims().count(), 1);
}

#[test]
fn a_step_knows_its_line() {
    let scenario = Scenario::parse("full.toml", FULL).expect("it is right");
    let lines: Vec<&str> = FULL.lines().collect();
    for step in &scenario.steps {
        assert_eq!(
            lines[step.line as usize - 1],
            "[[step]]",
            "step {}",
            step.number
        );
    }
}

#[test]
fn steps_say_what_they_do() {
    let scenario = Scenario::parse("full.toml", FULL).expect("it is right");
    let titles: Vec<String> = scenario
        .steps
        .iter()
        .map(|step| step.action.to_string())
        .collect();
    insta::assert_snapshot!(titles.join("\n"));
}

#[test]
fn little_is_needed() {
    let text = "id = \"x\"\ntitle = \"X\"\n[[step]]\nheal = {}\n";
    let scenario = Scenario::parse("x.toml", text).expect("it is right");
    assert_eq!(scenario.nodes, ["A", "B", "C"].map(NodeName::new));
    assert_eq!(scenario.procedure, "manual-corrected");
    assert!(scenario.second_phase);
    assert_eq!(scenario.setup(None, 7).seed, 7);
}

/// Returns the scenario as it would be if it had been read from nowhere.
fn bare(mut scenario: Scenario) -> Scenario {
    scenario.file.clear();
    scenario.sha256.clear();
    for step in &mut scenario.steps {
        step.line = 0;
    }
    scenario
}

#[test]
fn what_is_written_reads_the_same() {
    let mut files = catalogue::all();
    files.push(("full.toml", FULL));
    for (file, text) in files {
        let scenario = Scenario::parse(file, text).expect("it is right");
        let written = scenario.to_toml();
        let again = Scenario::parse(file, &written).unwrap_or_else(|error| {
            panic!("{file}\n{written}\n{:?}", miette::Report::new(*error));
        });
        assert_eq!(bare(scenario), bare(again), "{file}\n{written}");
    }
}

#[test]
fn a_written_file_can_be_read_by_people() {
    let scenario = Scenario::parse("full.toml", FULL).expect("it is right");
    insta::assert_snapshot!(scenario.to_toml());
}
