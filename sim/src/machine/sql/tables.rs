//! The tables of a server, by the statements that made and dropped them.

use seatrial_node::{Change, Database};

/// The clients' table, which every node has from its installation on.
const CLIENTS: &str = "t.t";

/// A statement that makes or drops a table.
struct Table {
    name: String,
    creates: bool,
}

/// Reads CREATE TABLE and DROP TABLE of one table.
fn read(statement: &str) -> Option<Table> {
    let mut words = statement
        .split(|c: char| c.is_whitespace() || c == '(')
        .filter(|word| !word.is_empty());
    let creates = match words.next()?.to_ascii_uppercase().as_str() {
        "CREATE" => true,
        "DROP" => false,
        _ => return None,
    };
    if !words.next()?.eq_ignore_ascii_case("TABLE") {
        return None;
    }
    let mut name = words.next()?;
    if name.eq_ignore_ascii_case("IF") {
        name =
            words.find(|word| !["NOT", "EXISTS"].contains(&word.to_ascii_uppercase().as_str()))?;
    }
    Some(Table {
        name: name.replace('`', "").to_ascii_lowercase(),
        creates,
    })
}

/// Returns the databases, by name: those of every server, the clients' one, and what statements have made since.
pub(in crate::machine) fn databases(database: &Database) -> Vec<String> {
    let mut names: Vec<String> = [
        "information_schema",
        "mysql",
        "performance_schema",
        "sys",
        "t",
    ]
    .map(str::to_owned)
    .to_vec();
    for text in statements(database) {
        let mut words = text.split_whitespace();
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        let kind = words.next().unwrap_or_default().to_ascii_uppercase();
        let is_condition =
            |word: &&str| ["IF", "NOT", "EXISTS"].contains(&word.to_ascii_uppercase().as_str());
        let Some(name) = words.find(|word| !is_condition(word)) else {
            continue;
        };
        let name = name.trim_matches('`').to_owned();
        match (verb.as_str(), kind.as_str()) {
            ("CREATE", "DATABASE" | "SCHEMA") if !names.contains(&name) => names.push(name),
            ("DROP", "DATABASE" | "SCHEMA") => names.retain(|known| *known != name),
            _ => {}
        }
    }
    names.sort();
    names
}

/// Returns the tables of a database that is not one of the server's own.
pub(in crate::machine) fn tables(of: &str, database: &Database) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let inside = |name: &str| name.strip_prefix(of)?.strip_prefix('.').map(str::to_owned);
    names.extend(inside(CLIENTS));
    for table in statements(database).filter_map(read) {
        let Some(name) = inside(&table.name) else {
            continue;
        };
        if !table.creates {
            names.retain(|known| *known != name);
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort();
    names
}

fn statements(database: &Database) -> impl Iterator<Item = &str> {
    database
        .history
        .iter()
        .filter_map(|entry| match &entry.change {
            Some(Change::Ddl(text)) => Some(text.as_str()),
            _ => None,
        })
}
