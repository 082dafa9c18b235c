//! What people met with, in our own words: each public report, and variants of its kind.

use super::evidence::{
    Case, U, grastate, gvwstate, has, loses_nothing, position, recovered, server,
};

/// K4: the answer of a recovery run, in every spelling and behind every prefix.
#[test]
fn every_spelling_of_a_recovered_position() {
    let spellings = [
        // mysqld_safe prints the server's line again, without the colon.
        "140311 20:18:44 mysqld_safe WSREP: Recovered position {P}",
        "2014-03-11 20:18:44 mysqld_safe WSREP: Recovered position {P}",
        "2030-01-02T03:04:05.000006Z mysqld_safe WSREP: Recovered position {P}",
        "211028 18:01:50 mysqld_safe Assigning {P} to wsrep_start_position",
        "WSREP: Recovered position {P}",
        "WSREP: Recovered position: {P}",
        "WSREP: Recovered position: {P},0-1-44",
        "INFO: WSREP: Recovered position {P}",
        " INFO: WSREP: Recovered position {P}",
        // Galera's line in MariaDB, PXC 5.7, PXC 8.0, MySQL-wsrep 5.6 and 8.0.
        "2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02 13:04:05 139922 [Note] WSREP: Recovered position: {P}",
        "140311 20:18:44 [Note] WSREP: Recovered position: {P}",
        "2030-01-02T03:04:05.000006Z 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [WSREP] Recovered position: {P}",
        "2030-01-02T03:04:05.000006+02:00 0 [Note] [MY-000000] [Galera] Recovered position: {P}",
        // galera_recovery, and a position alone.
        "--wsrep_start_position={P}",
        "_WSREP_START_POSITION=--wsrep_start_position={P}",
        "{P}",
        // Behind a journal, a container, a pod, an operator, a grep, a loop.
        "Nov 28 14:03:01 db1 mariadbd[1234]: 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02T03:04:05+0100 db1 sh[77]: WSREP: Recovered position {P}",
        "Wed 2030-01-02 03:04:05 UTC db1 mysqld_safe[77]: WSREP: Recovered position {P}",
        "galera-1  | 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02T03:04:05.123456789Z 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02T03:04:05.123456789Z stderr F 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "[pod/db-0/mariadb] 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "[pod/db-0/mariadb] 2030-01-02T03:04:05.123456789Z 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        r#"{"log":"2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [WSREP] Recovered position: {P}\n","file":"/var/lib/mysql/wsrep_recovery_verbose.log"}"#,
        r#"{"MESSAGE":"2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}","_HOSTNAME":"db1"}"#,
        "/var/log/mysql/error.log:12:2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "db1: 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "> 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        // Other versions of these, other tools, and what people paste.
        "230102 03:04:05 mariadbd-safe WSREP: Recovered position {P}",
        "galera_1  | 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "\u{1b}[36mgalera-1  | \u{1b}[0m2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "db-0 mariadb 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "db-0 › mariadb 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "[12345.678901] db1 mariadbd[77]: 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "<30>Jan  2 03:04:05 db1 mariadbd[77]: 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02T03:04:05.123456+01:00 db1 mariadbd: 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02 03:04:05,123 INFO 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "2030-01-02 13:04:05 0x7f12 [Note] WSREP: Recovered position: {P}",
        "2030-01-02 13:04:05 7fab12345700 [Note] WSREP: Recovered position: {P}",
        r#"{"log":"2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}\n","stream":"stderr","time":"2030-01-02T03:04:05Z"}"#,
        r#"{"@timestamp":"2030-01-02T03:04:05Z","msg":"2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}"}"#,
        "10.0.0.7: 2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "    2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {P}",
        "* WSREP: Recovered position '{P}'",
    ];
    for spelling in spellings {
        let line = spelling.replace("{P}", &format!("{U}:138532"));
        for (end, zipped) in [("\n", false), ("\r\n", false), ("", false), ("\n", true)] {
            let text = format!("something before\n{line}{end}");
            let bytes = if zipped {
                gzip(text.as_bytes())
            } else {
                text.into_bytes()
            };
            let case = Case::new().file("a.txt", bytes);
            let answer = case.ask(&["--node", "A=a.txt"]);
            assert_eq!(
                position(&answer, "A").as_deref(),
                Some("138532"),
                "{line:?}{end:?}"
            );
            assert_eq!(answer["action"]["node"], "A");
        }
    }
}

/// Deflated without compression, so that no library is needed: one stored block.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let length = u16::try_from(bytes.len()).unwrap();
    zipped.push(1);
    zipped.extend(length.to_le_bytes());
    zipped.extend((!length).to_le_bytes());
    zipped.extend(bytes);
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(sum & 1));
        }
    }
    zipped.extend((!sum).to_le_bytes());
    zipped.extend(u32::from(length).to_le_bytes());
    zipped
}

/// What looks like a recovered position and is none.
#[test]
fn other_positions_are_no_answers_of_a_recovery_run() {
    for line in [
        "2030-01-02  3:04:05 0 [Note] WSREP: Recovered position from storage: {P}",
        "2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [WSREP-SST] Galera co-ords from recovery: {P}",
        "2030-01-02T03:04:05.902889-00:00 0 [Note] [MY-011825] [Xtrabackup] Recovered WSREP position: {P}",
        "2030-01-02  3:04:05 0 [Note] WSREP: Setting initial position to {P}",
    ] {
        let line = line.replace("{P}", &format!("{U}:7"));
        let case = Case::new().file(
            "a.txt",
            format!("{line}\n2030-01-02  3:04:06 0 [Note] Aborting\n"),
        );
        assert_eq!(
            position(&case.ask(&["--node", "A=a.txt"]), "A"),
            None,
            "{line}"
        );
    }
}

/// R04: three servers that wait for each other for ever.
#[test]
fn servers_that_wait() {
    let log = format!(
        "170311 20:18:44 mysqld_safe WSREP: Recovered position {U}:20626756\n\
         2017-03-11 20:18:46 139922 [Note] WSREP: restore pc from disk successfully\n\
         2017-03-11 20:18:47 139922 [Warning] WSREP: node uuid: 1d3ea8f5 last_prim(type: 2, uuid: \
         00000000) is inconsistent to restored view(type: V_NON_PRIM, uuid: 1d3ea8f5)\n"
    );
    let case = Case::new()
        .file("all/A/error.log", &log)
        .file("all/B/error.log", &log)
        .file("all/C/error.log", &log);
    let answer = case.ask(&["all"]);
    for node in ["A", "B", "C"] {
        assert_eq!(position(&answer, node).as_deref(), Some("20626756"));
        assert_eq!(server(&answer, node), "waits");
        assert!(has(&answer, "waits", node));
    }
    assert_eq!(answer["action"]["do"], "bootstrap");
    let first = answer["steps"][0].as_str().unwrap();
    assert!(
        first.starts_with("Stop the server on A, B and C"),
        "{first}"
    );
}

/// The text with this in front of each line.
fn prefixed(text: &str, prefix: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    format!("{prefix}{}\n", lines.join(&format!("\n{prefix}")))
}

/// R05: state files of Galera 3, written by hand, cut off, with other line ends.
#[test]
fn state_files_of_every_version() {
    let whole =
        format!("# GALERA saved state\nversion: 2.1\nuuid:    {U}\nseqno:   10060\ncert_index:\n");
    let files = [
        whole.clone(),
        whole.replace('\n', "\r\n"),
        whole.replace("cert_index:\n", ""),
        format!("uuid: {U}\nseqno: 10060\n"),
        format!("uuid:\t{U}\nseqno:\t10060"),
        format!("$ cat /var/lib/mysql/grastate.dat\n{whole}$ exit\n"),
        format!("\u{feff}{whole}"),
        whole.replace(U, &U.to_ascii_uppercase()),
        whole.replace("cert_index:", "cert_index: 0"),
        format!("version: 2.1\nseqno:   10060\nuuid:    {U}\n"),
        format!("> uuid:    {U}\n> seqno:   10060\n"),
        format!("    uuid:    {U}   \n    seqno:   10060   \n"),
        prefixed(&whole, "db1  | "),
        prefixed(&whole, "[pod/db-0/mariadb] "),
    ];
    for file in files {
        let case = Case::new().file("state", &file);
        let answer = case.ask(&["--node", "A=state"]);
        assert_eq!(position(&answer, "A").as_deref(), Some("10060"), "{file}");
        assert_eq!(answer["action"]["do"], "bootstrap", "{file}");
        assert_eq!(answer["action"]["force"], false, "{file}");
        assert!(has(&answer, "state-file-form", "A"), "{file}");
    }
    // The guide's way to a position: a start says what the file said, and comes to nothing.
    let log = format!("2030-01-02  3:04:05 0 [Note] WSREP: Found saved state: {U}:10060\n");
    let answer = Case::new().file("a.log", log).ask(&["--node", "A=a.log"]);
    assert_eq!(position(&answer, "A").as_deref(), Some("10060"));
}

/// R05, among several: files without a flag claim nothing, so that no fork is suspected.
#[test]
fn without_a_flag_the_highest_position_decides() {
    let old = |seqno: i64| format!("version: 2.1\nuuid: {U}\nseqno: {seqno}\ncert_index:\n");
    let case = Case::new()
        .file("all/A/grastate.dat", old(10))
        .file("all/B/grastate.dat", old(12));
    let answer = case.ask(&["all"]);
    assert_eq!(answer["action"]["node"], "B");
    assert_eq!(answer["action"]["force"], false);
}

/// R07 and its kin: a line of long ago is not the position, and nobody says that nothing is lost.
#[test]
fn a_recovered_position_that_is_older_than_the_log() {
    let after = [
        // Another process holds the data.
        "2030-02-25 21:08:57 0 [ERROR] mariadbd: Can't lock aria control file '/x' for exclusive use, error: 11\n",
        "2030-02-25 21:08:57 0 [ERROR] InnoDB: Unable to lock ./ibdata1 error: 11\n",
        "2030-02-25T21:08:57.000000Z 1 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11\n",
        // The run found damage, had no room, or no permission.
        "2030-02-25 21:08:57 0 [ERROR] InnoDB: Database page corruption on disk or a failed read\n",
        "2030-02-25 21:08:57 0 [ERROR] mysqld: Errcode: 28 \"No space left on device\"\n",
        "2030-02-25 21:08:57 0 [ERROR] InnoDB: Operating system error number 13 in a file operation.\n",
        // The server took part again.
        "2030-02-25 21:08:57 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 55)\n",
        "2030-02-25T21:08:57.000000Z 3 [Note] [MY-000000] [Galera] SST received: {U}:55\n",
    ];
    for after in after {
        let after = after.replace("{U}", U);
        for prefix in ["", "Feb 25 21:08:57 db1 mariadbd[77]: "] {
            let lines = format!("{}{after}", recovered(41));
            let lines: Vec<&str> = lines.lines().collect();
            let log = format!("{prefix}{}\n", lines.join(&format!("\n{prefix}")));
            let case = Case::new()
                .file("a.txt", log)
                .file("b.txt", recovered(60))
                .file("c.txt", recovered(60));
            let answer = case.ask(&[
                "--node", "A=a.txt", "--node", "B=b.txt", "--node", "C=c.txt",
            ]);
            assert_eq!(position(&answer, "A"), None, "{after}");
            assert!(has(&answer, "old-position", "A"), "{after}");
            assert_ne!(answer["action"]["do"], "bootstrap", "{after}");
            assert!(!loses_nothing(&answer), "{after}");
        }
    }
}

/// The order in which lines are given is not the order of time.
#[test]
fn rotated_files_in_any_order() {
    let lock = "2030-02-25 21:08:57 0 [ERROR] mariadbd: Can't lock aria control file '/x' for \
                exclusive use, error: 11\n";
    let case = Case::new()
        .file("error.log", lock)
        .file("error.log.1", recovered(41));
    for order in ["A=error.log,error.log.1", "A=error.log.1,error.log"] {
        let answer = case.ask(&["--node", order]);
        assert_eq!(position(&answer, "A"), None, "{order}");
        assert_eq!(server(&answer, "A"), "runs");
    }
    // A run after the lock is fresh again.
    let later = recovered(60).replace("2030-01-02", "2030-03-01");
    let case = Case::new().file("error.log", lock).file("later", later);
    let answer = case.ask(&["--node", "A=later,error.log"]);
    assert_eq!(position(&answer, "A").as_deref(), Some("60"));
}

/// R09: the command line of a server that runs says where it started.
#[test]
fn a_running_server_is_no_recovery_run() {
    let status = format!(
        "● mariadb.service - MariaDB\n   Active: active (running) since Thu 2030-01-02; 3h ago\n   \
         CGroup: /system.slice/mariadb.service\n           └─1882 /usr/sbin/mysqld \
         --wsrep_start_position={U}:572\n"
    );
    let ps = format!(
        "mysql     1882  0.5 10.1 999 888 ?  Ssl  Jan01 1:23 /usr/sbin/mariadbd --basedir=/usr \
         --wsrep_start_position={U}:572\n"
    );
    for text in [status, ps] {
        let case = Case::new()
            .file("a.txt", &text)
            .file("b.txt", recovered(60))
            .file("c.txt", recovered(60));
        let answer = case.ask(&[
            "--node", "A=a.txt", "--node", "B=b.txt", "--node", "C=c.txt",
        ]);
        assert_eq!(answer["action"]["do"], "look-first", "{text}");
        assert_eq!(answer["action"]["nodes"][0], "A");
        assert_eq!(position(&answer, "A"), None, "{text}");
        assert!(!loses_nothing(&answer));
        let said = case.read(&["--node", "A=a.txt"]);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("572 is the position at which it started"),
            "{said}"
        );
    }
}

/// R10: what systemd shortens costs one token, and not the file.
#[test]
fn an_ellipsis_is_passed_over() {
    for token in ["bc4...", "…", "7159b315", "bananas:7"] {
        let text = format!("  --wsrep_start_position={token}\n{}", recovered(77));
        let case = Case::new().file("a.txt", text);
        let answer = case.ask(&["--node", "A=a.txt"]);
        assert_eq!(position(&answer, "A").as_deref(), Some("77"), "{token}");
        assert!(has(&answer, "unreadable", "A"), "{token}");
    }
    // Bytes that are no UTF-8, in the middle of everything.
    let mut bytes = b"2030-01-01  1:00:00 0 [Note] \xff\xfe caf\xe9\n".to_vec();
    bytes.extend(recovered(77).bytes());
    let answer = Case::new().file("a.txt", bytes).ask(&["--node", "A=a.txt"]);
    assert_eq!(position(&answer, "A").as_deref(), Some("77"));
}

/// R11: why a run came to nothing is a fact of its own.
#[test]
fn a_run_that_failed_says_why() {
    for (line, why) in [
        (
            "2030-01-02  6:21:33 0 [Note] WSREP: disabled, skipping position recovery",
            "wsrep is off",
        ),
        (
            "2030-01-02  6:21:33 0 [ERROR] InnoDB: Operating system error number 13 in a file operation.",
            "may not read or write",
        ),
        (
            "2030-01-02T06:21:33.000000Z 0 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11",
            "another process holds",
        ),
        (
            "2030-01-02  6:21:33 0 [ERROR] mysqld: unknown variable 'bananas=1'",
            "option",
        ),
        (
            "WSREP: Failed to start mariadbd for wsrep recovery: ''",
            "the wrapper got no position",
        ),
        (
            "140311 20:18:44 mysqld_safe WSREP: Failed to recover position: ''",
            "the wrapper got no position",
        ),
        ("bash: galera_recovery: command not found", "missing"),
        ("sh: 1: galera_recovery: not found", "missing"),
        (
            "sh: /usr/bin/galera_recovery: Permission denied",
            "may not read or write",
        ),
    ] {
        let case = Case::new().file("a.txt", format!("{line}\n"));
        let said = case.read(&["--node", "A=a.txt"]).replace('\n', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.starts_with("Bootstrap nothing yet."), "{line}: {said}");
        assert!(said.contains(why), "{line}: {said}");
    }
    let text = "2030-01-02  6:21:33 0 [ERROR] Could not open mysql.plugin table: \"Table \
                'mysql.plugin' doesn't exist\".\n2030-01-02  6:21:33 0 [Note] WSREP: disabled, \
                skipping position recovery\n";
    let answer = Case::new().file("a.txt", text).ask(&["--node", "A=a.txt"]);
    assert!(has(&answer, "no-system-tables", "A") && has(&answer, "run-failed", "A"));
}

/// R14: a cloned disk, with and without a node of its own beside it.
#[test]
fn one_identity_on_two_nodes() {
    let view = gvwstate("a01ce57c", 20, &["a01ce57c", "b73c0a95"]);
    let case = ["A", "B"].iter().fold(Case::new(), |case, node| {
        case.file(&format!("all/{node}/grastate.dat"), grastate(U, -1, 0))
            .file(&format!("all/{node}/gvwstate.dat"), &view)
            .file(&format!("all/{node}/recovered.txt"), recovered(500))
    });
    let case = case
        .file("c/C/grastate.dat", grastate(U, -1, 0))
        .file(
            "c/C/gvwstate.dat",
            gvwstate("b73c0a95", 20, &["a01ce57c", "b73c0a95"]),
        )
        .file("c/C/recovered.txt", recovered(510));
    for args in [&["all"][..], &["all", "c/C"]] {
        let answer = case.ask(args);
        assert_eq!(answer["action"]["do"], "decide");
        assert!(has(&answer, "clone", "A") && has(&answer, "clone", "B"));
        assert!(!loses_nothing(&answer));
        let said = case.read(args).replace('\n', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("A and B are one node twice"), "{said}");
        assert!(said.contains("remove gvwstate.dat from it"), "{said}");
        assert!(!said.contains("Start B plainly"), "{said}");
    }
}

/// R15: a state file that is ahead of the data.
#[test]
fn saved_above_what_innodb_holds() {
    for (a, others) in [((100, 90), [88, 86]), ((6966, 6960), [6964, 6963])] {
        let (saved, data) = a;
        let node = |name: &str, file: &str| format!("all/{name}/{file}");
        let case = Case::new()
            .file(&node("A", "grastate.dat"), grastate(U, saved, 1))
            .file(&node("A", "recovered.txt"), recovered(data))
            .file(&node("B", "grastate.dat"), grastate(U, others[0], 0))
            .file(&node("B", "recovered.txt"), recovered(others[0]))
            .file(&node("C", "grastate.dat"), grastate(U, others[1], 0))
            .file(&node("C", "recovered.txt"), recovered(others[1]));
        let answer = case.ask(&["all"]);
        assert_eq!(answer["action"]["do"], "decide", "{saved}");
        assert!(has(&answer, "saved-above-data", "A"));
        assert!(!loses_nothing(&answer));
    }
    // Where another node holds as much as the file claims, the decision stands, and nothing is praised.
    let case = Case::new()
        .file("all/A/grastate.dat", grastate(U, 100, 0))
        .file("all/A/recovered.txt", recovered(90))
        .file("all/B/grastate.dat", grastate(U, -1, 0))
        .file("all/B/recovered.txt", recovered(120));
    let answer = case.ask(&["all"]);
    assert_eq!(answer["action"]["node"], "B");
    assert!(has(&answer, "saved-above-data", "A") && !loses_nothing(&answer));
}

/// A file and the data behind it name two histories.
#[test]
fn two_histories_on_one_node() {
    let other = "c2d3a6f0-ed8a-11ed-b66b-82b08426f1d2";
    let case = Case::new()
        .file("all/A/grastate.dat", grastate(other, -1, 0))
        .file("all/A/recovered.txt", recovered(90))
        .file("all/B/grastate.dat", grastate(U, -1, 0))
        .file("all/B/recovered.txt", recovered(95));
    let answer = case.ask(&["all"]);
    assert_eq!(answer["action"]["do"], "decide");
    assert!(has(&answer, "two-histories", "A") && !loses_nothing(&answer));
}

/// A grastate.dat that was copied before the log went on.
#[test]
fn a_state_file_that_is_older_than_the_log() {
    let log = format!(
        "2030-01-02  3:04:05 0 [Note] WSREP: Found saved state: {U}:50, safe_to_bootstrap: 0\n\
         2030-01-02  3:04:09 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 60)\n"
    );
    let case = Case::new()
        .file("all/A/grastate.dat", grastate(U, 50, 0))
        .file("all/A/error.log", log)
        .file("all/B/grastate.dat", grastate(U, 55, 0));
    let answer = case.ask(&["all"]);
    assert_eq!(position(&answer, "A"), None);
    assert!(has(&answer, "old-state-file", "A"));
    assert_ne!(answer["action"]["do"], "bootstrap");
    assert!(!loses_nothing(&answer));
}

/// R18: the last one left in order, which is evidence against a node whose file is void.
#[test]
fn an_orderly_last_stop_is_named() {
    let zero = "00000000-0000-0000-0000-000000000000";
    let case = Case::new()
        .file("all/A/grastate.dat", grastate(zero, -1, 0))
        .file("all/B/grastate.dat", grastate(U, 12345, 1))
        .file("all/C/grastate.dat", grastate(U, 12340, 0));
    let answer = case.ask(&["all"]);
    assert_eq!(answer["action"]["do"], "decide");
    assert!(has(&answer, "left-last", "B") && !loses_nothing(&answer));
}

/// R29: what a configuration says before anything is started.
#[test]
fn configurations() {
    let case = Case::new()
        .file("all/A/my.cnf", "[mysqld]\nwsrep_cluster_address = \"gcomm://\"\nwsrep-cluster-name=one\n")
        .file("all/A/recovered.txt", recovered(7))
        .file("all/B/my.cnf", "[galera]\nwsrep_cluster_address=gcomm://a,b\nwsrep_cluster_name='two'\ninnodb_flush_log_at_trx_commit=0\nwsrep_sst_auth=root:secret\n")
        .file("all/B/recovered.txt", recovered(9));
    let answer = case.ask(&["all"]);
    assert!(has(&answer, "empty-address", "A") && !has(&answer, "empty-address", "B"));
    assert!(has(&answer, "cluster-names", "A") && has(&answer, "cluster-names", "B"));
    assert!(has(&answer, "setting", "B"));
    assert!(!answer.to_string().contains("secret"));
    assert_eq!(answer["action"]["node"], "B");
}

/// A node that was ahead of its group keeps its data until somebody starts it.
#[test]
fn a_node_that_was_ahead() {
    let log = "2030-01-02T03:04:05.000006Z 0 [ERROR] [MY-000000] [Galera] \
               gcs/src/gcs_group.cpp:group_post_state_exchange():431: Reversing history: 300 -> 200, \
               this member has applied 100 more events than the primary component.Data loss is \
               possible. Must abort.\n";
    let case = Case::new().file("a", log).file("b", recovered(200));
    let answer = case.ask(&["--node", "A=a", "--node", "B=b"]);
    assert_eq!(answer["action"]["do"], "decide");
    assert!(has(&answer, "reversal", "A") && !loses_nothing(&answer));
}

/// R13 and R17, which were answered rightly before: a joiner in a crash loop, and every node alone.
#[test]
fn what_was_right_stays_right() {
    let zero = "00000000-0000-0000-0000-000000000000";
    let members = ["0a000000", "0b000000", "0c000000"];
    let view = |own: &str| gvwstate(own, 13_008, &members);
    let case = Case::new()
        .file("all/A/grastate.dat", grastate(zero, -1, 0))
        .file("all/A/gvwstate.dat", view("0a000000"))
        .file(
            "all/A/recovered.txt",
            format!("WSREP: Recovered position: {zero}:-1\n"),
        )
        .file("all/B/grastate.dat", grastate(U, -1, 0))
        .file("all/B/gvwstate.dat", view("0b000000"))
        .file("all/B/recovered.txt", recovered(500))
        .file("all/C/grastate.dat", grastate(U, -1, 0))
        .file("all/C/gvwstate.dat", view("0c000000"))
        .file("all/C/recovered.txt", recovered(510));
    assert_eq!(case.ask(&["all"])["action"]["node"], "C");
    let alone = |case: Case, node: &str, uuid: &str, own: &str| {
        case.file(&format!("all/{node}/grastate.dat"), grastate(uuid, 9, 1))
            .file(
                &format!("all/{node}/gvwstate.dat"),
                gvwstate(own, 3, &[own]),
            )
    };
    let other = |first: &str| U.replace("7159b315", first);
    let case = alone(Case::new(), "A", U, "0a000000");
    let case = alone(case, "B", &other("8159b315"), "0b000000");
    let case = alone(case, "C", &other("9159b315"), "0c000000");
    assert_eq!(case.ask(&["all"])["action"]["do"], "decide");
}

/// Two clocks are told apart by a state exchange, which both nodes logged.
#[test]
fn clocks_that_differ() {
    let log = |hour: u32, name: &str, index: u32| {
        let head = format!("2030-01-02T{hour:02}:04:05.000006Z 0 [Note] [MY-000000] [Galera]");
        format!(
            "{head} New COMPONENT: primary = yes, bootstrap = no, my_idx = {index}, memb_num = 2\n\
             {head} STATE EXCHANGE: got state msg: {U} from {index} ({name})\n"
        )
    };
    let case = Case::new()
        .file("all/one.log", log(3, "a", 0))
        .file("all/other.log", log(5, "b", 1));
    let answer = case.ask(&["all"]);
    assert!(has(&answer, "clocks", "a") && has(&answer, "clocks", "b"));
    let said = case.read(&["all"]);
    assert!(
        said.contains("The clock of b is 2 h ahead of that of a"),
        "{said}"
    );
}

/// A log that ends without a stop says that a server may run.
#[test]
fn a_log_without_an_end() {
    let log = "2030-01-02  3:04:05 0 [Note] Starting MariaDB 10.11.6-MariaDB-log source revision abc \
               server_uid x as process 77\n2030-01-02  3:04:09 0 [Note] WSREP: Shifting JOINED -> \
               SYNCED (TO: 31)\n";
    let case = Case::new().file("a", log).file("b", recovered(60));
    let answer = case.ask(&["--node", "A=a", "--node", "B=b"]);
    assert_eq!(server(&answer, "A"), "may-run");
    assert_eq!(answer["action"]["do"], "look-first");
    assert!(!loses_nothing(&answer));
    // In order down, its log tells the position as well as its file would.
    let log = format!(
        "2030-01-02  3:04:04 0 [Note] WSREP: Found saved state: {U}:-1, safe_to_bootstrap: 0\n{log}\
         2030-01-02  4:04:09 0 [Note] WSREP: Shifting SYNCED -> CLOSED (TO: 70)\n\
         2030-01-02  4:04:10 0 [Note] /usr/sbin/mariadbd: Shutdown complete\n"
    );
    let case = Case::new().file("a", log).file("b", recovered(60));
    let answer = case.ask(&["--node", "A=a", "--node", "B=b"]);
    assert_eq!(position(&answer, "A").as_deref(), Some("70"));
    assert_eq!(answer["action"]["node"], "A");
}
