//! The headings of the manual under test, and the lines in which its sections begin.

/// The headings, each with its line. Captions of figures and the titles of notes are left out.
const HEADINGS: &[(u32, &str)] = &[
    (1, "Bootstrapping the cluster"),
    (40, "Check node status"),
    (64, "Check back-end log"),
    (76, "Starting other nodes"),
    (82, "Check node status"),
    (106, "Check back-end log"),
    (118, "Recovery"),
    (124, "Cluster fully functional"),
    (128, "Failure scenarios"),
    (130, "One node is gracefully stopped"),
    (140, "Two nodes are gracefully stopped"),
    (150, "All nodes are gracefully stopped"),
    (158, "One node is terminated"),
    (168, "Two nodes are terminated"),
    (186, "All nodes are terminated"),
    (
        194,
        "Connection failure between one node and the other nodes",
    ),
    (202, "Connection failure between all nodes"),
    (210, "Recovery procedure"),
    (214, "Check cluster status"),
    (252, "Recover cluster"),
    (258, "Only some nodes are down"),
    (270, "All nodes are down"),
    (284, "No node is safe for bootstrapping?"),
    (321, "Boostrap node"),
    (360, "Start the other nodes"),
    (391, "Updates"),
];

/// Returns the section of a line of the manual: the line of its heading, and the heading.
pub(crate) fn section_of(line: u32) -> Option<(u32, &'static str)> {
    HEADINGS
        .iter()
        .rev()
        .find(|(first, _)| *first <= line)
        .copied()
}

/// Returns the section that a scenario names as its source. The last part of the source is a heading.
pub(crate) fn section_named(source: &str) -> Option<(u32, &'static str)> {
    let last = source.rsplit(" / ").next()?.trim();
    HEADINGS
        .iter()
        .find(|(_, heading)| heading.eq_ignore_ascii_case(last))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_in_order() {
        assert!(HEADINGS.is_sorted_by_key(|(line, _)| *line));
    }

    #[test]
    fn a_line_stands_under_the_heading_before_it() {
        assert_eq!(section_of(171), Some((168, "Two nodes are terminated")));
        assert_eq!(section_of(0), None);
        let named = section_named("Failure scenarios / Two nodes are terminated");
        assert_eq!(named, Some((168, "Two nodes are terminated")));
    }
}
