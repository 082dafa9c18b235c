//! `docs/rediscovered.md`: every row is what the simulator shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::work::{Work, cells};

/// The cells of the table's rows, without their quotes.
fn rows() -> Vec<Vec<String>> {
    let text = include_str!("../../docs/rediscovered.md");
    text.lines()
        .filter(|line| line.starts_with("| ") && line.contains("| `s"))
        .map(cells)
        .collect()
}

#[test]
fn every_published_failure_of_the_table_is_shown_by_its_rule() {
    let rows = rows();
    let failures: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
    assert!(failures.len() >= 15, "{failures:?}");
    // The rule acts with Galera's own timeouts, the manual with those of the real runs beside it.
    let mut wanted: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let scenario = row[3].as_str();
        let of = wanted.entry((scenario, "default")).or_default();
        of.insert(&row[4]);
        let of = wanted.entry((scenario, "fast")).or_default();
        of.extend(["manual", "manual-corrected"]);
    }
    let mut seen = BTreeMap::new();
    for ((scenario, timers), procedures) in wanted {
        let mut args = vec!["verify"];
        args.extend(procedures);
        args.extend(["--scenarios", scenario, "--timers", timers]);
        args.extend(["--format", "json", "--results", "none", "--fail-on", "none"]);
        let ran = Work::new().run(&args);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let matrix: Value = serde_json::from_str(&ran.stdout).unwrap();
        for cell in matrix["cells"].as_array().unwrap() {
            let procedure = cell["procedure"].as_str().unwrap().to_owned();
            let outcome = cell["outcome"].as_str().unwrap().to_owned();
            seen.insert((scenario.to_owned(), timers, procedure), outcome);
        }
    }
    for row in &rows {
        let outcome = |timers, procedure: &str| {
            let cell = (row[3].clone(), timers, procedure.to_owned());
            seen[&cell].as_str()
        };
        assert_eq!(row[5], outcome("default", &row[4]), "{row:?}");
        assert_eq!(row[6], outcome("fast", "manual"), "{row:?}");
        assert_eq!(row[8], outcome("fast", "manual-corrected"), "{row:?}");
    }
}
