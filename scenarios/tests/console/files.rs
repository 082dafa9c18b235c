//! `cat`, `tail`, `head`, `grep`, `wc`, `sed`, `ls` and `journalctl`.

use seatrial_scenarios::Span;
use seatrial_scenarios::console::{BACKEND_LOG, MARIADB_LOG};

use crate::fake::{Event, Fake, transcript, transcript_with_limits};

#[test]
fn state_files_are_shown_as_they_are() {
    let mut host = Fake::stopped();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "sudo cat /var/lib/mysql/grastate.dat",
            "cat /var/lib/mysql/gvwstate.dat",
            "cat /var/lib/mysql/gvwstate.dat /var/lib/mysql/grastate.dat",
            "grep -i SEQNO /var/lib/mysql/grastate.dat",
            "grep '^seqno: *-1$' /var/lib/mysql/grastate.dat",
            "grep -v : /var/lib/mysql/grastate.dat /var/lib/mysql/gvwstate.dat",
        ]
    ));
}

#[test]
fn files_that_are_not_there() {
    let mut host = Fake::stopped();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "tail /var/log/mariadb/mariadb.log",
            "head -n 1 /var/log/mariadb/mariadb.log",
            "grep x /var/log/mariadb/mariadb.log",
            "wc -l /var/log/mariadb/mariadb.log",
            "sudo tail -f /var/log/ciphermail-gateway-backend.log",
        ]
    ));
}

/// What a host prints, and what this one cannot know.
#[test]
fn files_are_edited_and_listed() {
    let mut host = Fake::stopped();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "sudo sed -n 2,3p /var/lib/mysql/grastate.dat",
            "sudo sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat",
            "grep safe /var/lib/mysql/grastate.dat | sed 's/.*: //'",
            "sed -i s/a/b/ /var/log/mariadb/mariadb.log",
            "sed -n p /nowhere",
            "sed 'y/a/b/' /var/lib/mysql/grastate.dat",
            "ls /var/lib/mysql/grastate.dat /nowhere",
            "sudo ls /var/lib/mysql",
            "ls -l /var/lib/mysql",
            "ls",
            "sudo journalctl -xeu mariadb.service",
        ]
    ));
}

#[test]
fn the_end_of_a_log() {
    let mut host = Fake::new();
    let lines: Vec<String> = (1..=12).map(|n| format!("line {n}")).collect();
    host.file(MARIADB_LOG, &(lines.join("\n") + "\nno newline"));
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "tail /var/log/mariadb/mariadb.log",
            "tail -1 /var/log/mariadb/mariadb.log",
            "tail -n 2 /var/log/mariadb/mariadb.log",
            "tail -n0 /var/log/mariadb/mariadb.log",
            "tail -n x /var/log/mariadb/mariadb.log",
            "wc -l /var/log/mariadb/mariadb.log",
            "cat /var/log/mariadb/mariadb.log | grep 1 | head -n 2 | wc -l",
        ]
    ));
}

#[test]
fn a_log_is_followed_until_ctrl_c() {
    let mut host = Fake::new();
    host.file(BACKEND_LOG, "Starting back-end\n");
    let started = "SMTP Service started plain:10025//127.0.0.1".to_owned();
    let at = host.now + Span::from_secs(3);
    host.events
        .push((at, Event::Append(BACKEND_LOG.to_owned(), started.clone())));
    let at = host.now + Span::from_secs(20);
    host.events
        .push((at, Event::Append(BACKEND_LOG.to_owned(), started)));
    insta::assert_snapshot!(transcript_with_limits(
        &mut host,
        &[
            ("sudo tail -f /var/log/ciphermail-gateway-backend.log", 10),
            (
                "tail -f /var/log/ciphermail-gateway-backend.log | grep SMTP",
                15
            ),
        ]
    ));
}
