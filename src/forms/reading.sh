# Reads the tables of the node's status in $said: sets $tables and $at_server; fails if one of the values is missing.
read_tables() {
    conf='' size='' uuid='' status='' own='' committed='' ready=''
    # At a terminal a row stands in a frame, and without one its two values are parted by a tab.
    while IFS='|	 ' read -r first name value _; do
        [ -z "$first" ] || value=$name name=$first
        case $name in
        wsrep_cluster_conf_id) conf=${conf:-$value} ;;
        wsrep_cluster_size) size=${size:-$value} ;;
        wsrep_cluster_state_uuid) uuid=${uuid:-$value} ;;
        wsrep_cluster_status) status=${status:-$value} ;;
        wsrep_local_state_uuid) own=${own:-$value} ;;
        wsrep_last_committed) committed=${committed:-$value} ;;
        wsrep_ready) ready=${ready:-$value} ;;
        esac
    done <<END
$said
END
    [ -n "$conf" ] && [ -n "$uuid" ] && [ -n "$own" ] && [ -n "$committed" ] && [ -n "$ready" ] || return 1
    case $size in '' | *[!0-9]*) return 1 ;; esac
    case $status in Primary | non-Primary | Disconnected) ;; *) return 1 ;; esac
    tables="$status $size $conf $uuid $ready" at_server=$own:$committed
}
is_uuid() {
    case $1 in *[!0-9A-Fa-f-]*) return 1 ;; esac
    [ "${#1}" -eq 36 ]
}
# Reads the grastate.dat in $said: sets $saved to empty, zero, garbage or named, and the three values.
read_grastate() {
    saved=named saved_uuid='' saved_seqno='' saved_safe=''
    case $said in *[![:space:]]*) ;; *) saved=empty && return ;; esac
    while IFS=': 	' read -r field value rest; do
        case $field in
        '' | '#'* | version) continue ;;
        uuid) [ -z "$saved_uuid" ] && is_uuid "$value" && saved_uuid=$value || saved=garbage ;;
        seqno)
            case $saved_seqno${value#-} in '' | *[!0-9]*) saved=garbage ;; esac
            saved_seqno=$value
            ;;
        safe_to_bootstrap)
            case $saved_safe$value in 0 | 1) ;; *) saved=garbage ;; esac
            saved_safe=$value
            ;;
        *) saved=garbage ;;
        esac
        [ -z "$rest" ] || saved=garbage
    done <<END
$said
END
    [ -n "$saved_uuid" ] && [ -n "$saved_seqno" ] && [ -n "$saved_safe" ] || saved=garbage
    case $saved_uuid in *[!0-]*) ;; *) [ "$saved" = garbage ] || saved=zero ;; esac
}
# Reads the gvwstate.dat in $said: sets $alone to 1=IDENTITY if it is a view of one member (to before=IDENTITY if that was an
# earlier life of the server), and to nil if there is no view in it.
read_gvwstate() {
    alone=nil member='' mine='' view='' count=0
    while read -r field value by number rest; do
        case $field in
        my_uuid:) mine=${mine:-$value} ;;
        view_id:)
            case $number$rest in '' | *[!0-9]*) number=bad ;; esac
            view=${view:-$number}
            ;;
        member:) [ -z "$value" ] || { count=$((count + 1)) && member=$value; } ;;
        esac
        : "$by"
    done <<END
$said
END
    case $view in '' | bad) return ;; esac
    if [ -n "$mine" ] && [ "$count" -gt 0 ]; then
        alone=0
        [ "$count" -gt 1 ] || alone=before=$member
        [ "$count" -gt 1 ] || [ "$member" != "$mine" ] || alone=1=$member
    fi
}
# Reads the line of a recovered position in $said, or that of a start: sets $position, the part before a GTID, or - if
# there is none.
read_position() {
    position=${said##*position:}
    position=$(echo ${position%%,*})
    case $said in *'WSREP: Recovered position:'* | *'initial position:'*) ;; *) position=- ;; esac
    case $position in '' | *' '*) position=- ;; esac
}
# Compares the logs in the folder: sets $facts, $member, $holder, $objection and $apart.
compare() {
    facts='' member='' holder='' objection='' apart=''
    set --
    for one in $nodes; do
        [ ! -f "$kept/log.$one" ] || set -- "$@" "node=$one" "$kept/log.$one"
    done
    compare_logs "$kept/evidence" "$@" >"$kept/found"
    while read -r word rest; do
        case $word in
        fact) facts="$facts $rest" ;;
        member) member=$rest ;;
        holder) holder=$rest ;;
        objection) objection=$rest ;;
        apart) apart=$rest ;;
        esac
    done <"$kept/found"
}
# The last look in words.
seen() {
    for one in $nodes; do
        read -r look <"$kept/seen.$one"
        # shellcheck disable=SC2086
        set -- $look
        case $1 in
        unreachable) look='cannot be reached' ;;
        hangs) look='does not answer in time' ;;
        silent) look="no answer, unit $2" ;;
        answers) look="$2, size $3, ready $6" ;;
        esac
        printf '%s: %s; ' "$one" "$look"
    done
}
