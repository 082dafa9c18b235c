//! `sed`, on a file or behind a pipe: prints, deletes and replaces (GNU sed).
//!
//! One command with one address. `-i` edits the two state files; like the real one it writes a new file in place of
//! the old one.

use seatrial_port::Output;

use super::output::failed;
use super::pattern::Pattern;

/// The lines that a command is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Address {
    All,
    Lines(usize, usize),
    Last,
    Matching(Pattern),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Edit {
    Print,
    Delete,
    Quit,
    Replace {
        from: Pattern,
        to: String,
        all: bool,
    },
}

/// A script of one command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sed {
    quiet: bool,
    /// Whether the file is edited, with `-i`.
    pub(super) in_place: bool,
    address: Address,
    edit: Edit,
}

impl Sed {
    /// Reads the words after `sed`. Returns the script and the files.
    pub(super) fn parse(words: &[String]) -> Result<(Self, Vec<String>), Output> {
        let (mut quiet, mut in_place) = (false, false);
        let (mut script, mut paths) = (None, Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-n" | "--quiet" | "--silent" => quiet = true,
                "-i" | "--in-place" => in_place = true,
                "-ni" | "-in" => {
                    return Err(failed(1, "this console takes -n and -i of sed apart"));
                }
                "-e" | "--expression" => script = words.next().cloned(),
                odd if odd.len() > 1 && odd.starts_with('-') => {
                    return Err(failed(1, format!("this console does not know sed {odd}")));
                }
                _ if script.is_none() => script = Some(word.clone()),
                _ => paths.push(word.clone()),
            }
        }
        let Some(script) = script else {
            return Err(failed(1, "Usage: sed [OPTION]... {script} [input-file]..."));
        };
        let (address, edit) = command(&script).map_err(|why| {
            failed(
                1,
                format!("this console does not understand the script `{script}` of sed: {why}"),
            )
        })?;
        let sed = Self {
            quiet,
            in_place,
            address,
            edit,
        };
        Ok((sed, paths))
    }

    /// Returns the text that comes out.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut out = String::new();
        let count = text.lines().count();
        for (number, line) in (1..).zip(text.lines()) {
            let meant = match &self.address {
                Address::All => true,
                Address::Lines(from, to) => (*from..=*to).contains(&number),
                Address::Last => number == count,
                Address::Matching(pattern) => pattern.matches(line),
            };
            let mut shown = line.to_owned();
            let mut prints = usize::from(!self.quiet);
            let mut ends = false;
            if meant {
                match &self.edit {
                    Edit::Print => prints += 1,
                    Edit::Delete => prints = 0,
                    Edit::Quit => ends = true,
                    Edit::Replace { from, to, all } => shown = replaced(line, from, to, *all),
                }
            }
            for _ in 0..prints {
                out.push_str(&shown);
                out.push('\n');
            }
            if ends {
                break;
            }
        }
        out
    }
}

/// Replaces the first match, or all of them. An empty match right after another match is none.
fn replaced(line: &str, from: &Pattern, to: &str, all: bool) -> String {
    let mut out = String::new();
    let mut rest = line;
    let (mut at_start, mut after_match) = (true, false);
    while let Some((begin, end)) = from.find(rest, at_start) {
        out.push_str(&rest[..begin]);
        let is_empty = begin == end;
        let counts = !(is_empty && begin == 0 && after_match);
        if counts {
            out.push_str(&to.replace('&', &rest[begin..end]));
        }
        rest = &rest[end..];
        at_start = false;
        after_match = !is_empty;
        if counts && !all {
            break;
        }
        if is_empty {
            // It moves on by a character.
            let Some(next) = rest.chars().next() else {
                break;
            };
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

/// Reads a command such as `3p`, `2,5p`, `$p`, `/x/d` or `s/x/y/g`.
fn command(script: &str) -> Result<(Address, Edit), String> {
    let script = script.trim();
    let (address, rest) = if let Some(rest) = script.strip_prefix('$') {
        (Address::Last, rest)
    } else if let Some(rest) = script.strip_prefix('/') {
        let (pattern, rest) = until(rest, '/').ok_or("the pattern has no end")?;
        (
            Address::Matching(Pattern::parse(&pattern, false, false)?),
            rest,
        )
    } else if script.starts_with(|c: char| c.is_ascii_digit()) {
        let (from, rest) = number(script)?;
        match rest.strip_prefix(',') {
            None => (Address::Lines(from, from), rest),
            Some(rest) => {
                if let Some(rest) = rest.strip_prefix('$') {
                    (Address::Lines(from, usize::MAX), rest)
                } else {
                    let (to, rest) = number(rest)?;
                    (Address::Lines(from, to.max(from)), rest)
                }
            }
        }
    } else {
        (Address::All, script)
    };
    let edit = match rest.trim() {
        "p" => Edit::Print,
        "d" => Edit::Delete,
        "q" => Edit::Quit,
        replace => {
            let mut chars = replace.chars();
            let mark = match (chars.next(), chars.next()) {
                (Some('s'), Some(mark)) if !mark.is_alphanumeric() && mark != '\\' => mark,
                _ => return Err("it knows p, d, q and s".to_owned()),
            };
            let (from, rest) = until(chars.as_str(), mark).ok_or("the pattern of s has no end")?;
            let (to, flags) = until(rest, mark).ok_or("the replacement of s has no end")?;
            if to.contains('\\') {
                return Err("a replacement has no backslash here".to_owned());
            }
            let all = match flags {
                "" => false,
                "g" => true,
                _ => return Err("s has no flag but g here".to_owned()),
            };
            Edit::Replace {
                from: Pattern::parse(&from, false, false)?,
                to,
                all,
            }
        }
    };
    Ok((address, edit))
}

/// Returns the text up to the mark, without the backslash of a mark that belongs to it, and what follows.
fn until(text: &str, mark: char) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == mark {
            return Some((part, &text[at + c.len_utf8()..]));
        }
        if c == '\\' {
            match chars.next()?.1 {
                next if next == mark => part.push(next),
                next => part.extend(['\\', next]),
            }
        } else {
            part.push(c);
        }
    }
    None
}

fn number(text: &str) -> Result<(usize, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let number = digits.parse().map_err(|_| "a line has a number")?;
    Ok((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sed(words: &[&str], text: &str) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Sed::parse(&words).unwrap().0.apply(text)
    }

    #[test]
    fn lines_are_printed_deleted_and_replaced() {
        let text = "a: 1\nb: 2\nc: 3\n";
        assert_eq!(sed(&["-n", "2p"], text), "b: 2\n");
        assert_eq!(sed(&["-n", "2,$p"], text), "b: 2\nc: 3\n");
        assert_eq!(sed(&["-n", "$p"], text), "c: 3\n");
        assert_eq!(sed(&["2q"], text), "a: 1\nb: 2\n");
        assert_eq!(sed(&["/b/d"], text), "a: 1\nc: 3\n");
        assert_eq!(sed(&["s/: .*/=/"], text), "a=\nb=\nc=\n");
        assert_eq!(sed(&["-n", "1p"], ""), "");
        assert_eq!(sed(&["s|a|[&&]|g"], "aXa\n"), "[aa]X[aa]\n");
        assert_eq!(sed(&["s/^a/b/g"], "aaa\n"), "baa\n");
        assert_eq!(sed(&["s/x*/-/g"], "ab\n"), "-a-b-\n");
        assert_eq!(sed(&["s/x*/-/g"], "xab\n"), "-a-b-\n");
        assert_eq!(sed(&["s/a\\/b/c/"], "a/b\n"), "c\n");
        assert_eq!(sed(&["-e", "p"], "a\n"), "a\na\n");
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for script in [
            "y/a/b/",
            "s/a/b",
            "s/a/b/w",
            "1,2",
            "s/\\(a\\)/\\1/",
            "1~2p",
        ] {
            let words = [script.to_owned()];
            let output = Sed::parse(&words).unwrap_err();
            assert!(output.stderr.starts_with("this console "), "{script}");
        }
    }
}
