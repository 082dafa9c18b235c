//! Every table of Galera's own cases in `docs/suites.md` names what expresses a case, or says why nothing does, and the
//! numbers in its text are those of its tables.
//!
//! A table has the columns `case`, `what it asserts`, `ours` and `result`. The third names tests, scripts, scenarios or
//! recordings, as `test:NAME`, `script:NAME`, `scenario:NAME` and `recording:NAME`. A result begins with `holds`,
//! `mended`, `covered` or `not modelled`; only the last has nothing in the third column. In front of a table stands
//! a line `Cases: 31. Expressed: 27. Covered elsewhere: 1. Not modelled: 3.` A part of the document may begin with the
//! numbers of all its tables: `All: 31 cases, 27 expressed, 1 covered elsewhere, 3 not modelled.`

mod covered;

use std::fs;

use covered::{exists, root, sources};

/// The numbers of a section: cases, expressed, covered elsewhere, not modelled.
type Counts = [usize; 4];

/// Reads `Cases: 31. Expressed: 27. Covered elsewhere: 1. Not modelled: 3.`
fn stated(line: &str) -> Option<Counts> {
    let names = ["Cases", "Expressed", "Covered elsewhere", "Not modelled"];
    let mut counts = Counts::default();
    let mut parts = line.trim().split_terminator('.');
    for (count, name) in counts.iter_mut().zip(names) {
        let number = parts.next()?.trim().strip_prefix(name)?;
        *count = number.strip_prefix(": ")?.parse().ok()?;
    }
    parts.next().is_none().then_some(counts)
}

/// Reads `All: 31 cases, 27 expressed, 1 covered elsewhere, 3 not modelled.`
fn stated_of_all(line: &str) -> Option<Counts> {
    let names = ["cases", "expressed", "covered elsewhere", "not modelled"];
    let all = line.trim().strip_prefix("All: ")?.strip_suffix('.')?;
    let mut counts = Counts::default();
    let mut parts = all.split(", ");
    for (count, name) in counts.iter_mut().zip(names) {
        *count = parts.next()?.strip_suffix(name)?.trim().parse().ok()?;
    }
    Some(counts)
}

/// Counts one row, and says what is wrong with it.
fn count(row: &str, tests: &str, counts: &mut Counts) -> Result<(), String> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [case, asserts, ours, result] = cells.as_slice() else {
        return Err(format!("not four columns: {row}"));
    };
    if case.is_empty() || asserts.is_empty() {
        return Err(format!("an empty cell: {row}"));
    }
    let kind = ["holds", "mended", "covered", "not modelled"]
        .iter()
        .position(|word| result.starts_with(word))
        .ok_or_else(|| format!("{case}: no such result: {result}"))?;
    counts[0] += 1;
    counts[[1, 1, 2, 3][kind]] += 1;
    if kind == 3 {
        let why = result.trim_start_matches("not modelled");
        return if *ours == "-" && why.len() > 10 {
            Ok(())
        } else {
            Err(format!("{case}: what is not modelled needs a reason"))
        };
    }
    for named in ours.split(", ") {
        if !exists(named, tests) {
            return Err(format!("{case}: there is no `{named}`"));
        }
    }
    Ok(())
}

/// Checks a text, and returns the numbers of all its sections together.
fn check(text: &str, tests: &str) -> Result<Counts, String> {
    let mut all = Counts::default();
    let mut said: Option<Counts> = None;
    let mut counted = Counts::default();
    let mut section = "";
    let mut inside = false;
    let mut part = (None, Counts::default());
    for line in text.lines().chain(["", "## "]) {
        if line.starts_with("## ") {
            let (stated, counted) = std::mem::take(&mut part);
            if stated.is_some_and(|stated| stated != counted) {
                return Err(format!("before {line}: all tables have {counted:?}"));
            }
        }
        if line.starts_with("All:") {
            let all = stated_of_all(line).ok_or_else(|| format!("no numbers: {line}"))?;
            part.0 = Some(all);
        } else if let Some(counts) = stated(line) {
            said = Some(counts);
        } else if line.starts_with("| case | what it asserts |") {
            inside = true;
            counted = Counts::default();
        } else if inside && line.starts_with("|---") {
        } else if inside && line.starts_with('|') {
            count(line, tests, &mut counted)?;
        } else if inside {
            inside = false;
            if said.take() != Some(counted) {
                return Err(format!("{section}: the table has {counted:?}"));
            }
            for (place, one) in counted.into_iter().enumerate() {
                all[place] += one;
                part.1[place] += one;
            }
        } else if line.starts_with('#') {
            section = line;
        }
    }
    Ok(all)
}

#[test]
fn what_the_tables_of_suites_name_exists_and_the_numbers_are_theirs() {
    let text = fs::read_to_string(root().join("docs/suites.md")).expect("the tables");
    let tests = sources();
    let counts = check(&text, &tests).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(counts[0], counts[1] + counts[2] + counts[3]);
    assert!(counts[0] > 2, "{counts:?}");
}

#[test]
fn a_wrong_table_is_found() {
    let table = |numbers: &str, row: &str| {
        format!(
            "## A\n\n{numbers}\n\n| case | what it asserts | ours | result |\n|---|---|---|---|\n{row}\n"
        )
    };
    let one = "Cases: 1. Expressed: 1. Covered elsewhere: 0. Not modelled: 0.";
    let none = "Cases: 1. Expressed: 0. Covered elsewhere: 0. Not modelled: 1.";
    let tests = "fn it_is_so() {}";
    let good = table(one, "| a | it is so | test:it_is_so | holds |");
    assert_eq!(check(&good, tests), Ok([1, 1, 0, 0]));
    let all = |numbers: &str| good.replacen("## A\n", &format!("## A\n\n{numbers}\n"), 1);
    let right = all("All: 1 cases, 1 expressed, 0 covered elsewhere, 0 not modelled.");
    assert_eq!(check(&right, tests), Ok([1, 1, 0, 0]));
    let wrong = all("All: 2 cases, 1 expressed, 0 covered elsewhere, 1 not modelled.");
    assert!(check(&wrong, tests).is_err());
    assert!(check(&all("All: many cases."), tests).is_err());
    for (numbers, row) in [
        (none, "| a | it is so | test:it_is_so | holds |"),
        (one, "| a | it is so | test:it_is_not_so | holds |"),
        (one, "| a | it is so | test:it_is_so | well |"),
        (one, "| a | it is so | holds |"),
        (none, "| a | it is so | - | not modelled |"),
        ("", "| a | it is so | test:it_is_so | holds |"),
    ] {
        assert!(check(&table(numbers, row), tests).is_err(), "{row}");
    }
}
