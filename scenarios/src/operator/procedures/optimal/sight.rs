//! The evidence in front of the operator, from the cheapest to the dearest, and the signs that it shows.

use seatrial_galera::{
    ClusterStatus, GraState, LoggedStep, Position, Saved, SavedView, ServerView,
};
use seatrial_port::NodeName;
use seatrial_port::paths::{GRASTATE, GVWSTATE, MARIADB_LOG};

use crate::operator::advice::{Beyond, Evidence, Lines, Told, doubt, rank};
use crate::operator::procedures::ProcedureOutcome;
use crate::operator::procedures::careful::{Operator, PRINT};
use crate::operator::procedures::reading::initial_position;
use crate::operator::procedures::survey::{Seen, Situation, Survey};

use super::table::Sign;

/// Everything that is known of the cluster in one round.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// What the nodes answer.
    pub(super) survey: Survey,
    /// The files and logs of the nodes whose hosts can be reached; none where nothing depends on them.
    pub(super) nodes: Vec<Known>,
    /// What each of these nodes (the first index) holds beyond each of them.
    beyond: Vec<Vec<Beyond>>,
    /// What each of them holds that each of them lacks and has passed.
    passed: Vec<Vec<Beyond>>,
    /// Whether each of them has joined over a fork.
    joined: Vec<bool>,
    /// Whether the cluster has had its time to restore itself.
    pub(super) waited: bool,
    /// A member that does not become synced.
    pub(super) late: Option<NodeName>,
}

/// What the files and the log of a node say.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The node's position, where it answers that of its server, and its two state files.
    pub(super) evidence: Evidence,
    /// Whether its gvwstate.dat has no view. A server reads a nil identity out of it, which a second node may have,
    /// too (`gcomm/src/view.cpp:ViewState::read_file`).
    pub(super) has_nil_view: bool,
    /// The starts and views in its log.
    pub(super) steps: Vec<LoggedStep>,
}

impl Known {
    fn told(&self) -> Told {
        Told {
            node: self.evidence.node.clone(),
            position: self.evidence.position.unwrap_or(Position::UNDEFINED),
            steps: self.steps.clone(),
        }
    }

    /// Returns whether the state files point to a bootstrap of this node alone that its log should show: a server that
    /// was alone when it crashed, or a flag that was set by force.
    fn may_have_been_forced(&self, told: &Told) -> bool {
        // A joiner writes no view into its log before its transfer is over.
        if told.is_half() {
            return false;
        }
        let is_without_seqno =
            matches!(self.evidence.saved, Saved::Named(state) if state.seqno.is_undefined());
        let was_alone = self.evidence.was_alone() && !self.log_tells_of_saved_view();
        was_alone || (is_without_seqno && self.evidence.claims_last())
    }

    /// Returns whether the log tells of the life in which the server saved a view of itself alone: it shows that view, or
    /// it begins with that life and the data have not changed since. Such a server was left alone while it joined, or its
    /// bootstrap is in the log.
    fn log_tells_of_saved_view(&self) -> bool {
        let Some(saved) = &self.evidence.view else {
            return false;
        };
        let is_it = |view: &ServerView| {
            view.members.len() == 1 && saved.members.contains(&view.members[0].0)
        };
        let shows = |step: &LoggedStep| matches!(step, LoggedStep::View(view) if is_it(view));
        let mut starts = self.steps.iter().rev().filter_map(|step| match step {
            LoggedStep::Start(position) => Some(*position),
            _ => None,
        });
        self.steps.iter().any(shows)
            || (saved.members.contains(&saved.my_uuid) && starts.next() == self.evidence.position)
    }

    /// Returns whether a server that starts with this grastate.dat asks for a whole copy.
    fn has_no_state(&self) -> bool {
        let uuid = self.evidence.position.map(|position| position.uuid);
        !matches!(self.evidence.saved, Saved::Named(state) if Some(state.uuid) == uuid)
    }

    /// Returns whether the log has anything to compare.
    fn has_views(&self) -> bool {
        let is_primary = |step: &LoggedStep| matches!(step, LoggedStep::View(view) if view.primary);
        self.steps.iter().any(is_primary)
    }
}

impl Sight {
    /// Makes it of the files and logs of nodes whose servers are down.
    pub(super) fn of_files(nodes: Vec<Known>, away: &[NodeName]) -> Self {
        let down = nodes.iter().map(|one| one.evidence.node.clone());
        let down = down.map(|node| (node, Seen::Silent("inactive".to_owned())));
        let away = away.iter().map(|node| (node.clone(), Seen::Unreachable));
        let sight = Self {
            survey: Survey {
                nodes: down.chain(away).collect(),
            },
            nodes: Vec::new(),
            beyond: Vec::new(),
            passed: Vec::new(),
            joined: Vec::new(),
            waited: false,
            late: None,
        };
        sight.with(nodes)
    }

    /// Returns whether the logs say of all nodes what each holds beyond each other one.
    pub(super) fn is_known(&self) -> bool {
        let mut all = self.beyond.iter().flatten();
        all.all(|beyond| *beyond != Beyond::Unknown)
    }

    /// Returns the nodes that have gone on apart from the node that holds everything, without a row.
    pub(super) fn with_views_alone(&self) -> Vec<NodeName> {
        let Some(holder) = self.holder() else {
            return Vec::new();
        };
        let places =
            (0..self.nodes.len()).filter(|place| self.beyond[*place][holder] == Beyond::Views);
        places
            .map(|place| self.nodes[place].evidence.node.clone())
            .collect()
    }

    /// Returns whether two nodes have gone on apart, each with events of its own.
    pub(super) fn has_parted(&self) -> bool {
        let places = 0..self.nodes.len();
        let mut pairs = places
            .clone()
            .flat_map(|one| places.clone().map(move |other| (one, other)));
        pairs.any(|(one, other)| {
            self.beyond[one][other].min(self.beyond[other][one]) != Beyond::Nothing
        })
    }

    /// Returns for each node how many events each other one holds that it lacks.
    pub(super) fn lacks(&self) -> Vec<(NodeName, Vec<(NodeName, u64)>)> {
        let name = |place: usize| self.nodes[place].evidence.node.clone();
        let places = 0..self.nodes.len();
        let of = |place: usize| {
            let events = places
                .clone()
                .filter_map(|other| match self.beyond[other][place] {
                    Beyond::Events(count) => Some((name(other), count)),
                    _ => None,
                });
            (name(place), events.collect())
        };
        places.clone().map(of).collect()
    }

    /// Adds what the files and logs say.
    fn with(mut self, nodes: Vec<Known>) -> Self {
        let told: Vec<Told> = nodes.iter().map(Known::told).collect();
        let lines = Lines::of(&told);
        let all = 0..told.len();
        let is_doubtful = |one: usize, other: usize| {
            nodes[one].may_have_been_forced(&told[one])
                && lines.has_lost_its_end(one, nodes[one].evidence.was_alone())
                && lines.has_gone_on_after_meeting(other, one)
                && !told[other].has_left(&told[one].node)
        };
        let is_unread = |one: usize| nodes[one].evidence.position.is_none();
        let of_two = |one: usize, other: usize| match lines.beyond(one, other) {
            _ if one != other && (is_unread(one) || is_unread(other)) => Beyond::Unknown,
            Beyond::Unknown => without_logs(&nodes[one], &nodes[other]),
            _ if one != other
                && (is_doubtful(one, other) || is_doubtful(other, one))
                && nodes[one].evidence.has_data()
                && nodes[other].evidence.has_data() =>
            {
                Beyond::Unknown
            }
            known => known,
        };
        let beyond = |one: usize| all.clone().map(|other| of_two(one, other)).collect();
        let passed = |one: usize| all.clone().map(|other| lines.passed(one, other)).collect();
        self.beyond = all.clone().map(beyond).collect();
        self.passed = all.clone().map(passed).collect();
        self.joined = all.clone().map(|one| lines.has_joined_over(one)).collect();
        self.nodes = nodes;
        self
    }

    /// Returns whether a sign shows.
    pub(crate) fn holds(&self, sign: Sign) -> bool {
        let situation = self.survey.verdict();
        match sign {
            Sign::Hangs => !self.that_hang().is_empty(),
            Sign::GaveWay => !self.that_gave_way().is_empty(),
            Sign::Whole => situation == Situation::Recovered,
            Sign::NotSynced => self.late.is_some(),
            Sign::JoinedOverViews => !self.joined_over_views().is_empty(),
            Sign::JoinedOverRows => !self.joined_over_rows().is_empty(),
            Sign::JoinedOverAll => !self.that_lack().is_empty(),
            Sign::OnePrimary => matches!(situation, Situation::Primary(_)),
            Sign::TwoPrimaries => situation == Situation::Twins,
            Sign::NoPrimary => situation == Situation::NoPrimary,
            Sign::RunsOutside => !self.that_run_outside().is_empty(),
            Sign::Unreachable => !self.unreachable().is_empty(),
            Sign::LastViewUnreachable => self.last_view_is_unreachable(),
            Sign::DownWithNothing => !self.down_with(Beyond::Nothing).is_empty(),
            Sign::DownWithViews => !self.down_with(Beyond::Views).is_empty(),
            Sign::RowsApart => self.rows_apart(),
            Sign::DownWithAll => self.down_with_all(),
            Sign::SomethingRuns => !self.that_run().is_empty(),
            Sign::MayRestoreItself => self.may_restore_itself(),
            Sign::NoPosition => self.nodes.iter().any(|one| one.evidence.position.is_none()),
            Sign::OneHoldsAll => self.holder().is_some(),
            Sign::MayBeHalf => self.objection().is_some(),
        }
    }

    /// Returns the nodes with a process that neither answers nor waits for the others.
    pub(super) fn that_hang(&self) -> Vec<NodeName> {
        self.survey.names(Seen::is_stuck)
    }

    /// Returns the nodes that have lost a meeting of two primary components (A6.43).
    pub(super) fn that_gave_way(&self) -> Vec<NodeName> {
        self.survey.names(
            |seen| matches!(seen, Seen::Answers(t) if t.status == ClusterStatus::Disconnected),
        )
    }

    /// Returns the nodes that run and are no ready members of a primary component.
    pub(super) fn that_run_outside(&self) -> Vec<NodeName> {
        self.survey
            .names(|seen| *seen != Seen::Unreachable && !seen.is_ready() && !seen.is_down())
    }

    pub(super) fn that_run(&self) -> Vec<NodeName> {
        self.survey
            .names(|seen| *seen != Seen::Unreachable && !seen.is_down())
    }

    pub(super) fn unreachable(&self) -> Vec<NodeName> {
        self.survey.names(|seen| *seen == Seen::Unreachable)
    }

    /// Returns the members that have joined over a fork and hold rows that another member lacks for ever.
    pub(super) fn joined_over_rows(&self) -> Vec<NodeName> {
        self.joined_over(|place| self.holds_rows_passed(place))
    }

    /// Returns the members that have joined over a fork without such a row, and lack something or count otherwise.
    pub(super) fn joined_over_views(&self) -> Vec<NodeName> {
        self.joined_over(|place| {
            !self.holds_rows_passed(place)
                && self.other_members(place).any(|other| {
                    self.passed[place][other] == Beyond::Views
                        || self.passed[other][place] > Beyond::Nothing
                })
        })
    }

    /// Returns the members that lack for ever what the member that holds everything got before it joined over a fork.
    pub(super) fn that_lack(&self) -> Vec<NodeName> {
        let holder = self.holder().filter(|holder| {
            self.is_member(*holder) && self.joined[*holder] && self.holds_rows_passed(*holder)
        });
        let Some(holder) = holder else {
            return Vec::new();
        };
        self.other_members(holder)
            .filter(|other| self.beyond[*other][holder] == Beyond::Views)
            .map(|place| self.nodes[place].evidence.node.clone())
            .collect()
    }

    fn joined_over(&self, wanted: impl Fn(usize) -> bool) -> Vec<NodeName> {
        (0..self.nodes.len())
            .filter(|place| self.joined[*place] && self.is_member(*place) && wanted(*place))
            .map(|place| self.nodes[place].evidence.node.clone())
            .collect()
    }

    fn holds_rows_passed(&self, place: usize) -> bool {
        self.other_members(place)
            .any(|other| self.passed[place][other] > Beyond::Views)
    }

    fn other_members(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(move |other| *other != place && self.is_member(*other))
    }

    /// Returns what one node holds beyond another one, by their places.
    pub(super) fn beyond(&self, one: usize, other: usize) -> Beyond {
        self.beyond[one][other]
    }

    fn seen(&self, node: &NodeName) -> &Seen {
        let found = self.survey.nodes.iter().find(|(name, _)| name == node);
        found.map_or(&Seen::Unreachable, |(_, seen)| seen)
    }

    /// Returns the place of a member of the primary component: the one that holds everything, or the one with the
    /// highest position.
    fn member(&self) -> Option<usize> {
        let holder = self.holder().filter(|holder| self.is_member(*holder));
        let members = (0..self.nodes.len()).filter(|place| self.is_member(*place));
        holder.or_else(|| {
            members.max_by_key(|place| (self.position(*place), std::cmp::Reverse(*place)))
        })
    }

    fn is_member(&self, place: usize) -> bool {
        let seen = self.seen(&self.nodes[place].evidence.node);
        matches!(seen, Seen::Answers(tables) if tables.is_primary())
    }

    fn answers(&self, place: usize) -> bool {
        let seen = self.seen(&self.nodes[place].evidence.node);
        matches!(seen, Seen::Answers(_))
    }

    fn position(&self, place: usize) -> Option<Position> {
        self.nodes[place].evidence.position
    }

    fn is_down(&self, place: usize) -> bool {
        self.seen(&self.nodes[place].evidence.node).is_down()
    }

    /// Returns the nodes that are down and hold this beyond the primary component.
    pub(super) fn down_with(&self, wanted: Beyond) -> Vec<NodeName> {
        let Some(member) = self.member() else {
            return Vec::new();
        };
        (0..self.nodes.len())
            .filter(|place| self.is_down(*place) && self.position(*place).is_some())
            .filter(|place| self.beyond[*place][member] == wanted)
            .map(|place| self.nodes[place].evidence.node.clone())
            .collect()
    }

    fn rows_apart(&self) -> bool {
        let Some(member) = self.member() else {
            return false;
        };
        (0..self.nodes.len())
            .filter(|place| self.is_down(*place))
            .any(|place| self.beyond[place][member] > Beyond::Views)
    }

    /// Returns whether a node that is down holds everything, and the primary component does not.
    fn down_with_all(&self) -> bool {
        let (Some(member), Some(holder)) = (self.member(), self.holder()) else {
            return false;
        };
        self.is_down(holder)
            && matches!(self.beyond[holder][member], Beyond::Events(_))
            && self.objection().is_none()
    }

    /// Returns the places of the nodes beyond which no other holds a row.
    fn holders(&self) -> Vec<usize> {
        let all = 0..self.nodes.len();
        all.clone()
            .filter(|place| self.position(*place).is_some())
            .filter(|place| {
                let mut others = all.clone().filter(|other| other != place);
                others.all(|other| self.beyond[other][*place] <= Beyond::Views)
            })
            .collect()
    }

    /// Returns the place of the node that holds everything: of several, one that serves, then the one with the
    /// highest position, whose data are certainly whole, that needs no force, then the first.
    pub(super) fn holder(&self) -> Option<usize> {
        let preference = |place: &usize| {
            let evidence = &self.nodes[*place].evidence;
            (
                self.is_member(*place),
                self.size(*place),
                evidence.has_data(),
                rank(evidence),
                std::cmp::Reverse(*place),
            )
        };
        self.holders().into_iter().max_by_key(preference)
    }

    fn size(&self, place: usize) -> u32 {
        match self.seen(&self.nodes[place].evidence.node) {
            Seen::Answers(tables) if tables.is_primary() => tables.size,
            _ => 0,
        }
    }

    /// Returns the name of that node.
    pub(super) fn holder_name(&self) -> Option<NodeName> {
        Some(self.nodes[self.holder()?].evidence.node.clone())
    }

    /// Returns whether a node's saved view is one of itself alone.
    pub(super) fn was_alone(&self, node: &NodeName) -> bool {
        let known = self.nodes.iter().find(|one| one.evidence.node == *node);
        known.is_some_and(|one| one.evidence.was_alone())
    }

    /// Returns whether a node's gvwstate.dat has no view.
    pub(super) fn has_nil_view(&self, node: &NodeName) -> bool {
        let known = self.nodes.iter().find(|one| one.evidence.node == *node);
        known.is_some_and(|one| one.has_nil_view)
    }

    /// Returns the nodes that run and are not in the component of the node that holds everything.
    pub(super) fn other_components(&self) -> Vec<NodeName> {
        let Some(holder) = self.holder() else {
            return Vec::new();
        };
        let kept = self.last_view(holder);
        let is_kept = |place: usize| {
            let view = self.last_view(place).zip(kept);
            self.is_member(place) && view.is_some_and(|(view, kept)| view.is_same(kept))
        };
        (0..self.nodes.len())
            .filter(|place| !self.is_down(*place) && !is_kept(*place))
            .map(|place| self.nodes[place].evidence.node.clone())
            .collect()
    }

    /// Returns the objection to the data of the node that holds everything.
    pub(super) fn objection(&self) -> Option<String> {
        let place = self.holder()?;
        let holder = &self.nodes[place].evidence;
        // The log tells an interrupted copy from a server that emptied the file for another reason.
        let told = self.nodes[place].told();
        if matches!(holder.saved, Saved::Zero | Saved::Empty)
            && !told.steps.is_empty()
            && !told.is_half()
        {
            return None;
        }
        let with_data: Vec<&Evidence> = self
            .nodes
            .iter()
            .map(|one| &one.evidence)
            .filter(|evidence| evidence.has_data())
            .collect();
        doubt(holder, &with_data)
    }

    /// Returns the members of the component in which this node is, or was last, by its log.
    pub(super) fn last_view(&self, place: usize) -> Option<&ServerView> {
        let steps = self.nodes[place].steps.iter().rev();
        let mut views = steps.filter_map(|step| match step {
            LoggedStep::View(view) => Some(view),
            _ => None,
        });
        views.find(|view| view.primary)
    }

    fn last_view_is_unreachable(&self) -> bool {
        let away = self.unreachable();
        if away.is_empty() {
            return false;
        }
        let Some(holder) = self.holder() else {
            return true;
        };
        self.last_view(holder).is_none_or(|view| {
            let mut members = view.members.iter();
            members.any(|(_, name)| away.iter().any(|node| node.as_str() == name))
        })
    }

    /// Returns the nodes that are down and may take part when the cluster restores itself.
    pub(super) fn down(&self) -> Vec<NodeName> {
        self.survey.names(Seen::is_down)
    }

    fn may_restore_itself(&self) -> bool {
        let Some(holder) = self.holder() else {
            return false;
        };
        // A server that waits without a state gets a copy of what the others hold.
        if !self.answers(holder) && self.nodes[holder].has_no_state() {
            return false;
        }
        let mut down = (0..self.nodes.len()).filter(|place| self.is_down(*place));
        // A component that is restored goes on from what its running members hold. A restarted one that holds more is
        // thrown out.
        let mut answering = (0..self.nodes.len()).filter(|place| self.answers(*place));
        answering.all(|place| self.beyond[holder][place] == Beyond::Nothing)
            && !self.waited
            && !self.is_down(holder)
            && down.all(|place| {
                let known = &self.nodes[place].evidence;
                self.beyond[place][holder] == Beyond::Nothing && !known.was_alone()
            })
    }
}

/// Returns what one node holds beyond another one if one of them has lost the views of its log: in one history the
/// positions say it, where nothing points to a fork.
fn without_logs(one: &Known, other: &Known) -> Beyond {
    let have_logs = one.has_views() && other.has_views();
    let positions = one.evidence.position.zip(other.evidence.position);
    match positions {
        Some((mine, theirs)) if !have_logs && mine.uuid == theirs.uuid => {
            match u64::try_from(mine.seqno.0 - theirs.seqno.0) {
                Ok(more) if more > 0 => Beyond::Events(more),
                _ if one.evidence.was_alone() || one.evidence.claims_last() => Beyond::Unknown,
                _ => Beyond::Nothing,
            }
        }
        _ => Beyond::Unknown,
    }
}

impl Operator<'_> {
    /// Looks as far as the table needs it.
    pub(super) async fn sight(&mut self, survey: Survey) -> Result<Sight, ProcedureOutcome> {
        let late = match survey.verdict() {
            Situation::Recovered => self.not_synced().await?,
            _ => None,
        };
        let sight = Sight {
            survey,
            nodes: Vec::new(),
            beyond: Vec::new(),
            passed: Vec::new(),
            joined: Vec::new(),
            waited: self.waited,
            late,
        };
        let early = [Sign::Hangs, Sign::GaveWay, Sign::NotSynced];
        let waits = sight.holds(Sign::OnePrimary) && sight.holds(Sign::RunsOutside);
        if waits || early.into_iter().any(|sign| sight.holds(sign)) {
            return Ok(sight);
        }
        let mut nodes = Vec::new();
        for (node, seen) in &sight.survey.nodes {
            if *seen != Seen::Unreachable {
                nodes.push(self.known(node, seen).await?);
            }
        }
        Ok(sight.with(nodes))
    }

    async fn known(&mut self, node: &NodeName, seen: &Seen) -> Result<Known, ProcedureOutcome> {
        let saved = Saved::read(self.content(node, GRASTATE).await?.as_deref());
        let content = self.content(node, GVWSTATE).await?;
        let view = SavedView::read(content.as_deref());
        let has_nil_view = content.is_some() && view.is_none();
        let position = match (seen, saved) {
            (Seen::Answers(tables), _) => Some(tables.position),
            // An orderly stop has written it.
            (_, Saved::Named(GraState { uuid, seqno, .. }))
                if seen.is_down() && !seqno.is_undefined() =>
            {
                Some(Position::new(uuid, seqno))
            }
            _ if seen.is_down() => self.recover(node).await?,
            // It waits, and has changed nothing since it was started.
            _ => {
                let line = format!("sudo grep -a 'initial position: ' {MARIADB_LOG} | tail -1");
                let found = self.at(node, &line, PRINT).await?;
                initial_position(&found.output.stdout)
            }
        };
        let line = format!(
            "sudo grep -a -A 20 -e 'View:' -e 'initial position:' -e 'requested state transfer' -e 'SST received' {MARIADB_LOG}"
        );
        let shown = self.at(node, &line, PRINT).await?;
        Ok(Known {
            evidence: Evidence {
                node: node.clone(),
                position,
                saved,
                view,
            },
            has_nil_view,
            steps: LoggedStep::read_all(&shown.output.stdout),
        })
    }
}
