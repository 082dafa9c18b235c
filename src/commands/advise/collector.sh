#!/bin/sh
# Collects what `seatrial advise` and `seatrial autopsy` need to know of one Galera node.
#
# Run it on each node, as root or as the server's user:   sh collector.sh
# Then take the archives to one place:                     seatrial advise *.tar
#
# It reads only. It starts, stops and changes no server, and runs no recovery: where a server is down,
# run `galera_recovery` (or `mysqld_safe --wsrep-recover`) yourself before, and its answer is collected
# out of the log. It leaves one archive in the present folder, and nothing else. Passwords are left out.
#
# SEATRIAL_DATADIR, SEATRIAL_LOG, SEATRIAL_CONFIG and SEATRIAL_OUT name other places than the usual ones.

set -u
umask 077

host=$(hostname 2>/dev/null || uname -n)
stamp=$(date -u +%Y%m%dT%H%M%SZ)
name="seatrial-$host"
out=${SEATRIAL_OUT:-$PWD}/$name-$stamp.tar
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
node="$work/$name"
mkdir "$node" || exit 1

have() { command -v "$1" >/dev/null 2>&1; }

# What a value of the server's own configuration is; empty where nothing says.
configured() {
    for tool in my_print_defaults mariadb-print-defaults; do
        have "$tool" || continue
        "$tool" --mysqld mysqld server mariadb galera 2>/dev/null |
            sed -n "s/^--$1=//p" | tail -n 1
        return
    done
}

datadir=${SEATRIAL_DATADIR:-$(configured datadir)}
datadir=${datadir:-/var/lib/mysql}

# 1. The state files, as they are.
for file in grastate.dat gvwstate.dat; do
    if [ -f "$datadir/$file" ]; then
        cp "$datadir/$file" "$node/$file"
    fi
done

# 2. About the machine: host, time, versions, processes, disk space.
{
    echo "seatrial-collector version: 1"
    echo "seatrial-collector host: $host"
    echo "seatrial-collector date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "seatrial-collector zone: $(date +%z)"
    echo "seatrial-collector datadir: $datadir"
    for program in mariadbd mysqld; do
        have "$program" && echo "seatrial-collector server: $("$program" --version 2>/dev/null)"
    done
    for file in grastate.dat gvwstate.dat galera.cache; do
        [ -e "$datadir/$file" ] &&
            echo "seatrial-collector file: $(ls -ld "$datadir/$file" 2>/dev/null)"
    done
    df -k "$datadir" 2>/dev/null | sed 's/^/seatrial-collector disk: /'
} >"$node/about.txt"

{
    if have ps; then
        # The columns are named, so that no environment and no password is shown.
        ps -eo user,pid,lstart,args 2>/dev/null || ps
    fi
} | grep -E '(mysqld|mariadbd|garbd)( |$)' |
    sed 's/\(password\|auth\)=[^ ]*/\1=…/g' >"$node/processes.txt"

# 3. What systemd says of the unit.
if have systemctl; then
    for unit in mariadb mysql mysqld; do
        if systemctl cat "$unit" >/dev/null 2>&1; then
            systemctl --no-pager --full --lines=0 status "$unit" >"$node/systemctl-status.txt" 2>&1
            break
        fi
    done
fi

# 4. What the server itself says, if it runs and answers within ten seconds.
for client in mariadb mysql; do
    have "$client" || continue
    limit=""
    have timeout && limit="timeout 10"
    $limit "$client" --connect-timeout=5 -NBe "SHOW GLOBAL STATUS LIKE 'wsrep%'" \
        >"$node/status.txt" 2>/dev/null
    $limit "$client" --connect-timeout=5 -NBe "SHOW GLOBAL VARIABLES LIKE 'wsrep%'" 2>/dev/null |
        grep -v -i -E 'auth|password' >"$node/variables.txt"
    break
done

# 5. The configuration, without passwords.
for file in ${SEATRIAL_CONFIG:-/etc/my.cnf /etc/my.cnf.d/*.cnf /etc/mysql/*.cnf /etc/mysql/*/*.cnf \
    /etc/default/garb /etc/sysconfig/garb}; do
    [ -f "$file" ] || continue
    echo "# $file"
    grep -v -i -E 'password|auth' "$file"
done >"$node/my.cnf"

# 6. The last 100000 lines of the logs.
lines=100000
errors=${SEATRIAL_LOG:-$(configured log-error)}
for file in $errors "$datadir/$host.err" "$datadir"/*.err /var/log/mysql/error.log \
    /var/log/mysqld.log /var/log/mariadb/mariadb.log; do
    [ -f "$file" ] || continue
    copy="$node/$(basename "$file").log"
    [ -e "$copy" ] || tail -n "$lines" "$file" >"$copy"
done
if have journalctl; then
    for unit in mariadb mysql mysqld; do
        journalctl --no-pager -o short-iso -n "$lines" -u "$unit" 2>/dev/null
    done >"$node/journal.log"
fi

# Empty files say nothing, but for the state files.
find "$node" -type f -size 0 ! -name 'g*state.dat' -exec rm -f {} +

tar -C "$work" -cf "$out" "$name" || exit 1
echo "$out"
