//! The JSON Schema of scenario files, for editors.

use schemars::generate::SchemaSettings;

use super::raw::RawScenario;

/// The JSON Schema, as it is checked in under `scenarios/scenario.schema.json`.
pub fn schema() -> String {
    let schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<RawScenario>();
    format!("{:#}\n", schema.as_value())
}
