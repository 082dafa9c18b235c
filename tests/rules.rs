//! Every rule of `docs/rules.md` names what covers it, or says that the model has a gap.

mod covered;

use std::fs;

use covered::{exists, root, sources};

#[test]
fn what_the_table_of_rules_names_exists() {
    let table = fs::read_to_string(root().join("docs/rules.md")).expect("the table of rules");
    let tests = sources();
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
            assert!(
                exists(named, &tests),
                "rule {}: there is no `{named}`",
                cells[0]
            );
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
    let root = root();
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
