//! Completion: the shell's script asks the program for names.

use std::fs;
use std::process::Command;

use crate::work::{Ran, Work};

/// What the program answers when a shell completes the last of these words.
fn answers(shell: &str, words: &[&str]) -> Vec<String> {
    let work = Work::new();
    fs::write(work.path().join("mine.toml"), "").unwrap();
    fs::write(work.path().join("notes.txt"), "").unwrap();
    let mut command = work.command(&["--", "seatrial"]);
    command
        .args(words)
        .env("SEATRIAL_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n")
        .env("IFS", "\n");
    let ran = Ran::of(&command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout.lines().map(str::to_owned).collect()
}

fn bash(words: &[&str]) -> Vec<String> {
    answers("bash", words)
}

#[test]
fn names_are_completed() {
    let scenario = "two-nodes-are-terminated-file-replaced";
    assert_eq!(bash(&["replay", "two-nodes-are-terminated-f"]), [scenario]);
    assert!(bash(&["run", "back-end-log", "two-nodes-"]).contains(&scenario.to_owned()));
    // A file of the user's, and no file of another kind.
    assert_eq!(bash(&["run", "mi"]), ["mine.toml"]);
    assert_eq!(bash(&["run", "not"]), [""; 0]);
    assert_eq!(bash(&["verify", "kol"]), ["kolla"]);
    assert_eq!(bash(&["verify", "kolla", "manual-"]), ["manual-corrected"]);
    assert_eq!(bash(&["explore", "--procedure", "kol"]), ["kolla"]);
    assert_eq!(bash(&["prove", "--procedure", "kol"]), ["kolla"]);
    let several = bash(&["verify", "--scenarios", "s06-parallel-stop,s07"]);
    assert!(
        several.contains(&format!("s06-parallel-stop,{}", s07())),
        "{several:?}"
    );
    assert_eq!(bash(&["show", "kol"]), ["kolla"]);
    assert_eq!(bash(&["lab", "find-the-s"]), ["find-the-safe-node"]);
    assert_eq!(bash(&["conform", "random-1028"]), ["random-1028"]);
    assert!(!bash(&["list", "--tag", ""]).is_empty());
    assert_eq!(bash(&["explain", "step.parti"])[0], "step.partition");
    assert_eq!(bash(&["man", "verif"]), ["verify"]);
    assert_eq!(bash(&["verif"]), ["verify"]);
    assert!(bash(&["run", "--annot"]).contains(&"--annotations".to_owned()));
}

/// The first of the scenarios that begin with `s07`, as the list has them.
fn s07() -> String {
    let list = Work::new().run(&["list", "--format", "json"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let ids = list.as_array().unwrap().iter();
    let mut ids: Vec<&str> = ids.filter_map(|one| one["id"].as_str()).collect();
    ids.retain(|id| id.starts_with("s07"));
    ids[0].to_owned()
}

/// zsh and fish show what a name is.
#[test]
fn names_have_a_line_about_them() {
    let line = |shell| answers(shell, &["show", "two-nodes-are-terminated-f"]).join("\n");
    for shell in ["zsh", "fish"] {
        let text = line(shell);
        assert!(
            text.starts_with("two-nodes-are-terminated-file-replaced"),
            "{shell}: {text}"
        );
        assert!(text.contains("nodes are terminated"), "{shell}: {text}");
    }
}

/// The scripts work in the shells themselves, where these are here.
#[test]
#[expect(clippy::print_stderr, reason = "a shell that is not here is named")]
fn the_scripts_work_in_their_shells() {
    let work = Work::new();
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_seatrial"));
    let path = format!(
        "{}:{}",
        bin.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let bash = "source completion.bash; COMP_WORDS=(seatrial verify kol); COMP_CWORD=2; COMP_TYPE=9; \
                _clap_complete_seatrial seatrial kol verify 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let fish = "source completion.fish; complete -C 'seatrial verify kol'";
    let zsh = "autoload -Uz compinit; compinit -u -d dump; source completion.zsh; print -r -- ${_comps[seatrial]}; \
               whence -w _clap_dynamic_completer_seatrial";
    for (shell, flags, script, wanted) in [
        ("bash", &["--norc", "-c"][..], bash, "kolla"),
        ("fish", &["--no-config", "-c"], fish, "kolla"),
        (
            "zsh",
            &["-f", "-c"],
            zsh,
            "_clap_dynamic_completer_seatrial",
        ),
    ] {
        let text = work.run(&["completions", shell]).stdout;
        assert!(text.contains("SEATRIAL_COMPLETE"), "{shell}: {text}");
        work.write(&format!("completion.{shell}"), &text);
        let mut command = Command::new(shell);
        command.args(flags).arg(script);
        command
            .current_dir(work.path())
            .env("PATH", &path)
            .env("HOME", work.path());
        let Ok(output) = command.output() else {
            eprintln!("not tested: {shell} is not here");
            continue;
        };
        let ran = Ran::of(&output);
        assert!(
            ran.stdout.contains(wanted),
            "{shell}: {} {}",
            ran.stdout,
            ran.stderr
        );
    }
}
