//! `mysql -e "…"`, also under its newer name `mariadb` (`client/mysql.cc`).
//!
//! The result stands in a frame, as at a terminal, unless `--batch` or `--skip-column-names` asks
//! for bare values.

use seatrial_galera::mysql_table;

use crate::port::Output;
use crate::port::host::{Host, QueryId, QueryResult, Step};

use super::output::{failed, printed};

/// A `mysql` with one statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mysql {
    sql: String,
    batch: bool,
    names: bool,
    asked: Option<QueryId>,
}

impl Mysql {
    /// Reads the words after `mysql`. Options that only say who connects are passed over.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let (mut sql, mut batch, mut names) = (None, false, true);
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "-e" | "--execute" => match words.next() {
                    Some(text) => sql = Some(text.to_owned()),
                    None => {
                        return Err(failed(
                            1,
                            format!("mysql: option '{word}' requires an argument"),
                        ));
                    }
                },
                "-B" | "--batch" | "-s" | "--silent" => batch = true,
                "-N" | "--skip-column-names" => names = false,
                "-t" | "--table" => batch = false,
                "-u" | "-h" | "--user" | "--host" => {
                    words.next();
                }
                _ if word.starts_with("--execute=") => {
                    sql = word.split_once('=').map(|(_, text)| text.to_owned());
                }
                // `-NBe` and the like.
                _ if word.starts_with('-')
                    && word.len() > 2
                    && word[1..].chars().all(|c| "BNste".contains(c)) =>
                {
                    batch |= word.contains(['B', 's']);
                    names &= !word.contains('N');
                    if word.ends_with('e') {
                        sql = words.next().map(str::to_owned);
                    }
                }
                _ if word.starts_with("-u") || word.starts_with("--user=") => {}
                _ if word.starts_with('-') => {
                    return Err(failed(7, format!("mysql: unknown option '{word}'")));
                }
                // The name of a database.
                _ => {}
            }
        }
        let Some(sql) = sql else {
            return Err(failed(
                1,
                "this console has no dialogue with mysql: use mysql -e \"…\"",
            ));
        };
        let sql = sql.trim().trim_end_matches(';').trim_end().to_owned();
        Ok(Self {
            sql,
            batch,
            names,
            asked: None,
        })
    }

    /// Asks, and waits for the answer.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        if self.sql.is_empty() {
            return Step::Done(printed(""));
        }
        let id = *self.asked.get_or_insert_with(|| host.query(&self.sql));
        match host.answer(id) {
            Some(result) => Step::Done(self.show(result)),
            None => Step::Wait,
        }
    }

    fn show(&self, result: QueryResult) -> Output {
        let (columns, rows) = match result {
            Ok(answer) => answer,
            Err(line) => return failed(1, with_line(&line)),
        };
        if self.batch || !self.names {
            let mut lines: Vec<String> = rows.iter().map(|row| row.join("\t")).collect();
            if self.names && !rows.is_empty() {
                lines.insert(0, columns.join("\t"));
            }
            return printed(
                lines
                    .into_iter()
                    .map(|line| line + "\n")
                    .collect::<String>(),
            );
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        printed(mysql_table(&columns, &rows))
    }
}

/// Returns the client's error line, with the place that it adds when the statement comes from `-e`. What
/// fails before there is a connection (2002 and the like) has no place.
fn with_line(line: &str) -> String {
    let connecting = ["ERROR 2002 ", "ERROR 2003 ", "ERROR 1040 ", "ERROR 1045 "];
    if line.contains(" at line ") || connecting.iter().any(|code| line.starts_with(code)) {
        return line.to_owned();
    }
    match line.split_once("): ") {
        Some((head, message)) if head.starts_with("ERROR ") => {
            format!("{head}) at line 1: {message}")
        }
        _ => line.to_owned(),
    }
}
