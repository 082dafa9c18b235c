//! Answers questions of the page natively: a line of JSON in, a line of JSON out. A test compares the answers with
//! those of the page.

use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut desk = seatrial_web::Desk::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", desk.answer(line?.as_bytes(), &[]))?;
        output.flush()?;
    }
    Ok(())
}
