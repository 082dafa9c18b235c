//! Procedures at a console of which the test knows every answer.
//!
//! The cluster behind it is a table and a few rules, and no model of Galera: these tests show which
//! lines a procedure types in which situation, and what it decides. Whether that recovers a cluster
//! is what the engines show.

mod bench;
mod corrected;
mod manual;
