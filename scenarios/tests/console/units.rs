//! `systemctl`, `killall`, `galera_new_cluster`, `reboot` and `cm-run-playbook`.

use seatrial_scenarios::Span;
use seatrial_scenarios::console::{Program, Step, UnitState};

use crate::fake::{Fake, transcript, transcript_with_limits};

const SECOND: Span = Span::from_secs(1);

#[test]
fn a_start_lasts_until_the_server_is_ready() {
    let mut host = Fake::stopped();
    host.starts
        .push_back(Some((Span::from_millis(4_200), UnitState::Active)));
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "sudo systemctl start mariadb",
            "systemctl start mariadb.service",
            "systemctl is-active mariadb"
        ]
    ));
}

#[test]
fn a_start_fails_in_each_way() {
    let mut text = String::new();
    for code in [1, 137, 134] {
        let mut host = Fake::stopped();
        host.starts
            .push_back(Some((Span::from_secs(31), UnitState::Failed(code))));
        text += &transcript(
            &mut host,
            &[
                "systemctl start mariadb",
                "systemctl status mariadb",
                "systemctl is-active mariadb",
            ],
        );
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_start_that_waits_for_a_primary_component_fails_after_fifteen_minutes() {
    let mut host = Fake::stopped();
    host.starts.push_back(None);
    insta::assert_snapshot!(transcript(&mut host, &["systemctl start mariadb"]));
}

#[test]
fn a_start_that_is_interrupted_goes_on() {
    let mut host = Fake::stopped();
    host.starts
        .push_back(Some((Span::from_secs(9), UnitState::Active)));
    insta::assert_snapshot!(transcript_with_limits(
        &mut host,
        &[
            ("systemctl start mariadb", 5),
            ("systemctl status mariadb", 5),
            ("systemctl start mariadb", 20),
            ("systemctl status mariadb", 5),
        ]
    ));
}

#[test]
fn a_start_whose_unit_is_stopped_by_somebody_else_is_canceled() {
    let mut host = Fake::stopped();
    host.starts.push_back(None);
    let mut program = Program::parse("systemctl start mariadb").unwrap();
    program.step(&mut host);
    // Another terminal.
    host.unit = UnitState::Deactivating;
    host.now += SECOND;
    let Step::Done(output) = program.step(&mut host) else {
        panic!("it goes on")
    };
    assert_eq!(
        (output.exit, output.stderr.as_str()),
        (1, "Job for mariadb.service canceled.\n")
    );
    // The end stays the end.
    assert_eq!(program.interrupt(&mut host), output);
}

#[test]
fn a_stop_that_hangs_is_interrupted_and_the_process_killed() {
    let mut host = Fake::new();
    host.stops.push_back(None);
    insta::assert_snapshot!(transcript_with_limits(
        &mut host,
        &[
            ("sudo systemctl stop mariadb", 60),
            ("systemctl status mariadb", 5),
            ("sudo killall -9 mysqld", 5),
            ("sudo killall -9 mariadbd", 5),
            ("systemctl stop mariadb", 5),
            ("systemctl status mariadb", 5),
        ]
    ));
}

#[test]
fn a_stop_gives_up_after_fifteen_minutes_and_kills_nobody() {
    let mut host = Fake::new();
    host.stops.push_back(None);
    insta::assert_snapshot!(transcript(
        &mut host,
        &["systemctl stop mariadb", "systemctl stop mariadb"]
    ));
}

#[test]
fn a_restart_that_is_interrupted_in_its_stop_still_starts() {
    let mut host = Fake::new();
    host.stops
        .push_back(Some((Span::from_secs(9), UnitState::Inactive)));
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    insta::assert_snapshot!(transcript_with_limits(
        &mut host,
        &[
            ("systemctl restart mariadb", 5),
            ("systemctl start mariadb", 60)
        ]
    ));
}

#[test]
fn a_restart_of_a_stopped_unit_only_starts_it() {
    let mut host = Fake::stopped();
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    insta::assert_snapshot!(transcript(&mut host, &["systemctl restart mariadb"]));
}

#[test]
fn a_start_without_waiting() {
    let mut host = Fake::stopped();
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "systemctl start --no-block mariadb",
            "systemctl is-active mariadb"
        ]
    ));
}

#[test]
fn states_of_the_unit() {
    let mut text = String::new();
    for unit in [
        UnitState::Inactive,
        UnitState::Activating,
        UnitState::Active,
        UnitState::Deactivating,
    ] {
        let mut host = Fake::new();
        host.unit = unit;
        text += &transcript(
            &mut host,
            &["systemctl status mariadb", "systemctl is-active mariadb"],
        );
    }
    insta::assert_snapshot!(text);
}

#[test]
fn systemctl_misused() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "systemctl",
            "systemctl start",
            "systemctl begin mariadb",
            "systemctl start postgresql",
            "systemctl status postgresql",
            "systemctl --user start mariadb",
        ]
    ));
}

#[test]
fn galera_new_cluster_sets_the_flag_restarts_and_clears_it() {
    let mut host = Fake::new();
    host.stops.push_back(Some((SECOND, UnitState::Inactive)));
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    insta::assert_snapshot!(transcript(&mut host, &["sudo galera_new_cluster"]));
    assert!(!host.flag);
}

#[test]
fn an_interrupted_galera_new_cluster_bootstraps_at_the_next_start() {
    let mut host = Fake::new();
    host.stops.push_back(None);
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    let text = transcript_with_limits(
        &mut host,
        &[
            ("galera_new_cluster", 10),
            ("killall -9 mariadbd", 1),
            // The queued start happens by itself, and it is a bootstrap.
            ("systemctl start mariadb", 20),
        ],
    );
    insta::assert_snapshot!(text);
    assert!(host.flag);
    let text = transcript(&mut host, &["rm -f /run/mysqld/wsrep-new-cluster"]);
    assert!(text.contains("[new cluster flag off]"), "{text}");
    assert!(!host.flag);
}

#[test]
fn killall_knows_names_and_signals() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "killall -9 mysqld",
            "killall mariadbd",
            "killall -s SIGKILL mariadbd mysqld",
            "killall -9",
            "killall -HUP mariadbd",
        ]
    ));
}

#[test]
fn the_playbook_restarts_this_host_or_all() {
    let mut host = Fake::new();
    host.stops.push_back(Some((SECOND, UnitState::Inactive)));
    host.starts.push_back(Some((SECOND, UnitState::Active)));
    let mut alone = Fake::new();
    alone.many_hosts = false;
    let mut failing = Fake::stopped();
    failing
        .starts
        .push_back(Some((SECOND, UnitState::Failed(1))));
    let text = transcript(
        &mut host,
        &[
            "sudo cm-run-playbook",
            "sudo cm-run-playbook --all-hosts",
            "cm-run-playbook --some",
        ],
    ) + &transcript(&mut alone, &["cm-run-playbook --all-hosts"])
        + &transcript(&mut failing, &["cm-run-playbook"]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_reboot_returns_at_once() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(&mut host, &["sudo reboot", "reboot now"]));
}

#[test]
fn rm_removes_what_procedures_remove_and_nothing_else() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "sudo rm -f /var/lib/mysql/gvwstate.dat",
            "sudo rm -rf /var/lib/mysql",
            "sudo rm -rf /",
            "sudo rm -f /etc/passwd",
            "rm /var/lib/mysql/grastate.dat",
        ]
    ));
}
