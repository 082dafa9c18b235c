//! Every rule of `docs/rules.md` names what covers it, or says that the model has a gap.

use std::fs;
use std::path::Path;

/// The texts of all Rust files below a folder.
fn sources(folder: &Path, texts: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn what_the_table_of_rules_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/rules.md")).expect("the table of rules");
    let mut tests = String::new();
    sources(root, &mut tests);
    let mut rules = 0;
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells[0] == "rule" {
            continue;
        }
        assert_eq!(cells.len(), 4, "{line}");
        rules += 1;
        if cells[3] == "gap" {
            continue;
        }
        for named in cells[3].split(", ") {
            let (kind, name) = named.split_once(':').unwrap_or((named, ""));
            let exists = match kind {
                "recording" => root
                    .join(format!("scenarios/recordings/{name}.json"))
                    .exists(),
                "scenario" => root
                    .join(format!("scenarios/catalogue/{name}.toml"))
                    .exists(),
                "script" => root
                    .join(format!("sim/node/tests/scripts/{name}.txt"))
                    .exists(),
                "test" => tests.contains(&format!("fn {name}(")),
                _ => false,
            };
            assert!(exists, "rule {}: there is no `{named}`", cells[0]);
        }
    }
    assert!(rules > 90, "{rules} rules");
}
