//! The process of a program of the user's: its questions, its bounds, its end.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use seatrial_scenarios::runner::external::Answer;

use crate::signals;

use super::Asked;
use super::confinement::{self, Confinement};
use super::launcher::{self, Ended};
use super::sandbox::Sandbox;
use super::sql::SqlPorts;

/// The number of bytes of its output that are kept.
const KEPT: usize = 64 * 1024;

/// The most output, in bytes. A program that prints more is killed.
const FLOOD: usize = 1024 * 1024;

/// The longest question, in bytes: a line with what it reads, each byte of which may be escaped.
const QUESTION_MAX: u64 = 16 * 1024 * 1024;

/// The longest time that a client may take to send its question, or to read the answer.
const CLIENT_PATIENCE: Duration = Duration::from_secs(5);

/// The time within which processes must be gone after the program's end, or after they were killed.
const GONE: Duration = Duration::from_secs(2);

/// The next event of a program.
pub(super) enum Event {
    Asks(Asked),
    Ended(Ended),
    /// Too much output.
    Flood,
    /// Hardly any room is left on the disk.
    Fills,
    /// No event for too long.
    Silent,
    /// A signal ends Seatrial itself.
    Stopped,
}

enum Message {
    Asks(Asked, Client),
    Ended(io::Result<Ended>),
    Flood,
}

/// The one that waits for the answer to a question.
pub(super) enum Client {
    /// A wrapper, at the other end of a stream.
    Shim(UnixStream),
    /// A client of a server, see [`super::sql`].
    Statement(mpsc::Sender<Answer>),
}

/// Takes questions.
#[derive(Clone)]
pub(super) struct Inbox {
    sender: mpsc::Sender<Message>,
    /// Questions that have no answer yet.
    open: Arc<AtomicUsize>,
    parallel: Arc<AtomicBool>,
}

impl Inbox {
    /// Takes a question, and returns whether the run still answers any.
    pub(super) fn put(&self, asked: Asked, client: Client) -> bool {
        if self.open.fetch_add(1, Ordering::SeqCst) > 0 {
            self.parallel.store(true, Ordering::SeqCst);
        }
        self.sender.send(Message::Asks(asked, client)).is_ok()
    }
}

/// A running program.
pub(super) struct Process {
    /// The process group of the tool that confines the program.
    group: Pid,
    messages: mpsc::Receiver<Message>,
    /// The client that waits for an answer.
    waiting: Option<Client>,
    open: Arc<AtomicUsize>,
    parallel: Arc<AtomicBool>,
    sql: Option<SqlPorts>,
    output: Arc<Mutex<Kept>>,
    reader: Option<JoinHandle<()>>,
    /// Whether the program and everything that it started are gone.
    gone: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    socket: std::path::PathBuf,
    room: Room,
}

/// The room on the disk with the folder of the run.
struct Room {
    /// The bytes that were free at the start.
    free: u64,
}

impl Room {
    /// As much as a program may use where the disk is nearly full, in bytes.
    const USED: u64 = 256 * 1024 * 1024;

    /// A disk with less room than this is nearly full, in bytes. A share of the disk alone would call many free
    /// gigabytes of a large one nearly nothing.
    const HARDLY_ANY: u64 = 1024 * 1024 * 1024;

    /// Returns the free bytes and all bytes of the disk with this file.
    fn look(file: &Path) -> Option<(u64, u64)> {
        let disk = rustix::fs::statvfs(file.parent()?).ok()?;
        Some((disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
    }

    /// Returns whether hardly any room is left, and a good part of it went since the start.
    fn is_used_up(&self, file: &Path) -> bool {
        Self::look(file).is_some_and(|(free, all)| {
            free < Self::HARDLY_ANY.min(all / 20) && self.free.saturating_sub(free) > Self::USED
        })
    }
}

#[derive(Default)]
struct Kept {
    text: Vec<u8>,
    all: usize,
}

impl Process {
    /// Starts the program. `takes_clients` says whether the simulated servers answer clients that the program brings.
    pub(super) fn start(
        path: &Path,
        sandbox: &Sandbox,
        confinement: &Confinement,
        takes_clients: bool,
    ) -> io::Result<Self> {
        let listener = UnixListener::bind(sandbox.socket())?;
        let path = std::path::absolute(path)?;
        sandbox.tell_lines(&path)?;
        // Both streams share one pipe, so that the output keeps its order.
        let (stream, writer) = io::pipe()?;
        let (sender, messages) = mpsc::channel();
        let inbox = Inbox {
            sender: sender.clone(),
            open: Arc::default(),
            parallel: Arc::default(),
        };
        let (open, parallel) = (inbox.open.clone(), inbox.parallel.clone());
        let sql = if takes_clients {
            Some(SqlPorts::new(&sandbox.folder, inbox.clone())?)
        } else {
            None
        };
        let mut child = confinement::spawn(confinement, sandbox, &path, writer)?;
        let group = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("the process has no number"))?;
        let output = Arc::new(Mutex::new(Kept::default()));
        let reader = {
            let (output, sender) = (output.clone(), sender.clone());
            Some(thread::spawn(move || keep(stream, &output, &sender)))
        };
        let over = Arc::new(AtomicBool::new(false));
        {
            let over = over.clone();
            thread::spawn(move || listen(&listener, &over, &inbox));
        }
        let gone = Arc::new(AtomicBool::new(false));
        let (flag, folder) = (gone.clone(), sandbox.folder.clone());
        let has_walls = confinement.has_walls();
        thread::spawn(move || {
            let status = child.wait().map(|status| {
                if has_walls {
                    launcher::ended(&folder).unwrap_or_else(|| Ended::of_tool(status))
                } else {
                    Ended::without_walls(status, group)
                }
            });
            flag.store(true, Ordering::SeqCst);
            // When the run is over, nothing receives the questions any more.
            let _ = sender.send(Message::Ended(status));
        });
        Ok(Self {
            group,
            messages,
            waiting: None,
            open,
            parallel,
            sql,
            output,
            reader,
            gone,
            over,
            room: Room {
                free: Room::look(&sandbox.socket()).map_or(0, |(free, _)| free),
            },
            socket: sandbox.socket(),
        })
    }

    /// Waits for the next event, and returns it with the time that passed.
    pub(super) fn next(&mut self, patience: Duration) -> (Event, Duration) {
        let begun = Instant::now();
        loop {
            if signals::stopped() {
                return (Event::Stopped, Duration::ZERO);
            }
            if self.room.is_used_up(&self.socket) {
                return (Event::Fills, begun.elapsed());
            }
            let message = self.messages.recv_timeout(Duration::from_millis(100));
            let waited = begun.elapsed();
            match message {
                Ok(Message::Asks(question, client)) => {
                    self.waiting = Some(client);
                    return (Event::Asks(question), waited);
                }
                Ok(Message::Ended(Ok(ended))) => return (Event::Ended(ended), waited),
                Ok(Message::Flood) => return (Event::Flood, waited),
                Ok(Message::Ended(Err(_))) | Err(mpsc::RecvTimeoutError::Disconnected) => {
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
        match self.waiting.take() {
            Some(Client::Shim(mut stream)) => {
                if let Ok(mut text) = serde_json::to_vec(answer) {
                    text.push(b'\n');
                    // A client that has gone away does not need the answer.
                    let _ = stream.set_write_timeout(Some(CLIENT_PATIENCE));
                    let _ = stream.write_all(&text);
                }
            }
            Some(Client::Statement(sender)) => {
                // The same holds for a session that has ended.
                let _ = sender.send(answer.clone());
            }
            None => {}
        }
    }

    /// Returns the clients' ports of the servers, if they have any.
    pub(super) const fn sql(&self) -> Option<&SqlPorts> {
        self.sql.as_ref()
    }

    pub(super) fn was_parallel(&self) -> bool {
        self.parallel.load(Ordering::SeqCst)
    }

    /// Kills all of its processes. When the tool's first process dies, the whole namespace dies.
    pub(super) fn end(&mut self) {
        let until = Instant::now() + GONE;
        while !self.gone.load(Ordering::SeqCst) && Instant::now() < until {
            // A process that has ended meanwhile cannot be killed, and need not be.
            let _ = kill_process_group(self.group, Signal::KILL);
            thread::sleep(Duration::from_millis(2));
        }
        if !self.over.swap(true, Ordering::SeqCst) {
            if let Some(sql) = &self.sql {
                sql.close();
            }
            // This wakes the listener, which then sees that the run is over.
            let _ = UnixStream::connect(&self.socket);
        }
        let until = Instant::now() + GONE;
        if let Some(reader) = self.reader.take() {
            // The kernel closes the stream a moment after the namespace's first process is gone.
            while !reader.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }

    /// Returns the beginning of its output.
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

/// Receives questions, one for each connection.
fn listen(listener: &UnixListener, over: &AtomicBool, inbox: &Inbox) {
    for client in listener.incoming() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        let Some(question) = read(&client) else {
            continue;
        };
        if !inbox.put(question, Client::Shim(client)) {
            return;
        }
    }
}

fn read(client: &UnixStream) -> Option<Asked> {
    client.set_read_timeout(Some(CLIENT_PATIENCE)).ok()?;
    let mut line = String::new();
    BufReader::new(client.take(QUESTION_MAX))
        .read_line(&mut line)
        .ok()?;
    serde_json::from_str(&line).ok()
}
