//! `seatrial lab --web`: serves the lab's page to the browsers of this machine.
//!
//! The address holds a random token, so that other users of the machine cannot ask for the page, and a web site cannot
//! guess it. The page itself needs no server: everything happens in the browser.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use seatrial_reports::LabSession;

use crate::output::Out;
use crate::{Stop, exit, provenance, signals};

/// The most bytes of a request that are read.
const REQUEST_MAX: u64 = 16 * 1024;

/// The longest time that a browser may take to say or read something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time between two looks whether a signal came.
const LOOK: Duration = Duration::from_millis(50);

/// Serves the page until a signal comes.
pub(super) fn serve(page: &str, session: &LabSession, out: &mut Out) -> Result<u8, Stop> {
    let failed =
        |error: std::io::Error| Stop::environment(format!("cannot serve the page: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let host = listener.local_addr().map_err(failed)?.to_string();
    let token = token().map_err(failed)?;
    let path = format!("/{token}/");
    let plain = session.opening.is_empty() && session.lines.is_empty();
    let fragment = if plain {
        String::new()
    } else {
        session.fragment(provenance::PROGRAM)
    };
    let address = format!("http://{host}{path}{fragment}");
    out.print(&format!(
        "the lab is at {address}\nonly this machine can open it; Ctrl-C ends it\n"
    ));
    open_browser(&address);
    signals::listen();
    while !signals::stopped() {
        match listener.accept() {
            // A browser that goes away in the middle is no error of the lab's.
            Ok((stream, _)) => drop(answer(&stream, page, &host, &path)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(LOOK),
            Err(error) => return Err(failed(error)),
        }
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

/// Answers a request: with the page, if it names the token and this host.
fn answer(mut stream: &TcpStream, page: &str, host: &str, path: &str) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream).take(REQUEST_MAX).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut named = false;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        // A site that points its own name at this machine does not get the page.
        named |= name.eq_ignore_ascii_case("host") && value.trim() == host;
    }
    let mut words = request.split(' ');
    let asked = words.next().zip(words.next());
    let good = named
        && asked.is_some_and(|(method, target)| {
            method == "GET" && target.split('?').next() == Some(path)
        });
    let (status, kind, body) = if good {
        ("200 OK", "text/html; charset=utf-8", page)
    } else {
        (
            "404 Not Found",
            "text/plain; charset=utf-8",
            "there is nothing here\n",
        )
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: frame-ancestors 'none'\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}
