//! Each oracle on observations made for it.

use std::collections::BTreeMap;

use seatrial_scenarios::language::ProcedureEnd;
use seatrial_scenarios::oracles::{Deeds, FINDINGS, OracleContext, Watch, choices, finding};
use seatrial_scenarios::record::{ProcedureRecord, WriteOutcome, WriteRecord};
use seatrial_scenarios::{
    Damage, Fault, GrastateSeen, GvwstateSeen, HistoryEntry, NodeName, NodeObservation,
    Observation, ProcessState, Span, StateFile,
};

/// Returns a node as the tests describe it.
fn node(process: ProcessState, status: &str, rows: &[&str]) -> NodeObservation {
    let mut node = NodeObservation::absent();
    node.process = process;
    if process == ProcessState::Running {
        node.cluster_status = Some(status.to_owned());
        let synced = status == "Primary";
        node.local_state = Some(if synced { "Synced" } else { "Initialized" }.to_owned());
        node.ready = Some(if synced { "ON" } else { "OFF" }.to_owned());
        node.cluster_size = Some(3);
        node.conf_id = Some("3".to_owned());
        node.state_uuid = Some("u".to_owned());
        node.last_committed = Some(7);
    }
    node.grastate = Some(GrastateSeen {
        uuid: "u".to_owned(),
        seqno: 7,
        safe_to_bootstrap: 0,
    });
    node.rows = Some(rows.iter().map(|&row| row.to_owned()).collect());
    node
}

fn primary(rows: &[&str]) -> NodeObservation {
    node(ProcessState::Running, "Primary", rows)
}

fn stopped(exit: i32, safe: u8, rows: &[&str]) -> NodeObservation {
    let mut node = node(ProcessState::Exited, "", rows);
    node.exit = Some(exit);
    node.grastate
        .as_mut()
        .expect("it has one")
        .safe_to_bootstrap = safe;
    node
}

/// Returns a server that said that it was ahead of its group, and aborted.
fn reversed(rows: &[&str]) -> NodeObservation {
    let mut node = stopped(134, 0, rows);
    node.reversed = true;
    node
}

fn seen<const N: usize>(nodes: [NodeObservation; N]) -> Observation {
    let names = ["A", "B", "C"].into_iter().map(NodeName::new);
    Observation {
        at: Span::ZERO,
        nodes: names.zip(nodes).collect(),
    }
}

fn write(node: &str, tag: &str) -> WriteRecord {
    WriteRecord {
        step: 1,
        at_ms: 0,
        node: NodeName::new(node),
        tag: tag.to_owned(),
        outcome: WriteOutcome::Acknowledged,
        ended_ms: Some(1),
    }
}

/// The context for the oracles.
#[derive(Default)]
struct Case {
    watch: Watch,
    writes: Vec<WriteRecord>,
    procedures: Vec<ProcedureRecord>,
    deeds: Deeds,
    in_motion: bool,
}

impl Case {
    /// Returns the findings, as `name: message`.
    fn look(&mut self, observation: &Observation) -> Vec<String> {
        let context = OracleContext {
            step: 1,
            at_rest: !self.in_motion,
            writes: &self.writes,
            procedures: &self.procedures,
            deeds: &self.deeds,
            replay: "",
        };
        let found = self.watch.look(&context, observation);
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.oracle, finding.message))
            .collect()
    }
}

fn found(observation: &Observation) -> Vec<String> {
    Case::default().look(observation)
}

#[test]
fn a_good_cluster_shows_nothing() {
    assert_eq!(
        found(&seen([
            primary(&["w1A"]),
            primary(&["w1A"]),
            primary(&["w1A"])
        ])),
        [""; 0]
    );
}

#[test]
fn an_acknowledged_row_that_is_missing_is_lost() {
    let mut case = Case {
        writes: vec![write("A", "w1A"), write("A", "w2A")],
        ..Case::default()
    };
    case.in_motion = true;
    let lagging = seen([
        primary(&["w1A", "w2A"]),
        primary(&["w1A"]),
        primary(&["w1A", "w2A"]),
    ]);
    assert_eq!(case.look(&lagging), [""; 0], "it may still be on its way");
    case.in_motion = false;
    let gone = seen([
        stopped(137, 0, &["w1A", "w2A"]),
        primary(&["w1A"]),
        primary(&["w1A"]),
    ]);
    assert_eq!(
        case.look(&gone),
        [
            "acknowledged-write-lost: 1 acknowledged row lost: w2A; cause: procedure: A still holds the row and was not chosen"
        ]
    );
    assert_eq!(case.look(&gone), [""; 0], "each finding once");
}

#[test]
fn a_loss_is_attributed() {
    let lost = seen([primary(&[]), primary(&[]), primary(&[])]);
    let cause = |prepare: &dyn Fn(&mut Case)| {
        let mut case = Case {
            writes: vec![write("A", "w1A")],
            ..Case::default()
        };
        prepare(&mut case);
        let found = case.look(&lost);
        found[0]
            .split("cause: ")
            .nth(1)
            .expect("it has a cause")
            .to_owned()
    };
    assert!(cause(&|_| ()).starts_with("apply lag"));
    assert!(
        cause(&|case| {
            case.look(&seen([
                primary(&["w1A"]),
                primary(&["w1A"]),
                primary(&["w1A"]),
            ]));
        })
        .starts_with("state transfer wipe")
    );
    assert!(
        cause(&|case| {
            let mut options = seatrial_scenarios::Options::default();
            options
                .settings
                .insert("innodb_flush_log_at_trx_commit".into(), "0".into());
            case.deeds.settings(&options);
        })
        .starts_with("durability setting")
    );
    assert_eq!(
        cause(&|case| case.deeds.fault(&Fault::DiskLost(NodeName::new("A")))),
        "the disk of A was lost"
    );
    assert!(
        cause(&|case| {
            let (mut a, mut b) = (primary(&["w1A"]), primary(&[]));
            (a.cluster_size, b.cluster_size) = (Some(1), Some(1));
            case.writes.clear();
            case.look(&seen([a, b, stopped(0, 0, &[])]));
            case.writes = vec![write("A", "w1A")];
        })
        .starts_with("split brain")
    );
}

#[test]
fn two_components_are_twins_and_a_view_change_is_none() {
    let component = |status: &str, size, conf: &str| {
        let mut node = node(ProcessState::Running, status, &[]);
        node.cluster_size = Some(size);
        node.conf_id = Some(conf.to_owned());
        node
    };
    let mut case = Case {
        in_motion: true,
        ..Case::default()
    };
    let changing = seen([
        component("Primary", 3, "3"),
        component("Primary", 2, "4"),
        component("Primary", 2, "4"),
    ]);
    assert_eq!(
        case.look(&changing),
        [""; 0],
        "A does not know yet that it is alone"
    );
    let twins = seen([
        component("Primary", 1, "1"),
        component("Primary", 2, "4"),
        component("Primary", 2, "4"),
    ]);
    assert_eq!(
        case.look(&twins)[0],
        "twin-primaries: Primary without counting each other: A (size 1) | B, C (size 2)"
    );
    let both_alone = seen([
        component("Primary", 1, "1"),
        component("Primary", 1, "1"),
        stopped(0, 0, &[]),
    ]);
    assert_eq!(
        found(&both_alone).len(),
        1,
        "also where every counter is equal"
    );
}

#[test]
fn histories_are_compared_by_content() {
    let entry = |seqno, tag: &str| HistoryEntry {
        uuid: "u".into(),
        seqno,
        tag: tag.into(),
    };
    let with = |history: Vec<HistoryEntry>| {
        let mut node = stopped(137, 0, &[]);
        node.history = Some(history);
        node
    };
    let common = || vec![entry(4, "w1A"), entry(5, "view 2")];
    let mut longer = common();
    longer.push(entry(6, "w2A"));
    assert_eq!(
        found(&seen([with(common()), with(longer.clone()), with(vec![])])),
        [""; 0]
    );
    let other = vec![entry(5, "w1A"), entry(6, "w3B")];
    assert_eq!(
        found(&seen([with(longer), with(other)])),
        ["histories-diverge: A committed w2A where B committed w3B (positions 6 and 6)"]
    );
}

#[test]
fn equal_counters_with_different_rows_are_a_silent_splice() {
    let splice = seen([primary(&["w1A"]), primary(&["w1A"]), primary(&["w2C"])]);
    assert_eq!(
        found(&splice),
        [
            "silent-splice: A and C are Synced in one component at position 7 and differ: only A holds w1A, only C holds w2C"
        ]
    );
    let mut behind = primary(&[]);
    behind.last_committed = Some(6);
    assert_eq!(
        found(&seen([primary(&["w1A"]), behind, primary(&["w1A"])])),
        ["converged-means-equal: every node is Synced, but A and B differ: only A holds w1A"]
    );
}

#[test]
fn a_node_without_quorum_acknowledges_nothing() {
    let alone = || {
        seen([
            node(ProcessState::Running, "non-Primary", &[]),
            stopped(137, 0, &[]),
        ])
    };
    let mut case = Case::default();
    case.look(&alone());
    case.writes.push(write("A", "w1A"));
    let found = case.look(&alone());
    assert!(
        found.contains(
            &"non-primary-acknowledges: A is non-Primary and acknowledged w1A".to_owned()
        ),
        "{found:?}"
    );

    let mut before = Case {
        writes: vec![write("A", "w1A")],
        ..Case::default()
    };
    before.in_motion = true;
    assert_eq!(
        before.look(&alone()),
        [""; 0],
        "it may have been Primary then"
    );
}

#[test]
fn one_node_is_safe_after_an_orderly_shutdown() {
    assert_eq!(
        found(&seen([
            stopped(0, 0, &[]),
            stopped(0, 0, &[]),
            stopped(0, 1, &[])
        ])),
        [""; 0]
    );
    let none = seen([stopped(0, 0, &[]), stopped(0, 0, &[])]);
    assert_eq!(
        found(&none),
        ["no-safe-node: all stopped in order, and no node is safe"]
    );
    let two = seen([stopped(0, 1, &[]), stopped(0, 0, &[]), stopped(0, 1, &[])]);
    assert_eq!(
        found(&two),
        ["two-safe-nodes: all stopped in order, and A, C are all safe"]
    );
    let killed = seen([stopped(137, 0, &[]), stopped(0, 0, &[])]);
    assert_eq!(found(&killed), [""; 0]);
    let mut forced = Case::default();
    forced.deeds.command(
        &NodeName::new("A"),
        "sudo cm-cluster-manage --force-safe-to-bootstrap",
    );
    assert_eq!(
        forced.look(&two),
        [""; 0],
        "what somebody forced is nobody's fault"
    );
}

#[test]
fn a_safe_node_outside_a_running_cluster_is_stale() {
    let outside = seen([stopped(0, 1, &[]), primary(&[]), primary(&[])]);
    assert_eq!(
        found(&outside),
        ["stale-safe-to-bootstrap: A says safe_to_bootstrap: 1 while B, C runs without it"]
    );
    let mut case = Case {
        writes: vec![write("B", "w1B")],
        ..Case::default()
    };
    let behind = seen([stopped(0, 1, &[]), stopped(137, 0, &["w1B"])]);
    assert_eq!(
        case.look(&behind),
        [
            "stale-safe-to-bootstrap: A says safe_to_bootstrap: 1 and lacks w1B, which another node holds"
        ]
    );
}

#[test]
fn nodes_that_wait_for_ever_are_a_dead_lock() {
    let waiting = || node(ProcessState::Waiting, "", &[]);
    let stuck = seen([
        waiting(),
        waiting(),
        node(ProcessState::Running, "non-Primary", &[]),
    ]);
    assert_eq!(
        found(&stuck),
        [
            "dead-lock: nothing changes any more: A waits without an SQL port, B waits without an SQL port, C non-Primary"
        ]
    );
    let mut cut = Case::default();
    cut.deeds.fault(&Fault::Partition(vec![]));
    assert_eq!(cut.look(&stuck), [""; 0], "a cut explains it");
    cut.deeds.fault(&Fault::Heal);
    assert_eq!(cut.look(&stuck).len(), 1);
    assert_eq!(
        found(&seen([waiting(), stopped(137, 0, &[])])),
        [""; 0],
        "B could still be started"
    );
}

#[test]
fn an_abort_of_a_server_that_was_ahead_is_a_reversed_history() {
    assert_eq!(
        found(&seen([reversed(&[]), primary(&[])])),
        ["reversed-history: A aborted (exit 134): the group is behind its own position"]
    );
    // A joiner that has lost its donor was not ahead.
    assert_eq!(found(&seen([stopped(134, 0, &[]), primary(&[])])), [""; 0]);
    // MariaDB 11.8 ends by SIGSEGV.
    let (mut later, us) = (reversed(&[]), primary(&[]));
    later.exit = Some(139);
    assert_eq!(found(&seen([later, us])).len(), 1);
}

#[test]
fn a_procedure_ends_or_says_what_it_waits_for() {
    let look = |end, text: &str| {
        let mut case = Case::default();
        case.procedures.push(ProcedureRecord {
            step: 1,
            name: "manual".to_owned(),
            began_ms: 0,
            ended_ms: 1,
            end,
            text: text.to_owned(),
            stood_before: 0,
            rows: Vec::new(),
            operator: 0,
            seat: None,
        });
        case.look(&seen([primary(&[])])).len()
    };
    let says_why = look(ProcedureEnd::GaveUp, "C does not answer");
    assert_eq!(says_why + look(ProcedureEnd::Recovered, ""), 0);
    assert_eq!(look(ProcedureEnd::GaveUp, ""), 1);
    assert_eq!(look(ProcedureEnd::Unbounded, "after 3600s"), 1);
}

#[test]
fn choices_are_what_each_node_would_lose() {
    let writes = [write("A", "w1A"), write("B", "w2B"), write("C", "gone")];
    let torn = seen([stopped(137, 0, &["w1A"]), stopped(137, 0, &["w2B"])]);
    let loses: BTreeMap<String, Vec<String>> = choices(&writes, &torn)
        .into_iter()
        .map(|choice| (choice.node.0, choice.loses.expect("rows are known")))
        .collect();
    assert_eq!(loses["A"], ["w2B"]);
    assert_eq!(loses["B"], ["w1A"]);
}

/// A node that was left behind is primary again, and the others, killed in between, hold more: an older
/// view was put together again. Where one of them has served all the time, nothing excuses it.
#[test]
fn an_older_view_that_is_put_together_again_is_no_mistake_of_the_model() {
    let behind = seen([
        stopped(137, 0, &["w1A", "w2A"]),
        stopped(137, 0, &["w1A", "w2A"]),
        node(ProcessState::Running, "non-Primary", &["w1A"]),
    ]);
    let again = seen([
        reversed(&["w1A", "w2A"]),
        reversed(&["w1A", "w2A"]),
        primary(&["w1A"]),
    ]);
    let excuses = |killed: &[&str], before: &Observation| {
        let mut deeds = Deeds::default();
        for node in killed {
            deeds.fault(&Fault::Terminate(NodeName::new(*node)));
        }
        deeds.saw(before);
        deeds.saw(&again);
        deeds.excuses.len()
    };
    assert_eq!(excuses(&["A", "B"], &behind), 1);
    assert_eq!(excuses(&["A"], &behind), 1, "B was down, too");
    let b_serves = seen([
        stopped(137, 0, &["w1A", "w2A"]),
        primary(&["w1A", "w2A"]),
        node(ProcessState::Running, "non-Primary", &["w1A"]),
    ]);
    assert_eq!(excuses(&["A"], &b_serves), 0, "B has been complete");

    // No client has written in between, and still the nodes that had gone on are ahead.
    let mut deeds = Deeds::default();
    deeds.fault(&Fault::Terminate(NodeName::new("A")));
    let non_primary = || node(ProcessState::Running, "non-Primary", &["w1A"]);
    deeds.saw(&seen([stopped(137, 0, &["w1A"]), non_primary()]));
    deeds.saw(&seen([reversed(&["w1A"]), primary(&["w1A"])]));
    assert_eq!(deeds.excuses.len(), 1);
    let never_behind = seen([primary(&["w1A"]), primary(&["w1A"]), primary(&["w1A"])]);
    assert_eq!(
        excuses(&["A", "B"], &never_behind),
        0,
        "C never was without quorum"
    );
}

/// So may a node that hung while the others went on: it resumes with the older view in its memory.
#[test]
fn a_node_that_hung_may_put_the_older_view_together_again() {
    let complete = seen([primary(&["w1A"]), primary(&["w1A"]), primary(&["w1A"])]);
    let again = seen([
        reversed(&["w1A", "w2A"]),
        reversed(&["w1A", "w2A"]),
        primary(&["w1A"]),
    ]);
    let excuses = |faults: &[Fault], before_again: Option<&Observation>| {
        let mut deeds = Deeds::default();
        deeds.saw(&complete);
        for fault in faults {
            deeds.fault(fault);
        }
        if let Some(before) = before_again {
            deeds.saw(before);
        }
        for node in ["A", "B"] {
            deeds.fault(&Fault::PowerOff(NodeName::new(node)));
        }
        deeds.saw(&again);
        deeds.excuses.len()
    };
    let c = || NodeName::new("C");
    let hung = [Fault::Hang(c()), Fault::Resume(c())];
    assert_eq!(excuses(&hung, None), 1);
    assert_eq!(
        excuses(&hung, Some(&complete)),
        0,
        "C was seen complete after it hung"
    );
    assert_eq!(excuses(&[], None), 0, "C never hung");
    let killed = [Fault::Hang(c()), Fault::Terminate(c())];
    assert_eq!(excuses(&killed, None), 0, "who is killed remembers nothing");
}

#[test]
fn damage_is_no_word_of_the_node() {
    let mut case = Case::default();
    case.deeds.fault(&Fault::Damage {
        node: NodeName::new("C"),
        file: StateFile::Grastate,
        how: Damage::OldCopy,
    });
    assert_eq!(
        case.look(&seen([
            stopped(0, 1, &[]),
            stopped(0, 0, &[]),
            stopped(0, 1, &[])
        ])),
        [""; 0]
    );
    assert_eq!(case.deeds.excuse_texts(), ["grastate.dat of C was damaged"]);
}

#[test]
fn the_table_names_every_finding_once() {
    for kind in FINDINGS {
        assert_eq!(
            FINDINGS
                .iter()
                .filter(|other| other.name == kind.name)
                .count(),
            1
        );
        assert!(finding(kind.name).is_some() && !kind.doc.is_empty());
    }
}

/// A joiner whose donor has left is primary by itself, and so it begins the next time. What counts is its
/// gvwstate.dat: one that names others does not make it primary.
#[test]
fn a_joiner_that_was_left_alone_may_start_alone() {
    let excuses = |view: &[&str]| {
        let mut waiting = node(ProcessState::Waiting, "Primary", &[]);
        waiting.cluster_status = None;
        let members = view.iter().map(ToString::to_string).collect();
        waiting.gvwstate = Some(GvwstateSeen { members });
        let held = || stopped(0, 1, &["w1B"]);
        let mut deeds = Deeds::default();
        deeds.saw(&seen([waiting, held(), held()]));
        deeds.saw(&seen([primary(&[]), held(), held()]));
        deeds.excuses.len()
    };
    assert_eq!(excuses(&["A"]), 1);
    assert_eq!(excuses(&["A", "B", "C"]), 0);
}

/// All are killed while a row is on one disk alone, and so is its holder again before it has told anybody.
#[test]
fn what_is_on_the_disk_of_a_node_that_was_killed_twice_may_be_left_out() {
    let after = seen([primary(&[]), primary(&[]), stopped(137, 0, &["w1C"])]);
    let excuses = |killed: &[&str]| {
        let mut deeds = Deeds::default();
        for node in killed {
            deeds.fault(&Fault::Terminate(NodeName::new(*node)));
        }
        deeds.saw(&after);
        deeds.excuses.len()
    };
    assert_eq!(excuses(&["A", "B", "C", "C"]), 2);
    assert_eq!(excuses(&["A", "B", "C"]), 0);
}
