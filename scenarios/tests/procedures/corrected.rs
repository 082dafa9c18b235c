//! The corrected manual.

use crate::bench::{Bench, Server, view};

use Server::{
    Disconnected, Hung, Killed, Member, Stopped, Stopping, Survivor, Unreachable, Waiting,
};

const P: &str = "manual-corrected";

#[test]
fn nothing_is_done_to_a_whole_cluster() {
    insta::assert_snapshot!(Bench::new([(Member, 7); 3]).acts(P));
}

#[test]
fn a_node_that_is_down_is_started() {
    insta::assert_snapshot!(Bench::new([(Killed, 7), (Member, 9), (Member, 9)]).run(P));
}

#[test]
fn a_node_that_is_ahead_of_the_cluster_is_not_started() {
    insta::assert_snapshot!(Bench::new([(Killed, 14), (Member, 9), (Member, 9)]).acts(P));
}

#[test]
fn a_node_of_another_history_is_not_started() {
    let mut bench = Bench::new([(Killed, 2), (Member, 9), (Member, 9)]);
    bench.node("A").uuid = 2;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_node_that_was_alone_would_be_a_second_primary_component() {
    let mut bench = Bench::new([(Killed, 8), (Member, 9), (Member, 9)]);
    bench.node("A").view = Some(view("A", "A", 5));
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn the_survivor_is_left_alone_and_the_cluster_restores_itself() {
    let mut bench = Bench::new([(Killed, 7), (Stopped, 7), (Survivor, 7)]);
    bench.restores = true;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_node_ahead_of_the_survivor_is_bootstrapped_instead() {
    let mut bench = Bench::new([(Killed, 8), (Killed, 7), (Survivor, 7)]);
    bench.restores = true;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_restore_that_does_not_come_ends_in_a_bootstrap() {
    insta::assert_snapshot!(Bench::new([(Killed, 7), (Killed, 6), (Survivor, 7)]).acts(P));
}

#[test]
fn dead_locked_nodes_are_killed_and_the_highest_is_bootstrapped() {
    insta::assert_snapshot!(Bench::new([(Waiting, 7), (Waiting, 10), (Waiting, 10)]).acts(P));
}

#[test]
fn a_stale_permission_to_bootstrap_is_not_followed() {
    let mut bench = Bench::new([(Stopped, 7), (Killed, 10), (Killed, 9)]);
    bench.save("A", true, true);
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn of_equal_positions_the_permitted_one_needs_no_force() {
    let mut bench = Bench::new([(Stopped, 9), (Stopped, 9), (Stopped, 9)]);
    bench.save("B", true, true);
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn with_syslog_a_log_of_its_own_is_read() {
    let mut bench = Bench::new([(Killed, 7), (Killed, 10), (Killed, 9)]);
    bench.syslog = true;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn positions_with_a_gtid_are_compared_by_their_seqno() {
    let mut bench = Bench::new([(Killed, 7), (Killed, 9), (Killed, 13)]);
    for (name, suffix) in [("A", ",9999-7-4"), ("B", ",9999-7-5"), ("C", ",0-0-0")] {
        bench.node(name).suffix = suffix;
    }
    assert!(
        bench
            .acts(P)
            .contains("C$ sudo cm-cluster-manage --bootstrap-node")
    );
}

#[test]
fn a_half_copied_node_is_not_bootstrapped() {
    // The joiner A shows the position of its donor C.
    for saved in ["", &seatrial_galera::GraState::default().to_string()] {
        let mut bench = Bench::new([(Killed, 70), (Killed, 7), (Killed, 70)]);
        bench.node("A").saved = Some(saved.to_owned());
        assert!(
            bench
                .acts(P)
                .contains("C$ sudo cm-cluster-manage --bootstrap-node")
        );
    }
}

#[test]
fn different_histories_are_a_person_s_affair() {
    let mut bench = Bench::new([(Killed, 10), (Killed, 23), (Killed, 10)]);
    bench.node("B").uuid = 2;
    bench.save("B", false, true);
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_host_that_is_off_may_hold_the_newest_data() {
    let bench = Bench::new([(Unreachable, 0), (Killed, 7), (Killed, 7)]);
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_host_that_left_before_the_last_component_is_done_without() {
    let mut bench = Bench::new([(Unreachable, 0), (Killed, 9), (Killed, 9)]);
    bench.node("B").view = Some(view("B", "BC", 6));
    bench.node("C").view = Some(view("C", "BC", 6));
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn twin_primary_components_are_a_person_s_affair() {
    let mut bench = Bench::new([(Member, 9), (Member, 9), (Member, 12)]);
    bench.node("A").size = Some(2);
    bench.node("B").size = Some(2);
    bench.node("C").size = Some(1);
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn the_loser_of_a_conflict_is_a_person_s_affair() {
    let loser = Disconnected {
        cluster: false,
        node: true,
    };
    insta::assert_snapshot!(Bench::new([(loser, 8), (Member, 9), (Member, 9)]).acts(P));
}

#[test]
fn a_node_whose_transfer_failed_is_started_again() {
    let failed = Disconnected {
        cluster: true,
        node: true,
    };
    let mut bench = Bench::new([(Killed, 7), (Member, 9), (Member, 9)]);
    bench.node("A").start_ends = Some(failed);
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn nodes_that_do_not_see_each_other_are_left_alone() {
    let mut bench = Bench::new([(Survivor, 7); 3]);
    for name in ["A", "B", "C"] {
        bench.node(name).size = Some(1);
    }
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_node_told_to_stop_while_it_waits_is_killed_and_started() {
    insta::assert_snapshot!(Bench::new([(Stopping, 7), (Member, 9), (Member, 9)]).acts(P));
}

#[test]
fn a_hung_server_is_killed() {
    insta::assert_snapshot!(Bench::new([(Hung, 7), (Killed, 7), (Survivor, 7)]).acts(P));
}

#[test]
fn a_node_that_never_joins_is_given_up() {
    let mut bench = Bench::new([(Killed, 7), (Member, 9), (Member, 9)]);
    bench.node("A").start_fails = true;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_node_whose_commits_are_blocked_is_started_again() {
    let mut bench = Bench::new([(Member, 9); 3]);
    bench.node("B").desynced = true;
    bench.node("B").stop_hangs = true;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn a_bootstrap_that_fails_is_given_up() {
    let mut bench = Bench::new([(Killed, 7), (Killed, 9), (Killed, 9)]);
    bench.node("B").start_fails = true;
    insta::assert_snapshot!(bench.acts(P));
}

#[test]
fn an_empty_cluster_is_begun_on_its_first_node() {
    let mut bench = Bench::new([(Stopped, -1); 3]);
    for name in ["A", "B", "C"] {
        bench.node(name).uuid = 0;
        bench.node(name).saved = None;
    }
    assert!(
        bench
            .acts(P)
            .contains("A$ sudo cm-cluster-manage --bootstrap-node")
    );
}
