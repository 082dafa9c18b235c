
# The functions of every runbook.
_kept=$(mktemp -d) || exit 1
trap 'rm -rf "$_kept"' EXIT
_at=0 _limit=3600 _exit=0 node=
# Under Seatrial this command types a line on a simulated node.
_typist=$(command -v type-line || :)

_reach() { [ -z "${SEATRIAL_REACHED-}" ] || echo "$_at" >>"$SEATRIAL_REACHED"; }

# nodes: the names of all nodes, a line each.
nodes() { for _one in ${SEATRIAL_NODES:-A B C}; do echo "$_one"; done; }

# others NODE: all nodes but this one.
others() { for _one in $(nodes); do [ "$_one" = "$1" ] || echo "$_one"; done; }

# on NODE COMMAND…: types the command on the node. The limit of the block ends it: then the exit code is 124.
on() {
    _to=$1
    shift
    if [ -n "$_typist" ]; then
        NODE=$_to SEATRIAL_LINE=$_at SEATRIAL_LIMIT_MS=$((_limit * 1000)) type-line "$*"
    else
        timeout -s INT "$_limit" ssh "$_to" "$*"
    fi
    _exit=$?
    return "$_exit"
}

# timed_out: whether the limit ended the last command.
timed_out() { [ "$_exit" -eq 124 ]; }

# unreachable: whether the host did not answer the last command. succeeded: whether its exit code was 0.
unreachable() { [ "$_exit" -eq 255 ]; }
succeeded() { [ "$_exit" -eq 0 ]; }

# saved NAME NODE: what a block with saves=NAME printed on the node.
saved() { cat "$_kept/$1.$2" 2>/dev/null; }

# choose VARIABLE NODE…: puts the first of these nodes into the variable; fails if there is none.
choose() { [ -n "${2-}" ] && eval "$1=\$2"; }

# wait_until SECONDS COMMAND…: repeats the command every 5 s until it succeeds; fails when the time has passed.
wait_until() {
    _left=$1
    shift
    until "$@"; do
        [ "$_left" -gt 0 ] || return 1
        sleep 5
        _left=$((_left - 5))
    done
}

# The three ends.
recovered() { exit 0; }
ask_a_person() { echo "$* (line $_at)"; exit 3; }
give_up() { echo "$* (line $_at)"; exit 1; }

