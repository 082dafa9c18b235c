//! `seatrial lab --web`: serves the lab's page to the browsers of this machine.
//!
//! The address holds a random token, so that other users of the machine cannot ask for the page, and a web site cannot
//! guess it. With the simulator the page needs no server: everything happens in the browser. With real nodes the page
//! asks this program (`web_on_real`).

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use seatrial_reports::LabSession;

use crate::output::Out;
use crate::{Stop, exit, provenance, signals};

/// The most bytes of a request that are read: a line of the lab has at most 4096.
const REQUEST_MAX: u64 = 64 * 1024;

/// The longest time that a browser may take to say or read something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time between two looks whether a signal came.
const LOOK: Duration = Duration::from_millis(50);

/// A place where the page is served.
pub(super) struct Served {
    listener: TcpListener,
    host: String,
    path: String,
}

/// A request that named the token.
pub(super) enum Request {
    /// The page.
    Page,
    /// A question in JSON.
    Question(String),
}

fn failed(error: &std::io::Error) -> Stop {
    Stop::environment(format!("cannot serve the page: {error}"))
}

impl Served {
    /// Takes a port of this machine and makes a token.
    pub(super) fn new() -> Result<Self, Stop> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| failed(&error))?;
        listener
            .set_nonblocking(true)
            .map_err(|error| failed(&error))?;
        let host = listener
            .local_addr()
            .map_err(|error| failed(&error))?
            .to_string();
        let token = token().map_err(|error| failed(&error))?;
        let path = format!("/{token}/");
        Ok(Self {
            listener,
            host,
            path,
        })
    }

    /// Says where the page is, and opens it.
    pub(super) fn tell(&self, fragment: &str, out: &mut Out) {
        let address = format!("http://{}{}{fragment}", self.host, self.path);
        out.print(&format!(
            "the lab is at {address}\nonly this machine can open it; Ctrl-C ends it\n"
        ));
        open_browser(&address);
    }

    /// Waits for the next request with the token, and returns nothing when a signal came. Other requests learn that
    /// there is nothing.
    pub(super) fn next(&self) -> Result<Option<(Request, TcpStream)>, Stop> {
        while !signals::stopped() {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    // A browser that goes away in the middle is no error of the lab's.
                    match request(&stream, &self.host, &self.path) {
                        Ok(Some(request)) => return Ok(Some((request, stream))),
                        Ok(None) => drop(nothing_here(&stream)),
                        Err(_) => {}
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(LOOK),
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(None)
    }
}

/// Serves the page until a signal comes. The page needs nothing else: the simulator is in it.
pub(super) fn serve(page: &str, session: &LabSession, out: &mut Out) -> Result<u8, Stop> {
    let served = Served::new()?;
    let plain = session.opening.is_empty() && session.lines.is_empty();
    let fragment = if plain {
        String::new()
    } else {
        session.fragment(provenance::PROGRAM)
    };
    signals::listen();
    served.tell(&fragment, out);
    while let Some((request, stream)) = served.next()? {
        drop(match request {
            Request::Page => send_page(&stream, page),
            Request::Question(_) => nothing_here(&stream),
        });
    }
    Ok(exit::OK)
}

/// Returns 128 random bits in hex.
fn token() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Opens the address in the user's browser, if there is a desktop. The address is printed in any case.
fn open_browser(address: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let started = Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    drop(started);
}

/// Reads a request. It returns nothing where the request does not name the token and this host.
fn request(stream: &TcpStream, host: &str, path: &str) -> std::io::Result<Option<Request>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream).take(REQUEST_MAX);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ').map(str::to_owned);
    let asked = words.next().zip(words.next());
    let (mut named, mut length) = (false, 0_u64);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        // A site that points its own name at this machine does not get the page.
        named |= name.eq_ignore_ascii_case("host") && value.trim() == host;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let Some((method, target)) = asked.filter(|_| named) else {
        return Ok(None);
    };
    if target.split('?').next() != Some(path) {
        return Ok(None);
    }
    match method.as_str() {
        "GET" => Ok(Some(Request::Page)),
        "POST" => {
            let mut body = String::new();
            reader.take(length).read_to_string(&mut body)?;
            Ok(Some(Request::Question(body)))
        }
        _ => Ok(None),
    }
}

/// Answers with the page.
pub(super) fn send_page(stream: &TcpStream, page: &str) -> std::io::Result<()> {
    send(stream, "200 OK", "text/html", page)
}

/// Answers a question.
pub(super) fn send_answer(stream: &TcpStream, answer: &str) -> std::io::Result<()> {
    send(stream, "200 OK", "application/json", answer)
}

fn nothing_here(stream: &TcpStream) -> std::io::Result<()> {
    send(
        stream,
        "404 Not Found",
        "text/plain",
        "there is nothing here\n",
    )
}

fn send(mut stream: &TcpStream, status: &str, kind: &str, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: frame-ancestors 'none'\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}
