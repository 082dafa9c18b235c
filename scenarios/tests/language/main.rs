//! Tests of the scenario language.

mod beyond;
mod errors;
mod files;
mod pack;
mod property;
mod reading;
mod rounds;
mod suites;
