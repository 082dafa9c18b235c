//! Rows of what a server shows: SHOW, and SELECT of one table or of none.

use seatrial_galera::{SqlError, StatusVariables};
use seatrial_scenarios::console::QueryResult;
use sqlparser::ast::Expr;

use super::expression::{self, Unknown};
use super::unmodelled;

/// What the server can show at this instant.
pub(in crate::machine) struct Shown<'a> {
    pub(in crate::machine) status: &'a StatusVariables,
    /// Status variables beside those, see [`Selection::asks_for_more_status`].
    pub(in crate::machine) more_status: &'a [(&'static str, String)],
    /// The settings.
    pub(in crate::machine) settings: &'a [(&'static str, String)],
    /// The databases, by name.
    pub(in crate::machine) databases: Vec<String>,
    /// The lines of SHOW PROCESSLIST.
    pub(in crate::machine) processes: Vec<Vec<String>>,
    /// Values of functions, by their names.
    pub(in crate::machine) functions: &'a [(&'static str, String)],
    /// The keys of the clients' table.
    pub(in crate::machine) rows: &'a mut dyn Iterator<Item = String>,
}

/// Columns of information_schema.PROCESSLIST that SHOW PROCESSLIST does not have.
const NOT_SHOWN: [&str; 9] = [
    "TIME_MS",
    "STAGE",
    "MAX_STAGE",
    "MEMORY_USED",
    "MAX_MEMORY_USED",
    "EXAMINED_ROWS",
    "QUERY_ID",
    "INFO_BINARY",
    "TID",
];

/// The titles of SHOW PROCESSLIST.
const PROCESSES: [&str; 9] = [
    "Id", "User", "Host", "db", "Command", "Time", "State", "Info", "Progress",
];

/// The table that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// SELECT without FROM.
    Nothing,
    /// The status variables, with the names of the two columns.
    Status([&'static str; 2]),
    /// The settings, likewise.
    Settings([&'static str; 2]),
    /// The clients' table.
    Table,
    /// SHOW DATABASES.
    Databases,
    /// SHOW PROCESSLIST, and the table of information_schema.
    Processes,
}

/// A column of the answer.
#[derive(Clone, Debug)]
pub(super) enum Column {
    /// All columns of the table.
    All,
    /// The number of rows.
    Count(String),
    /// A value, under a title.
    Value(String, Box<Expr>),
}

/// The rows that must be shown.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// All.
    None,
    /// Those with one of these names.
    Named(Vec<String>),
    /// Those whose first column fits a pattern.
    Like(String),
    /// Those for which a condition holds.
    Where(Box<Expr>),
}

/// A question about what the server shows.
#[derive(Clone, Debug)]
pub(in crate::machine) struct Selection {
    pub(super) source: Source,
    pub(super) columns: Vec<Column>,
    pub(super) filter: Filter,
    /// The column to sort by, and whether downwards.
    pub(super) order: Option<(Expr, bool)>,
    pub(super) limit: Option<u64>,
}

impl Selection {
    /// Returns a SHOW: all columns.
    pub(super) fn show(source: Source, filter: Filter) -> Self {
        Self {
            source,
            columns: vec![Column::All],
            filter,
            order: None,
            limit: None,
        }
    }

    /// Returns whether it asks for status variables or settings by their names alone.
    pub(in crate::machine) fn is_plain(&self) -> bool {
        matches!(self.source, Source::Status(_) | Source::Settings(_))
            && matches!(
                self.filter,
                Filter::None | Filter::Named(_) | Filter::Like(_)
            )
            && matches!(self.columns.as_slice(), [Column::All])
    }

    /// Returns whether a node answers that is not ready (`sql/sql_parse.cc`): SHOW, SELECT of tables of
    /// information_schema, and SELECT without any table (seen on real nodes).
    pub(in crate::machine) fn is_answered_when_not_ready(&self) -> bool {
        matches!(
            self.source,
            Source::Nothing
                | Source::Status(_)
                | Source::Settings(_)
                | Source::Databases
                | Source::Processes
        )
    }

    /// Returns whether status variables beside those of the manual's table are asked for.
    pub(in crate::machine) fn asks_for_more_status(&self) -> bool {
        matches!(self.source, Source::Status(_)) && unmodelled::may_keep_others(&self.filter)
    }

    /// Returns whether settings beside those of this node are asked for, or may stand in an expression.
    pub(in crate::machine) fn asks_for_usual_settings(&self) -> bool {
        let by_name = self.is_plain() && self.order.is_none();
        self.asks_for_settings() && (!by_name || unmodelled::may_keep_usual(&self.filter))
    }

    /// Returns whether the answer follows from the node's status and settings alone.
    pub(in crate::machine) fn is_told_by_status(&self) -> bool {
        self.is_plain() && self.order.is_none() && !self.asks_for_more_status()
    }

    /// Returns whether settings are asked for, or may stand in an expression.
    pub(in crate::machine) const fn asks_for_settings(&self) -> bool {
        matches!(self.source, Source::Settings(_) | Source::Nothing)
    }

    /// Answers.
    pub(in crate::machine) fn answer(&self, shown: &mut Shown<'_>) -> QueryResult {
        self.select(shown).unwrap_or_else(|unknown| {
            Err(match unknown.strip_prefix("@@") {
                Some(name) if !super::settings::is_known(name) => SqlError::UnknownVariable {
                    name: name.to_owned(),
                }
                .to_string(),
                None if NOT_SHOWN.contains(&unknown.to_ascii_uppercase().as_str()) => {
                    format!("this console does not know the value of {unknown}")
                }
                None if is_word(&unknown) => SqlError::UnknownColumn {
                    clause: self.clause_of(&unknown).to_owned(),
                    name: unknown,
                }
                .to_string(),
                _ => format!("this console does not know the value of {unknown}"),
            })
        })
    }

    /// Returns the clause in which a name stands.
    fn clause_of(&self, name: &str) -> &'static str {
        match &self.filter {
            Filter::Where(condition) if condition.to_string().contains(name) => "WHERE",
            _ => "SELECT",
        }
    }

    fn select(&self, shown: &mut Shown<'_>) -> Result<QueryResult, Unknown> {
        let (titles, rows) = self.source.rows(shown);
        let (settings, functions) = (shown.settings, shown.functions);
        let names = |row: &[String], name: &str| -> Option<Option<String>> {
            if let Some(setting) = name.strip_prefix("@@") {
                let found = settings
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(setting));
                // A switch is a number here, and a word in SHOW VARIABLES.
                return found.map(|(_, value)| {
                    Some(match value.as_str() {
                        "ON" => "1".to_owned(),
                        "OFF" => "0".to_owned(),
                        value => value.to_owned(),
                    })
                });
            }
            if let Some((_, value)) = functions.iter().find(|(known, _)| *known == name) {
                return Some(Some(value.clone()));
            }
            let at = titles
                .iter()
                .position(|title| title.eq_ignore_ascii_case(name))?;
            row.get(at).cloned().map(Some)
        };
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for row in rows {
            let keeps = self.filter.keeps(&row, &|name| names(&row, name))?;
            if keeps { &mut kept } else { &mut others }.push(row);
        }
        let is_shown = |name: &str| {
            let first = |row: &Vec<String>| {
                row.first()
                    .is_some_and(|first| first.eq_ignore_ascii_case(name))
            };
            kept.iter().chain(&others).any(first)
        };
        if let Some(name) = unmodelled::asked(self.source, &self.filter, !kept.is_empty(), is_shown)
        {
            return Ok(Err(format!(
                "this console does not know the value of {name}"
            )));
        }
        if let Some((by, downwards)) = &self.order {
            let mut keyed = Vec::new();
            for row in kept {
                keyed.push((expression::value(by, &|name| names(&row, name))?, row));
            }
            keyed.sort_by(|(a, _), (b, _)| if *downwards { b.cmp(a) } else { a.cmp(b) });
            kept = keyed.into_iter().map(|(_, row)| row).collect();
        }
        let counts = self
            .columns
            .iter()
            .any(|column| matches!(column, Column::Count(_)));
        let count = kept.len();
        if counts {
            kept.truncate(1);
            if kept.is_empty() {
                kept.push(vec![String::new(); titles.len()]);
            }
        }
        if let Some(limit) = self.limit {
            kept.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        let mut head = Vec::new();
        for column in &self.columns {
            match column {
                Column::All => head.extend(titles.iter().map(|title| (*title).to_owned())),
                Column::Count(title) | Column::Value(title, _) => head.push(title.clone()),
            }
        }
        let mut answer = Vec::new();
        for row in kept {
            let mut line = Vec::new();
            for column in &self.columns {
                match column {
                    Column::All => line.extend(row.iter().cloned()),
                    Column::Count(_) => line.push(count.to_string()),
                    Column::Value(_, expr) => {
                        let value = expression::value(expr, &|name| names(&row, name))?;
                        line.push(value.unwrap_or_else(|| "NULL".to_owned()));
                    }
                }
            }
            answer.push(line);
        }
        Ok(Ok((head, answer)))
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Filter {
    fn keeps(&self, row: &[String], names: &expression::Names<'_>) -> Result<bool, Unknown> {
        let first = row.first().map_or("", String::as_str);
        match self {
            Self::None => Ok(true),
            Self::Named(wanted) => Ok(wanted.iter().any(|name| name.eq_ignore_ascii_case(first))),
            Self::Like(pattern) => Ok(expression::like(first, pattern)),
            Self::Where(condition) => expression::holds(condition, names),
        }
    }
}

impl Source {
    fn rows(self, shown: &mut Shown<'_>) -> (Vec<&'static str>, Vec<Vec<String>>) {
        match self {
            // One row without columns.
            Self::Nothing => (Vec::new(), vec![Vec::new()]),
            Self::Status(titles) => {
                let mut all = shown.status.rows();
                for extra in StatusVariables::OTHERS {
                    if let Some(value) = shown.status.get(extra) {
                        all.push((extra, value));
                    }
                }
                // The manual's table has its variables first, in its order (`Check node status`).
                all.extend(shown.more_status.iter().cloned());
                (titles.to_vec(), pairs(all))
            }
            Self::Settings(titles) => {
                let mut all = shown.settings.to_vec();
                all.sort();
                (titles.to_vec(), pairs(all))
            }
            Self::Table => {
                let rows = (&mut shown.rows).map(|tag| vec![tag]).collect();
                (vec!["tag"], rows)
            }
            Self::Databases => {
                let rows = shown.databases.iter().map(|name| vec![name.clone()]);
                (vec!["Database"], rows.collect())
            }
            Self::Processes => (PROCESSES.to_vec(), shown.processes.clone()),
        }
    }
}

fn pairs(all: Vec<(&'static str, String)>) -> Vec<Vec<String>> {
    all.into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect()
}
