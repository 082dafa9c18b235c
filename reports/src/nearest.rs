//! Finds the ids that are similar to a mistyped one.

/// Returns at most three ids that may have been meant: ids that contain the typed text, and ids that are
/// spelled like it, the nearest first.
pub fn nearest<'a>(typed: &str, ids: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase().replace(['_', ' '], "-");
    let mut candidates: Vec<(usize, &str)> = ids
        .into_iter()
        .filter_map(|id| {
            let distance = distance(&typed, id);
            let part = !typed.is_empty() && id.contains(&typed);
            let near = distance <= id.chars().count().min(typed.chars().count()) / 3;
            (part || near).then_some((distance, id))
        })
        .collect();
    candidates.sort_unstable();
    // If one id differs by a single typing mistake, the others are not meant.
    if candidates.first().is_some_and(|(best, _)| *best <= 2) {
        candidates.truncate(1);
    }
    candidates.truncate(3);
    candidates.into_iter().map(|(_, id)| id).collect()
}

/// Returns how many letters must change to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    // A path of a thousand letters is no misspelling.
    let b: Vec<char> = b.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().take(200).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = [
        "rolling-update",
        "rolling-update-without-waiting",
        "one-node-is-terminated",
        "back-end-log",
    ];

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(
            nearest("one-node-is-terminatd", IDS),
            ["one-node-is-terminated"]
        );
        assert_eq!(
            nearest("One_Node_Is_Terminated", IDS),
            ["one-node-is-terminated"]
        );
        assert_eq!(
            nearest("rolling", IDS),
            ["rolling-update", "rolling-update-without-waiting"]
        );
        assert_eq!(nearest("bananas", IDS), [""; 0]);
        assert_eq!(nearest("", IDS), [""; 0]);
    }
}
