//! The part of `grep`'s basic regular expressions that the manual's lines need.
//!
//! Literal characters, `.`, `*`, `^` at the beginning and `$` at the end. Anything else is refused:
//! a pattern that means something else than on a real host would be worse than none.

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Atom {
    /// Any character.
    Any,
    /// This one.
    Is(char),
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    /// The atoms, and whether each may be there any number of times.
    atoms: Vec<(Atom, bool)>,
    at_start: bool,
    at_end: bool,
    ignore_case: bool,
    /// The text that is searched for, where the pattern is nothing but a text.
    literal: Option<String>,
}

impl Pattern {
    /// Reads a basic regular expression, or a fixed text.
    pub(super) fn parse(text: &str, fixed: bool, ignore_case: bool) -> Result<Self, String> {
        let mut pattern = Self {
            atoms: Vec::new(),
            at_start: false,
            at_end: false,
            ignore_case,
            literal: None,
        };
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            match c {
                _ if fixed => pattern.push(Atom::Is(c)),
                '^' if first => pattern.at_start = true,
                '$' if chars.peek().is_none() => pattern.at_end = true,
                '.' => pattern.push(Atom::Any),
                // A star that has nothing to repeat stands for itself.
                '*' => match pattern.atoms.last_mut() {
                    Some(last) => last.1 = true,
                    None => pattern.push(Atom::Is('*')),
                },
                '[' => return Err("this console's grep knows no brackets".to_owned()),
                '\\' => match chars.next() {
                    Some(next) if !next.is_alphanumeric() && !"(){}|+?<>'`".contains(next) => {
                        pattern.push(Atom::Is(next));
                    }
                    Some(_) => {
                        return Err("this console's grep knows only \\. \\* \\^ \\$".to_owned());
                    }
                    None => return Err("Trailing backslash".to_owned()),
                },
                _ => pattern.push(Atom::Is(c)),
            }
            first = false;
        }
        let plain = !pattern.at_start && !pattern.at_end && !ignore_case;
        let text = pattern.atoms.iter().map(|atom| match atom {
            (Atom::Is(c), false) => Some(*c),
            _ => None,
        });
        pattern.literal = text.collect::<Option<String>>().filter(|_| plain);
        Ok(pattern)
    }

    fn push(&mut self, atom: Atom) {
        self.atoms.push((atom, false));
    }

    /// Returns whether the line contains what the pattern describes.
    ///
    /// Keeps the set of all places in the pattern at which a match may be, so the time is the
    /// product of the two lengths whatever the pattern is.
    pub(super) fn matches(&self, line: &str) -> bool {
        if let Some(literal) = &self.literal {
            return line.contains(literal.as_str());
        }
        let end = self.atoms.len();
        let mut places = vec![false; end + 1];
        self.enter(&mut places, 0);
        let mut chars = line.chars().peekable();
        loop {
            if places[end] && (!self.at_end || chars.peek().is_none()) {
                return true;
            }
            let Some(c) = chars.next() else { return false };
            let mut next = vec![false; end + 1];
            for (place, (atom, repeated)) in self.atoms.iter().enumerate() {
                if places[place] && self.fits(*atom, c) {
                    self.enter(&mut next, if *repeated { place } else { place + 1 });
                }
            }
            if !self.at_start {
                self.enter(&mut next, 0);
            }
            places = next;
        }
    }

    /// Returns the first match, and of those that begin there the longest one, in bytes. `is_start` says whether
    /// the text begins a line.
    pub(super) fn find(&self, text: &str, is_start: bool) -> Option<(usize, usize)> {
        if self.at_start && !is_start {
            return None;
        }
        let begins = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        begins
            .take(if self.at_start { 1 } else { usize::MAX })
            .find_map(|begin| Some((begin, begin + self.longest(&text[begin..])?)))
    }

    /// Returns the length of the longest match at the beginning of a text.
    fn longest(&self, text: &str) -> Option<usize> {
        let end = self.atoms.len();
        let mut places = vec![false; end + 1];
        self.enter(&mut places, 0);
        let mut found = None;
        let mut chars = text.char_indices();
        loop {
            let rest = chars.as_str();
            if places[end] && (!self.at_end || rest.is_empty()) {
                found = Some(text.len() - rest.len());
            }
            let Some((_, c)) = chars.next() else {
                return found;
            };
            let mut next = vec![false; end + 1];
            for (place, (atom, repeated)) in self.atoms.iter().enumerate() {
                if places[place] && self.fits(*atom, c) {
                    self.enter(&mut next, if *repeated { place } else { place + 1 });
                }
            }
            if !next.contains(&true) {
                return found;
            }
            places = next;
        }
    }

    /// Marks a place, and those behind it that can be reached without a character.
    fn enter(&self, places: &mut [bool], mut place: usize) {
        places[place] = true;
        while self.atoms.get(place).is_some_and(|(_, repeated)| *repeated) {
            place += 1;
            places[place] = true;
        }
    }

    fn fits(&self, atom: Atom, c: char) -> bool {
        match atom {
            Atom::Any => true,
            Atom::Is(wanted) if self.ignore_case => wanted.to_lowercase().eq(c.to_lowercase()),
            Atom::Is(wanted) => wanted == c,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, line: &str) -> bool {
        Pattern::parse(pattern, false, false).unwrap().matches(line)
    }

    #[test]
    fn the_manual_s_pattern_also_matches_the_position_from_storage() {
        let line = "[Note] WSREP: Recovered position from storage: 7159b315:4";
        assert!(matches("WSREP: Recovered position", line));
        assert!(!matches("WSREP: Recovered position:", line));
    }

    #[test]
    fn anchors_dots_and_stars() {
        assert!(matches("^seqno:.*7$", "seqno:   7"));
        assert!(!matches("^eqno", "seqno:   7"));
        assert!(!matches("seqno$", "seqno:   7"));
        assert!(matches("a*b", "b"));
        assert!(matches("*", "a*"));
        assert!(!matches("*", "a"));
        assert!(matches(r"127\.0", "127.0"));
        assert!(!matches(r"127\.0", "127x0"));
        assert!(matches("", ""));
        assert!(matches("^$", ""));
        assert!(!matches("^$", "x"));
    }

    #[test]
    fn case_and_fixed_texts() {
        assert!(
            Pattern::parse("wsrep", false, true)
                .unwrap()
                .matches("WSREP: x")
        );
        assert!(Pattern::parse("a.c", true, false).unwrap().matches("xa.c"));
        assert!(!Pattern::parse("a.c", true, false).unwrap().matches("abc"));
    }

    #[test]
    fn what_it_does_not_know_is_an_error() {
        assert!(Pattern::parse("[0-9]", false, false).is_err());
        assert!(Pattern::parse(r"a\|b", false, false).is_err());
        assert!(Pattern::parse("a\\", false, false).is_err());
        assert!(Pattern::parse("[0-9]", true, false).is_ok());
    }

    #[test]
    fn a_pattern_of_many_stars_is_no_trap() {
        let pattern = Pattern::parse("a*a*a*a*a*a*a*a*a*b", false, false).unwrap();
        assert!(!pattern.matches(&"a".repeat(10_000)));
    }
}
