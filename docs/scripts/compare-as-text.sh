#!/bin/sh
# WRONG, for docs/your-own-script.md: it compares positions as text, so 9 is more than 15.
nodes=${SEATRIAL_NODES:-A B C} log=/var/log/mariadb/mariadb.log
best='' most='' history=''
ask_a_person() { echo "$1"; exit 3; }
status() { ssh "$1" "mysql -NBe \"SHOW STATUS LIKE '$2'\"" 2>/dev/null | cut -f2; }
for node in $nodes; do
    [ "$(status "$node" wsrep_cluster_status)" != Primary ] ||
        ask_a_person "$node is in a primary component: start the others into it"
done
for node in $nodes; do
    timeout 60 ssh "$node" "sudo systemctl stop mariadb"
    ssh "$node" "sudo killall -9 mariadbd mysqld; sudo systemctl stop mariadb"
    ssh "$node" "sudo -u mysql /bin/mysqld_safe --wsrep-recover"
    line=$(ssh "$node" "sudo grep 'WSREP: Recovered position:' $log | tail -1") ||
        ask_a_person "$node does not answer and may hold the newest rows"
    position=${line##*: }                                # uuid:seqno, or uuid:seqno,gtid
    uuid=${position%%:*} seqno=${position##*:}
    [ "${history:=$uuid}" = "$uuid" ] || ask_a_person "$node holds another history"
    if expr "x$seqno" ">" "x$most" >/dev/null; then best=$node most=$seqno; fi
done
ssh "$best" "sudo cm-cluster-manage --force-safe-to-bootstrap"
ssh "$best" "sudo cm-cluster-manage --bootstrap-node" || exit 1
for node in $nodes; do
    [ "$node" = "$best" ] || ssh "$node" "sudo systemctl start mariadb"
    for try in 1 2 3 4 5 6 7 8 9; do
        [ "$(status "$node" wsrep_local_state_comment)" != Synced ] || continue 2; sleep 10
    done
    echo "$node does not become Synced"; exit 1
done
