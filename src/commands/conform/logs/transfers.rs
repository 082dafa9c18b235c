//! Decisions about transfers of state: who gives, and what.

use seatrial_evidence::{Event, Source};
use seatrial_galera::{Position, Seqno, StateUuid};
use seatrial_sim::decide::{self, Candidate};

use super::life::Walk;
use super::score::Kind;

impl Walk<'_, '_> {
    /// Decides who gives a joiner its state.
    pub(super) fn donor(
        &mut self,
        joiner: &str,
        wanted: &str,
        donor: Option<&str>,
        source: Source,
    ) {
        if wanted != "*any*" {
            self.score.set_apart(
                Kind::Donor,
                "the joiner names its donors, which the model does not do",
            );
            return;
        }
        let members: Vec<&String> = self.life.members.values().collect();
        let Some(index) = members.iter().position(|name| *name == joiner) else {
            self.score
                .set_apart(Kind::Donor, "the members' names are not in the log");
            return;
        };
        let Some(have) = self.position_of(joiner, source) else {
            self.score
                .set_apart(Kind::Donor, "what the joiner holds is not in the logs");
            return;
        };
        let group = self.life.own.as_ref().map(|own| own.history);
        if have.uuid == group.unwrap_or(StateUuid::NIL) && !have.is_undefined() {
            self.score
                .set_apart(Kind::Donor, "the caches of the members are not in the logs");
            return;
        }
        let others = members
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != index);
        let names = others.map(|(_, name)| name.as_str());
        // The first that is in step: those before it must be known.
        let first = names
            .take_while(|name| self.life.known.contains(*name))
            .find(|name| self.life.synced.contains(*name));
        let all_known = members
            .iter()
            .all(|name| *name == joiner || self.life.known.contains(*name));
        if first.is_none() && !all_known {
            self.score.set_apart(
                Kind::Donor,
                "whether a member was in step is not in the log",
            );
            return;
        }
        let candidates: Vec<Candidate> = members
            .iter()
            .map(|name| Candidate {
                synced: self.life.synced.contains(*name),
                coming: true,
                node: 0,
                segment: 0,
                cached: Seqno::UNDEFINED,
                arbitrator: *name == "garb",
            })
            .collect();
        let group = Position::new(group.unwrap_or(StateUuid::NIL), Seqno::UNDEFINED);
        let model = decide::donor(&candidates, index, have, group);
        let model = model.map_or("none", |place| members[place].as_str());
        let synced: Vec<&str> = self.life.synced.iter().map(String::as_str).collect();
        self.score.compare(
            Kind::Donor,
            source,
            donor.unwrap_or("none"),
            model,
            format!(
                "{joiner} asks with {have}; in step are {}",
                synced.join(", ")
            ),
        );
    }

    /// What a joiner held when it asked, as its own log shows it near this time.
    fn position_of(&self, joiner: &str, source: Source) -> Option<Position> {
        let at = self
            .node
            .facts
            .iter()
            .find(|fact| fact.source == source)
            .and_then(|fact| fact.at)?;
        let log = self.all.iter().find(|node| node.name == joiner)?;
        let before = log
            .facts
            .iter()
            .filter(|fact| fact.at.is_some_and(|its| its.instant() <= at.instant()));
        before.rev().find_map(|fact| match &fact.event {
            Event::TransferWanted { local, .. } => *local,
            _ => None,
        })
    }

    /// Decides whether this donor sends events alone.
    pub(super) fn transfer(&mut self, bypass: bool, source: Source) {
        let Some((joiner, chosen)) = self.life.gives_to.take() else {
            return;
        };
        let have = self
            .life
            .requested
            .or_else(|| self.position_of(&joiner, chosen));
        let Some(have) = have else {
            self.score
                .set_apart(Kind::Transfer, "what the joiner holds is not in the logs");
            return;
        };
        let Some(history) = self.life.own.as_ref().map(|own| own.history) else {
            self.score
                .set_apart(Kind::Transfer, "the donor's history is not in the log");
            return;
        };
        let same = have.uuid == history && !have.seqno.is_undefined();
        let reaches_back = match self.life.cache_from {
            Some(from) => from <= have.seqno.next(),
            None if !same => false,
            None => {
                self.score.set_apart(
                    Kind::Transfer,
                    "what the donor's cache holds is not in the log",
                );
                return;
            }
        };
        let events = decide::sends_events(have, history, reaches_back);
        let words = |events: bool| if events { "events" } else { "a whole copy" };
        self.score.compare(
            Kind::Transfer,
            source,
            words(bypass),
            words(events),
            format!(
                "{joiner} has {have}, the donor's history is {history}, its cache begins at {}",
                self.life
                    .cache_from
                    .map_or("an unknown seqno".to_owned(), |from| from.to_string())
            ),
        );
    }
}
