//! What may be given: folders, archives, files side by side; what is refused; the collector.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::evidence::{Case, U, grastate, gvwstate, has, position, recovered, server};

/// A log that names its node, in the form of Galera 4.
fn log_of(name: &str, identity: &str, seqno: i64) -> String {
    format!(
        "2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [Galera] ({identity}, \
         'tcp://0.0.0.0:4567') listening at tcp://0.0.0.0:4567\n\
         2030-01-02T03:04:06.000006Z 0 [Note] [MY-000000] [Galera] Server {name} synced with group\n\
         2030-01-02T03:04:07.000006Z 0 [Note] [MY-000000] [WSREP] Recovered position: {U}:{seqno}\n"
    )
}

/// The bytes of a tar archive of these files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, bytes) in files {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[108..116].copy_from_slice(b"0000000\0");
        header[116..124].copy_from_slice(b"0000000\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        all.extend(header);
        all.extend(*bytes);
        all.resize(all.len().div_ceil(512) * 512, 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

#[test]
fn a_folder_for_each_node() {
    let case = Case::new()
        .file("all/A/grastate.dat", grastate(U, -1, 0))
        .file(
            "all/A/gvwstate.dat",
            gvwstate("0a000000", 3, &["0a000000", "0b000000"]),
        )
        .file("all/A/log/error.log", recovered(7))
        .file("all/B/data/grastate.dat", grastate(U, -1, 0))
        .file("all/B/recovered.txt", recovered(9));
    // One folder with a folder for each node, or a folder for each.
    for args in [&["all"][..], &["all/A", "all/B"]] {
        let answer = case.ask(args);
        assert_eq!(position(&answer, "A").as_deref(), Some("7"), "{args:?}");
        assert_eq!(position(&answer, "B").as_deref(), Some("9"));
        assert_eq!(answer["action"]["node"], "B");
        assert_eq!(answer["action"]["force"], true);
    }
}

#[test]
fn files_side_by_side_are_told_apart_by_what_is_in_them() {
    let own = "6be05067-5664-11e7-96fb-0000000000ff";
    let view = format!(
        "my_uuid: {own}\n#vwbeg\nview_id: 3 {own} 4\nbootstrap: 0\nmember: {own} 0\n#vwend\n"
    );
    let case = Case::new()
        // Rotated files of one node, which only its name and its identity connect.
        .file("all/x.1", log_of("db1", "6be05067-96fb", 5))
        .file("all/y", "2030-01-03T03:04:05.000006Z 0 [Note] [MY-000000] [Galera] (6be05067-96fb, \
                        'tcp://0.0.0.0:4567') connection established to 7be05067-96fb tcp://10.0.0.2:4567\n")
        .file("all/z", view)
        .file("all/v", log_of("db2", "7be05067-96fb", 8));
    let answer = case.ask(&["all"]);
    let names: Vec<&str> = answer["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["db2", "db1"]);
    assert_eq!(position(&answer, "db1").as_deref(), Some("5"));
    assert_eq!(answer["nodes"][1]["saved_view"], 4);
    assert_eq!(position(&answer, "db2").as_deref(), Some("8"));
}

#[test]
fn names_of_files_tell_nodes_apart_where_nothing_else_does() {
    let case = Case::new()
        .file("all/a.txt", recovered(5))
        .file("all/b.txt", recovered(6))
        .file("all/c-recovered.log", recovered(7))
        .file("all/grastate.dat.c", grastate(U, -1, 0));
    let answer = case.ask(&["all"]);
    for (node, seqno) in [("a", "5"), ("b", "6"), ("c", "7")] {
        assert_eq!(position(&answer, node).as_deref(), Some(seqno));
    }
    // What only a name connects is said to be so.
    assert!(has(&answer, "by-name-only", "c"));
    // The same files one by one.
    let answer = case.ask(&["all/a.txt", "all/b.txt", "all/c-recovered.log"]);
    assert_eq!(answer["action"]["node"], "c");
}

#[test]
fn archives() {
    let a = tar(&[
        ("./grastate.dat", grastate(U, -1, 0).as_bytes()),
        ("./error.log", recovered(7).as_bytes()),
    ]);
    let b = tar(&[("b/var/log/error.log", recovered(9).as_bytes())]);
    let both = tar(&[
        ("A/grastate.dat", grastate(U, -1, 0).as_bytes()),
        ("A/error.log", recovered(7).as_bytes()),
        ("B/error.log", recovered(9).as_bytes()),
    ]);
    let case = Case::new()
        .file("all/A.tar", &a)
        .file("all/B.tar", b)
        .file("both.tar", both);
    for args in [&["all"][..], &["both.tar"], &["all/A.tar", "all/B.tar"]] {
        let answer = case.ask(args);
        assert_eq!(position(&answer, "A").as_deref(), Some("7"), "{args:?}");
        assert_eq!(position(&answer, "B").as_deref(), Some("9"), "{args:?}");
        assert_eq!(answer["action"]["node"], "B");
    }
    // An archive that was cut off is read as far as it goes, or refused with a remedy.
    let case = Case::new().file("cut.tar", &a[..700]);
    let ran = case.work.run(&["advise", "cut.tar"]);
    assert!(matches!(ran.code, Some(0 | 2)), "{}", ran.stderr);
}

#[test]
fn what_is_refused() {
    let outside = tar(&[("../../etc/grastate.dat", grastate(U, 7, 1).as_bytes())]);
    let absolute = tar(&[("/etc/grastate.dat", grastate(U, 7, 1).as_bytes())]);
    let case = Case::new()
        .file("empty/nothing.txt", "")
        .file("notes.txt", "we had a meeting about the cluster\n")
        .file("binary", [7_u8, 3, 9, 1, 2, 0, 0, 5, 250, 30, 8, 9])
        .file("zeros", vec![0_u8; 3 << 20])
        .file("outside.tar", outside)
        .file("absolute.tar", absolute)
        .file(
            "compose.log",
            format!("galera-1  | {}galera-2  | {}", recovered(1), recovered(2)),
        )
        .file("log.zst", [0x28, 0xb5, 0x2f, 0xfd, 0, 0])
        .file("rivals/grastate.dat", grastate(U, 7, 1))
        .file("rivals/copy/grastate.dat", grastate(U, 9, 1))
        .file("a", grastate(U, 7, 1))
        .file("b", grastate(U, 9, 1));
    for (args, why) in [
        (&[][..], "there is nothing to read"),
        (&["nowhere"], "cannot read nowhere"),
        (&["empty"], "is empty"),
        (&["notes.txt"], "nothing in notes.txt is evidence"),
        (&["binary"], "binary is no text"),
        (&["zeros"], "zeros holds nothing but zeros"),
        (&["outside.tar"], "names a file outside of itself"),
        (&["absolute.tar"], "names a file outside of itself"),
        (&["log.zst"], "compressed with zstd"),
        (
            &["--node", "A=compose.log"],
            "holds lines of several nodes, of galera-1 and others",
        ),
        (
            &["--node", "A=a,b"],
            "two files claim to be the grastate.dat of A",
        ),
        (&["--node", "A=a,a"], "a is given twice"),
        (&["--node", "A"], "there is no `=` in it"),
        (&["--node", "=a"], "a node needs a name"),
        (
            &["--node", "A=a", "--node", "A=b"],
            "--node A is there twice",
        ),
        (&["--node", "A=unreachable"], "there is nothing to read"),
        (&["/dev/zero"], "neither a file nor a folder"),
    ] {
        let said = case.refuse(args);
        assert!(said.contains(why), "{args:?}: {said}");
    }
}

/// One file with the lines of several containers is a node for each.
#[test]
fn several_containers_in_one_file() {
    let wrapped =
        |prefix: &str, seqno: i64| format!("{prefix}WSREP: Recovered position {U}:{seqno}\n");
    for (one, other) in [
        ("galera-1  | ", "galera-2  | "),
        ("[pod/galera-1/mariadb] ", "[pod/galera-2/mariadb] "),
        ("galera-1: ", "galera-2: "),
    ] {
        let case = Case::new().file(
            "all.log",
            format!("{one}{}{other}{}", recovered(41), recovered(42)),
        );
        let answer = case.ask(&["all.log"]);
        assert_eq!(
            position(&answer, "galera-1").as_deref(),
            Some("41"),
            "{one}"
        );
        assert_eq!(
            position(&answer, "galera-2").as_deref(),
            Some("42"),
            "{one}"
        );
        assert_eq!(answer["action"]["node"], "galera-2");
    }
    // A wrapper's line without a head, before the first line of its server.
    let text = format!(
        "galera-1  | {}{}galera-2  | 2030-01-02  3:04:05 0 [Note] WSREP: Found saved state: {U}:-1, safe_to_bootstrap: 0\n",
        recovered(41),
        wrapped("galera-2  | ", 42)
    );
    let answer = Case::new().file("all.log", text).ask(&["all.log"]);
    assert_eq!(position(&answer, "galera-1").as_deref(), Some("41"));
    assert_eq!(position(&answer, "galera-2").as_deref(), Some("42"));
    // A table in a file of one container makes no node of its rows.
    let text = format!(
        "galera-1  | {}wsrep_cluster_size | 3\nport | 3306\n",
        recovered(41)
    );
    let answer = Case::new().file("all.log", text).ask(&["all.log"]);
    assert_eq!(answer["nodes"].as_array().unwrap().len(), 1, "{answer}");
}

/// Zeros at the start of a log that was cut off while it was open are passed over.
#[test]
fn a_hole_at_the_start_of_a_log() {
    let mut log = vec![0_u8; 1 << 20];
    log.extend(recovered(7).bytes());
    let answer = Case::new().file("a", log).ask(&["--node", "A=a"]);
    assert_eq!(position(&answer, "A").as_deref(), Some("7"));
}

/// The collector runs in a plain shell, leaves one archive, and advise takes it.
#[test]
fn the_collector_makes_what_advise_reads() {
    let case = Case::new()
        .file("data/grastate.dat", grastate(U, 77, 1))
        .file(
            "data/mysqld.err",
            "2030-01-02  3:04:05 0 [Note] WSREP: Found saved state: bananas\n",
        )
        .file(
            "my.cnf",
            "[mysqld]\nwsrep_cluster_address=gcomm://\npassword=secret\nwsrep_sst_auth=u:secret\n",
        )
        .file("out/keep", "");
    let script = case.work.run(&["advise", "--collector"]).stdout;
    assert!(script.starts_with("#!/bin/sh\n"));
    case.work.write("collector.sh", &script);
    let ran = Command::new("sh")
        .arg("collector.sh")
        .current_dir(case.work.path())
        .env("SEATRIAL_DATADIR", case.work.path().join("data"))
        .env("SEATRIAL_CONFIG", case.work.path().join("my.cnf"))
        .env("SEATRIAL_OUT", case.work.path().join("out"))
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let archive = String::from_utf8(ran.stdout).unwrap();
    let archive = archive.trim();
    let bytes = std::fs::read(archive).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("secret"));
    let answer = case.ask(&[archive]);
    let node = answer["nodes"][0]["name"].as_str().unwrap().to_owned();
    // It is called after its host.
    assert!(archive.contains(&format!("seatrial-{node}-2")), "{node}");
    assert_eq!(answer["nodes"][0]["saved"], format!("{U}:77"));
    assert!(has(&answer, "empty-address", &node));
}

/// The folder with logs of real clusters, which are not part of the repository.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn incidents() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/incidents");
    if path.is_dir() {
        return Some(path);
    }
    println!(
        "skipped: there are no logs of real clusters in {}",
        path.display()
    );
    None
}

#[test]
fn real_logs_of_three_nodes() {
    let Some(incidents) = incidents() else { return };
    let case = Case::new();
    let ask = |name: &str| case.ask(&[incidents.join(name).to_str().unwrap()]);
    // node1 went down in order, refused 102 times before; node2 and node3 may run.
    let answer = ask("merge_rotated_daily");
    assert_eq!(answer["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(answer["action"]["do"], "look-first");
    assert_eq!(server(&answer, "node1"), "down");
    assert!(answer.to_string().contains("refused 102 times"));
    // Four files, three nodes: one of them has two lives.
    let answer = ask("operator_split");
    assert_eq!(answer["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(answer["action"]["do"], "look-first");
    // node3 hangs as a donor, and node2's disk is complete.
    let answer = ask("upgrade");
    assert_eq!(answer["action"]["nodes"], serde_json::json!(["node3"]));
    assert_eq!(position(&answer, "node2").as_deref(), Some("178226796"));
    assert_eq!(position(&answer, "node1").as_deref(), Some("170403896"));
}
