//! The table: the first row whose signs all hold says what to do.

use super::sight::Sight;

/// Something that holds of a cluster, as an operator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// A process is there that neither answers nor waits for the others.
    Hangs,
    /// A server runs that has met another primary component and left the group.
    GaveWay,
    /// All nodes are in one primary component, and ready.
    Whole,
    /// A member does not become synced.
    NotSynced,
    /// A member has joined over a fork without a row, and got events alone.
    JoinedOverViews,
    /// A member has joined over a fork, and holds rows that the others lack.
    JoinedOverRows,
    /// A member has joined over a fork, holds rows that the others lack, and lacks none of theirs.
    JoinedOverAll,
    /// One primary component serves, and nodes are missing.
    OnePrimary,
    /// Two primary components serve.
    TwoPrimaries,
    /// No node that answers is in a primary component.
    NoPrimary,
    /// A server runs outside of the primary component.
    RunsOutside,
    /// A host cannot be reached.
    Unreachable,
    /// A host that cannot be reached was in the last view of the node that holds most.
    LastViewUnreachable,
    /// A node is down and holds nothing that the component lacks.
    DownWithNothing,
    /// A node is down and has gone on apart, without any row.
    DownWithViews,
    /// A node is down and holds rows that the component lacks, or may hold them.
    RowsApart,
    /// A node is down and holds everything that anybody holds, and more than the component.
    DownWithAll,
    /// A server runs that knows or will know no primary component.
    SomethingRuns,
    /// A running server holds everything, so does each one that answers, the nodes that are down hold nothing beyond it,
    /// and the cluster has not had its time to restore itself.
    MayRestoreItself,
    /// The position of a node that is down cannot be read.
    NoPosition,
    /// One node, or one of the primary components, holds everything that anybody holds.
    OneHoldsAll,
    /// The node that holds everything may be half of a copy.
    MayBeHalf,
}

impl Sign {
    /// Returns it in words, as a condition.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Hangs => "a process neither answers nor waits for the others",
            Self::GaveWay => "a server runs outside of any group (Disconnected)",
            Self::Whole => "all nodes are ready, in one primary component",
            Self::NotSynced => "a member does not become synced within 5 minutes",
            Self::JoinedOverViews => "a member has joined over a fork without a row",
            Self::JoinedOverRows => {
                "a member has joined over a fork, and holds rows that the others lack"
            }
            Self::JoinedOverAll => {
                "a member has joined over a fork, and holds everything: rows that the others lack, too"
            }
            Self::OnePrimary => "one primary component serves, and nodes are missing",
            Self::TwoPrimaries => "two primary components serve",
            Self::NoPrimary => "no primary component serves",
            Self::RunsOutside => "a server runs outside of it",
            Self::Unreachable => "a host cannot be reached",
            Self::LastViewUnreachable => {
                "a host that cannot be reached was in the last view of the node that holds everything"
            }
            Self::DownWithNothing => "a node that is down holds nothing beyond it",
            Self::DownWithViews => "a node that is down has gone on apart, without a row",
            Self::RowsApart => "a node that is down holds rows beyond it, or may hold them",
            Self::DownWithAll => "a node that is down holds everything, and more than it",
            Self::SomethingRuns => "a server runs",
            Self::MayRestoreItself => {
                "a running server holds everything, so does each that answers, those that are down hold nothing \
                 beyond it, and the cluster has not had 60 s to restore itself"
            }
            Self::NoPosition => "the position of a node cannot be read",
            Self::OneHoldsAll => "one node, or one component, holds everything",
            Self::MayBeHalf => "its data may be half of a copy",
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Nothing: the cluster has recovered.
    Done,
    /// Kill the process that hangs.
    EndWhatHangs,
    /// Stop the server that has left the group.
    StopWhoGaveWay,
    /// Stop the member that does not become synced.
    StopWhoIsNotSynced,
    /// Give the node its time to come; then stop it.
    WaitThenStop,
    /// Stop the member, remove its grastate.dat, and start it, so that it gets a whole copy.
    CopyAnew,
    /// Stop the members that lack rows of the one that holds everything.
    StopWhoLacks,
    /// Stop every primary component but the one that holds everything.
    StopTheOthers,
    /// Start the nodes that are down and hold nothing of their own.
    Start,
    /// Remove grastate.dat, so that the node gets a whole copy, and start it.
    StartWithCopy,
    /// Stop the component, because a node that is down holds all that it holds, and more.
    StopThePrimary,
    /// Start the nodes that are down, and let the cluster restore itself.
    LetRestore,
    /// Stop all servers.
    StopAll,
    /// Bootstrap the node that holds everything.
    Bootstrap,
    /// Wait: a change of the membership is on its way.
    Wait,
    /// Ask a person.
    Ask(Question),
}

impl Act {
    /// All acts that are no question, in the order of the table.
    pub const ALL: [Self; 15] = [
        Self::EndWhatHangs,
        Self::StopWhoGaveWay,
        Self::StopWhoIsNotSynced,
        Self::StopWhoLacks,
        Self::CopyAnew,
        Self::Done,
        Self::WaitThenStop,
        Self::StopTheOthers,
        Self::StopThePrimary,
        Self::Start,
        Self::StartWithCopy,
        Self::LetRestore,
        Self::StopAll,
        Self::Bootstrap,
        Self::Wait,
    ];

    /// Returns it in a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::EndWhatHangs => "end-what-hangs",
            Self::StopWhoGaveWay => "stop-who-gave-way",
            Self::StopWhoIsNotSynced => "stop-who-is-not-synced",
            Self::WaitThenStop => "wait-then-stop",
            Self::CopyAnew => "copy-anew",
            Self::StopWhoLacks => "stop-who-lacks",
            Self::StopTheOthers => "stop-the-others",
            Self::Start => "start",
            Self::StartWithCopy => "start-with-copy",
            Self::StopThePrimary => "stop-the-primary",
            Self::LetRestore => "let-restore",
            Self::StopAll => "stop-all",
            Self::Bootstrap => "bootstrap",
            Self::Wait => "wait",
            Self::Ask(Question::WhichRows) => "ask-which-rows",
            Self::Ask(Question::BringBack) => "ask-to-bring-back",
            Self::Ask(Question::Repair) => "ask-to-repair",
            Self::Ask(Question::IsItWhole) => "ask-if-it-is-whole",
        }
    }

    /// Returns it as an instruction.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Done => "Stop here: the cluster has recovered",
            Self::EndWhatHangs => "Kill the process that hangs",
            Self::StopWhoGaveWay => "Stop the server that has left the group",
            Self::StopWhoIsNotSynced => "Stop the member that does not become synced",
            Self::WaitThenStop => "Give the server its time to come, then stop it",
            Self::CopyAnew => "Stop the member, and give it a whole copy",
            Self::StopWhoLacks => "Stop the members that lack its rows",
            Self::StopTheOthers => "Stop every component but the one that holds everything",
            Self::Start => "Start the nodes that are down and hold nothing beyond the component",
            Self::StartWithCopy => {
                "Start the node without its position, so that it gets a whole copy"
            }
            Self::StopThePrimary => "Stop the component",
            Self::LetRestore => "Start the nodes that are down, and let the cluster restore itself",
            Self::StopAll => "Stop all servers",
            Self::Bootstrap => "Bootstrap the node that holds everything",
            Self::Wait => "Wait 10 seconds",
            Self::Ask(Question::WhichRows) => "Ask whose rows are kept",
            Self::Ask(Question::BringBack) => "Ask for the host to be brought back",
            Self::Ask(Question::Repair) => "Ask for the node to be repaired",
            Self::Ask(Question::IsItWhole) => "Ask whether its data are whole",
        }
    }
}

/// What a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// The choice of the rows that are kept.
    WhichRows,
    /// Bring a host back.
    BringBack,
    /// Repair a node whose position cannot be read.
    Repair,
    /// Are the data whole?
    IsItWhole,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// All of these hold.
    pub when: &'static [Sign],
    /// The act that follows.
    pub act: Act,
    /// Why.
    pub why: &'static str,
}

impl Row {
    /// Returns its signs in words.
    pub fn condition(&self) -> String {
        let words: Vec<&str> = self.when.iter().map(|sign| sign.words()).collect();
        words.join("; and ")
    }
}

const fn row(when: &'static [Sign], act: Act, why: &'static str) -> Row {
    Row { when, act, why }
}

/// The rows, in their order.
pub const TABLE: &[Row] = &[
    row(
        &[Sign::Hangs],
        Act::EndWhatHangs,
        "A server that hangs holds a place in the group. If it wakes up later, it meets what was decided without it.",
    ),
    row(
        &[Sign::GaveWay],
        Act::StopWhoGaveWay,
        "It runs outside of any group, and does not come back by itself. Its data are compared like those of any \
         node that is down.",
    ),
    row(
        &[Sign::Whole, Sign::NotSynced],
        Act::StopWhoIsNotSynced,
        "A session has taken it out of step, and nobody gives that back. The node joins anew.",
    ),
    row(
        &[Sign::Whole, Sign::JoinedOverAll],
        Act::StopWhoLacks,
        "Each of the others has passed the numbers of these rows, so that nothing brings them but a copy of this member.",
    ),
    row(
        &[Sign::Whole, Sign::JoinedOverRows],
        Act::Ask(Question::WhichRows),
        "The member serves other rows than the rest, and some that only it has.",
    ),
    row(
        &[Sign::Whole, Sign::JoinedOverViews],
        Act::CopyAnew,
        "Galera compared two positions that mean two events. The member lacks what the others did at its own number.",
    ),
    row(
        &[Sign::Whole],
        Act::Done,
        "All nodes serve, and with the same rows.",
    ),
    row(
        &[Sign::OnePrimary, Sign::RunsOutside],
        Act::WaitThenStop,
        "It may be receiving its copy. If it does not come, it is started anew.",
    ),
    row(
        &[Sign::TwoPrimaries, Sign::OneHoldsAll],
        Act::StopTheOthers,
        "The other side has made nothing but views since the two parted.",
    ),
    row(
        &[Sign::TwoPrimaries],
        Act::Ask(Question::WhichRows),
        "Each side holds rows that the other lacks.",
    ),
    row(
        &[Sign::OnePrimary, Sign::DownWithAll],
        Act::StopThePrimary,
        "The component was begun without the node, and has no rows of its own. The node has.",
    ),
    row(
        &[Sign::OnePrimary, Sign::JoinedOverAll],
        Act::StopWhoLacks,
        "Each of the others has passed the numbers of these rows. A node that joins now would copy from one of them.",
    ),
    row(
        &[
            Sign::OnePrimary,
            Sign::JoinedOverRows,
            Sign::DownWithNothing,
        ],
        Act::Ask(Question::WhichRows),
        "A member serves rows that the others lack. A node that joins now gets the later events alone.",
    ),
    row(
        &[Sign::OnePrimary, Sign::DownWithNothing],
        Act::Start,
        "The component holds the node's whole history.",
    ),
    row(
        &[Sign::OnePrimary, Sign::DownWithViews],
        Act::StartWithCopy,
        "The node has gone on apart from the component, without a row. Its position means another event there, so \
         that it must not join by events alone.",
    ),
    row(
        &[Sign::OnePrimary, Sign::Unreachable],
        Act::Ask(Question::BringBack),
        "The cluster serves. The node joins when its host is back.",
    ),
    row(
        &[Sign::OnePrimary, Sign::NoPosition],
        Act::Ask(Question::Repair),
        "Nobody knows what the node holds.",
    ),
    row(
        &[Sign::OnePrimary, Sign::RowsApart],
        Act::Ask(Question::WhichRows),
        "The node holds rows that the component lacks, and the component holds rows that it lacks.",
    ),
    row(
        &[Sign::OnePrimary],
        Act::Wait,
        "All are ready, and the component counts more or fewer: a view is on its way.",
    ),
    row(
        &[Sign::NoPrimary, Sign::LastViewUnreachable],
        Act::Ask(Question::BringBack),
        "The node that cannot be reached may have gone on after the others.",
    ),
    row(
        &[Sign::NoPrimary, Sign::MayRestoreItself],
        Act::LetRestore,
        "The component is back as soon as all of its members are.",
    ),
    row(
        &[Sign::NoPrimary, Sign::SomethingRuns],
        Act::StopAll,
        "A server that runs could join the bootstrapped one and throw its own events away.",
    ),
    row(
        &[Sign::NoPrimary, Sign::NoPosition],
        Act::Ask(Question::Repair),
        "Nobody knows what the node holds.",
    ),
    row(
        &[Sign::NoPrimary, Sign::OneHoldsAll, Sign::MayBeHalf],
        Act::Ask(Question::IsItWhole),
        "A half-copied node shows the position of its donor.",
    ),
    row(
        &[Sign::NoPrimary, Sign::OneHoldsAll],
        Act::Bootstrap,
        "Nobody holds a row that it lacks.",
    ),
    row(
        &[Sign::NoPrimary],
        Act::Ask(Question::WhichRows),
        "No node holds the rows of all the others.",
    ),
];

/// Returns the first row that holds, and its number. The last rows of the table have a single sign, one of which
/// always holds.
pub(crate) fn first(sight: &Sight) -> (u32, &'static Row) {
    let found = (1..)
        .zip(TABLE)
        .find(|(_, row)| row.when.iter().all(|sign| sight.holds(*sign)));
    found.expect("invariant: one of Whole, OnePrimary, TwoPrimaries and NoPrimary holds")
}
