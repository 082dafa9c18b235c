//! The manual, taken literally.

use crate::bench::{Bench, Server};

use Server::{Killed, Member, Stopped, Survivor, Unreachable, Waiting};

#[test]
fn nothing_is_done_to_a_whole_cluster() {
    insta::assert_snapshot!(Bench::new([(Member, 7); 3]).run("manual"));
}

#[test]
fn no_procedure_only_looks() {
    let text = Bench::new([(Member, 7); 3]).run("none")
        + "\n"
        + &Bench::new([(Member, 7), (Waiting, 7), (Unreachable, 7)]).run("none")
        + "\n"
        + &Bench::new([(Member, 7); 3]).run("some-other");
    insta::assert_snapshot!(text);
}

#[test]
fn a_node_that_is_down_is_restarted() {
    insta::assert_snapshot!(Bench::new([(Killed, 7), (Member, 9), (Member, 9)]).run("manual"));
}

#[test]
fn all_stopped_in_order_the_last_one_is_bootstrapped() {
    let mut bench = Bench::new([(Stopped, 7), (Stopped, 8), (Stopped, 9)]);
    bench.save("C", true, true);
    insta::assert_snapshot!(bench.run("manual"));
}

#[test]
fn the_survivor_of_two_terminations_is_forced_before_it_is_stopped() {
    insta::assert_snapshot!(Bench::new([(Killed, 7), (Killed, 7), (Survivor, 7)]).run("manual"));
}

#[test]
fn no_node_is_safe_and_the_highest_number_is_forced() {
    let mut bench = Bench::new([(Killed, 7), (Killed, 10), (Killed, 10)]);
    bench.node("A").suffix = ",9999-7-44";
    insta::assert_snapshot!(bench.run("manual"));
}

#[test]
fn with_syslog_the_highest_old_number_is_forced() {
    let mut bench = Bench::new([(Killed, 7), (Killed, 10), (Killed, 10)]);
    bench.syslog = true;
    bench.node("A").log = bench.node("A").log.replace(":3\n", ":5\n");
    insta::assert_snapshot!(bench.acts("manual"));
}

#[test]
fn nodes_that_wait_are_not_killed_by_mysqld() {
    insta::assert_snapshot!(Bench::new([(Waiting, 7); 3]).acts("manual"));
}

#[test]
fn every_node_answers_and_none_is_primary() {
    insta::assert_snapshot!(Bench::new([(Survivor, 7); 3]).acts("manual"));
}

#[test]
fn a_node_without_a_host_is_a_failing_node() {
    insta::assert_snapshot!(
        Bench::new([(Unreachable, 7), (Member, 9), (Member, 9)]).acts("manual")
    );
}
