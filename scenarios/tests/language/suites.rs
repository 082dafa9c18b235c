//! The pack of MariaDB's own cases, and the document that lists them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use seatrial_scenarios::{Scenario, catalogue};

/// The lines of the tables under `## MariaDB's suites`.
fn rows() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/suites.md");
    let text = fs::read_to_string(path).expect("the document");
    let part = text
        .split("\n## ")
        .find(|part| part.starts_with("MariaDB's suites"));
    let part = part.expect("its heading");
    let cells = |line: &str| {
        let inner = line.trim().trim_matches('|').split(" | ");
        inner.map(|cell| cell.trim().to_owned()).collect()
    };
    let tables = part.split("\n### ").filter(|table| {
        let name = table.lines().next().unwrap_or_default();
        ["galera_3nodes", "galera", "wsrep"].contains(&name)
    });
    let lines = tables.flat_map(str::lines);
    let lines = lines.filter(|line| line.starts_with("| `"));
    lines.map(cells).collect()
}

/// The words in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_scenario_names_its_case_and_the_rule_that_it_follows() {
    for (file, text) in catalogue::suites() {
        let scenario = Scenario::parse(file, text).expect("it is right");
        assert_eq!(file, format!("suites/{}.toml", scenario.id));
        assert_eq!(scenario.pack.as_deref(), Some("suites"), "{file}");
        assert_eq!(scenario.claims().count(), 0, "{file} decides no claim");
        let why = scenario.why.as_deref().unwrap_or_default();
        assert!(why.starts_with("MariaDB's case"), "{file} names its case");
        let cites = |note: &String| {
            [".cpp", ".cc", ".hpp", "wsrep_sst_"]
                .iter()
                .any(|end| note.contains(end))
        };
        let notes = scenario.steps.iter().filter_map(|step| step.note.as_ref());
        assert!(
            notes.into_iter().any(cites),
            "{file} names file and function"
        );
    }
}

#[test]
fn the_document_and_the_pack_name_each_other() {
    let pack: BTreeSet<String> = catalogue::suites()
        .into_iter()
        .map(|(file, text)| Scenario::parse(file, text).expect("it is right").id)
        .collect();
    let mut named = BTreeSet::new();
    for row in rows() {
        assert_eq!(row.len(), 5, "{row:?}");
        for id in quoted(&row[2]).chain(quoted(&row[4]).filter(|id| pack.contains(*id))) {
            assert!(pack.contains(id), "there is no `{id}`");
            named.insert(id.to_owned());
        }
        let is_ours = row[2] != "–";
        assert!(is_ours || !row[4].is_empty(), "{row:?} says why not");
        assert_eq!(is_ours, row[3].contains("des, madsim"), "{row:?}");
        let Some(id) = quoted(&row[2]).next() else {
            continue;
        };
        let (file, text) = catalogue::find(id).expect("it is in the pack");
        let why = Scenario::parse(file, text).expect("it is right").why;
        let why = why.unwrap_or_default();
        for case in quoted(&row[0]) {
            assert!(why.contains(case), "{id} does not name `{case}`");
        }
    }
    assert_eq!(named, pack, "each scenario stands in the document");
}
