//! Lists the missions of the folder `missions`, so that the crate embeds every file of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=../missions");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join("../missions"))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();
    let mut text = format!("const MISSIONS: [(&str, &str); {}] = [\n", files.len());
    for path in files {
        let file = path.file_name().and_then(|file| file.to_str());
        let name = format!("missions/{}", file.unwrap_or_default());
        let path = path.to_str().expect("the folder's name is text");
        writeln!(text, "    ({name:?}, include_str!({path:?})),")
            .expect("invariant: writing to a String does not fail");
    }
    text.push_str("];\n");
    fs::write(out.join("missions.rs"), text)
}
