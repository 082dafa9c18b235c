//! Forks: where they parted, how far each side went, what is lost of them or will be.

use crate::cluster::{Begin, Doubt};
use crate::errno;
use crate::ledger::{Fork, Overwriting, Side, Stand};
use crate::mark::{Mark, span};
use crate::statement::{Statement, count, list};
use crate::story::Story;
use crate::tell::found::{FlagSet, Refusals};
use crate::tell::{Facts, backups, components, short_uuid};
use crate::transfer::Transfer;

/// A fork: where it parted, how far each side went, whether a side is lost.
pub(crate) fn fork_verdict(
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
    let beside = cluster.members(beside_first);
    let mut others: Vec<String> = beside.clone();
    others.retain(|name| !own.contains(name));
    // All of the older component may have come into the newer one.
    if others.is_empty() {
        others = beside;
    }
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
        if let Some(last) = side.lost() {
            lost(facts, fork, side, other, last, story);
        }
    }
    for holder in fork.new.holders.iter().chain(&fork.old.holders) {
        if let Some(mark) = holder.spliced {
            let name = cluster.name(holder.node);
            let statement = Statement::inferred(
                format!(
                    "{name} was let in by the other side without a full copy, although it holds numbers beyond {} of its \
                     own: the data of {name} and of the others differ, and no log says so.",
                    fork.common
                ),
                [mark],
            );
            story.lost.push(facts.at(mark, statement).1);
            story.to_do.push(Statement::judgement(
                format!("Compare the tables of {name} with those of the others before anybody relies on them."),
                [],
            ));
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
        Begin::Bootstrap(Some(life)) => Some(life),
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
        says.extend([format!(
            " was refused a bootstrap {}",
            count(number, "time")
        )]);
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
    last: Overwriting,
    story: &mut Story,
) {
    let cluster = facts.cluster;
    let joiner = cluster.name(last.node);
    let transfer = last.transfer.map(|transfer| &facts.transfers[transfer]);
    let first = cluster.first_view(fork.component);
    let zero = transfer
        .and_then(|transfer| transfer.has.as_ref())
        .filter(|has| has.value.is_undefined());
    let started = transfer
        .and_then(|transfer| transfer.joiner_life)
        .and_then(|life| cluster.lives[life].start);
    let how = match (zero, started, transfer) {
        (Some(_), Some(start), _) => format!(
            "{joiner} was started at {} without a position and asked for a full SST",
            cluster.face.show_after(start.at, last.mark.at)
        ),
        (_, _, Some(_)) => format!("{joiner} took a full SST"),
        (_, _, None) => format!(
            "{joiner} became a member of the other side, which a full copy alone makes possible"
        ),
    };
    let from = transfer.map_or_else(String::new, |transfer| {
        format!(" from {}", cluster.name(transfer.donor))
    });
    let what = match cluster.components[fork.component].begin {
        Begin::Bootstrap(_) => "bootstrap",
        _ => "second component",
    };
    let which = if side.holders.len() == 1 {
        "only copy"
    } else {
        "last copy"
    };
    let opened = first.marks().into_iter().take(1);
    let marks = [
        Some(last.mark),
        zero.map(|has| has.mark),
        started,
        transfer.map(|transfer| transfer.chosen),
    ];
    // From the choice of a donor on, the copy could not be taken back.
    let mark = last.mark;
    let moment = transfer.map_or(mark, |transfer| transfer.chosen);
    let statement = Statement::judgement(
        format!(
            "{how}; the copy{from} overwrote the {which} of {}. The {what} at {} opened the fork; until this moment every \
             write set still lay on the disk of {joiner}.",
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
    if other.write_sets > 0 {
        story.lost.push(Statement::judgement(
            format!(
                "The other side had {} of its own: whichever side was given up, write sets were lost.",
                count(other.write_sets, "write set")
            ),
            [other.reach.mark],
        ));
    }
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
fn copies(facts: &Facts<'_, '_>, side: &Side, transfer: Option<&Transfer>, story: &mut Story) {
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
            .filter(|transfer| transfer.joiner == holder.node)
            .and_then(|transfer| transfer.joiner_life);
        let cache = life.and_then(|life| cluster.lives[life].cache.clone());
        let was_reset = life.is_some_and(|life| cluster.lives[life].cache_reset.is_some());
        let mut says = format!(
            "Copies may remain in the binary logs of {name}, in an asynchronous replica of it, and in a backup of it{since}"
        );
        let mut marks = Vec::new();
        if let (Some(cache), false) = (cache, was_reset) {
            says.extend([format!(
                ", and in its galera.cache, which held {} to {} when the SST began and was not emptied",
                cache.value.0, cache.value.1
            )]);
            marks.push(cache.mark);
        } else if !was_reset {
            says.push_str(", and in its galera.cache");
        }
        says.push('.');
        story.copies.push(Statement::inferred(says, marks));
        let began = cluster
            .components
            .iter()
            .position(|one| one.branch == side.branch)
            .map(|component| cluster.first_view(component).mark.at);
        if let (Some(began), Some(gone)) = (began, &holder.overwritten) {
            story
                .copies
                .extend(backups::between(facts, holder.node, began, gone.mark.at));
        }
    }
    // An IST after the SST that breaks at once: the cache offered the other side's write sets.
    if let Some(transfer) = transfer
        && let (Some(life), Some(failed)) = (transfer.joiner_life, &transfer.ist_failed)
    {
        let own = &cluster.lives[life];
        if own.cache_reset.is_none()
            && let Some(cache) = &own.cache
        {
            let name = cluster.name(own.node);
            let view = failed.value.received.and_then(|seqno| {
                let mut views = cluster.views.iter().enumerate();
                let is_of_others = |(place, view): &(usize, &crate::view::View)| {
                    let component = cluster.components.get(cluster.component_of[*place]);
                    view.seqno == Some(seqno)
                        && component.is_some_and(|one| one.branch != side.branch)
                };
                Some((seqno, views.find(is_of_others)?.1))
            });
            let mut marks = vec![failed.mark, cache.mark];
            let what = match view {
                Some((seqno, view)) => {
                    marks.extend(view.marks().into_iter().take(1));
                    format!("it offered its own write set {seqno} where the group has a view")
                }
                None => "its write sets stand there under numbers at which the group has views"
                    .to_owned(),
            };
            let error = failed
                .value
                .errno
                .as_ref()
                .map_or_else(String::new, |errno| {
                    marks.push(errno.mark);
                    let number = errno::words(errno.value);
                    format!(
                        " The number in the line is that of an error, {number}, and no version."
                    )
                });
            story.copies.push(Statement::inferred(
                format!(
                    "Why the IST after the SST failed: the fork has the uuid of the group, so the cache of {name} was not emptied, \
                     and {what}.{error}"
                ),
                marks,
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
    let serves = side.holders.iter().any(|holder| {
        matches!(
            facts.now[holder.node].stand,
            Stand::Member(_) | Stand::HangsAsDonor
        )
    });
    let last = if serves {
        format!(
            "{whose} serves again, with the data of the others: nothing has to be done for that. It writes over its \
             galera.cache as it goes."
        )
    } else {
        format!(
            "Then remove the data and the galera.cache of {whose}, and let it join by SST, without bootstrap."
        )
    };
    for step in [
        format!("First copy galera.cache, the binary logs and every backup of {whose}, and ask for asynchronous replicas of it."),
        "Restore the backup beside the cluster, and let the owners of the application bring the rows back.".to_owned(),
        last,
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
            let how = if others.is_empty() {
                "let the others join it".to_owned()
            } else {
                format!(
                    "stop {} in order, bootstrap {}, and let the others join it",
                    list(&others),
                    keep.first().map_or("it", String::as_str)
                )
            };
            let step = format!("Keep {}: {how}. Nothing is lost then.", list(&keep));
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
pub(crate) fn doubt_line(
    facts: &Facts<'_, '_>,
    doubt: &Doubt,
    flags: &[FlagSet],
) -> Option<Statement> {
    let cluster = facts.cluster;
    let first = cluster.first_view(doubt.component);
    let beside = cluster.last_view(doubt.beside);
    let left = cluster.names_of(&doubt.nodes);
    let who = cluster.members(first);
    let forced = match cluster.components[doubt.component].begin {
        Begin::Bootstrap(Some(life)) => flags.iter().find(|flag| flag.life == life),
        _ => None,
    };
    let forced = forced?;
    // They were left behind when the last one of whom a log tells went.
    let behind = components::last_sign(facts, doubt.beside);
    let mut marks = first.marks();
    marks.extend(beside.marks());
    marks.push(behind);
    marks.extend(forced.marks.iter().copied());
    let mut says = format!(
        "A fork was possible: {} bootstrapped after its flag had been set by hand, and no log says that {} had stopped, which had been left behind as {} at {}.",
        list(&who),
        list(&left),
        if left.len() == 1 { "member" } else { "members" },
        facts.time(behind.at)
    );
    let later = later_position(facts, doubt);
    if let Some((text, mark)) = later {
        says.extend([format!(" Nothing came of it: {text}.")]);
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
