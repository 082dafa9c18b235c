//! The nearest of several names to a mistyped one.

/// Returns the choice that the writer most likely meant, if one is near enough.
pub(super) fn nearest<'a>(
    typed: &str,
    choices: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed: String = fold(typed);
    choices
        .into_iter()
        .map(|choice| (distance(&typed, &fold(choice)), choice))
        .filter(|(distance, choice)| {
            // Another letter is no misspelling of a name of one letter.
            let length = choice.chars().count();
            *distance <= length.max(3) / 3 && *distance < length
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, choice)| choice)
}

/// `` did you mean `x`? `` and the choices, as a help text.
pub(super) fn help(typed: &str, what: &str, choices: &[&str]) -> String {
    let all = choices.join(", ");
    match nearest(typed, choices.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {what}: {all}"),
        None => format!("{what}: {all}"),
    }
}

/// Case and the kind of dash are no difference.
fn fold(text: &str) -> String {
    text.chars()
        .take(64)
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// Returns the number of letters to insert, delete, change or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in b.iter().enumerate() {
            let change = last[j] + usize::from(from != to);
            let mut best = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == b[j - 1] && a[i - 1] == to {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_word_that_was_meant() {
        let choices = ["partition", "operator", "terminate", "nodes"];
        assert_eq!(nearest("noeds", choices), Some("nodes"));
        assert_eq!(nearest("Terminate", choices), Some("terminate"));
        assert_eq!(nearest("operater", choices), Some("operator"));
        assert_eq!(nearest("bananas", choices), None);
        assert_eq!(nearest("", choices), None);
        assert_eq!(nearest("D", ["A", "B"]), None);
        assert_eq!(nearest("a", ["A", "B"]), Some("A"));
    }
}
