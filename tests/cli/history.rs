//! `run --history`: what clients did, in the form of Jepsen's checker.

use crate::work::Work;

const WORKLOAD: &str = "clients-read-and-append-on-three-nodes";

#[test]
fn a_history_has_a_line_for_each_beginning_and_each_end() {
    let work = Work::new();
    let run = work.run(&["run", WORKLOAD, "--on", "des", "--history", "history.edn"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let history = work.read("history.edn");
    let of_kind = |kind: &str| {
        let kind = format!(":type :{kind},");
        history.lines().filter(|line| line.contains(&kind)).count()
    };
    assert_eq!(
        of_kind("invoke"),
        of_kind("ok") + of_kind("fail") + of_kind("info")
    );
    assert!(of_kind("ok") > 100, "{}", of_kind("ok"));
    assert!(of_kind("fail") > 0, "no transaction was refused");
    assert!(history.starts_with("{:index 0, :type :invoke, :f :txn, :value [["));
}

#[test]
fn a_history_is_that_of_one_run_with_clients() {
    let work = Work::new();
    let several = work.run(&["run", WORKLOAD, "--history", "history.edn"]);
    assert_eq!(several.code, Some(2));
    assert!(
        several
            .stderr
            .contains("--history keeps one run, and these are 2"),
        "{}",
        several.stderr
    );
    let none = work.run(&[
        "run",
        "two-nodes-are-terminated",
        "--on",
        "des",
        "--history",
        "history.edn",
    ]);
    assert_eq!(none.code, Some(2));
    assert!(
        none.stderr.contains("there is no history"),
        "{}",
        none.stderr
    );
}
