//! `mysql -e "…"`, also under its newer name `mariadb` (`client/mysql.cc`).
//!
//! The result stands in a frame, as at a terminal, unless an option asks for another form. Several statements are
//! asked in their order; after an error the client stops.

use seatrial_galera::{SqlError, mysql_table};
use seatrial_port::Output;
use seatrial_port::host::{DIRTY_READS, Host, Step, WITHOUT_NOTES, WITHOUT_REPLICATION};

use super::connection::Connection;
use super::output::{failed, interrupted, printed};

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
    session: Session,
    shown: Output,
}

/// What the statements of one connection leave behind for those after them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Session {
    /// The database of `USE`, or of the command line.
    database: Option<String>,
    /// `SET wsrep_on=OFF`: what follows is not replicated.
    is_local: bool,
    /// `SET wsrep_dirty_reads=ON`: it reads on a node that is not ready.
    reads_dirty: bool,
    /// `SET sql_notes=0`: its statements leave no notes.
    wants_no_notes: bool,
    /// It holds the global read lock, which goes with the connection.
    has_lock: bool,
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
            session: Session::default(),
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
                        let value = value.or_else(|| words.next());
                        if name == "--database" {
                            client.session.database = value.map(str::to_owned);
                        }
                    }
                    name if WITHOUT_EFFECT.contains(&name) => {}
                    _ => return Err(unknown_option(word)),
                }
                continue;
            }
            let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) else {
                client.session.database = Some(word.to_owned());
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
                        let value = Some(rest).filter(|rest| !rest.is_empty());
                        let value = value.or_else(|| words.next());
                        if option == 'D' {
                            client.session.database = value.map(str::to_owned);
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
            let words = words(statement);
            let result = if let Some(line) = self.session.refuses(&words) {
                Err(line)
            } else {
                let says = self.session.says(statement, &words);
                match self.connection.ask(host, &says) {
                    Ok(result) => result,
                    Err(waits) => return waits,
                }
            };
            if result.is_ok() {
                self.session.follow(statement, &words);
            }
            self.answered += 1;
            match result {
                Ok((columns, rows)) => {
                    let text = self.show(&columns, &rows);
                    self.shown.stdout.push_str(&text);
                }
                Err(line) => {
                    let line = with_line(&line);
                    // What fails on the server is shown first; `USE` is the client's own command (seen on real nodes).
                    if self.echoes
                        && line.contains(" at line ")
                        && words.first().is_none_or(|verb| verb != "USE")
                    {
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
        self.leave(host);
        Step::Done(self.shown.clone())
    }

    /// Ctrl-C: the client kills its own query and leaves.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        self.leave(host);
        interrupted()
    }

    /// The connection ends, and its lock with it.
    fn leave(&mut self, host: &mut dyn Host) {
        if std::mem::take(&mut self.session.has_lock) {
            host.query("UNLOCK TABLES");
        }
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

impl Session {
    /// Returns the error of a statement that this session cannot send, whatever the state of the node.
    fn refuses(&self, words: &[String]) -> Option<String> {
        if !self.has_lock {
            return None;
        }
        Some(match words.first()?.as_str() {
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "TRUNCATE" => {
                SqlError::ConflictingReadLock.to_string()
            }
            // The server begins no schema change while replication is paused (seen on a real node).
            "CREATE" | "ALTER" | "DROP" => {
                "ERROR 1047 (08S01): Aborting TOI: Replication paused on node for FTWRL/BACKUP STAGE."
                    .to_owned()
            }
            _ => return None,
        })
    }

    /// Returns a statement as the server gets it, with what the session adds.
    fn says(&self, statement: &str, words: &[String]) -> String {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = match (words.as_slice(), &self.database) {
            // Only the session that has a lock can let it go; for the others this does nothing.
            (["UNLOCK", "TABLES"], _) if !self.has_lock => "SHOW WARNINGS".to_owned(),
            (["SHOW", "TABLES"], Some(database)) => format!("SHOW TABLES FROM {database}"),
            (["SHOW", "TABLES", "LIKE", _], Some(database)) => {
                let pattern = statement.split_whitespace().last().unwrap_or_default();
                format!("SHOW TABLES FROM {database} LIKE {pattern}")
            }
            _ => statement.to_owned(),
        };
        if self.is_local {
            WITHOUT_REPLICATION.to_owned() + &said
        } else if self.reads_dirty {
            DIRTY_READS.to_owned() + &said
        } else if self.wants_no_notes {
            WITHOUT_NOTES.to_owned() + &said
        } else {
            said
        }
    }

    /// The server has accepted a statement.
    fn follow(&mut self, statement: &str, words: &[String]) {
        let joined = words.concat();
        match words.first().map_or("", String::as_str) {
            "USE" => {
                let name = statement.split_whitespace().nth(1);
                self.database = name.map(|name| name.trim_matches('`').to_owned());
            }
            "UNLOCK" => self.has_lock = false,
            "FLUSH" if joined.ends_with("WITHREADLOCK") => self.has_lock = true,
            "SET" => {
                let setting = joined.trim_start_matches("SET").trim_start_matches("@@");
                let setting = setting
                    .trim_start_matches("SESSION")
                    .trim_start_matches("LOCAL");
                match setting.trim_start_matches(['.', '@']) {
                    "WSREP_ON=OFF" | "WSREP_ON=0" => self.is_local = true,
                    "WSREP_ON=ON" | "WSREP_ON=1" => self.is_local = false,
                    "SQL_NOTES=0" | "SQL_NOTES=OFF" => self.wants_no_notes = true,
                    "SQL_NOTES=1" | "SQL_NOTES=ON" => self.wants_no_notes = false,
                    "WSREP_DIRTY_READS=ON" | "WSREP_DIRTY_READS=1" => self.reads_dirty = true,
                    "WSREP_DIRTY_READS=OFF" | "WSREP_DIRTY_READS=0" => self.reads_dirty = false,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// Returns the words of a statement in capital letters.
fn words(statement: &str) -> Vec<String> {
    statement
        .split_whitespace()
        .map(str::to_ascii_uppercase)
        .collect()
}

/// Splits the text of `-e` at the semicolons outside of quotes.
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
                all.push(String::new());
                continue;
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
