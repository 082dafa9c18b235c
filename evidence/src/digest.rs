//! Facts kept in bounded memory: of each kind in each file the first and the last ones.

use std::collections::{BTreeMap, VecDeque};
use std::mem::{Discriminant, discriminant};

use crate::event::Event;
use crate::fact::{Fact, FileId};

/// How many facts of a kind are kept from the beginning of a file.
const FIRST_MAX: usize = 50;

/// How many facts of a kind are kept from the end of a file.
const LAST_MAX: usize = 500;

/// Keeps what advice needs of any number of facts.
///
/// An autopsy needs all of them; advice about the present needs the latest. The memory is bounded by
/// the number of files and kinds, whatever the size of a log.
#[derive(Debug, Default)]
pub struct Digest {
    files: BTreeMap<FileId, Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    first: Vec<Fact>,
    counts: Vec<(Discriminant<Event>, usize)>,
    last: Vec<(Discriminant<Event>, VecDeque<(u64, Fact)>)>,
    /// Counts all facts, so that their order can be restored.
    number: u64,
}

impl Digest {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a fact.
    pub fn keep(&mut self, fact: Fact) {
        self.files.entry(fact.source.file).or_default().keep(fact);
    }

    /// The facts of a file, in the file's order.
    pub fn of_file(&self, file: FileId) -> Vec<&Fact> {
        self.files.get(&file).map(Kept::all).unwrap_or_default()
    }
}

impl Kept {
    fn keep(&mut self, fact: Fact) {
        let kind = discriminant(&fact.event);
        let number = self.number;
        self.number += 1;
        // There are fewer than a hundred kinds, so a search beats a map.
        let count = entry(&mut self.counts, kind);
        *count += 1;
        if *count <= FIRST_MAX && self.first.len() as u64 == number {
            // The order of the first ones is their place in the list, as long as nothing was left out.
            self.first.push(fact);
            return;
        }
        let last = entry(&mut self.last, kind);
        if last.len() == LAST_MAX {
            last.pop_front();
        }
        last.push_back((number, fact));
    }

    fn all(&self) -> Vec<&Fact> {
        let mut last: Vec<&(u64, Fact)> = self.last.iter().flat_map(|(_, last)| last).collect();
        last.sort_by_key(|(number, _)| *number);
        let last = last.into_iter().map(|(_, fact)| fact);
        self.first.iter().chain(last).collect()
    }
}

/// The entry of this kind, which is made where there is none.
fn entry<T: Default>(
    list: &mut Vec<(Discriminant<Event>, T)>,
    kind: Discriminant<Event>,
) -> &mut T {
    let place = list
        .iter()
        .position(|(known, _)| *known == kind)
        .unwrap_or_else(|| {
            list.push((kind, T::default()));
            list.len() - 1
        });
    &mut list[place].1
}
