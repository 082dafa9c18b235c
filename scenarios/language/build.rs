//! Lists the scenario files, so that the program carries every file of the folders.
//!
//! A macro that reads a folder would not notice a new file; cargo watches the folders named here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = own.join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let catalogue = list(&root, "FILES", &["catalogue", "regressions"], "toml")?;
    let pack = list(&root, "PACK", &["pack"], "toml")?;
    let beyond = list(&root, "BEYOND", &["beyond"], "toml")?;
    let suites = list(&root, "SUITES", &["suites"], "toml")?;
    fs::write(
        out.join("catalogue.rs"),
        catalogue + &pack + &beyond + &suites,
    )
}

/// Returns a constant with the names and texts of the files of some folders.
fn list(root: &Path, constant: &str, folders: &[&str], extension: &str) -> io::Result<String> {
    let mut files = Vec::new();
    for folder in folders {
        println!("cargo::rerun-if-changed=../{folder}");
        collect(&root.join(folder), folder, extension, &mut files)?;
    }
    files.sort();
    let mut text = format!("const {constant}: [(&str, &str); {}] = [\n", files.len());
    for (name, path) in &files {
        let path = path.to_str().expect("the folder's name is text");
        writeln!(text, "    ({name:?}, include_str!({path:?})),")
            .expect("invariant: writing to a String does not fail");
    }
    text.push_str("];\n");
    Ok(text)
}

/// Returns the files with an extension in a folder and in those in it.
fn collect(
    folder: &Path,
    name: &str,
    extension: &str,
    files: &mut Vec<(String, PathBuf)>,
) -> io::Result<()> {
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
            collect(&path, &name, extension, files)?;
        } else if path.extension().is_some_and(|own| own == extension) {
            files.push((name, path));
        }
    }
    Ok(())
}
