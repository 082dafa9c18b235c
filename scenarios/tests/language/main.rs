//! Tests of the scenario language.

mod errors;
mod files;
mod pack;
mod property;
mod reading;
