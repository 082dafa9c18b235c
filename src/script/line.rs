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
    fn a_command_has_its_name_in_whatever_folder() {
        assert_eq!(plain("/usr/bin/systemctl"), "systemctl");
        assert_eq!(plain("/opt/systemctl"), "/opt/systemctl");
    }
}
