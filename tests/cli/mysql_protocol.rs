//! Programs that speak MySQL's protocol themselves to the servers of simulated hosts: PyMySQL and the real `mysql`.

use std::process::Command;

use crate::work::{Work, can_confine};

/// Bootstraps the survivor through a connection, writes through it, and looks who is there.
const RECOVERS: &str = r#"#!/usr/bin/python3
import subprocess
import pymysql

def ask(cursor, statement):
    try:
        cursor.execute(statement)
        print(cursor.fetchall())
    except pymysql.err.MySQLError as error:
        print(error)

def connect(name):
    return pymysql.connect(host=name, user="root", charset="utf8mb4")

try:
    connect("A")
except pymysql.err.OperationalError as error:
    print(error)
survivor = connect("c.example.com")
cursor = survivor.cursor()
ask(cursor, "SELECT COUNT(*) FROM t.t")
ask(cursor, "SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'")
subprocess.run(["sleep", "5"])
ask(cursor, "SHOW STATUS LIKE 'wsrep_cluster_status'")
ask(cursor, "INSERT INTO t.t VALUES ('by-python')")
survivor.commit()
ask(cursor, "INSERT INTO t.t VALUES ('by-python')")
ask(cursor, "SELECT COUNT(*) FROM t.t")
for node in "A", "B":
    subprocess.run(["ssh", node, "systemctl start mariadb"])
    ask(connect(node).cursor(), "SELECT tag FROM t.t WHERE tag = 'by-python'")
local = """python3 -c 'import pymysql
pymysql.connect(unix_socket="/run/mysqld/mysqld.sock")
print("there")' 2>&1 | tail -n 1"""
subprocess.run(["ssh", "B", "kill -9 $(pidof mariadbd); test -S /run/mysqld/mysqld.sock && echo left"])
print(subprocess.run(["ssh", "B", local], capture_output=True, text=True).stdout, end="")
subprocess.run(["ssh", "B", "systemctl start mariadb"])
print(subprocess.run(["ssh", "B", local], capture_output=True, text=True).stdout, end="")
old = connect("A").cursor()
subprocess.run(["ssh", "A", "systemctl restart mariadb"])
ask(old, "SELECT 1")
ask(connect("A").cursor(), "SELECT 1")
local = """python3 -c 'import pymysql
for where in {"unix_socket": "/run/mysqld/mysqld.sock"}, {"host": "127.0.0.1"}, {"host": "b"}:
    cursor = pymysql.connect(**where).cursor()
    cursor.execute("SELECT @@hostname")
    print(cursor.fetchall())'"""
print(subprocess.run(["ssh", "C", local], capture_output=True, text=True).stdout, end="")
"#;

/// Returns whether Python has PyMySQL; says what is not tested otherwise.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn has_pymysql() -> bool {
    let tried = Command::new("/usr/bin/python3")
        .args(["-c", "import pymysql"])
        .output();
    let has = tried.is_ok_and(|tried| tried.status.success());
    if !has {
        eprintln!("not tested: PyMySQL is not installed (apt-get install python3-pymysql)");
    }
    has && can_confine()
}

/// Lets a program act in one scenario, and returns the exit code of `verify` and what the program printed.
fn played(program: &str, scenario: &str) -> (Option<i32>, String) {
    let work = Work::new();
    work.write("program", program);
    work.make_executable("program");
    let ran = work.run(&["verify", "--script", "program", "--scenarios", scenario]);
    let cell = work.read(&format!(
        "target/seatrial/verify/cells/{scenario}--script.txt"
    ));
    let (_, printed) = cell.split_once("--- what it printed\n").unwrap_or_default();
    (ran.code, printed.to_owned())
}

#[test]
fn a_python_program_recovers_through_connections() {
    if !has_pymysql() {
        return;
    }
    let (code, printed) = played(RECOVERS, "s37-two-crash-one-survives");
    insta::assert_snapshot!(printed);
    assert_eq!(code, Some(0), "{printed}");
}

/// A statement that has no answer here is a gap of ours, whoever sends it.
#[test]
fn what_is_not_modelled_is_not_judged() {
    if !has_pymysql() {
        return;
    }
    let several = "#!/usr/bin/python3
import pymysql
survivor = pymysql.connect(host='C')
cursor = survivor.cursor()
cursor.execute(\"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\")
cursor.execute(\"INSERT INTO t.t VALUES ('one')\")
cursor.execute(\"INSERT INTO t.t VALUES ('two')\")
survivor.commit()
";
    let (code, printed) = played(several, "s37-two-crash-one-survives");
    assert_eq!(code, Some(3), "{printed}");
    assert!(printed.contains("1235"), "{printed}");
}

#[test]
fn the_real_client_reads_what_it_reads_of_a_real_server() {
    let is_here = Command::new("/usr/bin/mysql").arg("--version").output();
    if is_here.is_err() || !can_confine() {
        return;
    }
    let program = r#"#!/bin/sh
mysql() { /usr/bin/mysql --protocol=tcp "$@" 2>&1; }
mysql -h C -te "SHOW STATUS LIKE 'wsrep_local_state_comment'; SELECT 1"
mysql -h C -NBe 'SELECT @@version' other
mysql -h C -e 'SELECT COUNT(*) FROM t.t'
mysql -h A -e 'SELECT 1' || echo "code $?"
exit 3
"#;
    let (_, printed) = played(program, "s37-two-crash-one-survives");
    insta::assert_snapshot!(printed);
}
