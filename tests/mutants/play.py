#!/usr/bin/env python3
"""Plays a sample of the mutants of the rules, all of them in one program.

`cargo mutants` lists the mutants of sim/node (.cargo/mutants.toml says of which files). Building the tests anew for
each takes longer than running them. So the sample is built into one copy of the tree: each function has its mutated
bodies beside its own, and SEATRIAL_MUTANT says which of them runs. A body that the compiler refuses is unviable and is
taken out. Then the tests judge mutant after mutant, the fastest first.

A sample is the mutants with the smallest hashes of seed and key. A key is the file, the mutation and the function, and
its number where a function has several alike; it has no line, so that a sample lasts. docs/mutants.md names the
survivors that are known, each with its reason. The exit code is 1 if another one survives.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs/mutants.md"
NODE = "sim/node/"
# Who judges: the name, the package, the target of cargo, what the test program is told.
JUDGES = [
    ("unit tests", "seatrial-node", "lib", ["--test-threads=1"]),
    ("node scripts", "seatrial-node", "scripts", ["--test-threads=1"]),
    ("recordings", "seatrial-sim", "recordings", ["--test-threads=1", "every_recording_agrees"]),
    ("suites", "seatrial-sim", "suites", ["--test-threads=1"]),
    ("sameness", "seatrial", "sameness", ["--test-threads=1"]),
]
# What cargo is told beside that, such as --config profile.dev.package.seatrial-node.opt-level=0.
CONFIGURED = []
BUILD = ["test", "--no-run", "--package", "seatrial-node"]
SWITCH = """
/// Returns whether this run plays the mutant with this number.
pub(crate) fn mutant(number: u32) -> bool {
    static PLAYED: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let read = || std::env::var("SEATRIAL_MUTANT").ok()?.parse().ok();
    *PLAYED.get_or_init(|| read().unwrap_or(0)) == number
}
"""


def listed(program, known):
    """Returns all mutants, each with its key; those of a file, if one is given."""
    command = [program, "mutants", "--list", "--json", "--package", "seatrial-node"]
    text = known.read_bytes() if known else subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    mutants = [one for one in json.loads(text) if one["function"]]
    met = {}
    for one in mutants:
        path, _, _, what = one["name"].split(":", 3)
        key = f"{path.removeprefix(NODE + 'src/')}: {what.strip()}"
        met[key] = met.get(key, 0) + 1
        one["key"] = key if met[key] == 1 else f"{key} #{met[key]}"
    return mutants


def chosen(mutants, seed, number):
    """Returns the sample of a seed."""
    order = sorted(mutants, key=lambda one: hashlib.sha256(f"{seed} {one['key']}".encode()).digest())
    return sorted(order[:number], key=lambda one: one["key"])


def offset(lines, place):
    """Returns the number of a place's character in its file."""
    return sum(len(line) for line in lines[: place["line"] - 1]) + place["column"] - 1


def warm(target):
    """Fills a new target folder with what is built already of crates that no mutant changes.

    The copy needs a folder of its own: in the tree's own one its programs would take the place of the right ones.
    """
    if target.exists() or not (ROOT / "target/debug/deps").is_dir():
        return
    unchanged = re.compile(r"seatrial[-_](galera|port|language|scenarios)\b")
    for folder in ("deps", "build", ".fingerprint"):
        for source in (ROOT / "target/debug" / folder).iterdir():
            ours = "seatrial" in source.name
            if (ours and not unchanged.search(source.name)) or (folder == "deps" and not source.suffix):
                continue
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            (target / "debug" / folder).mkdir(parents=True, exist_ok=True)
            copy(source, target / "debug" / folder / source.name)


def build_tree(tree, mutants):
    """Copies the tree, with the bodies of the mutants beside the right ones. Returns the lines of each body."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, tree / name
        if not source.is_file():
            continue
        old = target.read_bytes() if target.is_file() else None
        new = source.read_bytes()
        if name.startswith(NODE + "src/"):
            new = mutated(name, new.decode(), [one for one in mutants if one["file"] == name]).encode()
        # A constant function cannot ask which mutant is played. Those of `time.rs` make constants.
        if name.startswith((NODE + "src/", "sim/src/machine/")) and not name.endswith("/time.rs"):
            new = new.replace(b"const fn ", b"fn ")
        if name == NODE + "src/lib.rs":
            new += SWITCH.encode()
        if old != new:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(new)
            shutil.copymode(source, target)
            if new == source.read_bytes():
                shutil.copystat(source, target)


def mutated(name, text, mutants):
    """Returns a file in which each function has the bodies of its mutants too."""
    lines = text.splitlines(keepends=True)
    by_function = {}
    for one in mutants:
        span = one["function"]["span"]
        by_function.setdefault((offset(lines, span["start"]), offset(lines, span["end"])), []).append(one)
    for (start, end), ones in sorted(by_function.items(), reverse=True):
        signature = re.search(r"^\s*(pub(\([^)]*\))?\s+)?(const\s+)?fn\s", text[start:end], re.MULTILINE)
        opening = text.index("{", start + signature.end())
        body, head = text[opening + 1 : end - 1], text[start : opening + 1]
        arms = ""
        for one in ones:
            begin, finish = (offset(lines, one["span"][side]) - opening - 1 for side in ("start", "end"))
            other = body[:begin] + one["replacement"] + body[finish:]
            arms += f"if crate::mutant({one['number']}) {{ /* mutant {one['number']} */{other}/* end */ }} else "
        text = f"{text[:start]}{head} {arms}{{{body}}} {text[end - 1:]}"
    return text


def numbers_at(path, line):
    """Returns the number of the mutant whose body has a line, if one has."""
    lines = path.read_text().splitlines()
    for place in range(line - 1, -1, -1):
        found = re.findall(r"/\* (mutant (\d+)|end) \*/", lines[place])
        if found:
            return int(found[-1][1] or 0)
    return 0


def cargo(tree, target, arguments):
    """Runs cargo in the copy, and returns its messages and whether it went well."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    command = ["cargo", *arguments, *CONFIGURED, "--message-format=json", "--quiet"]
    ran = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    messages = [json.loads(line) for line in ran.stdout.decode().splitlines() if line.startswith("{")]
    return messages, ran.returncode == 0


def viable(tree, target, mutants):
    """Takes out the mutants that the compiler refuses, and returns those that are left."""
    left = list(mutants)
    while True:
        build_tree(tree, left)
        messages, well = cargo(tree, target, BUILD + ["--lib"])
        if well:
            return left
        refused = set()
        for message in (one["message"] for one in messages if one["reason"] == "compiler-message"):
            if message["level"] == "error":
                for span in message["spans"]:
                    refused.add(numbers_at(tree / span["file_name"], span["line_start"]))
        refused.discard(0)
        if not refused:
            errors = [one["message"]["rendered"] for one in messages if one["reason"] == "compiler-message"]
            sys.exit("".join(error for error in errors if error.startswith("error")))
        left = [one for one in left if one["number"] not in refused]


def built(tree, target, called):
    """Builds the tests of the judges that are called, and returns the program of each."""
    tests = []
    for _, package, name, _ in called:
        tests += ["--package", package, *(["--test", name] if name != "lib" else [])]
    programs = {}
    for build in ([*BUILD, "--lib"], ["test", "--no-run", *tests]):
        messages, well = cargo(tree, target, build)
        if not well:
            errors = [one["message"]["rendered"] for one in messages if one["reason"] == "compiler-message"]
            sys.exit("".join(errors)[-3000:])
        for one in messages:
            if one["reason"] == "compiler-artifact" and one["executable"] and one["profile"]["test"]:
                kind = "lib" if "lib" in one["target"]["kind"] else one["target"]["name"]
                programs[kind] = (one["executable"], pathlib.Path(one["manifest_path"]).parent)
    return programs


def played(judge, programs, number, limit):
    """Runs one judge on one mutant: `passes`, `fails` or `timeout`."""
    _, _, target, arguments = judge
    program, folder = programs[target]
    environment = dict(os.environ, SEATRIAL_MUTANT=str(number), CARGO_MANIFEST_DIR=str(folder))
    try:
        ran = subprocess.run([program, *arguments], cwd=folder, env=environment, timeout=limit,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "timeout"
    return "passes" if ran.returncode == 0 else "fails"


def judged(one, called, programs, limits):
    """Returns who found a mutant; nobody, if it survived."""
    for judge in called:
        end = played(judge, programs, one["number"], limits[judge[0]])
        if end != "passes":
            return one, judge[0] if end == "fails" else "a time limit"
    return one, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=40, help="the size of the sample")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--cargo", default="cargo", help="the cargo that has the subcommand mutants")
    parser.add_argument("--judges", type=int, default=len(JUDGES), help="only so many, from the fastest on")
    parser.add_argument("--only", type=pathlib.Path, help="a file of results: only what survived there")
    parser.add_argument("--list", type=pathlib.Path, help="what `cargo mutants --list --json` has said of this tree")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target/mutants", help="for the copy")
    parser.add_argument("--results", type=pathlib.Path, help="a file that gets a line for each mutant")
    parser.add_argument("--config", action="append", default=[], help="for cargo, as it takes it")
    options = parser.parse_args()
    for one in options.config:
        CONFIGURED.extend(["--config", one])
    began = time.monotonic()
    mutants = listed(options.cargo, options.list)
    sample = chosen(mutants, options.seed, options.number)
    if options.only:
        kept = [line.split("\t")[1] for line in options.only.read_text().splitlines() if line.startswith("survived")]
        sample = [one for one in sample if one["key"] in kept]
    for number, one in enumerate(sample, 1):
        one["number"] = number
    tree, target = options.folder / "tree", options.folder / "target"
    warm(target)
    left = viable(tree, target, sample)
    called = JUDGES[: options.judges]
    programs = built(tree, target, called)
    limits = {}
    for judge in called:
        start = time.monotonic()
        if played(judge, programs, 0, None) != "passes":
            sys.exit(f"the {judge[0]} fail without a mutant")
        limits[judge[0]] = 15 + 10 * (time.monotonic() - start)
    preparing = time.monotonic() - began
    unviable = [one for one in sample if one not in left]
    found, survivors = {}, []
    # A search that is broken off leaves what it has found.
    with contextlib.ExitStack() as stack:
        results = stack.enter_context(options.results.open("w")) if options.results else None
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(options.jobs))

        def note(by, one):
            if results:
                print(f"{by}\t{one['key']}", file=results, flush=True)

        for one in unviable:
            note("unviable", one)
        for place, (one, by) in enumerate(pool.map(lambda one: judged(one, called, programs, limits), left), 1):
            found[by] = found.get(by, 0) + 1
            note(by or "survived", one)
            if by is None:
                survivors.append(one)
            if sys.stderr.isatty():
                print(f"\r{place} of {len(left)}, {len(survivors)} survived", end="", file=sys.stderr, flush=True)
    known = DOCS.read_text() if DOCS.is_file() else ""
    new = [one for one in survivors if f"`{one['key']}`" not in known]
    print(f"mutants of the rules: {len(mutants)} in all, sample of {len(sample)} with seed {options.seed}")
    print(f"unviable {len(unviable)}, found {len(left) - len(survivors)}, survived {len(survivors)}")
    for by in [judge[0] for judge in called] + ["a time limit"]:
        print(f"  found by {by}: {found.get(by, 0)}")
    print(f"built in {preparing:.0f} s, all in {time.monotonic() - began:.0f} s")
    for one in survivors:
        print(f"  {'NEW ' if one in new else 'known'} {one['key']} ({one['name'].split(': ')[0]})")
    sys.exit(1 if new else 0)


if __name__ == "__main__":
    main()
