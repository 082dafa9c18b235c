//! `--confine docker`: the same command once more, in a container of the Docker engine.
//!
//! It is for systems whose kernel makes no namespaces for ordinary users. The container has no network and may make
//! namespaces, and bubblewrap confines the program inside it as it does everywhere. The folder of results and the
//! working folder are the same inside and outside; what else the arguments name can be read.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use seatrial_real_harness::Suite;

use crate::Stop;

/// The program of the engine.
const DOCKER: &str = "docker";

/// This program inside the container.
const INSIDE: &str = "/usr/local/bin/seatrial";

/// What a container needs so that bubblewrap can make namespaces in it (see `docs/your-own-script.md`).
const OPTIONS: [&str; 12] = [
    "--rm",
    "--init",
    "--network=none",
    "--cap-add=SYS_ADMIN",
    "--cap-add=NET_ADMIN",
    "--cap-add=SYS_PTRACE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
    "--tmpfs=/tmp:exec",
    "--env=HOME=/root",
    "--entrypoint=",
];

/// Runs this command in a container, and returns its exit code. `results` is the folder of results.
///
/// # Errors
/// A text for the user: without an engine, an image, or a program that runs in it.
pub(crate) fn run_again(results: &Path) -> Result<u8, Stop> {
    let refused = |why: String| Stop::environment(format!("--confine docker: {why}"));
    let image = image().map_err(refused)?;
    let own = env::current_exe().map_err(|error| refused(error.to_string()))?;
    let here = env::current_dir().map_err(|error| refused(error.to_string()))?;
    std::fs::create_dir_all(results)
        .and_then(|()| std::path::absolute(results))
        .map_err(|error| refused(format!("{}: {error}", results.display())))
        .and_then(|results| {
            let mut command = Command::new(DOCKER);
            command.arg("run").args(OPTIONS);
            command.arg(mount(&own, Path::new(INSIDE), true));
            for path in named() {
                command.arg(mount(&path, &path, true));
            }
            command.arg(mount(&here, &here, false));
            if !results.starts_with(&here) {
                command.arg(mount(&results, &results, false));
            }
            command.arg("--workdir").arg(&here);
            for name in variables() {
                command.arg("--env").arg(name);
            }
            command
                .arg(&image)
                .args(program(&results))
                .args(arguments());
            let status = command
                .status()
                .map_err(|error| refused(format!("{DOCKER} does not run: {error}")))?;
            // The client's own codes mean that no container ran.
            match status.code() {
                Some(code @ (125..=127)) => Err(refused(format!(
                    "the engine started no container (code {code})"
                ))),
                code => Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
            }
        })
}

/// Returns the image in which this program runs.
fn image() -> Result<String, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let mut why = "no image is there\n  help: seatrial image build".to_owned();
    for suite in [Suite::Bookworm, Suite::Trixie] {
        let image = suite.image();
        if !ask(&["image", "inspect", "--format", "{{.Id}}", &image])?
            .status
            .success()
        {
            continue;
        }
        let tried = Command::new(DOCKER)
            .args(["run", "--rm", "--network=none"])
            .arg(mount(&own, Path::new(INSIDE), true))
            .args([&image, INSIDE, "--version"])
            .output()
            .map_err(|error| format!("{DOCKER} does not run: {error}"))?;
        if tried.status.success() {
            return Ok(image);
        }
        let said = String::from_utf8_lossy(&tried.stderr).trim().to_owned();
        why = format!(
            "this program does not run in {image}: {said}\n  help: seatrial image build --suite trixie"
        );
    }
    Err(why)
}

fn ask(words: &[&str]) -> Result<Output, String> {
    let asked = Command::new(DOCKER)
        .args(words)
        .stdin(Stdio::null())
        .output();
    let help = "help: install Docker, or see --unconfined";
    let output = asked.map_err(|error| format!("{DOCKER} does not run: {error}\n  {help}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("Cannot connect") || said.contains("permission denied") {
        return Err(format!("{}\n  {help}", said.trim()));
    }
    Ok(output)
}

fn mount(from: &Path, to: &Path, read_only: bool) -> OsString {
    let mut text = OsString::from("--mount=type=bind,source=");
    text.push(from);
    text.push(",target=");
    text.push(to);
    if read_only {
        text.push(",readonly");
    }
    text
}

/// Returns the program that starts inside. Root in the container leaves its files to whoever calls.
fn program(results: &Path) -> Vec<OsString> {
    let (user, group) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    if user == 0 {
        return vec![INSIDE.into()];
    }
    let script = format!(
        "{INSIDE} \"$@\"; code=$?; chown -R {user}:{group} {}; exit $code",
        seatrial_reports::quote(&results.display().to_string())
    );
    ["/bin/sh", "-c", script.as_str(), "sh"]
        .map(Into::into)
        .into()
}

/// Returns the arguments of this command without `--confine`.
fn arguments() -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut words = env::args_os().skip(1);
    while let Some(word) = words.next() {
        if word == "--confine" {
            words.next();
        } else if !word.to_string_lossy().starts_with("--confine=") {
            kept.push(word);
        }
    }
    kept
}

/// Returns the files and folders outside of the working folder that the arguments name.
fn named() -> BTreeSet<PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    let mut paths = BTreeSet::new();
    for word in arguments() {
        let text = word.to_string_lossy();
        let value = text.split_once('=').map_or(&*text, |(_, value)| value);
        for part in value.split(',') {
            let path = std::path::absolute(part).unwrap_or_default();
            if (part.starts_with('/') || part.starts_with(".."))
                && path.exists()
                && !path.starts_with(&here)
            {
                paths.insert(path);
            }
        }
    }
    paths
}

/// Returns the names of the variables that `--env` passes on.
fn variables() -> Vec<String> {
    let words: Vec<String> = arguments()
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let after = words.windows(2).filter(|pair| pair[0] == "--env");
    let joined = words.iter().filter_map(|word| word.strip_prefix("--env="));
    after
        .map(|pair| pair[1].clone())
        .chain(joined.map(str::to_owned))
        .collect()
}
