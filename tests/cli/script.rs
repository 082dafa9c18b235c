//! `seatrial verify --script`: programs of the user's as the operator, on `des`.

use std::path::Path;

use serde_json::Value;

use crate::work::{Work, can_confine};

const EASY: &str = "s00b-all-stopped-in-order-the-first-is-safe";
const SURVIVOR: &str = "s37-two-crash-one-survives";
const GTID: &str = "s14-positions-with-a-gtid";

/// A script of the documentation.
fn documented(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripts");
    folder.join(name).display().to_string()
}

/// A script under test, in one scenario: its cell, and what it typed and printed.
struct Played {
    cell: Value,
    transcript: String,
}

impl Played {
    fn of(work: &Work, script: &str, scenario: &str, more: &[&str]) -> Self {
        let mut args = vec!["verify", "--script", script, "--scenarios", scenario];
        args.extend(["--format", "json"]);
        args.extend(more);
        let ran = work.run(&args);
        let matrix: Value = serde_json::from_str(&ran.stdout).unwrap();
        // The gate: 1 for a bad cell, 3 for one that was not judged.
        let code = match matrix["cells"][0]["outcome"].as_str().unwrap() {
            "recovered" | "impossible" | "asks-person" => 0,
            "not-judged" => 3,
            _ => 1,
        };
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        let file = format!("target/seatrial/verify/cells/{scenario}--script.txt");
        Self {
            cell: matrix["cells"][0].clone(),
            transcript: work.read(&file),
        }
    }

    /// A script of these lines.
    fn lines(lines: &str) -> Self {
        Self::lines_in(EASY, lines)
    }

    fn lines_in(scenario: &str, lines: &str) -> Self {
        let work = Work::new();
        work.write("mine.sh", format!("#!/bin/sh\n{lines}\n"));
        work.make_executable("mine.sh");
        Self::of(&work, "mine.sh", scenario, &["--patience", "2"])
    }

    fn outcome(&self) -> &str {
        self.cell["outcome"].as_str().unwrap()
    }

    fn text(&self) -> String {
        self.cell["text"].as_str().unwrap_or_default().to_owned()
    }

    fn notes(&self) -> String {
        let notes = self.cell["notes"].as_array().cloned().unwrap_or_default();
        let notes: Vec<&str> = notes.iter().filter_map(Value::as_str).collect();
        notes.join("; ")
    }

    /// What the script printed.
    fn printed(&self) -> &str {
        let (_, printed) = self
            .transcript
            .split_once("--- what it printed\n")
            .unwrap_or_default();
        printed.trim_end()
    }
}

#[test]
fn the_documented_script_recovers() {
    if !can_confine() {
        return;
    }
    for scenario in [
        EASY,
        SURVIVOR,
        GTID,
        "s01-old-clean-node-newer-crashed-nodes",
    ] {
        let played = Played::of(&Work::new(), &documented("recover.sh"), scenario, &[]);
        assert_eq!(played.outcome(), "recovered", "{}", played.transcript);
        assert_eq!(played.notes(), "");
    }
}

#[test]
fn force_stop_bootstrap_is_refused_by_the_server() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let script = documented("force-stop-bootstrap.sh");
    let played = Played::of(&work, &script, SURVIVOR, &[]);
    assert_eq!(
        played.outcome(),
        "bootstrap-refused",
        "{}",
        played.transcript
    );
    // Without the instants, which belong to the model.
    let typed = played.transcript.split("--- what").next().unwrap();
    let typed: Vec<&str> = typed.lines().map(|line| &line[11..]).collect();
    insta::assert_snapshot!(typed.join("\n"));
    let replay = played.cell["replay"].as_str().unwrap().to_owned();
    let words: Vec<&str> = replay.split(' ').skip(1).collect();
    let again = work.run(&words);
    assert_eq!(again.code, Some(1), "{}", again.stderr);
    assert!(
        again.stdout.contains("bootstrap-refused") && again.stdout.contains(&replay),
        "{}",
        again.stdout
    );
}

#[test]
fn positions_compared_as_text_lose_rows() {
    if !can_confine() {
        return;
    }
    let script = documented("compare-as-text.sh");
    let played = Played::of(&Work::new(), &script, GTID, &[]);
    assert_eq!(played.outcome(), "lossy", "{}", played.transcript);
    assert!(
        played
            .transcript
            .contains("C$ sudo cm-cluster-manage --bootstrap-node  [0]"),
        "{}",
        played.transcript
    );
}

/// The same script, seed and scenario: the same commands at the same instants, the same answers.
#[test]
fn a_script_is_reproducible() {
    if !can_confine() {
        return;
    }
    let once = || {
        Played::of(
            &Work::new(),
            &documented("recover.sh"),
            GTID,
            &["--seed", "7"],
        )
    };
    assert_eq!(once().transcript, once().transcript);
}

#[test]
fn sleep_costs_simulated_time_only() {
    if !can_confine() {
        return;
    }
    let began = std::time::Instant::now();
    let played = Played::lines("a=$(date +%s); sleep 10m; b=$(date +%s); echo $((b - a)); exit 1");
    assert_eq!(played.printed(), "600");
    assert_eq!(played.text_of_the_end(), "exit code 1: 600");
    assert!(began.elapsed().as_secs() < 60, "it slept in real time");
}

#[test]
fn what_a_script_sees_of_a_node() {
    if !can_confine() {
        return;
    }
    let played = Played::lines(
        r#"NODE=A systemctl is-active mariadb; echo "exit $?"
ssh root@A "test -f /var/lib/mysql/grastate.dat && grep seqno: /var/lib/mysql/grastate.dat"
ssh -o BatchMode=yes A cat /var/lib/mysql/gvwstate.dat 2>/dev/null || echo "no view: $?"
NODE=A awk '/safe_to/ { print $2 }' /var/lib/mysql/grastate.dat
sed -n 's/^seqno: *//p' "$SEATRIAL_FILES/B/var/lib/mysql/grastate.dat"
echo "SELECT 1" | NODE=A mysql 2>&1 | cut -c 1-18
ssh Z true; echo "exit $?"
cat /var/lib/mysql/grastate.dat; echo "exit $?"
systemctl is-active mariadb; echo "exit $?"
ssh A "echo 1 > /var/lib/mysql/x"; echo "exit $?"
ssh A "frobnicate" 2>/dev/null; echo "exit $?"
read line; echo "stdin is closed: $?"
timeout 30 ssh C tail -f /nowhere 2>/dev/null; echo "exit $?"
exit 1"#,
    );
    insta::assert_snapshot!(played.printed());
    assert_eq!(played.notes(), "");
}

/// What a script does to the files of a host is done to the node.
#[test]
fn what_a_script_does_to_files_of_a_node() {
    if !can_confine() {
        return;
    }
    let played = Played::lines(
        r#"data=/var/lib/mysql state=$data/grastate.dat conf=/etc/mysql/mariadb.conf.d/60-galera.cnf
position() { ssh $1 "galera_recovery 2>/dev/null | sed 's/.*://'"; }
start() { ssh $1 "sudo systemctl start mariadb"; echo "start of $1: $?"; }
size() { ssh $1 "mysql -NBe \"SHOW STATUS LIKE 'wsrep_cluster_size'\"" | cut -f2; }

echo '--- an edit by hand, and a bootstrap'
ssh B "sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' $state; grep safe_to $state; galera_new_cluster"
echo "$?, size $(size B)"

echo '--- an edit of the file that the running server has open is overwritten at its stop, one that replaces it is not'
ssh B "echo 'in place' > $state; systemctl stop mariadb; grep -c seqno $state; galera_new_cluster"
ssh B "echo 'replaced' > /tmp/g; mv /tmp/g $state; systemctl stop mariadb; cat $state"
ssh B "rm $state"; ssh B "mysqld_safe --wsrep-recover; galera_new_cluster"; echo "size $(size B)"

echo '--- an empty data folder is filled by a snapshot'
ssh A "cp -a $data /srv/backup; rm -rf $data/*; ls $data | wc -l"
start A; echo "size $(size A)"

echo '--- a damaged file'
ssh C "echo garbage > $data/ibdata1"; start C
ssh C "tail -1 /var/log/mariadb/mariadb.log | cut -c 23-; systemctl is-active mariadb"

echo '--- a data folder that was restored from another host'
ssh A "systemctl stop mariadb"; before=$(position A)
ssh A "tar -C $data -cf - ." > data.tar
ssh C "rm -rf $data/*; tar -C $data -xf -" < data.tar
[ "$(position C)" = "$before" ] && echo "the same position"
ssh A "rm -rf $data; mv /srv/backup $data"
echo "an older position: $before, then $(position A)"
start A; start C; echo "size $(size C)"

echo '--- an address that names nobody'
ssh C "systemctl stop mariadb; sed -i 's|^wsrep_cluster_address.*|wsrep_cluster_address = gcomm://|' $conf"
ssh C "sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' $state"
start C; echo "size $(size C)"
exit 1"#,
    );
    insta::assert_snapshot!(played.printed());
    assert_eq!(played.notes(), "");
}

/// A program on a host cannot lead the engine out of the host's tree.
#[test]
fn links_lead_nowhere() {
    if !can_confine() {
        return;
    }
    let secret = std::env::temp_dir().join(format!("seatrial-secret-{}", std::process::id()));
    std::fs::write(&secret, "alive").unwrap();
    let file = secret.display();
    let played = Played::lines(&format!(
        "state=/var/lib/mysql/grastate.dat\n\
         ssh A \"rm $state; ln -s {file} $state; cat $state\" 2>/dev/null; echo \"exit $?\"\n\
         ssh A \"systemctl start mariadb\" 2>/dev/null; sleep 60\n\
         ssh A \"mv /var/log/mariadb /tmp/m; ln -s /tmp /var/log/mariadb; systemctl stop mariadb\"; echo done\nexit 1"
    ));
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "alive");
    std::fs::remove_file(secret).unwrap();
    assert_eq!(played.printed(), "exit 1\ndone", "{}", played.transcript);
}

#[test]
fn its_end_is_its_word() {
    if !can_confine() {
        return;
    }
    let asks = Played::lines("echo 'B or C?'; exit 3");
    assert_eq!(asks.outcome(), "asks-person");
    assert!(asks.text().contains("B or C?"), "{}", asks.text());
    let lies = Played::lines("exit 0");
    assert_eq!(lies.outcome(), "stuck", "nothing was done");
    let fails = Played::lines("exit 7");
    assert_eq!(fails.text_of_the_end(), "exit code 7: it printed nothing");
    let dies = Played::lines("kill -9 $$");
    assert!(
        dies.notes().contains("it was killed: signal: 9"),
        "{}",
        dies.notes()
    );
}

#[test]
fn what_hangs_floods_or_stays_is_ended() {
    if !can_confine() {
        return;
    }
    let hangs = Played::lines("while :; do :; done");
    assert!(hangs.notes().contains("it hung"), "{}", hangs.notes());
    let floods = Played::lines("while :; do echo 0123456789012345678901234567890123456789; done");
    assert!(
        floods.notes().contains("more than 1 MB"),
        "{}",
        floods.notes()
    );
    let stays = Played::lines("(while :; do :; done) & exit 1");
    assert!(
        stays.notes().contains("left processes behind"),
        "{}",
        stays.notes()
    );
}

/// Without walls the program has the user's rights, and its lines for nodes still reach nothing.
#[test]
fn unconfined_is_the_programs_own_part_alone() {
    let work = Work::new();
    work.write("canary", "alive");
    let canary = work.path().join("canary").display().to_string();
    let touched = work.path().join("touched").display().to_string();
    let lines = format!(
        "#!/bin/sh\ntouch {touched}\nssh A 'systemctl is-active mariadb; rm -f {canary} && echo gone'\nexit 3\n"
    );
    work.write("mine.sh", lines);
    work.make_executable("mine.sh");
    let ran = work.run(&[
        "verify",
        "--script",
        "mine.sh",
        "--unconfined",
        "--scenarios",
        EASY,
    ]);
    assert!(
        ran.stderr
            .contains("your program can do to this machine whatever you can"),
        "{}",
        ran.stderr
    );
    assert_eq!(work.read("touched"), "");
    assert_eq!(work.read("canary"), "alive");
    let cell = format!("target/seatrial/verify/cells/{EASY}--script.txt");
    let cell = work.read(&cell);
    assert!(
        cell.contains("A$ systemctl is-active mariadb  [3]"),
        "{cell}"
    );
}

/// The same program recovers the same states with walls of each kind, and without any.
#[test]
fn the_walls_change_no_outcome() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let script = documented("recover.sh");
    for walls in [&[][..], &["--unconfined"], &["--confine", "docker"]] {
        if walls.contains(&"docker") && !can_run_in_a_container() {
            continue;
        }
        for (scenario, outcome) in [
            (SURVIVOR, "recovered"),
            ("s05b-both-sides-then-all-crash", "diverged"),
        ] {
            let played = Played::of(&work, &script, scenario, walls);
            assert_eq!(
                played.outcome(),
                outcome,
                "{walls:?}: {}",
                played.transcript
            );
        }
    }
}

/// Whether the Docker engine answers and has our image. Says what is not tested otherwise.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn can_run_in_a_container() -> bool {
    let image = std::process::Command::new("docker")
        .args(["image", "inspect", "seatrial/mariadb:bookworm"])
        .output();
    let is_here = image.is_ok_and(|image| image.status.success());
    if !is_here {
        eprintln!("not tested: --confine docker needs the image of `seatrial image build`");
    }
    is_here
}

#[test]
fn what_cannot_be_reproduced_is_said() {
    if !can_confine() {
        return;
    }
    // Eight loops leave the engine no moment without a question: each restart is more work than typing the next.
    let parallel = Played::lines_in(
        EASY,
        "for n in 1 2 3 4 5 6 7 8; do
             (for i in 1 2 3 4 5; do NODE=A systemctl restart mariadb; done) &
         done
         wait
         exit 1",
    );
    assert!(
        parallel.notes().contains("at the same time"),
        "{}",
        parallel.notes()
    );
    let slept = Played::lines("/bin/sleep 2.2; NODE=A systemctl is-active mariadb; exit 1");
    assert!(
        slept.notes().contains("by other means than"),
        "{}",
        slept.notes()
    );
}

#[test]
fn a_script_that_cannot_be_started() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    let missing = work.run(&["verify", "--script", "nowhere.sh"]);
    assert_eq!(missing.code, Some(2), "{}", missing.stderr);
    work.write("mine.sh", "#!/bin/sh\nexit 0\n");
    let plain = work.run(&["verify", "--script", "mine.sh"]);
    assert_eq!(plain.code, Some(3), "{}", plain.stderr);
    assert!(
        plain.stderr.contains("chmod +x mine.sh"),
        "{}",
        plain.stderr
    );
    work.write("mine.sh", "no program at all\n");
    work.make_executable("mine.sh");
    let other = work.run(&["verify", "--script", "mine.sh", "--on", "madsim"]);
    assert_eq!(other.code, Some(2), "{}", other.stderr);
    work.write("mine.sh", b"\x7fELF");
    let played = Played::of(&work, "mine.sh", EASY, &[]);
    assert_eq!(played.outcome(), "not-judged");
    assert!(
        played.notes().contains("cannot be started"),
        "{}",
        played.notes()
    );
    let scenarios = format!("{EASY},{SURVIVOR}");
    let ran = work.run(&["verify", "--script", "mine.sh", "--scenarios", &scenarios]);
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    assert!(
        ran.stderr
            .starts_with("not judged: 2 cells: mine.sh cannot be started: "),
        "{}",
        ran.stderr
    );
    let junit = work.read("target/seatrial/verify/junit.xml");
    assert!(junit.contains("errors=\"2\""), "{junit}");
}

/// A shell's 126 and 127 say that a program was not run at all. That says nothing about the procedure.
#[test]
fn a_script_that_lacks_a_program_is_not_judged() {
    if !can_confine() {
        return;
    }
    for (lines, why) in [
        ("no-such-program", "127 means that a program was not found"),
        ("/usr", "126 means that a program was found"),
    ] {
        let played = Played::lines(lines);
        assert_eq!(played.outcome(), "not-judged", "{}", played.transcript);
        assert!(played.text().contains(why), "{}", played.text());
    }
}

impl Played {
    /// What the procedure's end said, in the words of the second phase.
    fn text_of_the_end(&self) -> String {
        let text = self.text();
        let (_, said) = text.split_once("gave up: ").unwrap_or(("", &text));
        said.split(';').next().unwrap_or_default().to_owned()
    }
}

/// A host that nobody knows has no command in the run's record; the lines of those after it stay right.
#[test]
fn each_command_has_its_own_line_in_the_transcript() {
    if !can_confine() {
        return;
    }
    let work = Work::new();
    work.write(
        "mine.sh",
        "#!/bin/bash\nssh nowhere true\nssh A whoami\nssh B hostname\n",
    );
    work.make_executable("mine.sh");
    let played = Played::of(&work, "mine.sh", EASY, &[]);
    for line in ["line    3: A$ whoami", "line    4: B$ hostname"] {
        assert!(played.transcript.contains(line), "{}", played.transcript);
    }
}

#[test]
fn what_confines_a_program_needs_a_program() {
    for flag in [["--bind", "/usr"], ["--env", "HOME"], ["--patience", "3"]] {
        let ran = Work::new().run(&["verify", "manual", flag[0], flag[1]]);
        assert_eq!(ran.code, Some(2), "{flag:?}: {}", ran.stdout);
        assert!(ran.stderr.contains("--script"), "{flag:?}: {}", ran.stderr);
    }
}
