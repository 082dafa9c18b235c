//! Small logs of our own, a rule each: what the autopsy says of them, and what it leaves open.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{sentences, story};
use crate::advise::tar;
use crate::work::Work;

/// The logs of the document: db1 is forced beside db2 and db3, both sides write, db1 is copied over.
fn documented() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/autopsy-logs")
}

/// The documented logs, changed: `None` leaves a file out.
fn changed(work: &Work, change: impl Fn(&str, String) -> Option<String>) -> PathBuf {
    let folder = work.path().join("logs");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["db1", "db2", "db3"] {
        let path = documented().join(format!("{name}.log"));
        let text = std::fs::read_to_string(path).unwrap();
        if let Some(text) = change(name, text) {
            std::fs::write(folder.join(format!("{name}.log")), text).unwrap();
        }
    }
    folder
}

/// The lines before this time of the day.
fn until(text: &str, time: &str) -> String {
    let stop = format!("2030-01-02 {time}");
    let is_before = |line: &&str| !line.starts_with("2030") || **line < *stop;
    let lines: Vec<&str> = text.lines().take_while(is_before).collect();
    lines.join("\n") + "\n"
}

fn text_of(folder: &Path, explain: bool) -> String {
    let mut args = vec!["autopsy", folder.to_str().unwrap()];
    if explain {
        args.push("--explain");
    }
    let ran = Work::new().run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout
}

/// The part of a text with this title.
fn part(text: &str, title: &str) -> String {
    text.split("\n\n")
        .find(|part| part.starts_with(title))
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

#[test]
fn every_sentence_has_its_lines() {
    let text = text_of(&documented(), true);
    // The folder is somewhere else on every machine.
    let folder = documented().display().to_string();
    let text: Vec<&str> = text.split("\n\n").take(3).collect();
    assert!(text[0].contains("[certain]") && text[0].contains(&folder));
    let ran = Work::new().run(&["autopsy", "--format", "json", &folder]);
    let story: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut bare = Vec::new();
    without_lines(&story, &mut bare);
    assert!(bare.is_empty(), "{bare:#?}");
}

/// The sentences that have no lines.
fn without_lines(value: &serde_json::Value, bare: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            if let (Some(says), Some(lines)) = (fields.get("says"), fields.get("evidence"))
                && lines.as_array().is_some_and(Vec::is_empty)
            {
                bare.push(says.to_string());
            }
            for value in fields.values() {
                without_lines(value, bare);
            }
        }
        serde_json::Value::Array(values) => {
            for value in values {
                without_lines(value, bare);
            }
        }
        _ => {}
    }
}

#[test]
fn two_sides_that_both_stand() {
    let work = Work::new();
    let folder = changed(&work, |_, text| Some(until(&text, "11:29")));
    let text = text_of(&folder, false);
    assert_eq!(part(&text, "Point of no return"), "");
    insta::assert_snapshot!(part(&text, "Losses"), @r"
    Losses
      - Not lost yet: 400 write sets up to 541 lie on db1 alone. An SST over it
        would destroy them.
      - Not lost yet: 30 write sets up to 173 lie on db2 and db3 alone. An SST over
        them would destroy them.
    ");
    insta::assert_snapshot!(part(&text, "What not to do"), @r"
    What not to do
      - Do not remove grastate.dat and do not start one side into the other before
        both are copied: a full SST overwrites the joiner.
    ");
}

#[test]
fn one_log_is_enough_to_see_the_loss() {
    let text = text_of(&documented().join("db1.log"), false);
    insta::assert_snapshot!(part(&text, "Point of no return"), @r"
    Point of no return
      - 2030-01-02 11:30:03: db1 was started at 11:30:00 without a position and
        asked for a full SST; the copy from db2 overwrote the only copy of 400 write
        sets. The bootstrap at 2030-01-02 09:20:01 opened the fork; until this
        moment every write set still lay on the disk of db1.
    ");
}

#[test]
fn without_the_log_that_matters_nothing_is_called_safe() {
    let work = Work::new();
    let folder = changed(&work, |name, text| (name != "db1").then_some(text));
    let text = text_of(&folder, false);
    insta::assert_snapshot!(part(&text, "Losses"), @r"
    Losses
      - These logs show no loss. Whether db1 held anything of its own, nobody can
        tell without its log.
    ");
    insta::assert_snapshot!(part(&text, "What to do now"), @r"
    What to do now
      1 Get the log of db1, and ask again, before anything is overwritten.
    ");
}

#[test]
fn a_clock_that_is_ahead_is_corrected() {
    let work = Work::new();
    let folder = changed(&work, |name, text| {
        Some(if name == "db3" {
            // 09 becomes 12, 11 becomes 14, 08 becomes 11.
            text.replace("2030-01-02 11:", "2030-01-02 14:")
                .replace("2030-01-02 09:", "2030-01-02 12:")
                .replace("2030-01-02 08:", "2030-01-02 11:")
        } else {
            text
        })
    });
    let shifted = text_of(&folder, false);
    insta::assert_snapshot!(part(&shifted, "Clocks"), @r"
    Clocks
      - The clock of db3 is 3 h ahead of that of db1: 3 views that both saw show it.
        The times below are corrected.
    ");
    // All else is as before.
    let without_clocks = |text: &str| {
        let parts = text
            .split("\n\n")
            .filter(|part| !part.starts_with("Clocks"));
        parts.collect::<Vec<_>>().join("\n\n")
    };
    assert_eq!(
        without_clocks(&shifted),
        without_clocks(&text_of(&documented(), false))
    );
}

#[test]
fn a_log_that_is_given_twice_counts_once() {
    let work = Work::new();
    let folder = changed(&work, |_, text| Some(text));
    let whole = text_of(&folder, false);
    let db1 = std::fs::read_to_string(folder.join("db1.log")).unwrap();
    // A copy of it, and the end of it beside the whole.
    let lines: Vec<&str> = db1.lines().collect();
    for copy in [db1.clone(), lines[lines.len() / 2..].join("\n") + "\n"] {
        std::fs::write(folder.join("db1-copy.log"), copy).unwrap();
        assert_eq!(text_of(&folder, false), whole);
    }
}

/// The documented logs as one stream of several containers, line by line in the order of time.
fn as_one_stream(prefix: impl Fn(&str, &str) -> String) -> String {
    let mut all: Vec<(String, usize, usize, String)> = Vec::new();
    for (node, name) in ["db1", "db2", "db3"].into_iter().enumerate() {
        let text = std::fs::read_to_string(documented().join(format!("{name}.log"))).unwrap();
        let mut time = String::new();
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("2030") {
                line[..19].clone_into(&mut time);
            }
            all.push((time.clone(), number / 3, node, prefix(name, line)));
        }
    }
    // Three lines of each container in turn, so that blocks of lines are torn apart.
    all.sort_by(|one, other| (&one.0, one.1, one.2).cmp(&(&other.0, other.1, other.2)));
    all.into_iter().map(|(_, _, _, line)| line + "\n").collect()
}

/// Puts a prefix before a line of a node.
type Prefix = fn(&str, &str) -> String;

#[test]
fn several_containers_in_one_file() {
    let told = text_of(&documented(), false);
    let forms: [(&str, Prefix); 5] = [
        ("docker compose logs", |name, line| {
            format!("galera-{name}-1  | {line}")
        }),
        ("kubectl logs --prefix", |name, line| {
            format!("[pod/galera-{name}/mariadb] {line}")
        }),
        ("kubectl logs --prefix --timestamps", |name, line| {
            format!("[pod/galera-{name}/mariadb] 2030-01-03T00:00:00.123456789Z {line}")
        }),
        ("journalctl of several hosts", |name, line| {
            format!("Jan 02 03:04:05 {name} mariadbd[77]: {line}")
        }),
        ("a collector's JSON lines", |name, line| {
            serde_json::json!({ "log": line, "pod": name }).to_string()
        }),
    ];
    for (form, prefix) in forms {
        let work = Work::new();
        let mut text = as_one_stream(prefix);
        if form == "docker compose logs" {
            // Other containers are none of the cluster, and begin before it.
            text = format!(
                "web-1  | GET / 200\ngalera-db1-1  | entrypoint: go\n{text}web-1  | GET / 200\n"
            );
        }
        work.write("all.log", &text);
        let own = text_of(&work.path().join("all.log"), false);
        // The JSON of a container is a line each, so that blocks are torn into their lines.
        if !form.contains("JSON") {
            assert_eq!(own, told, "{form}");
        }
        assert!(
            own.contains("A fork: db1 was refused a bootstrap 2 times") || form.contains("JSON"),
            "{form}: {own}"
        );
        // Every line is where it stands in the one file.
        let explained = text_of(&work.path().join("all.log"), true);
        assert!(explained.contains("all.log:"), "{form}");
    }
}

#[test]
fn an_arbitrator_has_no_log_to_ask_for() {
    let work = Work::new();
    let folder = changed(&work, |name, text| {
        (name != "db3").then(|| until(&text, "11:29").replace("db3", "garb"))
    });
    let text = text_of(&folder, false);
    assert!(text.contains("garb is an arbitrator"), "{text}");
    assert!(!text.contains("log of garb"), "{text}");
}

#[test]
fn the_middle_of_a_log_that_says_too_much_is_left_out() {
    let work = Work::new();
    let mut text = String::new();
    for life in 0..3_000_u64 {
        let (hour, minute) = (life / 60 % 24, life % 60);
        let day = 1 + life / 1_440;
        for second in 0..50 {
            let _ = writeln!(
                text,
                "2030-01-{day:02} {hour:02}:{minute:02}:{second:02} 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: {life})"
            );
        }
    }
    work.write("a.log", text);
    let all = sentences(&story(&[work.path().join("a.log")]));
    let said = |words: &str| all.iter().any(|said| said.contains(words));
    assert!(
        said("its log says so much that 50000 facts of that time are left out"),
        "{all:#?}"
    );
}

#[test]
fn a_donor_that_never_comes_back() {
    let work = Work::new();
    // db2 becomes a donor, and says nothing more but that a view was decided on.
    let view = "2030-01-02 12:00:00 0 [Note] WSREP: Current view of cluster as seen by this node\n\
        view (view_id(PRIM,b2000002-8002,8)\nmemb {\n\tb2000002-8002,0\n\tc3000003-8003,0\n\t}\njoined {\n\t}\n\
        left {\n\t}\npartitioned {\n\ta1000004-8001,0\n\t}\n)\n\
        2030-01-02 12:00:00 0 [Note] WSREP: New COMPONENT: primary = yes, bootstrap = no, my_idx = 0, memb_num = 2\n\
        2030-01-02 12:00:00 0 [Note] WSREP: STATE EXCHANGE: got state msg: 9de73b58-63e1-11f5-9000-000000000007 from 0 (db2)\n\
        2030-01-02 12:00:00 0 [Note] WSREP: Quorum results:\n\tversion    = 6,\n\tcomponent  = PRIMARY,\n\
        \tconf_id    = 7,\n\tmembers    = 2/2 (joined/total),\n\tact_id     = 174,\n\tvote policy= 0,\n\
        \tgroup UUID = 5ee99582-bb8d-11e2-b8e3-23de375c1d30\n";
    let folder = changed(&work, |name, text| match name {
        "db2" => Some(until(&text, "11:33") + view),
        _ => Some(until(&text, "11:33")),
    });
    let all = sentences(&story(&[folder]));
    let hangs: Vec<&String> = all.iter().filter(|said| said.contains("hangs")).collect();
    assert_eq!(
        hangs[0],
        "2030-01-02 11:30:03 The applier of db2 hangs: it may have applied no more than 174."
    );
    assert!(
        all.iter().any(|said| said.contains(
            "db2 is a donor from here on and never comes back from it, until its log ends at 12:00:00 (29 min later)"
        )),
        "{all:#?}"
    );
}

#[test]
fn what_is_no_log_is_refused() {
    let work = Work::new();
    work.write(
        "grastate.dat",
        "# GALERA saved state\nversion: 2.1\nuuid: 5ee99582-bb8d-11e2-b8e3-23de375c1d30\nseqno: 7\n",
    );
    let ran = work.run(&["autopsy", "grastate.dat"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @r"
    error: there is no log of a server in what was given
      help: give error logs, journals or container logs; `seatrial advise` reads state files and status tables
    ");
    work.write("zeros", vec![0; 4096]);
    let ran = work.run(&["autopsy", "zeros"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("holds nothing but zeros"),
        "{}",
        ran.stderr
    );
    assert_eq!(work.run(&["autopsy"]).code, Some(2));
    assert_eq!(work.run(&["autopsy", "not-there"]).code, Some(2));
}

/// Both commands refuse what is no evidence with a remedy, and write nothing.
#[test]
fn bad_input_is_refused_with_a_remedy() {
    let log = "2030-01-02  3:04:05 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 7)\n";
    let state = |seqno: i64| {
        format!("version: 2.1\nuuid: 5ee99582-bb8d-11e2-b8e3-23de375c1d30\nseqno: {seqno}\n")
    };
    let work = Work::new();
    std::fs::create_dir(work.path().join("empty")).unwrap();
    work.write("nothing", "");
    work.write("notes.txt", "we had a meeting\n");
    work.write("picture", [0x89_u8, 0x50, 0, 1, 2, 3, 0, 0, 5, 6, 7, 8]);
    // As large as a file can be that takes no room on the disk; all of it is read.
    let zeros = std::fs::File::create(work.path().join("zeros")).unwrap();
    zeros.set_len(16 << 20).unwrap();
    work.write("up.tar", tar(&[("../../outside.log", log.as_bytes())]));
    work.write(
        "inside/up.tar",
        tar(&[("a/../../outside.log", log.as_bytes())]),
    );
    work.write("log.zst", [0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    work.write("a", state(7));
    work.write("b", state(9));
    let before = tree(work.path());
    for command in ["advise", "autopsy"] {
        for (args, why) in [
            (&[][..], "there is nothing to read"),
            (&["empty"], "empty holds no file"),
            (&["nothing"], "nothing is empty"),
            (&["notes.txt"], "is evidence that can be read"),
            (&["picture"], "picture is no text"),
            (&["zeros"], "zeros holds nothing but zeros"),
            (&["up.tar"], "names a file outside of itself"),
            (&["inside"], "names a file outside of itself"),
            (&["log.zst"], "compressed with zstd"),
            (
                &["--node", "A=a,b"],
                "two files claim to be the grastate.dat of A",
            ),
        ] {
            let mut all = vec![command];
            all.extend(args);
            if command == "autopsy" {
                all.extend(["--out", "told"]);
            }
            let ran = work.run(&all);
            assert_eq!(ran.code, Some(2), "{all:?} {}", ran.stdout);
            assert!(ran.stderr.contains(why), "{all:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("help: "), "{all:?}: {}", ran.stderr);
            assert_eq!(ran.stdout, "", "{all:?}");
        }
    }
    assert_eq!(tree(work.path()), before);
}

/// Everything below a folder, and beside it.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        for entry in std::fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_dir() {
                todo.push(entry.clone());
            }
            all.push(entry);
        }
    }
    all.sort();
    all
}

#[test]
fn the_story_is_written_in_all_formats() {
    let work = Work::new();
    let logs = documented().display().to_string();
    let ran = work.run(&["autopsy", &logs, "--out", "told"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let page = work.read("told/autopsy.html");
    assert!(page.contains("<svg") && page.contains("Point of no return"));
    // Nothing of a log is markup, and nothing is fetched.
    assert!(page.contains("default-src 'none'") && !page.contains("<script"));
    assert!(work.read("told/autopsy.txt").contains("[judgement]"));
    assert_eq!(work.json("told/autopsy.json")["forks"][0]["common"], 140);
}

#[test]
fn the_reconstruction_passes_on_both_engines() {
    let work = Work::new();
    let logs = documented().display().to_string();
    let ran = work.run(&["autopsy", &logs, "--scenario", "again.toml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let scenario = work.read("again.toml");
    // A refused bootstrap, a forced one, the fork, the reversal.
    for step in [
        "process = \"exited\", exit = 1",
        "force = { node = \"A\" }",
        "cluster = \"twin-primaries\"",
        "process = \"exited\", exit = 134",
    ] {
        assert!(scenario.contains(step), "{scenario}");
    }
    let ran = work.run(&["run", "again.toml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_lab_begins_at_the_end_of_the_incident() {
    let work = Work::new();
    work.write("lines", "status\nquit\n");
    let logs = documented().display().to_string();
    let ran = work.run(&["lab", "--from", &logs, "--script", "lines"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let status = ran.stdout.split("> status\n").last().unwrap();
    insta::assert_snapshot!(status.lines().take(4).collect::<Vec<_>>().join("\n"), @r"
    node  server      cluster      state        size  grastate.dat     gvwstate.dat
    A     running     Primary      Synced       3     U1:-1 safe 0     A B C
    B     running     Primary      Synced       3     U1:-1 safe 0     A B C
    C     running     Primary      Synced       3     U1:-1 safe 0     A B C
    ");
}
