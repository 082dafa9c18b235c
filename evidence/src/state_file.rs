//! grastate.dat and gvwstate.dat, as any version of Galera or a hand may have written them.

use serde::Serialize;

use seatrial_galera::{GraState, Position, Saved, SavedView, Seqno, StateUuid};

/// A grastate.dat. Unlike [`GraState`] it says which of its fields were there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateFile {
    /// `version:`, such as `2.1`.
    pub version: Option<String>,
    /// `uuid:`; `None` where it is missing or cannot be read.
    pub uuid: Option<StateUuid>,
    /// `seqno:`; `None` where it is missing or cannot be read.
    pub seqno: Option<Seqno>,
    /// `safe_to_bootstrap:`; `None` where it is missing, as in files of Galera before 3.19.
    pub safe_to_bootstrap: Option<bool>,
    /// Whether there is a `cert_index:` field, which Galera 3 wrote.
    pub cert_index: bool,
    /// Whether the file has no bytes at all, so that only its name says what it is.
    pub empty: bool,
    /// Whether the last line has no line end: Galera does not read such a line.
    pub cut_off: bool,
}

impl StateFile {
    /// Uuid and seqno together, where the file has a uuid.
    pub fn position(&self) -> Option<Position> {
        Some(Position::new(
            self.uuid?,
            self.seqno.unwrap_or(Seqno::UNDEFINED),
        ))
    }

    /// Whether the node may be bootstrapped: without the line it may
    /// (`galera/src/saved_state.cpp`, constructor of `SavedState`).
    pub fn may_be_bootstrapped(&self) -> bool {
        self.safe_to_bootstrap.unwrap_or(true)
    }

    /// The judgement of the file.
    ///
    /// A flag that is missing is no claim to have been the last one; [`StateFile::safe_to_bootstrap`]
    /// tells the two apart.
    pub fn saved(&self) -> Saved {
        match self.uuid {
            _ if self.empty => Saved::Empty,
            None => Saved::Garbage,
            Some(uuid) if uuid.is_nil() => Saved::Zero,
            Some(uuid) => Saved::Named(GraState {
                uuid,
                seqno: self.seqno.unwrap_or(Seqno::UNDEFINED),
                safe_to_bootstrap: self.may_be_bootstrapped(),
            }),
        }
    }

    /// Takes a field; false if the line is none of this file's.
    pub(crate) fn take(&mut self, name: &str, value: &str) -> Taken {
        let known = |readable: bool| {
            if readable || value.is_empty() {
                Taken::Yes
            } else {
                Taken::Unreadable
            }
        };
        match name {
            "version" => {
                self.version = (!value.is_empty()).then(|| value.to_owned());
                Taken::Yes
            }
            "uuid" => {
                self.uuid = value.parse().ok();
                known(self.uuid.is_some())
            }
            "seqno" => {
                self.seqno = value.parse().ok();
                known(self.seqno.is_some())
            }
            "safe_to_bootstrap" => {
                self.safe_to_bootstrap = match value {
                    "0" => Some(false),
                    "1" => Some(true),
                    _ => None,
                };
                known(self.safe_to_bootstrap.is_some())
            }
            "cert_index" => {
                self.cert_index = true;
                Taken::Yes
            }
            _ => Taken::No,
        }
    }
}

/// A gvwstate.dat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ViewFile {
    /// `my_uuid:`: the node's identity.
    pub my_uuid: Option<String>,
    /// The view. A file that breaks off before `#vwend` has none: Galera reads no view from it.
    pub view: Option<SavedView>,
    /// Whether the file breaks off before `#vwend`.
    pub cut_off: bool,
    /// Whether the file has no bytes at all, so that only its name says what it is.
    pub empty: bool,
}

/// What became of a line that was offered to a file's reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is a field of the file.
    Yes,
    /// It is a field of the file whose value cannot be read.
    Unreadable,
    /// It is no field of the file.
    No,
}

/// Collects the lines of a gvwstate.dat.
#[derive(Debug, Default)]
pub(crate) struct ViewLines {
    text: String,
}

/// More lines than a view of the largest cluster has.
const TEXT_MAX: usize = 64 << 10;

impl ViewLines {
    /// Takes a line if it belongs to the file; the flag says whether the file is complete with it.
    pub(crate) fn take(&mut self, line: &str) -> Option<bool> {
        let first = line.split_whitespace().next()?;
        let known = [
            "my_uuid:",
            "#vwbeg",
            "view_id:",
            "bootstrap:",
            "member:",
            "#vwend",
        ];
        if !known.contains(&first) || self.text.len() > TEXT_MAX {
            return None;
        }
        self.text.push_str(line);
        self.text.push('\n');
        Some(first == "#vwend")
    }

    pub(crate) fn finish(self) -> ViewFile {
        let cut_off = !self.text.contains("#vwend");
        let my_uuid = self
            .text
            .lines()
            .find_map(|line| line.trim().strip_prefix("my_uuid:"))
            .map(|uuid| uuid.trim().to_owned())
            .filter(|uuid| !uuid.is_empty());
        ViewFile {
            my_uuid,
            view: if cut_off {
                None
            } else {
                SavedView::read(Some(&self.text))
            },
            cut_off,
            empty: false,
        }
    }
}
