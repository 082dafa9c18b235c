//! The lab's page as the command knows it: served to this machine, and beside a report. The page itself is tested in
//! browsers (`tests/browser/page_test.py`).

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::work::Work;

/// What stands for the page: the command looks at its title alone.
const PAGE: &str = "<!DOCTYPE html><title>Seatrial: the lab</title><p>here</p>\n";

/// A process that is ended with the test, however that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The answer to a request.
fn asked(host: &str, named: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {named}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn only_the_address_with_the_token_has_the_page() {
    let work = Work::new();
    work.write("page.html", PAGE);
    let mut command = work.command(&["lab", "--web", "--page", "page.html"]);
    // No desktop is found without a PATH, so that no browser opens.
    let child = command.env("PATH", "").stdout(Stdio::piped()).spawn();
    let mut child = Ended(child.unwrap());
    let mut first = String::new();
    let stdout = child.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("the lab is at http://").unwrap();
    let (host, path) = address.split_at(address.find('/').unwrap());
    assert!(host.starts_with("127.0.0.1:"), "{address}");
    assert_eq!(path.len(), 34, "{path}");
    let good = asked(host, host, path);
    assert!(
        good.starts_with("HTTP/1.1 200 OK\r\n") && good.ends_with(PAGE),
        "{good}"
    );
    assert!(asked(host, host, &format!("{path}?embed=1")).starts_with("HTTP/1.1 200"));
    // The page of the simulator asks nothing.
    let mut stream = TcpStream::connect(host).unwrap();
    let question = "{\"ask\":\"contents\"}";
    let length = question.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{question}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    for (named, path) in [
        (host, "/"),
        (host, "/0123456789abcdef0123456789abcdef/"),
        ("example.org", path),
    ] {
        let answer = asked(host, named, path);
        assert!(
            answer.starts_with("HTTP/1.1 404") && !answer.contains(PAGE),
            "{answer}"
        );
    }
}

#[test]
fn what_is_not_the_page_is_refused() {
    let work = Work::new();
    work.write("other.html", "<title>Something else</title>");
    for (page, code, says) in [
        ("nowhere.html", Some(2), "nowhere.html"),
        ("other.html", Some(2), "web/build"),
    ] {
        let ran = work.run(&["lab", "--web", "--page", page]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
}

#[test]
fn a_report_with_the_lab_links_to_it() {
    let work = Work::new();
    work.write("page.html", PAGE);
    let ran = work.run(&[
        "run",
        "two-nodes-are-terminated",
        "--on",
        "des",
        "--out",
        "out",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = work.run(&["report", "out"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report = || fs::read_to_string(work.path().join("out/index.html")).unwrap();
    assert!(!report().contains("#lab="), "there is no lab");
    let ran = work.run(&["report", "out", "--with-lab", "--page", "page.html"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(report().contains("href=\"#lab="));
    let page = PAGE.replace('<', "\u{e000}");
    assert!(
        report().contains(&format!("id=\"lab\">{page}</script>")),
        "the page is in the report, and cannot end the element around it"
    );
}
