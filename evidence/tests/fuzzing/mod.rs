//! Inputs made of the corpus by chance, and what must hold for every one of them.

use seatrial_evidence::{Fact, FileId, Reader, Summary};

/// Short texts of our own, in the form of each version and wrapper.
const CORPUS: [&str; 4] = [
    include_str!("../../corpus/mariadb-10.11.log"),
    include_str!("../../corpus/galera-3.log"),
    include_str!("../../corpus/operator.json"),
    include_str!("../../corpus/files.txt"),
];

/// What a reader may take for something else.
const WORDS: [&str; 24] = [
    "\n",
    "\r\n",
    "\0",
    "\0\0\0\0\n",
    "\u{fffd}",
    "\t",
    "{",
    "}",
    "(",
    ")",
    "})",
    "View:\n",
    "view (",
    "view((empty))",
    "Quorum results:\n",
    "-1",
    "18446744073709551615",
    "9223372036854775808",
    "====",
    "WSREP: ",
    "[Note] ",
    "members(3):\n",
    "'",
    "0.0 (",
];

/// Inputs are no longer than this, so that there can be many.
const LENGTH_MAX: usize = 2_048;

/// A small generator: the same inputs on every machine.
pub(crate) struct Chance(u64);

impl Chance {
    /// A generator that begins with this number.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }
}

/// Makes an input: lines of the corpus, changed in a few places.
pub(crate) fn input(chance: &mut Chance, bytes: &mut Vec<u8>) {
    bytes.clear();
    for _ in 0..=chance.below(3) {
        let text = CORPUS[chance.below(CORPUS.len())].as_bytes();
        let start = chance.below(text.len());
        let end = (start + chance.below(900)).min(text.len());
        bytes.extend_from_slice(&text[start..end]);
    }
    for _ in 0..chance.below(6) {
        change(chance, bytes);
    }
    bytes.truncate(LENGTH_MAX);
}

fn change(chance: &mut Chance, bytes: &mut Vec<u8>) {
    let at = chance.below(bytes.len());
    let end = (at + chance.below(60)).min(bytes.len());
    match chance.below(7) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = (chance.next() & 0xff) as u8;
            }
        }
        1 => drop(bytes.drain(at..end)),
        2 => {
            let part = bytes[at..end].to_vec();
            for _ in 0..chance.below(8) {
                bytes.splice(at..at, part.iter().copied());
            }
        }
        3 => {
            let word = WORDS[chance.below(WORDS.len())];
            bytes.splice(at..at, word.bytes());
        }
        4 => bytes.truncate(end),
        5 => {
            let other = chance.below(bytes.len());
            let part = bytes[at..end].to_vec();
            let other = other.min(bytes.len());
            bytes.splice(other..other, part);
        }
        _ => {
            for byte in &mut bytes[at..end] {
                if byte.is_ascii_digit() {
                    *byte = b'9';
                }
            }
        }
    }
}

/// Reads an input in chunks of this size.
pub(crate) fn read(bytes: &[u8], chunk: usize) -> (Vec<Fact>, Summary) {
    let mut facts = Vec::new();
    let mut reader = Reader::new(FileId(0));
    for part in bytes.chunks(chunk.max(1)) {
        reader.push(part, &mut |fact| facts.push(fact));
    }
    let summary = reader.finish(&mut |fact| facts.push(fact));
    (facts, summary)
}

/// Reads an input, and panics where something does not hold. Returns how many facts there are.
///
/// # Panics
/// Where the reader panics, loses count, finds more than the text can hold, or reads something else in chunks.
pub(crate) fn check(bytes: &[u8], chunk: usize) -> usize {
    let (facts, summary) = read(bytes, bytes.len());
    let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
    assert_eq!(summary.bytes, bytes.len() as u64);
    assert!(summary.lines <= lines, "{} of {lines} lines", summary.lines);
    assert_eq!(summary.facts, facts.len() as u64);
    // A line of JSON may hold many; what it holds is bounded by its length.
    assert!(
        facts.len() <= bytes.len(),
        "{} facts of {} bytes",
        facts.len(),
        bytes.len()
    );
    for fact in &facts {
        assert!(
            fact.source.line >= 1 && fact.source.line <= lines,
            "{fact:?}"
        );
    }
    let (in_chunks, of_chunks) = read(bytes, chunk);
    assert_eq!(
        (facts.len(), summary.lines),
        (in_chunks.len(), of_chunks.lines)
    );
    assert!(
        facts == in_chunks,
        "chunks of {chunk} bytes change what is read"
    );
    facts.len()
}
