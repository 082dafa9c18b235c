//! The commands of the prompt, and `help`: about commands, faults and the words of the glossary.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use seatrial_reports::{nearest, wrapped};
use seatrial_scenarios::glossary;

use super::command::Trouble;
use super::words::{fault_lines, fault_names};

/// Commands under a heading: the usage of each, and what it does.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// Every command.
const GROUPS: &[Group] = &[
    (
        "On the nodes",
        &[
            (
                "A$ COMMAND",
                "type an operator's command on A; `A,B$` or `all$` types it on several nodes at once; `&` at the end leaves it running",
            ),
            (
                "ctrl-c SPAN A$ COMMAND",
                "the same, and press Ctrl-C after that time",
            ),
            (
                "client A write N",
                "a client of A writes N rows; with `&` in place of N it writes one, and the answer comes later",
            ),
            (
                "client A load N",
                "N clients of A write until `client stop`",
            ),
            (
                "fault NAME …",
                "break something; `help fault` lists the faults",
            ),
            (
                "procedure NAME",
                "let a recovery procedure type its commands",
            ),
            ("wait SPAN", "let time pass: `wait 30s`"),
            (
                "wait until STATE",
                "wait for a state: `wait until C non-Primary`, `wait until all-synced within 5m`",
            ),
            (
                "next",
                "play the next step of the scenario; `next all` plays the rest",
            ),
        ],
    ),
    (
        "Looking",
        &[
            ("status", "show all nodes, and how quorum was counted"),
            (
                "why A",
                "explain why A is primary or not, and whether it may be bootstrapped",
            ),
            (
                "history",
                "show which nodes hold which rows, and which acknowledged rows are gone",
            ),
            (
                "diff X [Y]",
                "show what differs between two moments or forks, or between one and now",
            ),
        ],
    ),
    (
        "Time travel",
        &[
            ("moments", "list the moments so far and the forks"),
            ("back [N]", "undo the last command, or the last N"),
            (
                "goto X",
                "go to a moment by its number, or to a fork by its name",
            ),
            (
                "fork NAME",
                "start a new fork here; the old one keeps its name",
            ),
            ("hash", "print a hash of the whole state"),
            (
                "reset",
                "go back to the first moment, in a mission to the first one after its story",
            ),
            (
                "save FILE",
                "write the session as a scenario that `seatrial run` replays; a file that exists is overwritten only when the same line is typed again",
            ),
        ],
    ),
    (
        "Missions",
        &[
            ("mission [ID]", "list the missions, or begin one"),
            (
                "hint",
                "show the mission's next hint; after the last one, and without a mission, what the decision table would do now",
            ),
            ("debrief", "end the mission: grade, losses, the better way"),
            (
                "leave",
                "leave the mission without a grade; a new cluster is as the lab was opened with",
            ),
        ],
    ),
    (
        "Other",
        &[
            (
                "help [WORD]",
                "this, or more about a command, a fault, or a word of Galera's, of the manual's or of the lab's; `help words` lists the words",
            ),
            ("quit", "leave; Ctrl-D does it too"),
        ],
    ),
];

/// Returns the first words of the commands that have one.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = GROUPS
        .iter()
        .flat_map(|(_, commands)| commands.iter())
        .filter(|(usage, _)| !usage.starts_with("A$"))
        .filter_map(|(usage, _)| usage.split(' ').next())
        .collect();
    names.dedup();
    names
}

/// Returns the usage of a command.
pub(super) fn usage(name: &str) -> Option<&'static str> {
    lines(name).map(|(usage, _)| usage).next()
}

fn lines(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    GROUPS
        .iter()
        .flat_map(|(_, commands)| commands.iter().copied())
        .filter(move |(usage, _)| usage.split(' ').next() == Some(name))
}

/// The topics of `help`: a word for each of the groups, in their order.
const TOPICS: [&str; 5] = ["nodes", "looking", "time", "missions", "other"];

/// The commands that a learner needs first.
const FIRST: [(&str, &str); 7] = [
    (
        "A$ sudo systemctl stop mariadb",
        "type a command on A; `A,B$`, `all$`",
    ),
    (
        "fault terminate A",
        "break something; `help fault` lists how",
    ),
    (
        "client A write 5",
        "write rows through A; `client A load 3`",
    ),
    ("wait 30s", "let time pass; `wait until all-synced`"),
    ("status, why A, history", "look at the cluster"),
    ("back, goto 3, fork other", "go back in time"),
    ("mission", "list the missions; `mission ID` begins one"),
];

/// Returns the text of `help`, which fits a screen of 24 lines: the first commands, and the topics behind them.
pub(super) fn overview() -> String {
    let mut text = String::new();
    for (usage, says) in FIRST {
        let _ = writeln!(text, "  {usage:<32}{says}");
    }
    text.push('\n');
    for (topic, (_, commands)) in TOPICS.iter().zip(GROUPS) {
        let mut names: Vec<&str> = commands
            .iter()
            .filter_map(|(usage, _)| usage.split(' ').next())
            .collect();
        names.dedup();
        let _ = writeln!(text, "  help {topic:<10}{}", names.join(", "));
    }
    text.push('\n');
    text.push_str(&wrapped(
        "",
        "",
        "`help WORD` explains a command, a fault, or a word of Galera's or the manual's; `help words` lists these \
         words, `help all` all commands.",
    ));
    text
}

/// Returns the commands of a topic, or of all of them.
fn about_topic(asked: &str) -> Option<String> {
    let mut text = String::new();
    for (topic, (heading, commands)) in TOPICS.iter().zip(GROUPS) {
        if asked != "all" && asked != *topic {
            continue;
        }
        let _ = writeln!(text, "{heading}");
        for (usage, says) in *commands {
            text.push_str(&entry(usage, says));
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the text of `help WORD`: about a command, a fault, or a word of the glossary.
pub(super) fn about(asked: &str) -> Result<String, Trouble> {
    let asked = asked.trim_end_matches('…').trim_end();
    if asked == "words" {
        return Ok(words());
    }
    let first = asked.split(' ').next().unwrap_or(asked);
    about_topic(asked)
        .or_else(|| about_command(asked))
        .or_else(|| about_fault(asked))
        .or_else(|| about_word(asked))
        // A whole line, such as `fault terminate A`, asks about its command.
        .or_else(|| about_command(first))
        .ok_or_else(|| unknown(asked))
}

fn about_command(name: &str) -> Option<String> {
    let mut text = String::new();
    for (usage, says) in lines(name) {
        text.push_str(&entry(usage, says));
    }
    if name == "fault" {
        for (usage, says) in fault_lines() {
            text.push_str(&entry(&format!("fault {usage}"), says));
        }
    }
    (!text.is_empty()).then_some(text)
}

fn about_fault(name: &str) -> Option<String> {
    let mut faults = fault_lines().into_iter();
    let (usage, says) = faults.find(|(usage, _)| usage.split(' ').next() == Some(name))?;
    Some(entry(&format!("fault {usage}"), says))
}

fn about_word(word: &str) -> Option<String> {
    let found = glossary::find(word)?;
    let meaning = wrapped("  ", "  ", &found.meaning);
    Some(format!("{}\n{meaning}", found.word.bold()))
}

/// Lists the words of the glossary.
fn words() -> String {
    let words: Vec<&str> = glossary::entries().iter().map(|entry| entry.word).collect();
    let list = wrapped("", "", &words.join(", "));
    format!("{list}`help WORD` says what a word means\n")
}

/// Says that there is no such command, fault or word, and what may have been meant.
fn unknown(asked: &str) -> Trouble {
    let entries = glossary::entries();
    let anchors: Vec<String> = entries.iter().map(glossary::Entry::anchor).collect();
    let mut known: Vec<&str> = anchors.iter().map(String::as_str).collect();
    known.extend(names());
    let faults: Vec<String> = fault_names().collect();
    known.extend(faults.iter().map(String::as_str));
    let near = nearest(asked, known);
    let help = near.first().map_or_else(
        || "`help` lists the commands, `help fault` the faults, `help words` the words".to_owned(),
        |near| {
            let entry = entries.iter().find(|entry| entry.anchor() == *near);
            let word = entry.map_or(*near, |entry| entry.word);
            format!("did you mean `help {word}`?")
        },
    );
    let short: String = asked.chars().take(40).collect();
    Trouble::new(format!(
        "there is no command, fault or word `{}`",
        short.escape_debug()
    ))
    .help(help)
}

/// Returns what may stand behind `help`: commands, faults, and the words of the glossary, each as one word.
pub(super) fn topics() -> Vec<String> {
    let mut topics: Vec<String> = names().into_iter().map(str::to_owned).collect();
    topics.extend(["words", "all"].map(str::to_owned));
    topics.extend(TOPICS.map(str::to_owned));
    topics.extend(fault_names());
    for entry in glossary::entries() {
        let topic = entry.word.replace(' ', "-");
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics
}

fn entry(usage: &str, says: &str) -> String {
    let indent = " ".repeat(26);
    if usage.chars().count() > 22 {
        return format!("  {usage}\n{}", wrapped(&indent, &indent, says));
    }
    wrapped(&format!("  {usage:<24}"), &indent, says)
}
