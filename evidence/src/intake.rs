//! Takes whole inputs apart: plain files, gzip, tar, and one inside the other.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use thiserror::Error;

use crate::event::Event;
use crate::fact::{Certainty, Fact, FileId, Repeats, Source, Writer};
use crate::reader::Reader;
use crate::state_file::{StateFile, ViewFile};
use crate::summary::Summary;

/// How deep archives may lie in archives.
const DEPTH_MAX: u32 = 4;

/// How much is unpacked at most, in bytes: a small archive can hold endless zeros.
const UNPACKED_MAX: u64 = 64 << 30;

/// How many bytes are read at once.
const CHUNK: usize = 256 << 10;

/// One file of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// By this number, facts name it.
    pub id: FileId,
    /// Its name as the caller gave it, with `:` before its name in an archive.
    pub name: String,
    /// Where it lies: the folders from the argument on, without the file's own name.
    pub folders: Vec<String>,
    /// The host, container or pod whose lines these are, where the file holds those of several.
    pub part: Option<String>,
    /// What it came to.
    pub summary: Summary,
    /// Whether it is no text. Of such a file only the first bytes were read.
    pub is_binary: bool,
}

impl InputFile {
    /// The name without its folders.
    pub fn own_name(&self) -> &str {
        self.name.rsplit(['/', ':']).next().unwrap_or(&self.name)
    }
}

/// Why an input was refused.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// The bytes could not be read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// An archive names a file outside of itself.
    #[error("{name}: the archive names a file outside of itself: `{entry}`")]
    Outside {
        /// The archive.
        name: String,
        /// The name of the entry.
        entry: String,
    },
    /// Archives lie too deep in archives.
    #[error("{name}: archives lie in one another more than {DEPTH_MAX} deep")]
    Deep {
        /// The archive.
        name: String,
    },
    /// The file unpacks to more than is read.
    #[error("{name}: it unpacks to more than {} GiB", UNPACKED_MAX >> 30)]
    TooLarge {
        /// The file.
        name: String,
    },
    /// The file is compressed in a way that is not read.
    #[error("{name} is compressed with {with}")]
    Packed {
        /// The file.
        name: String,
        /// The program that unpacks it.
        with: &'static str,
    },
}

impl IntakeError {
    /// What the user can do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check that the file is there, is whole, and may be read",
            Self::Outside { .. } => {
                "no archive of `seatrial advise --collector` looks like this: unpack it by hand \
                 into an empty folder, look at it, and give the folder"
            }
            Self::Deep { .. } | Self::TooLarge { .. } => {
                "unpack it by hand, and give the logs and state files alone"
            }
            Self::Packed { .. } => "unpack it first, then give the unpacked file",
        }
    }
}

/// Takes inputs one after the other, and numbers their files.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    files: Vec<InputFile>,
    unpacked: u64,
}

impl Intake {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The files so far. The place of a file in the list is its [`FileId`].
    pub fn files(&self) -> &[InputFile] {
        &self.files
    }

    /// Reads an input to its end. `name` is for people; `folders` say where it lies.
    ///
    /// # Errors
    /// [`IntakeError`]; the facts that came before it have been given to the sink.
    pub fn read(
        &mut self,
        name: &str,
        folders: &[String],
        mut input: impl Read,
        sink: &mut dyn FnMut(Fact),
    ) -> Result<(), IntakeError> {
        self.take(name, folders, &mut input, 0, sink)
    }

    fn take(
        &mut self,
        name: &str,
        folders: &[String],
        input: &mut dyn Read,
        depth: u32,
        sink: &mut dyn FnMut(Fact),
    ) -> Result<(), IntakeError> {
        if depth > DEPTH_MAX {
            return Err(IntakeError::Deep {
                name: name.to_owned(),
            });
        }
        let mut chunk = vec![0; CHUNK];
        let filled = fill(input, &mut chunk, name)?;
        let head = &chunk[..filled];
        match packing(head) {
            Packing::Gzip => {
                let mut decoder = MultiGzDecoder::new(head.chain(input));
                self.take(name, folders, &mut decoder, depth + 1, sink)
            }
            Packing::Tar => self.tar(name, folders, &mut head.chain(input), depth, sink),
            Packing::Other(with) => Err(IntakeError::Packed {
                name: name.to_owned(),
                with,
            }),
            Packing::None => self.file(name, folders, chunk, filled, input, sink),
        }
    }

    fn tar(
        &mut self,
        name: &str,
        folders: &[String],
        input: &mut dyn Read,
        depth: u32,
        sink: &mut dyn FnMut(Fact),
    ) -> Result<(), IntakeError> {
        let failed = |source| IntakeError::Read {
            name: name.to_owned(),
            source,
        };
        let mut archive = tar::Archive::new(input);
        for entry in archive.entries().map_err(failed)? {
            let mut entry = entry.map_err(failed)?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut parts: Vec<&str> = path
                .split('/')
                .filter(|part| !part.is_empty() && *part != ".")
                .collect();
            if path.starts_with('/') || parts.contains(&"..") {
                return Err(IntakeError::Outside {
                    name: name.to_owned(),
                    entry: crate::words::shown(&path),
                });
            }
            // Links and devices hold nothing.
            if !entry.header().entry_type().is_file() {
                continue;
            }
            parts.pop();
            let mut inside = folders.to_vec();
            inside.push(stem(name));
            inside.extend(parts.into_iter().map(str::to_owned));
            let inner = format!("{name}:{}", path.trim_start_matches("./"));
            self.take(&inner, &inside, &mut entry, depth + 1, sink)?;
        }
        Ok(())
    }

    fn file(
        &mut self,
        name: &str,
        folders: &[String],
        mut chunk: Vec<u8>,
        mut filled: usize,
        input: &mut dyn Read,
        sink: &mut dyn FnMut(Fact),
    ) -> Result<(), IntakeError> {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let file = InputFile {
            id,
            name: name.to_owned(),
            folders: folders.to_vec(),
            part: None,
            summary: Summary::default(),
            is_binary: is_binary(&chunk[..filled]),
        };
        if filled == 0 {
            empty(&file, sink);
        }
        let mut reader = Reader::new(id);
        if !file.is_binary {
            reader.expect(&chunk[..filled]);
        }
        while filled > 0 && !file.is_binary {
            self.unpacked += filled as u64;
            if self.unpacked > UNPACKED_MAX {
                return Err(IntakeError::TooLarge {
                    name: name.to_owned(),
                });
            }
            reader.push(&chunk[..filled], sink);
            filled = fill(input, &mut chunk, name)?;
        }
        let parts = reader.finish_parts(sink);
        let is_mixed = parts.len() > 1;
        for (number, summary) in (0..).zip(parts) {
            self.files.push(InputFile {
                id: FileId(id.0.saturating_add(number)),
                part: summary.hosts.first().filter(|_| is_mixed).cloned(),
                summary,
                ..file.clone()
            });
        }
        Ok(())
    }
}

/// The name of an archive without its folder and its endings: archives lie where folders lie. The
/// collector's archives are named `seatrial-HOST-TIME.tar`.
fn stem(name: &str) -> String {
    let own = name.rsplit(['/', ':']).next().unwrap_or(name);
    let end = own.find(".t").unwrap_or(own.len());
    let name = &own[..end];
    let host = name
        .strip_prefix("seatrial-")
        .and_then(|name| name.rsplit_once('-'))
        .filter(|(_, time)| time.len() == 16 && time.ends_with('Z'))
        .map(|(host, _)| host);
    host.unwrap_or(name).to_owned()
}

/// An empty file says by its name alone what it is.
fn empty(file: &InputFile, sink: &mut dyn FnMut(Fact)) {
    let name = file.own_name().to_ascii_lowercase();
    let event = if name.contains("grastate") {
        Event::StateFile(StateFile {
            empty: true,
            ..StateFile::default()
        })
    } else if name.contains("gvwstate") {
        Event::ViewFile(ViewFile {
            empty: true,
            ..ViewFile::default()
        })
    } else {
        return;
    };
    sink(Fact {
        source: Source {
            file: file.id,
            line: 1,
        },
        at: None,
        certainty: Certainty::Doubtful,
        writer: Writer::Server,
        event,
        repeats: Repeats::default(),
    });
}

/// Fills the buffer as far as the input reaches.
fn fill(input: &mut dyn Read, buffer: &mut [u8], name: &str) -> Result<usize, IntakeError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A compressed log that was cut off is read as far as it goes.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(source) => {
                return Err(IntakeError::Read {
                    name: name.to_owned(),
                    source,
                });
            }
        }
    }
    Ok(filled)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Tar,
    Other(&'static str),
}

fn packing(head: &[u8]) -> Packing {
    // The magic number of a tar header, which has room for a checksum before it.
    let is_tar = head.get(257..262) == Some(b"ustar");
    if head.starts_with(&[0x1f, 0x8b]) {
        Packing::Gzip
    } else if is_tar {
        Packing::Tar
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Packing::Other("zstd")
    } else if head.starts_with(b"\xfd7zXZ\0") {
        Packing::Other("xz")
    } else if head.starts_with(b"BZh") {
        Packing::Other("bzip2")
    } else if head.starts_with(b"PK\x03\x04") {
        Packing::Other("zip")
    } else {
        Packing::None
    }
}

/// Whether the bytes are those of no text: one in ten is a control character. Zeros at the start do not
/// count, since a log that was cut off while it was open begins with a hole of them.
fn is_binary(head: &[u8]) -> bool {
    let hole = head.iter().take_while(|byte| **byte == 0).count();
    let bytes = &head[hole..];
    let is_control = |byte: &&u8| matches!(**byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let controls = bytes.iter().filter(is_control).count();
    controls * 10 > bytes.len()
}
