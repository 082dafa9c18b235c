#!/bin/sh
# Runs recover.yml on the nodes of SEATRIAL_NODES. Exit codes: 0 the cluster has recovered; 3 a person must decide, see
# the last line; any other number is that of ansible-playbook.
here=$(dirname "$0") kept=$(mktemp -d) || exit 1
for node in ${SEATRIAL_NODES:-A B C}; do echo "$node ansible_user=${RECOVER_USER:-root}"; done >"$kept/hosts"
# One host at a time, as the table acts.
export ANSIBLE_FORKS=1 ANSIBLE_PIPELINING=True ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_NOCOLOR=1
ansible-playbook -i "$kept/hosts" -e "kept=$kept" "$here/recover.yml"
code=$?
[ -f "$kept/end" ] || exit "$code"
cat "$kept/end"
case $(cat "$kept/end") in recovered*) exit 0 ;; ask:*) exit 3 ;; esac
exit 1
