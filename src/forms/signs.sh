# Each look is kept in a folder: `seen.NODE` has a line such as `answers Primary 3 7 UUID ON` or `silent failed`.
list_down() { list_seen 'silent inactive' 'silent failed'; }
list_ready() { list_seen 'answers Primary * ON'; }
list_unreachable() { list_seen unreachable; }
list_gave_way() { list_seen 'answers Disconnected *'; }
# A process that neither answers nor waits for the others.
list_that_hang() {
    for one in $nodes; do
        has_seen "$one" hangs 'silent *' && ! has_seen "$one" 'silent activating' 'silent inactive' 'silent failed' && echo "$one"
    done
    :
}
list_that_run() {
    for one in $nodes; do has_seen "$one" unreachable 'silent inactive' 'silent failed' || echo "$one"; done
}
# Those of them that are no ready members of a primary component.
list_that_run_outside() {
    for one in $(list_that_run); do has_seen "$one" 'answers Primary * ON' || echo "$one"; done
}
# Nodes that are down and hold this beyond the primary component: nothing, views, events, unknown.
list_down_with() {
    for one in $(list_down); do
        [ -n "$member" ] && knows "beyond:$one:$member=$1" && ! knows "unpositioned:$one" && echo "$one"
    done
    :
}
# Nodes that are down and hold rows beyond the primary component, or may hold them.
list_down_apart() {
    for one in $(list_down); do
        [ -n "$member" ] && { knows "beyond:$one:$member=events" || knows "beyond:$one:$member=unknown"; } && echo "$one"
    done
    :
}
# Servers that run and are not in the component of the node that holds everything.
list_other_components() {
    for one in $(list_that_run); do
        [ -n "$holder" ] && ! knows "kept:$one" && echo "$one"
    done
    :
}
list_joined_over() {
    for one in $nodes; do knows "joined-over-$1:$one" && echo "$one"; done
    :
}
# Members that lack for ever what the one that holds everything got before it joined over a fork.
list_that_lack() {
    for one in $nodes; do knows "lacks:$one" && echo "$one"; done
    :
}

# has_seen NODE PATTERN…: whether the last look at the node shows one of these.
has_seen() {
    read -r look <"$kept/seen.$1" || look=
    shift
    for pattern in "$@"; do
        # shellcheck disable=SC2254
        case $look in $pattern) return 0 ;; esac
    done
    return 1
}
list_seen() {
    for one in $nodes; do has_seen "$one" "$@" && echo "$one"; done
    :
}
# knows FACT: whether the comparison of the logs has found this.
knows() { case " $facts " in *" $1 "*) ;; *) return 1 ;; esac; }

# verdict: `whole`, `one` primary component, `two`, or `none`.
verdict() {
    first='' members=0 ready=0 all=0
    for one in $nodes; do
        all=$((all + 1))
        has_seen "$one" 'answers Primary *' || continue
        # shellcheck disable=SC2086
        set -- $look
        members=$((members + 1))
        [ "$6" = ON ] && ready=$((ready + 1))
        size=$3
        # Members of one component show one view.
        case ${first:=$3 $4 $5} in "$3 $4 $5") ;; *) echo two && return ;; esac
    done
    if [ "$members" -eq 0 ]; then echo none
    elif [ "$members" -gt "$size" ]; then echo two
    elif [ "$ready" -eq "$all" ] && [ "$size" -eq "$all" ]; then echo whole
    else echo one
    fi
}

# Whether the component counts somebody who does not answer yet: a node that receives its copy has a vote and no socket.
is_counted() {
    members=0 most=0
    for one in $nodes; do
        has_seen "$one" 'answers Primary *' || continue
        # shellcheck disable=SC2086
        set -- $look
        members=$((members + 1))
        [ "$3" -le "$most" ] || most=$3
    done
    [ "$most" -gt "$members" ]
}

# The signs. `situation` is the verdict of the last look; `late`, `member`, `holder`, `objection` and `facts` are what
# was found after it.
sign_hangs() { [ -n "$(list_that_hang)" ]; }
sign_gave_way() { [ -n "$(list_gave_way)" ]; }
sign_whole() { [ "$situation" = whole ]; }
sign_not_synced() { [ -n "$late" ]; }
sign_joined_over_views() { [ -n "$(list_joined_over views)" ]; }
sign_joined_over_rows() { [ -n "$(list_joined_over rows)" ]; }
sign_joined_over_all() { [ -n "$(list_that_lack)" ]; }
sign_one_primary() { [ "$situation" = one ]; }
sign_two_primaries() { [ "$situation" = two ]; }
sign_no_primary() { [ "$situation" = none ]; }
sign_runs_outside() { [ -n "$(list_that_run_outside)" ]; }
sign_unreachable() { [ -n "$(list_unreachable)" ]; }
sign_last_view_unreachable() {
    [ -n "$(list_unreachable)" ] || return 1
    # Without a holder, or without a view in its log, nobody knows who was in it.
    [ -n "$holder" ] && knows has-last-view || return 0
    for one in $(list_unreachable); do knows "last-view:$one" && return 0; done
    return 1
}
sign_down_with_nothing() { [ -n "$(list_down_with nothing)" ]; }
sign_down_with_views() { [ -n "$(list_down_with views)" ]; }
sign_rows_apart() { [ -n "$(list_down_apart)" ]; }
sign_down_with_all() {
    [ -n "$member" ] && [ -n "$holder" ] && [ -z "$objection" ] && has_seen "$holder" 'silent inactive' 'silent failed' &&
        knows "beyond:$holder:$member=events"
}
sign_something_runs() { [ -n "$(list_that_run)" ]; }
sign_may_restore_itself() {
    [ -n "$holder" ] && [ -z "$waited" ] && ! has_seen "$holder" 'silent inactive' 'silent failed' || return 1
    for one in $(list_down); do
        knows "beyond:$one:$holder=nothing" && ! knows "alone:$one" || return 1
    done
    # A server that waits without a state gets a copy of what the others hold.
    has_seen "$holder" 'answers *' || ! knows "stateless:$holder" || return 1
    # A component that is restored goes on from what its running members hold.
    for one in $(list_seen 'answers *'); do
        [ "$one" = "$holder" ] || knows "beyond:$holder:$one=nothing" || return 1
    done
}
sign_no_position() { case " $facts " in *' unpositioned:'*) ;; *) return 1 ;; esac; }
sign_one_holds_all() { [ -n "$holder" ]; }
sign_may_be_half() { [ -n "$objection" ]; }
