//! The whole cluster: its nodes, their lives, the views, and the primary components that the views make.

use jiff::Timestamp;

use seatrial_evidence::{Event, Identity};
use seatrial_galera::StateUuid;

use crate::NodeLog;
use crate::clock::align;
use crate::life::{End, Life, Role, Said, lives, without_port};
use crate::mark::{Face, Mark};
use crate::statement::Statement;
use crate::view::{View, names, views};

/// A node, with or without a log of its own.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// The names that logs give it.
    pub(crate) own_names: Vec<String>,
    pub(crate) has_log: bool,
}

impl Node {
    /// Whether it is an arbitrator, which votes and holds no data: `garbd` calls itself so, and nothing else tells.
    pub(crate) fn is_arbitrator(&self) -> bool {
        !self.has_log && self.name == "garb"
    }
}

/// How a primary component began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// A node bootstrapped it; the life that did, where its log is there.
    Bootstrap(Option<usize>),
    /// It parted from a component without a start of a server, as `pc.bootstrap` does.
    Split,
    /// The logs begin in the middle of it.
    Unseen,
}

/// A primary component: views that follow one another without a break.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    /// Its views, in order.
    pub(crate) views: Vec<usize>,
    pub(crate) begin: Begin,
    /// The component that it goes on from, or parted from.
    pub(crate) parent: Option<usize>,
    /// The line of history that it belongs to.
    pub(crate) branch: usize,
    /// The position of the history before its first view.
    pub(crate) from: Option<i64>,
    /// How far it came.
    pub(crate) reach: Option<Said<i64>>,
}

/// A line of history: components of which each goes on where the one before ended.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    /// The branch that it parted from, and the last seqno that both have.
    pub(crate) parted: Option<(usize, i64)>,
}

/// A bootstrap beside members of whom no log says that they were down.
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    /// The component that was bootstrapped.
    pub(crate) component: usize,
    /// The component that may have gone on.
    pub(crate) beside: usize,
    /// Its members of whom nothing is known.
    pub(crate) nodes: Vec<usize>,
}

/// Everything that the logs say, put together.
#[derive(Debug)]
pub(crate) struct Cluster<'a> {
    pub(crate) nodes: Vec<Node>,
    pub(crate) face: Face,
    pub(crate) clocks: Vec<Statement>,
    pub(crate) lives: Vec<Life<'a>>,
    pub(crate) views: Vec<View>,
    pub(crate) components: Vec<Component>,
    pub(crate) branches: Vec<Branch>,
    pub(crate) doubts: Vec<Doubt>,
    /// The component of each view.
    pub(crate) component_of: Vec<usize>,
    /// The views that each life saw, in order.
    views_of_life: Vec<Vec<usize>>,
}

impl<'a> Cluster<'a> {
    /// Puts the logs together.
    pub(crate) fn of(logs: &[NodeLog<'a>]) -> Self {
        let aligned = align(logs);
        let mut nodes: Vec<Node> = logs
            .iter()
            .map(|log| Node {
                name: log.name.clone(),
                own_names: log.own_names.iter().cloned().collect(),
                has_log: true,
            })
            .collect();
        let mut lives: Vec<Life<'a>> = aligned
            .facts
            .iter()
            .enumerate()
            .flat_map(|(node, facts)| lives(node, facts))
            .collect();
        addresses(&mut lives);
        let mut views = views(&lives);
        name_members(&mut views, &mut nodes);
        let mut views_of_life = vec![Vec::new(); lives.len()];
        for (index, view) in views.iter().enumerate() {
            for seen in &view.seen {
                let own: &mut Vec<usize> = &mut views_of_life[seen.life];
                if own.last() != Some(&index) {
                    own.push(index);
                }
            }
        }
        let mut cluster = Self {
            nodes,
            face: aligned.face,
            clocks: aligned.says,
            lives,
            component_of: vec![usize::MAX; views.len()],
            views_of_life,
            views,
            components: Vec::new(),
            branches: Vec::new(),
            doubts: Vec::new(),
        };
        cluster.chain();
        cluster.measure();
        cluster.branch();
        cluster
    }

    /// The node of this name.
    pub(crate) fn node_named(&self, name: &str) -> Option<usize> {
        node_named(&self.nodes, name)
    }

    /// The name of a node.
    pub(crate) fn name(&self, node: usize) -> &str {
        &self.nodes[node].name
    }

    /// The names of nodes.
    pub(crate) fn names_of(&self, nodes: &[usize]) -> Vec<String> {
        nodes
            .iter()
            .map(|node| self.name(*node).to_owned())
            .collect()
    }

    /// The names of the members of a view.
    pub(crate) fn members(&self, view: &View) -> Vec<String> {
        let mut names: Vec<String> = view
            .nodes
            .iter()
            .zip(&view.members)
            .map(|(node, identity)| match node {
                Some(node) => self.name(*node).to_owned(),
                None => identity.to_string(),
            })
            .collect();
        let listed = names.len();
        names.sort();
        if listed < view.size {
            names.push(format!("{} not named", view.size - listed));
        }
        names
    }

    /// The lives of a node, in order.
    pub(crate) fn lives_of(&self, node: usize) -> impl Iterator<Item = (usize, &Life<'a>)> {
        let lives = self.lives.iter().enumerate();
        lives.filter(move |(_, life)| life.node == node)
    }

    /// The views that a life saw, in order.
    pub(crate) fn views_of(&self, life: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.views_of_life[life].iter().copied()
    }

    /// The component that a life was a member of: that of its last view.
    pub(crate) fn component_of_life(&self, life: usize) -> Option<usize> {
        let view = self.views_of(life).next_back()?;
        Some(self.component_of[view]).filter(|component| *component != usize::MAX)
    }

    /// The life that an identity is.
    pub(crate) fn life_of(&self, identity: &Identity) -> Option<usize> {
        self.lives
            .iter()
            .position(|life| life.identity.is_some_and(|own| own.is_same_life(identity)))
    }

    /// The last view of a component.
    pub(crate) fn last_view(&self, component: usize) -> &View {
        let views = &self.components[component].views;
        &self.views[views[views.len() - 1]]
    }

    /// The first view of a component.
    pub(crate) fn first_view(&self, component: usize) -> &View {
        &self.views[self.components[component].views[0]]
    }

    /// When the last line of all logs was written.
    pub(crate) fn end(&self) -> Timestamp {
        let last = self.lives.iter().filter_map(Life::last).map(|mark| mark.at);
        last.max().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Makes components of views: a view goes on from the last earlier one with a common member.
    fn chain(&mut self) {
        for index in 0..self.views.len() {
            let view = &self.views[index];
            let is_new = view.conf_id == Some(0);
            let before = (0..index).rev().find(|before| {
                let before = &self.views[*before];
                let same_history = match (before.history, view.history) {
                    (Some(one), Some(other)) => one == other,
                    _ => true,
                };
                let is_lower = match (before.conf_id, view.conf_id) {
                    (Some(before), Some(now)) => before < now,
                    _ => true,
                };
                same_history && is_lower && before.members.iter().any(|member| view.has(member))
            });
            let begin = |life: Option<usize>| {
                if is_new {
                    Begin::Bootstrap(life)
                } else {
                    Begin::Unseen
                }
            };
            let life = view
                .seen
                .iter()
                .map(|seen| seen.life)
                .find(|life| self.lives[*life].bootstrap.is_some());
            let made = match before {
                Some(before) if !is_new => {
                    let component = self.component_of[before];
                    if self.components[component].views.last() == Some(&before) {
                        self.components[component].views.push(index);
                        self.component_of[index] = component;
                        continue;
                    }
                    (Begin::Split, Some(component))
                }
                _ => (begin(life), None),
            };
            self.component_of[index] = self.components.len();
            self.components.push(Component {
                views: vec![index],
                begin: made.0,
                parent: made.1,
                branch: usize::MAX,
                from: self.views[index].before,
                reach: None,
            });
        }
    }

    /// Finds how far each component came.
    fn measure(&mut self) {
        for index in 0..self.components.len() {
            let mut reach: Option<Said<i64>> = None;
            let mut raise = |value: i64, mark: Mark| {
                if value >= 0 && reach.as_ref().is_none_or(|reach| reach.value < value) {
                    reach = Some(Said { value, mark });
                }
            };
            for view in &self.components[index].views {
                let view = &self.views[*view];
                if let Some(position) = view.shown() {
                    let marks = view.marks();
                    raise(position, marks[0]);
                }
            }
            let history = self.first_view(index).history;
            for life in 0..self.lives.len() {
                if self.component_of_life(life) != Some(index) || self.lives[life].full.is_none() {
                    continue;
                }
                if let Some(position) = self.position_at_end(life, history) {
                    raise(position.value, position.mark);
                }
            }
            self.components[index].reach = reach;
        }
    }

    /// The position that a full member had at the end of a life, as far as lines say.
    pub(crate) fn position_at_end(
        &self,
        life: usize,
        history: Option<StateUuid>,
    ) -> Option<Said<i64>> {
        let own = &self.lives[life];
        if let Some(left) = &own.left {
            return Some(left.clone());
        }
        // The next start printed it.
        let mut later = self
            .lives_of(own.node)
            .skip_while(|(index, _)| *index <= life);
        let next = later.find(|(_, next)| next.role == Role::Member)?;
        let began = next.1.began_at()?;
        (Some(began.value.uuid) == history && own.end != End::Open).then_some(Said {
            value: began.value.seqno.0,
            mark: began.mark,
        })
    }

    /// When a member of a component's last view was out of it.
    fn out(&self, component: usize, member: usize) -> Out {
        let view = self.last_view(component);
        let identity = &view.members[member];
        let Some(life) = self.life_of(identity) else {
            // Another life of the same node tells that this one had ended.
            let node = view.nodes[member];
            let later = self.views.iter().find(|later| {
                later.mark.at > view.mark.at
                    && node.is_some_and(|node| later.has_node(node))
                    && !later.has(identity)
            });
            return later.map_or(Out::Unknown, |later| Out::Before(later.mark.at));
        };
        let life = &self.lives[life];
        match life.out() {
            Some(mark) => Out::At(mark.at),
            None if life.end == End::CutOff => {
                life.last().map_or(Out::Unknown, |mark| Out::At(mark.at))
            }
            None => Out::Stays,
        }
    }

    /// Returns the names of the nodes of which no log was given. An arbitrator has no data, so its log is not missed.
    pub(crate) fn without_log(&self) -> Vec<String> {
        let nodes = self.nodes.iter().filter(|node| !node.has_log);
        nodes
            .filter(|node| !node.is_arbitrator())
            .map(|node| node.name.clone())
            .collect()
    }

    /// Whether the component had a member at that time.
    pub(crate) fn was_alive(&self, component: usize, at: Timestamp) -> Alive {
        let view = self.last_view(component);
        if view.mark.at > at {
            return if self.first_view(component).mark.at <= at {
                Alive::Yes
            } else {
                Alive::No
            };
        }
        let mut unknown = Vec::new();
        for member in 0..view.members.len() {
            match self.out(component, member) {
                Out::Stays => return Alive::Yes,
                Out::At(out) if out > at => return Alive::Yes,
                Out::At(_) => {}
                Out::Before(out) if out <= at => {}
                Out::Before(_) | Out::Unknown => unknown.extend(view.nodes[member]),
            }
        }
        if unknown.is_empty() {
            Alive::No
        } else {
            Alive::Perhaps(unknown)
        }
    }

    /// Finds which component goes on from which, and where two of them parted.
    fn branch(&mut self) {
        for index in 0..self.components.len() {
            let first = self.first_view(index).clone();
            let parent = self.components[index].parent.or_else(|| self.parent(index));
            let Some(parent) = parent else {
                self.components[index].branch = self.branches.len();
                self.branches.push(Branch { parted: None });
                continue;
            };
            self.components[index].parent = Some(parent);
            let trunk = self.components[parent].branch;
            let from = self.components[index].from;
            let on_trunk: Vec<usize> = (0..index)
                .filter(|other| self.components[*other].branch == trunk)
                .collect();
            let further = on_trunk.iter().any(|other| {
                let reach = self.components[*other].reach.as_ref();
                matches!((reach, from), (Some(reach), Some(from)) if reach.value > from)
            });
            if let (true, Some(from)) = (further, from) {
                self.components[index].branch = self.branches.len();
                self.branches.push(Branch {
                    parted: Some((trunk, from)),
                });
                continue;
            }
            self.components[index].branch = trunk;
            // The last one: those before it ended, since it went on from them.
            if let Some(beside) = on_trunk.into_iter().next_back()
                && let Begin::Bootstrap(_) = self.components[index].begin
                && let Alive::Perhaps(nodes) = self.was_alive(beside, first.mark.at)
            {
                self.doubts.push(Doubt {
                    component: index,
                    beside,
                    nodes,
                });
            }
        }
    }

    /// The component that a bootstrap goes on from: the last one that the node was in, or the last
    /// one of the same history.
    fn parent(&self, component: usize) -> Option<usize> {
        let view = self.first_view(component);
        let history = view.history?;
        let is_same = |other: &usize| self.first_view(*other).history == Some(history);
        let own = match self.components[component].begin {
            Begin::Bootstrap(Some(life)) => {
                let node = self.lives[life].node;
                let earlier = self
                    .lives_of(node)
                    .filter(|(index, own)| *index < life && own.full.is_some());
                let mut components: Vec<usize> = earlier
                    .filter_map(|(index, _)| self.component_of_life(index))
                    .filter(is_same)
                    .collect();
                components.pop()
            }
            _ => None,
        };
        let from = self.components[component].from;
        own.or_else(|| {
            (0..component).rev().find(|other| {
                is_same(other)
                    && match (&self.components[*other].reach, from) {
                        (Some(reach), Some(from)) => reach.value <= from,
                        _ => true,
                    }
            })
        })
        .or_else(|| (0..component).rev().find(is_same))
    }

    /// How many numbers of a branch beyond a seqno are views, as far as known: those that logs show,
    /// and those whose configurations are missing between two that they show.
    pub(crate) fn views_beyond(&self, branch: usize, seqno: i64) -> i64 {
        let mut count = 0;
        for component in self.components.iter().filter(|one| one.branch == branch) {
            let mut last: Option<i64> = None;
            for view in component.views.iter().map(|view| &self.views[*view]) {
                if let Some(own) = view.seqno {
                    count += i64::from(own > seqno);
                    if let (Some(last), Some(now)) = (last, view.conf_id)
                        && own > seqno
                    {
                        count += (now - last - 1).max(0);
                    }
                }
                last = view.conf_id.or(last);
            }
        }
        count
    }

    /// How many numbers of a branch beyond one and up to another are views.
    pub(crate) fn views_between(&self, branch: usize, from: i64, to: i64) -> i64 {
        self.views_beyond(branch, from) - self.views_beyond(branch, to)
    }

    /// How far a branch came.
    pub(crate) fn branch_reach(&self, branch: usize) -> Option<Said<i64>> {
        let components = self.components.iter().filter(|one| one.branch == branch);
        components
            .filter_map(|one| one.reach.clone())
            .max_by_key(|reach| reach.value)
    }
}

/// When a member left its component.
enum Out {
    /// Its log says when.
    At(Timestamp),
    /// By this time it was out.
    Before(Timestamp),
    /// Its log ends, and it was still there.
    Stays,
    /// Nothing says.
    Unknown,
}

/// Whether a component lived at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alive {
    Yes,
    No,
    /// Nothing says it of these members.
    Perhaps(Vec<usize>),
}

/// Gives each life the address by which its peers know it, where its own log does not say it.
fn addresses(lives: &mut [Life<'_>]) {
    let mut known: Vec<(Identity, Said<String>)> = Vec::new();
    for dated in lives.iter().flat_map(|life| &life.facts) {
        if let Event::PeerConnected { peer, address, .. } | Event::PeerStable { peer, address } =
            &dated.fact.event
            && !known
                .iter()
                .any(|(identity, _)| identity.is_same_life(peer))
        {
            let address = Said {
                value: without_port(address),
                mark: dated.mark(),
            };
            known.push((*peer, address));
        }
    }
    for life in lives.iter_mut().filter(|life| life.address.is_none()) {
        let own = known
            .iter()
            .find(|(identity, _)| life.identity.is_some_and(|own| own.is_same_life(identity)));
        life.address = own.map(|(_, address)| address.clone());
    }
}

fn node_named(nodes: &[Node], name: &str) -> Option<usize> {
    let by_own = nodes
        .iter()
        .position(|node| node.own_names.iter().any(|own| own == name));
    by_own.or_else(|| nodes.iter().position(|node| node.name == name))
}

/// Finds the nodes of members by their names. Nodes that only others name are added.
fn name_members(views: &mut [View], nodes: &mut Vec<Node>) {
    let known = names(views);
    for view in views {
        for (place, member) in view.members.iter().enumerate() {
            if view.nodes[place].is_some() {
                continue;
            }
            let named = known
                .iter()
                .find(|(identity, _)| identity.is_same_life(member));
            let Some((_, name)) = named else { continue };
            let node = node_named(nodes, name).unwrap_or_else(|| {
                nodes.push(Node {
                    name: name.clone(),
                    own_names: vec![name.clone()],
                    has_log: false,
                });
                nodes.len() - 1
            });
            view.nodes[place] = Some(node);
        }
    }
}
