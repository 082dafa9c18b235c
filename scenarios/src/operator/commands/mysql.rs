//! `mysql -e "…"`, also under its newer name `mariadb` (`client/mysql.cc`).
//!
//! The result stands in a frame, as at a terminal, unless an option asks for another form. Several statements are
//! asked in their order; after an error the client stops.

use seatrial_galera::mysql_table;
use seatrial_port::Output;
use seatrial_port::host::{Host, Step};

use super::connection::Connection;
use super::output::{failed, printed};

/// A `mysql` with its statements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mysql {
    statements: Vec<String>,
    form: Form,
    /// Column names are shown.
    names: bool,
    /// Shows the statement that failed: nobody sits at a terminal.
    echoes: bool,
    connection: Connection,
    /// The number of statements that have been answered.
    answered: usize,
    shown: Output,
}

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// In a frame.
    Table,
    /// Values with tabs between them.
    Batch,
    /// A line for each column (`-E`).
    Vertical,
}

/// Short options with a value, in the same word or in the next one.
const WITH_VALUE: &str = "uhPSD";

/// Long options with a value that only say who connects, and how.
const CONNECTION: [&str; 12] = [
    "--connect-timeout",
    "--connect_timeout",
    "--database",
    "--default-character-set",
    "--defaults-extra-file",
    "--defaults-file",
    "--host",
    "--port",
    "--protocol",
    "--socket",
    "--ssl-ca",
    "--user",
];

/// Long options without a value that change nothing here.
const WITHOUT_EFFECT: [&str; 10] = [
    "--no-auto-rehash",
    "--disable-auto-rehash",
    "--skip-auto-rehash",
    "--no-defaults",
    "--unbuffered",
    "--quick",
    "--raw",
    "--skip-ssl",
    "--ssl",
    "--wait",
];

impl Mysql {
    /// Reads the words after `mysql`. Options that only say who connects are passed over.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let mut client = Self {
            statements: Vec::new(),
            form: Form::Table,
            names: true,
            echoes: false,
            connection: Connection::of(words),
            answered: 0,
            shown: printed(""),
        };
        let (mut sql, mut silent) = (None, 0);
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (format!("--{name}"), Some(value)),
                    None => (word.to_owned(), None),
                };
                match name.as_str() {
                    "--execute" => sql = value.or_else(|| words.next()).map(str::to_owned),
                    "--batch" => {
                        client.form = Form::Batch;
                        client.echoes = true;
                        silent = silent.max(1);
                    }
                    "--silent" => {
                        client.form = Form::Batch;
                        silent += 1;
                    }
                    "--table" => client.form = Form::Table,
                    "--vertical" => client.form = Form::Vertical,
                    "--skip-column-names" => client.names = false,
                    // `--force` goes on with the next line after an error, and `-e` is one line; the value of
                    // `--password` can only stand in the same word.
                    "--force" | "--password" => {}
                    name if CONNECTION.contains(&name) => {
                        if value.is_none() {
                            words.next();
                        }
                    }
                    name if WITHOUT_EFFECT.contains(&name) => {}
                    _ => return Err(unknown_option(word)),
                }
                continue;
            }
            let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) else {
                // The name of a database.
                continue;
            };
            for (at, option) in short.char_indices() {
                let rest = &short[at + option.len_utf8()..];
                match option {
                    'B' => {
                        client.form = Form::Batch;
                        client.echoes = true;
                        silent = silent.max(1);
                    }
                    's' => {
                        client.form = Form::Batch;
                        silent += 1;
                    }
                    'N' => client.names = false,
                    't' => client.form = Form::Table,
                    'E' => client.form = Form::Vertical,
                    // The password, if there is one, stands in the same word; the others change nothing here.
                    'A' | 'f' | 'q' | 'r' | 'n' | 'w' | 'p' => {}
                    'e' if rest.is_empty() => {
                        let Some(text) = words.next() else {
                            return Err(failed(1, "mysql: option '-e' requires an argument"));
                        };
                        sql = Some(text.to_owned());
                    }
                    'e' => sql = Some(rest.to_owned()),
                    option if WITH_VALUE.contains(option) => {
                        if rest.is_empty() {
                            words.next();
                        }
                    }
                    _ => return Err(unknown_option(word)),
                }
                if matches!(option, 'e' | 'p') || WITH_VALUE.contains(option) {
                    break;
                }
            }
        }
        let Some(sql) = sql else {
            return Err(failed(
                1,
                "this console has no dialogue with mysql: use mysql -e \"…\"",
            ));
        };
        // The second step of silence leaves the names out (`client/mysql.cc:print_tab_data`).
        client.names &= silent < 2;
        client.statements = statements(&sql);
        Ok(client)
    }

    /// Asks one statement after the other, and waits for the answers.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        while let Some(statement) = self.statements.get(self.answered) {
            let result = match self.connection.ask(host, statement) {
                Ok(result) => result,
                Err(waits) => return waits,
            };
            self.answered += 1;
            match result {
                Ok((columns, rows)) => {
                    let text = self.show(&columns, &rows);
                    self.shown.stdout.push_str(&text);
                }
                Err(line) => {
                    let line = with_line(&line);
                    // What fails on the server is shown first (seen on real nodes).
                    if self.echoes && line.contains(" at line ") {
                        let dashes = "-".repeat(14);
                        let shown = format!("{dashes}\n{statement}\n{dashes}\n\n");
                        self.shown.stderr.push_str(&shown);
                    }
                    self.shown.stderr.push_str(&line);
                    self.shown.stderr.push('\n');
                    self.shown.exit = 1;
                    // The rest of the line is dropped, and `-e` is one line; `--force` goes on with the next.
                    break;
                }
            }
        }
        Step::Done(self.shown.clone())
    }

    fn show(&self, columns: &[String], rows: &[Vec<String>]) -> String {
        if columns.is_empty() || (rows.is_empty() && self.form != Form::Table) {
            return String::new();
        }
        match self.form {
            Form::Table if self.names => {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                mysql_table(&columns, rows)
            }
            Form::Table | Form::Batch => {
                let head = self.names.then(|| columns.join("\t"));
                let rows = rows.iter().map(|row| row.join("\t"));
                head.into_iter()
                    .chain(rows)
                    .map(|line| line + "\n")
                    .collect()
            }
            Form::Vertical => {
                let width = columns.iter().map(|name| name.chars().count()).max();
                let width = width.unwrap_or(0);
                let mut text = String::new();
                for (at, row) in rows.iter().enumerate() {
                    let stars = "*".repeat(27);
                    text.extend([format!("{stars} {}. row {stars}\n", at + 1)]);
                    for (name, value) in columns.iter().zip(row) {
                        if self.names {
                            text.extend([format!("{name:>width$}: ")]);
                        }
                        text.extend([value.as_str(), "\n"]);
                    }
                }
                text
            }
        }
    }
}

fn unknown_option(word: &str) -> Output {
    failed(7, format!("mysql: unknown option '{word}'"))
}

/// Splits the text of `-e` at the semicolons outside of quotes. What a client says with replication off belongs to
/// one session: `SET wsrep_on=OFF` stays with the statement behind it.
pub fn statements(sql: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let (mut quote, mut protected) = (None, false);
    for c in sql.chars() {
        match (quote, c) {
            _ if protected => protected = false,
            (Some(_), '\\') => protected = true,
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, ';') => {
                let squeezed: String = all
                    .last()
                    .map(|last| last.split_whitespace().collect())
                    .unwrap_or_default();
                let squeezed = squeezed.to_ascii_uppercase();
                if !(squeezed.starts_with("SET") && squeezed.ends_with("WSREP_ON=OFF")) {
                    all.push(String::new());
                    continue;
                }
            }
            _ => {}
        }
        if let Some(last) = all.last_mut() {
            last.push(c);
        }
    }
    all.iter()
        .map(|statement| statement.trim().to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// Returns the client's error line, with the place that it adds when the statement comes from `-e`. What
/// fails before there is a connection (2002 and the like) has no place.
fn with_line(line: &str) -> String {
    let connecting = [
        "ERROR 2002 ",
        "ERROR 2003 ",
        "ERROR 2005 ",
        "ERROR 1040 ",
        "ERROR 1045 ",
    ];
    if connecting.iter().any(|code| line.starts_with(code)) {
        return line.to_owned();
    }
    match line.split_once("): ") {
        Some((head, message)) if head.starts_with("ERROR ") && !head.contains(" at line ") => {
            format!("{head}) at line 1: {message}")
        }
        _ => line.to_owned(),
    }
}
