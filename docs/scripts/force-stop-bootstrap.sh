#!/bin/sh
# WRONG, for docs/your-own-script.md: the force comes before the stop, and the stop overwrites it.
node=${1:-C}
ssh "$node" "sudo cm-cluster-manage --force-safe-to-bootstrap" || exit 1
ssh "$node" "sudo systemctl stop mariadb" || exit 1
ssh "$node" "sudo cm-cluster-manage --bootstrap-node" || exit 1
for other in ${SEATRIAL_NODES:-A B C}; do
    [ "$other" = "$node" ] || ssh "$other" "sudo systemctl start mariadb"
done
