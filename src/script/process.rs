//! The process of a program of the user's: its questions, its bounds, its end.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use seatrial_scenarios::NodeName;
use seatrial_scenarios::runner::external::{Answer, Question};

use crate::signals;

use super::sandbox::Sandbox;

/// What is kept of its output.
const KEPT: usize = 64 * 1024;

/// More output than this is a flood.
const FLOOD: usize = 1024 * 1024;

/// The longest question: a statement for `mysql`.
const QUESTION_MAX: u64 = 256 * 1024;

/// How long a client may take to send its question, and to take the answer.
const CLIENT_PATIENCE: Duration = Duration::from_secs(5);

/// How long processes may need to be gone after the program's end, or after they were killed.
const GONE: Duration = Duration::from_secs(2);

/// What a program does next.
pub(super) enum Event {
    Asks(Question),
    Exited(ExitStatus),
    /// Too much output.
    Flood,
    /// Nothing for too long.
    Silent,
    /// Somebody ends this very program.
    Stopped,
}

enum Message {
    Asks(Question, UnixStream),
    Exited(io::Result<ExitStatus>),
    Flood,
}

/// A program that runs.
pub(super) struct Process {
    group: Pid,
    messages: mpsc::Receiver<Message>,
    /// The client that waits for an answer.
    waiting: Option<UnixStream>,
    /// Questions that have come and have no answer yet.
    open: Arc<AtomicUsize>,
    parallel: Arc<AtomicBool>,
    output: Arc<Mutex<Kept>>,
    reader: Option<JoinHandle<()>>,
    over: Arc<AtomicBool>,
    socket: std::path::PathBuf,
}

#[derive(Default)]
struct Kept {
    text: Vec<u8>,
    all: usize,
}

impl Process {
    pub(super) fn start(path: &Path, sandbox: &Sandbox) -> io::Result<Self> {
        let listener = UnixListener::bind(sandbox.socket())?;
        let path = std::path::absolute(path)?;
        let home = sandbox.folder.join("home");
        let nodes: Vec<&str> = sandbox.nodes.iter().map(NodeName::as_str).collect();
        // One pipe for both, so that what was printed stands in its order.
        let (stream, writer) = io::pipe()?;
        let mut child = Command::new(&path)
            .current_dir(&home)
            .env("PATH", sandbox.path())
            .env("HOME", &home)
            .env("TMPDIR", &home)
            .env("SEATRIAL_NODES", nodes.join(" "))
            .env("SEATRIAL_FILES", sandbox.folder.join("nodes"))
            .env_remove("NODE")
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()?;
        let group = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("a process without a number"))?;
        let (sender, messages) = mpsc::channel();
        let output = Arc::new(Mutex::new(Kept::default()));
        let reader = {
            let (output, sender) = (output.clone(), sender.clone());
            Some(thread::spawn(move || keep(stream, &output, &sender)))
        };
        let (open, parallel) = (Arc::default(), Arc::default());
        let over = Arc::new(AtomicBool::new(false));
        {
            let (open, parallel) = (Arc::clone(&open), Arc::clone(&parallel));
            let (over, sender) = (over.clone(), sender.clone());
            thread::spawn(move || listen(&listener, &over, &open, &parallel, &sender));
        }
        thread::spawn(move || {
            let status = child.wait();
            // Nobody listens any more where the run is over.
            let _ = sender.send(Message::Exited(status));
        });
        Ok(Self {
            group,
            messages,
            waiting: None,
            open,
            parallel,
            output,
            reader,
            over,
            socket: sandbox.socket(),
        })
    }

    /// Waits for what it does next, and says how long that took.
    pub(super) fn next(&mut self, patience: Duration) -> (Event, Duration) {
        let begun = Instant::now();
        loop {
            if signals::stopped() {
                return (Event::Stopped, Duration::ZERO);
            }
            let message = self.messages.recv_timeout(Duration::from_millis(100));
            let waited = begun.elapsed();
            match message {
                Ok(Message::Asks(question, client)) => {
                    self.waiting = Some(client);
                    return (Event::Asks(question), waited);
                }
                Ok(Message::Exited(Ok(status))) => return (Event::Exited(status), waited),
                Ok(Message::Flood) => return (Event::Flood, waited),
                Ok(Message::Exited(Err(_))) | Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return (Event::Silent, waited);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if waited >= patience => {
                    return (Event::Silent, waited);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Answers the last question.
    pub(super) fn answer(&mut self, answer: &Answer) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        let Some(mut client) = self.waiting.take() else {
            return;
        };
        if let Ok(mut text) = serde_json::to_vec(answer) {
            text.push(b'\n');
            // A client that has gone away does not want it any more.
            let _ = client.set_write_timeout(Some(CLIENT_PATIENCE));
            let _ = client.write_all(&text);
        }
    }

    pub(super) fn was_parallel(&self) -> bool {
        self.parallel.load(Ordering::SeqCst)
    }

    /// Ends all of its processes, and says whether there were any left.
    pub(super) fn end(&mut self) -> bool {
        let is_there = || is_alive(self.group);
        let until = Instant::now() + Duration::from_millis(200);
        while is_there() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        let left = is_there();
        let until = Instant::now() + GONE;
        while is_there() && Instant::now() < until {
            // Processes that are born meanwhile are killed the next time.
            let _ = kill_process_group(self.group, Signal::KILL);
            thread::sleep(Duration::from_millis(5));
        }
        if !self.over.swap(true, Ordering::SeqCst) {
            // Wakes the listener, which then sees that it is over.
            let _ = UnixStream::connect(&self.socket);
        }
        let until = Instant::now() + GONE;
        if let Some(reader) = self.reader.take() {
            // A process that left the group may hold the stream open: what it prints is nobody's.
            while !reader.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(2));
            }
        }
        left
    }

    /// The beginning of what it printed.
    pub(super) fn printed(&self) -> String {
        self.output.lock().map_or_else(
            |_| String::new(),
            |kept| {
                let mut text = String::from_utf8_lossy(&kept.text).into_owned();
                if kept.all > kept.text.len() {
                    text.push_str("\n[cut]\n");
                }
                text
            },
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether a process of the group runs. One that has ended and that nobody has asked after still counts
/// for the kernel (a container may have nobody who asks), not here.
fn is_alive(group: Pid) -> bool {
    if test_kill_process_group(group).is_err() {
        return false;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return true;
    };
    processes.flatten().any(|process| {
        let Ok(stat) = std::fs::read_to_string(process.path().join("stat")) else {
            return false;
        };
        // The name in parentheses may hold anything; state, parent and group follow it.
        let Some((_, rest)) = stat.rsplit_once(')') else {
            return false;
        };
        let mut fields = rest.split_whitespace();
        let (state, of) = (fields.next(), fields.nth(1));
        let is_over = matches!(state, Some("Z" | "X"));
        !is_over && of == Some(group.as_raw_nonzero().to_string().as_str())
    })
}

/// Reads a stream to its end, and keeps its beginning.
fn keep(mut stream: io::PipeReader, output: &Mutex<Kept>, sender: &mpsc::Sender<Message>) {
    let mut buffer = [0_u8; 8192];
    loop {
        let read = match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let Ok(mut kept) = output.lock() else { return };
        let room = KEPT.saturating_sub(kept.text.len()).min(read);
        kept.text.extend_from_slice(&buffer[..room]);
        let before = kept.all;
        kept.all += read;
        if before <= FLOOD && kept.all > FLOOD && sender.send(Message::Flood).is_err() {
            return;
        }
    }
}

/// Takes questions, one a connection.
fn listen(
    listener: &UnixListener,
    over: &AtomicBool,
    open: &Arc<AtomicUsize>,
    parallel: &AtomicBool,
    sender: &mpsc::Sender<Message>,
) {
    for client in listener.incoming() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        let Some(question) = read(&client) else {
            continue;
        };
        if open.fetch_add(1, Ordering::SeqCst) > 0 {
            parallel.store(true, Ordering::SeqCst);
        }
        if sender.send(Message::Asks(question, client)).is_err() {
            return;
        }
    }
}

fn read(client: &UnixStream) -> Option<Question> {
    client.set_read_timeout(Some(CLIENT_PATIENCE)).ok()?;
    let mut line = String::new();
    BufReader::new(client.take(QUESTION_MAX))
        .read_line(&mut line)
        .ok()?;
    serde_json::from_str(&line).ok()
}
