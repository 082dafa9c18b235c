//! State transfers: who asked whom for what, and how it ended.

use jiff::Timestamp;
use serde::Serialize;

use seatrial_evidence::{Event, Member};
use seatrial_galera::Position;

use crate::cluster::Cluster;
use crate::life::Said;
use crate::mark::{Dated, Mark};

/// The kind of a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferKind {
    /// Write sets out of the donor's cache.
    Ist,
    /// A full copy.
    Sst,
    /// No line says it.
    #[default]
    Unknown,
}

/// How an incremental transfer broke.
#[derive(Clone, Debug, Default)]
pub(crate) struct IstFailure {
    /// The last number that should have come.
    pub(crate) expected: Option<i64>,
    /// The last that came.
    pub(crate) received: Option<i64>,
    /// The number of the error.
    pub(crate) errno: Option<Said<i64>>,
}

/// One transfer.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) view: Option<usize>,
    pub(crate) joiner: usize,
    pub(crate) donor: usize,
    /// The joiner's life, where its log is there.
    pub(crate) joiner_life: Option<usize>,
    pub(crate) donor_life: Option<usize>,
    pub(crate) chosen: Mark,
    pub(crate) marks: Vec<Mark>,
    pub(crate) kind: TransferKind,
    /// What the joiner had, as it asked.
    pub(crate) has: Option<Said<Position>>,
    pub(crate) group: Option<Said<Position>>,
    /// The range of an incremental transfer.
    pub(crate) ist: Option<Said<(i64, i64)>>,
    pub(crate) not_in_cache: Option<Said<i64>>,
    /// The full copy began to overwrite the joiner.
    pub(crate) overwrites: Option<Mark>,
    /// The full copy is there, and its position.
    pub(crate) copied: Option<Said<i64>>,
    pub(crate) donor_done: Option<Mark>,
    pub(crate) joiner_done: Option<Mark>,
    pub(crate) synced: Option<Mark>,
    pub(crate) ist_failed: Option<Said<IstFailure>>,
    pub(crate) failed: Vec<(String, Mark)>,
    /// The full copy began to flow.
    pub(crate) streams: Option<Mark>,
    /// What tools of the scripts said as they failed.
    pub(crate) tools: Vec<(String, Mark)>,
}

impl Transfer {
    /// A transfer of which only the choice of the donor is known.
    const fn new(view: Option<usize>, joiner: usize, donor: usize, chosen: Mark) -> Self {
        Self {
            view,
            joiner,
            donor,
            joiner_life: None,
            donor_life: None,
            chosen,
            marks: Vec::new(),
            kind: TransferKind::Unknown,
            has: None,
            group: None,
            ist: None,
            not_in_cache: None,
            overwrites: None,
            copied: None,
            donor_done: None,
            joiner_done: None,
            synced: None,
            ist_failed: None,
            failed: Vec::new(),
            streams: None,
            tools: Vec::new(),
        }
    }

    /// The last line that tells how it ended.
    pub(crate) fn last(&self) -> Mark {
        let failed = self.failed.iter().map(|(_, mark)| *mark);
        let ends = [self.donor_done, self.joiner_done, self.synced];
        let all = ends.into_iter().flatten().chain(failed);
        all.max_by_key(|mark| mark.at).unwrap_or(self.chosen)
    }

    /// Whether the joiner got all that it needed.
    pub(crate) fn succeeded(&self) -> bool {
        self.ist_failed.is_none() && (self.joiner_done.is_some() || self.synced.is_some())
    }

    /// Whether lines say that it broke.
    pub(crate) fn broke(&self) -> bool {
        !self.succeeded() && (self.ist_failed.is_some() || !self.failed.is_empty())
    }
}

/// A search for a donor that found none.
#[derive(Clone, Debug)]
pub(crate) struct NoDonor {
    pub(crate) joiner: usize,
    pub(crate) wanted: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) times: u64,
    pub(crate) first: Mark,
    pub(crate) last: Mark,
    pub(crate) gave_up: Option<Mark>,
}

/// All transfers, and all searches for a donor that found none.
pub(crate) fn transfers(cluster: &Cluster<'_>) -> (Vec<Transfer>, Vec<NoDonor>) {
    let mut all: Vec<Transfer> = Vec::new();
    let mut none: Vec<NoDonor> = Vec::new();
    for life in 0..cluster.lives.len() {
        let mut walk = Walk {
            cluster,
            life,
            view: None,
            wanted: None,
            counts: Vec::new(),
            all: &mut all,
        };
        let mut own_none: Vec<NoDonor> = Vec::new();
        for dated in &cluster.lives[life].facts {
            walk.take(dated);
            search(cluster, dated, &mut own_none);
        }
        merge(own_none, &mut none);
    }
    all.sort_by_key(|transfer| transfer.chosen.at);
    for transfer in &mut all {
        transfer.failed.sort_by_key(|(_, mark)| mark.at);
        // A donor's line may begin with what the joiner needs for certification alone: that is no part of the gap.
        if let (Some(has), Some(range)) = (&transfer.has, &mut transfer.ist)
            && !has.value.is_undefined()
            && range.value.0 <= has.value.seqno.0
            && has.value.seqno.0 < range.value.1
        {
            range.value.0 = has.value.seqno.0 + 1;
        }
        // A node without a position of this history can only be copied whole.
        let has_none = match (&transfer.has, &transfer.group) {
            (Some(has), _) if has.value.is_undefined() => true,
            (Some(has), Some(group)) => has.value.uuid != group.value.uuid,
            _ => false,
        };
        if transfer.kind == TransferKind::Unknown && has_none {
            transfer.kind = TransferKind::Sst;
        }
    }
    none.sort_by_key(|search| search.first.at);
    for search in &mut none {
        let gave_up = cluster.lives_of(search.joiner).find_map(|(_, life)| {
            life.facts.iter().find(|dated| {
                matches!(
                    dated.fact.event,
                    Event::RequestUnrecoverable { .. } | Event::Abort
                ) && dated.at >= search.last.at
                    && seconds(search.last.at, dated.at) < 120
            })
        });
        search.gave_up = gave_up.map(Dated::mark);
    }
    (all, none)
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}

struct Walk<'c, 'a, 't> {
    cluster: &'c Cluster<'a>,
    life: usize,
    view: Option<usize>,
    /// The group's position and the node's own, as the node last said that it lacks something.
    wanted: Option<(Option<Said<Position>>, Option<Said<Position>>)>,
    /// How many transfers of a pair this life has seen in a view.
    counts: Vec<((Option<usize>, usize, usize), usize)>,
    all: &'t mut Vec<Transfer>,
}

impl Walk<'_, '_, '_> {
    fn take(&mut self, dated: &Dated<'_>) {
        let mark = dated.mark();
        match &dated.fact.event {
            Event::GroupView(_) | Event::Quorum(_) | Event::Component { .. } => {
                let mut views = self.cluster.views_of(self.life);
                let now = views.rfind(|view| {
                    let seen = self.cluster.views[*view].seen_by(self.life);
                    seen.is_some_and(|seen| seen.mark.at <= dated.at)
                });
                self.view = now.or(self.view);
            }
            Event::DonorChosen { joiner, donor, .. } => self.chosen(joiner, donor, mark),
            // The joiner says what it lacks before it asks.
            Event::TransferWanted { group, local } => {
                let said = |value: &Position| Said {
                    value: *value,
                    mark,
                };
                self.wanted = Some((group.as_ref().map(said), local.as_ref().map(said)));
            }
            Event::IstRequest {
                history,
                have,
                last,
            } => {
                let has = Position::new(*history, *have);
                let wants = Position::new(*history, *last);
                self.as_donor(|transfer| {
                    transfer.has.get_or_insert(Said { value: has, mark });
                    transfer.group.get_or_insert(Said { value: wants, mark });
                });
            }
            Event::IstSending { first, last } => {
                let range = (first.0, last.0);
                self.as_donor(|transfer| {
                    transfer.ist.get_or_insert(Said { value: range, mark });
                });
            }
            Event::IstReceiving { first, last } => {
                let range = (first.0, last.0);
                self.as_joiner(|transfer| transfer.ist = Some(Said { value: range, mark }));
            }
            Event::IstNotInCache { seqno } => {
                let seqno = seqno.0;
                self.as_donor(|transfer| {
                    transfer.not_in_cache = Some(Said { value: seqno, mark });
                    transfer.kind = TransferKind::Sst;
                });
            }
            Event::SstScript { bypass, .. } => {
                let kind = if *bypass {
                    TransferKind::Ist
                } else {
                    TransferKind::Sst
                };
                // The joiner starts the script before it knows which it will be.
                self.as_donor(|transfer| transfer.kind = kind);
            }
            Event::SstProceeds => self.as_joiner(|transfer| {
                transfer.kind = TransferKind::Sst;
                transfer.overwrites.get_or_insert(mark);
            }),
            Event::SstReceived { position } => {
                let seqno = position.seqno.0;
                self.as_joiner(|transfer| {
                    transfer.copied = Some(Said { value: seqno, mark });
                });
            }
            Event::SstFailed { text } => {
                let text = text.clone();
                self.as_either(|transfer| transfer.failed.push((text, mark)));
            }
            Event::SstStreams => self.as_donor(|transfer| {
                transfer.streams.get_or_insert(mark);
            }),
            Event::SstToolFailed { text } => {
                let text = text.clone();
                self.as_either(|transfer| {
                    if !transfer.tools.iter().any(|(known, _)| *known == text) {
                        transfer.tools.push((text, mark));
                    }
                });
            }
            Event::IstFailed {
                expected,
                received,
                errno,
            } => {
                let value = IstFailure {
                    expected: expected.map(|seqno| seqno.0),
                    received: received.map(|seqno| seqno.0),
                    errno: errno.map(|value| Said { value, mark }),
                };
                self.as_either(move |transfer| {
                    let before = transfer.ist_failed.take();
                    transfer.ist_failed = Some(ist_failed(before, Said { value, mark }));
                });
            }
            Event::RequestUnrecoverable { .. } => self.as_joiner(|transfer| {
                transfer
                    .failed
                    .push(("the joiner gives up".to_owned(), mark));
            }),
            Event::TransferTo {
                donor,
                joiner,
                failed,
            } => {
                let has_left = joiner.index < 0;
                let pair = (self.node(donor), self.node(joiner));
                self.find(
                    |transfer| {
                        Some(transfer.donor) == pair.0
                            && (has_left || Some(transfer.joiner) == pair.1)
                    },
                    |transfer| {
                        if *failed {
                            transfer
                                .failed
                                .push(("the donor could not send".to_owned(), mark));
                        } else {
                            transfer.donor_done.get_or_insert(mark);
                        }
                    },
                );
            }
            Event::TransferFrom {
                joiner,
                donor,
                failed,
            } => {
                let pair = (self.node(donor), self.node(joiner));
                self.find(
                    |transfer| Some(transfer.donor) == pair.0 && Some(transfer.joiner) == pair.1,
                    |transfer| {
                        if *failed {
                            transfer
                                .failed
                                .push(("the joiner could not receive".to_owned(), mark));
                        } else {
                            transfer.joiner_done.get_or_insert(mark);
                        }
                    },
                );
            }
            Event::MemberSynced { member } => {
                let node = self.node(member);
                self.find(
                    |transfer| Some(transfer.joiner) == node && transfer.synced.is_none(),
                    |transfer| {
                        if transfer.joiner_done.is_some() || transfer.donor_done.is_some() {
                            transfer.synced = Some(mark);
                        }
                    },
                );
            }
            _ => {}
        }
    }

    fn node(&self, member: &Member) -> Option<usize> {
        self.cluster.node_named(&member.name)
    }

    fn chosen(&mut self, joiner: &Member, donor: &Member, mark: Mark) {
        let (Some(joiner), Some(donor)) = (self.node(joiner), self.node(donor)) else {
            return;
        };
        let key = (self.view, joiner, donor);
        let place = self.counts.iter().position(|(known, _)| *known == key);
        let place = place.unwrap_or_else(|| {
            self.counts.push((key, 0));
            self.counts.len() - 1
        });
        let number = self.counts[place].1;
        self.counts[place].1 += 1;
        // Every member prints the choice: the same pair in the same view, as many times before.
        let same = |transfer: &Transfer| (transfer.view, transfer.joiner, transfer.donor) == key;
        let own = self.cluster.lives[self.life].node;
        let known = self.all.iter().enumerate().filter(|(_, one)| same(one));
        let known = known.map(|(place, _)| place).nth(number);
        let place = known.unwrap_or_else(|| {
            let transfer = Transfer::new(self.view, joiner, donor, mark);
            self.all.push(transfer);
            self.all.len() - 1
        });
        let transfer = &mut self.all[place];
        transfer.marks.push(mark);
        if own == joiner {
            transfer.joiner_life = Some(self.life);
            if let Some((group, has)) = self.wanted.take() {
                transfer.group = group.or(transfer.group.take());
                transfer.has = has.or(transfer.has.take());
            }
        }
        if own == donor {
            transfer.donor_life = Some(self.life);
        }
    }

    /// The latest transfer that this life has seen and that fits.
    fn find(&mut self, fits: impl Fn(&Transfer) -> bool, change: impl FnOnce(&mut Transfer)) {
        let counts = &self.counts;
        let is_seen = |transfer: &Transfer| {
            let key = (transfer.view, transfer.joiner, transfer.donor);
            counts.iter().any(|(known, _)| *known == key)
        };
        let mut found = self.all.iter_mut().filter(|one| is_seen(one) && fits(one));
        if let Some(transfer) = found.next_back() {
            change(transfer);
        }
    }

    fn as_joiner(&mut self, change: impl FnOnce(&mut Transfer)) {
        let life = self.life;
        self.find(|transfer| transfer.joiner_life == Some(life), change);
    }

    fn as_donor(&mut self, change: impl FnOnce(&mut Transfer)) {
        let life = self.life;
        self.find(|transfer| transfer.donor_life == Some(life), change);
    }

    fn as_either(&mut self, change: impl FnOnce(&mut Transfer)) {
        let life = self.life;
        self.find(
            |transfer| transfer.donor_life == Some(life) || transfer.joiner_life == Some(life),
            change,
        );
    }
}

/// Puts together what several lines say of one failure; the line with the numbers is the one to show.
fn ist_failed(before: Option<Said<IstFailure>>, now: Said<IstFailure>) -> Said<IstFailure> {
    let Some(before) = before else { return now };
    let shown = if before.value.received.is_some() || now.value.received.is_none() {
        before.mark
    } else {
        now.mark
    };
    Said {
        value: IstFailure {
            expected: before.value.expected.or(now.value.expected),
            received: before.value.received.or(now.value.received),
            errno: before.value.errno.or(now.value.errno),
        },
        mark: shown,
    }
}

/// Takes a search for a donor that found none.
fn search(cluster: &Cluster<'_>, dated: &Dated<'_>, all: &mut Vec<NoDonor>) {
    let Event::NoDonor {
        joiner,
        wanted,
        reason,
    } = &dated.fact.event
    else {
        return;
    };
    let Some(node) = cluster.node_named(&joiner.name) else {
        return;
    };
    let last = Mark {
        source: dated.fact.source,
        at: dated.last_at,
    };
    let same = |search: &&mut NoDonor| {
        search.joiner == node && search.wanted == *wanted && seconds(search.last.at, dated.at) < 60
    };
    if let Some(known) = all.iter_mut().rev().find(same) {
        known.times += dated.times();
        known.last = last;
        if !known.reasons.contains(reason) {
            known.reasons.push(reason.clone());
        }
        return;
    }
    all.push(NoDonor {
        joiner: node,
        wanted: wanted.clone(),
        reasons: vec![reason.clone()],
        times: dated.times(),
        first: dated.mark(),
        last,
        gave_up: None,
    });
}

/// Every member prints the searches of a joiner: what overlaps is one search.
fn merge(own: Vec<NoDonor>, all: &mut Vec<NoDonor>) {
    for search in own {
        let same = all.iter_mut().find(|known| {
            known.joiner == search.joiner
                && known.wanted == search.wanted
                && known.first.at.as_second() <= search.last.at.as_second() + 30
                && search.first.at.as_second() <= known.last.at.as_second() + 30
        });
        match same {
            Some(known) => {
                known.times = known.times.max(search.times);
                for reason in search.reasons {
                    if !known.reasons.contains(&reason) {
                        known.reasons.push(reason);
                    }
                }
                if search.last.at > known.last.at {
                    known.last = search.last;
                }
            }
            None => all.push(search),
        }
    }
}
