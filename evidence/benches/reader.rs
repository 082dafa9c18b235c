//! The speed of the reader, and its memory: `cargo bench -p seatrial-evidence --bench reader`.
//!
//! The text is made while it is read: our own lines, of which one in twenty tells something of the cluster, as in logs
//! of servers that clients use.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints what it has measured"
)]

use seatrial_evidence::{FileId, Reader};

/// Lines of Galera, and of a server beside them.
const STORY: &str = include_str!("../corpus/mariadb-10.11.log");

/// What servers write most of the time.
const NOISE: [&str; 4] = [
    "2030-01-02  3:04:05 131 [Warning] Aborted connection 131 to db: 'mail' user: 'app' host: '10.0.0.7' (Got an error reading communication packets)\n",
    "2030-01-02  3:04:05 0 [Note] InnoDB: Buffer pool(s) load completed at 300102  3:04:05\n",
    "2030-01-02  3:04:05 0 [Note] WSREP: Flow-control interval: [173, 173]\n",
    "2030-01-02  3:04:05 12 [Note] WSREP: Failed to establish connection: Connection refused\n",
];

const MEGABYTE: usize = 1 << 20;

/// Returns about a megabyte of log; one line in `every` is of the story.
fn chunk(every: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(MEGABYTE + (1 << 14));
    while text.len() < MEGABYTE {
        // A whole story, then as much noise as makes its share right.
        text.extend_from_slice(STORY.as_bytes());
        let lines = STORY.lines().count() * (every - 1);
        for number in 0..lines {
            text.extend_from_slice(NOISE[number % NOISE.len()].as_bytes());
        }
    }
    text
}

/// The highest memory of this process, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    number.unwrap_or(0) / 1024
}

/// The processor time of this process so far, in seconds: other work on the machine does not count.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let first = stat
        .split(' ')
        .next()
        .and_then(|number| number.parse::<u64>().ok());
    std::time::Duration::from_nanos(first.unwrap_or(0)).as_secs_f64()
}

/// Reads so many megabytes, and prints how fast that was.
fn measure(name: &str, every: usize, megabytes: usize) {
    let text = chunk(every);
    let mut best = f64::MAX;
    let (mut facts, mut bytes) = (0_u64, 0);
    for _ in 0..3 {
        let began = processor();
        (facts, bytes) = (0, 0);
        let mut reader = Reader::new(FileId(0));
        while bytes < megabytes * MEGABYTE {
            // As a file is read: 256 KiB at a time, wherever lines end.
            for part in text.chunks(256 << 10) {
                reader.push(part, &mut |_| facts += 1);
            }
            bytes += text.len();
        }
        reader.finish(&mut |_| facts += 1);
        best = best.min(processor() - began);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a speed needs no more than two digits"
    )]
    let speed = bytes as f64 / best / MEGABYTE as f64;
    println!(
        "{name:<44} {:>5} MiB {speed:>7.0} MiB/s {facts:>9} facts, memory so far {:>3} MiB",
        bytes / MEGABYTE,
        peak()
    );
}

fn main() {
    // `cargo test --all-targets` runs benches, too, and wants to know only that they work.
    if std::env::args().any(|argument| argument == "--test")
        || cfg!(debug_assertions) && !std::env::args().any(|a| a == "--bench")
    {
        measure("a quick look", 20, 1);
        return;
    }
    measure("one line in twenty is of the story", 20, 64);
    measure("one line in twenty is of the story", 20, 512);
    measure("every second line is of the story", 2, 64);
    measure("nothing but the story", 1, 64);
}
