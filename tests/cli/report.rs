//! Reports from the record alone: `seatrial report`, `seatrial show --run`.

use crate::work::{GOOD, Work};

const FILES: [&str; 4] = [
    "results.json",
    "junit.xml",
    "index.html",
    "chrome-trace.json",
];

/// A report that is made later is the one that the run has made.
#[test]
fn a_report_needs_the_record_alone() {
    let work = Work::new();
    work.run(&[
        "run",
        "back-end-log",
        "one-node-is-terminated",
        "--out",
        "o",
    ]);
    let before: Vec<String> = FILES
        .iter()
        .map(|file| work.read(&format!("o/{file}")))
        .collect();
    for file in FILES {
        work.remove(&format!("o/{file}"));
    }
    let ran = work.run(&["report", "o"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for (file, text) in FILES.iter().zip(before) {
        // The wall time of the campaign itself is measured at another instant in the XML.
        let without_time = |text: &str| {
            text.lines()
                .filter(|line| !line.contains("<testsuites"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let again = work.read(&format!("o/{file}"));
        assert!(without_time(&again) == without_time(&text), "{file}");
    }
}

#[test]
fn reports_of_several_folders_are_one() {
    let work = Work::new();
    work.run(&["run", "back-end-log", "--on", "des", "--out", "one"]);
    work.run(&[
        "run",
        "back-end-log",
        "--on",
        "madsim",
        "--pace",
        "rest",
        "--out",
        "two",
    ]);
    assert_eq!(work.run(&["report", "one", "two"]).code, Some(2));
    let ran = work.run(&["report", "one", "two", "--out", "both"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let results = work.json("both/results.json");
    assert_eq!(results["engines"], serde_json::json!(["des", "madsim"]));
    assert_eq!(results["scenarios"].as_array().unwrap().len(), 2);
}

/// The matrix of `verify` stands in the page of the runs beside it.
#[test]
fn the_matrix_stands_in_the_page() {
    let work = Work::new();
    work.run(&["run", "back-end-log", "--on", "des", "--out", "runs"]);
    work.run(&[
        "verify",
        "manual",
        "kolla",
        "--scenarios",
        "two-nodes-are-terminated",
        "--out",
        "matrix",
    ]);
    assert!(!work.read("runs/index.html").contains("id=\"matrix\""));
    let ran = work.run(&["report", "runs", "matrix", "--out", "both"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let page = work.read("both/index.html");
    assert!(page.contains("id=\"matrix\""));
    assert!(page.contains("scope=\"col\"><span>kolla</span></th>"));
    assert!(page.contains("the server refused the bootstrap although it had been forced"));
}

/// The words that the page uses are explained in it, and every link to a word leads to its meaning.
#[test]
fn the_page_explains_its_words() {
    let work = Work::new();
    work.run(&["run", "back-end-log", "--on", "des", "--out", "runs"]);
    let page = work.read("runs/index.html");
    assert!(page.contains("<h2 id=\"words-h\">Words</h2>"));
    let links: Vec<&str> = page
        .split("href=\"#word-")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(
        links.contains(&"scenario") && links.contains(&"des"),
        "{links:?}"
    );
    for word in links {
        assert!(
            page.contains(&format!("<div id=\"word-{word}\">")),
            "{word}"
        );
    }
}

#[test]
fn a_file_that_is_no_record() {
    let work = Work::new();
    work.write("o/record.jsonl", "{\"campaign\":{}}\nnonsense\n");
    let ran = work.run(&["report", "o"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("line 1"), "{}", ran.stderr);
    assert_eq!(work.run(&["report", "nowhere"]).code, Some(2));
}

/// A log has 80 columns and no colours.
#[test]
fn a_run_in_a_terminal() {
    let work = Work::new();
    work.run(&["run", "one-node-is-terminated", "--on", "des", "--out", "o"]);
    let ran = work.run(&["show", "--run", "o", "one-node-is-terminated"]);
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stdout.contains('\u{1b}'));
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!(ran.stdout);
    assert_eq!(work.run(&["show", "--run", "o", "another"]).code, Some(2));
}

/// Failed runs are drawn, and changes for the better or worse are listed.
#[test]
fn the_summary_of_a_failure_and_of_what_became_of_it() {
    let work = Work::new();
    let bad = GOOD.replace("size = 3", "size = 2");
    work.write("good.toml", &bad);
    work.run(&["run", "good.toml", "--out", "before"]);
    let summary = work.read("before/summary.md");
    assert!(
        summary.contains("```mermaid\nsequenceDiagram\n"),
        "{summary}"
    );
    work.write("good.toml", GOOD);
    let against = [
        "run",
        "good.toml",
        "--out",
        "now",
        "--against",
        "before/results.json",
        "--allow-different",
    ];
    assert_eq!(work.run(&against).code, Some(0));
    let summary = work.read("now/summary.md");
    assert!(
        summary.contains("Nothing got worse, and nothing is missing."),
        "{summary}"
    );
    assert!(
        summary.contains("**better**: good on des, seed 1: pass, it was fail"),
        "{summary}"
    );
}
