//! Rules of membership that Galera's own tests leave open: one node, and what the others say to it.

use super::*;
use crate::config::Config;
use crate::frame::{JoinNode, UserMessage};

const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;
const D: u8 = 4;

fn uuid(node: u8) -> GcommUuid {
    GcommUuid::new(u32::from(node), 0, 0, node)
}

/// A, in a view of some nodes.
#[derive(Clone)]
struct Bench {
    evs: Evs,
    config: Config,
    now: Time,
    fifo: u64,
}

impl Bench {
    /// All have just been heard, and nothing was said in the view.
    fn of(nodes: &[u8]) -> Self {
        let now = Time::from_millis(1_000);
        let mut evs = Evs::new(uuid(A), None);
        evs.state = State::Operational;
        evs.view = ViewId::new(ViewType::Reg, uuid(A), 3);
        evs.members = nodes.iter().copied().map(uuid).collect();
        evs.input = InputMap::new(&evs.members);
        let others = evs.members.iter().filter(|node| **node != uuid(A));
        evs.known = others.map(|node| (*node, Known::new(now))).collect();
        evs.last_check = now;
        evs.set_timers(now);
        Self {
            evs,
            config: Config::default(),
            now,
            fifo: 0,
        }
    }

    fn say(&mut self, source: u8, message: &EvsMessage) -> Vec<Out> {
        let mut out = Vec::new();
        self.evs
            .received(uuid(source), message, self.now, &self.config, &mut out);
        out
    }

    /// A node says a JOIN that agrees with this node but for a change.
    fn join(&mut self, source: u8, change: impl FnOnce(&mut JoinMessage)) -> Vec<Out> {
        self.fifo += 1;
        let mut join = self.evs.my_join();
        join.fifo = self.fifo;
        change(&mut join);
        self.say(source, &EvsMessage::Join(join))
    }

    fn tick(&mut self) -> Vec<Out> {
        let mut out = Vec::new();
        self.evs.tick(self.now, &self.config, &mut out);
        out
    }

    /// Time passes, in which just these are heard.
    fn pass(&mut self, time: Time, heard: &[u8]) {
        let end = self.now + time;
        while self.now < end {
            self.now += Time::from_millis(100);
            for node in heard {
                self.evs.heard(uuid(*node), self.now);
            }
            self.tick();
        }
    }

    fn counts(&self, node: u8) -> bool {
        self.evs.known[&uuid(node)].operational
    }
}

fn is_install(out: &Out) -> bool {
    matches!(out, Out::Broadcast(EvsMessage::Install(_)))
}

fn of_node(join: &mut JoinMessage, node: u8) -> &mut JoinNode {
    join.nodes.get_mut(&uuid(node)).expect("it is a member")
}

fn a_second_more_than(time: Time) -> Time {
    time + Time::from_millis(1_000)
}

/// A member whose JOIN is here may be silent for longer than `evs.suspect_timeout`, unless most of the view suspect it
/// (`evs_proto.cpp:check_suspects`).
#[test]
fn a_member_that_most_of_the_view_suspect_is_given_up() {
    let mut bench = Bench::of(&[A, B, C]);
    bench.join(C, |_| {});
    bench.pass(a_second_more_than(bench.config.evs_suspect_timeout), &[B]);
    let suspects = |by_b: bool| {
        let mut bench = bench.clone();
        bench.join(B, |join| of_node(join, C).suspected = by_b);
        bench.counts(C)
    };
    assert!(bench.counts(C));
    assert!(suspects(false), "one of three is not most");
    assert!(!suspects(true), "two of three are");
}

/// Nobody else has to agree that a member is gone which was silent for `evs.inactive_timeout`, even if its JOIN is here
/// (`evs_proto.cpp:check_inactive`).
#[test]
fn a_member_that_is_silent_for_the_inactive_timeout_is_given_up_by_each() {
    let mut bench = Bench::of(&[A, B, C]);
    // The timer of the view to come would drop it sooner.
    bench.config.evs_install_timeout = Time::from_millis(60_000);
    let [suspect, inactive] = [
        bench.config.evs_suspect_timeout,
        bench.config.evs_inactive_timeout,
    ];
    bench.join(C, |_| {});
    // No look falls on the very end of the timeout.
    bench.evs.heard(uuid(C), bench.now + Time(1));
    bench.pass(a_second_more_than(suspect), &[B]);
    assert!(bench.counts(C));
    bench.pass(inactive, &[B]);
    assert!(!bench.counts(C));
    assert!(bench.counts(B));
}

/// A node that hears none of several others gives all of them up at the first suspicion, for it is the one that is cut
/// off. Neither of two does so: the view would split at once (`evs_proto.cpp:check_inactive`, "immediate split brain").
#[test]
fn one_of_two_waits_for_the_other_and_one_of_three_that_hears_nobody_does_not() {
    for (nodes, waits) in [(&[A, B][..], true), (&[A, B, C], false)] {
        let mut bench = Bench::of(nodes);
        for node in &nodes[1..] {
            bench.join(*node, |_| {});
        }
        assert_eq!(bench.evs.state, State::Install);
        bench.pass(a_second_more_than(bench.config.evs_suspect_timeout), &[]);
        for node in &nodes[1..] {
            assert_eq!(bench.counts(*node), waits, "{node} of {nodes:?}");
        }
    }
}

/// A node that was stopped itself for more than three periods of `evs.inactive_check_period` expels nobody in its first
/// breath; after just three it still looks (`evs_proto.cpp:check_inactive`, "skipping check").
#[test]
fn a_node_that_was_stopped_for_more_than_three_periods_suspects_nobody_at_once() {
    let suspects = |asleep: Time| {
        let mut bench = Bench::of(&[A, B]);
        bench.config.evs_suspect_timeout = bench.config.evs_inactive_check_period;
        bench.now += asleep;
        bench.tick().contains(&Out::Suspecting(uuid(B)))
    };
    let three = Time(Config::default().evs_inactive_check_period.0 * 3);
    assert!(suspects(three));
    assert!(!suspects(three + Time(1)));
}

/// Time may run by itself where the timers only repeat signs of life (`evs_proto.cpp:handle_timers`). Then each member
/// was heard within a keepalive period and the time that a message takes.
#[test]
fn a_view_is_idle_only_while_each_member_was_heard_of_late() {
    let bench = Bench::of(&[A, B]);
    let coasts = |later: Time| bench.evs.coasts(bench.now + later, &bench.config);
    let fresh = Evs::fresh(&bench.config);
    let timers = Some((bench.now, bench.now));
    assert_eq!(coasts(Time::ZERO), timers);
    assert_eq!(coasts(fresh), timers);
    assert_eq!(coasts(fresh + Time(1)), None);
}

/// The eviction of a member forms a new view without it. That of a stranger only keeps it out: the view goes on
/// (`evs_proto.cpp:set_param`).
#[test]
fn only_the_eviction_of_a_member_changes_the_view() {
    let evicted = |node: u8| {
        let mut bench = Bench::of(&[A, B]);
        let mut out = Vec::new();
        bench.evs.evict(Some(uuid(node)), bench.now, &mut out);
        out
    };
    assert_eq!(evicted(D), [Out::Evicted(uuid(D))]);
    assert!(evicted(B).iter().any(is_install), "A agrees with itself");
}

/// An evicted node is not listened to for a day, and may come back then (`evs_proto.cpp:cleanup_evicted`,
/// `evs.view_forget_timeout`).
#[test]
fn an_eviction_lasts_for_a_day() {
    let hears_after = |time: Time| {
        let mut bench = Bench::of(&[A]);
        bench.evs.evict(Some(uuid(D)), bench.now, &mut Vec::new());
        bench.now += time;
        bench.tick();
        bench.join(D, |join| join.view = ViewId::new(ViewType::Reg, uuid(D), 7));
        bench.evs.known.contains_key(&uuid(D))
    };
    assert!(!hears_after(Time::ZERO));
    assert!(!hears_after(Time(FORGET.0 - 1)));
    assert!(hears_after(FORGET));
}

/// A node that has ended takes nothing in, and neither does one that keeps to itself after too many views in vain
/// (`evs_proto.cpp:handle_msg`, `isolation_end_`).
#[test]
fn a_node_that_has_ended_or_keeps_to_itself_hears_nothing() {
    let bench = Bench::of(&[A, B]);
    let hears = |change: fn(&mut Evs)| {
        let mut bench = bench.clone();
        change(&mut bench.evs);
        let before = bench.evs.clone();
        let out = bench.say(
            B,
            &EvsMessage::User(UserMessage {
                view: bench.evs.view,
                seq: 0,
                aru: -1,
                payload: None,
                retransmitted: false,
            }),
        );
        bench.evs != before || !out.is_empty()
    };
    assert!(hears(|_| {}));
    assert!(!hears(Evs::abort));
    assert!(!hears(|evs| evs.isolated_until = Some(FORGET)));
}

/// Those who go on together must agree who of their view has left in order and who was lost. A member that takes a
/// leave for a loss is waited for (`evs_consensus.cpp:is_consistent_same_view`).
#[test]
fn no_view_before_all_know_that_a_member_has_left_in_order() {
    let mut bench = Bench::of(&[A, B, C]);
    let leave = LeaveMessage {
        view: bench.evs.view,
        last_sent: -1,
        aru: -1,
    };
    bench.say(C, &EvsMessage::Leave(leave));
    let out = bench.join(B, |join| of_node(join, C).leaving = false);
    assert!(!out.iter().any(is_install), "{out:?}");
    assert_eq!(bench.evs.state, State::Gather);
    let out = bench.join(B, |_| {});
    assert!(out.iter().any(is_install), "{out:?}");
}
