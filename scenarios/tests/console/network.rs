//! The commands that reach other hosts, and the packet filter.

use seatrial_scenarios::console::{CallEnd, MARIADB_LOG};

use crate::fake::{Fake, transcript, transcript_with_limits};

#[test]
fn rules_are_set_shown_and_taken_away() {
    insta::assert_snapshot!(transcript(
        &mut Fake::new(),
        &[
            "sudo iptables -L -n",
            "sudo iptables -A INPUT -p tcp -s 10.0.0.2 --dport 4567 -j DROP",
            "iptables -I INPUT -p tcp --dport mysql -j REJECT",
            "iptables --append OUTPUT --protocol tcp -m tcp --destination B/32 --dport 4568 --jump DROP -w 5",
            "iptables -A INPUT -s 10.0.0.9 -j REJECT",
            "iptables -nL",
            "iptables -L INPUT -n --line-numbers",
            "iptables -S",
            "iptables -S OUTPUT",
            "iptables -C INPUT -s 10.0.0.9 -j REJECT",
            "iptables -D INPUT -s 10.0.0.9 -j REJECT",
            "iptables -C INPUT -s 10.0.0.9 -j REJECT",
            "iptables -D INPUT 1",
            "iptables -D INPUT 9",
            "iptables -I INPUT 9 -s 10.0.0.9 -j DROP",
            "iptables -F OUTPUT",
            "iptables -S",
            "iptables -F",
            "iptables -S",
        ]
    ));
}

#[test]
fn what_is_not_modelled_of_iptables_is_refused() {
    insta::assert_snapshot!(transcript(
        &mut Fake::new(),
        &[
            "iptables",
            "iptables -A INPUT --dport 4567 -j DROP",
            "iptables -A INPUT -p tcp --dport galera -j DROP",
            "iptables -A INPUT -p tcp -s nobody --dport 4567 -j DROP",
            "iptables -A NONE -p tcp --dport 4567 -j DROP",
            "iptables -A FORWARD -p tcp --dport 4567 -j DROP",
            "iptables -A INPUT -p tcp --dport 4567",
            "iptables -A INPUT -p tcp --dport 4567 -j ACCEPT",
            "iptables -A INPUT -p udp --dport 4567 -j DROP",
            "iptables -A INPUT -p tcp -m multiport --dports 4567,4568 -j DROP",
            "iptables -A INPUT -p tcp --dport 4567:4568 -j DROP",
            "iptables -A INPUT -p tcp ! -s 10.0.0.2 --dport 4567 -j DROP",
            "iptables -A INPUT -s 10.0.0.0/24 -j DROP",
            "iptables -A INPUT -j DROP",
            "iptables -A INPUT -p tcp --dport 22 -j DROP",
            "iptables -P INPUT DROP",
            "iptables -t nat -L -n",
            "iptables -L",
            "iptables -S",
        ]
    ));
}

#[test]
fn a_client_of_another_host_says_why_it_is_kept_out() {
    let mut text = String::new();
    let answered = (vec!["1".to_owned()], vec![vec!["1".to_owned()]]);
    for end in [
        CallEnd::Answered(Ok(answered)),
        CallEnd::Answered(Err(
            "ERROR 1047 (08S01): WSREP has not yet prepared node".to_owned()
        )),
        CallEnd::Refused,
        CallEnd::NoRoute,
        CallEnd::TimedOut,
    ] {
        let mut host = Fake::new();
        for called in ["SELECT 1", "3306", "echo", "SHOW GLOBAL STATUS"] {
            let of_statement = matches!(end, CallEnd::Answered(_)) && !called.starts_with('S');
            let end = if of_statement {
                CallEnd::Open
            } else {
                end.clone()
            };
            host.ends.insert(called.to_owned(), end);
        }
        text += &transcript(
            &mut host,
            &[
                "mysql -h B -e 'SELECT 1'",
                "mysqladmin -h B ping",
                "nc -zv B 3306",
                "ping -c 1 B",
            ],
        );
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_host_that_does_not_answer_is_waited_for_as_long_as_the_line_says() {
    let lines = [
        ("mysql -h B --connect-timeout=5 -e 'SELECT 1'", 1_200),
        ("mysql -h B -e 'SELECT 1'", 60),
        ("nc -z -w 3 B 3306", 1_200),
        ("nc -vzw2 B 3306", 1_200),
        ("ping -c 3 -W 2 B", 1_200),
        ("mysql -h nobody -e 'SELECT 1'", 60),
        ("nc -z nobody 3306", 60),
        ("ping -c 1 nobody", 60),
        ("ping B", 60),
        ("ping -c 1 -I eth0 B", 60),
        ("nc B 3306", 60),
        ("ping -c 1 localhost", 60),
    ];
    insta::assert_snapshot!(transcript_with_limits(&mut Fake::new(), &lines));
}

#[test]
fn the_journal_is_that_of_an_arbitrator_alone() {
    let mut host = Fake::new();
    let lines = "2026-01-01  0:00:08 0 [Note] WSREP: view(view_id(PRIM,848cdfb1-b62e,3) memb {\n\t848cdfb1-b62e,0\n})\n\
                 2026-01-12 10:00:09 0 [ERROR] WSREP: failed to open gcomm backend connection: 110\n";
    host.file(MARIADB_LOG, lines);
    let asked = [
        "journalctl -u garb",
        "journalctl --unit=garb.service --no-pager -n 1",
        "journalctl -u mariadb",
        "journalctl -fu garb",
        "journalctl -u garb -f",
    ];
    let mut text = transcript(&mut host, &asked);
    host.arbitrator = true;
    text += &transcript(&mut host, &asked);
    insta::assert_snapshot!(text);
}
