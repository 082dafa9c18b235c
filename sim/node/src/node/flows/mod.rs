//! The flows of a process, one file each. Flows call parts and each other; parts know no flow.

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
mod lists;
mod look;
mod rejoin;
mod serve;
mod start;
mod status;
mod stop;
#[cfg(test)]
mod tests;
mod vote;
