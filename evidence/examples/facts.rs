//! Prints the facts of files, one a line: `cargo run -p seatrial-evidence --example facts -- FILE…`.

use std::io::{Read, Write};

use seatrial_evidence::{FileId, Reader};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (index, path) in std::env::args().skip(1).enumerate() {
        let mut file = std::fs::File::open(&path)?;
        let mut reader = Reader::new(FileId(u32::try_from(index).unwrap_or(u32::MAX)));
        let mut facts = Vec::new();
        let mut chunk = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            reader.push(&chunk[..read], &mut |fact| facts.push(fact));
        }
        let summary = reader.finish(&mut |fact| facts.push(fact));
        for fact in &facts {
            let at = fact.at.map_or_else(|| "-".to_owned(), |at| at.to_string());
            let event = serde_json::to_string(&fact.event)?;
            let (line, more) = (fact.source.line, fact.repeats.more);
            writeln!(
                out,
                "{path}:{line} {at} x{} {:?} {event}",
                more + 1,
                fact.writer
            )?;
        }
        writeln!(out, "{path}: {summary:?}")?;
    }
    Ok(())
}
