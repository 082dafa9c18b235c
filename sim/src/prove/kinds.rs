//! The alphabets of a search: which kinds of events can happen.

use std::fmt;
use std::str::FromStr;

use super::alphabet::Event;

/// A kind of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One row is written.
    Write,
    /// Servers are stopped in order.
    Stop,
    /// Servers are killed.
    Kill,
    /// Servers are started.
    Start,
    /// Servers are suspended.
    Hang,
    /// Suspended servers go on.
    Resume,
    /// The network falls into groups.
    Partition,
    /// The network is whole again.
    Heal,
    /// The operator bootstraps a node.
    Bootstrap,
    /// The operator forces a node's state file.
    Force,
    /// The operator sets `pc.bootstrap` on a node.
    PcBootstrap,
    /// A state file is damaged.
    Damage,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Write,
        Self::Stop,
        Self::Kill,
        Self::Start,
        Self::Hang,
        Self::Resume,
        Self::Partition,
        Self::Heal,
        Self::Bootstrap,
        Self::Force,
        Self::PcBootstrap,
        Self::Damage,
    ];

    /// Returns the word of the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Stop => "stop",
            Self::Kill => "kill",
            Self::Start => "start",
            Self::Hang => "hang",
            Self::Resume => "resume",
            Self::Partition => "partition",
            Self::Heal => "heal",
            Self::Bootstrap => "bootstrap",
            Self::Force => "force",
            Self::PcBootstrap => "pc-bootstrap",
            Self::Damage => "damage",
        }
    }

    /// Returns the word for several events of this kind.
    const fn plural(self) -> &'static str {
        match self {
            Self::Write => "writes",
            Self::Stop => "stops",
            Self::Kill => "kills",
            Self::Start => "starts",
            Self::Hang => "suspensions",
            Self::Resume => "resumptions",
            Self::Partition => "partitions",
            Self::Heal => "heals",
            Self::Bootstrap => "bootstraps",
            Self::Force => "forced state files",
            Self::PcBootstrap => "uses of pc.bootstrap",
            Self::Damage => "damaged state files",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The largest gap that a key for ever keeps exactly, where two primary components can be.
const GAP: u8 = 3;

/// The word for one node at a time.
const SINGLE: &str = "single";

/// The set of events that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alphabet {
    /// The kinds, as bits.
    kinds: u16,
    /// Whether an event happens to one node only.
    single: bool,
}

impl Alphabet {
    /// Everything: damaged state files too.
    pub const FULL: Self = Self {
        kinds: (1 << Kind::ALL.len()) - 1,
        single: false,
    };

    /// Writes, the ends and starts of servers, the network, and the operator's means.
    pub const USUAL: Self = Self {
        kinds: Self::FULL.kinds & !Kind::Damage.bit(),
        single: false,
    };

    /// Returns whether the event is in this alphabet.
    pub fn has(self, event: &Event) -> bool {
        let kinds = event.kinds();
        kinds.into_iter().all(|kind| self.has_kind(kind)) && (!self.single || event.is_single())
    }

    /// Returns whether its events can keep running nodes apart, so that one waits while others make a new
    /// component.
    pub const fn keeps_apart(self) -> bool {
        let apart = Kind::Hang.bit()
            | Kind::Partition.bit()
            | Kind::Bootstrap.bit()
            | Kind::PcBootstrap.bit()
            | Kind::Damage.bit();
        self.kinds & apart != 0
    }

    /// Returns the largest gaps between numbers of views and between positions that a key for ever keeps exactly;
    /// `None` if no event of the alphabet can make two primary components that know nothing of each other.
    pub const fn forks(self) -> Option<u8> {
        let forks = Kind::Bootstrap.bit() | Kind::PcBootstrap.bit() | Kind::Damage.bit();
        if self.kinds & forks == 0 {
            None
        } else {
            Some(GAP)
        }
    }

    /// Returns whether two donors of the same positions can hand on different rows: two primary components have taken
    /// writes.
    pub const fn tells_donors_apart(self) -> bool {
        self.forks().is_some() && self.has_kind(Kind::Write)
    }

    const fn has_kind(self, kind: Kind) -> bool {
        self.kinds & kind.bit() != 0
    }

    fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |kind| self.has_kind(*kind))
    }

    /// Returns the events in words, such as "any number of kills and starts, of any nodes at once, in any
    /// order".
    pub fn any_number(self) -> String {
        let words: Vec<&str> = self.kinds().map(Kind::plural).collect();
        let list = match words.split_last() {
            None => String::new(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, before)) => format!("{} and {last}", before.join(", ")),
        };
        let nodes = if self.single {
            "of one node at a time"
        } else {
            "of any nodes at once"
        };
        format!("any number of {list}, {nodes}, in any order")
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::USUAL => f.write_str("usual"),
            Self::FULL => f.write_str("full"),
            _ => {
                let mut words: Vec<&str> = self.kinds().map(Kind::word).collect();
                if self.single {
                    words.push(SINGLE);
                }
                f.write_str(&words.join(","))
            }
        }
    }
}

impl FromStr for Alphabet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut alphabet = Self {
            kinds: 0,
            single: false,
        };
        for word in text.split(',') {
            match word {
                "usual" => alphabet.kinds |= Self::USUAL.kinds,
                "full" => alphabet.kinds |= Self::FULL.kinds,
                SINGLE => alphabet.single = true,
                _ => {
                    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
                    let kind = kind.ok_or_else(|| {
                        let words: Vec<&str> = Kind::ALL.map(Kind::word).to_vec();
                        format!(
                            "`{word}` is no kind of event; the words are: usual, full, {}, {SINGLE}",
                            words.join(", ")
                        )
                    })?;
                    alphabet.kinds |= kind.bit();
                }
            }
        }
        if alphabet.kinds == 0 {
            return Err(format!("`{text}` names no kind of event"));
        }
        Ok(alphabet)
    }
}
