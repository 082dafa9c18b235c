//! Words of a line: names of commands, spans of time.

/// Folders that a command's path may begin with.
const FOLDERS: [&str; 6] = [
    "/usr/local/sbin/",
    "/usr/local/bin/",
    "/usr/sbin/",
    "/usr/bin/",
    "/sbin/",
    "/bin/",
];

/// Returns a command's name without its folder.
pub(super) fn plain(command: &str) -> &str {
    FOLDERS
        .iter()
        .find_map(|folder| command.strip_prefix(folder))
        .unwrap_or(command)
}

/// Reads a time as `sleep` takes it: `5`, `0.5`, `2m`, `1h`.
pub(super) fn span_ms(word: &str) -> Option<u64> {
    let (number, factor) = match word.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => {
            let factor = match word.as_bytes().last() {
                Some(b'm') => 60,
                Some(b'h') => 3_600,
                Some(b'd') => 86_400,
                _ => 1,
            };
            (number, factor)
        }
        None => (word, 1),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole: u64 = format!("0{whole}").parse().ok()?;
    let part: u64 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    whole
        .checked_mul(1_000)?
        .checked_add(part)?
        .checked_mul(factor)
}

/// The word before a command of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// `;`, or the beginning: it runs in any case.
    Anything,
    /// `&&`
    Success,
    /// `||`
    Failure,
}

impl After {
    /// Returns whether the command behind it runs when the one before has ended with this code.
    pub(super) const fn runs(self, code: i32) -> bool {
        match self {
            Self::Anything => true,
            Self::Success => code == 0,
            Self::Failure => code != 0,
        }
    }
}

/// Takes a line apart at `;`, `&&` and `||`. A line that is more than a plain list, with substitutions, compound
/// commands or jobs, is left whole.
pub(super) fn list(line: &str) -> Vec<(After, String)> {
    let whole = || vec![(After::Anything, line.to_owned())];
    let mut commands = vec![(After::Anything, String::new())];
    let mut quote = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek() == Some(&c);
        match (quote, c) {
            (None, '(' | '{' | '\n' | '`') | (Some('"'), '`') => return whole(),
            (None | Some('"'), '$') if rest.peek() == Some(&'(') => return whole(),
            (None, '&') if !next => return whole(),
            (None, '&' | '|') if next => {
                rest.next();
                let after = if c == '&' {
                    After::Success
                } else {
                    After::Failure
                };
                commands.push((after, String::new()));
                continue;
            }
            (None, ';') => {
                commands.push((After::Anything, String::new()));
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        if let Some((_, command)) = commands.last_mut() {
            command.push(c);
            if c == '\\' && quote != Some('\'') {
                command.extend(rest.next());
            }
        }
    }
    for (_, command) in &mut commands {
        *command = command.trim().to_owned();
    }
    // A list may end with `;`.
    if commands.len() > 1 && commands.last() == Some(&(After::Anything, String::new())) {
        commands.pop();
    }
    let is_plain = |command: &str| {
        const COMPOUND: [&str; 6] = ["if", "for", "while", "until", "case", "!"];
        let first = command.split_whitespace().next();
        first.is_some_and(|word| !COMPOUND.contains(&word))
    };
    if quote.is_none() && commands.iter().all(|(_, command)| is_plain(command)) {
        commands
    } else {
        whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_commands() {
        use After::{Anything, Failure, Success};
        let read = |line| {
            let commands = list(line);
            let text = commands
                .iter()
                .map(|(after, one)| format!("{after:?} {one}"));
            text.collect::<Vec<_>>()
        };
        let expected = [
            format!("{Anything:?} a 'x;y'"),
            format!("{Success:?} b | c"),
            format!("{Failure:?} d \"&&\""),
            format!("{Anything:?} e \\;"),
        ];
        assert_eq!(read("a 'x;y' && b | c || d \"&&\"; e \\;;"), expected);
        for whole in [
            "a; (b; c)",
            "for x in a; do b; done",
            "a &",
            "a; echo $(b)",
            "a; 'b",
            "a 2>&1; b",
        ] {
            assert_eq!(list(whole).len(), 1, "{whole}");
        }
    }

    #[test]
    fn spans_of_sleep() {
        assert_eq!(span_ms("600"), Some(600_000));
        assert_eq!(span_ms("0.25"), Some(250));
        assert_eq!(span_ms(".5s"), Some(500));
        assert_eq!(span_ms("2m"), Some(120_000));
        assert_eq!(span_ms("1h"), Some(3_600_000));
        for odd in ["", "x", "5x", "-1", "1.2.3", "s"] {
            assert_eq!(span_ms(odd), None, "{odd}");
        }
        assert_eq!(span_ms("99999999999999999999d"), None);
    }

    #[test]
    fn a_command_has_its_name_in_whatever_folder() {
        assert_eq!(plain("/usr/bin/systemctl"), "systemctl");
        assert_eq!(plain("/opt/systemctl"), "/opt/systemctl");
    }
}
