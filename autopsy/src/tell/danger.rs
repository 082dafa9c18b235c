//! A donor that hangs, and what that means for the cluster.

use crate::ledger::{Hang, Stand};
use crate::life::Life;
use crate::mark::Mark;
use crate::statement::{Statement, count, list};
use crate::story::Story;
use crate::tell::{Facts, lives, remarks};

/// A donor that hangs, and what that means for the cluster.
pub(crate) fn hang_verdict(facts: &Facts<'_, '_>, hang: &Hang, story: &mut Story) {
    let cluster = facts.cluster;
    let name = cluster.name(hang.node);
    let Some(component) = cluster.component_of_life(hang.life) else {
        return;
    };
    let (line, inferred) = {
        let mut lines = remarks::hang(facts, hang).into_iter().map(|(_, line)| line);
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
                && lives::synced(life).is_some()
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
                if views > 0 { format!("; the {views} beyond are views") } else { String::new() }
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
