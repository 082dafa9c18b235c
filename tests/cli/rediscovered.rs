//! `docs/rediscovered.md`: every row is what the simulator shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::work::Work;

/// The cells of the table's rows, without their quotes.
fn rows() -> Vec<Vec<String>> {
    let text = include_str!("../../docs/rediscovered.md");
    text.lines()
        .filter(|line| line.starts_with("| ") && line.contains("| `s"))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect()
        })
        .collect()
}

#[test]
fn every_published_failure_of_the_table_is_shown_by_its_rule() {
    let rows = rows();
    let failures: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
    assert!(failures.len() >= 15, "{failures:?}");
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let of = wanted.entry(&row[3]).or_default();
        of.extend([row[4].as_str(), "manual", "manual-corrected"]);
    }
    let mut seen = BTreeMap::new();
    for (scenario, procedures) in wanted {
        let mut args = vec!["verify"];
        args.extend(procedures);
        args.extend(["--scenarios", scenario, "--format", "json"]);
        let ran = Work::new().run(&args);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let matrix: Value = serde_json::from_str(&ran.stdout).unwrap();
        for cell in matrix["cells"].as_array().unwrap() {
            let procedure = cell["procedure"].as_str().unwrap().to_owned();
            let outcome = cell["outcome"].as_str().unwrap().to_owned();
            seen.insert((scenario.to_owned(), procedure), outcome);
        }
    }
    for row in &rows {
        let outcome = |procedure: &str| seen[&(row[3].clone(), procedure.to_owned())].clone();
        assert_eq!(row[5], outcome(&row[4]), "{row:?}");
        assert_eq!(row[6], outcome("manual"), "{row:?}");
        assert_eq!(row[8], outcome("manual-corrected"), "{row:?}");
    }
}
