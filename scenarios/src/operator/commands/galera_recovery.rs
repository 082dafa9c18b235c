//! `galera_recovery` (`scripts/galera_recovery.sh`): prints the option with the position that the unit file gives
//! to the server at its start.
//!
//! What mariadbd logs goes to a temporary file; the script reads the position there. If the run failed, it prints
//! the whole file on standard error.

use seatrial_port::Output;
use seatrial_port::host::{Host, QueryId, Step};

use super::output::{failed, printed};

/// The script on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GaleraRecovery {
    recover: Option<QueryId>,
}

impl GaleraRecovery {
    /// Reads the words after `galera_recovery`. The script looks at none but a unit's name.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        match words {
            [] | [_] => Ok(Self { recover: None }),
            _ => Err(failed(
                1,
                "this console knows galera_recovery without arguments",
            )),
        }
    }

    /// Starts the run, and waits for its end.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        let id = *self.recover.get_or_insert_with(|| host.start_recover());
        let Some((lines, exit)) = host.recovered(id) else {
            return Step::Wait;
        };
        if exit != 0 {
            let log = lines.join("\n");
            return Step::Done(failed(
                1,
                format!("WSREP: Failed to start mysqld for wsrep recovery: '{log}'"),
            ));
        }
        let position = lines
            .iter()
            .rev()
            .find_map(|line| Some(line.split_once("WSREP: Recovered position:")?.1.trim()));
        Step::Done(match position {
            Some(position) => Output {
                stderr: format!("WSREP: Recovered position {position}\n"),
                ..printed(format!("--wsrep_start_position={position}\n"))
            },
            None => failed(
                1,
                format!("WSREP: Failed to recover position: '{}'", lines.join("\n")),
            ),
        })
    }
}
