//! Galera's own tests of membership and order (`gcomm/test/check_evs2.cpp`), and those of the primary component that
//! need both layers (`gcomm/test/check_pc.cpp`), in our words.
//!
//! Each test names its case. `docs/suites.md` lists all cases with what became of them.

mod components;
mod joins;
mod leaves;
mod net;
mod order;
mod splits;
mod trace;

use super::*;
use net::Net;

const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;
const D: u8 = 4;
const E: u8 = 5;

/// The lots with which a case is played that draws any.
const SEEDS: std::ops::Range<u64> = 0..20;
