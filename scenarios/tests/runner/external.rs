//! A program from outside in the operator's seat.

use std::sync::{Arc, Mutex};

use seatrial_scenarios::procedures::ProcedureOutcome;
use seatrial_scenarios::runner::external::{
    Answer, Next, Program, QUESTION_COST, Question, Session,
};
use seatrial_scenarios::{FileChange, HostTree, NodeName, Output, RunOptions, Span};

use crate::fake::{Fake, play_on, scenario};

/// The answers to the program, in order.
#[derive(Default)]
struct Heard {
    answers: Vec<Answer>,
    shown: Vec<String>,
}

/// A program that asks these questions and then says that it has done its work.
struct Asks(Vec<Question>, Arc<Mutex<Heard>>);

impl Program for Asks {
    fn name(&self) -> &'static str {
        "none"
    }

    fn start(&self, nodes: &[NodeName]) -> Box<dyn Session> {
        assert_eq!(nodes.len(), 3);
        let mut left = self.0.clone();
        left.reverse();
        Box::new(Running(left, self.1.clone()))
    }
}

struct Running(Vec<Question>, Arc<Mutex<Heard>>);

impl Session for Running {
    fn next(&mut self) -> Next {
        self.0
            .pop()
            .map_or(Next::Ended(ProcedureOutcome::Recovered), Next::Asks)
    }

    fn answer(&mut self, answer: Answer) {
        self.1.lock().expect("nobody panics").answers.push(answer);
    }

    fn version(&self, _: &NodeName) -> Option<u64> {
        None
    }

    fn changes(&mut self, _: &NodeName) -> Vec<FileChange> {
        Vec::new()
    }

    fn show(&mut self, node: &NodeName, tree: HostTree, _: Span) {
        let what = match tree {
            HostTree::Off => "is off".to_owned(),
            HostTree::Same => "is the same".to_owned(),
            HostTree::Files { files, .. } => format!("{} files", files.len()),
            HostTree::Real => "is real".to_owned(),
        };
        let mut heard = self.1.lock().expect("nobody panics");
        heard.shown.push(format!("{node} {what}"));
    }
}

#[test]
fn questions_are_answered_one_after_the_other_each_at_its_cost() {
    let node = |name: &str| NodeName::new(name);
    let run = |name: &str, line: &str| Question::Run {
        node: node(name),
        line: line.to_owned(),
        input: None,
        limit_ms: None,
    };
    let ended = |name: &str, line: &str| Question::Ended {
        node: node(name),
        line: line.to_owned(),
        output: Output::default(),
    };
    let questions = vec![
        Question::Clock,
        Question::Sleep { ms: 600_000 },
        Question::Clock,
        run("B", "systemctl stop mariadb"),
        run("Z", "systemctl stop mariadb"),
        Question::Reach { node: node("Z") },
        Question::Reach { node: node("B") },
        ended("B", "systemctl stop mariadb"),
        ended("B", "grep seqno grastate.dat"),
    ];
    let heard = Arc::new(Mutex::new(Heard::default()));
    let options = RunOptions {
        program: Some(Arc::new(Asks(questions, heard.clone()))),
        ..RunOptions::default()
    };
    let scenario = scenario(
        "procedure = \"none\"",
        "[[step]]\nwrite = { node = \"A\", rows = 1 }\n",
    );
    let record = play_on(&mut Fake::new(), &scenario, &options);
    let heard = heard.lock().expect("nobody panics");
    let now = |index: usize| heard.answers[index].now_ms;
    let cost = QUESTION_COST.as_micros() / 1_000;
    assert_eq!(now(2) - now(0), 600_000 + 2 * cost);
    assert_eq!(heard.answers[3].output.exit, 0);
    for unknown in &heard.answers[4..6] {
        assert_eq!(unknown.output.exit, 255, "{unknown:?}");
    }
    assert!(heard.answers[6].is_real, "the toy has no files of its own");
    let typed: Vec<&str> = record
        .commands
        .iter()
        .map(|one| one.line.as_str())
        .collect();
    // A line stands in the record once: by the command of the engine in it, or else by itself.
    assert_eq!(typed, ["systemctl stop mariadb", "grep seqno grastate.dat"]);
    assert_eq!(heard.shown[..3], ["A is real", "B is real", "C is real"]);
}
