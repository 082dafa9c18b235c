//! The words of Galera, of the manual and of Seatrial with their meanings, out of `docs/glossary.md`.

/// A word and its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The word.
    pub word: &'static str,
    /// The meaning: a paragraph of plain sentences in one line.
    pub meaning: String,
}

impl Entry {
    /// Returns the word as the end of a link into the document: `primary-component`.
    pub fn anchor(&self) -> String {
        anchor(self.word)
    }
}

/// Returns every entry, in the order of the document.
pub fn entries() -> Vec<Entry> {
    let sections = include_str!("../../../docs/glossary.md").split("\n### ");
    sections
        .skip(1)
        .map(|section| {
            let (word, rest) = section.split_once('\n').unwrap_or((section, ""));
            // A heading of another group may follow the paragraph.
            let text = rest.split("\n## ").next().unwrap_or_default();
            Entry {
                word,
                meaning: text.split_whitespace().collect::<Vec<_>>().join(" "),
            }
        })
        .collect()
}

/// Returns the entry of a word, whatever its case, with blanks, hyphens or underscores between its parts.
pub fn find(word: &str) -> Option<Entry> {
    let wanted = anchor(word);
    entries().into_iter().find(|entry| entry.anchor() == wanted)
}

/// Returns the word in small letters, its parts joined by hyphens; dots are left out, as web pages do.
fn anchor(word: &str) -> String {
    word.trim()
        .to_lowercase()
        .replace([' ', '_'], "-")
        .replace('.', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_short_meaning() {
        let entries = entries();
        assert!(
            !entries.is_empty() && entries.len() <= 60,
            "{}",
            entries.len()
        );
        for entry in &entries {
            let same = entries.iter().filter(|one| one.anchor() == entry.anchor());
            assert_eq!(same.count(), 1, "{}", entry.word);
            assert!(entry.meaning.ends_with('.'), "{}", entry.word);
            assert!(!entry.meaning.contains('#'), "{}", entry.meaning);
            for sentence in entry.meaning.split(". ") {
                let words = sentence.split_whitespace().count();
                assert!(words <= 25, "{words} words: {sentence}");
            }
        }
    }

    #[test]
    fn a_word_is_found_however_it_is_written() {
        for word in [
            "Primary Component",
            "primary-component",
            " primary component ",
        ] {
            assert_eq!(
                find(word).map(|entry| entry.word),
                Some("primary component")
            );
        }
        assert_eq!(
            find("safe-to-bootstrap").map(|entry| entry.word),
            Some("safe_to_bootstrap")
        );
        assert_eq!(
            find("gvwstate.dat").map(|entry| entry.word),
            Some("gvwstate.dat")
        );
        assert_eq!(find("frobnicate"), None);
    }
}
