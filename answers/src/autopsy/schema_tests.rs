//! The schema of the story for programs is checked in, and stays true.

use std::path::Path;

#[test]
fn the_schema_is_that_of_the_story() {
    let schema = schemars::schema_for!(super::report::Report);
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/autopsy.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "docs/autopsy.schema.json is old: UPDATE_SCHEMA=1 cargo test --package seatrial-answers schema"
    );
}
