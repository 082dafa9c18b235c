//! The words of the glossary in the page: their meanings in one section, and links to it.

use maud::{Markup, html};
use seatrial_scenarios::glossary::{Entry, entries, find};

use super::escape::visible;

/// A heading or the head of a column. If the word is in the glossary, it links to its meaning.
pub(super) fn term(word: &str, shown: &str) -> Markup {
    html! {
        @if let Some(entry) = find(word) {
            a.word href={ "#word-" (entry.anchor()) } title=(entry.meaning) { (visible(shown)) }
        } @else {
            (visible(shown))
        }
    }
}

/// The meanings of the words that this part of the page uses.
pub(super) fn section(content: &Markup) -> Markup {
    let text = text_of(&content.0).to_lowercase();
    html! {
        section #words aria-labelledby="words-h" {
            h2 #words-h { "Words" }
            p.intro { "What the words of Galera, of the manual and of Seatrial on this page mean." }
            dl.rules {
                @for entry in entries().iter().filter(|entry| uses(&text, entry)) {
                    div id={ "word-" (entry.anchor()) } {
                        dt { (entry.word) }
                        dd { (entry.meaning) }
                    }
                }
            }
        }
    }
}

/// The text between the tags. Markup is escaped, so that each `<` begins a tag and each `>` ends one.
fn text_of(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len() / 2);
    for piece in markup.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    text
}

/// Whether a text in small letters has the word, alone or as a plural.
fn uses(text: &str, entry: &Entry) -> bool {
    let word = entry.word.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&word).any(|(start, _)| {
        let after = &text[start + word.len()..];
        let after = after.strip_prefix('s').unwrap_or(after);
        !text[..start].ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(content: &Markup) -> Vec<&'static str> {
        let text = text_of(&content.0).to_lowercase();
        let used = entries().into_iter().filter(|entry| uses(&text, entry));
        used.map(|entry| entry.word).collect()
    }

    #[test]
    fn the_words_of_a_text_are_found_and_those_of_its_tags_are_not() {
        let content = html! {
            p.fork title="quorum > none" { "Two Donors took an " b { "SST" } ", by no real-life scenario: <view>" }
        };
        assert_eq!(used(&content), ["donor", "SST", "view", "real", "scenario"]);
        assert_eq!(
            used(&html! { p { "previews, seqnos2, unreal, racetrack" } }),
            [""; 0]
        );
    }

    #[test]
    fn a_head_links_to_its_meaning_and_hostile_ones_are_escaped() {
        let linked = term("broken state", "Broken states").into_string();
        assert!(linked.contains("href=\"#word-broken-state\""), "{linked}");
        assert!(
            linked.contains("title=\"A cluster after a failure"),
            "{linked}"
        );
        let hostile = term("<script>", "<script>\u{202e}").into_string();
        assert_eq!(hostile, "&lt;script&gt;\\u{202e}");
    }

    #[test]
    fn the_section_has_the_words_that_are_used() {
        let text = section(&html! { h2 { "Findings" } }).into_string();
        assert!(text.contains("<div id=\"word-finding\"><dt>finding</dt><dd>What an oracle"));
        assert!(!text.contains("word-seqno"));
    }
}
