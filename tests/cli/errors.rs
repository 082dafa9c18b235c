//! What people get wrong: each has a clear text and exit code 2, or 3 where the surroundings lack
//! something.

use crate::work::{GOOD, Work};

fn of_file(text: impl AsRef<[u8]>) -> String {
    let work = Work::new();
    work.write("mine.toml", text);
    work.run(&["run", "mine.toml"]).transcript()
}

#[test]
fn an_unknown_node() {
    insta::assert_snapshot!(of_file(GOOD.replace(r#"node = "A""#, r#"node = "D""#)));
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(of_file(GOOD.replace("rows =", "row =")));
}

#[test]
fn a_step_that_cannot_be() {
    let two = GOOD.replace("write =", "heal = {}\nwrite =");
    insta::assert_snapshot!(of_file(two));
}

#[test]
fn an_option_with_an_impossible_value() {
    let text = GOOD.replacen("\n\n", "\n\n[options]\n\"gcache.size\" = \"abc\"\n\n", 1);
    insta::assert_snapshot!(of_file(text));
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(of_file(""));
}

#[test]
fn a_file_of_ten_megabytes() {
    insta::assert_snapshot!(of_file("a".repeat(10_000_000)));
}

#[test]
fn a_file_that_is_no_text() {
    insta::assert_snapshot!(of_file([0xff, 0xfe, 0x00, 0x80]));
}

#[test]
fn a_name_that_is_nearly_right() {
    insta::assert_snapshot!(Work::new().run(&["run", "two-nodes-are-terminatd"]).transcript(), @r"
    exit 2
    --- stderr
    error: there is no scenario `two-nodes-are-terminatd`: it is neither the id of a built-in scenario nor a file
      help: did you mean `two-nodes-are-terminated`?
    ");
}

#[test]
fn a_name_that_is_nothing() {
    insta::assert_snapshot!(Work::new().run(&["show", "bananas"]).transcript(), @r"
    exit 2
    --- stderr
    error: there is no scenario `bananas`: it is neither the id of a built-in scenario nor a file
      help: `seatrial list` prints the ids
    ");
}

#[test]
fn a_folder() {
    insta::assert_snapshot!(Work::new().run(&["run", "."]).transcript());
}

#[test]
fn two_files_with_one_id() {
    let work = Work::new();
    work.write("one.toml", GOOD);
    work.write("two.toml", GOOD.replace("rows = 1", "rows = 2"));
    insta::assert_snapshot!(work.run(&["run", "one.toml", "two.toml"]).transcript());
}

#[test]
fn usage() {
    for args in [
        &["bananas"][..],
        &["run", "--on", "bananas"],
        &["run", "--seeds", "0"],
        &["run", "--jobs", "0"],
        &["run", "--seed", "18446744073709551615", "--seeds", "2"],
        &["replay"],
        &["man", "bananas"],
        &["run", "--against", "nothing.json"],
    ] {
        let ran = Work::new().run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn a_folder_of_results_that_cannot_be_made() {
    let work = Work::new();
    work.write("file", "");
    let ran = work.run(&["run", "back-end-log", "--out", "file/out"]);
    assert_eq!(ran.code, Some(3));
    assert!(
        ran.stderr
            .starts_with("error: cannot write results to file/out: "),
        "{}",
        ran.stderr
    );
}
