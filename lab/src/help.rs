//! What the commands of the prompt are, and `help`.

use std::fmt::Write as _;

use seatrial_reports::wrapped;

use super::words::fault_lines;

/// Commands under a heading: how each is written, and what it does.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// Every command.
const GROUPS: &[Group] = &[
    (
        "On the nodes",
        &[
            (
                "A$ COMMAND",
                "type an operator's command on A; `A,B$` or `all$` for several at once, `&` at the end leaves it running",
            ),
            (
                "ctrl-c SPAN A$ COMMAND",
                "the same, with Ctrl-C after that time",
            ),
            (
                "client A write N",
                "a client of A writes N rows; `client A write &` does not wait for the answer",
            ),
            (
                "client A load N",
                "N clients write all the time, until `client stop`",
            ),
            ("fault NAME …", "something breaks; `help fault` lists what"),
            (
                "procedure NAME",
                "let a recovery procedure type the commands",
            ),
            ("wait SPAN", "let time pass: `wait 30s`"),
            (
                "wait until STATE",
                "`wait until C non-Primary`, `wait until all-synced within 5m`",
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
            (
                "status",
                "all nodes at a glance, and how quorum was counted",
            ),
            (
                "why A",
                "why A is primary or not, and may be bootstrapped or not",
            ),
            (
                "history",
                "who has which transactions, and which acknowledged ones are gone",
            ),
            (
                "diff X [Y]",
                "what differs between two moments or forks, or between one and now",
            ),
        ],
    ),
    (
        "Time travel",
        &[
            ("moments", "the moments so far and the forks"),
            (
                "back [N]",
                "as it was before the last command, or the last N",
            ),
            (
                "goto X",
                "to a moment by its number, or to a fork by its name",
            ),
            (
                "fork NAME",
                "go on under a name; the way so far keeps its own",
            ),
            ("hash", "a hash over the whole state"),
            ("reset", "back to the first moment"),
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
            ("hint", "the next hint"),
            ("debrief", "end the mission: grade, losses, the better way"),
        ],
    ),
    (
        "Else",
        &[
            ("help [COMMAND]", "this, or more about one command"),
            ("quit", "leave; Ctrl-D does it too"),
        ],
    ),
];

/// The first words of the commands that have one.
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

/// How a command is written.
pub(super) fn usage(name: &str) -> Option<&'static str> {
    lines(name).map(|(usage, _)| usage).next()
}

fn lines(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    GROUPS
        .iter()
        .flat_map(|(_, commands)| commands.iter().copied())
        .filter(move |(usage, _)| usage.split(' ').next() == Some(name))
}

/// The text of `help`.
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

/// The text of `help COMMAND`, if there is such a command.
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
