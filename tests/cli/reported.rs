//! `docs/reported.md`: what the procedures make of its states is what the simulator shows, and each report has its
//! scenarios or a reason.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::work::{Work, cells};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text() -> String {
    std::fs::read_to_string(root().join("docs/reported.md")).unwrap()
}

/// The cells of the lines of a table, the first line among them.
fn table(text: &str, begins: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with(begins));
    let lines = lines.take_while(|line| line.starts_with('|'));
    let lines = lines.filter(|line| !line.starts_with("|---"));
    lines.map(cells).collect()
}

#[test]
fn the_table_of_reported_states_is_what_the_procedures_come_to() {
    let text = text();
    let rows = table(&text, "| procedure |");
    let (head, rows) = rows.split_first().unwrap();
    let states = &head[1..];
    assert!(states.len() >= 3, "{states:?}");
    let list = states.join(",");
    let mut args = vec!["verify", "--scenarios", &list];
    args.extend(["--format", "json", "--results", "none", "--fail-on", "none"]);
    let ran = Work::new().run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let matrix: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut seen: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for cell in matrix["cells"].as_array().unwrap() {
        let word = |key: &str| cell[key].as_str().unwrap().to_owned();
        let of = seen.entry(word("procedure")).or_default();
        of.insert(word("scenario"), word("outcome"));
    }
    let said: BTreeMap<String, BTreeMap<String, String>> = rows
        .iter()
        .map(|row| {
            let outcomes = states.iter().cloned().zip(row[1..].iter().cloned());
            (row[0].clone(), outcomes.collect())
        })
        .collect();
    assert_eq!(said, seen);
}

#[test]
fn each_report_has_a_scenario_or_a_reason() {
    let text = text();
    let rows = table(&text, "| report |");
    assert!(rows.len() > 6, "{rows:?}");
    for row in &rows[1..] {
        let [report, failure, mechanism, ours] = row.as_slice() else {
            panic!("not four columns: {row:?}");
        };
        assert!(!report.is_empty() && !failure.is_empty() && mechanism.contains('.'));
        if let Some(why) = ours.strip_prefix("not modelled, because ") {
            assert!(why.len() > 20, "{report}: a reason");
            continue;
        }
        for id in ours.split(", ").map(|id| id.trim_matches('`')) {
            let file = root().join(format!("scenarios/beyond/{id}.toml"));
            assert!(file.exists(), "{report}: there is no {id}");
        }
    }
}
