//! Tests the commands that only print: `list`, `show`, `schema`, `doctor`, `completions`, `man`.

use crate::work::Work;

/// The entry of one scenario; the others come and go with the catalogue.
#[test]
fn list() {
    let ran = Work::new().run(&["list"]);
    assert_eq!(ran.code, Some(0));
    let at = ran
        .stdout
        .find(
            "
all-nodes-are-terminated-one-comes-back
",
        )
        .unwrap();
    let lines: Vec<&str> = ran.stdout[at..].lines().skip(1).take(3).collect();
    insta::assert_snapshot!(lines.join("
"), @r"
    all-nodes-are-terminated-one-comes-back
        All nodes are terminated, one comes back (Failure scenarios / All nodes are
        terminated)
    ");
}

#[test]
fn list_for_programs() {
    let ran = Work::new().run(&["list", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let list = list.as_array().unwrap();
    assert!(
        list.iter()
            .any(|scenario| scenario["id"] == "two-nodes-are-terminated")
    );
    for scenario in list {
        for key in ["id", "title", "source", "pack", "tags"] {
            assert!(scenario.get(key).is_some(), "{scenario} has no {key}");
        }
    }
}

#[test]
fn show() {
    let id = "two-nodes-are-terminated-file-replaced";
    insta::assert_snapshot!(Work::new().run(&["show", id]).transcript());
}

/// Colours apart, every line that is made for people fits an old terminal. What is to be copied
/// stays in one piece.
#[test]
fn lines_are_short() {
    let work = Work::new();
    let list: serde_json::Value =
        serde_json::from_str(&work.run(&["list", "--format", "json"]).stdout).unwrap();
    let mut texts = vec![work.run(&["list"]).stdout, work.run(&["claims"]).stdout];
    for scenario in list.as_array().unwrap() {
        texts.push(work.run(&["show", scenario["id"].as_str().unwrap()]).stdout);
    }
    for line in texts.iter().flat_map(|text| text.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn schema_is_the_one_in_the_repository() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scenarios/scenario.schema.json"
    );
    assert_eq!(
        Work::new().run(&["schema"]).stdout,
        std::fs::read_to_string(path).unwrap()
    );
}

/// A RUSTFLAGS variable silently replaces the flags of .cargo/config.toml, and the second engine is
/// gone.
#[test]
fn the_build_of_this_repository_has_the_madsim_engine() {
    let ran = Work::new().run(&["doctor"]);
    assert!(
        ran.stdout.contains("madsim    ready"),
        "unset RUSTFLAGS, or add `--cfg madsim` to it:\n{}",
        ran.stdout
    );
    assert_eq!(ran.code, Some(0));
}

/// `seatrial 0.1.0 (9d32137a, 2026-11-28)`, or `(unknown commit)` outside a checkout.
#[test]
fn the_program_names_the_commit_it_was_built_from() {
    let work = Work::new();
    let long = work.run(&["--version"]).stdout;
    assert_eq!(work.run(&["-V"]).stdout, long);
    let source = long
        .trim_end()
        .strip_prefix(concat!("seatrial ", env!("CARGO_PKG_VERSION"), " ("))
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or_else(|| panic!("{long}"));
    let commit = source.split(',').next().unwrap_or_default();
    let hash = commit.strip_suffix("-dirty").unwrap_or(commit);
    let is_hash = hash.len() >= 8 && hash.chars().all(|c| c.is_ascii_hexdigit());
    assert!(is_hash || source == "unknown commit", "{source}");
    let doctor = work.run(&["doctor"]).stdout;
    assert!(doctor.contains(&format!("({source})")), "{doctor}");
    work.run(&["run", "two-nodes-are-terminated", "--on", "des"]);
    let results = work.read("target/seatrial/latest/results.json");
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    let named = if is_hash { commit } else { "" };
    assert_eq!(results["commit"], named);
}

#[test]
fn completions_and_manual_pages() {
    let work = Work::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = work.run(&["completions", shell]);
        assert_eq!(ran.code, Some(0));
        assert!(ran.stdout.contains("SEATRIAL_COMPLETE"), "{shell}");
    }
    let main = work.run(&["man"]).stdout;
    assert!(
        main.starts_with(".ie ") && main.contains("seatrial\\-run"),
        "{main}"
    );
    let run = work.run(&["man", "run"]).stdout;
    assert!(run.contains("\\-\\-against"), "{run}");
    for section in [
        "EXAMPLES",
        "ENVIRONMENT",
        "FILES",
        "EXIT STATUS",
        "SEE ALSO",
    ] {
        assert!(run.contains(&format!(".SH \"{section}\"")), "{section}");
    }
    let ran = work.run(&["man", "--out", "man1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(work.read("man1/seatrial-run.1"), run);
    assert_eq!(work.read("man1/seatrial.1"), main);
}
