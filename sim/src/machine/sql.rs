//! The few statements that operators and clients use, and their errors as the client prints them.

use seatrial_galera::{SqlError, StatusVariables};
use seatrial_node::{Change, DiskOp, Statement as NodeStatement};
use seatrial_scenarios::Statement;

/// The request of a query.
pub(super) enum Query {
    /// Status variables of these names.
    Status(Vec<String>),
    /// Settings of these names.
    Variables(Vec<String>),
    /// Something that always works, with its answer.
    Harmless((Vec<String>, Vec<Vec<String>>)),
    /// The rows of the table.
    Rows,
    /// Their number.
    Count,
    /// Something that the node must do.
    Statement(NodeStatement),
    /// A value that the provider does not take.
    WrongArguments,
    /// Not one of these.
    Unknown,
}

/// A client's statement as the node takes it.
pub(super) fn node_statement(statement: &Statement) -> NodeStatement {
    match statement {
        Statement::Insert(tag) => NodeStatement::Commit(Change::Insert(tag.clone())),
        Statement::Ddl(tag) => NodeStatement::Commit(Change::Ddl(tag.clone())),
        Statement::Read => NodeStatement::Read,
    }
}

/// Reads a query. Not SQL: the statements of the manual, of the recordings and of the harness.
pub(super) fn parse(text: &str) -> Query {
    let text = text.trim().trim_end_matches(';').trim();
    let upper = text.to_ascii_uppercase();
    if upper.starts_with("SHOW") && upper.contains("STATUS") {
        return Query::Status(quoted(text));
    }
    if upper.starts_with("SHOW") && upper.contains("VARIABLES") {
        return Query::Variables(quoted(text));
    }
    if upper.starts_with("SET GLOBAL WSREP_PROVIDER_OPTIONS") {
        let value = quoted(text).concat().to_ascii_lowercase();
        let switch = |value: &str| matches!(value, "yes" | "true" | "on" | "1");
        return match value.split_once('=') {
            Some(("pc.bootstrap", value)) if switch(value) => {
                Query::Statement(NodeStatement::PcBootstrap)
            }
            Some(("pc.weight", value)) => match value.parse() {
                Ok(weight) => Query::Statement(NodeStatement::PcWeight(weight)),
                Err(_) => Query::WrongArguments,
            },
            Some(("pc.ignore_sb", value)) => {
                Query::Statement(NodeStatement::PcIgnoreSb(switch(value)))
            }
            Some(("pc.ignore_quorum", value)) => {
                Query::Statement(NodeStatement::PcIgnoreQuorum(switch(value)))
            }
            _ => Query::Harmless((Vec::new(), Vec::new())),
        };
    }
    // One client's session: what follows is not replicated.
    if let Some(rest) = upper.strip_prefix("SET WSREP_ON=OFF;") {
        let insert = rest.trim_start().starts_with("INSERT");
        return match quoted(text).first() {
            Some(tag) if insert => Query::Statement(NodeStatement::InsertLocally(tag.clone())),
            _ => Query::Unknown,
        };
    }
    if upper.starts_with("INSERT") {
        return match quoted(text).first() {
            Some(tag) => Query::Statement(NodeStatement::Commit(Change::Insert(tag.clone()))),
            None => Query::Unknown,
        };
    }
    if upper.starts_with("CREATE") || upper.starts_with("ALTER") || upper.starts_with("DROP") {
        return Query::Statement(NodeStatement::Commit(Change::Ddl(text.to_owned())));
    }
    if upper.starts_with("SELECT") && upper.contains(" FROM T.T") {
        return if upper.contains("COUNT(") {
            Query::Count
        } else {
            Query::Rows
        };
    }
    if upper.starts_with("SELECT") {
        let value = text["SELECT".len()..].trim().to_owned();
        return Query::Harmless((vec![value.clone()], vec![vec![value]]));
    }
    if upper.starts_with("SHOW DATABASES") {
        return Query::Harmless((vec!["Database".into()], vec![vec!["t".into()]]));
    }
    let harmless = ["SET", "USE", "SHOW", "FLUSH", "UNLOCK"];
    if harmless.iter().any(|word| upper.starts_with(word)) {
        return Query::Harmless((Vec::new(), Vec::new()));
    }
    Query::Unknown
}

/// The error of a row whose key is there already.
pub(super) fn duplicate(tag: &str) -> String {
    let (entry, key) = (tag.to_owned(), "PRIMARY".to_owned());
    SqlError::DuplicateEntry { entry, key }.to_string()
}

/// Returns the texts in single or double quotes.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = &rest[start..=start];
        let inner = &rest[start + 1..];
        let Some(end) = inner.find(quote) else { break };
        found.push(inner[..end].to_owned());
        rest = &inner[end + 1..];
    }
    found
}

/// Rows of SHOW STATUS for the wanted names; `%` at the end of a name stands for anything.
pub(super) fn status_rows(
    status: &StatusVariables,
    names: &[String],
) -> (Vec<String>, Vec<Vec<String>>) {
    let wanted = |name: &str| {
        names.is_empty()
            || names.iter().any(|pattern| {
                let pattern = pattern.to_ascii_lowercase();
                match pattern.strip_suffix('%') {
                    Some(prefix) => name.starts_with(prefix),
                    None => name == pattern,
                }
            })
    };
    let mut all: Vec<(&str, String)> = status.rows();
    for extra in ["wsrep_local_state", "wsrep_local_state_comment"] {
        if let Some(value) = status.get(extra)
            && all.iter().all(|(name, _)| *name != extra)
        {
            all.push((extra, value));
        }
    }
    let rows = all
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    (vec!["Variable_name".into(), "Value".into()], rows)
}

/// Returns a disk operation in a few words, where a trace wants it.
pub(super) fn describe(op: &DiskOp) -> Option<String> {
    match op {
        DiskOp::WriteGrastate(state) => Some(format!(
            "grastate.dat {}:{} safe_to_bootstrap {}",
            state.uuid,
            state.seqno,
            u8::from(state.safe_to_bootstrap)
        )),
        DiskOp::WriteGvwstate(state) => {
            Some(format!("gvwstate.dat {} members", state.members.len()))
        }
        DiskOp::RemoveGvwstate => Some("gvwstate.dat removed".into()),
        DiskOp::InnodbReplace(_) => Some("InnoDB files replaced".into()),
        DiskOp::Open
        | DiskOp::InnodbWrite(_)
        | DiskOp::InnodbSync
        | DiskOp::CacheAppend(_)
        | DiskOp::CacheReset(_)
        | DiskOp::CacheDiscardAbove(_) => None,
    }
}
