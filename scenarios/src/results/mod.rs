//! The files that other programs read: `results.json`, `record.jsonl`, the ledger of claims.

pub mod ledger;
pub(crate) mod random_schedules_json;
pub mod record_file;
pub(crate) mod results_json;
