//! The commands of the prompt, and the text of `help`.

use std::fmt::Write as _;

use seatrial_reports::wrapped;

use super::words::fault_lines;

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
            ("reset", "go back to the first moment"),
            (
                "save FILE",
                "write the session as a scenario that `seatrial run` replays",
            ),
        ],
    ),
    (
        "Missions",
        &[
            ("mission [ID]", "list the missions, or begin one"),
            ("hint", "show the next hint"),
            ("debrief", "end the mission: grade, losses, the better way"),
        ],
    ),
    (
        "Other",
        &[
            (
                "help [COMMAND]",
                "show this list, or more about one command",
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

/// Returns the text of `help`.
pub(super) fn text() -> String {
    let mut text = String::new();
    for (heading, commands) in GROUPS {
        let _ = writeln!(text, "{heading}");
        for (usage, says) in *commands {
            text.push_str(&entry(usage, says));
        }
    }
    text
}

/// Returns the text of `help COMMAND`, if there is such a command.
pub(super) fn about(name: &str) -> Option<String> {
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

fn entry(usage: &str, says: &str) -> String {
    let indent = " ".repeat(26);
    if usage.chars().count() > 22 {
        return format!("  {usage}\n{}", wrapped(&indent, &indent, says));
    }
    wrapped(&format!("  {usage:<24}"), &indent, says)
}
