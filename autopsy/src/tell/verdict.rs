//! The verdict: what happened, from when on a loss was inevitable, what is lost, what to do.

use crate::cluster::{Alive, Doubt};
use crate::ledger::{Fork, Hang, Side, Stand};
use crate::life::{Life, Role};
use crate::mark::{Mark, span};
use crate::statement::{Statement, count, list};
use crate::story::Story;
use crate::tell::nodes::{FlagSet, Refusals, flags_set, refusals, words};
use crate::tell::{Facts, short_uuid};
use crate::transfer::Transfer;

/// Adds the verdict.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let refusals = refusals(facts);
    let flags = flags_set(facts);
    story.now = (0..facts.cluster.nodes.len())
        .filter_map(|node| stand(facts, node))
        .collect();
    story.now.extend(last_component(facts));
    cluster_line(facts, story);
    for fork in &facts.forks {
        fork_verdict(facts, fork, &refusals, &flags, story);
    }
    for doubt in &facts.cluster.doubts {
        story.verdict.extend(doubt_line(facts, doubt, &flags));
    }
    for component in 0..cluster_len(facts) {
        story.verdict.extend(unseen_bootstrap(facts, component));
    }
    let lost = facts
        .forks
        .iter()
        .any(|fork| fork.new.lost().or(fork.old.lost()).is_some());
    for hang in &facts.hangs {
        hang_verdict(facts, hang, story);
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
    let names: Vec<String> = cluster.nodes.iter().map(|node| node.name.clone()).collect();
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
            format!("; it was stopped and bootstrapped again {times}")
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

/// A fork: where it parted, how far each side went, whether a side is lost.
fn fork_verdict(
    facts: &Facts<'_, '_>,
    fork: &Fork,
    refusals: &[Refusals],
    flags: &[FlagSet],
    story: &mut Story,
) {
    let cluster = facts.cluster;
    let first = cluster.first_view(fork.component);
    let beside_first = cluster.components[fork.beside]
        .views
        .iter()
        .rev()
        .map(|view| &cluster.views[*view])
        .find(|view| view.mark.at <= first.mark.at)
        .unwrap_or_else(|| cluster.first_view(fork.beside));
    let own = cluster.members(first);
    let others: Vec<String> = cluster
        .members(beside_first)
        .into_iter()
        .filter(|name| !own.contains(name))
        .collect();
    let mut marks = first.marks();
    marks.extend(beside_first.marks());
    let history = first.history.map(short_uuid).unwrap_or_default();
    let how = how_begun(facts, fork, refusals, flags, &own, &mut marks);
    let place = if fork.at_once {
        format!("beside the living {}", list(&others))
    } else {
        format!("although {} had gone on", list(&others))
    };
    let times = if fork.at_once {
        "exist at the same time"
    } else {
        "follow one another without a common member"
    };
    let statement = Statement::certain(
        format!(
            "A fork: {how} {place}. Two primary components of one history ({history}) {times}, {{{}}} and {{{}}}; \
             the last common position is {}.",
            own.join(", "),
            others.join(", "),
            fork.common
        ),
        marks,
    );
    story.verdict.push(facts.at(first.mark, statement).1);
    for (side, names) in [(&fork.new, &own), (&fork.old, &others)] {
        story.verdict.push(side_line(facts, fork, side, names));
    }
    for (side, other) in [(&fork.new, &fork.old), (&fork.old, &fork.new)] {
        if let Some((mark, transfer)) = side.lost() {
            lost(facts, fork, side, other, (mark, transfer), story);
        }
    }
    if fork.new.lost().is_none() && fork.old.lost().is_none() {
        standing(facts, fork, story);
    }
}

fn how_begun(
    facts: &Facts<'_, '_>,
    fork: &Fork,
    refusals: &[Refusals],
    flags: &[FlagSet],
    own: &[String],
    marks: &mut Vec<Mark>,
) -> String {
    let cluster = facts.cluster;
    let life = match cluster.components[fork.component].begin {
        crate::cluster::Begin::Bootstrap(Some(life)) => Some(life),
        _ => None,
    };
    let Some(life) = life else {
        return format!("{} made a primary component", list(own));
    };
    marks.extend(cluster.lives[life].bootstrap);
    let node = cluster.lives[life].node;
    let name = cluster.name(node);
    let before = refusals
        .iter()
        .rfind(|group| group.node == node && group.lives.iter().all(|other| *other < life));
    let mut says = String::from(name);
    if let Some(group) = before {
        let number = i64::try_from(group.lives.len()).unwrap_or(i64::MAX);
        says.push_str(&format!(
            " was refused a bootstrap {}",
            count(number, "time")
        ));
        marks.extend(cluster.lives[group.lives[0]].refused);
        if let Some(flag) = flags.iter().find(|flag| flag.life == life) {
            says.push_str(", then somebody set its flag, and it");
            marks.extend(flag.marks.iter().copied());
        } else {
            says.push_str(", then");
        }
    } else if let Some(flag) = flags.iter().find(|flag| flag.life == life) {
        says.push_str(", whose flag somebody had set,");
        marks.extend(flag.marks.iter().copied());
    }
    says.push_str(" bootstrapped");
    says
}

/// How far a side went.
fn side_line(facts: &Facts<'_, '_>, fork: &Fork, side: &Side, names: &[String]) -> Statement {
    let cluster = facts.cluster;
    let component = if side.branch == fork.new.branch {
        fork.component
    } else {
        fork.beside
    };
    let first = cluster.first_view(component);
    let views = count(side.views, "view");
    let verb = if names.len() == 1 { "has" } else { "have" };
    let mut marks = vec![side.reach.mark];
    marks.extend(first.marks().into_iter().take(2));
    let says = if side.write_sets == 0 {
        format!(
            "{} {verb} nothing of their own beyond {}: up to {} there are {views} and no write set.",
            list(names), fork.common, side.reach.value
        )
        .replace(if names.len() == 1 { "their own" } else { "\u{0}" }, "its own")
    } else {
        let began = cluster
            .first_view(component)
            .position()
            .unwrap_or(fork.common);
        let writes = if component == fork.component && first.size == 1 {
            let from = first.mark.at;
            format!(
                " {} alone accepted clients for {}:",
                list(names),
                span(from, side.reach.mark.at)
            )
        } else {
            format!(" {}:", list(names))
        };
        let from = if component == fork.component {
            began
        } else {
            fork.common
        };
        format!(
            "{} from {from} to {}, {} and {views} beyond the parting.",
            writes.trim_start(),
            side.reach.value,
            count(side.write_sets, "write set")
        )
    };
    Statement::certain(says, marks)
}

/// A side of which no copy is left on a node.
fn lost(
    facts: &Facts<'_, '_>,
    fork: &Fork,
    side: &Side,
    other: &Side,
    (mark, transfer): (Mark, usize),
    story: &mut Story,
) {
    let cluster = facts.cluster;
    let transfer = &facts.transfers[transfer];
    let (joiner, donor) = (cluster.name(transfer.joiner), cluster.name(transfer.donor));
    let first = cluster.first_view(fork.component);
    let zero = transfer.has.as_ref().filter(|has| has.value.is_undefined());
    let started = transfer
        .joiner_life
        .and_then(|life| cluster.lives[life].start);
    let how = match (zero, started) {
        (Some(_), Some(start)) => format!(
            "{joiner} was started at {} without a position and asked for a full SST",
            cluster.face.show_after(start.at, mark.at)
        ),
        _ => format!("{joiner} took a full SST"),
    };
    let opened = first.marks().into_iter().take(1);
    let marks = [
        Some(mark),
        zero.map(|has| has.mark),
        started,
        Some(transfer.chosen),
    ];
    // From the choice of a donor on, the copy could not be taken back.
    let moment = transfer.chosen;
    let statement = Statement::judgement(
        format!(
            "{how}; the copy from {donor} overwrote the last {} of {}. The bootstrap at {} opened the fork; \
             until this moment every write set still lay on the disk of {joiner}.",
            if side.holders.len() == 1 {
                "copy"
            } else {
                "of the copies"
            },
            count(side.write_sets, "write set"),
            facts.time(first.mark.at)
        ),
        marks.into_iter().flatten().chain(opened),
    );
    story.no_return = Some(facts.at(moment, statement).1);
    let nodes: Vec<usize> = side.holders.iter().map(|holder| holder.node).collect();
    let names = cluster.names_of(&nodes);
    story.lost.push(Statement::judgement(
        format!(
            "Lost: {}, all of the line of {} from {} to {}.",
            count(side.write_sets, "write set"),
            list(&names),
            fork.common + 1,
            side.reach.value
        ),
        [side.reach.mark, mark],
    ));
    if other.write_sets == 0 {
        let others: Vec<usize> = other.holders.iter().map(|holder| holder.node).collect();
        let others = cluster.names_of(&others);
        story.lost.push(Statement::judgement(
            format!(
                "From the other side nothing is lost: {} had nothing of their own. Keeping {} and letting {} rejoin \
                 it would have lost nothing.",
                list(&others),
                list(&names),
                list(&others)
            ),
            [other.reach.mark],
        ));
        if let Some((life, reversal)) = reversal_of(facts, &nodes) {
            story.lost.push(facts.at(reversal, Statement::judgement(
                format!(
                    "The chance that was missed: at {} {} aborted with everything on its disk. Stop {}, bootstrap {}, \
                     and let the others join it.",
                    facts.time(reversal.at),
                    cluster.name(cluster.lives[life].node),
                    list(&others),
                    cluster.name(cluster.lives[life].node)
                ),
                [reversal],
            )).1);
        }
    }
    copies(facts, side, transfer, story);
    after_loss(facts, side, &names, story);
}

fn reversal_of(facts: &Facts<'_, '_>, nodes: &[usize]) -> Option<(usize, Mark)> {
    let lives = facts.cluster.lives.iter().enumerate();
    let mut found = lives.filter(|(_, life)| nodes.contains(&life.node));
    found.find_map(|(index, life)| Some((index, life.reversal.as_ref()?.mark)))
}

/// Where a copy of a lost side may still be.
fn copies(facts: &Facts<'_, '_>, side: &Side, transfer: &Transfer, story: &mut Story) {
    let cluster = facts.cluster;
    let since = cluster
        .components
        .iter()
        .position(|one| one.branch == side.branch)
        .map(|component| facts.time(cluster.first_view(component).mark.at));
    let since = since.map_or_else(String::new, |since| format!(" made after {since}"));
    for holder in &side.holders {
        let name = cluster.name(holder.node);
        let life = transfer
            .joiner_life
            .filter(|_| transfer.joiner == holder.node);
        let cache = life.and_then(|life| cluster.lives[life].cache.clone());
        let was_reset = life.is_some_and(|life| cluster.lives[life].cache_reset.is_some());
        let mut says = format!(
            "Copies may remain in the binary logs of {name}, in an asynchronous replica of it, and in a backup of it{since}"
        );
        let mut marks = Vec::new();
        if let (Some(cache), false) = (cache, was_reset) {
            says.push_str(&format!(
                ", and in its galera.cache, which held {} to {} when the SST began and was not emptied",
                cache.value.0, cache.value.1
            ));
            marks.push(cache.mark);
        } else if !was_reset {
            says.push_str(", and in its galera.cache");
        }
        says.push('.');
        story.copies.push(Statement::inferred(says, marks));
    }
    // An IST after the SST that breaks at once: the cache offered the other side's write sets.
    if let (Some(life), Some(failed)) = (transfer.joiner_life, &transfer.ist_failed) {
        let own = &cluster.lives[life];
        if own.cache_reset.is_none()
            && let Some(cache) = &own.cache
        {
            story.copies.push(Statement::inferred(
                format!(
                    "Why the IST after the SST failed: the fork has the uuid of the group, so the cache of {} was not emptied, and \
                     its write sets stand there under numbers at which the group has views.",
                    cluster.name(own.node)
                ),
                [failed.mark, cache.mark],
            ));
        }
    }
}

fn after_loss(facts: &Facts<'_, '_>, side: &Side, names: &[String], story: &mut Story) {
    let cluster = facts.cluster;
    let down: Vec<String> = side
        .holders
        .iter()
        .filter(|holder| matches!(facts.now[holder.node].stand, Stand::Down | Stand::Outside))
        .map(|holder| cluster.name(holder.node).to_owned())
        .collect();
    if !down.is_empty() {
        story.not_to_do.push(Statement::judgement(
            format!(
                "Do not start {}: a start may write over its galera.cache.",
                list(&down)
            ),
            [],
        ));
    }
    story.not_to_do.push(Statement::judgement(
        format!(
            "Do not bootstrap {} again: the others hold the history that serves.",
            list(names)
        ),
        [],
    ));
    let whose = list(names);
    for step in [
        format!("First copy galera.cache, the binary logs and every backup of {whose}, and ask for asynchronous replicas of it."),
        "Restore the backup beside the cluster, and let the owners of the application bring the rows back.".to_owned(),
        format!("Then remove the data and the galera.cache of {whose}, and let it join by SST, without bootstrap."),
    ] {
        story.to_do.push(Statement::judgement(step, []));
    }
}

/// Both sides stand: what is going to be lost, if one of them is given up.
fn standing(facts: &Facts<'_, '_>, fork: &Fork, story: &mut Story) {
    let cluster = facts.cluster;
    let sides = [&fork.new, &fork.old];
    for side in sides {
        if side.write_sets == 0 {
            continue;
        }
        let stands = cluster.names_of(&side.stands_on());
        if stands.is_empty() {
            story.lost.push(Statement::inferred(
                format!(
                    "Whether {} up to {} still exist is not known: no log of a node that held them was given.",
                    count(side.write_sets, "write set"), side.reach.value
                ),
                [side.reach.mark],
            ));
            continue;
        }
        story.lost.push(Statement::judgement(
            format!(
                "Not lost yet: {} up to {} lie on {} alone. An SST over {} would destroy them.",
                count(side.write_sets, "write set"),
                side.reach.value,
                list(&stands),
                if stands.len() == 1 { "it" } else { "them" }
            ),
            [side.reach.mark],
        ));
    }
    let with: Vec<&Side> = sides
        .into_iter()
        .filter(|side| side.write_sets > 0)
        .collect();
    match with.as_slice() {
        [] => {}
        [only] => {
            let keep = cluster.names_of(&only.stands_on());
            let other = if only.branch == fork.new.branch {
                &fork.old
            } else {
                &fork.new
            };
            let others = cluster.names_of(&other.stands_on());
            let step = format!(
                "Keep {}: stop {} in order, bootstrap {}, and let the others join it. Nothing is lost then.",
                list(&keep),
                list(&others),
                keep.first().map_or("it", String::as_str)
            );
            story.to_do.push(Statement::judgement(step, []));
        }
        [one, other, ..] => {
            let names = [one, other].map(|side| list(&cluster.names_of(&side.stands_on())));
            for step in [
                format!(
                    "Copy the data folders of {} and of {}, galera.cache and binary logs included, before anything else.",
                    names[0], names[1]
                ),
                format!(
                    "Decide whose data are kept: {} has {}, {} has {}. The rows of the other side are brought back by hand.",
                    names[0],
                    count(one.write_sets, "write set"),
                    names[1],
                    count(other.write_sets, "write set")
                ),
            ] {
                story.to_do.push(Statement::judgement(step, []));
            }
        }
    }
    story.not_to_do.push(Statement::judgement(
        "Do not remove grastate.dat and do not start one side into the other before both are copied: a full SST overwrites the joiner.",
        [],
    ));
}

/// A bootstrap beside members of whom nothing is known.
///
/// A flag that the server itself had set says that it was the last to leave; one that was set by hand
/// says nothing.
fn doubt_line(facts: &Facts<'_, '_>, doubt: &Doubt, flags: &[FlagSet]) -> Option<Statement> {
    let cluster = facts.cluster;
    let first = cluster.first_view(doubt.component);
    let beside = cluster.last_view(doubt.beside);
    let left = cluster.names_of(&doubt.nodes);
    let who = cluster.members(first);
    let forced = match cluster.components[doubt.component].begin {
        crate::cluster::Begin::Bootstrap(Some(life)) => flags.iter().find(|flag| flag.life == life),
        _ => None,
    };
    let forced = forced?;
    let mut marks = first.marks();
    marks.extend(beside.marks());
    marks.extend(forced.marks.iter().copied());
    let mut says = format!(
        "A fork was possible: {} bootstrapped after its flag had been set by hand, and no log says that {} had stopped, which had been left behind as {} at {}.",
        list(&who),
        list(&left),
        if left.len() == 1 { "member" } else { "members" },
        facts.time(beside.mark.at)
    );
    let later = later_position(facts, doubt);
    if let Some((text, mark)) = later {
        says.push_str(&format!(" Nothing came of it: {text}."));
        marks.push(mark);
    }
    Some(facts.at(first.mark, Statement::inferred(says, marks)).1)
}

/// Where a node that may have gone on stood later.
fn later_position(facts: &Facts<'_, '_>, doubt: &Doubt) -> Option<(String, Mark)> {
    let cluster = facts.cluster;
    let began = cluster.first_view(doubt.component).mark.at;
    let reach = cluster.components[doubt.beside].reach.as_ref()?.value;
    facts.transfers.iter().find_map(|transfer| {
        let has = transfer.has.as_ref()?;
        let fits = doubt.nodes.contains(&transfer.joiner)
            && transfer.chosen.at > began
            && has.value.seqno.0 == reach;
        fits.then(|| {
            (
                format!(
                    "at {} {} still stands at {reach}",
                    facts.time(transfer.chosen.at),
                    cluster.name(transfer.joiner)
                ),
                has.mark,
            )
        })
    })
}

fn cluster_len(facts: &Facts<'_, '_>) -> usize {
    facts.cluster.components.len()
}

/// A component whose bootstrap no log shows, but what came of it.
fn unseen_bootstrap(facts: &Facts<'_, '_>, component: usize) -> Option<Statement> {
    let cluster = facts.cluster;
    let own = &cluster.components[component];
    if own.begin != crate::cluster::Begin::Unseen || own.parent.is_none() || component == 0 {
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
    let number = view.view_number()?;
    let conf_id = view.conf_id?;
    let names = cluster.names_of(&there);
    let statement = Statement::inferred(
        format!(
            "The cluster was stopped and bootstrapped anew, by {}, before {}: {} finds a component at view {number}, configuration {conf_id}, with {} alone. No log shows the bootstrap.",
            list(&names),
            facts.time(view.mark.at),
            list(&cluster.names_of(&joiners)),
            list(&names)
        ),
        view.marks(),
    );
    Some(facts.at(view.mark, statement).1)
}

/// A donor that hangs, and what that means for the cluster.
fn hang_verdict(facts: &Facts<'_, '_>, hang: &Hang, story: &mut Story) {
    let cluster = facts.cluster;
    let name = cluster.name(hang.node);
    let Some(component) = cluster.component_of_life(hang.life) else {
        return;
    };
    let (line, inferred) = {
        let mut lines = super::remarks::hang(facts, hang)
            .into_iter()
            .map(|(_, line)| line);
        (lines.next(), lines.next())
    };
    story.verdict.extend(line);
    story.verdict.extend(inferred);
    let last = cluster.last_view(component);
    let reach = cluster.components[component].reach.clone();
    // The last other member that was in step, and that went while the donor hung.
    let gone = cluster
        .lives
        .iter()
        .enumerate()
        .filter(|(index, life)| {
            life.node != hang.node
                && cluster.component_of_life(*index) == Some(component)
                && super::nodes::synced(life).is_some()
        })
        .filter_map(|(_, life)| {
            let out = life.stop_requested.or_else(|| life.out())?;
            (out.at > hang.since.at).then_some((life, out))
        })
        .max_by_key(|(_, out)| out.at);
    if let Some((life, out)) = gone {
        dangerous(facts, hang, life, out, story);
    }
    if last.size == 1 && last.has_node(hang.node) {
        let position = reach
            .as_ref()
            .map_or_else(String::new, |reach| format!(" at {}", reach.value));
        let line = Statement::certain(
            format!(
                "At the end {name} is alone in the primary component{position}, as a donor without end."
            ),
            last.marks(),
        );
        story.verdict.push(facts.at(last.mark, line).1);
    }
    let whole = facts
        .now
        .iter()
        .enumerate()
        .filter(|(node, now)| *node != hang.node && now.stand == Stand::Down)
        .filter_map(|(node, now)| now.data.as_ref().map(|(branch, at)| (node, *branch, at)))
        .max_by_key(|(_, _, at)| at.value);
    let Some((node, branch, at)) = whole else {
        return;
    };
    let beyond = reach.as_ref().map_or(0, |reach| {
        reach.value - at.value - cluster.views_between(branch, at.value, reach.value)
    });
    let own = cluster.name(node);
    if branch == cluster.components[component].branch && beyond <= 0 {
        let views = reach.as_ref().map_or(0, |reach| {
            cluster.views_between(branch, at.value, reach.value)
        });
        story.lost.push(Statement::judgement(
            format!(
                "Nothing acknowledged is lost yet: the disk of {own} has every write set, up to {}{}.",
                at.value,
                if views > 0 { format!("; the {} beyond are views", views) } else { String::new() }
            ),
            [at.mark],
        ));
        for step in [
            format!("Copy the data folder of {own}."),
            format!(
                "Look at {name}: does it answer, and what do its threads wait for? If it answers, cancel the transfer, so that it is no donor any more, and let {own} join."
            ),
            format!(
                "If it does not answer: stop {name} for good, make sure that no server runs, check the position of {own} by a recovery run ({}), set its flag, bootstrap {own}, and let the others join by full SST.",
                at.value
            ),
        ] {
            story.to_do.push(Statement::judgement(step, []));
        }
        let behind: Vec<String> = facts
            .now
            .iter()
            .enumerate()
            .filter(|(other, now)| {
                *other != node
                    && *other != hang.node
                    && now
                        .data
                        .as_ref()
                        .is_some_and(|(_, data)| data.value < at.value)
            })
            .map(|(other, _)| cluster.name(other).to_owned())
            .collect();
        if !behind.is_empty() {
            story.not_to_do.push(Statement::judgement(
                format!(
                    "Never start {} by force: it lacks what {own} has.",
                    list(&behind)
                ),
                [],
            ));
        }
        story.not_to_do.push(Statement::judgement(
            format!("Do not kill {name} before the data of {own} are copied."),
            [],
        ));
    }
}

fn dangerous(facts: &Facts<'_, '_>, hang: &Hang, life: &Life<'_>, out: Mark, story: &mut Story) {
    let cluster = facts.cluster;
    let (gone, name) = (cluster.name(life.node), cluster.name(hang.node));
    let mut marks = vec![out, hang.since];
    let search = facts
        .no_donors
        .iter()
        .find(|search| search.joiner == life.node && search.first.at > out.at);
    let back = match search {
        Some(search) => {
            marks.push(search.first);
            let lacks = facts.transfer_gap(life.node, search.first);
            format!(
                " It cannot return: it finds no donor in {}, because the only one is {name}.{lacks}",
                count(i64::try_from(search.times).unwrap_or(i64::MAX), "request")
            )
        }
        None => String::new(),
    };
    let statement = Statement::judgement(
        format!("{gone}, the only other synced member, was shut down while {name} hung.{back}"),
        marks,
    );
    story.danger = Some(facts.at(out, statement).1);
}

impl Facts<'_, '_> {
    /// What a joiner that found no donor lacks.
    fn transfer_gap(&self, node: usize, near: Mark) -> String {
        use seatrial_evidence::Event;
        for (index, life) in self.cluster.lives_of(node) {
            for dated in &life.facts {
                let Event::TransferWanted {
                    group: Some(group),
                    local: Some(local),
                } = &dated.fact.event
                else {
                    continue;
                };
                let close = (dated.at.as_second() - near.at.as_second()).abs() < 60;
                if !close || local.is_undefined() || local.uuid != group.uuid {
                    continue;
                }
                let Some(component) = self.cluster.component_of_life(index) else {
                    continue;
                };
                let branch = self.cluster.components[component].branch;
                let gap = group.seqno.0 - local.seqno.0;
                let views = self
                    .cluster
                    .views_between(branch, local.seqno.0, group.seqno.0);
                return format!(
                    " It needs only {} to {}: {} and {}.",
                    local.seqno.0 + 1,
                    group.seqno.0,
                    count((gap - views).max(0), "write set"),
                    count(views, "view")
                );
            }
        }
        String::new()
    }
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
        let always = if is_in {
            "came back no more"
        } else {
            "never joined"
        };
        let first = marks[0];
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
    let says = if forks {
        "Nothing was lost, as far as these logs tell: there is no fork, and no copy of anything acknowledged was overwritten without another."
    } else {
        "Nothing was lost: the sides of the fork differ by views only."
    };
    story.lost.insert(0, Statement::judgement(says, []));
    if forks && facts.cluster.components.len() > 1 {
        let lines: Vec<Mark> = (0..facts.cluster.components.len())
            .map(|index| facts.cluster.first_view(index).marks()[0])
            .collect();
        let number = facts.cluster.components.len();
        story.verdict.push(Statement::inferred(
            format!("No fork is shown: the {number} primary components follow one another in one line of history."),
            lines,
        ));
    }
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
                    cluster.lives[life].end == crate::life::End::Open
                        && cluster.lives[life].left.is_none()
                })
            })
    })?;
    let view = cluster.last_view(alive);
    let mut says = format!(
        "At the end the primary component is {}",
        list(&cluster.members(view))
    );
    if let Some(number) = view.number {
        says.push_str(&format!(": view {number}"));
    }
    if let Some(conf_id) = view.conf_id {
        says.push_str(&format!(", configuration {conf_id}"));
    }
    if let Some(reach) = &cluster.components[alive].reach {
        says.push_str(&format!(", position {}", reach.value));
    }
    says.push('.');
    Some(
        facts
            .at(view.mark, Statement::certain(says, view.marks()))
            .1,
    )
}
