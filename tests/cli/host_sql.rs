//! Statements beside those of `host.rs`: sessions and what they hold, lists, and what is refused.

use crate::host::typed;
use crate::work::can_confine;

#[test]
fn sessions_and_their_locks() {
    if !can_confine() {
        return;
    }
    let state = "SHOW STATUS LIKE 'wsrep_local_state_comment'";
    let own = "mysql -NBe \"SELECT tag FROM t.t WHERE tag LIKE 'own%' OR tag = 'all'\"";
    let lines = [
        "mysql -e 'SELECT SLEEP(2)'; date +%T",
        "mysql -e 'SHOW PROCESSLIST'",
        "mysql -e \"SELECT ID, USER, COMMAND FROM information_schema.PROCESSLIST WHERE USER <> 'system user'\"",
        &format!(
            "mysql -NBe \"FLUSH TABLES WITH READ LOCK; {state}; SELECT COUNT(*) FROM t.t; INSERT INTO t.t VALUES ('locked')\""
        ),
        "mysql -e \"INSERT INTO t.t VALUES ('free')\"",
        &format!("sleep 1; mysql -NBe \"{state}\""),
        "mysql -e 'FLUSH TABLES WITH READ LOCK; CREATE TABLE t.u (id INT)'",
        &format!(
            "mysql -NBe \"SET GLOBAL wsrep_desync=ON; SHOW VARIABLES LIKE 'wsrep_desync'; {state}\"; sleep 1; mysql -NBe \"{state}\""
        ),
        "mysql -e \"SET GLOBAL wsrep_desync=maybe\"",
        &format!("mysql -NBe \"SET GLOBAL wsrep_desync=OFF\"; sleep 2; mysql -NBe \"{state}\""),
        "mysql -e \"SET SESSION wsrep_on=OFF; INSERT INTO t.t VALUES ('own-1'); INSERT INTO t.t VALUES ('own-2'); SET SESSION wsrep_on=ON; INSERT INTO t.t VALUES ('all')\"",
        &format!("{own}; ssh a '{}'", own.replace('\'', "'\\''")),
        "mysql -e 'SET GLOBAL wsrep_on=OFF'",
        "mysql -e 'KILL 99'",
    ];
    let lines: Vec<_> = lines.iter().map(|line| ("C", *line)).collect();
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}

#[test]
fn lists_and_refusals() {
    if !can_confine() {
        return;
    }
    let lines = [
        "mysql -NBe 'SHOW DATABASES'",
        "mysql -e 'SHOW TABLES'",
        "mysql t -e 'SHOW TABLES'",
        "mysql -e 'USE t; SHOW TABLES'; mysql -D t -NBe \"SHOW TABLES LIKE 'x%'\"",
        "mysql -e 'USE bananas'",
        "mysql -e 'SHOW TABLES FROM bananas'",
        "mysql -NBe \"CREATE TABLE t.u (id INT PRIMARY KEY); SHOW TABLES FROM t; CREATE DATABASE shop; SHOW DATABASES LIKE 's%'\"",
        "mysql -NBe 'SELECT VERSION(); SELECT CURRENT_USER(); SELECT UNIX_TIMESTAMP()' | head -n 2",
        "mysql -e 'SHOW MASTER STATUS; SHOW SLAVE STATUS; SHOW WARNINGS'; echo $?",
        "mysql -e 'SELECT * FROM information_schema.WSREP_MEMBERSHIP'",
        "mysql -e 'SHOW WSREP_STATUS'",
        "mysql -e \"UPDATE t.t SET tag='b' WHERE tag='a'\"",
        "mysql -e \"DELETE FROM t.t\"",
        "mysql -e 'SHOW GRANTS'",
        "mysql -e 'SHOW ENGINE INNODB STATUS'",
        "mysqladmin processlist | grep -c root",
    ];
    let lines: Vec<_> = lines.iter().map(|line| ("C", *line)).collect();
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}
