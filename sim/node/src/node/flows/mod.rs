//! What a process does, one file for each. Flows call parts and each other; parts know none of them.

mod apply;
mod arbitrator;
mod component;
mod configuration;
mod donate;
mod end;
mod idle;
mod join;
mod key;
mod layers;
mod serve;
mod start;
mod status;
mod stop;
mod vote;
