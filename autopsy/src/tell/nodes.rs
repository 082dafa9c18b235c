//! Node by node: the lives of each server, and what was done to it.

use jiff::Timestamp;

use seatrial_evidence::{Event, Source};

use crate::cluster::Begin;
use crate::life::{End, Life, Role, Said};
use crate::mark::{Mark, span};
use crate::statement::{Statement, count, list};
use crate::story::{Act, Deed, NodeStory, Story, Stretch};
use crate::tell::{Facts, remarks, short, transfers};

/// Starts that were refused one after the other, without anything between them.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    pub(crate) node: usize,
    /// The lives.
    pub(crate) lives: Vec<usize>,
    /// The usual time between two of them, in seconds; `None` where there is no rule in it.
    pub(crate) every_s: Option<i64>,
}

/// Starts that were refused, grouped.
pub(crate) fn refusals(facts: &Facts<'_, '_>) -> Vec<Refusals> {
    let mut all = Vec::new();
    for node in 0..facts.cluster.nodes.len() {
        let mut group: Vec<usize> = Vec::new();
        for (index, life) in facts.cluster.lives_of(node) {
            if life.end == End::Refused {
                group.push(index);
            } else if life.role == Role::Member && !group.is_empty() {
                all.push(refusal(facts, node, std::mem::take(&mut group)));
            }
        }
        if !group.is_empty() {
            all.push(refusal(facts, node, group));
        }
    }
    all
}

fn refusal(facts: &Facts<'_, '_>, node: usize, lives: Vec<usize>) -> Refusals {
    let starts: Vec<i64> = lives
        .iter()
        .filter_map(|life| Some(facts.cluster.lives[*life].first()?.at.as_second()))
        .collect();
    let mut gaps: Vec<i64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0);
    let regular = gaps
        .iter()
        .filter(|gap| (**gap - usual).abs() <= usual / 10 + 1)
        .count();
    let is_regular = gaps.len() >= 3 && regular * 4 >= gaps.len() * 3;
    Refusals {
        node,
        lives,
        every_s: is_regular.then_some(usual),
    }
}

/// The flag of a node changed between two starts, and no server could have set it.
#[derive(Clone, Debug)]
pub(crate) struct FlagSet {
    pub(crate) node: usize,
    /// The start that found it set.
    pub(crate) life: usize,
    /// The line that showed 0, and the line that showed 1.
    pub(crate) marks: Vec<Mark>,
    /// A script says that it did it.
    pub(crate) by_script: Option<Mark>,
    pub(crate) position: i64,
}

/// Flags that somebody set by hand, or by a script.
pub(crate) fn flags_set(facts: &Facts<'_, '_>) -> Vec<FlagSet> {
    let mut all = Vec::new();
    for node in 0..facts.cluster.nodes.len() {
        let mut before: Option<&Life<'_>> = None;
        for (index, life) in facts.cluster.lives_of(node) {
            if life.role != Role::Member {
                continue;
            }
            let set = before.and_then(|before| flag_set(before, life));
            if let Some((marks, position)) = set {
                let script = life
                    .before
                    .iter()
                    .find(|dated| matches!(dated.fact.event, Event::FlagSetByScript));
                all.push(FlagSet {
                    node,
                    life: index,
                    marks,
                    by_script: script.map(crate::mark::Dated::mark),
                    position,
                });
            }
            before = Some(life);
        }
    }
    all
}

fn flag_set(before: &Life<'_>, life: &Life<'_>) -> Option<(Vec<Mark>, i64)> {
    let (was, is) = (before.saved.as_ref()?, life.saved.as_ref()?);
    let changed = was.value.1 == Some(false) && is.value.1 == Some(true);
    // A server that is the last one to leave its group sets the flag itself.
    let could_set = before.met_a_group();
    let same_data = was.value.0 == is.value.0;
    (changed && !could_set && same_data).then(|| (vec![is.mark, was.mark], is.value.0.seqno.0))
}

/// Adds the nodes, and the acts.
pub(crate) fn tell(facts: &Facts<'_, '_>, story: &mut Story) {
    let refusals = refusals(facts);
    let flags = flags_set(facts);
    let mut acts: Vec<(Timestamp, Option<Source>, Deed)> = Vec::new();
    for node in 0..facts.cluster.nodes.len() {
        let mut lines: Vec<(Timestamp, Statement)> = Vec::new();
        let mut stretches = Vec::new();
        for (index, life) in facts.cluster.lives_of(node) {
            let group = refusals.iter().find(|group| group.lives.contains(&index));
            match group {
                Some(group) if group.lives[0] == index => {
                    lines.extend(refused(facts, group));
                    if let Some(mark) = life.refused {
                        acts.push((
                            mark.at,
                            Some(mark.source),
                            Deed::Refused {
                                node: facts.cluster.name(node).to_owned(),
                                times: group.lives.len(),
                            },
                        ));
                    }
                }
                Some(_) => {}
                None => {
                    life_lines(facts, index, life, &mut lines);
                    life_acts(facts, index, life, &flags, &mut acts);
                }
            }
            stretches.extend(states(facts, index, life));
        }
        for flag in flags.iter().filter(|flag| flag.node == node) {
            lines.push(flag_line(facts, flag));
            let mark = flag.marks[0];
            acts.push((
                mark.at,
                Some(mark.source),
                Deed::FlagSet {
                    node: facts.cluster.name(node).to_owned(),
                },
            ));
        }
        for transfer in &facts.transfers {
            if transfer.joiner == node {
                lines.push(facts.at(transfer.chosen, transfers::one(facts, transfer)));
            }
        }
        for search in facts
            .no_donors
            .iter()
            .filter(|search| search.joiner == node)
        {
            lines.push(facts.at(search.first, transfers::no_donor(facts, search)));
        }
        for hang in facts.hangs.iter().filter(|hang| hang.node == node) {
            lines.extend(remarks::hang(facts, hang));
        }
        lines.extend(remarks::of(facts, node));
        lines.sort_by_key(|(at, _)| *at);
        story.nodes.push(NodeStory {
            name: facts.cluster.name(node).to_owned(),
            has_log: facts.cluster.nodes[node].has_log,
            lines: lines.into_iter().map(|(_, line)| line).collect(),
            stretches,
        });
    }
    acts.extend(writes(facts));
    acts.extend(present(facts));
    acts.sort_by_key(|(at, _, deed)| (*at, deed_order(deed)));
    story.acts = acts
        .into_iter()
        .map(|(at, evidence, deed)| Act {
            at: facts.time(at),
            second: at.as_second(),
            evidence,
            deed,
        })
        .collect();
}

/// What comes first of two acts of one instant.
const fn deed_order(deed: &Deed) -> u8 {
    match deed {
        Deed::Present { .. } => 0,
        Deed::Wrote { .. } => 1,
        Deed::FlagSet { .. } => 2,
        _ => 3,
    }
}

fn refused(facts: &Facts<'_, '_>, group: &Refusals) -> Vec<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let first = &cluster.lives[group.lives[0]];
    let last = &cluster.lives[*group.lives.last().unwrap_or(&group.lives[0])];
    let (Some(begin), Some(end)) = (first.refused, last.refused) else {
        return Vec::new();
    };
    let name = cluster.name(group.node);
    let mut positions: Vec<i64> = group
        .lives
        .iter()
        .filter_map(|life| cluster.lives[*life].saved.as_ref())
        .map(|saved| saved.value.0.seqno.0)
        .collect();
    positions.dedup();
    let saved = match positions.as_slice() {
        [one] if group.lives.len() == 1 => format!(" The saved position is {one}."),
        [one] => format!(" The saved position is {one} each time."),
        _ => String::new(),
    };
    let number = group.lives.len();
    let says = if number == 1 {
        format!(
            "{name} was started with the bootstrap option and was refused, because safe_to_bootstrap is 0: \
             it was not the last one to leave.{saved}"
        )
    } else {
        let every = group
            .every_s
            .map_or_else(String::new, |every| format!(", {} apart", words(every)));
        format!(
            "{name} was started {number} times with the bootstrap option{every}, until {}, and was refused each time, \
             because safe_to_bootstrap is 0: it was not the last one to leave.{saved}",
            cluster.face.show_after(end.at, begin.at)
        )
    };
    let option = first.bootstrap_option.as_ref().map(|option| option.mark);
    let saved = first.saved.as_ref().map(|saved| saved.mark);
    let marks = [
        Some(begin),
        Some(end),
        option,
        saved,
        last.saved.as_ref().map(|saved| saved.mark),
    ];
    vec![facts.at(begin, Statement::certain(says, marks.into_iter().flatten()))]
}

/// Seconds in words, rounded: `5 min`.
pub(crate) fn words(seconds: i64) -> String {
    let minutes = (seconds + 30) / 60;
    if seconds < 90 {
        format!("{seconds} s")
    } else {
        format!("{minutes} min")
    }
}

fn flag_line(facts: &Facts<'_, '_>, flag: &FlagSet) -> (Timestamp, Statement) {
    let name = facts.cluster.name(flag.node);
    let between = match flag.marks.as_slice() {
        [is, was, ..] => format!(
            "was 0 at {} and 1 at {}",
            facts.time(was.at),
            facts.cluster.face.show_after(is.at, was.at)
        ),
        _ => String::new(),
    };
    let mark = flag.marks[0];
    match flag.by_script {
        Some(script) => facts.at(
            mark,
            Statement::certain(
                format!("A script set safe_to_bootstrap of {name} to 1 in grastate.dat: it {between}."),
                [script].into_iter().chain(flag.marks.iter().copied()),
            ),
        ),
        None => facts.at(
            mark,
            Statement::inferred(
                format!(
                    "Somebody edited grastate.dat of {name}: safe_to_bootstrap {between}, the position is {} both times, \
                     and no server ran in a group between. A server never sets the flag while it is stopped.",
                    flag.position
                ),
                flag.marks.iter().copied(),
            ),
        ),
    }
}

/// The sentences about one life.
fn life_lines(
    facts: &Facts<'_, '_>,
    index: usize,
    life: &Life<'_>,
    lines: &mut Vec<(Timestamp, Statement)>,
) {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    match life.role {
        Role::RecoveryRun => {
            if let Some(recovered) = &life.recovered {
                lines.push(facts.at(
                    recovered.mark,
                    Statement::certain(
                        format!("A recovery run on {name} finds {}.", short(recovered.value)),
                        [recovered.mark],
                    ),
                ));
            }
            return;
        }
        Role::Outside => {
            if let Some(mark) = life.first() {
                let version = life
                    .version
                    .as_ref()
                    .map_or_else(String::new, |version| format!(" ({version})"));
                let until = life.last().map_or_else(String::new, |last| {
                    format!(", until {}", cluster.face.show_after(last.at, mark.at))
                });
                let outside = life.facts.iter().chain(&life.before).find(|dated| {
                    matches!(dated.fact.event, Event::NotAClusterNode | Event::Initialize)
                });
                let marks = [
                    Some(mark),
                    outside.map(crate::mark::Dated::mark),
                    life.last(),
                ];
                lines.push(facts.at(
                    mark,
                    Statement::certain(
                        format!("A server{version} runs on {name} outside of any cluster{until}."),
                        marks.into_iter().flatten(),
                    ),
                ));
            }
            return;
        }
        Role::Member => {}
    }
    lines.extend(start(facts, index, life));
    lines.extend(entry(facts, index, life));
    if let Some(mark) = synced(life) {
        lines.push(facts.at(
            mark,
            Statement::certain(format!("{name} is synced."), [mark]),
        ));
    }
    if let Some(mark) = life.ready {
        let alone = cluster
            .component_of_life(index)
            .is_some_and(|component| cluster.last_view(component).size == 1);
        let alone = if alone { " alone" } else { "" };
        lines.push(facts.at(
            mark,
            Statement::certain(format!("{name}{alone} accepts clients."), [mark]),
        ));
    }
    if let Some(reversal) = &life.reversal {
        let (own, group) = reversal.value;
        lines.push(facts.at(reversal.mark, Statement::certain(
            format!(
                "{name} has more than its group and aborts: reversing history {own} to {group}, {} more than \
                 the primary component. Its data are still on its disk.",
                count(own - group, "event")
            ),
            [reversal.mark],
        )));
    }
    lines.extend(leaving(facts, life));
}

/// The first time that the node was in step with its group.
pub(crate) fn synced(life: &Life<'_>) -> Option<Mark> {
    life.facts.iter().find_map(|dated| match &dated.fact.event {
        Event::Shift { to, .. } if to == "SYNCED" => Some(dated.mark()),
        _ => None,
    })
}

/// The start, and what the data folder held.
fn start(facts: &Facts<'_, '_>, index: usize, life: &Life<'_>) -> Option<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    let mark = life.start?;
    let mut marks = vec![mark];
    let mut says = format!("{name} starts");
    if let Some(version) = &life.version {
        says.push_str(&format!(" ({version})"));
    }
    match &life.bootstrap_option {
        Some(option) if option.value => {
            says.push_str(" with the bootstrap option");
            marks.push(option.mark);
        }
        Some(option) => {
            says.push_str(" without the bootstrap option");
            marks.push(option.mark);
        }
        None => {}
    }
    if let Some(saved) = &life.saved {
        let flag = match saved.value.1 {
            Some(flag) => format!(", safe_to_bootstrap {}", u8::from(flag)),
            None => String::new(),
        };
        says.push_str(&format!(": saved state {}{flag}", short(saved.value.0)));
        marks.push(saved.mark);
    }
    if let Some(mark) = life.no_saved {
        says.push_str(": its data folder is empty, without grastate.dat");
        marks.push(mark);
    }
    if let Some(recovered) = &life.recovered {
        says.push_str(&format!("; recovered position {}", short(recovered.value)));
        marks.push(recovered.mark);
    }
    says.push('.');
    let is_undefined = life
        .saved
        .as_ref()
        .is_some_and(|saved| saved.value.0.is_undefined());
    if is_undefined && life.recovered.is_none() && life.no_saved.is_none() {
        says.push_str(" No position was recovered before it.");
        if let Some(cache) = &life.cache {
            says.push_str(&format!(
                " Its write-set cache still holds {} to {}.",
                cache.value.0, cache.value.1
            ));
            marks.push(cache.mark);
        }
    }
    if let Some(identity) = life.identity
        && let Some(before) = earlier_identity(facts, index)
        && before
    {
        says.push_str(&format!(" Its identity is now {identity}."));
    }
    let mut earlier = facts
        .cluster
        .lives_of(life.node)
        .filter(|(other, _)| *other < index);
    let known = earlier
        .find_map(|(_, other)| other.address.as_ref())
        .map(|known| &known.value);
    if let Some(address) = &life.address
        && known != Some(&address.value)
    {
        let now = if known.is_some() { "now " } else { "" };
        says.push_str(&format!(" Its address is {now}{}.", address.value));
        marks.push(address.mark);
    }
    Some(facts.at(mark, Statement::certain(says, marks)))
}

fn earlier_identity(facts: &Facts<'_, '_>, index: usize) -> Option<bool> {
    let life = &facts.cluster.lives[index];
    let mut earlier = facts
        .cluster
        .lives_of(life.node)
        .filter(|(other, _)| *other < index);
    Some(earlier.any(|(_, other)| other.identity.is_some()))
}

/// How the life came into its first view: by a bootstrap, or by joining.
fn entry(facts: &Facts<'_, '_>, index: usize, life: &Life<'_>) -> Option<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    let first = cluster.views_of(index).next();
    if let Some(mark) = life.bootstrap {
        let mut marks = vec![mark];
        marks.extend(life.bootstrap_option.as_ref().map(|option| option.mark));
        let mut says = format!("{name} bootstraps a primary component of one member");
        if let Some(view) = first.map(|view| &cluster.views[view]) {
            if let Some(position) = view.position() {
                says.push_str(&format!(" at {position}"));
            }
            if let Some(history) = view.history {
                says.push_str(&format!(", history {}", super::short_uuid(history)));
            }
            marks.extend(view.marks());
        }
        if let Some(saved) = &life.saved {
            let flag = saved.value.1.map_or_else(String::new, |flag| {
                format!(", safe_to_bootstrap {}", u8::from(flag))
            });
            says.push_str(&format!("; it had {}{flag}", short(saved.value.0)));
            marks.push(saved.mark);
        }
        if let Some(new) = life.new_history {
            says.push_str("; this is a new history");
            marks.push(new);
        }
        if let Some(identity) = life.identity {
            says.push_str(&format!("; its identity is {identity}"));
        }
        says.push('.');
        return Some(facts.at(mark, Statement::certain(says, marks)));
    }
    life.start?;
    let view = &cluster.views[first?];
    let others: Vec<String> = cluster
        .members(view)
        .into_iter()
        .filter(|other| other != name)
        .collect();
    let mut says = if others.is_empty() {
        format!("{name} is alone in its first view")
    } else {
        format!("{name} meets {}", list(&others))
    };
    if let (Some(number), Some(conf_id)) = (
        view.number
            .map(|n| n.to_string())
            .or_else(|| view.view_number().map(|n| n.to_string())),
        view.conf_id,
    ) {
        says.push_str(&format!(": view {number}, configuration {conf_id}"));
    } else if let Some(number) = view.number {
        says.push_str(&format!(": view {number}"));
    }
    if let Some(primary) = view.primary_before {
        says.push_str(&format!(", members {primary}/{}", view.size));
    }
    if let Some(position) = view.shown() {
        says.push_str(&format!(", position {position}"));
    }
    if let Some(identity) = life.identity {
        says.push_str(&format!("; its identity is {identity}"));
    }
    says.push('.');
    let seen = view.seen_by(index)?;
    let own = [
        seen.quorum.as_ref().map(|(_, mark)| *mark),
        seen.group_view.as_ref().map(|(_, mark)| *mark),
        seen.server_view.as_ref().map(|(_, mark)| *mark),
        Some(seen.mark),
    ];
    Some(facts.at(
        seen.mark,
        Statement::certain(says, own.into_iter().flatten()),
    ))
}

/// How the life left its group, and how it ended.
fn leaving(facts: &Facts<'_, '_>, life: &Life<'_>) -> Vec<(Timestamp, Statement)> {
    let cluster = facts.cluster;
    let name = cluster.name(life.node);
    let mut lines = Vec::new();
    let asked = life.stop_requested;
    let orderly = asked.is_some_and(|asked| {
        life.left
            .as_ref()
            .is_none_or(|left| left.mark.at >= asked.at)
    });
    let by_itself = life.left.as_ref().filter(|_| !orderly);
    if let Some(left) = by_itself {
        let stays = match (life.ended(), asked) {
            (Some(end), Some(asked)) => format!(
                " Its server stays up outside of the cluster for {} until it is shut down at {}.",
                span(left.mark.at, asked.at),
                cluster.face.show_after(end.at, left.mark.at)
            ),
            (Some(end), None) if end.at.as_second() - left.mark.at.as_second() < 120 => {
                format!(
                    " Its server ends at {}.",
                    cluster.face.show_after(end.at, left.mark.at)
                )
            }
            (None, _) => " No line says that its server ended.".to_owned(),
            _ => String::new(),
        };
        let marks = [Some(left.mark), asked, life.ended()];
        lines.push(facts.at(
            left.mark,
            Statement::certain(
                format!("{name} leaves its group at {}.{stays}", left.value),
                marks.into_iter().flatten(),
            ),
        ));
        return lines;
    }
    if let Some(asked) = asked {
        let mut marks = vec![asked];
        let mut says = format!("{name} is told to shut down");
        if let Some(left) = &life.left {
            says.push_str(&format!(
                ", leaves in order at {} ({})",
                left.value,
                cluster.face.show_after(left.mark.at, asked.at)
            ));
            marks.push(left.mark);
        }
        match life.stopped {
            Some(stopped) => {
                says.push_str(&format!(
                    " and has stopped at {}.",
                    cluster.face.show_after(stopped.at, asked.at)
                ));
                marks.push(stopped);
            }
            None => says.push_str("; no line says that it has stopped."),
        }
        lines.push(facts.at(asked, Statement::certain(says, marks)));
        return lines;
    }
    let says = match life.end {
        End::Crashed(signal) => format!("{name} crashes (signal {signal})."),
        End::CutOff => format!(
            "No line says how this run of {name} ended, and the next one starts later: it was killed, or lines are missing."
        ),
        End::Aborted if life.reversal.is_none() => {
            let joined = if life.full.is_some() {
                ""
            } else {
                " without having joined"
            };
            format!("{name} gives up and ends{joined}.")
        }
        End::Stopped if life.full.is_some() => format!("{name} has stopped."),
        _ => return lines,
    };
    let mark = life
        .gave_up
        .filter(|_| life.end == End::Aborted)
        .or(life.ended())
        .or_else(|| life.last());
    if let Some(mark) = mark {
        lines.push(facts.at(
            mark,
            Statement::certain(says, [mark].into_iter().chain(life.ended())),
        ));
    }
    lines
}

/// The states of a life, one after the other.
fn states(facts: &Facts<'_, '_>, index: usize, life: &Life<'_>) -> Vec<Stretch> {
    let component = facts.cluster.component_of_life(index);
    let line = component.map_or(0, |component| {
        facts.cluster.components[component].branch + 1
    });
    let mut points: Vec<(Timestamp, String)> = Vec::new();
    if let (None, Some(first)) = (life.start, life.first()) {
        let state = if life.full.is_some() {
            "SYNCED"
        } else {
            "OUTSIDE"
        };
        points.push((first.at, state.to_owned()));
    } else if let Some(start) = life.start {
        points.push((start.at, "OUTSIDE".to_owned()));
    }
    for dated in &life.facts {
        match &dated.fact.event {
            Event::Shift { to, .. } => {
                let state = if to == "CLOSED" || to == "OPEN" {
                    "OUTSIDE"
                } else {
                    to
                };
                points.push((dated.at, state.to_owned()));
            }
            Event::RestoredState { .. } => points.push((dated.at, "JOINED".to_owned())),
            _ => {}
        }
    }
    let end = life.ended().or_else(|| life.last()).map(|mark| mark.at);
    let mut all: Vec<Stretch> = Vec::new();
    for (place, (from, state)) in points.iter().enumerate() {
        let Some(to) = points.get(place + 1).map(|(at, _)| *at).or(end) else {
            continue;
        };
        if let Some(last) = all.last_mut()
            && last.state == *state
        {
            last.to = to.as_second();
            continue;
        }
        all.push(Stretch {
            from: from.as_second(),
            to: to.as_second(),
            at: facts.time(*from),
            state: state.clone(),
            line: if state == "OUTSIDE" { 0 } else { line },
        });
    }
    all
}

/// What was done to the cluster in a life.
fn life_acts(
    facts: &Facts<'_, '_>,
    index: usize,
    life: &Life<'_>,
    flags: &[FlagSet],
    acts: &mut Vec<(Timestamp, Option<Source>, Deed)>,
) {
    let cluster = facts.cluster;
    let node = cluster.name(life.node).to_owned();
    if life.role != Role::Member {
        return;
    }
    let mut act = |mark: Mark, deed: Deed| acts.push((mark.at, Some(mark.source), deed));
    if let Some(mark) = life.bootstrap {
        let component = cluster.component_of_life(index);
        let forks = facts
            .forks
            .iter()
            .any(|fork| Some(fork.component) == component);
        let forced = flags.iter().any(|flag| flag.life == index);
        act(
            mark,
            if life.new_history.is_some() || life.no_saved.is_some() {
                Deed::NewCluster { node: node.clone() }
            } else {
                Deed::Bootstrapped {
                    node: node.clone(),
                    forced,
                    forks,
                }
            },
        );
    } else if let Some(mark) = life.start {
        let empty = life.no_saved.is_some()
            || life
                .saved
                .as_ref()
                .is_some_and(|saved| saved.value.0.is_undefined())
                && life.recovered.is_none();
        act(
            mark,
            Deed::Started {
                node: node.clone(),
                joined: life.full.is_some(),
                empty,
            },
        );
    }
    if let Some(reversal) = &life.reversal {
        let (own, group) = reversal.value;
        act(
            reversal.mark,
            Deed::Reversed {
                node: node.clone(),
                own,
                group,
            },
        );
        return;
    }
    if let Some(mark) = life.stop_requested {
        act(mark, Deed::Stopped { node });
    } else if matches!(life.end, End::Crashed(_) | End::CutOff) {
        if let Some(mark) = life.last() {
            act(mark, Deed::Ended { node });
        }
    } else if let (Some(mark), true) = (life.ended(), life.full.is_some()) {
        act(mark, Deed::Stopped { node });
    }
}

/// The members of the first view that the logs show, where they begin in the middle.
fn present(facts: &Facts<'_, '_>) -> Vec<(Timestamp, Option<Source>, Deed)> {
    let cluster = facts.cluster;
    let Some(component) = cluster.components.first() else {
        return Vec::new();
    };
    if component.begin != Begin::Unseen {
        return Vec::new();
    }
    let view = cluster.first_view(0);
    let before = cluster.lives.iter().filter(|life| life.start.is_none());
    let mut nodes: Vec<usize> = before.map(|life| life.node).collect();
    nodes.extend(view.nodes.iter().flatten());
    nodes.sort_unstable();
    nodes.dedup();
    let at = cluster
        .lives
        .iter()
        .filter_map(Life::first)
        .map(|mark| mark.at)
        .min();
    let at = at.unwrap_or(view.mark.at).min(view.mark.at);
    nodes
        .into_iter()
        .map(|node| {
            (
                at,
                Some(view.mark.source),
                Deed::Present {
                    node: cluster.name(node).to_owned(),
                },
            )
        })
        .collect()
}

/// What clients wrote, at the end of each component.
fn writes(facts: &Facts<'_, '_>) -> Vec<(Timestamp, Option<Source>, Deed)> {
    let cluster = facts.cluster;
    let mut all = Vec::new();
    for component in &cluster.components {
        for pair in component.views.windows(2) {
            let (before, view) = (&cluster.views[pair[0]], &cluster.views[pair[1]]);
            let missing = match (before.conf_id, view.conf_id, view.seqno) {
                (Some(last), Some(now), Some(_)) => (now - last - 1).max(0),
                _ => 0,
            };
            if let (Some(then), Some(now)) = (before.position(), view.before)
                && now > then + missing
            {
                all.extend(wrote(facts, before, now - then - missing, view.mark));
            }
        }
        let last = component.views.last().map(|view| &cluster.views[*view]);
        if let (Some(view), Some(Said { value, mark })) = (last, &component.reach)
            && view.position().is_some_and(|position| position < *value)
        {
            all.extend(wrote(
                facts,
                view,
                value - view.position().unwrap_or(0),
                *mark,
            ));
        }
    }
    all
}

fn wrote(
    facts: &Facts<'_, '_>,
    view: &crate::view::View,
    write_sets: i64,
    mark: Mark,
) -> Option<(Timestamp, Option<Source>, Deed)> {
    // A node that was there before, and so need not be copied first.
    let nodes = view.nodes.iter().flatten();
    let writer = nodes.max_by_key(|node| {
        let earlier = facts
            .cluster
            .views
            .iter()
            .filter(|other| other.mark.at < view.mark.at);
        let before = earlier.filter(|other| other.has_node(**node)).count();
        (before, std::cmp::Reverse(**node))
    });
    let deed = Deed::Wrote {
        node: facts.cluster.name(*writer?).to_owned(),
        write_sets,
    };
    // It was written some time after the view.
    let later = view.mark.at.checked_add(jiff::SignedDuration::from_secs(1));
    let at = later.unwrap_or(view.mark.at).min(mark.at);
    Some((at.max(view.mark.at), Some(mark.source), deed))
}
