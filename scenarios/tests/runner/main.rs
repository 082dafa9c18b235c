//! Tests of the runner, of the oracles and of what is made of records.

mod agreement;
mod checks;
mod claims;
mod external;
mod fake;
mod ledger;
mod oracles;
mod paces;
mod results;
mod second_phase;
