//! Lists the scenario files, so that the program carries every file of the folders.
//!
//! A macro that reads a folder would not notice a new file; cargo watches the folders named here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for folder in ["catalogue", "regressions"] {
        println!("cargo::rerun-if-changed={folder}");
        collect(&root.join(folder), folder, &mut files)?;
    }
    files.sort();
    let mut text = format!("const FILES: [(&str, &str); {}] = [\n", files.len());
    for (name, path) in &files {
        let path = path.to_str().expect("the folder's name is text");
        writeln!(text, "    ({name:?}, include_str!({path:?})),")
            .expect("invariant: writing to a String does not fail");
    }
    text.push_str("];\n");
    fs::write(out.join("catalogue.rs"), text)
}

/// The scenario files of a folder and of those in it.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file = path
            .file_name()
            .and_then(|file| file.to_str())
            .unwrap_or_default();
        let name = format!("{name}/{file}");
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push((name, path));
        }
    }
    Ok(())
}
