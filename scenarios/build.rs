//! Lists the recordings, so that the program carries every file of the folder.
//!
//! A macro that reads a folder would not notice a new file; cargo watches the folder named here.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=recordings");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join("recordings"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|own| own == "json") {
            files.push(path);
        }
    }
    files.sort();
    let mut text = format!("const INCLUDED: [(&str, &str); {}] = [\n", files.len());
    for path in &files {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.expect("a recording's name is text");
        let path = path.to_str().expect("the folder's name is text");
        writeln!(text, "    (\"recordings/{name}\", include_str!({path:?})),")
            .expect("invariant: writing to a String does not fail");
    }
    text.push_str("];\n");
    fs::write(out.join("recordings.rs"), text)
}
