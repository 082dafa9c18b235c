//! Plans the steps, the further look that would decide, and the facts that stay unknown.

use std::collections::BTreeSet;

use seatrial_galera::{Saved, SavedView, StateUuid};
use seatrial_port::{NodeName, list};

use super::choice::{Decision, Why, choose, is_covered, seqno, uuid};
use super::histories::short;
use super::{Action, Circumstances, Evidence, Histories, Look, RecoveryRun, Running};

/// Returns the action to take.
///
/// A server that runs comes before all files: it knows more than they say, and a bootstrap beside a
/// primary component makes a second one.
pub(super) fn action(looks: &[Look], circumstances: &Circumstances) -> Action {
    let running = |wanted: Running| -> Vec<NodeName> {
        let found = looks.iter().filter(|look| look.running == Some(wanted));
        found.map(|look| look.evidence.node.clone()).collect()
    };
    let serving = running(Running::Serves);
    if let Some(contradiction) = circumstances.contradictions.first() {
        return Action::Decide {
            question: contradiction.clone(),
        };
    }
    if !serving.is_empty() {
        return Action::StartInto { nodes: serving };
    }
    let unclear = running(Running::Unclear);
    if !unclear.is_empty() {
        return Action::LookFirst {
            question: format!(
                "a server runs, or may run, on {}, and nobody has asked it whether it is primary",
                list(&unclear)
            ),
            nodes: unclear,
        };
    }
    let stuck = running(Running::NoQuorum);
    if !stuck.is_empty() {
        return Action::LookFirst {
            question: format!(
                "{} {} without quorum: make sure that all other servers are down, then make it \
                 primary where it is",
                list(&stuck),
                if stuck.len() == 1 { "runs" } else { "run" }
            ),
            nodes: stuck,
        };
    }
    let evidence: Vec<Evidence> = looks.iter().map(|look| look.evidence.clone()).collect();
    of_stopped(&evidence, &circumstances.away)
}

/// What to do where no server runs that knows more.
fn of_stopped(all: &[Evidence], away: &[NodeName]) -> Action {
    let views: Vec<Option<SavedView>> = all.iter().map(|one| one.view.clone()).collect();
    match choose(all) {
        Decision::Ask { text, .. } => {
            let question = text.split(". Found: ").next().unwrap_or(&text).to_owned();
            Action::Decide { question }
        }
        Decision::Bootstrap(_) if !away.is_empty() && !is_covered(&views) => Action::Decide {
            question: format!(
                "{} was not looked at and may hold the newest rows: bring it back, or decide that \
                 it is lost",
                list(away)
            ),
        },
        Decision::Bootstrap(node) => {
            let best = all.iter().find(|one| one.node == node);
            let equal = |one: &&Evidence| best.is_some_and(|best| is_equal(one, best));
            Action::Bootstrap {
                or: all
                    .iter()
                    .filter(equal)
                    .map(|one| one.node.clone())
                    .collect(),
                force: best.is_some_and(needs_force),
                node,
            }
        }
    }
}

/// Returns whether another node holds as much as the best one, and would do as well.
pub(super) fn is_equal(one: &Evidence, best: &Evidence) -> bool {
    one.node != best.node && (uuid(one), seqno(one)) == (uuid(best), seqno(best)) && is_whole(one)
}

fn is_whole(one: &Evidence) -> bool {
    !matches!(one.saved, Saved::Empty | Saved::Zero)
}

/// A missing or empty file counts as 1 (`galera/src/saved_state.cpp`).
pub(super) const fn needs_force(one: &Evidence) -> bool {
    matches!(one.saved, Saved::Named(state) if !state.safe_to_bootstrap)
}

/// Returns the content of a node's files in one line.
pub(super) fn found(look: &Look) -> String {
    let Evidence {
        node,
        position,
        saved,
        view,
    } = &look.evidence;
    let made = look.run != RecoveryRun::Missing;
    let position = match (position, made) {
        (Some(position), true) if position.is_undefined() => "recovered: no history".to_owned(),
        (Some(position), true) => format!("recovered {}:{}", short(position.uuid), position.seqno),
        (Some(position), false) => format!("saved {}:{}", short(position.uuid), position.seqno),
        (None, _) => "position unknown".to_owned(),
    };
    let saved = match saved {
        _ if !look.grastate => "grastate.dat not given".to_owned(),
        Saved::Missing => "no grastate.dat".to_owned(),
        Saved::Empty => "grastate.dat empty".to_owned(),
        Saved::Zero => "grastate.dat with the zero uuid".to_owned(),
        Saved::Garbage => "grastate.dat unreadable".to_owned(),
        Saved::Named(state) => format!(
            "grastate.dat {}:{} safe_to_bootstrap {}",
            short(state.uuid),
            state.seqno,
            u8::from(state.safe_to_bootstrap)
        ),
    };
    let view = match view {
        _ if !look.gvwstate => "gvwstate.dat not given".to_owned(),
        None => "gvwstate.dat without a view".to_owned(),
        Some(view) => {
            let members = view.members.len();
            let plural = if members == 1 { "member" } else { "members" };
            format!("saved view {} of {members} {plural}", view.id.1)
        }
    };
    format!("{node}  {position}; {saved}; {view}")
}

/// Returns the nodes that restore their component by themselves when all of them are started: the members of
/// the latest saved view, if all of them still hold exactly that view (`gcomm/src/pc_proto.cpp`, the
/// restore of `pc.recovery`; measurements A4.25 and A4.26).
fn restorable(all: &[Evidence]) -> Option<Vec<NodeName>> {
    let views = || all.iter().filter_map(|one| one.view.as_ref());
    let latest = views().max_by_key(|view| view.id.1)?;
    let holders: Vec<&Evidence> = all
        .iter()
        .filter(|one| one.view.as_ref().is_some_and(|view| view.id == latest.id))
        .collect();
    let is_member = |member: &String| {
        let mut held = holders.iter().filter_map(|one| one.view.as_ref());
        held.any(|view| view.is_of(member))
    };
    let whole = holders.len() == latest.members.len() && latest.members.iter().all(is_member);
    whole.then(|| holders.iter().map(|one| one.node.clone()).collect())
}

/// Returns the steps, in order. The nodes of `copies` must not join by events alone.
pub(super) fn steps(
    looks: &[Look],
    away: &[NodeName],
    action: &Action,
    copies: &[NodeName],
) -> Vec<String> {
    let evidence: Vec<Evidence> = looks.iter().map(|look| look.evidence.clone()).collect();
    let all = evidence.as_slice();
    if let Action::StartInto { nodes } = action {
        return into_serving(looks, nodes);
    }
    if let Action::LookFirst { nodes, .. } = action {
        return look_first(looks, nodes);
    }
    let Action::Bootstrap { node, or, force } = action else {
        let mut steps = vec![
            "Start nothing and bootstrap nothing until this is decided: a start is enough to \
             overwrite a node."
                .to_owned(),
            "Keep a copy of each data folder first: every choice overwrites the others.".to_owned(),
        ];
        steps.extend(by_history(all));
        return steps;
    };
    let mut steps = Vec::new();
    let waiting: Vec<NodeName> = looks
        .iter()
        .filter(|look| look.running == Some(Running::Waits))
        .map(|look| look.evidence.node.clone())
        .collect();
    if !waiting.is_empty() {
        steps.push(format!(
            "Stop the server on {}: it runs, and waits for the other members of its saved view.",
            list(&waiting)
        ));
    }
    let others: Vec<NodeName> = all
        .iter()
        .map(|one| one.node.clone())
        .filter(|name| name != node)
        .collect();
    let set = restorable(all).filter(|set| set.len() > 1 && set.contains(node));
    if let Some(set) = set.filter(|_| copies.is_empty()) {
        let late: Vec<NodeName> = others
            .iter()
            .filter(|n| !set.contains(n))
            .cloned()
            .collect();
        let mut text = format!(
            "Without a bootstrap (pc.recovery, which is the default): start {} together and wait \
             until they are Primary; the highest of them is taken.",
            list(&set)
        );
        if !late.is_empty() {
            text = format!(
                "{text} Only then start {}: started at the same time, all of them wait for each \
                 other for ever, since their saved views differ.",
                list(&late)
            );
        }
        steps.push(text);
        steps.push("Or bootstrap, with all servers down, as follows.".to_owned());
    }
    if let [_, ..] = or.as_slice() {
        steps.push(format!("{} would do as well as {node}.", list(or)));
    }
    if *force {
        steps.push(format!(
            "On {node}, server stopped: set safe_to_bootstrap to 1 (cm-cluster-manage \
             --force-safe-to-bootstrap). Not before the stop, which writes it back to 0."
        ));
    }
    steps.push(format!(
        "On {node}: bootstrap it (galera_new_cluster), and see it Primary."
    ));
    if !copies.is_empty() {
        steps.push(format!(
            "On {}, server stopped: remove grastate.dat, so that a start gets a whole copy. It has gone on apart \
             without a row, and its position means another event than on {node}.",
            list(copies)
        ));
    }
    if !others.is_empty() {
        steps.push(start_plainly(&others));
    }
    if !away.is_empty() {
        steps.push(format!(
            "{} joins when it comes back; compare its recovered position before it is started.",
            list(away)
        ));
    }
    steps
}

/// How the other nodes join a primary component that serves.
fn into_serving(looks: &[Look], serving: &[NodeName]) -> Vec<String> {
    let others: Vec<NodeName> = looks
        .iter()
        .map(|look| look.evidence.node.clone())
        .filter(|name| !serving.contains(name))
        .collect();
    let mut steps = vec![format!(
        "Bootstrap nothing: {} is primary, and a bootstrap beside it makes a second cluster.",
        list(serving)
    )];
    if others.is_empty() {
        steps.push(
            "Start the other nodes plainly, one after the other, each when the one before it is \
             Synced."
                .to_owned(),
        );
    } else {
        steps.push(start_plainly(&others));
    }
    steps
}

/// How nodes join a primary component.
fn start_plainly(nodes: &[NodeName]) -> String {
    match nodes {
        [one] => format!("Start {one} plainly, and see it Synced."),
        nodes => format!(
            "Start {} plainly, one after the other, each when the one before it is Synced.",
            list(nodes)
        ),
    }
}

/// What to find out of a server that runs.
fn look_first(looks: &[Look], nodes: &[NodeName]) -> Vec<String> {
    let said = list(nodes);
    let stuck = looks
        .iter()
        .any(|look| nodes.contains(&look.evidence.node) && look.running == Some(Running::NoQuorum));
    let mut steps = vec![
        "Start nothing and bootstrap nothing until this is known.".to_owned(),
        format!(
            "On {said}: mysql -e \"SHOW STATUS LIKE 'wsrep%'\". Give the answer to this command, \
             with the rest."
        ),
    ];
    if stuck {
        steps.push(format!(
            "If every other server is certainly down: on {said}, SET GLOBAL \
             wsrep_provider_options='pc.bootstrap=YES', then start the others plainly. Do not stop \
             it before: that gives up what it holds together."
        ));
    } else {
        steps.push(format!(
            "If it is Primary: start the others into it. If it is not, or does not answer \
             (ERROR 2002): it may wait for the others. Look at its log before you stop it on {said}."
        ));
    }
    steps
}

/// Names the node to bootstrap for each history that may be kept.
fn by_history(all: &[Evidence]) -> Vec<String> {
    let with_data: Vec<&Evidence> = all.iter().filter(|one| one.has_data()).collect();
    let uuids: BTreeSet<StateUuid> = with_data.iter().filter_map(|one| uuid(one)).collect();
    if uuids.len() < 2 {
        return Vec::new();
    }
    let kept = uuids.into_iter().filter_map(|wanted| {
        let of: Vec<Evidence> = with_data
            .iter()
            .filter(|one| uuid(one) == Some(wanted))
            .map(|one| (*one).clone())
            .collect();
        let Action::Bootstrap { node, or, .. } = of_stopped(&of, &[]) else {
            return None;
        };
        let or = if or.is_empty() {
            String::new()
        } else {
            format!(" (or {})", list(&or))
        };
        Some(format!(
            "Where history {} is kept: bootstrap {node}{or}; a node of another history gets a full \
             copy when it is started, over its own data.",
            short(wanted)
        ))
    });
    kept.collect()
}

/// Looks that would tell more, the most telling first.
pub(super) fn looks(all: &[Look], away: &[NodeName], histories: &[Histories]) -> Vec<String> {
    let evidence: Vec<Evidence> = all.iter().map(|look| look.evidence.clone()).collect();
    let why = match choose(&evidence) {
        Decision::Ask { why, .. } => Some(why),
        Decision::Bootstrap(_) => None,
    };
    let mut looks = Vec::new();
    let names = |wanted: &dyn Fn(&Look) -> bool| -> Vec<NodeName> {
        let wanted = all.iter().filter(|look| wanted(look));
        wanted.map(|look| look.evidence.node.clone()).collect()
    };
    let no_run = names(&|look| look.run == RecoveryRun::Missing);
    if !no_run.is_empty() {
        looks.push(format!(
            "On {}, server stopped: mysqld_safe --wsrep-recover. The position in grastate.dat is \
             -1 after a crash, and older than the data where a lock or a donation had written it.",
            list(&no_run)
        ));
    }
    if !away.is_empty() {
        looks.push(format!(
            "The state files and the recovered position of {}.",
            list(away)
        ));
    }
    match why {
        Some(Why::Histories) => looks.push(
            "The rows: start each server alone, on a copy of its data, without the provider \
             (wsrep_on=OFF, no network), and look which of them holds the tables and the newest \
             rows of the application. A history that began anew on a node may hold the older rows \
             too, or nothing."
                .to_owned(),
        ),
        Some(Why::Forked) => looks.push(
            "The error log of each node: the `View:` blocks say with which position (`id:`) and \
             which members every primary view began, so where the lines parted, and whether \
             anything was written after it. Then the rows, on copies of the data."
                .to_owned(),
        ),
        Some(Why::NotWhole) => looks.push(
            "The error log of that node: whether a state transfer or a schema change was under \
             way (`SST`, `state transfer`), or whether it found itself inconsistent."
                .to_owned(),
        ),
        Some(Why::NoPosition) | None => {}
    }
    let no_view = names(&|look| !look.gvwstate);
    if !no_view.is_empty() && all.len() > 1 {
        looks.push(format!(
            "gvwstate.dat of {}: who was with whom when it went down, which positions do not say.",
            list(&no_view)
        ));
    }
    let stale = names(&|look| look.run == RecoveryRun::AmongOlder);
    if !stale.is_empty() {
        looks.push(format!(
            "Whether the last line given for {} is of the last run: the text holds older ones that \
             differ.",
            list(&stale)
        ));
    }
    if why.is_none() && histories.iter().any(|one| one.parted) {
        looks.push(
            "Whether anybody forced or bootstrapped a node before: ask, and look for \
             `wsrep-new-cluster` and `bootstrap` in the logs."
                .to_owned(),
        );
    }
    looks
}

/// Returns the facts that stay unknown.
pub(super) fn unknown(all: &[Look], away: &[NodeName], histories: &[Histories]) -> Vec<String> {
    let mut unknown = vec![
        "How many of the events are rows: a change of view takes a number too.".to_owned(),
        "Whether equal positions mean equal rows: nothing compares rows when a node joins."
            .to_owned(),
    ];
    let crashed = all.iter().any(|look| look.evidence.view.is_some());
    if crashed {
        unknown.push(
            "Whether acknowledged rows are missing everywhere: with \
             innodb_flush_log_at_trx_commit other than 1 a crash loses some, and a row that was \
             acknowledged may have been applied on one node only."
                .to_owned(),
        );
    }
    if let Some(stranger) = strangers(all) {
        unknown.push(stranger);
    } else if away.is_empty() {
        unknown.push("Whether the cluster has nodes that are not named here.".to_owned());
    }
    if histories.len() > 1 {
        unknown.push("Which of the histories above happened.".to_owned());
    }
    unknown.push(
        "Whether a server runs right now, and whether these files are those of the present."
            .to_owned(),
    );
    unknown
}

/// Members of saved views that are none of the nodes whose views were given.
fn strangers(all: &[Look]) -> Option<String> {
    if all
        .iter()
        .any(|look| !look.gvwstate || look.evidence.view.is_none())
    {
        return None;
    }
    let views = || all.iter().filter_map(|look| look.evidence.view.as_ref());
    let mut members: Vec<&String> = views().flat_map(|view| &view.members).collect();
    members.retain(|member| !views().any(|view| view.is_of(member)));
    members.sort();
    members.dedup();
    (!members.is_empty()).then(|| {
        format!(
            "What {} member{} of the saved views did that {} none of these nodes' present \
             identities.",
            members.len(),
            if members.len() == 1 { "" } else { "s" },
            if members.len() == 1 { "is" } else { "are" },
        )
    })
}
