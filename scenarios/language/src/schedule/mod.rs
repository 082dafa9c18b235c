//! Schedules as data: what a search or a comparison of engines does to a cluster, step by step.
//!
//! A seed draws a schedule from proptest's strategies. A schedule is a list of [`Op`]s, and each can be
//! applied in every state: the engine skips what has nothing to act on, and records that. A schedule
//! turns into a scenario like any other, so that a finding is never a seed alone.

mod cluster;
mod draw;
mod op;
mod sketch;
mod vocabulary;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use seatrial_port::{Fault, Initial, NodeName, Options, Supervisor, Timers};

use crate::{Action, Operators, Pace, Scenario, Step};

use cluster::Cluster;
pub use op::{Edit, Interruption, Op};
use sketch::Sketch;
pub use vocabulary::{Vocabulary, Word};

/// A cluster, and the ops that happen to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The nodes.
    pub nodes: Vec<NodeName>,
    /// The options.
    pub options: Options,
    /// The timeouts, where the schedule needs certain ones.
    pub timers: Option<Timers>,
    /// The ops, in order.
    pub ops: Vec<Op>,
}

/// The way in which a schedule is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// Whether each step waits for rest.
    pub pace: Pace,
    /// The procedure that then has to recover; none where nothing is to be recovered.
    pub procedure: Option<String>,
}

/// A generator whose algorithm is pinned (ChaCha), seeded by a purpose and a number.
fn runner(purpose: &str, seed: u64) -> TestRunner {
    let mut key = [0; 32];
    let digest = seatrial_port::trace::sha256_hex(&format!("{purpose}:{seed}"));
    for (byte, text) in key.iter_mut().zip(digest.as_bytes()) {
        *byte = *text;
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &key);
    TestRunner::new_with_rng(Config::default(), rng)
}

/// The number of times that an op without effect is drawn again. In the end it is taken anyway: the
/// sketch may be wrong, and people do start servers that already run.
const DRAWN_AGAIN: usize = 4;

/// Ops one after another, each with a rough idea of what those before have left.
fn draw_aware(
    vocabulary: &Vocabulary,
    cluster: &Cluster,
    mut sketch: Sketch,
    runner: &mut TestRunner,
) -> Vec<Op> {
    let (least, most) = vocabulary.length;
    let one = vocabulary.one(cluster.nodes.len(), cluster.servers);
    let draw = |runner: &mut TestRunner| {
        let op = one.new_tree(runner);
        op.expect("invariant: the strategy has no filter").current()
    };
    let length = draw::number([least, most]).new_tree(runner);
    let length = length.expect("invariant: the range is not empty").current();
    let mut ops = Vec::with_capacity(length);
    while ops.len() < length {
        let mut op = draw(runner);
        for _ in 0..DRAWN_AGAIN {
            if let Some(fitting) = sketch.fitting(&op) {
                op = fitting;
                break;
            }
            op = draw(runner);
        }
        sketch.note(&op);
        ops.push(op);
    }
    ops
}

/// Whether what follows this action must not wait for rest: packets are lost by chance, or a transfer is under way.
fn never_rests(action: &Action) -> bool {
    let Action::Faults(faults) = action else {
        return false;
    };
    let moves = |fault: &Fault| {
        matches!(
            fault,
            Fault::Loss { .. } | Fault::Flap { .. } | Fault::InterruptTransfer(_)
        )
    };
    faults.iter().any(moves)
}

impl Schedule {
    /// Returns the schedule of a seed: the same on every machine and in every thread.
    ///
    /// # Panics
    /// When the strategy rejects its own values, which it never does.
    pub fn draw(vocabulary: &Vocabulary, seed: u64) -> Self {
        Self::draw_after(vocabulary, seed, &[])
    }

    /// Returns the schedule of a seed for a cluster on which these ops have been played. They are not part of it.
    ///
    /// # Panics
    /// When the strategy rejects its own values, which it never does.
    pub fn draw_after(vocabulary: &Vocabulary, seed: u64, before: &[Op]) -> Self {
        let mut runner = runner("schedule", seed);
        let cluster = if vocabulary.any_cluster {
            Cluster::draw(&mut runner)
        } else {
            Cluster::usual(&vocabulary.nodes)
        };
        let ops = if vocabulary.aware {
            let mut sketch = Sketch::synced(cluster.nodes.len());
            for op in before {
                sketch.note(op);
            }
            draw_aware(vocabulary, &cluster, sketch, &mut runner)
        } else {
            vocabulary
                .strategy()
                .new_tree(&mut runner)
                .expect("invariant: the strategy has no filter")
                .current()
        };
        Self {
            nodes: cluster.nodes,
            options: cluster.options,
            timers: None,
            ops,
        }
    }

    /// Returns the number of steps that each op becomes, in order.
    pub fn steps_of_ops(&self) -> Vec<u32> {
        let mut named = 0;
        let ops = self.ops.iter();
        ops.map(|op| (0_u32..).zip(op.actions(&self.nodes, &mut named)).count())
            .map(|steps| u32::try_from(steps).expect("invariant: an op has a few steps"))
            .collect()
    }

    /// Returns the kind of the cluster in words: its size, an arbitrator, each option that differs from Galera's own.
    pub fn kinds_of_cluster(&self) -> Vec<String> {
        let arbitrators = self.nodes.iter();
        let arbitrators = arbitrators.filter(|node| self.options.is_arbitrator(node));
        let mut kinds = match arbitrators.count() {
            0 => vec![format!("{} nodes", self.nodes.len())],
            _ => vec![
                format!("{} nodes", self.nodes.len() - 1),
                "an arbitrator".to_owned(),
            ],
        };
        let shared = self.options.settings.iter();
        let own = self.options.node_settings.values().flatten();
        for (name, value) in shared.chain(own).filter(|(name, _)| *name != "arbitrator") {
            kinds.push(format!("{name} = {value}"));
        }
        if self.options.supervisor == Supervisor::Systemd {
            kinds.push("systemd restarts".to_owned());
        }
        kinds
    }

    /// Returns a mutant: one op taken out, put in, or put in another's place, as the seed says.
    ///
    /// # Panics
    /// When the strategy rejects its own values, which it never does.
    #[must_use]
    pub fn mutated(&self, vocabulary: &Vocabulary, seed: u64) -> Self {
        let mut runner = runner("mutation", seed);
        let length = self.ops.len();
        let nodes = self.nodes.len();
        let one = vocabulary.one(nodes, nodes);
        let strategy = (0_u8..3, draw::number([0, length]), one);
        let (how, place, op) = strategy
            .new_tree(&mut runner)
            .expect("invariant: the strategy has no filter")
            .current();
        let mut ops = self.ops.clone();
        match how {
            0 if length > 1 => {
                ops.remove(place.min(length - 1));
            }
            1 if length > 0 => ops[place.min(length - 1)] = op,
            _ => ops.insert(place, op),
        }
        Self {
            ops,
            ..self.clone()
        }
    }

    /// Returns the schedule as a scenario that is written and read again: what a file of it would be.
    ///
    /// # Panics
    /// When the text that is written cannot be read again: a mistake in the language.
    pub fn scenario(&self, id: &str, title: &str, play: &Play) -> Scenario {
        let written = self.unwritten(id, title, play);
        let text = written.to_toml();
        Scenario::parse(&written.file, &text)
            .unwrap_or_else(|error| panic!("invariant: a schedule is a scenario: {error}\n{text}"))
    }

    /// Returns the schedule as a scenario of which there is no text: its steps have line 0, and it has no hash.
    ///
    /// A search plays most of its schedules once and never shows them. Writing and reading each would take a
    /// tenth of its time. A test holds that both are the same scenario.
    pub fn unwritten(&self, id: &str, title: &str, play: &Play) -> Scenario {
        let mut rows = 0;
        let steps = self
            .ops
            .iter()
            .flat_map(|op| op.actions(&self.nodes, &mut rows))
            .zip(1_u32..)
            .map(|(action, number)| Step {
                pace: (play.pace == Pace::Rest && never_rests(&action)).then_some(Pace::Next),
                ..Step::unwritten(number, action)
            })
            .collect();
        Scenario {
            file: format!("{id}.toml"),
            sha256: String::new(),
            id: id.to_owned(),
            title: title.to_owned(),
            source: None,
            why: None,
            nodes: self.nodes.clone(),
            initial: Initial::Synced,
            timers: self.timers,
            pace: Some(play.pace),
            procedure: play
                .procedure
                .clone()
                .unwrap_or_else(|| "manual-corrected".to_owned()),
            operators: Operators::default(),
            second_phase: play.procedure.is_some(),
            findings: Vec::new(),
            limit: crate::LIMIT_DEFAULT,
            pack: None,
            tags: Vec::new(),
            options: self.options.clone(),
            steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_schedule_and_another_seed_another() {
        let vocabulary = Vocabulary::conformance();
        let first = Schedule::draw(&vocabulary, 7);
        assert_eq!(first, Schedule::draw(&vocabulary, 7));
        assert_ne!(first, Schedule::draw(&vocabulary, 8));
    }

    /// A schedule that is drawn as machines with 64 bits draw it. `explore` gives the same findings on a
    /// machine with 32 bits as long as this holds there.
    #[test]
    fn a_seed_names_the_same_schedule_on_every_machine() {
        let search = Vocabulary::search();
        let drawn: Vec<Schedule> = [&Vocabulary::conformance(), &search]
            .into_iter()
            .flat_map(|vocabulary| (0..200).map(|seed| Schedule::draw(vocabulary, seed)))
            .collect();
        let mutated: Vec<Schedule> = drawn
            .iter()
            .zip(0..)
            .map(|(schedule, seed)| schedule.mutated(&search, seed))
            .collect();
        let text = format!("{drawn:?}{mutated:?}");
        let hash = seatrial_port::trace::sha256_hex(&text);
        assert_eq!(&hash[..16], "e01155c4d32a336b");
    }

    #[test]
    fn what_was_done_before_decides_what_can_be_done() {
        let all_down = [Op::Stop(vec![0, 1, 2])];
        let acts_on_a_server = |op: &&Op| matches!(op, Op::Stop(_) | Op::Terminate(_));
        let first = |before: &[Op]| -> usize {
            let drawn = (0..100).map(|s| Schedule::draw_after(&Vocabulary::search(), s, before));
            drawn
                .filter(|drawn| drawn.ops.first().is_some_and(|op| acts_on_a_server(&op)))
                .count()
        };
        assert!(first(&[]) > 10 * first(&all_down).max(1));
        assert_eq!(
            Schedule::draw_after(&Vocabulary::search(), 7, &[]),
            Schedule::draw(&Vocabulary::search(), 7)
        );
    }

    #[test]
    fn every_schedule_is_a_scenario() {
        for seed in 0..200 {
            let schedule = Schedule::draw(&Vocabulary::search(), seed);
            let play = Play {
                pace: Pace::Next,
                procedure: Some("manual".into()),
            };
            let scenario = schedule.scenario(&format!("seed-{seed}"), "drawn", &play);
            assert!(scenario.steps.len() >= schedule.ops.len());
        }
    }

    #[test]
    fn a_schedule_of_the_whole_vocabulary_is_a_scenario_of_its_steps() {
        let play = Play {
            pace: Pace::Rest,
            procedure: None,
        };
        for seed in 0..300 {
            let schedule = Schedule::draw(&Vocabulary::whole(), seed);
            let scenario = schedule.scenario(&format!("seed-{seed}"), "drawn", &play);
            let steps: u32 = schedule.steps_of_ops().iter().sum();
            assert_eq!(scenario.steps.len(), usize::try_from(steps).unwrap());
        }
    }

    /// Each kind of cluster and of operation is among a few hundred schedules.
    #[test]
    fn the_whole_vocabulary_leaves_out_no_word_and_no_kind_of_cluster() {
        let drawn: Vec<Schedule> = (0..600)
            .map(|seed| Schedule::draw(&Vocabulary::whole(), seed))
            .collect();
        let ops = drawn.iter().flat_map(|schedule| &schedule.ops);
        let words: std::collections::BTreeSet<Word> = ops.map(Op::word).collect();
        assert_eq!(words, Vocabulary::whole().words);
        let kinds: std::collections::BTreeSet<String> =
            drawn.iter().flat_map(Schedule::kinds_of_cluster).collect();
        let expected = [
            "2 nodes",
            "3 nodes",
            "4 nodes",
            "5 nodes",
            "an arbitrator",
            "gcache.recover = no",
            "innodb_flush_log_at_trx_commit = 0",
            "innodb_flush_log_at_trx_commit = 2",
            "pc.recovery = false",
            "pc.weight = 2",
            "systemd restarts",
            "wsrep_sst_method = mariabackup",
        ];
        assert!(kinds.iter().eq(expected), "{kinds:?}");
    }

    #[test]
    fn what_a_search_plays_is_what_a_file_of_it_would_be() {
        let vocabularies = [Vocabulary::search(), Vocabulary::conformance()];
        for (seed, vocabulary) in (0..400).zip(vocabularies.iter().cycle()) {
            let schedule = Schedule::draw(vocabulary, seed);
            let play = Play {
                pace: [Pace::Next, Pace::Rest][usize::from(seed % 4 > 1)],
                procedure: (seed % 3 > 0).then(|| "manual".into()),
            };
            let mut read = schedule.scenario("drawn", "drawn", &play);
            read.sha256.clear();
            for step in &mut read.steps {
                step.line = 0;
            }
            assert_eq!(read, schedule.unwritten("drawn", "drawn", &play), "{seed}");
        }
    }

    /// The table of faults says which of them schedules draw.
    #[test]
    fn the_faults_that_are_drawn_are_those_that_the_table_names() {
        let mut drawn = std::collections::BTreeSet::new();
        for seed in 0..400 {
            let schedule = Schedule::draw(&Vocabulary::search(), seed);
            let actions = schedule.ops.iter();
            let actions = actions.flat_map(|op| op.actions(&schedule.nodes, &mut 0));
            for action in actions {
                let parts = match action {
                    Action::Together(parts) => parts,
                    action => vec![action],
                };
                for part in parts {
                    if let Action::Faults(faults) = part {
                        drawn.extend(faults.iter().map(Fault::name));
                    }
                }
            }
        }
        let kinds = Fault::KINDS.iter().filter(|kind| kind.drawn);
        assert_eq!(drawn, kinds.map(|kind| kind.name).collect());
    }
}
