//! The ledger as the catalogue makes it.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scenarios::Scenario;
use seatrial_scenarios::language::{Claim, ClaimVerdict};
use seatrial_scenarios::{catalogue, ledger};

fn scenarios() -> Vec<Scenario> {
    catalogue::all()
        .into_iter()
        .map(|(file, text)| Scenario::parse(file, text).unwrap_or_else(|error| panic!("{error:?}")))
        .collect()
}

/// Returns the lines of `1, 3-5`.
fn lines(text: &str) -> BTreeSet<u32> {
    text.split(',')
        .flat_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| text.trim().parse::<u32>().expect("a number");
            number(first)..=number(last)
        })
        .collect()
}

#[test]
fn every_line_of_the_manual_has_a_claim_or_a_reason_why_not() {
    let list = scenarios();
    let claimed = list
        .iter()
        .flat_map(Scenario::claims)
        .filter_map(|(_, claim)| claim.lines)
        .flat_map(|(first, last)| first..=last);
    let uncovered = ledger::uncovered().expect("it is checked in");
    let listed = uncovered.iter().flat_map(|sentence| lines(&sentence.lines));
    let answered: BTreeSet<u32> = claimed.chain(listed).collect();
    let text = lines(&ledger::text_lines().expect("it is checked in"));
    let silent: Vec<&u32> = text.difference(&answered).collect();
    assert!(silent.is_empty(), "nothing is said of lines {silent:?}");
}

#[test]
fn a_statement_is_decided_in_one_place_and_has_its_lines() {
    let list = scenarios();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut contradicted = 0;
    // A scenario pack says what it is about in its own words.
    for scenario in list.iter().filter(|scenario| scenario.pack.is_none()) {
        for (_, claim) in scenario.claims() {
            let Claim { id, verdict, .. } = claim;
            contradicted += u32::from(*verdict == ClaimVerdict::Contradicted);
            assert!(claim.lines.is_some(), "{id} has no lines");
            if let Some(other) = seen.insert(id, &scenario.id) {
                panic!("{id} stands in {other} and in {}", scenario.id);
            }
        }
    }
    assert!(seen.len() >= 45, "{} statements", seen.len());
    assert!(contradicted >= 20, "{contradicted} contradicted");
}
