//! What a program of the user's can do to the machine that it runs on: nothing. Each line that harms a canary
//! when a plain shell runs it is typed by a program under test, as its own command and on a node.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::work::{Ran, can_confine};

/// Lines that harm. `@FILE@` is a file of the user's, `@PID@` a process, `@PORT@` a port that somebody
/// listens on.
const HARMFUL: [&str; 80] = [
    "rm -f @FILE@",
    "/bin/rm -f @FILE@",
    "env rm -f @FILE@",
    "command -p rm -f @FILE@",
    "PATH=/usr/bin:/bin; rm -f @FILE@",
    "cd /; rm -f .@FILE@",
    "rm -rf @FILE@ /nonexistent",
    "unlink @FILE@",
    "exec /bin/rm @FILE@",
    "( exec -a ls rm @FILE@ )",
    "echo @FILE@ | xargs rm",
    "printf '%s\\0' @FILE@ | xargs -0 /bin/rm -f",
    "nohup rm @FILE@ >/dev/null 2>&1",
    "setsid rm @FILE@",
    "timeout 5 rm @FILE@",
    "nice rm @FILE@",
    "trap 'rm @FILE@' EXIT; true",
    "eval \"r\"\"m @FILE@\"",
    "sh -c 'cd / && rm .@FILE@'",
    "ln -s @FILE@ here-$$; echo dead > here-$$; rm here-$$",
    "ln @FILE@ hard-$$ && echo dead > hard-$$; rm -f hard-$$",
    "ln -s / root-$$; rm root-$$@FILE@; rm -f root-$$",
    "rm -f /proc/self/root@FILE@",
    "dd if=/etc/hostname of=@FILE@ status=none",
    "echo dead > /proc/self/root@FILE@",
    "ls /proc/self/cwd >/dev/null; rm /proc/thread-self/root@FILE@",
    "sed -i s/alive/dead/ @FILE@",
    "echo dead > @FILE@",
    "echo dead >> @FILE@",
    ": > @FILE@",
    "eval 'echo dead >@FILE@'",
    "bash -c 'echo dead >| @FILE@'",
    "exec 3>@FILE@",
    "tee @FILE@ < /dev/null",
    "truncate -s 0 @FILE@",
    "shred -u @FILE@",
    "cp /dev/null @FILE@",
    "install -m 600 /dev/null @FILE@",
    "dd if=/dev/zero of=@FILE@ bs=1 count=1 conv=notrunc",
    "/bin/dd if=/dev/null of=@FILE@",
    "sort -o @FILE@ /dev/null",
    "split -b 1 --filter='cat > @FILE@' <<<x",
    "tar cf @FILE@ /dev/null 2>/dev/null",
    "gzip @FILE@",
    "python3 -c 'import shutil; shutil.copy(\"/etc/hostname\", \"@FILE@\")'",
    "awk 'BEGIN { print \"dead\" > \"@FILE@\" }'",
    "awk 'BEGIN { system(\"rm @FILE@\") }'",
    "sed -n 'w @FILE@' /dev/null",
    "sed '1e rm @FILE@' <<<x",
    "perl -e 'unlink \"@FILE@\"'",
    "perl -i -pe 's/alive/dead/' @FILE@",
    "python3 -c 'import os; os.remove(\"@FILE@\")'",
    "python3 -c 'open(\"@FILE@\", \"w\")'",
    "/usr/bin/find @FILE@ -delete",
    "find / -maxdepth 0 -exec rm -f @FILE@ \\;",
    "flock @FILE@.new true",
    "/bin/mv @FILE@ @FILE@.gone",
    "rsync --remove-source-files @FILE@ ./taken-$$; rm -f taken-$$",
    "/usr/bin/touch @FILE@.new",
    "/bin/mkdir @FILE@.new",
    "mkfifo @FILE@.new",
    "ln -s / @FILE@.new",
    "cp /etc/hostname @FILE@.new",
    "mktemp @FILE@.newXXX | xargs -I{} mv {} @FILE@.new",
    "kill -9 @PID@",
    "kill -s KILL @PID@",
    "kill -TERM @PID@; kill -KILL @PID@",
    "builtin kill -9 @PID@",
    "/bin/kill -9 @PID@",
    "command kill -9 @PID@",
    "sh -c 'kill -KILL @PID@'",
    "exec bash -c 'builtin kill -9 @PID@'",
    "perl -e 'kill 9, @PID@'",
    "python3 -c 'import os; os.kill(@PID@, 9)'",
    "echo @PID@ | xargs kill -9",
    "bash -c 'exec 3<>/dev/tcp/127.0.0.1/@PORT@'",
    "bash -c 'echo > /dev/tcp/localhost/@PORT@'",
    "perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); exit !connect(S, sockaddr_in(@PORT@, INADDR_LOOPBACK))'",
    "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", @PORT@))'",
    "python3 -c 'import socket; socket.create_connection((\"0.0.0.0\", @PORT@))'",
];

/// Lines that would harm more than a canary, so that no plain shell runs them to prove it.
const WILD: [&str; 15] = [
    "killall -9 sleep",
    "nsenter -t 1 -a true",
    "unshare -Ur true && unshare -Urm mount -t tmpfs none /mnt",
    "mount --bind / /mnt",
    "chroot / true",
    "mknod /tmp/sda b 8 0 && dd if=/dev/zero of=/tmp/sda count=1",
    "echo 1 > /proc/sys/kernel/panic; echo b > /proc/sysrq-trigger",
    "echo 0 > /sys/block/loop0/ro",
    "docker ps; ls /var/run/docker.sock",
    "bwrap --bind / / true",
    "curl -m 2 http://169.254.169.254/ || wget -T 2 -O- http://1.1.1.1/",
    "python3 -c 'import socket; socket.create_connection((\"1.1.1.1\", 53), 2)'",
    "systemd-run true; busctl list; dbus-send --system /",
    "head -c 2G /dev/zero > fat; ls -s fat",
    "ulimit -c unlimited; sh -c 'builtin kill -SEGV $$'",
];

/// Lines that leave nothing of the host on which they run.
const DESTROYING: [&str; 3] = [
    "rm -rf /* 2>/dev/null",
    "rm -rf --no-preserve-root / 2>/dev/null",
    "find / -xdev -delete 2>/dev/null",
];

/// Lines that kill the program that types them, if they kill anything.
const DEADLY: [&str; 6] = [
    "pkill -9 .",
    "kill -9 -1",
    "builtin kill -9 -1",
    "python3 -c 'import os; os.kill(-1, 9)'",
    "for p in /proc/[0-9]*; do kill -9 ${p#/proc/}; done",
    // A fork bomb that ends at 4096 processes, should nothing else end it.
    "b() { if [ $1 -gt 0 ]; then b $(($1 - 1)) & b $(($1 - 1)) & fi; exec tail -f /dev/null; }; ( b 12 )",
];

/// The command that puts a script of the test's own folder under test.
const VERIFY: [&str; 5] = [
    "verify",
    "--script",
    "mine.sh",
    "--scenarios",
    "s37-two-crash-one-survives",
];

/// What every canary file holds; nobody but its owner is to read it.
const SECRET: &str = "alive, and nobody's business";

/// Files, processes and ports that are to survive, one of each for every line.
struct Canaries {
    folder: PathBuf,
    birds: Vec<Bird>,
}

struct Bird {
    file: PathBuf,
    process: Child,
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Canaries {
    fn new(of: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("canaries-{of}-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        // The ordinary user may do everything here, so that nothing but the walls holds him off.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let birds = (0..HARMFUL.len()).map(|index| Bird::new(&folder, index));
        Self {
            birds: birds.collect(),
            folder,
        }
    }

    /// The lines, each about its own canary.
    fn lines(&self) -> Vec<String> {
        let lines = HARMFUL.iter().zip(&self.birds);
        lines
            .map(|(line, bird)| {
                line.replace("@FILE@", &bird.file.display().to_string())
                    .replace("@PID@", &bird.process.id().to_string())
                    .replace("@PORT@", &bird.port.to_string())
            })
            .collect()
    }

    /// The lines whose canary is not what it was.
    fn harmed(&mut self) -> Vec<&'static str> {
        let lines = HARMFUL.iter().zip(&mut self.birds);
        lines
            .filter_map(|(line, bird)| bird.is_harmed().then_some(*line))
            .collect()
    }

    /// Everything that lies beside the canaries.
    fn strangers(&self) -> Vec<String> {
        let known: Vec<&Path> = self.birds.iter().map(|bird| bird.file.as_path()).collect();
        let entries = fs::read_dir(&self.folder).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| !known.contains(&path.as_path()))
            .map(|path| path.display().to_string())
            .collect()
    }
}

impl Drop for Canaries {
    fn drop(&mut self) {
        for bird in &mut self.birds {
            let _ = bird.process.kill();
            let _ = bird.process.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Bird {
    fn new(folder: &Path, index: usize) -> Self {
        let file = folder.join(format!("canary-{index}"));
        fs::write(&file, SECRET).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        let process = Command::new("sleep")
            .arg("600")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self {
            file,
            process,
            port,
            connections,
        }
    }

    fn is_harmed(&mut self) -> bool {
        let is_dead = self.process.try_wait().unwrap().is_some();
        let is_changed = fs::read_to_string(&self.file).is_ok_and(|text| text == SECRET);
        let has_company = self.file.with_extension("new").exists();
        let was_reached = self.connections.load(Ordering::SeqCst) > 0;
        is_dead || !is_changed || has_company || was_reached
    }
}

/// A program that types every line itself and on a node, tries to read every canary, and ends as one that
/// asks a person.
fn program(canaries: &Canaries) -> String {
    let mut text = "#!/bin/bash\nexec 2>&1 </dev/null\n".to_owned();
    for line in canaries.lines() {
        let _ = write!(text, "line=$(cat <<'LINE'\n{line}\nLINE\n)\n");
        text +=
            "( eval \"$line\" )\nssh A \"$line\"\nssh A <<<\"$line\"\nssh A \"bash -c '$line'\"\n";
    }
    for bird in &canaries.birds {
        let file = bird.file.display();
        let _ = write!(
            text,
            "/bin/cat {file}\nssh A \"head {file}\"\nssh A \". {file}\"\n"
        );
    }
    text + "ls /root /home /run /var/run 2>/dev/null\necho \"the walls held\"\nexit 3\n"
}

/// Runs the command with the program of these canaries, as this user or as an ordinary one.
fn verify(canaries: &Canaries, user: Option<&str>) -> (Ran, PathBuf) {
    let folder = canaries.folder.with_extension("run");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let script = folder.join("harmful.sh");
    fs::write(&script, program(canaries)).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    // An ordinary user may not be let into the folder of the build.
    let seatrial = folder.join("seatrial");
    fs::copy(env!("CARGO_BIN_EXE_seatrial"), &seatrial).unwrap();
    let mut command = user.map_or_else(
        || Command::new(&seatrial),
        |user| {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]);
            command.arg(&seatrial);
            command
        },
    );
    let ran = command
        .args(["verify", "--script"])
        .arg(&script)
        .args([
            "--scenarios",
            "s37-two-crash-one-survives",
            "--format",
            "json",
        ])
        .args(["--patience", "60", "--out", "out"])
        .current_dir(&folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    (Ran::of(&ran), folder)
}

fn nothing_is_harmed(user: Option<&str>) {
    let mut canaries = Canaries::new(user.unwrap_or("own"));
    let (ran, folder) = verify(&canaries, user);
    // It asks a person in the end, which is no failure.
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let cells = folder.join("out/cells/s37-two-crash-one-survives--script.txt");
    let transcript = fs::read_to_string(cells).unwrap();
    assert!(transcript.contains("the walls held"), "{transcript}");
    assert!(!transcript.contains(SECRET), "{transcript}");
    // A connection is counted by another thread.
    thread::sleep(Duration::from_millis(50));
    assert_eq!(canaries.harmed(), Vec::<&str>::new(), "{transcript}");
    assert_eq!(canaries.strangers(), Vec::<String>::new());
    fs::remove_dir_all(&folder).unwrap();
}

/// The canaries die where there are no walls: a test that cannot fail proves nothing.
#[test]
fn every_line_harms_without_the_walls() {
    let mut canaries = Canaries::new("control");
    for line in canaries.lines() {
        // What the line itself returns does not matter, only what it does.
        let _ = Command::new("bash")
            .args(["-c", &line])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
    }
    for _ in 0..100 {
        if canaries.harmed().len() == HARMFUL.len() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let harmed = canaries.harmed();
    let spared: Vec<&&str> = HARMFUL
        .iter()
        .filter(|line| !harmed.contains(line))
        .collect();
    panic!("these do no harm, so they prove nothing: {spared:#?}");
}

#[test]
fn nothing_of_the_machine_is_in_reach() {
    if can_confine() {
        nothing_is_harmed(None);
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn nothing_of_the_machine_is_in_reach_of_an_ordinary_user() {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        eprintln!(
            "not tested: only root can become an ordinary user; the test beside this one ran as one"
        );
        return;
    }
    if can_confine() {
        nothing_is_harmed(Some("65534"));
    }
}

/// What a program does that nobody would try out: it ends itself at most, and everything that it has started.
#[test]
fn nothing_of_the_machine_falls() {
    if !can_confine() {
        return;
    }
    let mut bird = Canaries::new("wild");
    let on_a_host = |node: &str, line: &str| format!("ssh {node} <<'LINE'\n{line}\nLINE\n");
    let by_itself = |line: &&str| format!("( {line}\n) <&-\n");
    let of_hosts = WILD.iter().chain(&DEADLY).map(|line| on_a_host("A", line));
    let last = ["A", "B", "C"].iter().zip(&DESTROYING);
    let last = last.map(|(node, line)| on_a_host(node, line));
    let mut programs = vec![
        of_hosts.collect::<String>(),
        last.collect(),
        WILD.iter().chain(&DESTROYING).map(by_itself).collect(),
    ];
    // The real `sleep`: the simulated one returns at once, before the kernel has done its work.
    programs.extend(DEADLY.iter().map(|line| format!("{line}\n/bin/sleep 10\n")));
    for (index, program) in programs.iter().enumerate() {
        let work = crate::work::Work::new();
        let text =
            format!("#!/bin/bash\nexec 2>/dev/null\n{program}echo 'the walls held'\nexit 3\n");
        work.write("mine.sh", text);
        work.make_executable("mine.sh");
        let ran = work.run(&[&VERIFY[..], &["--patience", "20", "--env", "HOME"]].concat());
        // Whatever it comes to: the program is judged, and this process lives to see it.
        assert!(
            matches!(ran.code, Some(0 | 1 | 3)),
            "{program}: {}",
            ran.stderr
        );
        let cell = work.read("target/seatrial/verify/cells/s37-two-crash-one-survives--script.txt");
        assert_eq!(
            cell.contains("the walls held"),
            index < 3,
            "{program}\n{cell}"
        );
        let bomb = program.contains("b 12");
        assert!(!bomb || cell.contains("more than 400 processes"), "{cell}");
    }
    assert_eq!(bird.harmed(), Vec::<&str>::new());
}

/// A program that is no text is confined as any other.
#[test]
fn a_binary_is_confined_too() {
    if !can_confine() {
        return;
    }
    let work = crate::work::Work::new();
    let touch = ["/bin/touch", "/usr/bin/touch"].map(Path::new);
    let touch = touch.iter().find(|path| path.exists()).unwrap();
    fs::copy(touch, work.path().join("mine.sh")).unwrap();
    let ran = work.run(&VERIFY);
    // `touch` without a file is an error of its own.
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("script gave up: exit code 1: Try"),
        "{}",
        ran.stdout
    );
}

/// Files that are let in by name are there, and cannot be changed.
#[test]
fn what_is_let_in_can_be_read_and_not_written() {
    if !can_confine() {
        return;
    }
    let work = crate::work::Work::new();
    work.write("lib/names.sh", "names='A B C'\n");
    let lib = work.path().join("lib/names.sh").display().to_string();
    let text = format!(
        "#!/bin/sh\n. {lib} && echo \"$names, $COLOUR, ${{SHADE:-unset}}\"\necho >> {lib} || echo 'not written'\nexit 3\n"
    );
    work.write("mine.sh", text);
    work.make_executable("mine.sh");
    let with = [&VERIFY[..], &["--bind", "lib", "--env", "COLOUR"]].concat();
    let ran = work
        .command(&with)
        .env("COLOUR", "green")
        .env("SHADE", "dark")
        .output()
        .unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let cell = work.read("target/seatrial/verify/cells/s37-two-crash-one-survives--script.txt");
    assert!(cell.contains("A B C, green, unset\n"), "{cell}");
    assert!(cell.contains("not written"), "{cell}");
    assert_eq!(work.read("lib/names.sh"), "names='A B C'\n");
    let missing = [&VERIFY[..], &["--bind", "nowhere"]].concat();
    let ran = work.run(&missing);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--bind nowhere"), "{}", ran.stderr);
}

/// Without the tool nothing of the program runs.
#[test]
fn without_walls_nothing_runs() {
    let work = crate::work::Work::new();
    work.write("mine.sh", "#!/bin/sh\n: > ran\n");
    work.make_executable("mine.sh");
    let none = work
        .command(&VERIFY)
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    let none = Ran::of(&none);
    assert_eq!(none.code, Some(3), "{}", none.stderr);
    assert!(
        none.stderr.contains("apt-get install bubblewrap"),
        "{}",
        none.stderr
    );
    // A tool that the kernel refuses.
    work.write(
        "bin/bwrap",
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n",
    );
    work.make_executable("bin/bwrap");
    let refused = work
        .command(&VERIFY)
        .env("PATH", "bin:/usr/bin:/bin")
        .output()
        .unwrap();
    let refused = Ran::of(&refused);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    insta::assert_snapshot!(refused.stderr);
    assert!(!work.path().join("ran").exists());
}
