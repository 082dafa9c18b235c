//! What is found by comparing the lives of a node: starts that were refused in a row, flags that somebody set.

use jiff::Timestamp;

use seatrial_evidence::Event;

use crate::life::{End, Life, Role};
use crate::mark::Mark;
use crate::statement::Statement;
use crate::tell::Facts;

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

pub(crate) fn refused(facts: &Facts<'_, '_>, group: &Refusals) -> Vec<(Timestamp, Statement)> {
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

pub(crate) fn flag_line(facts: &Facts<'_, '_>, flag: &FlagSet) -> (Timestamp, Statement) {
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
