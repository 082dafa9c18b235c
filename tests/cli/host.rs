//! What a script finds behind `ssh NODE`: the commands of a host, and statements for its server.

use crate::work::{Work, can_confine};

/// Types lines on nodes of a scenario, and returns each with what came back and its exit code.
pub(crate) fn typed(scenario: &str, lines: &[(&str, &str)]) -> String {
    let mut script = String::from("#!/bin/bash\n");
    for (node, line) in lines {
        let quoted = line.replace('\'', "'\\''");
        script.extend([format!(
            "echo '{node}$ {quoted}'\nssh {node} '{quoted}'; code=$?\n[ $code = 0 ] || echo \"[$code]\"\n"
        )]);
    }
    script += "exit 3\n";
    let work = Work::new();
    work.write("lines.sh", script);
    work.make_executable("lines.sh");
    let ran = work.run(&["verify", "--script", "lines.sh", "--scenarios", scenario]);
    assert!(ran.code.is_some(), "{}", ran.stderr);
    let cell = work.read(&format!(
        "target/seatrial/verify/cells/{scenario}--script.txt"
    ));
    let (_, printed) = cell.split_once("--- what it printed\n").unwrap_or_default();
    printed.to_owned()
}

#[test]
fn questions_that_scripts_ask() {
    if !can_confine() {
        return;
    }
    insta::assert_snapshot!(typed(
        "s37-two-crash-one-survives",
        &[
            (
                "A",
                "systemctl is-active --quiet mariadb && echo up || echo down"
            ),
            (
                "C",
                "systemctl is-active --quiet mariadb && echo up || echo down"
            ),
            ("A", "sudo galera_recovery"),
            ("C", "hostname; sudo whoami; pgrep -x mariadbd"),
            ("A", "service mysql status | head -3"),
            ("A", "/etc/init.d/mysql stop"),
            ("C", "kill -0 $(pidof mariadbd) && echo runs"),
            ("C", "mysqladmin ping"),
            ("A", "mysqladmin ping"),
            ("A", "frobnicate --all"),
            ("A", "sudo frobnicate"),
        ]
    ));
}

#[test]
fn statements_that_scripts_send() {
    if !can_confine() {
        return;
    }
    let lines = [
        "mysql -NBe \"SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='wsrep_cluster_status'\"",
        "mysql -e 'SELECT @@wsrep_cluster_name, @@global.wsrep_on'",
        "mysql -e 'SELECT @@bananas'",
        "mysql -e 'SELECT COUNT(*) FROM t.t'",
        "mysql -e 'SELECT 1'",
        "mysql -NBe \"SHOW STATUS LIKE 'wsrep_local_state'; SHOW STATUS LIKE 'wsrep_cluster_status'\"",
        "mysql -e \"SHOW STATUS WHERE Variable_name LIKE 'wsrep_cluster%' AND Value <> 3\"",
        "mysql -e 'SET GLOBAL bananas=1'",
        "mysql -e \"SET GLOBAL wsrep_provider_options='bananas=1'\"",
        "mysql -e \"SET GLOBAL datadir='/tmp'\"",
        "mysql -e 'SET GLOBAL wsrep_desync=ON'",
        "mysql -uroot -psecret -Ee \"SHOW VARIABLES LIKE 'wsrep_sst_method'\"",
        "mysql -e 'SELEC 1'",
        "mysql -e \"SELECT VARIABLE_NAME FROM information_schema.global_variables WHERE VARIABLE_NAME IN ('port','socket') ORDER BY VARIABLE_NAME DESC LIMIT 1\"",
        "mysql -e 'SELECT SLEEP(5)'",
        "mysql -e SHUTDOWN; sleep 20; systemctl is-active mariadb",
    ];
    let lines: Vec<_> = lines.iter().map(|line| ("C", *line)).collect();
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}

/// A gap of the simulated host says nothing about the script.
#[test]
fn what_was_not_understood_is_not_judged() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    work.write(
        "odd.sh",
        "#!/bin/sh\nssh A 'frobnicate --all'\nssh B \"mysql -e 'SHOW GRANTS'\"\nexit 1\n",
    );
    work.make_executable("odd.sh");
    let ran = work.run(&[
        "verify",
        "--script",
        "odd.sh",
        "--scenarios",
        "s35-one-link-is-broken",
    ]);
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.stdout, ran.stderr);
    for words in [
        "not understood: frobnicate --all",
        "this host has no frobnicate",
        "SHOW GRANTS",
    ] {
        let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{words}: {text}");
    }
}
