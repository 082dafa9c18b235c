//! Scripts as operators write them, one of each family, in our own words. A simulated host understands every command
//! of each; what each comes to is its own doing.

use serde_json::Value;

use crate::work::{Work, can_confine};

/// A script, its name, and what it comes to after two nodes were killed and the third lost its primary component.
struct Family {
    name: &'static str,
    text: &'static str,
    outcome: &'static str,
}

const FAMILIES: [Family; 14] = [
    Family {
        name: "init scripts of Debian before systemd",
        text: r#"#!/bin/sh
best=''; most=-1
for host in a b c; do
    ssh root@$host '/etc/init.d/mysql stop; killall -9 mysqld mariadbd 2>/dev/null; sleep 3; /etc/init.d/mysql stop' >/dev/null 2>&1
    seqno=$(ssh root@$host "mysqld_safe --wsrep-recover >/dev/null 2>&1; tail -n 50 /var/log/mariadb/mariadb.log | awk -F: '/Recovered position/ { n = \$NF } END { print n }'")
    echo "$host: $seqno"
    if [ "$seqno" -gt "$most" ]; then most=$seqno best=$host; fi
done
ssh root@$best "sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat; galera_new_cluster" || exit 1
for host in a b c; do [ $host = $best ] || ssh root@$host 'service mysql start && sleep 15'; done
"#,
        outcome: "recovered",
    },
    Family {
        name: "units of systemd, as on RHEL",
        text: r#"#!/bin/bash
set -u
nodes=($SEATRIAL_NODES)
for n in "${nodes[@]}"; do
    ssh "$n" 'systemctl is-active --quiet mariadb && systemctl stop mariadb; systemctl reset-failed mariadb; systemctl show -p ActiveState --value mariadb'
done
first=${nodes[0]}
ssh "$first" bash -s <<'REMOTE'
f=/var/lib/mysql/grastate.dat
cp -p "$f" "$f.$(date +%s)"
if grep -q '^safe_to_bootstrap: 0' "$f"; then
    perl -pi -e 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' "$f"
fi
chown mysql:mysql "$f"
galera_new_cluster
REMOTE
for n in "${nodes[@]:1}"; do ssh "$n" systemctl start mariadb; sleep 10; done
"#,
        outcome: "recovered",
    },
    Family {
        name: "a component by pc.bootstrap",
        text: r#"#!/bin/sh
for h in A B C; do
    if mysqladmin -h $h ping >/dev/null 2>&1; then
        mysql -h $h -e "SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'" && alive=$h && break
    fi
done
[ -n "$alive" ] || exit 3
for h in A B C; do
    [ $h = $alive ] || ssh $h 'sudo service mariadb start'
    until [ "$(mysql -h $h -NBe "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='wsrep_local_state'" 2>/dev/null)" = 4 ]; do sleep 5; done
done
"#,
        outcome: "recovered",
    },
    Family {
        name: "a job of cron that mends its own host",
        text: r#"#!/bin/sh
fix='state=$(mysql -NBe "SHOW STATUS LIKE \"wsrep_cluster_status\"" 2>/dev/null | cut -f2)
if [ "$state" = Primary ]; then exit 0; fi
pgrep -x mariadbd >/dev/null || { rm -f /var/lib/mysql/gvwstate.dat; systemctl start --no-block mariadb; }'
for round in 1 2 3 4 5 6; do
    for host in A B C; do ssh -n "$host" "$fix"; done
    sleep 60
done
exit 1
"#,
        outcome: "stuck",
    },
    Family {
        name: "a container's entry point",
        text: r"#!/bin/bash
entry() {
cat <<'ENTRY'
DATADIR=/var/lib/mysql
SAFE=$(sed -n 's/^safe_to_bootstrap:[[:space:]]*//p' $DATADIR/grastate.dat)
[ -s $DATADIR/gvwstate.dat ] && mv $DATADIR/gvwstate.dat /tmp/
if [[ $SAFE == 1 ]]; then exec galera_new_cluster; fi
if [[ $(hostname) == a && ${FORCE:-} ]]; then
    sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' $DATADIR/grastate.dat
    exec galera_new_cluster
fi
timeout 60 systemctl restart mariadb
ENTRY
}
entry | ssh C 'systemctl stop mariadb; cat >/dev/null'
entry | ssh A 'cat > /usr/local/bin/entry; chmod +x /usr/local/bin/entry; FORCE=1 bash /usr/local/bin/entry'
for n in B C; do entry | ssh $n bash -s; sleep 20; done
",
        outcome: "recovered",
    },
    Family {
        name: "Python",
        text: r#"#!/usr/bin/env python3
import re, subprocess, sys, time

NODES = ["a.example.com", "b.example.com", "c.example.com"]

def ssh(node, line, check=False):
    done = subprocess.run(["ssh", "-o", "BatchMode=yes", "root@" + node, line], capture_output=True, text=True)
    if check and done.returncode:
        sys.exit(f"{node}: {line}: {done.stderr}")
    return done.stdout

position = {}
for node in NODES:
    ssh(node, "systemctl stop mariadb || pkill -9 mariadbd; sleep 2; systemctl stop mariadb")
    found = re.search(r"position=([0-9a-f-]+):(-?\d+)", ssh(node, "galera_recovery"))
    if not found:
        print(f"{node} has no position")
        sys.exit(3)
    position[node] = (found[1], int(found[2]))
if len({uuid for uuid, _ in position.values()}) != 1:
    print("the histories differ")
    sys.exit(3)
best = max(NODES, key=lambda node: position[node][1])
ssh(best, "sed -i '/^safe_to_bootstrap/s/0/1/' /var/lib/mysql/grastate.dat && galera_new_cluster", check=True)
for node in NODES:
    if node != best:
        ssh(node, "systemctl start mariadb", check=True)
"#,
        outcome: "recovered",
    },
    Family {
        name: "a data folder that is put aside",
        text: r#"#!/bin/sh
ssh C "mysql -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=1'\"" || exit 1
for n in A B; do
    ssh $n 'set -e
        cd /var/lib
        tar -czf /srv/mysql-$(date +%F).tar.gz mysql
        find mysql -mindepth 1 -delete
        install -d -o mysql -g mysql -m 700 mysql 2>/dev/null || true
        systemctl start mariadb
        ls -l mysql/ibdata1 | wc -l'
done
"#,
        outcome: "recovered",
    },
    Family {
        name: "state files that are removed",
        text: r#"#!/bin/sh
for n in A B C; do ssh $n "systemctl stop mariadb; cd /var/lib/mysql && rm -fv grastate.dat gvwstate.dat galera.cache"; done
ssh A galera_new_cluster && ssh B systemctl start mariadb && ssh C systemctl start mariadb
"#,
        outcome: "recovered",
    },
    Family {
        name: "a list of hosts in a file",
        text: r#"#!/bin/bash
printf '%s\n' A B C > hosts
while read -r host; do
    ssh -n "$host" "awk -F': *' '/seqno/ { print \$2 }' /var/lib/mysql/grastate.dat" | tee -a seqnos
done < hosts
paste hosts seqnos | sort -k2,2n | tail -1
echo "decide yourself"; exit 3
"#,
        outcome: "asks-person",
    },
    Family {
        name: "a check of a monitoring system",
        text: r#"#!/bin/sh
worst=0
for h in a b c; do
    status=$(ssh $h "mysql --connect-timeout=5 -NBe \"SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_ready')\"" 2>/dev/null)
    size=$(echo "$status" | awk '$1 == "wsrep_cluster_size" { print $2 }')
    case "$status" in
        *"wsrep_ready	ON"*) echo "OK $h: size $size" ;;
        *) echo "CRITICAL $h"; worst=2 ;;
    esac
    ssh $h 'ss -ltn | grep -q ":4567 "' || echo "$h: port 4567 is closed"
done
[ $worst = 0 ] || { echo "CRITICAL: call somebody"; exit 3; }
"#,
        outcome: "asks-person",
    },
    Family {
        name: "PXC, with the other names of the units",
        text: r#"#!/bin/sh
for n in A B C; do
    ssh $n "systemctl stop mysql; mysqld --user=mysql --wsrep-recover --log-error=/tmp/recover.log; grep -o 'Recovered position.*' /tmp/recover.log"
done
ssh A "sed -i s/safe_to_bootstrap.*/safe_to_bootstrap:\ 1/ /var/lib/mysql/grastate.dat; galera_new_cluster"
ssh B "systemctl start mysql"; ssh C "systemctl start mysqld.service"
"#,
        outcome: "recovered",
    },
    Family {
        name: "files that are edited here and copied there",
        text: r"#!/bin/sh
set -e
scp -q C:/var/lib/mysql/grastate.dat grastate.dat
sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' grastate.dat
ssh C systemctl stop mariadb
rsync -a grastate.dat root@C:/var/lib/mysql/grastate.dat
ssh C 'chmod 660 /var/lib/mysql/grastate.dat; cat /var/lib/mysql/grastate.dat; galera_new_cluster'
for n in A B; do ssh $n systemctl start mariadb; done
",
        outcome: "recovered",
    },
    Family {
        name: "an address that names nobody, for one start",
        text: r#"#!/bin/bash
conf=/etc/mysql/mariadb.conf.d/60-galera.cnf
ssh C systemctl stop mariadb
ssh C "cp $conf /srv/conf; sed -i 's#^wsrep_cluster_address.*#wsrep_cluster_address = gcomm://#' $conf
       sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat; systemctl start mariadb; cp /srv/conf $conf"
for n in A B; do ssh $n systemctl start mariadb; done
"#,
        outcome: "recovered",
    },
    Family {
        name: "perl",
        text: r#"#!/usr/bin/perl
use strict; use warnings;
my ($best, $most) = (undef, -1);
for my $node (qw(A B C)) {
    `ssh $node 'systemctl stop mariadb; pkill -9 -x mariadbd'`;
    my ($seqno) = `ssh $node galera_recovery 2>/dev/null` =~ /:(\d+)/;
    die "$node: no position\n" unless defined $seqno;
    ($best, $most) = ($node, $seqno) if $seqno > $most;
}
system(qq(ssh $best "sed -i 's/bootstrap: 0/bootstrap: 1/' /var/lib/mysql/grastate.dat && galera_new_cluster")) == 0 or die;
for my $node (qw(A B C)) { system("ssh $node systemctl start mariadb") unless $node eq $best }
"#,
        outcome: "recovered",
    },
];

/// Programs of this machine that not every machine has.
const TOOLS: [&str; 4] = ["perl", "python3", "rsync", "scp"];

fn is_here(tool: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .any(|folder| std::path::Path::new(folder).join(tool).is_file())
}

#[test]
#[expect(clippy::print_stderr, reason = "what is not tested says so")]
fn every_family_of_scripts_is_understood() {
    if !can_confine() {
        return;
    }
    let mut wrong = String::new();
    for family in FAMILIES {
        let lacks = TOOLS
            .iter()
            .find(|tool| family.text.contains(**tool) && !is_here(tool));
        if let Some(tool) = lacks {
            eprintln!("not tested: {}: {tool} is not installed", family.name);
            continue;
        }
        let work = Work::new();
        work.write("mine", family.text);
        work.make_executable("mine");
        let scenario = "s37-two-crash-one-survives";
        let words = [
            "verify",
            "--script",
            "mine",
            "--scenarios",
            scenario,
            "--patience",
            "60",
            "--format",
            "json",
        ];
        let ran = work.run(&words);
        let matrix: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        if matrix["cells"][0]["outcome"] != family.outcome {
            let cell = work.read(&format!(
                "target/seatrial/verify/cells/{scenario}--script.txt"
            ));
            let outcome = &matrix["cells"][0]["outcome"];
            let text = format!(
                "--- {}: {outcome}, not {}\n{}\n{cell}\n",
                family.name, family.outcome, ran.stdout
            );
            wrong.push_str(&text);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
