//! The claims bound to the sentences of a manual, and what a changed manual makes of them.
//!
//! The file holds headings and hashes, and no text of the manual. So it can be checked in where the manual may not be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::sentences::{Sentence, Text};

/// The claims of the catalogue, bound to CipherMail's manual.
const OURS: &str = include_str!("../../../scenarios/claims/manual.toml");

/// A manual as its claims know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bound {
    /// The parts of the manual, in its order.
    #[serde(default)]
    heading: Vec<Part>,
}

/// A heading and the sentences below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    title: String,
    sentences: Vec<One>,
}

/// A sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    hash: String,
    /// The claims that this sentence makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<String>,
    /// Why no claim is made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    none: Option<String>,
}

/// A claim that must be looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Look {
    /// The claim's name.
    pub(super) claim: String,
    /// The heading under which its sentence was.
    pub(super) under: String,
    /// The sentences that stand in its place now; none, if it is gone.
    pub(super) now: Vec<Place>,
}

/// A sentence of the new text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    /// The heading above it.
    pub(super) under: String,
    /// The line in which it begins.
    pub(super) line: usize,
    /// Its words.
    pub(super) text: String,
}

/// What a manual says and what the claims know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Drift {
    /// The number of sentences.
    pub(super) sentences: usize,
    /// The number of sentences that are as they were, in the same order.
    pub(super) kept: usize,
    /// The number of sentences that are as they were, in another place.
    pub(super) moved: usize,
    /// The number of sentences that are gone.
    pub(super) gone: usize,
    /// The claims whose sentence is not there any more, or stands under another heading.
    pub(super) look: Vec<Look>,
    /// The sentences that are new or changed: no claim says whether they are true.
    pub(super) without: Vec<Place>,
}

impl Place {
    fn of(sentence: &Sentence) -> Self {
        Self {
            under: sentence.under.clone(),
            line: sentence.line,
            text: sentence.text.clone(),
        }
    }
}

impl Bound {
    /// Returns the claims of the catalogue.
    pub(super) fn ours() -> Result<Self, toml::de::Error> {
        toml::from_str(OURS)
    }

    /// Returns the headings, by which those of a plain text are known.
    pub(super) fn titles(&self) -> BTreeSet<&str> {
        self.heading
            .iter()
            .map(|part| part.title.as_str())
            .collect()
    }

    /// Returns the claims that are bound, each as often as it has sentences.
    #[cfg(test)]
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        let parts = self.heading.iter();
        let all = parts.flat_map(|part| part.sentences.iter());
        all.flat_map(|one| one.claims.iter().map(String::as_str))
    }

    fn all(&self) -> Vec<(&str, &One)> {
        let parts = self.heading.iter();
        parts
            .flat_map(|part| part.sentences.iter().map(|one| (part.title.as_str(), one)))
            .collect()
    }

    /// Compares with the sentences of a manual.
    pub(super) fn drift(&self, manual: &Text) -> Drift {
        let sentences = manual.sentences.as_slice();
        let old = self.all();
        let pairs = pairs(&old, sentences);
        let mut drift = Drift {
            sentences: sentences.len(),
            kept: pairs.kept.len(),
            moved: pairs.moved.len(),
            ..Drift::default()
        };
        for (number, (under, one)) in old.iter().enumerate() {
            let now = match pairs.new_of(number) {
                Some(new) if sentences[new].under == *under => continue,
                // The same words under another heading may say something else.
                Some(new) => BTreeSet::from([new]),
                None => {
                    drift.gone += 1;
                    pairs.instead(number)
                }
            };
            for claim in &one.claims {
                // A claim of several sentences is looked at if one of them changed.
                let places = now.iter().map(|place| Place::of(&sentences[*place]));
                match drift.look.iter_mut().find(|look| look.claim == *claim) {
                    Some(look) => {
                        for place in places {
                            if !look.now.contains(&place) {
                                look.now.push(place);
                            }
                        }
                    }
                    None => drift.look.push(Look {
                        claim: claim.clone(),
                        under: (*under).to_owned(),
                        now: places.collect(),
                    }),
                }
            }
        }
        let new = (0..sentences.len()).filter(|place| pairs.old_of(*place).is_none());
        drift.without = new.map(|place| Place::of(&sentences[place])).collect();
        drift
    }

    /// Binds the claims to the sentences of a manual: each sentence keeps what it had. Those that changed get the claims
    /// that stood in their place, which a person must look at.
    pub(super) fn again(&self, manual: &Text) -> Self {
        let sentences = manual.sentences.as_slice();
        let old = self.all();
        let pairs = pairs(&old, sentences);
        let mut inherited: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (number, (_, one)) in old.iter().enumerate() {
            if pairs.new_of(number).is_none() {
                for place in pairs.instead(number) {
                    let claims = one.claims.iter().map(String::as_str);
                    inherited.entry(place).or_default().extend(claims);
                }
            }
        }
        let ones = sentences.iter().enumerate().map(|(place, sentence)| {
            let hash = sentence.hash.clone();
            if let Some(number) = pairs.old_of(place) {
                return One {
                    hash,
                    ..old[number].1.clone()
                };
            }
            let claims = inherited.remove(&place).unwrap_or_default();
            One {
                hash,
                claims: claims.into_iter().map(str::to_owned).collect(),
                none: None,
            }
        });
        let mut ones: Vec<One> = ones.collect();
        // From the last heading to the first: each takes the sentences behind it.
        let mut parts = Vec::new();
        for (title, before) in manual.headings.iter().rev() {
            parts.push(Part {
                title: title.clone(),
                sentences: ones.split_off(*before),
            });
        }
        if !ones.is_empty() {
            parts.push(Part {
                title: String::new(),
                sentences: ones,
            });
        }
        parts.reverse();
        Self { heading: parts }
    }

    /// Returns the file, a sentence a line.
    pub(super) fn to_toml(&self) -> String {
        let mut text = "# A manual as its claims know it: headings, and the hash of each sentence's words. `seatrial claims \
             --manual FILE\n# --write THIS` writes it anew after the manual has changed; docs/claims.md explains it.\n"
            .to_owned();
        for part in &self.heading {
            let title = toml::Value::from(part.title.as_str());
            let _ = write!(text, "\n[[heading]]\ntitle = {title}\nsentences = [\n");
            for one in &part.sentences {
                let _ = write!(text, "  {{ hash = \"{}\"", one.hash);
                if !one.claims.is_empty() {
                    let _ = write!(text, ", claims = [\"{}\"]", one.claims.join("\", \""));
                }
                if let Some(why) = &one.none {
                    let _ = write!(text, ", none = {}", toml::Value::from(why.as_str()));
                }
                text.push_str(" },\n");
            }
            text.push_str("]\n");
        }
        text
    }
}

/// The sentences of two texts that are the same.
struct Pairs {
    /// Those in the same order: old and new, rising.
    kept: Vec<(usize, usize)>,
    /// Those in another place.
    moved: BTreeMap<usize, usize>,
    /// The numbers of old and of new sentences.
    counts: [usize; 2],
}

impl Pairs {
    fn new_of(&self, old: usize) -> Option<usize> {
        let found = self.kept.binary_search_by_key(&old, |(old, _)| *old).ok();
        found
            .map(|at| self.kept[at].1)
            .or_else(|| self.moved.get(&old).copied())
    }

    fn old_of(&self, new: usize) -> Option<usize> {
        let found = self.kept.binary_search_by_key(&new, |(_, new)| *new).ok();
        found.map(|at| self.kept[at].0).or_else(|| {
            let mut moved = self.moved.iter();
            moved.find(|(_, place)| **place == new).map(|(old, _)| *old)
        })
    }

    /// The new sentences that stand in the place of an old one: those behind the sentence that was before it, and those
    /// before the sentence that came after it.
    fn instead(&self, old: usize) -> BTreeSet<usize> {
        let [old_count, new_count] = self.counts;
        let is_new = |new: &usize| self.old_of(*new).is_none();
        let before = (0..old).rev().find_map(|old| self.new_of(old));
        let after = (old + 1..old_count).find_map(|old| self.new_of(old));
        if before.is_none() && after.is_none() {
            // This is another text altogether.
            return BTreeSet::new();
        }
        let behind = (before.map_or(0, |new| new + 1)..new_count).take_while(is_new);
        let ahead = (0..after.unwrap_or(new_count)).rev().take_while(is_new);
        behind.chain(ahead).collect()
    }
}

/// Pairs the sentences of two texts: the longest common part first, then those that were moved.
fn pairs(old: &[(&str, &One)], new: &[Sentence]) -> Pairs {
    let same = |i: usize, j: usize| old[i].1.hash == new[j].hash;
    let mut longest = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if same(i, j) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let mut pairs = Pairs {
        kept: Vec::new(),
        moved: BTreeMap::new(),
        counts: [old.len(), new.len()],
    };
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if same(i, j) {
            pairs.kept.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    for i in 0..old.len() {
        if pairs.new_of(i).is_none()
            && let Some(j) = (0..new.len()).find(|j| same(i, *j) && pairs.old_of(*j).is_none())
        {
            pairs.moved.insert(i, j);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::sentences;
    use super::*;

    const OLD: &str =
        "# Start\n\nStart one node. The others follow.\n\n# Stop\n\nStop all nodes. Wait.\n";

    fn read(text: &str) -> Text {
        sentences::read(text, &BTreeSet::new())
    }

    fn bound() -> Bound {
        let mut bound = Bound::default().again(&read(OLD));
        let claims = [["M-1"], ["M-2"], ["M-3"], ["M-4"]];
        let parts = bound.heading.iter_mut();
        let all = parts.flat_map(|part| part.sentences.iter_mut());
        for (one, claim) in all.zip(claims) {
            one.claims = claim.map(str::to_owned).to_vec();
        }
        bound
    }

    #[test]
    fn the_file_is_read_as_it_is_written() {
        let text = bound().to_toml();
        assert_eq!(
            toml::from_str::<Bound>(&text).as_ref(),
            Ok(&bound()),
            "{text}"
        );
        let drift = bound().drift(&read(OLD));
        assert_eq!((drift.kept, drift.gone, drift.look), (4, 0, Vec::new()));
    }

    #[test]
    fn what_changed_is_looked_at_and_what_moved_is_not() {
        let new = "# Stop\n\nStop all nodes. Wait.\n\n# Start\n\nStart one node as root. The others\nfollow. That is all.\n";
        let drift = bound().drift(&read(new));
        assert_eq!(
            (drift.sentences, drift.kept, drift.moved, drift.gone),
            (5, 2, 1, 1)
        );
        let looks: Vec<&str> = drift.look.iter().map(|look| look.claim.as_str()).collect();
        assert_eq!(looks, ["M-1"]);
        let without: Vec<(usize, &str)> = drift
            .without
            .iter()
            .map(|place| (place.line, place.text.as_str()))
            .collect();
        assert_eq!(
            without,
            [(7, "Start one node as root."), (8, "That is all.")]
        );
    }

    #[test]
    fn the_same_words_under_another_heading_are_looked_at() {
        let drift = bound().drift(&read(&OLD.replace("# Stop", "# Stop in an emergency")));
        let looks: Vec<&str> = drift.look.iter().map(|look| look.claim.as_str()).collect();
        assert_eq!((looks, drift.gone), (vec!["M-3", "M-4"], 0));
        assert_eq!(drift.look[0].now[0].under, "Stop in an emergency");
    }

    #[test]
    fn a_changed_sentence_inherits_the_claims_of_its_place() {
        let new = OLD.replace("Start one", "First start one");
        let again = bound().again(&read(&new));
        assert_eq!(again.heading[0].sentences[0].claims, ["M-1"]);
        assert_eq!(again.drift(&read(&new)).look, []);
        let look = bound().drift(&read(&new)).look;
        assert_eq!(look[0].now[0].text, "First start one node.");
        assert_eq!(look[0].under, "Start");
    }
}
