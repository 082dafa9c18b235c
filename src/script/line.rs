//! Translates a line for a node into the sandbox: where the node's files are, which commands are ours,
//! which files the line would write to.

use std::path::Path;

use super::shim::{INIT_SCRIPT, names};

/// The places of a node's own files.
pub(super) const NODE_FOLDERS: [&str; 6] = [
    "/var/lib/mysql/",
    "/var/log/mariadb/",
    "/var/log/mysql/",
    "/var/log/ciphermail-gateway-backend.log",
    "/run/mysqld/",
    "/run/mariadb-wsrep-new-cluster",
];

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

/// Returns the line with the sandbox's paths of the node's files, and without the folders of commands.
pub(super) fn on_node(line: &str, files: &Path) -> String {
    let files = files.display().to_string();
    let mut line = NODE_FOLDERS.iter().fold(line.to_owned(), |line, folder| {
        line.replace(folder, &format!("{files}{folder}"))
    });
    for name in names() {
        if let Some(script) = name.strip_prefix(INIT_SCRIPT) {
            line = replace_words(&line, &format!("/etc/init.d/{script}"), name);
        }
    }
    for folder in FOLDERS {
        for name in names() {
            let named = format!("{folder}{name}");
            line = replace_words(&line, &named, name);
        }
    }
    line
}

/// Replaces a text that stands as a whole word.
fn replace_words(line: &str, from: &str, to: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(from) {
        let is_edge = |c: Option<char>| c.is_none_or(|c| " \t\n;|&()'\"`".contains(c));
        let before = rest[..at].chars().next_back().or(text.chars().next_back());
        let after = rest[at + from.len()..].chars().next();
        text.push_str(&rest[..at]);
        text.push_str(if is_edge(before) && is_edge(after) {
            to
        } else {
            from
        });
        rest = &rest[at + from.len()..];
    }
    text.push_str(rest);
    text
}

/// Returns the first file that a line would write to by a redirection, other than /dev/null.
pub(super) fn writes_to(line: &str) -> Option<String> {
    let mut quote = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                chars.next();
            }
            (None, '\'' | '"') => quote = Some(c),
            (None, '>') => {
                let target = line[at + 1..].trim_start_matches(['>', '|', ' ', '\t']);
                let end = target.find([' ', '\t', ';', '|', ')', '\n', '<', '>']);
                let target = &target[..end.unwrap_or(target.len())];
                if target != "/dev/null" && !target.starts_with('&') {
                    return Some(target.to_owned());
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_line_for_a_node_reads_the_node_s_files_and_finds_its_commands() {
        let line =
            "sudo -u mysql /bin/mysqld_safe --wsrep-recover; test -f /var/lib/mysql/gvwstate.dat";
        assert_eq!(
            on_node(line, Path::new("/s/B")),
            "sudo -u mysql mysqld_safe --wsrep-recover; test -f /s/B/var/lib/mysql/gvwstate.dat"
        );
        assert_eq!(on_node("/bin/cat x", Path::new("/s")), "cat x");
        assert_eq!(
            on_node("/usr/bin/cathode", Path::new("/s")),
            "/usr/bin/cathode"
        );
    }

    #[test]
    fn what_a_line_would_write() {
        for harmless in [
            "a 2>/dev/null",
            "a >/dev/null 2>&1",
            "grep '>' x",
            "echo \\> y",
            "a &>/dev/null",
        ] {
            assert_eq!(writes_to(harmless), None, "{harmless}");
        }
        assert_eq!(writes_to("echo 1 > /tmp/x; b").as_deref(), Some("/tmp/x"));
        assert_eq!(writes_to("echo \"a\" >>x").as_deref(), Some("x"));
    }
}
