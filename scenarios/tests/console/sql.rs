//! `mysql -e`.

use seatrial_galera::SqlError;

use crate::fake::{Fake, one, transcript, transcript_with_limits};

#[test]
fn results_stand_in_a_frame() {
    let mut host = Fake::new();
    let rows = (
        vec!["Variable_name".to_owned(), "Value".to_owned()],
        vec![vec!["wsrep_ready".to_owned(), "ON".to_owned()]],
    );
    host.answer("SHOW STATUS LIKE 'wsrep_ready'", 0, Ok(rows));
    host.answer("SELECT 1", 20, Ok(one("1", "1")));
    host.answer(
        "SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'",
        300,
        Ok((vec![], vec![])),
    );
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "mysql -e \"SHOW STATUS LIKE 'wsrep_ready';\"",
            "sudo mysql -u root --execute='SELECT 1'",
            "mariadb -NBe \"SHOW STATUS LIKE 'wsrep_ready'\"",
            "mysql -B -e \"SHOW STATUS LIKE 'wsrep_ready'\"",
            "mysql -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\"",
            "mysql -e ';'",
        ]
    ));
}

#[test]
fn errors_name_the_line_once_there_is_a_connection() {
    let mut host = Fake::new();
    let socket = "/run/mysqld/mysqld.sock".to_owned();
    host.answer(
        "SELECT * FROM t.t",
        0,
        Err(SqlError::NotPrepared.to_string()),
    );
    host.answer("DO SLEEP(9)", 0, Err(SqlError::LostConnection.to_string()));
    host.answer(
        "SELECT 2",
        0,
        Err(SqlError::NoServer { socket, errno: 111 }.to_string()),
    );
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "mysql -e 'SELECT * FROM t.t'",
            "mysql -e 'DO SLEEP(9)'",
            "mysql -e 'SELECT 2'"
        ]
    ));
}

#[test]
fn a_statement_that_hangs_is_interrupted() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript_with_limits(
        &mut host,
        &[("mysql -e \"INSERT INTO t.t VALUES (1)\"", 10)]
    ));
}

#[test]
fn mysql_misused() {
    let mut host = Fake::new();
    insta::assert_snapshot!(transcript(
        &mut host,
        &["mysql", "mysql -e", "mysql --frobnicate -e 'SELECT 1'"]
    ));
}

#[test]
fn several_statements_are_answered_in_their_order() {
    let mut host = Fake::new();
    let row = |name: &str, value: &str| {
        (
            vec!["Variable_name".to_owned(), "Value".to_owned()],
            vec![vec![name.to_owned(), value.to_owned()]],
        )
    };
    host.answer(
        "SHOW STATUS LIKE 'wsrep_ready'",
        0,
        Ok(row("wsrep_ready", "ON")),
    );
    host.answer("SELECT ';'", 0, Ok(one(";", ";")));
    host.answer("SELECT x", 0, Err(SqlError::NotPrepared.to_string()));
    insta::assert_snapshot!(transcript(
        &mut host,
        &[
            "mysql -NBe \"SELECT ';'; SHOW STATUS LIKE 'wsrep_ready'\"",
            "mysql -u root -psecret -E -e \"SHOW STATUS LIKE 'wsrep_ready'; SELECT x; SELECT ';'\"",
            "mysql -uroot --force -Be \"SELECT x; SELECT ';'\"",
            "mysql --defaults-file=/etc/mysql/client.cnf -p -h localhost -P 3306 t -se\"SELECT ';'\"",
            "mysql --frobnicate -e 'SELECT 1'",
        ]
    ));
}
