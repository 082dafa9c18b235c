//! The tests, scripts, scenarios and recordings that a document names as `test:NAME`, `script:NAME`, `scenario:NAME` and
//! `recording:NAME`.

use std::fs;
use std::path::Path;

/// The folder with the documents.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The texts of all Rust files.
pub(crate) fn sources() -> String {
    let mut texts = String::new();
    collect(root(), &mut texts);
    texts
}

fn collect(folder: &Path, texts: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

/// Whether there is what a document names. `sources` holds the tests.
pub(crate) fn exists(named: &str, sources: &str) -> bool {
    let (kind, name) = named.split_once(':').unwrap_or((named, ""));
    let is_there = |path: String| root().join(path).exists();
    match kind {
        "recording" => is_there(format!("scenarios/recordings/{name}.json")),
        "scenario" => ["catalogue", "beyond", "suites"]
            .iter()
            .any(|folder| is_there(format!("scenarios/{folder}/{name}.toml"))),
        "script" => is_there(format!("sim/node/tests/scripts/{name}.txt")),
        "test" => sources.contains(&format!("fn {name}(")),
        _ => false,
    }
}
