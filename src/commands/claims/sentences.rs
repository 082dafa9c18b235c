//! The sentences of a manual, whatever its markup: plain text, Markdown, reStructuredText, AsciiDoc.
//!
//! A sentence is known by the hash of its words, so that new line breaks, other marks and other places in the file
//! change nothing.

use std::collections::BTreeSet;

use seatrial_scenarios::trace::sha256_hex;

/// The letters of a hash that are kept: enough for a manual of any size.
const HASH_LETTERS: usize = 12;

/// The words above a box. They are no headings, though they stand alone.
const BOXES: [&str; 6] = ["caution", "danger", "important", "note", "tip", "warning"];

/// A sentence of a manual; a table, a box or a listing counts as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// The heading above it, or nothing.
    pub(super) under: String,
    /// The line of the file in which it begins; the first line is 1.
    pub(super) line: usize,
    /// The sentence, its words apart by single spaces.
    pub(super) text: String,
    /// The hash of its words.
    pub(super) hash: String,
}

/// A manual, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// The sentences in their order.
    pub(super) sentences: Vec<Sentence>,
    /// The headings, each with the number of sentences before it.
    pub(super) headings: Vec<(String, usize)>,
}

/// Takes a manual apart. Plain text does not mark its headings, so those that are known are named.
pub(super) fn read(text: &str, headings: &BTreeSet<&str>) -> Text {
    let lines: Vec<&str> = text.lines().collect();
    let mut reader = Reader {
        headings,
        text: Text::default(),
        block: Vec::new(),
        begins: 0,
        form: Form::Prose,
    };
    let mut fence = None;
    for (place, line) in lines.iter().enumerate() {
        let number = place + 1;
        let bare = line.trim().trim_start_matches("> ");
        if let Some(mark) = fence {
            if bare.starts_with(mark) {
                fence = None;
                reader.end();
            } else {
                reader.take(bare, number, Form::Listing);
            }
        } else if let Some(mark) = ["```", "~~~", "----", "...."]
            .into_iter()
            .find(|mark| bare.starts_with(mark))
            .filter(|_| !reader.is_title_above(bare))
        {
            reader.end();
            fence = Some(mark);
        } else if bare.is_empty() {
            reader.end();
        } else if is_underline(bare) && reader.is_title_above(bare) {
            reader.heading();
        } else if let Some(title) = marked_heading(bare) {
            reader.end();
            reader.take(title, number, Form::Prose);
            reader.heading();
        } else if bare.starts_with(['|', '+']) || is_frame(bare) {
            reader.take(bare, number, Form::Listing);
        } else if let Some(item) = list_item(bare) {
            reader.end();
            reader.take(item, number, Form::Prose);
        } else {
            reader.take(bare, number, Form::Prose);
        }
    }
    reader.end();
    reader.text
}

/// What a block of lines is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Sentences.
    Prose,
    /// A table, a box or a listing, which stays whole.
    Listing,
}

struct Reader<'a> {
    headings: &'a BTreeSet<&'a str>,
    text: Text,
    block: Vec<&'a str>,
    begins: usize,
    form: Form,
}

impl<'a> Reader<'a> {
    fn take(&mut self, line: &'a str, number: usize, form: Form) {
        if form != self.form {
            self.end();
        }
        if self.block.is_empty() {
            self.begins = number;
            self.form = form;
        }
        self.block.push(line);
    }

    /// Whether the block is one line to which a line of marks below gives the form of a heading.
    fn is_title_above(&self, marks: &str) -> bool {
        matches!(self.block.as_slice(), [title] if self.form == Form::Prose
            && marks.chars().count() + 2 >= title.chars().count())
    }

    fn heading(&mut self) {
        let title = words(&self.block.join(" "));
        self.text.headings.push((title, self.text.sentences.len()));
        self.block.clear();
    }

    fn end(&mut self) {
        let text = words(&self.block.join(" "));
        if self.form == Form::Prose && self.headings.contains(text.as_str()) {
            return self.heading();
        }
        let block = std::mem::take(&mut self.block);
        let is_box = BOXES.contains(&text.trim_end_matches(':').to_lowercase().as_str());
        if text.is_empty() || is_box {
            return;
        }
        if self.form == Form::Listing {
            return self.found(text, self.begins);
        }
        // The line of a sentence is that of its first word.
        let starts: Vec<(usize, &str)> = block
            .iter()
            .enumerate()
            .flat_map(|(place, line)| {
                let line_words = line.split_whitespace();
                line_words.map(move |word| (place, word))
            })
            .collect();
        let mut sentence = Vec::new();
        let mut first = 0;
        for (at, (place, word)) in starts.iter().enumerate() {
            if sentence.is_empty() {
                first = *place;
            }
            sentence.push(*word);
            let next = starts.get(at + 1).map(|(_, word)| *word);
            if next.is_none_or(|next| ends(word, next)) {
                let text = words(&sentence.join(" "));
                self.found(text, self.begins + first);
                sentence.clear();
            }
        }
    }

    fn found(&mut self, text: String, line: usize) {
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let mut hash = sha256_hex(&text);
        hash.truncate(HASH_LETTERS);
        let above = self.text.headings.last();
        let under = above.map_or_else(String::new, |(title, _)| title.clone());
        self.text.sentences.push(Sentence {
            under,
            line,
            text,
            hash,
        });
    }
}

/// Whether a sentence ends between two words.
fn ends(word: &str, next: &str) -> bool {
    let word = word.trim_end_matches(['"', '\'', ')', '*', '_', '`', '”']);
    let begins = next.trim_start_matches(['"', '\'', '(', '*', '_', '`', '“']);
    word.ends_with(['.', '!', '?'])
        && !matches!(word, "i.e." | "e.g." | "etc." | "cf." | "vs.")
        && begins.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
}

/// Returns the words of a text without marks of typesetting, apart by single spaces.
fn words(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            '`' | '*' | '|' => ' ',
            c => c,
        })
        .collect();
    let kept = plain.split_whitespace().filter(|word| {
        word.chars()
            .any(|c| !matches!(c, '+' | '-' | '=' | '#' | '_'))
    });
    let text = kept.collect::<Vec<_>>().join(" ");
    // A mark that is gone left a space in front of a full stop or a comma.
    [" .", " ,", " ;", " :", " )"]
        .into_iter()
        .fold(text, |text, apart| text.replace(apart, &apart[1..]))
}

/// Returns the title of a heading of Markdown or AsciiDoc.
fn marked_heading(line: &str) -> Option<&str> {
    ['#', '='].into_iter().find_map(|mark| {
        let rest = line.trim_start_matches(mark);
        let level = line.len() - rest.len();
        ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| rest.trim_matches([mark, ' ']))
    })
}

/// Whether a line is made of one mark, as below a heading of reStructuredText.
fn is_underline(line: &str) -> bool {
    line.len() >= 3
        && line.starts_with(['=', '-', '~', '^', '"', '\''])
        && line.chars().all(|c| line.starts_with(c))
}

/// Whether a line belongs to a box that is drawn with stars.
fn is_frame(line: &str) -> bool {
    line.len() > 3 && line.starts_with('*') && line.ends_with('*') && !line.starts_with("**")
        || line.len() > 3 && line.chars().all(|c| c == '*')
}

/// Returns the text of an item of a list.
fn list_item(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '*', '•']).or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < line.len())
            .then(|| rest.strip_prefix(['.', ')']))
            .flatten()
    })?;
    rest.starts_with(' ').then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, String)> {
        let known = BTreeSet::from(["Bootstrapping"]);
        let found = read(text, &known).sentences.into_iter();
        found.map(|one| (one.under, one.line, one.text)).collect()
    }

    #[test]
    fn the_same_words_are_the_same_sentences_in_every_markup() {
        let plain = "Bootstrapping\n\nStart the first node, i.e., the last one. Then wait.\n\nNote\n\n\
                     sudo start\n\n+---+\n| a | b |\n+---+\n\n* Then stop.\n";
        let markdown = "# Bootstrapping\n\nStart the **first** node,\ni.e., the last one.\nThen wait.\n\n> Note\n\n\
                        ```sh\nsudo start\n```\n\n| a | b |\n\n- Then stop.\n";
        let rst = "Bootstrapping\n=============\n\nStart the first node, i.e., the *last* one. Then\nwait.\n\n\
                   ``sudo start``\n\n+---+\n| a | b |\n+---+\n\n- Then stop.\n";
        let texts = |text: &str| -> Vec<(String, String)> {
            let found = found(text).into_iter();
            found.map(|(under, _, text)| (under, text)).collect()
        };
        let wanted = [
            "Start the first node, i.e., the last one.",
            "Then wait.",
            "sudo start",
            "a b",
            "Then stop.",
        ]
        .map(|text| ("Bootstrapping".to_owned(), text.to_owned()));
        assert_eq!(texts(plain), wanted);
        assert_eq!(texts(rst), wanted);
        assert_eq!(texts(markdown), wanted);
    }

    #[test]
    fn a_sentence_has_the_line_of_its_first_word() {
        let found = found("One is\nhere. Two\nis there.\n");
        let lines: Vec<usize> = found.iter().map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [1, 2], "{found:?}");
    }
}
