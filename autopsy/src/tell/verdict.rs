//! The verdict: what happened, from when on a loss was inevitable, what is lost, what to do.

use seatrial_evidence::Event;

use crate::cluster::{Alive, Begin};
use crate::ledger::Stand;
use crate::life::{End, Role};
use crate::mark::Mark;
use crate::statement::{Statement, count, list};
use crate::story::Story;
use crate::tell::found::{Refusals, flags_set, refusals, words};
use crate::tell::{Facts, components, danger, forks};

/// Adds the verdict.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let refusals = refusals(facts);
    let flags = flags_set(facts);
    story.now = (0..facts.cluster.nodes.len())
        .filter_map(|node| stand(facts, node))
        .collect();
    story.now.extend(last_component(facts));
    story.now.extend(arbitrator(facts));
    cluster_line(facts, story);
    for fork in &facts.forks {
        forks::fork_verdict(facts, fork, &refusals, &flags, story);
    }
    for doubt in &facts.cluster.doubts {
        story
            .verdict
            .extend(forks::doubt_line(facts, doubt, &flags));
    }
    for component in 0..cluster_len(facts) {
        story.verdict.extend(unseen_bootstrap(facts, component));
    }
    let lost = facts
        .forks
        .iter()
        .any(|fork| fork.new.lost().or(fork.old.lost()).is_some());
    for hang in &facts.hangs {
        danger::hang_verdict(facts, hang, story);
    }
    failed_joins(facts, story);
    replaced(facts, story);
    in_time(&mut story.verdict);
    if !lost {
        nothing_lost(facts, story);
    }
    if story.to_do.is_empty() {
        story.to_do.push(Statement::judgement(
            "Nothing has to be done for the data.",
            [],
        ));
    }
    habits(facts, &refusals, story);
    lend_evidence(story);
}

/// Advice rests on the lines of what it is drawn from.
fn lend_evidence(story: &mut Story) {
    let from = [
        story.no_return.as_ref(),
        story.danger.as_ref(),
        story.lost.first(),
    ];
    let mut lines = from.into_iter().flatten().map(|one| one.evidence.clone());
    let lines = lines.find(|lines| !lines.is_empty()).unwrap_or_default();
    let advice = story.to_do.iter_mut().chain(&mut story.not_to_do);
    for advice in advice.chain(&mut story.copies) {
        if advice.evidence.is_empty() {
            advice.evidence.clone_from(&lines);
        }
    }
}

/// Puts sentences in the order of time; those without a time stay behind the one before them.
fn in_time(lines: &mut Vec<Statement>) {
    let mut last = String::new();
    let mut keyed: Vec<(String, Statement)> = Vec::new();
    for line in lines.drain(..) {
        if let Some(at) = &line.at {
            last.clone_from(at);
        }
        keyed.push((last.clone(), line));
    }
    keyed.sort_by(|one, other| one.0.cmp(&other.0));
    lines.extend(keyed.into_iter().map(|(_, line)| line));
}

/// A member that votes and holds no data.
fn arbitrator(facts: &Facts<'_, '_>) -> Option<Statement> {
    let cluster = facts.cluster;
    let node = cluster
        .nodes
        .iter()
        .position(crate::cluster::Node::is_arbitrator)?;
    let view = cluster.views.iter().find(|view| view.has_node(node))?;
    Some(Statement::certain(
        format!(
            "{} is an arbitrator: it counts for the quorum and holds no data.",
            cluster.name(node)
        ),
        view.marks().into_iter().take(1),
    ))
}

/// Which cluster it is, and how its history went on.
fn cluster_line(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    let mut histories: Vec<(seatrial_galera::StateUuid, Vec<Mark>)> = Vec::new();
    for view in &cluster.views {
        let Some(history) = view.history else {
            continue;
        };
        let marks = view.marks();
        match histories.iter_mut().find(|(known, _)| *known == history) {
            Some((_, known)) => {
                if known.len() < 6 {
                    known.extend(marks.first());
                }
            }
            None => histories.push((history, marks.into_iter().take(1).collect())),
        }
    }
    let mut names: Vec<String> = cluster.nodes.iter().map(|node| node.name.clone()).collect();
    names.sort();
    let says = match histories.as_slice() {
        [] => {
            story.verdict.push(Statement::certain(
                format!("The logs of {} show no primary component.", list(&names)),
                [],
            ));
            return;
        }
        [(history, _)] => {
            let way = way(facts);
            format!(
                "One cluster of {} and one history, {history}{way}.",
                list(&names)
            )
        }
        many => {
            let all: Vec<String> = many
                .iter()
                .map(|(history, _)| history.to_string())
                .collect();
            format!(
                "{} hold {} histories, which have nothing in common: {}.",
                list(&names),
                many.len(),
                list(&all)
            )
        }
    };
    let marks: Vec<Mark> = histories.into_iter().flat_map(|(_, marks)| marks).collect();
    story.verdict.push(Statement::certain(says, marks));
}

/// From where to where the logs show a history, and how often it was begun again.
fn way(facts: &Facts<'_, '_>) -> String {
    let cluster = facts.cluster;
    let starts = cluster
        .components
        .iter()
        .enumerate()
        .filter_map(|(index, component)| {
            Some((cluster.first_view(index).mark.at, component.from?))
        });
    let ends = cluster
        .components
        .iter()
        .filter_map(|component| component.reach.as_ref());
    let first = starts.min_by_key(|(at, _)| *at);
    let last = ends.max_by_key(|reach| reach.mark.at);
    let (Some((begun, from)), Some(last)) = (first, last) else {
        return String::new();
    };
    let number = i64::try_from(cluster.components.len()).unwrap_or(i64::MAX);
    let again = match (number, facts.forks.is_empty()) {
        (0 | 1, _) => String::new(),
        (_, true) => {
            let times = if number == 2 {
                "once".to_owned()
            } else {
                count(number - 1, "time")
            };
            if comes_back_by_itself(facts) {
                format!("; it ended as a whole and came back {times}")
            } else {
                format!("; it was stopped and bootstrapped again {times}")
            }
        }
        (_, false) => format!("; there were {number} primary components"),
    };
    format!(
        ", from {from} ({}) to {} ({}){again}",
        facts.time(begun),
        last.value,
        facts.time(last.mark.at)
    )
}

fn cluster_len(facts: &Facts<'_, '_>) -> usize {
    facts.cluster.components.len()
}

/// Returns whether a component began without a bootstrap: its members started, and their saved views were enough.
fn comes_back_by_itself(facts: &Facts<'_, '_>) -> bool {
    let cluster = facts.cluster;
    (1..cluster.components.len()).any(|component| {
        let view = cluster.first_view(component);
        let started = view
            .seen
            .iter()
            .filter(|seen| cluster.lives[seen.life].start.is_some())
            .count();
        cluster.components[component].begin == Begin::Unseen && started == view.members.len()
    })
}

/// A component whose bootstrap no log shows, but what came of it.
fn unseen_bootstrap(facts: &Facts<'_, '_>, component: usize) -> Option<Statement> {
    let cluster = facts.cluster;
    let own = &cluster.components[component];
    if own.begin != Begin::Unseen || own.parent.is_none() || component == 0 {
        return None;
    }
    let view = cluster.first_view(component);
    let found = view
        .seen
        .iter()
        .filter(|seen| cluster.lives[seen.life].start.is_some());
    let joiners: Vec<usize> = found.map(|seen| cluster.lives[seen.life].node).collect();
    let there: Vec<usize> = view
        .nodes
        .iter()
        .flatten()
        .filter(|node| !joiners.contains(node))
        .copied()
        .collect();
    if there.is_empty() {
        let statement = Statement::inferred(
            format!(
                "{} made a primary component again by themselves, after the last one had ended: their saved views (gvwstate.dat) named each other.",
                list(&cluster.names_of(&joiners))
            ),
            view.marks(),
        );
        return Some(facts.at(view.mark, statement).1);
    }
    let number = view.view_number()?;
    let conf_id = view.conf_id?;
    let names = cluster.names_of(&there);
    let before = own
        .parent
        .map(|parent| components::last_sign(facts, parent));
    let span = before
        .filter(|before| before.at < view.mark.at)
        .map_or_else(
            || format!("before {}", facts.time(view.mark.at)),
            |before| {
                format!(
                    "between {} and {}",
                    facts.time(before.at),
                    cluster.face.show_after(view.mark.at, before.at)
                )
            },
        );
    let statement = Statement::inferred(
        format!(
            "The cluster was stopped and bootstrapped anew, by {}, {span}: {} finds a component at view {number}, configuration {conf_id}, with {} alone. No log shows the bootstrap.",
            list(&names),
            list(&cluster.names_of(&joiners)),
            list(&names)
        ),
        view.marks().into_iter().chain(before),
    );
    Some(facts.at(view.mark, statement).1)
}

/// Nodes that never came in, and transfers that broke.
fn failed_joins(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    for node in 0..cluster.nodes.len() {
        let mut tries: Vec<(Mark, Vec<Mark>)> = Vec::new();
        let mut is_in = false;
        for transfer in facts
            .transfers
            .iter()
            .filter(|transfer| transfer.joiner == node)
        {
            if transfer.succeeded() {
                is_in = true;
                tries.clear();
            } else {
                tries.push((transfer.chosen, vec![transfer.chosen, transfer.last()]));
            }
        }
        for search in facts
            .no_donors
            .iter()
            .filter(|search| search.joiner == node)
        {
            let known = tries
                .iter()
                .any(|(mark, _)| (mark.at.as_second() - search.first.at.as_second()).abs() < 30);
            if !known && !is_in {
                tries.push((search.first, vec![search.first, search.last]));
            }
        }
        tries.sort_by_key(|(mark, _)| mark.at);
        let is_member = matches!(
            facts.now[node].stand,
            Stand::Member(_) | Stand::HangsAsDonor
        );
        if tries.len() < 2 || is_member {
            continue;
        }
        let times: Vec<String> = tries.iter().map(|(mark, _)| facts.time(mark.at)).collect();
        let marks: Vec<Mark> = tries.into_iter().flat_map(|(_, marks)| marks).collect();
        let first = marks[0];
        // Between two attempts it is a member without its data; a member from long before had them.
        let was_in = cluster.views.windows(2).any(|pair| {
            pair.iter().all(|view| {
                view.has_node(node) && view.mark.at.as_second() < first.at.as_second() - 60
            })
        });
        let always = if is_in || was_in {
            "came back no more"
        } else {
            "did not come in"
        };
        let line = Statement::certain(
            format!(
                "{} {always}: its attempts of {} all failed.",
                cluster.name(node),
                list(&times)
            ),
            marks,
        );
        story.verdict.push(facts.at(first, line).1);
    }
}

/// Nodes whose data folder was empty although they had held data before.
fn replaced(facts: &Facts<'_, '_>, story: &mut Story) {
    let cluster = facts.cluster;
    for node in 0..cluster.nodes.len() {
        let mut held = false;
        for (index, life) in cluster.lives_of(node) {
            if held && let Some(mark) = life.no_saved {
                let name = cluster.name(node);
                let statement = Statement::inferred(
                    format!(
                        "{name} came back with an empty data folder: what it held before was thrown away with its volume."
                    ),
                    [mark].into_iter().chain(life.first()),
                );
                story.verdict.push(facts.at(mark, statement).1);
                story.to_do.push(Statement::judgement(
                    format!("Nothing has to be done for the data. Ask why {name} lost its data folder, and keep volumes when a node is replaced."),
                    [],
                ));
                let gone = cluster.components.iter().any(|one| {
                    one.views
                        .iter()
                        .any(|view| cluster.views[*view].has_node(node))
                });
                let copy = position_held(facts, node, index);
                if let (true, Some((copy, mark))) = (gone, copy) {
                    story.lost.push(Statement::judgement(
                        format!("What {name} lost with its volume was a copy of {copy}, and the component that held it went on."),
                        [mark],
                    ));
                }
            }
            held |= life.full.is_some() && life.role == Role::Member;
        }
    }
}

fn position_held(facts: &Facts<'_, '_>, node: usize, before: usize) -> Option<(i64, Mark)> {
    let cluster = facts.cluster;
    let lives = cluster
        .lives_of(node)
        .filter(|(index, life)| *index < before && life.full.is_some());
    let (index, _) = lives.last()?;
    let view = cluster.views_of(index).next_back()?;
    let view = &cluster.views[view];
    Some((view.position()?, view.marks()[0]))
}

/// No side of a fork was overwritten, and none stands apart.
fn nothing_lost(facts: &Facts<'_, '_>, story: &mut Story) {
    let at_risk = story.lost.iter().any(|line| {
        line.says.starts_with("Nothing acknowledged")
            || line.says.starts_with("Not lost yet")
            || line.says.starts_with("Whether")
    });
    if at_risk {
        return;
    }
    let forks = facts.forks.is_empty();
    if facts.cluster.views.is_empty() {
        return;
    }
    let doubts = doubts(facts);
    if !doubts.is_empty() {
        story.lost.extend(doubts);
        story.to_do.push(Statement::judgement(
            "Before any data folder is overwritten, ask every node for wsrep_last_committed and its history, and look for the rows.",
            [],
        ));
        return;
    }
    let histories = facts.cluster.views.iter().filter_map(|view| view.history);
    let one_history = histories.collect::<std::collections::BTreeSet<_>>().len() < 2;
    if forks && one_history && facts.cluster.components.len() > 1 {
        let lines: Vec<Mark> = (0..facts.cluster.components.len())
            .map(|index| facts.cluster.first_view(index).marks()[0])
            .collect();
        let number = facts.cluster.components.len();
        story.verdict.push(Statement::inferred(
            format!("No fork is shown: the {number} primary components follow one another in one line of history."),
            lines,
        ));
    }
    let first = facts.cluster.views[0].marks();
    let all = 0..facts.cluster.components.len();
    let shown = all.map(|index| facts.cluster.last_view(index).marks()[0]);
    let lines: Vec<Mark> = first.into_iter().take(1).chain(shown).collect();
    let unseen = facts.cluster.without_log();
    if !unseen.is_empty() {
        let names = list(&unseen);
        story.lost.insert(
            0,
            Statement::judgement(
                format!(
                    "These logs show no loss. Whether {names} held anything of {} own, nobody can tell without {} log{}.",
                    if unseen.len() == 1 { "its" } else { "their" },
                    if unseen.len() == 1 { "its" } else { "their" },
                    if unseen.len() == 1 { "" } else { "s" }
                ),
                lines,
            ),
        );
        story.to_do.push(Statement::judgement(
            format!("Get the log of {names}, and ask again, before anything is overwritten."),
            [],
        ));
        return;
    }
    let says = match (forks, all_ended_at_once(facts)) {
        (true, false) => {
            "Nothing was lost, as far as these logs tell: there is no fork, and no copy of anything acknowledged was overwritten without another."
        }
        (true, true) => {
            "Nothing was lost, if every node flushes its log at each commit (innodb_flush_log_at_trx_commit=1): all members of a component ended without an orderly stop, and what they acknowledged just before is in no log."
        }
        (false, _) => "Nothing was lost: the sides of the fork differ by views only.",
    };
    story.lost.insert(0, Statement::judgement(says, lines));
}

/// What keeps anybody from saying that nothing was lost, although no side of a fork was seen to be overwritten.
fn doubts(facts: &Facts<'_, '_>) -> Vec<Statement> {
    let cluster = facts.cluster;
    let mut doubts = Vec::new();
    let mut histories = Vec::new();
    for view in &cluster.views {
        if let Some(history) = view.history
            && !histories.iter().any(|(known, _)| *known == history)
        {
            histories.push((history, view.marks()[0]));
        }
    }
    if histories.len() > 1 {
        doubts.push(Statement::judgement(
            format!(
                "Whether anything was lost cannot be told: the logs show {} histories that have nothing in common, and what was written to one of them is in no other.",
                histories.len()
            ),
            histories.into_iter().map(|(_, mark)| mark),
        ));
    }
    for life in &cluster.lives {
        let gap = life
            .facts
            .iter()
            .find(|dated| dated.fact.event == Event::LeftOut);
        if let Some(dated) = gap {
            doubts.push(Statement::judgement(
                format!(
                    "Whether anything was lost cannot be told: the middle of the log of {} is left out.",
                    cluster.name(life.node)
                ),
                [dated.mark()],
            ));
        }
    }
    let sides = facts
        .forks
        .iter()
        .flat_map(|fork| [(fork.component, &fork.new), (fork.beside, &fork.old)]);
    for (component, side) in sides {
        if side.write_sets > 0 || writes_are_known(facts, component) {
            continue;
        }
        let view = cluster.last_view(component);
        doubts.push(Statement::judgement(
            format!(
                "Whether write sets of {} were lost or are in danger cannot be told: no log says what was committed there after the view of {}.",
                list(&cluster.members(view)),
                facts.time(view.mark.at)
            ),
            view.marks(),
        ));
    }
    if facts.forks.is_empty() {
        for life in &cluster.lives {
            let Some(reversal) = &life.reversal else {
                continue;
            };
            let (own, group) = reversal.value;
            if own > group {
                let statement = Statement::judgement(
                    format!(
                        "Whether anything was lost cannot be told: {} held {} more than its group when it aborted ({own}, the group {group}), write sets or views.",
                        cluster.name(life.node),
                        count(own - group, "number")
                    ),
                    [reversal.mark],
                );
                doubts.push(facts.at(reversal.mark, statement).1);
            }
        }
    }
    doubts
}

/// Returns whether a log says how far a component came after its last view: a member left it in order, or started
/// again with a position.
fn writes_are_known(facts: &Facts<'_, '_>, component: usize) -> bool {
    let cluster = facts.cluster;
    let view = cluster.last_view(component);
    view.members.iter().any(|member| {
        let Some(index) = cluster.life_of(member) else {
            return false;
        };
        let life = &cluster.lives[index];
        let left = life.left.as_ref();
        left.is_some_and(|left| left.mark.at >= view.mark.at)
            || cluster.lives_of(life.node).any(|(later, life)| {
                later > index && (life.recovered.is_some() || life.reversal.is_some())
            })
    })
}

/// Returns whether all members of a component ended without an orderly stop, so that its last write sets depend on
/// what was flushed.
fn all_ended_at_once(facts: &Facts<'_, '_>) -> bool {
    let cluster = facts.cluster;
    (0..cluster.components.len()).any(|component| {
        let view = cluster.last_view(component);
        !view.members.is_empty()
            && view.members.iter().all(|member| {
                let life = cluster.life_of(member);
                life.is_some_and(|life| {
                    matches!(
                        cluster.lives[life].end,
                        End::Crashed(_) | End::CutOff | End::Aborted
                    )
                })
            })
    })
}

/// Habits that will make trouble again.
fn habits(facts: &Facts<'_, '_>, refusals: &[Refusals], story: &mut Story) {
    let cluster = facts.cluster;
    for group in refusals {
        if let (Some(every), true) = (group.every_s, group.lives.len() > 5) {
            let name = cluster.name(group.node);
            let marks = [
                cluster.lives[group.lives[0]].refused,
                cluster.lives[group.lives[1]].refused,
            ];
            story.to_do.push(Statement::judgement(
                format!(
                    "Switch off the job that starts {name} with the bootstrap option every {}.",
                    words(every)
                ),
                marks.into_iter().flatten(),
            ));
        }
    }
    let named = facts.no_donors.iter().find(|search| {
        !search.wanted.contains('*') && !search.wanted.ends_with(',') && search.times > 5
    });
    if let Some(search) = named {
        story.to_do.push(Statement::judgement(
            format!(
                "Name donors with a trailing comma (now: '{}'), so that another synced node can serve.",
                search.wanted
            ),
            [search.first],
        ));
    }
    let tls = cluster
        .lives
        .iter()
        .flat_map(|life| &life.facts)
        .find(|dated| {
            matches!(
                &dated.fact.event,
                seatrial_evidence::Event::HandshakeFailed { .. }
            )
        });
    if let Some(dated) = tls {
        story.to_do.push(Statement::judgement(
            "Mend the certificates: connections were refused for them.",
            [dated.mark()],
        ));
    }
}

/// How a node stands at the end.
fn stand(facts: &Facts<'_, '_>, node: usize) -> Option<Statement> {
    let cluster = facts.cluster;
    let now = &facts.now[node];
    let name = cluster.name(node);
    let data = now.data.as_ref().map_or_else(String::new, |(branch, at)| {
        let forks = facts.forks.len();
        let line = if forks > 0 {
            format!(" of line {}", branch + 1)
        } else {
            String::new()
        };
        format!(", with {}{line} on its disk", at.value)
    });
    let says = match &now.stand {
        Stand::Member(state) => {
            let state = match state.as_str() {
                "SYNCED" => "a synced member of the primary component".to_owned(),
                "" => "a member of the primary component".to_owned(),
                other => format!("a member of the primary component, {other}"),
            };
            format!("{name} is {state}.")
        }
        Stand::HangsAsDonor => {
            format!("{name} is a member of the primary component, and a donor without end.")
        }
        Stand::Outside => format!("The server of {name} is up and in no group{data}."),
        Stand::Down => format!("{name} is down{data}."),
        Stand::Unclear => {
            format!("The log of {name} ends within a run; nothing shows a group{data}.")
        }
        Stand::Unseen => return None,
    };
    let marks = [now.mark, now.data.as_ref().map(|(_, at)| at.mark)];
    Some(Statement::certain(says, marks.into_iter().flatten()))
}

/// The last primary component, as the logs leave it.
fn last_component(facts: &Facts<'_, '_>) -> Option<Statement> {
    let cluster = facts.cluster;
    let end = cluster.end();
    let alive = (0..cluster.components.len()).rev().find(|component| {
        cluster.was_alive(*component, end) == Alive::Yes
            || cluster.last_view(*component).members.iter().any(|member| {
                let life = cluster.life_of(member);
                life.is_some_and(|life| {
                    cluster.lives[life].end == End::Open && cluster.lives[life].left.is_none()
                })
            })
    })?;
    let view = cluster.last_view(alive);
    let mut says = format!(
        "At the end the primary component is {}",
        list(&cluster.members(view))
    );
    if let Some(number) = view.number {
        says.extend([format!(": view {number}")]);
    }
    if let Some(conf_id) = view.conf_id {
        says.extend([format!(", configuration {conf_id}")]);
    }
    if let Some(reach) = &cluster.components[alive].reach {
        says.extend([format!(", position {}", reach.value)]);
    }
    says.push('.');
    Some(
        facts
            .at(view.mark, Statement::certain(says, view.marks()))
            .1,
    )
}
