//! A program from outside in the operator's seat.

use std::sync::{Arc, Mutex};

use seatrial_scenarios::procedures::ProcedureOutcome;
use seatrial_scenarios::runner::external::{
    Answer, Files, Next, Program, QUESTION_COST, Question, Session,
};
use seatrial_scenarios::{NodeName, RunOptions};

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

    fn show(&mut self, node: &NodeName, files: Option<Files>) {
        let what = files.map_or_else(
            || "does not answer".to_owned(),
            |files| format!("{} files", files.len()),
        );
        let mut heard = self.1.lock().expect("nobody panics");
        heard.shown.push(format!("{node}: {what}"));
    }
}

#[test]
fn questions_are_answered_one_after_the_other_each_at_its_cost() {
    let node = |name: &str| NodeName::new(name);
    let run = |name: &str, line: &str| Question::Run {
        node: node(name),
        line: line.to_owned(),
        limit_ms: None,
    };
    let questions = vec![
        Question::Clock,
        Question::Sleep { ms: 600_000 },
        Question::Clock,
        run("B", "systemctl stop mariadb"),
        run("Z", "systemctl stop mariadb"),
        Question::Reach { node: node("Z") },
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
    // The toy needs a second to show each of four files of three nodes; an engine needs no time.
    let shown = 3 * 4 * 1_000;
    assert_eq!(now(2) - now(0), 600_000 + 2 * cost + shown);
    assert_eq!(heard.answers[3].output.exit, 0);
    for unknown in &heard.answers[4..] {
        assert_eq!(unknown.output.exit, 255, "{unknown:?}");
    }
    let typed: Vec<&str> = record
        .commands
        .iter()
        .map(|one| one.line.as_str())
        .collect();
    assert_eq!(typed, ["systemctl stop mariadb"], "files are not typed for");
    assert!(
        heard.shown.contains(&"B: 4 files".to_owned()),
        "{:?}",
        heard.shown
    );
}
