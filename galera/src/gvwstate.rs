//! `gvwstate.dat`: the last primary view, from which a restarted node may restore the component.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{GcommUuid, ParseUuidError, ViewId, ViewType};

/// The mistake in a `gvwstate.dat`, and its line (counted from 1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
pub enum GvwStateError {
    /// A line that belongs elsewhere or nowhere.
    #[error("line {line}: expected `{wanted}`, found `{text}`")]
    Unexpected {
        /// Where.
        line: usize,
        /// The expected text.
        wanted: String,
        /// The text that is there.
        text: String,
    },
    /// A uuid cannot be read.
    #[error("line {line}: {source}")]
    Uuid {
        /// Where.
        line: usize,
        /// Why.
        source: ParseUuidError,
    },
    /// A number cannot be read.
    #[error("line {line}: `{text}` is not {wanted}")]
    Number {
        /// Where.
        line: usize,
        /// The value that it has.
        text: String,
        /// The expected value.
        wanted: String,
    },
    /// The file ends before `#vwend`.
    #[error("the file ends before `{0}`")]
    Truncated(String),
}

/// The content of `gvwstate.dat` (`gcomm/src/view.cpp:ViewState::write_stream`). Written on every primary view,
/// removed by a graceful stop, never touched by a non-primary view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GvwState {
    /// The identity of the process that wrote it.
    pub my_uuid: GcommUuid,
    /// The view, as a rule of type [`ViewType::Prim`].
    pub view_id: ViewId,
    /// Whether the view was made by a bootstrap; nothing reads it.
    pub bootstrap: bool,
    /// The members and the network segment of each (`gmcast.segment`), in the order of their uuids.
    pub members: Vec<(GcommUuid, u8)>,
}

/// The effect of a `gvwstate.dat` on a starting node
/// (`gcomm/src/view.cpp:ViewState::read_file`; recording `s23_gvwstate_corrupt`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GvwRead {
    /// The file is whole.
    Restored(GvwState),
    /// The file is empty or breaks off: "restored successfully", with [`GcommUuid::NIL`] and no view. The node goes
    /// on as `00000000-0001` and gives up after `pc.wait_prim_timeout`.
    Nil,
    /// The file holds something else. The recorded node ended at once with error 131, "A node with the same UUID
    /// already exists in the cluster" ([`LogLine::DuplicateUuid`](crate::LogLine::DuplicateUuid)).
    ///
    /// That error needs a second node of the same uuid: in the recording it was the one with the empty file, since
    /// Galera reads a nil uuid out of both.
    Garbage,
}

impl GvwState {
    /// Returns the result of an empty file: no identity and no view.
    #[must_use]
    pub const fn nil() -> Self {
        Self {
            my_uuid: GcommUuid::NIL,
            view_id: ViewId::new(ViewType::None, GcommUuid::NIL, 0),
            bootstrap: false,
            members: Vec::new(),
        }
    }

    /// Reads the file as a starting node does.
    pub fn read(text: &str) -> GvwRead {
        if let Ok(state) = text.parse() {
            return GvwRead::Restored(state);
        }
        let begins_well = text.starts_with(MY_UUID) || MY_UUID.starts_with(text);
        let breaks_off = begins_well && !text.contains("#vwend");
        if breaks_off || text.trim().is_empty() {
            GvwRead::Nil
        } else {
            GvwRead::Garbage
        }
    }

    /// Returns whether the members are exactly these, incarnations aside: the condition for restoring the
    /// component (`gcomm/src/pc_proto.cpp:deliver_view`).
    pub fn has_exactly<'a>(&self, others: impl IntoIterator<Item = &'a GcommUuid>) -> bool {
        let others: Vec<_> = others.into_iter().collect();
        others.len() == self.members.len()
            && self
                .members
                .iter()
                .all(|(member, _)| others.iter().any(|other| member.same_fixed_part(**other)))
    }
}

const MY_UUID: &str = "my_uuid:";

impl fmt::Display for GvwState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ViewId { kind, uuid, seq } = self.view_id;
        writeln!(f, "{MY_UUID} {}", self.my_uuid)?;
        writeln!(f, "#vwbeg")?;
        writeln!(f, "view_id: {} {uuid} {seq}", kind.number())?;
        writeln!(f, "bootstrap: {}", u8::from(self.bootstrap))?;
        for (member, segment) in &self.members {
            writeln!(f, "member: {member} {segment}")?;
        }
        writeln!(f, "#vwend")
    }
}

/// The lines of the file, with what stands in them.
struct Lines<'a> {
    rest: std::iter::Enumerate<std::str::Lines<'a>>,
}

impl<'a> Lines<'a> {
    /// Returns the words after `name` in the next line, which must be so many; `None` if the line is `other`
    /// instead.
    fn fields<const N: usize>(
        &mut self,
        name: &str,
        other: Option<&str>,
    ) -> Result<(usize, Option<[&'a str; N]>), GvwStateError> {
        let (index, text) = self
            .rest
            .next()
            .ok_or_else(|| GvwStateError::Truncated(name.to_owned()))?;
        let mut words = text.split_ascii_whitespace();
        let first = words.next();
        let fields = [(); N].map(|()| words.next());
        let named = first == Some(name) && words.next().is_none();
        match all(fields) {
            Some(fields) if named => Ok((index + 1, Some(fields))),
            _ if other == Some(text.trim()) => Ok((index + 1, None)),
            _ => Err(GvwStateError::Unexpected {
                line: index + 1,
                wanted: other.unwrap_or(name).to_owned(),
                text: text.to_owned(),
            }),
        }
    }

    fn needed<const N: usize>(
        &mut self,
        name: &str,
    ) -> Result<(usize, [&'a str; N]), GvwStateError> {
        match self.fields(name, None)? {
            (line, Some(fields)) => Ok((line, fields)),
            (line, None) => Err(GvwStateError::Unexpected {
                line,
                wanted: name.to_owned(),
                text: String::new(),
            }),
        }
    }
}

/// Returns all of the words, or none where one is missing.
fn all<const N: usize>(words: [Option<&str>; N]) -> Option<[&str; N]> {
    let mut found = [""; N];
    for (place, word) in found.iter_mut().zip(words) {
        *place = word?;
    }
    Some(found)
}

fn uuid(line: usize, text: &str) -> Result<GcommUuid, GvwStateError> {
    text.parse()
        .map_err(|source| GvwStateError::Uuid { line, source })
}

fn number<T: FromStr>(line: usize, text: &str, wanted: &str) -> Result<T, GvwStateError> {
    text.parse().map_err(|_| bad_number(line, text, wanted))
}

fn bad_number(line: usize, text: &str, wanted: &str) -> GvwStateError {
    GvwStateError::Number {
        line,
        text: text.to_owned(),
        wanted: wanted.to_owned(),
    }
}

impl FromStr for GvwState {
    type Err = GvwStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = Lines {
            rest: text.lines().enumerate(),
        };
        let (line, [my_uuid]) = lines.needed(MY_UUID)?;
        let my_uuid = uuid(line, my_uuid)?;
        let (_, []) = lines.needed("#vwbeg")?;
        let (line, [kind, by, seq]) = lines.needed("view_id:")?;
        let kind = number(line, kind, "a view type").and_then(|value| {
            ViewType::from_number(value).ok_or_else(|| bad_number(line, kind, "a view type"))
        })?;
        let view_id = ViewId::new(kind, uuid(line, by)?, number(line, seq, "a view's seq")?);
        let (line, [bootstrap]) = lines.needed("bootstrap:")?;
        let bootstrap = match bootstrap {
            "0" => false,
            "1" => true,
            other => return Err(bad_number(line, other, "0 or 1")),
        };
        let mut members = Vec::new();
        while let (line, Some([member, segment])) = lines.fields("member:", Some("#vwend"))? {
            members.push((uuid(line, member)?, number(line, segment, "a segment")?));
        }
        match lines.rest.find(|(_, text)| !text.trim().is_empty()) {
            None => Ok(Self {
                my_uuid,
                view_id,
                bootstrap,
                members,
            }),
            Some((index, text)) => Err(GvwStateError::Unexpected {
                line: index + 1,
                wanted: "the end of the file".to_owned(),
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
#[path = "tests/gvwstate.rs"]
mod tests;
