//! Tests an INSTALL whose view breaks (`pc_proto.cpp:handle_trans_install`). Runs of
//! whole clusters rarely come to it: the message is under way for a fraction of a millisecond.
//!
//! A few rules that runs of whole clusters do not tell apart are here too.

use super::*;

/// Three members, the first of which is bootstrapped.
struct Bench {
    pc: Pc,
    config: Config,
    seq: u32,
}

fn uuid(number: u8) -> GcommUuid {
    GcommUuid::new(u32::from(number), 0, 0, number)
}

const A: u8 = 0;
const B: u8 = 1;
const C: u8 = 2;

impl Bench {
    /// A is primary alone.
    fn bootstrapped() -> Self {
        let config = Config::default();
        let pc = Pc::new(uuid(A), true, None, &config);
        let mut bench = Self { pc, config, seq: 0 };
        bench.view(&[A], &[], &[]);
        bench.states(&[A]);
        bench.install(&[A]);
        assert_eq!(bench.pc.state(), State::Prim);
        bench
    }

    /// A, B and C are primary.
    fn of_three() -> Self {
        let mut bench = Self::bootstrapped();
        bench.view(&[A, B, C], &[], &[]);
        bench.states(&[A, B, C]);
        bench.install(&[A, B, C]);
        assert_eq!(bench.pc.state(), State::Prim);
        bench
    }

    fn evs_view(&mut self, kind: ViewType, sets: [&[u8]; 3]) {
        let set = |numbers: &[u8]| numbers.iter().map(|number| uuid(*number)).collect();
        let view = EvsView {
            id: ViewId::new(kind, uuid(A), self.seq),
            members: set(sets[0]),
            left: set(sets[1]),
            partitioned: set(sets[2]),
        };
        let mut out = Vec::new();
        self.pc.evs_view(&view, &self.config, &mut out);
    }

    /// The present view breaks: these stay, those have left, the others have vanished.
    fn broken(&mut self, stay: &[u8], left: &[u8], gone: &[u8]) {
        self.evs_view(ViewType::Trans, [stay, left, gone]);
    }

    /// The next view, the transitional one first.
    fn view(&mut self, members: &[u8], left: &[u8], gone: &[u8]) {
        if self.pc.state() != State::Trans {
            self.broken(&[A], left, gone);
        }
        self.seq += 1;
        self.evs_view(ViewType::Reg, [members, &[], &[]]);
    }

    fn say(&mut self, source: u8, message: PcMessage) {
        let mut out = Vec::new();
        self.pc
            .message(uuid(source), message, &self.config, &mut out);
    }

    /// Everybody's STATE: A says what it knows, the others that they come from nowhere.
    fn states(&mut self, members: &[u8]) {
        let own = self.pc.instances.clone();
        for member in members {
            let nodes = if *member == A {
                own.clone()
            } else {
                Pc::new(uuid(*member), false, None, &self.config).instances
            };
            self.say(*member, PcMessage::State { nodes });
        }
    }

    fn nodes(&self, members: &[u8]) -> BTreeMap<GcommUuid, PcNode> {
        let of = |uuid: &GcommUuid| self.pc.instances[uuid].clone();
        members
            .iter()
            .map(|member| (uuid(*member), of(&uuid(*member))))
            .collect()
    }

    fn install(&mut self, members: &[u8]) {
        self.install_as(members, false);
    }

    fn promote(&mut self, members: &[u8]) {
        self.install_as(members, true);
    }

    fn install_as(&mut self, members: &[u8], bootstrap: bool) {
        let nodes = self.nodes(members);
        let weight = None;
        self.say(
            A,
            PcMessage::Install {
                bootstrap,
                weight,
                nodes,
            },
        );
    }

    fn weight(&mut self, weight: u8) {
        let nodes = self.nodes(&[A, B, C]);
        let (bootstrap, weight) = (false, Some(weight));
        self.say(
            A,
            PcMessage::Install {
                bootstrap,
                weight,
                nodes,
            },
        );
    }

    fn unknown(&self) -> Vec<u8> {
        let unknown = |number: &u8| {
            let node = self.pc.instances.get(&uuid(*number));
            node.is_some_and(|node| node.un)
        };
        [A, B, C].into_iter().filter(unknown).collect()
    }
}

#[test]
fn who_may_have_installed_the_view_blocks_the_merge() {
    let mut bench = Bench::bootstrapped();
    bench.view(&[A, B, C], &[], &[]);
    bench.states(&[A, B, C]);
    // The others vanish before the INSTALL of the view of three is delivered.
    bench.broken(&[A], &[], &[B, C]);
    bench.install(&[A, B, C]);
    assert_eq!(bench.pc.state(), State::Trans);
    assert!(!bench.pc.is_prim());
    assert_eq!(bench.unknown(), [B, C]);

    // A alone was the last primary view, and may not go on with it: B and C may be one by now.
    bench.view(&[A], &[], &[]);
    bench.states(&[A]);
    assert_eq!(bench.pc.state(), State::NonPrim);

    bench.view(&[A, B, C], &[], &[]);
    bench.states(&[A, B, C]);
    assert_eq!(bench.pc.state(), State::Install);
}

#[test]
fn an_install_in_a_broken_view_is_counted_against_the_view_that_it_would_make() {
    let mut bench = Bench::bootstrapped();
    bench.view(&[A, B, C], &[], &[]);
    bench.states(&[A, B, C]);
    bench.broken(&[A, B], &[], &[C]);
    bench.install(&[A, B, C]);
    assert_eq!(bench.pc.state(), State::Trans);
    assert_eq!(bench.unknown(), []);
}

#[test]
fn a_weight_under_way_costs_the_primary_component() {
    let mut bench = Bench::of_three();
    assert_eq!(bench.pc.cluster_weight(), 3);
    bench.weight(3);
    assert_eq!(bench.pc.own().weight, 3);
    assert_eq!(bench.pc.cluster_weight(), 5);
    assert_eq!(bench.pc.state(), State::Prim);

    // Quorum would be enough, but the weights that C counts with are unknown.
    bench.broken(&[A, B], &[], &[C]);
    assert_eq!(bench.pc.state(), State::Trans);
    bench.weight(1);
    assert_eq!(bench.pc.state(), State::Trans);
    assert!(!bench.pc.is_prim());
    assert_eq!(bench.pc.cluster_weight(), 0);
    assert_eq!(bench.unknown(), [C]);

    // A member that left in order was counted before.
    let mut bench = Bench::of_three();
    bench.broken(&[A, B], &[C], &[]);
    bench.weight(2);
    assert_eq!(bench.pc.state(), State::Trans);
    assert_eq!(bench.pc.own().weight, 2);
}

/// B has been in a later primary view with C than A. A hears of that, so it cannot go on with B alone; but
/// what it remembers of both stays, and is what counts when B has gone again (`pc_proto.cpp:handle_state`
/// inserts only what is new). Otherwise A would take B alone for a primary view of the past.
#[test]
fn of_a_known_node_stays_what_was_known_of_it() {
    let mut bench = Bench::of_three();
    bench.broken(&[A], &[], &[B, C]);
    bench.view(&[A], &[], &[]);
    bench.states(&[A]);
    let known = bench.pc.instances.clone();

    bench.view(&[A, B], &[], &[]);
    let mut later = known.clone();
    for node in [B, C] {
        if let Some(node) = later.get_mut(&uuid(node)) {
            node.last_prim = ViewId::new(ViewType::Prim, uuid(B), 9);
        }
    }
    let nodes = known.clone();
    bench.say(A, PcMessage::State { nodes });
    bench.say(B, PcMessage::State { nodes: later });
    assert_eq!(bench.pc.state(), State::NonPrim);
    assert_eq!(bench.pc.instances, known);
}

/// A component that is not primary is promoted, and its view breaks under the INSTALL: nobody takes that, and so nobody
/// has to be waited for (`pc_proto.cpp:handle_trans_install`, "Dropping bootstrap install in TRANS state").
#[test]
fn a_promotion_under_which_the_view_breaks_is_dropped() {
    let mut bench = Bench::of_three();
    bench.broken(&[A], &[], &[B, C]);
    bench.view(&[A, B], &[], &[]);
    bench.states(&[A, B]);
    assert_eq!(bench.pc.state(), State::NonPrim);
    bench.broken(&[A], &[], &[B]);
    let before = bench.pc.clone();
    bench.promote(&[A, B]);
    assert_eq!(bench.pc, before);
    assert_eq!(bench.unknown(), []);
}

/// Each message that a primary component has ordered counts, and none that comes after its quorum is lost
/// (`pc_proto.cpp:handle_user`, `to_seq`).
#[test]
fn a_component_counts_what_it_has_ordered() {
    let mut bench = Bench::of_three();
    let before = bench.pc.own().to_seq;
    for _ in 0..3 {
        bench.say(B, PcMessage::User(GcsMessage::Sync));
    }
    assert_eq!(bench.pc.own().to_seq, before + 3);
    bench.broken(&[A], &[], &[B, C]);
    bench.say(B, PcMessage::User(GcsMessage::Sync));
    assert_eq!(bench.pc.own().to_seq, before + 3);
}

/// A process that was restarted stands for the one that was in the last primary view (`pc_proto.cpp:is_prim`). The
/// mistake that tests plant there compares incarnations, and lets the very same processes go on.
#[test]
fn a_restarted_member_stands_for_its_earlier_process() {
    let bench = Bench::of_three();
    let goes_on = |fault, b: GcommUuid| {
        let mut pc = bench.pc.clone();
        pc.fault = fault;
        let known = &mut pc.instances;
        for node in known.values_mut() {
            node.prim = false;
        }
        let present = [uuid(A), b, uuid(C)];
        pc.states = present.map(|one| (one, known.clone())).into();
        pc.becomes_primary(&mut Vec::new())
    };
    let mistake = Some(DeliberateFault::IncarnationCompared);
    let restarted = uuid(B).next_incarnation();
    assert_eq!(goes_on(None, restarted), Ok(true));
    assert_eq!(goes_on(mistake, restarted), Ok(false));
    assert_eq!(goes_on(mistake, uuid(B)), Ok(true));
}

/// A component waits for the members of a primary view that it remembers (P4 of `docs/rules.md`), and for those of a
/// saved view (V6). One that is primary waits for nobody.
#[test]
fn a_component_waits_by_what_it_remembers() {
    let mut remembers = Bench::of_three();
    assert!(remembers.pc.waits_by().is_empty());
    remembers.broken(&[A], &[], &[B, C]);
    remembers.view(&[A], &[], &[]);
    remembers.states(&[A]);
    assert_eq!(remembers.pc.waits_by(), ["P4"]);

    let starts = |restored| {
        let mut pc = Pc::new(uuid(A), false, restored, &Config::default());
        pc.state = State::NonPrim;
        pc.waits_by()
    };
    let saved = RestoredView {
        id: ViewId::new(ViewType::Prim, uuid(A), 4),
        members: [A, B].map(uuid).into(),
    };
    assert_eq!(starts(None), ["P4"]);
    assert_eq!(starts(Some(saved)), ["V6"]);
}
