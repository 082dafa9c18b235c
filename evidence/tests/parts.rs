//! Files with the lines of several servers.

use seatrial_evidence::{Event, FileId, Reader};

/// A file with the lines of several containers is a part for each, and lines keep their numbers.
#[test]
fn several_containers_in_one_file() {
    let shift = |seqno: u64| {
        format!("2030-01-02  3:04:05 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: {seqno})")
    };
    let quorum = [
        "Quorum results:",
        "\tversion    = 6,",
        "\tcomponent  = PRIMARY,",
        "\tconf_id    = 4,",
    ];
    let mut text = format!("a-1  | {}\nb-1  | {}\nweb-1  | GET /\n", shift(1), shift(2));
    // Two blocks at once, a line of each in turn.
    for (number, line) in quorum.iter().enumerate() {
        let head = if number == 0 {
            "2030-01-02  3:04:06 0 [Note] WSREP: "
        } else {
            ""
        };
        let both = format!("a-1  | {head}{line}\nb-1  | {head}{line}\n");
        text.push_str(&both);
    }
    text.extend(["a-1  | ", &shift(3), "\n"]);
    for chunk in [1, 7, 4_096] {
        let mut facts = Vec::new();
        let mut reader = Reader::new(FileId(5));
        reader.expect(text.as_bytes());
        for part in text.as_bytes().chunks(chunk) {
            reader.push(part, &mut |fact| facts.push(fact));
        }
        let parts = reader.finish_parts(&mut |fact| facts.push(fact));
        let hosts: Vec<&str> = parts
            .iter()
            .flat_map(|part| &part.hosts)
            .map(String::as_str)
            .collect();
        assert_eq!(hosts, ["a-1", "b-1", "web-1"]);
        let of = |file: u32| {
            let mut lines: Vec<u64> = facts
                .iter()
                .filter(|fact| fact.source.file == FileId(file))
                .map(|fact| fact.source.line)
                .collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(
            (of(5), of(6), of(7)),
            (vec![1, 4, 12], vec![2, 5], vec![]),
            "{chunk}"
        );
        let whole = facts.iter().filter(
            |fact| matches!(&fact.event, Event::Quorum(quorum) if quorum.conf_id == Some(4)),
        );
        assert_eq!(whole.count(), 2);
    }
}
