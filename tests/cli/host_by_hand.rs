//! Servers that are started by hand, and the power of a simulated host.

use crate::host::typed;
use crate::work::can_confine;

/// `mysqld_safe` in the background: the server is none of systemd's, and a crash ends both.
#[test]
fn a_server_outside_of_its_unit() {
    if !can_confine() {
        return;
    }
    let state = "mysql -NBe \"SHOW STATUS LIKE 'wsrep_local_state_comment'\" 2>&1";
    let lines = [
        ("C", "sudo systemctl stop mariadb"),
        (
            "C",
            "mysqld_safe --user=mysql >/tmp/safe.log 2>&1 & sleep 20; cut -d' ' -f3- /tmp/safe.log",
        ),
        ("C", state),
        (
            "C",
            "systemctl is-active mariadb; pgrep -l mysqld; pgrep mariadbd | wc -l",
        ),
        ("C", "date +%T; systemctl start mariadb; date +%T"),
        ("C", "journalctl -u mariadb -n 6 -o cat"),
        (
            "C",
            "systemctl stop mariadb; systemctl reset-failed; pgrep -x mariadbd | wc -l",
        ),
        (
            "C",
            "pkill mysqld_safe; pgrep -x mysqld_safe | wc -l; mysqld_safe",
        ),
        ("C", "pkill -9 mariadbd; sleep 20; pgrep -l mysqld"),
        ("C", state),
        ("C", "mysqld_safe & sleep 20"),
        ("C", state),
        (
            "C",
            "mysqladmin shutdown; sleep 5; pgrep -l maria; pgrep -l mysqld; tail -n 1 /var/lib/mysql/grastate.dat",
        ),
        (
            "C",
            "mariadbd --user=mysql & sleep 20; systemctl is-active mariadb",
        ),
        ("C", state),
        (
            "C",
            "mariadbd; echo $?; tail -n 1 /var/log/mariadb/mariadb.log | cut -d' ' -f4-",
        ),
        ("C", "kill $(pidof mariadbd); sleep 5; pidof mariadbd"),
        ("C", "timeout 20 mariadbd; echo $?; sleep 5; pidof mariadbd"),
        (
            "C",
            "mariadbd --wsrep-start-position=01234567-89ab-cdef-0123-456789abcdef:7 &",
        ),
        ("C", "mariadbd --innodb-force-recovery=1 &"),
    ];
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}

/// A cluster that is bootstrapped by hand.
#[test]
fn a_bootstrap_by_hand() {
    if !can_confine() {
        return;
    }
    let size = "mysql -NBe \"SHOW STATUS LIKE 'wsrep_cluster_size'\"";
    let lines = [
        ("A", "systemctl stop mariadb"),
        ("B", "systemctl stop mariadb"),
        (
            "C",
            "systemctl stop mariadb; tail -n 1 /var/lib/mysql/grastate.dat",
        ),
        ("C", "nohup mariadbd --wsrep-new-cluster >/dev/null 2>&1 &"),
        ("C", "sleep 10"),
        ("A", "systemctl start mariadb"),
        ("A", size),
        (
            "B",
            "setsid -f mariadbd --wsrep-cluster-address=gcomm://a,c; sleep 20",
        ),
        ("B", size),
        ("B", "sudo reboot; sleep 40"),
        ("B", "systemctl is-active mariadb"),
        ("B", size),
    ];
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}

/// What a host says of its disk and its time, and how it is switched off.
#[test]
fn the_disk_and_the_power_of_a_host() {
    if !can_confine() {
        return;
    }
    let lines = [
        ("C", "df -h /var/lib/mysql"),
        (
            "C",
            "df -P | tail -n 1; df --output=pcent /var/lib/mysql | tail -n 1",
        ),
        ("C", "df -i"),
        ("C", "uptime -s; uptime -p; uptime | cut -d, -f2-"),
        ("C", "uname -s; free >/dev/null && echo free"),
        ("C", "timedatectl"),
        ("C", "shutdown -h"),
        ("C", "sudo shutdown -r now; sleep 40"),
        ("C", "systemctl is-active mariadb; uptime -p"),
        ("C", "sudo poweroff; sleep 40"),
        ("C", "true"),
        ("A", "mysql -NBe \"SHOW STATUS LIKE 'wsrep_cluster_size'\""),
    ];
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}
