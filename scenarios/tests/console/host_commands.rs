//! The commands that scripts use beside the manual's: recovery runs, processes, init scripts, sockets.

use seatrial_galera::SqlError;
use seatrial_scenarios::Span;
use seatrial_scenarios::console::UnitState;

use crate::fake::{Fake, transcript};

const POSITION: &str = "2026-01-01  0:01:40 0 [Note] WSREP: Recovered position: \
                        7159b315-ed8a-11ed-b66b-82b08426f1d2:7";

#[test]
fn a_position_is_recovered_in_each_way() {
    let mut host = Fake::stopped();
    host.recover = (Span::from_secs(1), vec![POSITION.to_owned()], 0);
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "sudo galera_recovery",
            "/usr/sbin/mariadbd --user=mysql --wsrep-recover",
            "sudo -u mysql mysqld --wsrep_recover --log-error=/tmp/recover.log",
            "mysqld",
        ]
    ));
}

#[test]
fn a_recovery_that_fails_says_so() {
    let mut host = Fake::stopped();
    let lines = vec!["[ERROR] InnoDB: Unable to lock ./ibdata1 error: 11".to_owned()];
    host.recover = (Span::from_secs(30), lines, 1);
    insta::assert_snapshot!(transcript(
        &mut host,
        &["galera_recovery", "mariadbd --wsrep-recover"]
    ));
}

#[test]
fn questions_about_the_unit() {
    let questions = [
        "systemctl is-active --quiet mariadb",
        "systemctl is-active -q mysqld.service",
        "systemctl is-failed mariadb",
        "systemctl is-enabled mariadb",
        "systemctl show -p ActiveState,SubState mariadb",
        "systemctl show mariadb --property=MainPID --value",
    ];
    let mut text = transcript(&mut Fake::new(), &questions);
    let mut host = Fake::stopped();
    host.unit = UnitState::Failed(137);
    text += &transcript(&mut host, &questions);
    text += &transcript(
        &mut host,
        &[
            "systemctl reset-failed mariadb",
            "systemctl is-failed --quiet mariadb",
            "systemctl start mariadb@bootstrap",
            "systemctl set-environment A=b",
        ],
    );
    insta::assert_snapshot!(text);
}

#[test]
fn processes_are_those_of_the_simulated_host() {
    let looks = [
        "ps aux",
        "ps -ef",
        "ps -C mariadbd -o pid=",
        "pgrep -x mariadbd",
        "pgrep mysqld",
        "pgrep -fa mariadbd",
        "pgrep -u mysql -c",
        "pidof mariadbd",
        "kill -0 1001",
    ];
    let mut text = transcript(&mut Fake::new(), &looks);
    text += &transcript(&mut Fake::stopped(), &looks);
    insta::assert_snapshot!(text);
}

#[test]
fn signals_reach_the_server_alone() {
    for line in [
        "pkill -KILL -u mysql",
        "pkill -9 mariadbd",
        "kill -9 1001",
        "kill -s KILL 1001",
        "systemctl kill -s SIGKILL mariadb",
    ] {
        let mut host = Fake::new();
        transcript(&mut host, &[line]);
        assert_eq!(host.calls, ["Kill to 1 of mariadbd"], "{line}");
    }
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "kill -9 1",
            "kill -9 77",
            "pkill -9 -x nobody",
            "kill -HUP 1001",
            "pkill"
        ]
    ));
    assert!(host.calls.is_empty(), "{:?}", host.calls);
}

#[test]
fn init_scripts_end_in_systemd_and_lose_their_options() {
    let mut host = Fake::stopped();
    host.starts
        .push_back(Some((Span::from_secs(4), UnitState::Active)));
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "service mysql start --wsrep-new-cluster",
            "service mariadb status",
            "/etc/init.d/mysql start",
            "/etc/init.d/mysql bootstrap",
            "service postgresql start",
            "/etc/init.d/nginx stop",
            "service mysql dance",
        ]
    ));
    assert!(!host.flag);
}

#[test]
fn what_a_host_says_of_itself() {
    let looks = [
        "hostname",
        "hostname -f",
        "sudo whoami",
        "ss -ltn",
        "netstat -tln",
        "nc -z localhost 3306",
        "mysqladmin -uroot -psecret ping",
        "mariadb-admin --silent ping",
        "mysqladmin frobnicate",
    ];
    let mut text = String::new();
    for mut host in [Fake::new(), Fake::stopped()] {
        let status = (vec!["Variable_name".to_owned()], vec![]);
        let socket = "/run/mysqld/mysqld.sock".to_owned();
        let answer = match host.unit {
            UnitState::Active => Ok(status),
            _ => Err(SqlError::NoServer { socket, errno: 2 }.to_string()),
        };
        host.answer("SHOW GLOBAL STATUS", 0, answer);
        text += &transcript(&mut host, &looks);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_this_host_lacks_is_said_in_one_way() {
    insta::assert_snapshot!(transcript(
        &mut Fake::new(),
        &["frobnicate --hard", "sudo frobnicate", "/opt/x/frobnicate"]
    ));
}
