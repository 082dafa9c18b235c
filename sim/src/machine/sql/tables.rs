//! The databases and tables of a server, by the statements that made and dropped them.

use seatrial_node::Database;
use seatrial_node::schema::{self, Kind};

/// Returns the databases, by name: those of every server, the clients' one, and what statements have made since.
pub(in crate::machine) fn databases(database: &Database) -> Vec<String> {
    let mut names: Vec<String> = [
        "information_schema",
        "mysql",
        "performance_schema",
        "sys",
        schema::SCHEMA,
    ]
    .map(str::to_owned)
    .to_vec();
    let made = schema::made(database).filter(|made| made.kind == Kind::Schema);
    collect(&mut names, made.map(|made| (made.written, made.creates)));
    names.sort();
    names
}

/// Returns the tables of a database that is not one of the server's own.
pub(in crate::machine) fn tables(of: &str, database: &Database) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let inside = |name: &str| name.strip_prefix(of)?.strip_prefix('.').map(str::to_owned);
    names.extend(inside(schema::TABLE));
    let made = schema::made(database).filter(|made| made.kind == Kind::Table);
    let own = made.filter_map(|made| Some((inside(&made.name)?, made.creates)));
    collect(&mut names, own);
    names.sort();
    names
}

/// Follows what was made and dropped, by name.
fn collect(names: &mut Vec<String>, made: impl Iterator<Item = (String, bool)>) {
    for (name, creates) in made {
        if !creates {
            names.retain(|known| *known != name);
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
}
