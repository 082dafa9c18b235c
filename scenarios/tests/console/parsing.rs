//! Tests how the console parses a line.

use proptest::prelude::*;
use seatrial_scenarios::console::Program;

use crate::fake::{Fake, transcript, transcript_with_limits};

#[test]
fn lines_that_cannot_be_run() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "",
            "   # a comment",
            "foo --bar",
            "sudo foo",
            "sudo",
            "sudo -x cat",
            "/opt/foo",
            "/bin/foo",
            "cat 'x",
            "mysql -e \"SELECT 1",
            "reboot; reboot",
            "cat $HOME",
            "cat x > y",
            "cat x |",
            "| cat x",
            "cat x || cat y",
            "cat",
            "grep",
            "grep x",
            "grep '[0-9]' /x",
            "cat /x | mysql -e 'SELECT 1'",
            "cat /x | tail -1 /y",
            "rm -rf /var/log",
        ]
    ));
}

#[test]
fn sudo_and_paths_are_accepted() {
    for line in [
        "sudo killall -9 mysqld",
        "sudo -u mysql /bin/mysqld_safe --wsrep-recover",
        "sudo -n -u mysql -- /usr/bin/mysqld_safe --wsrep_recover",
        "  sudo   cm-cluster-manage   --safe-to-bootstrap  ",
        "'cm-cluster-manage' \"--safe-to-bootstrap\"",
        r"mysql -e SELECT\ 1",
        r#"grep "plain:10025//127.0.0.1$" /var/log/ciphermail-gateway-backend.log"#,
        "cat /var/lib/mysql/grastate.dat # as the manual does",
    ] {
        assert!(
            Program::parse(line).is_ok(),
            "{line}: {:?}",
            Program::parse(line)
        );
    }
}

#[test]
fn a_line_of_a_megabyte_is_only_long() {
    for line in [
        "x".repeat(1 << 20),
        "x ".repeat(1 << 19),
        "'x' | ".repeat(1 << 17),
    ] {
        assert!(Program::parse(&line).is_err());
    }
    let path = "x".repeat(1 << 20);
    assert!(Program::parse(&format!("cat '{path}'")).is_ok());
    assert!(Program::parse(&format!("grep {path} /x")).is_ok());
}

proptest! {
    #[test]
    fn no_line_makes_the_console_panic(line in any::<String>()) {
        let _ = Program::parse(&line);
    }

    /// Words that the console knows, in any order, are run to their end or to Ctrl-C.
    #[test]
    fn no_words_make_a_program_panic(words in prop::collection::vec(prop::sample::select(vec![
        "sudo", "-u", "mysql", "cm-cluster-manage", "--bootstrap-node", "--safe-to-bootstrap", "--
        force-safe-to-bootstrap", "--show-cluster-status", "--restart-node", "systemctl", "start",
        "stop", "restart", "status", "is-active", "mariadb", "--no-block", "killall", "-9",
        "mariadbd", "mysqld_safe", "--wsrep-recover", "-e", "SELECT", "'SELECT 1'",
        "galera_new_cluster", "cat", "tail", "-f", "-1", "-n", "grep", "-c", "x*", "^", "|",
        "reboot", "cm-run-playbook", "--all-hosts", "rm", "wc", "-l",
        "/var/lib/mysql/grastate.dat", "/x", "'", "\"", "\\", "#", "",
    ]), 0..7)) {
        let mut host = Fake::new();
        let line = words.join(" ");
        transcript_with_limits(&mut host, &[(line.as_str(), 30)]);
        transcript(&mut host, &["systemctl status mariadb"]);
    }
}
