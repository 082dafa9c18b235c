//! mariadb.service on a simulated host: its journal, its file, its environment.

use crate::host::typed;
use crate::work::can_confine;

/// A server that is killed, restarted by systemd, stopped and started: what the journal has of it.
#[test]
fn the_journal_tells_what_became_of_the_unit() {
    if !can_confine() {
        return;
    }
    let lines = [
        "pkill -9 mariadbd; sleep 30; journalctl -u mariadb --no-pager -n 9",
        "sudo systemctl stop mariadb; journalctl -u mariadb.service -n 3 -o cat",
        "journalctl -xeu mysql | grep -A7 'Failed with result'",
        "journalctl -u mariadb -r -n 2 -o short-iso",
        "journalctl -u mariadb --since '1 min ago' -p err",
        "sed -i 's/^binlog_format.*/bananas = 1/' /etc/mysql/mariadb.conf.d/60-galera.cnf; systemctl start mariadb; journalctl -u mariadb -n 6 -o cat",
        "timeout 5 journalctl -fu mariadb -n 1 -o cat",
        "journalctl -u nginx",
        "journalctl -u mariadb --since bananas",
        "journalctl -n 20",
    ];
    let lines: Vec<_> = lines.iter().map(|line| ("C", *line)).collect();
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}

/// `systemctl` beyond start and stop.
#[test]
fn systemctl_knows_the_units_file_and_its_environment() {
    if !can_confine() {
        return;
    }
    let lines = [
        "systemctl stop mariadb garbd; systemctl is-active mariadb",
        "systemctl try-restart mariadb; systemctl is-active mariadb nginx",
        "systemctl mask mariadb; systemctl is-enabled mariadb",
        "systemctl start mariadb",
        "galera_new_cluster",
        "systemctl status mariadb",
        "systemctl unmask mariadb; systemctl start mariadb && systemctl is-active mariadb",
        "systemctl reload mariadb",
        "systemctl disable --now mariadb; systemctl is-enabled mariadb; systemctl is-active mariadb",
        "sudo reboot; sleep 30",
        "systemctl is-active mariadb; journalctl -u mariadb -b",
        "systemctl enable --now mariadb; systemctl is-active mariadb",
        "systemctl cat mariadb | grep -E '^(Restart|TimeoutStart|ExecStart)='",
        "systemctl list-units 'mariadb*' --no-legend",
        "systemctl --failed; systemctl is-system-running",
        "systemctl set-environment MYSQLD_OPTS=--innodb-force-recovery=1",
        "systemctl set-environment 1=2",
        "systemctl edit mariadb",
    ];
    let lines: Vec<_> = lines.iter().map(|line| ("C", *line)).collect();
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}

/// The variable of the old `galera_new_cluster` makes a bootstrap, and every later one as long as it is set.
#[test]
fn a_bootstrap_that_stays_in_the_environment_of_systemd() {
    if !can_confine() {
        return;
    }
    let size = "mysql -NBe \"SHOW STATUS LIKE 'wsrep_cluster_size'\"";
    let lines = [
        ("A", "systemctl stop mariadb"),
        ("B", "systemctl stop mariadb"),
        ("C", "systemctl stop mariadb"),
        (
            "C",
            "systemctl set-environment _WSREP_NEW_CLUSTER='--wsrep-new-cluster'; systemctl show-environment",
        ),
        ("C", "systemctl start mariadb"),
        ("A", "systemctl start mariadb"),
        ("C", size),
        // Somebody forgets the variable, and restarts the node a week later.
        ("C", "systemctl stop mariadb"),
        ("C", "systemctl start mariadb"),
        (
            "C",
            "tail -n 1 /var/lib/mysql/grastate.dat; systemctl is-active mariadb",
        ),
        (
            "C",
            "sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat",
        ),
        ("C", "systemctl start mariadb"),
        ("C", size),
        ("A", size),
        (
            "C",
            "systemctl unset-environment _WSREP_NEW_CLUSTER; systemctl restart mariadb",
        ),
        ("C", size),
    ];
    insta::assert_snapshot!(typed("s35-one-link-is-broken", &lines));
}
