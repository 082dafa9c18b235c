//! Tests of the scenario language.

mod errors;
mod files;
mod property;
mod reading;
