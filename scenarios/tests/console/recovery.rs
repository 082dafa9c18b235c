//! `mysqld_safe --wsrep-recover` and the manual's `grep`.

use seatrial_scenarios::console::MARIADB_LOG;
use seatrial_scenarios::{MysqldSafeLog, Span};

use crate::fake::{Fake, transcript};

const GREP: &str = "sudo grep 'WSREP: Recovered position' /var/log/mariadb/mariadb.log | tail -1";
const STORAGE: &str = "2026-01-01  0:01:30 0 [Note] WSREP: Recovered position from storage: \
7159b315-ed8a-11ed-b66b-82b08426f1d2:4\n";

fn host() -> Fake {
    let mut host = Fake::stopped();
    host.file(MARIADB_LOG, STORAGE);
    host.recover.1 = vec![
        "2026-01-01  0:01:41 0 [Note] InnoDB: Buffer pool(s) load completed".to_owned(),
        "2026-01-01  0:01:41 0 [Note] WSREP: Recovered position: \
         7159b315-ed8a-11ed-b66b-82b08426f1d2:7"
            .to_owned(),
    ];
    host
}

#[test]
fn the_position_stands_in_the_log() {
    let mut host = host();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            GREP,
            "sudo -u mysql /bin/mysqld_safe --wsrep-recover",
            GREP,
            "grep -c 'WSREP: Recovered position:' /var/log/mariadb/mariadb.log",
            "cat /var/log/mariadb/mariadb.log",
        ]
    ));
}

#[test]
fn with_syslog_the_grep_finds_an_old_line() {
    let mut host = host();
    host.log = MysqldSafeLog::Syslog;
    insta::assert_snapshot!(transcript(
        &mut host,
        &["mysqld_safe --wsrep-recover", GREP]
    ));
}

#[test]
fn with_syslog_a_log_file_can_still_be_asked_for() {
    let mut host = host();
    host.log = MysqldSafeLog::Syslog;
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "mysqld_safe --wsrep-recover --log-error=/tmp/wsrep-recover.log",
            "grep 'WSREP: Recovered position:' /tmp/wsrep-recover.log | tail -1",
        ]
    ));
}

#[test]
fn beside_a_running_server_there_is_no_position() {
    let mut host = host();
    host.recover = (
        Span::from_secs(30),
        vec![
            "2026-01-01  0:02:10 0 [ERROR] mariadbd: Can't lock aria control file".to_owned(),
            "2026-01-01  0:02:10 0 [ERROR] InnoDB: Unable to lock ./ibdata1 error: 11".to_owned(),
            "2026-01-01  0:02:10 0 [ERROR] Aborting".to_owned(),
        ],
        1,
    );
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "mysqld_safe --wsrep-recover",
            "tail -n 4 /var/log/mariadb/mariadb.log",
            GREP
        ]
    ));
}

#[test]
fn mysqld_safe_misused() {
    let mut host = host();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "mysqld_safe",
            "mysqld_safe --wsrep-recover --skip-grant-tables"
        ]
    ));
}
