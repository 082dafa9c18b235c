#!/bin/sh
# Runs an Ansible playbook of this folder on the nodes of the cluster: `playbook.sh recover.yml`.
# `verify --script` gives a program no arguments, so the name of a link to it chooses the playbook as well:
# recover-playbook.sh runs recover-playbook.yml.
here=$(dirname "$0") book=${1:-$(basename "$0" .sh).yml}
for node in ${SEATRIAL_NODES:-A B C}; do echo "$node ansible_user=root"; done >hosts
# One host at a time, and one connection for a task: the same lines at the same instants every time.
export ANSIBLE_FORKS=1 ANSIBLE_PIPELINING=True ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_NOCOLOR=1
exec ansible-playbook -i hosts "$here/$book"
