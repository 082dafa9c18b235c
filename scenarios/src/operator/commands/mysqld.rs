//! `mysqld --wsrep-recover`, also as `mariadbd`: prints what the server logs, on standard error.
//!
//! In the foreground the server would hold the terminal for as long as it runs. This console starts it through
//! mariadb.service alone, so other uses are refused.

use seatrial_port::Output;
use seatrial_port::host::{Host, QueryId, Step};
use seatrial_port::paths::MARIADB_LOG;

use super::output::{failed, printed};

/// A recovery run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mysqld {
    /// `--log-error=FILE` takes the lines away from the terminal.
    log_error: Option<String>,
    recover: Option<QueryId>,
}

impl Mysqld {
    /// Reads the words after `mysqld`.
    pub(super) fn parse(name: &str, words: &[String]) -> Result<Self, Output> {
        // The configuration has `log_error`, so that the terminal shows nothing (seen on real nodes).
        let (mut recover, mut log_error) = (false, Some(MARIADB_LOG.to_owned()));
        for word in words {
            let (option, value) = word.split_once('=').unwrap_or((word, ""));
            match option.replace('_', "-").as_str() {
                "--wsrep-recover" => recover = true,
                "--log-error" if !value.is_empty() => log_error = Some(value.to_owned()),
                "--disable-log-error" | "--skip-log-error" => log_error = None,
                "--user" | "--datadir" | "--defaults-file" | "--console" | "--skip-networking" => {}
                _ => {
                    return Err(failed(
                        1,
                        format!("this console does not know {name} {word}"),
                    ));
                }
            }
        }
        if !recover {
            return Err(failed(
                1,
                format!(
                    "this console knows {name} only with --wsrep-recover; systemctl starts the server"
                ),
            ));
        }
        Ok(Self {
            log_error,
            recover: None,
        })
    }

    /// Starts the run, and waits for its end.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        let id = *self.recover.get_or_insert_with(|| host.start_recover());
        let Some((lines, exit)) = host.recovered(id) else {
            return Step::Wait;
        };
        let mut output = Output {
            exit,
            ..printed("")
        };
        match &self.log_error {
            Some(path) => {
                for line in &lines {
                    host.append_line(path, line);
                }
            }
            None => output.stderr = lines.into_iter().map(|line| line + "\n").collect(),
        }
        Step::Done(output)
    }
}
