//! The lab at a terminal of 80 columns and 24 lines, driven through tmux where it is installed.

use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::work::Work;

/// The longest time that a screen may take; one that comes is never waited for longer than it needs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal with the lab in it.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Opens it; `None` where there is no tmux.
    fn open(work: &Work) -> Option<Self> {
        #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: there is no tmux on this machine");
            return None;
        }
        let socket = work.path().join("tmux").display().to_string();
        let terminal = Self { socket };
        let lab = format!(
            "cd '{}'; env -u CLICOLOR_FORCE TERM=screen XDG_DATA_HOME='{}/data' '{}' lab; \
             echo \"left with $?\"; exec sh -c 'read line'",
            work.path().display(),
            work.path().display(),
            env!("CARGO_BIN_EXE_seatrial")
        );
        let made = terminal.tmux(&["new-session", "-d", "-x", "80", "-y", "24", &lab]);
        assert!(made.status.success(), "{made:?}");
        Some(terminal)
    }

    fn tmux(&self, args: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-f", "/dev/null", "-S", &self.socket])
            .args(args)
            .output()
            .unwrap()
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until the screen is as it should be.
    fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is(&screen) {
                return screen;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "no {what} within {PATIENCE:?}:\n{screen}"
            );
            sleep(Duration::from_millis(30));
        }
    }

    /// Types keys, as tmux names them.
    fn keys(&self, keys: &[&str]) {
        let args: Vec<&str> = ["send-keys"]
            .into_iter()
            .chain(keys.iter().copied())
            .collect();
        assert!(self.tmux(&args).status.success());
    }

    /// Types a line and waits until its answer ends with a new prompt.
    fn line(&self, line: &str, answer: &str) -> String {
        self.keys(&[line, "Enter"]);
        self.until(answer, |screen| {
            screen.contains(answer) && at_prompt(screen)
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// Whether the last line is an empty prompt.
fn at_prompt(screen: &str) -> bool {
    screen
        .trim_end()
        .lines()
        .last()
        .is_some_and(|line| line.starts_with("lab ") && line.trim_end().ends_with('>'))
}

#[test]
fn a_session_at_a_terminal_of_80_by_24() {
    let work = Work::new();
    let Some(terminal) = Terminal::open(&work) else {
        return;
    };
    terminal.until("prompt", at_prompt);
    terminal.line("fault terminate A B", "no server (exit 137)");
    terminal.line("wait until C non-Primary", "holds: C non-Primary");
    terminal.line("clear-is-no-command", "there is no command");
    let status = terminal.line("status", "no quorum");
    insta::assert_snapshot!(status.trim_end());
    // Tab offers what may come next; Ctrl-C throws the line away, and nothing has happened.
    terminal.keys(&["fault power", "Tab"]);
    terminal.until("menu", |screen| {
        screen.contains("power-off") && screen.contains("power-on")
    });
    terminal.keys(&["C-c"]);
    terminal.until("reminder", |screen| {
        screen.contains("(Ctrl-D or `quit` leaves)") && at_prompt(screen)
    });
    // The history is that of the prompt.
    terminal.keys(&["Up"]);
    terminal.until("last line", |screen| {
        screen.trim_end().ends_with("> status")
    });
    terminal.keys(&["C-c"]);
    // What is typed before the prompt is back belongs to nobody.
    terminal.until("second reminder", |screen| {
        screen.matches("(Ctrl-D or `quit` leaves)").count() == 2 && at_prompt(screen)
    });
    terminal.line("mission cut-off", "debrief` ends the mission");
    terminal.line("debrief", "Grade F");
    terminal.keys(&["C-d"]);
    terminal.until("end", |screen| screen.contains("left with 0"));
    // A person's grade is kept.
    assert!(work.read("data/seatrial/lab.json").contains("\"cut-off\""));
    assert!(
        work.read("data/seatrial/lab-history.txt")
            .contains("status")
    );
}

#[test]
fn the_lab_ends_when_its_terminal_goes_away() {
    let work = Work::new();
    let Some(terminal) = Terminal::open(&work) else {
        return;
    };
    terminal.until("prompt", at_prompt);
    let shell = terminal
        .tmux(&["display-message", "-p", "#{pane_pid}"])
        .stdout;
    let shell = String::from_utf8_lossy(&shell).trim().to_owned();
    let children = format!("/proc/{shell}/task/{shell}/children");
    let lab = std::fs::read_to_string(children).unwrap();
    let lab = std::path::PathBuf::from(format!("/proc/{}/exe", lab.trim()));
    assert!(lab.exists(), "{}", lab.display());
    terminal.tmux(&["kill-server"]);
    let begun = Instant::now();
    while lab.exists() {
        assert!(begun.elapsed() < PATIENCE, "the lab outlives its terminal");
        sleep(Duration::from_millis(30));
    }
}
