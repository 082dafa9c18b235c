//! Reads the result of a recovery run (`mysqld_safe --wsrep-recover`, `galera_recovery`) from a log or a
//! file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ParsePositionError, RecoveredPosition};

/// The text before the position in the line that a recovery run prints
/// (`sql/wsrep_mysqld.cc:wsrep_recover`). With the colon: without it the pattern also finds
/// `Recovered position from storage`, which every start prints (measurements, G49).
pub const RECOVERED: &str = "WSREP: Recovered position:";

/// The text before the position in the output of `galera_recovery`: an option of the server
/// (`scripts/galera_recovery.sh`).
const START_POSITION: &str = "wsrep_start_position=";

/// The mistake in the text of a recovery run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
pub enum RecoveryError {
    /// A position is announced and cannot be read.
    #[error("line {line}: {source}")]
    Position {
        /// Where, counted from 1.
        line: usize,
        /// Why.
        source: ParsePositionError,
    },
    /// The run ended without a position because a server was running beside it (measurements, A1.6).
    #[error("line {line}: the data are locked: a server was running beside the recovery run")]
    Locked {
        /// Where, counted from 1.
        line: usize,
    },
    /// The text has no position.
    #[error("there is no `{RECOVERED}` line in it, and no position")]
    Nothing,
}

/// The answers of recovery runs, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The last one.
    pub position: RecoveredPosition,
    /// The number of positions.
    pub lines: usize,
    /// Whether earlier ones said something else: a log keeps the lines of earlier runs.
    pub earlier_differ: bool,
}

/// Reads the log of a recovery run, the line that is in it, what `galera_recovery` prints, or a
/// position alone. The last one counts; other lines are passed over.
///
/// # Errors
/// [`RecoveryError`], where there is no position or one that cannot be read.
pub fn read_recovery(text: &str) -> Result<Recovery, RecoveryError> {
    let mut found: Vec<RecoveredPosition> = Vec::new();
    let mut locked = None;
    for (index, line) in text.lines().enumerate() {
        let announced = [RECOVERED, START_POSITION]
            .iter()
            .find_map(|mark| line.rsplit_once(mark));
        if let Some((_, position)) = announced {
            let word = position.split_whitespace().next().unwrap_or("");
            found.push(word.parse().map_err(|source| RecoveryError::Position {
                line: index + 1,
                source,
            })?);
        } else if let Ok(position) = line.trim().parse() {
            found.push(position);
        } else if line.contains("Unable to lock") || line.contains("Can't lock aria") {
            locked = Some(index + 1);
        }
    }
    let lines = found.len();
    let Some(position) = found.pop() else {
        return Err(
            locked.map_or(RecoveryError::Nothing, |line| RecoveryError::Locked {
                line,
            }),
        );
    };
    let earlier_differ = found.iter().any(|earlier| *earlier != position);
    Ok(Recovery {
        position,
        lines,
        earlier_differ,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const U1: &str = "7159b315-ed8a-11ed-b66b-82b08426f1d2";

    #[test]
    fn a_log_a_line_an_option_and_a_bare_position() {
        for text in [
            format!("noise\n2026-11-23 20:15:13 0 [Note] WSREP: Recovered position: {U1}:7\n"),
            format!("WSREP: Recovered position: {U1}:7,0-1-44"),
            format!("--wsrep_start_position={U1}:7\n"),
            format!("  {U1}:7\n"),
        ] {
            let read = read_recovery(&text).unwrap();
            assert_eq!(read.position.position.seqno.0, 7, "{text}");
            assert!(!read.earlier_differ);
        }
    }

    #[test]
    fn the_last_line_counts_and_older_ones_are_told() {
        let text = format!(
            "WSREP: Recovered position: {U1}:900\nWSREP: Recovered position from storage: {U1}:3\n\
             WSREP: Recovered position: {U1}:7\n"
        );
        let read = read_recovery(&text).unwrap();
        assert_eq!((read.position.position.seqno.0, read.lines), (7, 2));
        assert!(read.earlier_differ);
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let error = |text: &str| read_recovery(text).unwrap_err().to_string();
        insta::assert_snapshot!(error("bananas"), @"there is no `WSREP: Recovered position:` line in it, and no position");
        insta::assert_snapshot!(
            error("x\nInnoDB: Unable to lock ./ibdata1 error: 11\nAborting\n"),
            @"line 2: the data are locked: a server was running beside the recovery run"
        );
        insta::assert_snapshot!(error("WSREP: Recovered position: abc"), @"line 1: `abc` has no colon between uuid and seqno");
        insta::assert_snapshot!(error("WSREP: Recovered position:"), @"line 1: `` has no colon between uuid and seqno");
    }
}
