//! The story for people: the verdict first, then the time line, then node by node.

use seatrial_autopsy::{Certainty, Statement};
use seatrial_reports::wrapped;

use super::Told;
use super::scenario::Reconstruction;

/// The whole text.
pub(super) fn text(told: &Told, explain: bool) -> String {
    let story = &told.story;
    let mut page = Page {
        told,
        explain,
        text: String::new(),
    };
    page.list("What happened", &story.verdict);
    page.list("Point of no return", story.no_return.as_slice());
    page.list("From here on it was dangerous", story.danger.as_slice());
    page.list("Losses", &story.lost);
    page.numbered("What to do now", &story.to_do);
    page.list("What not to do", &story.not_to_do);
    page.list("Where a copy may still be", &story.copies);
    page.list("How it stands at the end", &story.now);
    page.list("Clocks", &story.clocks);
    for component in &story.components {
        page.title_of(&component.title);
        page.dated(&component.lines);
    }
    for node in &story.nodes {
        let log = if node.has_log {
            ""
        } else {
            " (no log of its own)"
        };
        page.part(&format!("{}{log}", node.name));
        page.dated(&node.lines);
    }
    page.list("What these logs cannot tell", &story.unknown);
    if explain {
        page.files();
    } else {
        page.text.push('\n');
        page.text.push_str(&wrapped(
            "",
            "",
            "Nothing was changed. --explain puts the lines behind each sentence, and says how certain it is.",
        ));
    }
    page.text
}

/// The verdict alone.
pub(super) fn brief(told: &Told, explain: bool) -> String {
    let story = &told.story;
    let mut page = Page {
        told,
        explain,
        text: String::new(),
    };
    if story.no_return.is_none() && story.danger.is_none() {
        page.list("What happened", &story.verdict);
    }
    page.list("Point of no return", story.no_return.as_slice());
    page.list("From here on it was dangerous", story.danger.as_slice());
    page.list("Losses", &story.lost);
    page.numbered("What to do now", &story.to_do);
    page.list("What not to do", &story.not_to_do);
    page.text
}

/// What became of a reconstruction.
pub(super) fn reconstruction(made: &Reconstruction, file: &str) -> String {
    let steps = made.toml.matches("[[step]]").count();
    let mut text = format!("{file}: {steps} steps. Play it with `seatrial run {file}`.\n");
    for remark in &made.remarks {
        text.push_str(&wrapped("  - ", "    ", remark));
    }
    text
}

struct Page<'a> {
    told: &'a Told,
    explain: bool,
    text: String,
}

impl Page<'_> {
    fn part(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&wrapped("", "", title));
    }

    fn list(&mut self, title: &str, statements: &[Statement]) {
        if statements.is_empty() {
            return;
        }
        self.part(title);
        for statement in statements {
            let says = with_time(statement);
            self.text.push_str(&wrapped("  - ", "    ", &says));
            self.evidence(statement, "    ");
        }
    }

    fn numbered(&mut self, title: &str, statements: &[Statement]) {
        if statements.is_empty() {
            return;
        }
        self.part(title);
        for (index, statement) in statements.iter().enumerate() {
            let first = format!("  {} ", index + 1);
            self.text
                .push_str(&wrapped(&first, "    ", &statement.says));
            self.evidence(statement, "    ");
        }
    }

    fn title_of(&mut self, statement: &Statement) {
        self.part(&statement.says);
        self.evidence(statement, "  ");
    }

    /// Sentences with their time in front. The day is said where it changes.
    fn dated(&mut self, statements: &[Statement]) {
        let mut day = "";
        for statement in statements {
            let (date, time) = statement
                .at
                .as_deref()
                .and_then(|at| at.split_once(' '))
                .unwrap_or(("", "        "));
            if date != day && !date.is_empty() {
                self.text.extend(["  ", date, "\n"]);
                day = date;
            }
            let first = format!("  {time} ");
            self.text
                .push_str(&wrapped(&first, "           ", &statement.says));
            self.evidence(statement, "           ");
        }
    }

    fn evidence(&mut self, statement: &Statement, indent: &str) {
        if !self.explain {
            return;
        }
        let certainty = match statement.certainty {
            Certainty::Certain => "certain",
            Certainty::Inferred => "inferred",
            Certainty::Judgement => "judgement",
        };
        let mut places = self.told.places(&statement.evidence);
        places.insert(0, format!("[{certainty}]"));
        let places = places.join(" ");
        self.text.push_str(&wrapped(indent, indent, &places));
    }

    fn files(&mut self) {
        self.part("Files");
        let lines: Vec<String> = self
            .told
            .gathered
            .files()
            .map(|(name, lines, facts)| format!("  {name}: {lines} lines, {facts} facts\n"))
            .collect();
        self.text.push_str(&lines.concat());
    }
}

/// The sentence with its time, where it has one that it does not say itself.
fn with_time(statement: &Statement) -> String {
    match &statement.at {
        Some(at) => format!("{at}: {}", statement.says),
        None => statement.says.clone(),
    }
}
