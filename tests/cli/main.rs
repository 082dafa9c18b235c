//! The command as its users meet it: output, exit codes, files.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

mod about;
mod advise;
mod ansible;
mod autopsy;
mod by_hand;
mod campaign;
mod ci;
mod claims;
mod complete;
mod confinement;
mod conform_logs;
mod conform_random;
mod errors;
mod families;
mod folder;
mod forms;
mod from_states;
mod history;
mod host;
mod host_by_hand;
mod host_service;
mod host_sql;
mod lab;
mod language;
mod mysql_protocol;
mod operators;
mod prove;
mod rediscovered;
mod replay;
mod report;
mod reported;
mod run;
mod runbook;
mod script;
mod streams;
mod terminal;
mod transcripts;
mod verify;
mod web;
mod work;
