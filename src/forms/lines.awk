# Follows the line of the data of each node back through the logs, and prints what each holds beyond the others.
# The first file has a line for each node: NAME down|runs MEMBER SIZE POSITION SAVED UUID SAFE ALONE FORCED. The others are
# logs; the variable `node` before each names its node. The rules are those of `seatrial optimal` (docs/optimal.md).
BEGIN { NIL = "00000000-0000-0000-0000-000000000000:-1"; NOTHING = 0; VIEWS = 1; UNKNOWN = 9e15; all = "" }
function uuid(position) { return substr(position, 1, 36) }
function seqno(position) { return substr(position, 38) + 0 }
function is_position(text) {
    return text ~ /^[0-9A-Fa-f-]+:-?[0-9]+$/ && index(text, ":") == 37
}
function is_undefined(position) { return uuid(position) == uuid(NIL) || seqno(position) == -1 }
function trim(text) { gsub(/^[ \t\r]+|[ \t\r]+$/, "", text); return text }
function after(text, words,   at) { at = index(text, words); return at ? substr(text, at + length(words)) : "" }
function in_brackets(text) {
    text = after(text, "(")
    return index(text, ")") ? substr(text, 1, index(text, ")") - 1) : ""
}

# The line of a node.
FNR == 1 { state = "" }
NR == FNR {
    told++; name[told] = $1; place[$1] = told; is_down[told] = ($2 == "down"); is_member[told] = $3; size[told] = $4
    known[told] = is_position($5) ? $5 : ""; saved[told] = $6; saved_uuid[told] = $7; safe[told] = $8; split($9, saved_view, "="); alone[told] = (saved_view[1] == "1" || saved_view[1] == "before"); is_present[told] = (saved_view[1] == "1"); alone_as[told] = saved_view[2]; nil_view[told] = ($9 == "nil"); forced[told] = $10
    position[told] = known[told] == "" ? NIL : known[told]; src[told] = told; steps[told] = 0
    next
}

# The steps in a log: `start`, `view`, `asked` and `copied`. A block that is cut off is left out.
function add(what, at,   key) {
    steps[here]++
    key = here SUBSEP steps[here]
    kind[key] = what; pos[key] = at; began[key] = last_start[here]
    return key
}
{ here = place[node] }
state == "members" {
    text = trim($0); at = index(text, ": "); text = substr(text, at + 2); comma = index(text, ", ")
    if (!at || !comma) { state = ""; next }
    of = ++members; identities[of] = substr(text, 1, comma - 1); names[of] = substr(text, comma + 2)
    if (members == count) end_of_view()
    next
}
state == "view" {
    text = trim($0); colon = index(text, ":")
    if (!colon) { state = ""; next }
    key_word = substr(text, 1, colon - 1); value = trim(substr(text, colon + 1))
    if (key_word == "id") view_at = is_position(value) ? value : ""
    else if (key_word == "status") view_primary = (value == "primary")
    else if (key_word == "own_index") view_own = (value ~ /^[0-9]+$/) ? value + 0 : -1
    else if (key_word ~ /^members\(/) {
        state = ""
        if (key_word !~ /^members\([0-9]+\)$/ || view_at == "") next
        count = substr(key_word, 9) + 0; members = 0
        if (count) state = "members"; else end_of_view()
    }
    next
}
function end_of_view(   key, i) {
    state = ""; key = add("view", view_at)
    primary[key] = view_primary; own[key] = view_own; me[key] = ""; sig[key] = view_at; list[key] = ""; amount[key] = count
    for (i = 1; i <= count; i++) {
        identity[key, i] = identities[i]; member[key, i] = names[i]
        sig[key] = sig[key] " " identities[i]; list[key] = list[key] " " identities[i] " " names[i]
        if (view_own == i - 1) me[key] = identities[i]
    }
}
index($0, "requested state transfer from ") {
    text = $0; at = index(text, "requested state transfer from ")
    asks = in_brackets(after(substr(text, 1, at - 1), "Member "))
    gives = in_brackets(after(substr(text, at), "Selected "))
    if (asks != "" && gives != "") { key = add("asked", ""); joiner[key] = asks; donor[key] = gives; last_donor[here] = gives }
    next
}
index($0, "SST received: ") {
    # At the own position only events followed: nothing was copied.
    text = trim(after($0, "SST received: "))
    if (is_position(text) && last_donor[here] != "" && text != own_position()) { key = add("copied", text); donor[key] = last_donor[here] }
    next
}
function own_position(   i) {
    for (i = steps[here]; i > 0; i--)
        if (kind[here, i] == "start" || kind[here, i] == "view") return pos[here, i]
    return ""
}
$0 == "View:" { state = "view"; view_at = ""; view_primary = 0; view_own = -1; next }
index($0, "initial position: ") {
    text = trim(after($0, "initial position: "))
    if (is_position(text)) { add("start", text); last_start[here] = text }
}

function is_primary_view(key) { return kind[key] == "view" && primary[key] }
function identity_in(key, who,   i) {
    for (i = 1; i <= amount[key]; i++) if (member[key, i] == who) return identity[key, i]
    return ""
}
# The last view on the way to data of this position, among the first steps of a log. A copy goes on from its donor, and so
# do the events that a node got from a donor before it was in a primary component again.
function last_within(from, many, end,   turn, i, key, found, next_end, asks_of, gone_on) {
    for (turn = 0; turn <= total; turn++) {
        found = ""; asks_of = ""
        for (i = many; i > 0 && found == ""; i--) {
            key = from SUBSEP i
            if (kind[key] == "asked") { if (joiner[key] == name[from]) asks_of = donor[key]; continue }
            if (kind[key] == "start") {
                gone_on = uuid(pos[key]) == uuid(end) && seqno(pos[key]) < seqno(end)
                if (gone_on && asks_of != "") { found = "donor"; next_end = end; break }
                # What it had done before, and did not hold when it started, is not on the way.
                if (gone_on) end = pos[key]
                asks_of = ""
                continue
            }
            if ((is_primary_view(key) || kind[key] == "copied") && uuid(pos[key]) == uuid(end) && seqno(pos[key]) <= seqno(end)) found = key
        }
        if (found == "") return ""
        if (found != "donor") {
            if (kind[found] == "view") return found
            asks_of = donor[found]; next_end = pos[found]
        }
        if (!(asks_of in place)) return ""
        end = next_end; from = place[asks_of]; many = steps[from]
    }
    return ""
}
# The number that a node had when it was last without quorum after one of its views, in the same life.
function without_quorum(one, mine,   i, key, found) {
    found = ""
    for (i = steps[one]; i > 0; i--) {
        key = src[one] SUBSEP i
        if (kind[key] == "view" && sig[key] == sig[mine]) break
    }
    if (!i) return ""
    for (; i <= steps[one]; i++) {
        key = src[one] SUBSEP i
        if (kind[key] == "start") break
        if (kind[key] == "view" && !primary[key] && uuid(pos[key]) == uuid(pos[mine])) found = seqno(pos[key])
    }
    return found
}
# Whether a view that counts a later life of a node is on the way of its data: the log has lost that life, or it began
# before the view.
function is_on_the_way(one, mine, view, life,   i, j, real, last, may_be, found) {
    real = src[one]; last = 0
    for (i = 1; i <= steps[one]; i++) if (kind[real, i] == "view" && sig[real, i] == sig[mine]) last = i
    if (!last) return 0
    may_be = 0
    for (i = last + 1; i <= steps[one]; i++) if (kind[real, i] == "start") {
        found = ""
        for (j = i + 1; j <= steps[real] && kind[real, j] != "start" && found == ""; j++)
            if (kind[real, j] == "view") found = identity_in(real SUBSEP j, name[real])
        if (found != "" && found != life) continue
        if (uuid(pos[real, i]) == uuid(pos[view]) && seqno(pos[real, i]) < seqno(pos[view])) return 1
        may_be = 1
    }
    return !may_be
}
# A later view that the log of another node has: the log of the node itself may have lost its end, or a whole life. A node that was
# without quorum at that number had an event of its own before the view.
function of_others(one, mine, end,   life, t, i, key, best, apart_at, counted) {
    apart_at = ""
    if (mine != "") {
        life = identity_in(mine, name[one]); if (life == "") return ""
        apart_at = without_quorum(one, mine)
    }
    best = ""
    for (t = 1; t <= total; t++) for (i = 1; i <= steps[t]; i++) {
        key = src[t] SUBSEP i
        if (!is_primary_view(key) || uuid(pos[key]) != uuid(end) || seqno(pos[key]) > seqno(end)) continue
        counted = identity_in(key, name[one])
        if (counted == "" || (mine != "" && (seqno(pos[key]) <= seqno(pos[mine]) || (counted != life && !is_on_the_way(one, mine, key, counted))))) continue
        if (apart_at != "" && uuid(pos[key]) == uuid(pos[mine]) && seqno(pos[key]) <= apart_at) continue
        if (best == "" || seqno(pos[key]) >= seqno(pos[best])) best = key
    }
    return best
}
function fits(key, view) { return key != "" && uuid(pos[key]) == uuid(pos[view]) && seqno(pos[key]) < seqno(pos[view]) }
function later_of(a, b) {
    if (a == "") return b
    if (seqno(pos[a]) != seqno(pos[b])) return seqno(pos[a]) > seqno(pos[b]) ? a : b
    if (own[a] != own[b]) return own[a] > own[b] ? a : b
    return list[a] > list[b] ? a : b
}
# The view from which this one came.
function before(view,   t, i, key, previous, start, mine, last, one_life, no_quorum, lost, another) {
    if (sig[view] in earlier) return earlier[sig[view]]
    one_life = no_quorum = another = ""
    for (t = 1; t <= total; t++) {
        previous = ""; lost = 0
        for (i = 1; i <= steps[t]; i++) {
            key = src[t] SUBSEP i
            if (kind[key] == "view" && !primary[key]) lost = 1
            if (!is_primary_view(key)) continue
            if (sig[key] == sig[view]) {
                # Two components met: the one that was primary goes on, and the others join it.
                if (fits(previous, view) && me[previous] == me[key]) {
                    if (lost) no_quorum = later_of(no_quorum, previous)
                    else one_life = later_of(one_life, previous)
                }
                # A new life goes on from the data that its disk held.
                start = began[key] == "" ? pos[view] : began[key]
                mine = last_within(src[t], i - 1, start); last = of_others(t, mine, start)
                if (last == "") last = mine
                if (fits(last, view)) another = later_of(another, last)
            }
            previous = key; lost = 0
        }
    }
    if (one_life == "") one_life = no_quorum
    return earlier[sig[view]] = (one_life != "" ? one_life : another)
}
# The first step of a log that is this view.
function first_in(t, view,   i, key) {
    for (i = 1; i <= steps[t]; i++) {
        key = src[t] SUBSEP i
        if (is_primary_view(key) && sig[key] == sig[view]) return key
    }
    return ""
}
# Follows the line of a node: its views and its ends, the newest first.
function follow(one,   turn, most, node_, end, mine, view, t, key, i, found) {
    views[one] = ends[one] = whole[one] = 0; cut[one] = ""
    node_ = one; end = position[one]; most = 0
    for (t = 1; t <= total; t++) most += steps[t]
    for (turn = 0; turn <= most; turn++) {
        if (is_undefined(end)) { whole[one] = 1; return }
        ends[one]++; end_at[one, ends[one]] = end
        mine = last_within(src[node_], steps[node_], end); view = of_others(node_, mine, end)
        if (view == "") view = mine
        if (view == "") { cut[one] = end; return }
        for (; view != ""; view = before(view)) { views[one]++; view_at_[one, views[one]] = view; mine = view }
        view = mine
        found = ""
        if (seqno(pos[view]) <= 1)
            for (t = 1; t <= total && found == ""; t++) { key = first_in(t, view); if (key != "") { found = key; node_ = t } }
        if (found == "") {
            # The data with which the first known life began.
            for (t = 1; t <= total; t++) {
                key = first_in(t, view)
                if (key != "" && began[key] != "" && uuid(began[key]) == uuid(pos[view]) && (cut[one] == "" || seqno(began[key]) >= seqno(cut[one]))) cut[one] = began[key]
            }
            return
        }
        end = began[found] == "" ? NIL : began[found]
        for (i = 1; i <= ends[one]; i++) if (uuid(end_at[one, i]) == uuid(end)) return
    }
}
function end_in(one, history,   i) {
    for (i = 1; i <= ends[one]; i++) if (uuid(end_at[one, i]) == history) return seqno(end_at[one, i])
    return ""
}
# The last number, in the history of a view, before the next view of the line.
function limit(one, view,   i, first, end) {
    first = ""
    for (i = 1; i <= views[one] && sig[view_at_[one, i]] != sig[view]; i++)
        if (uuid(pos[view_at_[one, i]]) == uuid(pos[view])) first = view_at_[one, i]
    if (first != "") return seqno(pos[first]) - 1
    end = end_in(one, uuid(pos[view]))
    return end == "" ? seqno(pos[view]) : end
}
function views_between(one, history, from, to,   i, at, many) {
    many = 0
    for (i = 1; i <= views[one]; i++) {
        at = pos[view_at_[one, i]]
        if (uuid(at) == history && seqno(at) > from && seqno(at) <= to) many++
    }
    return many
}
function least(a, b) { return a < b ? a : b }
# Where two lines parted if a log was lost: `parted_in` and `parted_at`.
function along(gap, other,   i, view, found, first, shared, at) {
    if (cut[gap] == "") return 0
    found = ""
    for (i = 1; i <= views[other] && found == ""; i++) {
        view = view_at_[other, i]
        if (uuid(pos[view]) == uuid(cut[gap]) && identity_in(view, name[gap]) != "") found = view
    }
    if (found == "") return 0
    first = ""
    for (i = 1; i <= views[gap]; i++) {
        at = pos[view_at_[gap, i]]
        if (uuid(at) == uuid(cut[gap]) && (first == "" || seqno(at) - 1 < first)) first = seqno(at) - 1
    }
    shared = least(seqno(cut[gap]), limit(other, found))
    parted_in = uuid(cut[gap]); parted_at = first == "" ? shared : least(shared, first)
    return 1
}
# Where two lines parted: "at" (`parted_in`, `parted_at`), "start" if they have nothing in common, or "unknown".
function parted(one, other,   i, j, common, meets) {
    common = ""; parted_in = ""
    for (i = 1; i <= views[one] && common == ""; i++)
        for (j = 1; j <= views[other]; j++) if (sig[view_at_[one, i]] == sig[view_at_[other, j]]) { common = view_at_[one, i]; break }
    if (common != "") {
        parted_in = uuid(pos[common]); parted_at = least(limit(one, common), limit(other, common))
        return "at"
    }
    if (is_undefined(position[other])) return "start"
    meets = 0
    for (i = 1; i <= ends[one]; i++) if (end_in(other, uuid(end_at[one, i])) != "") meets = 1
    if (whole[one] && whole[other] && !meets) return "start"
    return along(one, other) || along(other, one) ? "at" : "unknown"
}
# The moments at which a node had data that it may have kept since: each start, each time without quorum, and those of the
# donor of its last copy.
function collect(one, many, donors,   last, i, first, from, to, m, began_at, asks_of) {
    last = 0
    for (i = 1; i <= many; i++) if (kind[one, i] == "copied") last = i
    if (last && donors && (donor[one, last] in place)) {
        first = moments; from = place[donor[one, last]]; to = pos[one, last]
        collect(from, steps[from], donors - 1)
        from = moments; moments = first
        for (m = first + 1; m <= from; m++) if (uuid(moment_at[m]) == uuid(to))
            keep_moment(m, seqno(moment_at[m]) < seqno(to) ? moment_at[m] : to)
    }
    began_at = NIL; asks_of = ""
    for (i = last + 1; i <= many; i++) {
        if (kind[one, i] == "asked" && joiner[one, i] == name[one]) asks_of = donor[one, i]
        if (kind[one, i] == "start") { began_at = pos[one, i]; asks_of = "" }
        if (kind[one, i] == "start" || (kind[one, i] == "view" && !primary[one, i])) {
            moments++; moment_of[moments] = one; moment_steps[moments] = i; moment_at[moments] = pos[one, i]
        } else if (kind[one, i] == "view") {
            # Up to its first view in a component it got the events of the donor, of whatever line they are.
            if (asks_of != "" && donors && (asks_of in place)) {
                first = moments; from = place[asks_of]; to = pos[one, i]
                collect(from, steps[from], donors - 1)
                from = moments; moments = first
                for (m = first + 1; m <= from; m++)
                    if (uuid(moment_at[m]) == uuid(began_at) && seqno(moment_at[m]) > seqno(began_at) && seqno(moment_at[m]) < seqno(to)) keep_moment(m, moment_at[m])
            }
            asks_of = ""
        }
    }
}
function keep_moment(m, at) {
    moments++; moment_of[moments] = moment_of[m]; moment_steps[moments] = moment_steps[m]; moment_at[moments] = at
}
# What a node holds: the parts of lines after `part_from` up to `part_to`. More than one part means that it has joined a
# primary component over a fork and got its events alone.
function find_parts(one,   m, at, p, kept, to, from, slot) {
    moments = parts[one] = 0
    collect(one, steps[one], told)
    for (m = 1; m <= moments; m++) if (uuid(moment_at[m]) == uuid(position[one])) {
        at = least(seqno(moment_at[m]), seqno(position[one]))
        # What it held beyond was lost with the power.
        for (p = 1; p <= parts[one]; p++) part_to[one, p] = least(part_to[one, p], at)
        kept = 0
        for (p = 1; p <= parts[one]; p++) if (p == 1 || part_from[one, p] < part_to[one, p]) {
            kept++; part_line[one, kept] = part_line[one, p]; part_from[one, kept] = part_from[one, p]; part_to[one, kept] = part_to[one, p]
        }
        parts[one] = kept
        slot = slots + 1; name[slot] = name[moment_of[m]]; src[slot] = moment_of[m]; steps[slot] = moment_steps[m]
        position[slot] = uuid(position[one]) ":" at
        follow(slot)
        if ((kept && part_to[one, kept] >= at) || parted(slot, one) != "at" || parted_in != uuid(position[one]) || parted_at >= at) continue
        slots = slot
        add_part(one, slot, at)
    }
    add_part(one, one, seqno(position[one]))
}
function add_part(one, line, to,   last) {
    last = parts[one]++
    part_line[one, last + 1] = line; part_from[one, last + 1] = last ? part_to[one, last] : 0; part_to[one, last + 1] = to
}
# What one node holds that another one lacks, as a list of numbers. Returns 0 if the logs do not say.
function find_own(one, other,   p, q, line, age, history, from, to, many, i, parts_here) {
    owns = 0
    for (p = 1; p <= parts[one]; p++) {
        line = part_line[one, p]
        for (q = 1; q <= parts[other]; q++) {
            met[q] = parted(line, part_line[other, q]); met_in[q] = met[q] == "at" ? parted_in : ""; met_at[q] = parted_at
            if (met[q] == "unknown") return 0
        }
        parts_here = 0
        # Older histories are of the oldest part.
        for (age = 1; age <= ends[line] && !parts_here && (age == 1 || p == 1); age++) {
            history = uuid(end_at[line, age])
            left = 1; left_from[1] = age == 1 ? part_from[one, p] : 0; left_to[1] = age == 1 ? part_to[one, p] : seqno(end_at[line, age])
            for (q = 1; q <= parts[other]; q++) if (met_in[q] == history) {
                parts_here = 1; from = 0; to = met_at[q]
                if (uuid(position[part_line[other, q]]) == history) { from = part_from[other, q]; to = least(to, part_to[other, q]) }
                if (from >= to) continue
                many = left
                for (i = 1; i <= many; i++) {
                    if (left_to[i] > to) { left++; left_from[left] = left_from[i] > to ? left_from[i] : to; left_to[left] = left_to[i] }
                    left_to[i] = least(left_to[i], from)
                }
            }
            for (i = 1; i <= left; i++) if (left_from[i] < left_to[i]) {
                owns++; own_line[owns] = line; own_in[owns] = history; own_from[owns] = left_from[i]; own_to[owns] = left_to[i]
            }
        }
    }
    return 1
}
# NOTHING, VIEWS, or a number of events and one more: what the list comes to. In the history `upto_in` it counts up to `upto`.
function weigh(upto_in, upto,   i, to, events, gone_on) {
    events = gone_on = 0
    for (i = 1; i <= owns; i++) {
        to = own_in[i] == upto_in ? least(own_to[i], upto) : own_to[i]
        if (own_from[i] >= to) continue
        gone_on = 1
        events += to - own_from[i] - views_between(own_line[i], own_in[i], own_from[i], to)
    }
    return events > 0 ? events + 1 : gone_on ? VIEWS : NOTHING
}
# What one node holds that another one lacks although it has passed the number.
function passed(one, other) {
    if (one == other || is_undefined(position[one]) || uuid(position[one]) != uuid(position[other])) return NOTHING
    return find_own(one, other) ? weigh(uuid(position[other]), seqno(position[other])) : UNKNOWN
}
# What one node holds beyond another one: NOTHING, VIEWS, a number of events and one more, or UNKNOWN.
function beyond(one, other,   found) {
    if (one == other || is_undefined(position[one])) return NOTHING
    if (!find_own(one, other)) return UNKNOWN
    found = weigh("", 0)
    if (found == NOTHING && (parts[one] > 1 || parts[other] > 1) && passed(other, one) != NOTHING) return VIEWS
    return found
}
function has_views(one,   i) {
    for (i = 1; i <= steps[one]; i++) if (is_primary_view(one SUBSEP i)) return 1
    return 0
}
# Whether a node left in order when the other one was a member of its last primary view: the other one then has what it has.
function has_left(one, other,   i) {
    for (i = steps[one]; i > 0; i--) if (is_primary_view(one SUBSEP i)) break
    if (!i || identity_in(one SUBSEP i, name[other]) == "") return 0
    # A server that leaves is in a view without members.
    for (i++; i <= steps[one] && kind[one, i] != "start"; i++) if (kind[one, i] == "view" && !amount[one, i]) return 1
    return 0
}
# Whether a node was alone when it went down, and its log does not tell of that life: it shows the saved view, or begins with
# that life, and the data have not changed since. Such a server was left alone while it joined.
function is_left_alone(one,   i) {
    if (!alone[one]) return 0
    for (i = 1; i <= steps[one]; i++)
        if (kind[one, i] == "view" && amount[one, i] == 1 && identity[one SUBSEP i, 1] == alone_as[one]) return 0
    if (!is_present[one]) return 1
    for (i = steps[one]; i > 0; i--) if (kind[one, i] == "start") return pos[one, i] != known[one]
    return 1
}
# Whether the state files point to a bootstrap of this node alone, its log has lost its end, and the other one has events
# of which it is then not known whether they are those of this node.
function is_doubtful(one, other,   i, j) {
    if ((!is_left_alone(one) && !forced[one]) || is_half(one) || has_left(other, one)) return 0
    # A node that was alone has a view of itself alone in a whole log.
    if (!alone[one] || amount[view_at_[one, 1]] == 1)
        for (i = 1; i <= steps[one] && views[one]; i++)
            if (kind[one, i] == "view" && sig[one, i] == sig[view_at_[one, 1]]) return 0
    for (i = 1; i <= views[one]; i++)
        for (j = 1; j <= views[other]; j++) if (sig[view_at_[one, i]] == sig[view_at_[other, j]])
            return uuid(known[other]) != uuid(pos[view_at_[one, i]]) || seqno(known[other]) > seqno(pos[view_at_[one, i]])
    return uuid(known[other]) != uuid(known[one]) || seqno(known[other]) >= seqno(known[one])
}
# If the views of a log are lost, the positions of one history say it, where nothing points to a fork.
function without_logs(one, other,   more) {
    if ((has_views(one) && has_views(other)) || known[one] == "" || known[other] == "" || uuid(known[one]) != uuid(known[other])) return UNKNOWN
    more = seqno(known[one]) - seqno(known[other])
    if (more > 0) return more + 1
    return alone[one] || safe[one] ? UNKNOWN : NOTHING
}
# What a member that has joined over a fork holds that another member lacks for ever. If it has no such row, but counts
# otherwise than they do, that is VIEWS.
function joined_over(one,   other, worst, of) {
    if (!is_member[one] || parts[one] < 2) return NOTHING
    worst = of = NOTHING
    for (other = 1; other <= told; other++) if (other != one && is_member[other]) {
        if (passed(one, other) > worst) worst = passed(one, other)
        if (passed(other, one) > of) of = VIEWS
    }
    return worst > of ? worst : of
}
function last_view(one,   i) {
    for (i = steps[one]; i > 0; i--) if (is_primary_view(one SUBSEP i)) return one SUBSEP i
    return ""
}
function has_data(one) { return known[one] != "" && !is_undefined(known[one]) }
function number(one) { return known[one] == "" ? -1 : seqno(known[one]) }
function trust(one) { return saved[one] == "named" ? 2 : saved[one] == "missing" || saved[one] == "garbage" ? 1 : 0 }
# Whether the last request of a node for what it lacked was not met.
function is_half(one,   i) {
    for (i = steps[one]; i > 0; i--) {
        if (kind[one, i] == "copied" || is_primary_view(one SUBSEP i)) return 0
        if (kind[one, i] == "asked" && joiner[one, i] == name[one]) return 1
    }
    return 0
}
# The order of preference of two nodes that hold everything.
function is_better(one, other) {
    if (is_member[one] != is_member[other]) return is_member[one] > is_member[other]
    if (size[one] != size[other]) return size[one] > size[other]
    if (has_data(one) != has_data(other)) return has_data(one) > has_data(other)
    if (number(one) != number(other)) return number(one) > number(other)
    if (trust(one) != trust(other)) return trust(one) > trust(other)
    return safe[one] > safe[other]
}
function objection(one,   other, trusted, strictly) {
    if ((saved[one] == "zero" || saved[one] == "empty") && steps[one] && !is_half(one)) return ""
    if (saved[one] == "named" && saved_uuid[one] != uuid(known[one])) return "its grastate.dat names another history (" saved_uuid[one] ")"
    if (saved[one] == "zero") return "its grastate.dat has the zero uuid of an interrupted state transfer or schema change, or of a node that was ahead of the cluster"
    if (saved[one] != "empty") return ""
    trusted = strictly = 1
    for (other = 1; other <= told; other++) if (other != one && has_data(other)) {
        if (!trust(other)) trusted = 0
        if (number(other) >= number(one)) strictly = 0
    }
    return trusted && strictly ? "" : "its empty grastate.dat may stand for a half-copied disk"
}
function say(text) { apart = apart (apart == "" ? "" : "; ") text }
END {
    total = slots = told; holder = first_member = 0
    for (one = 1; one <= told; one++) follow(one)
    for (one = 1; one <= told; one++) find_parts(one)
    for (one = 1; one <= told; one++) for (other = 1; other <= told; other++) {
        lead = beyond(one, other)
        if (one != other && (known[one] == "" || known[other] == "")) lead = UNKNOWN
        else if (lead == UNKNOWN) lead = without_logs(one, other)
        else if (one != other && (is_doubtful(one, other) || is_doubtful(other, one)) && has_data(one) && has_data(other)) lead = UNKNOWN
        holds[one, other] = lead
        word = lead == NOTHING ? "nothing" : lead == VIEWS ? "views" : lead == UNKNOWN ? "unknown" : "events"
        if (one != other) print "fact beyond:" name[one] ":" name[other] "=" word
        if (word == "events") say(name[one] " holds " lead - 1 (lead == 2 ? " event" : " events") " that " name[other] " lacks")
        if (word == "unknown") say("the logs do not say what " name[one] " holds beyond " name[other])
    }
    for (one = 1; one <= told; one++) {
        if (known[one] == "") print "fact unpositioned:" name[one]
        if (alone[one]) print "fact alone:" name[one]
        if (saved[one] != "named" || saved_uuid[one] != uuid(known[one])) print "fact stateless:" name[one]
        if (nil_view[one]) print "fact nil-view:" name[one]
        if (is_member[one] && (!first_member || uuid(known[one]) > uuid(known[first_member]) || (uuid(known[one]) == uuid(known[first_member]) && number(one) > number(first_member)))) first_member = one
        is_holder = known[one] != ""
        for (other = 1; other <= told; other++) if (other != one && holds[other, one] > VIEWS) is_holder = 0
        if (is_holder && (!holder || is_better(one, holder))) holder = one
        lead = joined_over(one)
        if (lead == VIEWS) print "fact joined-over-views:" name[one]
        if (lead > VIEWS) {
            print "fact joined-over-rows:" name[one]
            say(name[one] " has joined over a fork and holds rows that the others lack")
        }
    }
    if (holder && is_member[holder]) first_member = holder
    if (first_member) print "member " name[first_member]
    print "apart " apart
    if (!holder) exit
    if (joined_over(holder) > VIEWS)
        for (one = 1; one <= told; one++) if (is_member[one] && one != holder && holds[one, holder] == VIEWS) print "fact lacks:" name[one]
    print "holder " name[holder]
    text = objection(holder)
    if (text != "") print "objection " text
    kept = last_view(holder)
    if (kept == "") exit
    print "fact has-last-view"
    for (i = 1; i <= amount[kept]; i++) print "fact last-view:" member[kept, i]
    for (one = 1; one <= told; one++) {
        view = last_view(one)
        if (is_member[one] && view != "" && sig[view] == sig[kept]) print "fact kept:" name[one]
    }
}
