//! Reads a statement.

use seatrial_galera::SqlError;
use seatrial_node::{Change, Statement as NodeStatement};
use seatrial_scenarios::Span;
use sqlparser::ast::{
    ContextModifier, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    Insert, LimitClause, ObjectName, OrderByKind, OrderBySort, Query as SqlQuery, Select,
    SelectItem, Set, SetExpr, ShowStatementFilter, Statement, TableFactor, TableObject,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;

use super::Query;
use super::expression::{literal, name};
use super::select::{Column, Filter, Selection, Source};
use super::settings::{self, Change as SettingChange};

/// The titles of SHOW STATUS and SHOW VARIABLES.
const SHOWN: [&str; 2] = ["Variable_name", "Value"];

/// The columns of information_schema.
const SCHEMA: [&str; 2] = ["VARIABLE_NAME", "VARIABLE_VALUE"];

/// The first words of statements: whatever begins otherwise is no SQL.
const VERBS: &str = "ALTER ANALYZE BACKUP BEGIN BINLOG CALL CHANGE CHECK CHECKSUM COMMIT CREATE DEALLOCATE \
DELETE DESC DESCRIBE DO DROP EXECUTE EXPLAIN FLUSH GET GRANT HANDLER HELP INSERT INSTALL KILL LOAD LOCK \
OPTIMIZE PREPARE PURGE RELEASE RENAME REPAIR REPLACE RESET REVOKE ROLLBACK SAVEPOINT SELECT SET SHOW \
SHUTDOWN SIGNAL START STOP TABLE TRUNCATE UNINSTALL UNLOCK UPDATE USE VALUES WITH XA";

/// Reads one statement.
pub(in crate::machine) fn read(text: &str) -> Query {
    let text = text.trim().trim_end_matches(';').trim();
    if let Some(query) = quick(text) {
        return query;
    }
    let word = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    match word.as_str() {
        "CREATE" | "ALTER" | "DROP" => {
            return Query::Statement(NodeStatement::Commit(Change::Ddl(text.to_owned())));
        }
        "SHUTDOWN" => return Query::Shutdown,
        "USE" => {
            let name = text.split_whitespace().nth(1).unwrap_or_default();
            return Query::Use(name.trim_matches('`').to_owned());
        }
        "FLUSH" | "UNLOCK" | "KILL" | "SHOW" | "SELECT" => {
            if let Some(query) = by_words(text) {
                return query;
            }
        }
        word if !VERBS.split(' ').any(|verb| verb == word) => {
            return Query::Error(SqlError::Syntax {
                near: text.to_owned(),
            });
        }
        _ => {}
    }
    let parsed = match Parser::parse_sql(&MySqlDialect {}, text) {
        Ok(parsed) => parsed,
        Err(error) => {
            return Query::NotKnown(format!(
                "this console cannot read the statement `{text}': {error}"
            ));
        }
    };
    match parsed.as_slice() {
        [statement] => one(statement).unwrap_or_else(|| not_known(text)),
        _ => not_known(text),
    }
}

/// Reads a statement of a session that does not replicate (`SET wsrep_on=OFF`).
pub(in crate::machine) fn without_replication(text: &str) -> Query {
    match read(text) {
        Query::Statement(NodeStatement::Commit(Change::Insert(tag))) => {
            Query::Statement(NodeStatement::InsertLocally(tag))
        }
        Query::Statement(NodeStatement::Commit(Change::Ddl(text))) => {
            Query::Statement(NodeStatement::ChangeLocally(text))
        }
        query => query,
    }
}

/// Reads a statement of a session that wants no notes (`SET sql_notes=0`, as a dump begins).
pub(in crate::machine) fn without_notes(text: &str) -> Query {
    match read(text) {
        Query::Statement(NodeStatement::Commit(Change::Ddl(text))) => {
            Query::Statement(NodeStatement::ChangeQuietly(text))
        }
        query => query,
    }
}

/// Reads the statements of MariaDB's own that the library does not know, by their words.
fn by_words(text: &str) -> Option<Query> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches('`').to_ascii_uppercase())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words.as_slice() {
        ["FLUSH", tables, .., "READ", "LOCK"] if tables.starts_with("TABLE") => match words.len() {
            5 => Query::Lock,
            _ => not_known(text),
        },
        ["FLUSH", ..] => Query::Flush,
        ["UNLOCK", "TABLES"] => Query::Unlock,
        ["KILL", "QUERY" | "SOFT" | "HARD" | "USER", ..] | ["SHOW", "FULL", "TABLES", ..] => {
            not_known(text)
        }
        ["KILL", .., number] => Query::Kill((*number).to_owned()),
        ["SHOW", "PROCESSLIST"] | ["SHOW", "FULL", "PROCESSLIST"] => {
            rows(Selection::show(Source::Processes, Filter::None))
        }
        ["SHOW", "WARNINGS" | "ERRORS"]
        | ["SHOW", "MASTER" | "BINLOG" | "SLAVE" | "REPLICA", "STATUS"]
        | ["SHOW", "ALL", "SLAVES" | "REPLICAS", "STATUS"] => Query::Accepted,
        ["SHOW", "WSREP_MEMBERSHIP" | "WSREP_STATUS"] => Query::Error(SqlError::Syntax {
            near: words.get(1)?.to_string(),
        }),
        ["SHOW", "TABLES", rest @ ..] => tables(text, rest)?,
        ["SHOW", "DATABASES" | "SCHEMAS", "LIKE", _] => databases(text)?,
        ["SELECT", sleep, ..] if sleep.starts_with("SLEEP(") => sleep_of(text)?,
        _ => return None,
    })
}

/// Reads `SHOW TABLES [FROM name] [LIKE 'pattern']`.
fn tables(text: &str, rest: &[&str]) -> Option<Query> {
    // The names keep their letters.
    let word = |at: usize| {
        text.split_whitespace()
            .nth(at)
            .map(|word| word.trim_matches('`'))
    };
    let pattern = |at: usize| {
        let inner = text.split_whitespace().nth(at)?.trim_matches(['\'', '"']);
        Some(inner.to_owned())
    };
    Some(match rest {
        [] | ["LIKE", _] => Query::Error(SqlError::NoDatabase),
        ["FROM" | "IN", _] => Query::Tables(word(3)?.to_owned(), None),
        ["FROM" | "IN", _, "LIKE", _] => Query::Tables(word(3)?.to_owned(), Some(pattern(5)?)),
        _ => return None,
    })
}

/// Reads `SHOW DATABASES LIKE 'pattern'`, whose title has the pattern.
fn databases(text: &str) -> Option<Query> {
    let pattern = text.split_whitespace().last()?.trim_matches(['\'', '"']);
    let name = Expr::Identifier(Ident::new("Database"));
    let title = format!("Database ({pattern})");
    Some(rows(Selection {
        columns: vec![Column::Value(title, Box::new(name))],
        ..Selection::show(Source::Databases, Filter::Like(pattern.to_owned()))
    }))
}

/// Reads `SELECT SLEEP(seconds) [AS title]`.
fn sleep_of(text: &str) -> Option<Query> {
    let item = text.get("SELECT".len()..)?.trim();
    let (function, rest) = item.split_once(')')?;
    let seconds = function.get("SLEEP(".len()..)?.trim();
    let rest = rest.trim();
    let title = match rest.split_whitespace().collect::<Vec<_>>().as_slice() {
        [] => format!("{function})"),
        [title] if !title.contains(',') => (*title).to_owned(),
        [alias, title] if alias.eq_ignore_ascii_case("AS") => (*title).to_owned(),
        _ => return None,
    };
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let micros: u64 = format!("{part:0<6}").get(..6)?.parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let span = Span(whole.checked_mul(1_000_000)?.checked_add(micros)?);
    Some(Query::Sleep(title, span))
}

fn not_known(text: &str) -> Query {
    Query::NotKnown(format!("this console does not know the statement `{text}'"))
}

/// Reads the looks that every procedure types, which a search sees a million times.
fn quick(text: &str) -> Option<Query> {
    let rest = text.strip_prefix("SHOW ")?;
    let rest = rest.strip_prefix("GLOBAL ").unwrap_or(rest);
    let (source, rest) = match rest.strip_prefix("STATUS ") {
        Some(rest) => (Source::Status(SHOWN), rest),
        None => (Source::Settings(SHOWN), rest.strip_prefix("VARIABLES ")?),
    };
    let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let filter = if let Some(name) = rest.strip_prefix("LIKE '") {
        // The `_` of a name stands for itself as well.
        Filter::Like(name.strip_suffix('\'').filter(plain)?.to_owned())
    } else {
        let list = rest
            .strip_prefix("WHERE Variable_name IN (")?
            .strip_suffix(')')?;
        let names = list.split(',').map(|name| {
            let name = name.strip_prefix('\'')?.strip_suffix('\'')?;
            Some(name).filter(plain).map(str::to_owned)
        });
        Filter::Named(names.collect::<Option<_>>()?)
    };
    Some(rows(Selection::show(source, filter)))
}

fn rows(selection: Selection) -> Query {
    Query::Rows(Box::new(selection))
}

fn one(statement: &Statement) -> Option<Query> {
    Some(match statement {
        Statement::ShowStatus { filter, .. } => rows(Selection::show(
            Source::Status(SHOWN),
            shown_filter(filter.as_ref())?,
        )),
        Statement::ShowVariables { filter, .. } => rows(Selection::show(
            Source::Settings(SHOWN),
            shown_filter(filter.as_ref())?,
        )),
        Statement::ShowDatabases { .. } => rows(Selection::show(Source::Databases, Filter::None)),
        Statement::Query(query) => match other_table(query) {
            Some(error) => Query::Error(error),
            None => rows(select(query)?),
        },
        Statement::Insert(insert) => match inserted(insert) {
            Ok(tag) => Query::Statement(NodeStatement::Commit(Change::Insert(tag))),
            Err(query) => query,
        },
        Statement::Set(set) => set_statement(set)?,
        _ => return None,
    })
}

fn shown_filter(filter: Option<&ShowStatementFilter>) -> Option<Filter> {
    match filter {
        None => Some(Filter::None),
        Some(ShowStatementFilter::Like(pattern)) => Some(Filter::Like(pattern.clone())),
        Some(ShowStatementFilter::Where(condition)) => {
            Some(Filter::Where(Box::new(condition.clone())))
        }
        Some(_) => None,
    }
}

fn select(query: &SqlQuery) -> Option<Selection> {
    let SqlQuery {
        with: None,
        body,
        order_by,
        limit_clause,
        ..
    } = query
    else {
        return None;
    };
    let SetExpr::Select(select) = body.as_ref() else {
        return None;
    };
    let Select {
        distinct: None,
        projection,
        into: None,
        from,
        selection,
        group_by: GroupByExpr::Expressions(groups, _),
        having: None,
        ..
    } = select.as_ref()
    else {
        return None;
    };
    if !groups.is_empty() {
        return None;
    }
    let source = match from.as_slice() {
        [] => Source::Nothing,
        [table] if table.joins.is_empty() => match &table.relation {
            TableFactor::Table { name, .. } => source(name)?,
            _ => return None,
        },
        _ => return None,
    };
    let order = match order_by.as_ref().map(|order| &order.kind) {
        None => None,
        Some(OrderByKind::Expressions(all)) => match all.as_slice() {
            [by] => Some((by.expr.clone(), by.options.sort == Some(OrderBySort::Desc))),
            _ => return None,
        },
        Some(OrderByKind::All(_)) => return None,
    };
    let limit = match limit_clause {
        None => None,
        Some(LimitClause::LimitOffset {
            limit: Some(limit),
            offset: None,
            ..
        }) => Some(literal(limit)?.parse().ok()?),
        Some(_) => return None,
    };
    Some(Selection {
        source,
        columns: projection.iter().map(column).collect::<Option<_>>()?,
        filter: selection
            .clone()
            .map_or(Filter::None, |condition| Filter::Where(Box::new(condition))),
        order,
        limit,
    })
}

/// Returns the table of a SELECT if it is none of the server's and not the clients': there are no others.
fn other_table(query: &SqlQuery) -> Option<SqlError> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let [table] = select.from.as_slice() else {
        return None;
    };
    let TableFactor::Table { name, .. } = &table.relation else {
        return None;
    };
    let plain = name.to_string().replace('`', "");
    let schemas = [
        "information_schema.",
        "mysql.",
        "performance_schema.",
        "sys.",
    ];
    let of_plugin = ["wsrep_membership", "wsrep_status"];
    if let Some((schema, table)) = plain.split_once('.')
        && schema.eq_ignore_ascii_case("information_schema")
        && of_plugin.contains(&table.to_ascii_lowercase().as_str())
    {
        // Their plugin, wsrep_info, is there and not loaded.
        let table = table.to_owned();
        return Some(SqlError::UnknownSchemaTable { table });
    }
    let is_system = |name: &str| schemas.iter().any(|schema| name.starts_with(schema));
    let is_other = source(name).is_none() && !is_system(&plain.to_ascii_lowercase());
    (is_other && plain.contains('.')).then_some(SqlError::NoSuchTable { table: plain })
}

/// Returns the table of a name: the server's own, or the clients'.
fn source(table: &ObjectName) -> Option<Source> {
    let name = table.to_string().replace('`', "").to_ascii_lowercase();
    Some(match name.as_str() {
        "t.t" | "t" => Source::Table,
        "information_schema.global_status"
        | "information_schema.session_status"
        | "performance_schema.global_status"
        | "performance_schema.session_status" => Source::Status(SCHEMA),
        "information_schema.processlist" => Source::Processes,
        "information_schema.global_variables"
        | "information_schema.session_variables"
        | "performance_schema.global_variables"
        | "performance_schema.session_variables" => Source::Settings(SCHEMA),
        _ => return None,
    })
}

fn column(item: &SelectItem) -> Option<Column> {
    let (expr, title) = match item {
        SelectItem::Wildcard(_) => return Some(Column::All),
        SelectItem::UnnamedExpr(expr) => (expr, title(expr)),
        SelectItem::ExprWithAlias { expr, alias } => (expr, alias.value.clone()),
        _ => return None,
    };
    if let Expr::Function(function) = expr
        && function.name.to_string().eq_ignore_ascii_case("count")
        && let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(counted)] = list.args.as_slice()
    {
        return match counted {
            FunctionArgExpr::Wildcard => Some(Column::Count(title)),
            FunctionArgExpr::Expr(expr) if literal(expr).is_some() => Some(Column::Count(title)),
            _ => None,
        };
    }
    Some(Column::Value(title, Box::new(expr.clone())))
}

/// Returns the title of a column without a name: its text, and that of a literal without quotes.
fn title(expr: &Expr) -> String {
    literal(expr)
        .filter(|_| !matches!(expr, Expr::UnaryOp { .. }))
        .unwrap_or_else(|| expr.to_string())
}

/// Returns the key of a new row of the clients' table.
fn inserted(insert: &Insert) -> Result<String, Query> {
    let TableObject::TableName(table) = &insert.table else {
        return Err(not_known(&insert.to_string()));
    };
    if source(table) != Some(Source::Table) {
        let table = table.to_string();
        return Err(Query::Error(SqlError::NoSuchTable { table }));
    }
    let values = insert.source.as_ref().map(|source| source.body.as_ref());
    if let Some(SetExpr::Values(values)) = values
        && let [row] = values.rows.as_slice()
        && let [value] = row.content.as_slice()
        && let Some(tag) = literal(value)
    {
        return Ok(tag);
    }
    Err(not_known(&insert.to_string()))
}

/// Returns the assignments of a SET: whether each is global, the name, and the value as text.
fn assignments(set: &Set) -> Option<Vec<(bool, String, String)>> {
    let one = |scope: Option<&ContextModifier>, variable: &ObjectName, value: &Expr| {
        let written = variable.to_string().replace('`', "");
        let lower = written.to_ascii_lowercase();
        let global = scope == Some(&ContextModifier::Global) || lower.starts_with("@@global.");
        let bare = written
            .rsplit('.')
            .next()?
            .trim_start_matches('@')
            .to_owned();
        let value = literal(value)
            .or_else(|| name(value))
            .unwrap_or_else(|| value.to_string());
        Some((global, bare, value))
    };
    match set {
        Set::SingleAssignment {
            scope,
            variable,
            values,
            ..
        } => match values.as_slice() {
            [value] => Some(vec![one(scope.as_ref(), variable, value)?]),
            _ => None,
        },
        Set::MultipleAssignments { assignments } => assignments
            .iter()
            .map(|assignment| {
                one(
                    assignment.scope.as_ref(),
                    &assignment.name,
                    &assignment.value,
                )
            })
            .collect(),
        _ => None,
    }
}

/// Returns what an assignment to an option of the provider asks for.
fn of_provider(change: SettingChange, name: &str) -> Option<Query> {
    Some(match change {
        SettingChange::Nothing => Query::Accepted,
        SettingChange::Statement(statement) => Query::Statement(statement),
        SettingChange::Refused(error) => Query::Error(error),
        SettingChange::NotModelled => Query::NotKnown(format!(
            "this console cannot change {name} in a running server"
        )),
        SettingChange::Address(_) | SettingChange::Provider { .. } => return None,
    })
}

fn set_statement(set: &Set) -> Option<Query> {
    if matches!(set, Set::SetNames { .. } | Set::SetNamesDefault { .. }) {
        return Some(Query::Accepted);
    }
    let mut query = Query::Accepted;
    for (global, name, value) in assignments(set)? {
        if !matches!(query, Query::Accepted) {
            return Some(Query::NotKnown(
                "this console takes one such setting in a statement".to_owned(),
            ));
        }
        match settings::change(global, &name, &value) {
            SettingChange::Nothing => {}
            SettingChange::Provider { variable, then } => {
                let then = Box::new(of_provider(*then, &name)?);
                query = Query::Provider { variable, then };
            }
            SettingChange::Statement(statement) => query = Query::Statement(statement),
            SettingChange::Address(address) => query = Query::Address(address),
            SettingChange::Refused(error) => return Some(Query::Error(error)),
            SettingChange::NotModelled => {
                return Some(Query::NotKnown(format!(
                    "this console cannot change {name} in a running server"
                )));
            }
        }
    }
    Some(query)
}
