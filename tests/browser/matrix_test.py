#!/usr/bin/env python3
"""Opens the page of `seatrial verify` in Chromium.

    matrix_test.py --seatrial PATH [--shots DIR]

At 1280 and 390 pixels and in both themes: the table fits, no name is broken, each cell has a sign and a word, and
each bad cell opens its reason, what was typed, the command that plays it again, and its player. The XML report is
valid, and so is the JSON by its schema.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
from playwright.sync_api import sync_playwright

from report_test import CONTRAST, NAMELESS, ROOT, Browser, check

SCENARIOS = [
    "s00b-all-stopped-in-order-the-first-is-safe",
    "s02b-stale-flag-on-the-first-node",
    "s14c-positions-with-a-gtid-the-newest-is-first",
    "s22b-joiner-killed-in-the-middle-of-a-snapshot",
]
# A name is broken where its box is higher than two lines of its text.
BROKEN_NAMES = """() => [...document.querySelectorAll('.matrix tbody th, .matrix td .of')]
  .filter(one => one.getClientRects().length && one.getBoundingClientRect().height > 2.6 * parseFloat(getComputedStyle(one).fontSize) * 1.6)
  .map(one => one.textContent)"""
WORDLESS = """() => [...document.querySelectorAll('.matrix td .mark')]
  .filter(one => !one.querySelector('b').textContent.trim() || !one.querySelector('span').textContent.trim()).length"""


def make(seatrial, folder):
    """Makes the matrix of all procedures in a few states."""
    command = [seatrial, "verify", "--scenarios", ",".join(SCENARIOS), "--out", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    check(ran.returncode == 0, ran.stderr)
    matrix = json.loads((folder / "verify.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "scenarios/verify.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(matrix)
    xsd = ROOT / "reports/schemas/junit.xsd"
    lint = ["xmllint", "--noout", "--schema", str(xsd), str(folder / "junit.xml")]
    checked = subprocess.run(lint, capture_output=True, text=True, check=False)
    check(checked.returncode == 0, checked.stderr)
    return matrix


def at(browser, url, width, scheme, bad, shot):
    """The page at one width, in one theme."""
    page = browser.page(scheme, width=width, height=900)
    page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
    page.goto(url)
    where = f"{width} pixels, {scheme}"
    check(page.evaluate("document.documentElement.scrollWidth") <= width, f"{where}: too wide")
    inner = page.evaluate("[...document.querySelectorAll('.beside .scroll')].map(one => one.scrollWidth - one.clientWidth)")
    check(all(over <= 0 for over in inner), f"{where}: the table is cut off by {inner} pixels")
    check(not page.evaluate(BROKEN_NAMES), f"{where}: {page.evaluate(BROKEN_NAMES)}")
    check(page.evaluate(WORDLESS) == 0, f"{where}: a cell without a sign or a word")
    check(not page.evaluate(NAMELESS), f"{where}: without a name: {page.evaluate(NAMELESS)}")
    check(not page.evaluate(CONTRAST), f"{where}: too little contrast: {page.evaluate(CONTRAST)}")
    if shot:
        page.screenshot(path=shot, full_page=True)
    links = page.locator(".matrix td a.open")
    check(links.count() == len(bad), f"{where}: {links.count()} cells open, {len(bad)} are bad")
    for cell in bad:
        name = f"cell-{cell['scenario']}--{cell['procedure']}"
        page.goto(f"{url}#top")
        page.locator(f'.matrix a[href="#{name}"]').click()
        card = page.locator(f'[id="{name}"]')
        card.wait_for(state="visible")
        text = card.inner_text()
        check(cell["outcome"] in text and cell["replay"] in text, f"{where}: {name}: {text}")
        check(not cell["text"] or cell["text"].split()[0] in text, f"{where}: {name} has no reason")
        check("What was typed" in text or not cell["commands"], f"{where}: {name}: nothing was typed")
        check(card.locator("a.watch").count() == 1, f"{where}: {name} has no player")
    if shot:
        page.screenshot(path=str(shot).replace(".png", "-cell.png"))
    page.locator(f'[id="{name}"] a.watch').click()
    page.wait_for_function("() => window.Seatrial && Seatrial.current() !== null")
    check(bad[-1]["procedure"] in page.inner_text("#player h1"), f"{where}: another run is played")
    page.context.close()
    browser.quiet(where)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seatrial", required=True)
    parser.add_argument("--shots", type=Path)
    args = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "matrix"
        matrix = make(args.seatrial, folder)
        good = ("recovered", "impossible")
        bad = [cell for cell in matrix["cells"] if cell["outcome"] not in good]
        check(len(bad) > 10, f"{len(bad)} bad cells")
        browser = Browser(playwright)
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                shot = None
                if args.shots:
                    args.shots.mkdir(parents=True, exist_ok=True)
                    shot = args.shots / f"matrix-{width}-{scheme}.png"
                at(browser, (folder / "index.html").as_uri(), width, scheme, bad, shot)
        browser.browser.close()
        print(f"{len(bad)} bad cells open at both widths in both themes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
