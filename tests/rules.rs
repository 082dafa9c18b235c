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
                "scenario" => ["catalogue", "beyond", "suites"].iter().any(|folder| {
                    root.join(format!("scenarios/{folder}/{name}.toml"))
                        .exists()
                }),
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

/// The rules of the semantics (sections 1 to 6) and of the corrections, by their names.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for (letter, last) in [
        ("G", 9),
        ("E", 17),
        ("P", 11),
        ("V", 9),
        ("C", 12),
        ("S", 17),
        ("R", 13),
        ("K", 26),
    ] {
        names.extend((1..=last).map(|number| format!("{letter}{number}")));
    }
    names.extend(["P7b", "P7c", "V7b"].map(str::to_owned));
    names
}

#[test]
fn no_rule_is_left_out_and_every_gap_says_what_it_could_hide() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/rules.md")).expect("the table of rules");
    let gaps = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("the list of gaps");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    for name in names() {
        let row = rows.iter().find(|row| row[0] == name);
        let row = row.unwrap_or_else(|| panic!("rule {name} is not in the table"));
        if row[3] == "gap" {
            assert!(
                gaps.contains(&format!("({name}: ")),
                "gap {name} hides what?"
            );
        }
    }
}
