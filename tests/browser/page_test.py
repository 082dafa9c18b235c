#!/usr/bin/env python3
"""Opens the lab's page from the disk in Chromium and in Firefox, and does in it what a learner does.

    page_test.py --page FILE --seatrial PATH --ask PATH --shots DIR [--some]

`--ask` is the program `ask` of the crate `web`, which answers the page's questions natively: trace hashes of every
scenario and the blocks of a search must be equal. `--some` takes a few of them. Screenshots stay in the folder of
--shots.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from firefox import Firefox
from page_tour import in_report, opened, ready, say, tour
from report_test import CONTRAST, COUNT_THE_WORK, FOCUS, NAMELESS, ROOT, Browser, check

SEEDS = ["1", "7", "12345678901234"]
BLOCKS = 32  # of 16 seeds: 0..512
SIZES = [("desktop", 1440, 900), ("phone", 844, 390), ("narrow", 390, 844)]
# On a machine as fast as the one on which WORK takes WORK_MS; a slower one has as much longer.
FIRST_STATE_MS = 1000
WORK_MS = 120
# What a browser has to read and to make before it shows the first state.
FIRST_BYTES_MAX = 220_000
FIRST_ELEMENTS_MAX = 250
# A little of what a page does: elements, their layout and script. It says how fast the machine is just now.
WORK = """(() => { const began = performance.now();
  for (let round = 0; round < 20; round++) {
    const box = document.createElement('div');
    for (let i = 0; i < 100; i++) box.append(Object.assign(document.createElement('span'), { textContent: 'node ' + i }));
    document.body.replaceChildren(box); box.getBoundingClientRect();
    JSON.parse(JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ at: i, name: 'n' + i })))) }
  return performance.now() - began })()"""
# axe-core comes in a package of Python.
AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js").read_text(encoding="utf-8")


def equal(evaluate, ask, some):
    """Trace hashes of every scenario, and blocks of the search: page against native."""
    native = subprocess.Popen([ask], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def natively(question):
        native.stdin.write(question + "\n")
        native.stdin.flush()
        return json.loads(native.stdout.readline())

    scenarios = natively('{"ask":"scenarios"}')
    if some:
        scenarios = scenarios[:: max(1, len(scenarios) // 8)]
    runs = 0
    for scenario in scenarios:
        for seed in SEEDS:
            question = f'{{"ask":"run","text":{json.dumps(scenario["text"])},"seed":{seed}}}'
            wanted = natively(question)
            got = evaluate(f"Lab.ask({{ ask: 'run', text: {json.dumps(scenario['text'])}, seed: '{seed}' }})")
            check(got == wanted, f"{scenario['file']} seed {seed}: page {got}, native {wanted}")
            runs += 1
    blocks = range(0, BLOCKS, 16) if some else range(BLOCKS)
    for block in blocks:
        wanted = natively(f'{{"ask":"explore","block":{block}}}')
        got = evaluate(f"Lab.ask({{ ask: 'explore', block: {block} }})")
        check(got == wanted and wanted["block"], f"block {block} of the search differs")
    native.stdin.close()
    native.wait(timeout=30)
    return runs, len(blocks)


def accessible(page, where):
    """What axe-core finds: nothing, not even what it calls minor."""
    if not page.evaluate("'axe' in window"):
        page.evaluate("(() => {" + AXE + "; return null })()")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.impact + ': ' + v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + (n.any[0] ? n.any[0].message : ''))))")
    check(not found, f"{where}: axe-core finds {found}")


def access(browser, url, shots):
    """Names, contrast, focus, width; pictures at three sizes in both themes."""
    for scheme in ("light", "dark"):
        for name, width, height in SIZES:
            page = opened(browser, url, scheme=scheme, width=width, height=height)
            for line in ("client A write 2", "fault partition A B | C", "wait 20s"):
                say(page, line)
            page.wait_for_timeout(2300)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=shots / f"page-{name}-{scheme}.png")
            wide = page.evaluate("document.documentElement.scrollWidth")
            check(wide <= width, f"{name}: the page is {wide} pixels wide")
            nameless = page.evaluate(NAMELESS)
            check(not nameless, f"{name}: without a name: {nameless}")
            pale = page.evaluate(CONTRAST)
            check(not pale, f"{name}, {scheme}: too little contrast: {pale}")
            accessible(page, f"{name}, {scheme}")
            for place in ("lessons", "missions", "evidence"):
                page.click(f"#place-{place}")
                pale = page.evaluate(CONTRAST)
                check(not pale, f"{place}, {scheme}: too little contrast: {pale}")
                accessible(page, f"{place}, {name}, {scheme}")
                page.screenshot(path=shots / f"page-{name}-{scheme}-{place}.png")
            for tab in ("rows", "quorum", "moments"):
                page.click(f"#tab-{tab}")
                accessible(page, f"{tab}, {name}, {scheme}")
            for button in ("words", "progress", "help", "share"):
                page.click(f"#{button}")
                accessible(page, f"{button}, {name}, {scheme}")
                page.screenshot(path=shots / f"page-{name}-{scheme}-{button}.png")
                page.keyboard.press("Escape")
            page.click(".node-card >> nth=0")
            accessible(page, f"a node, {name}, {scheme}")
            page.screenshot(path=shots / f"page-{name}-{scheme}-node.png")
            page.keyboard.press("Escape")
            page.context.close()
    # A zoom of 200 % is half the width and half the height.
    page = opened(browser, url, width=720, height=450)
    check(page.evaluate("document.documentElement.scrollWidth") <= 720, "at 200 % nothing is cut off")
    seen = set()
    page.focus(".skip")
    for _ in range(40):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus["body"]:
            break
        seen.add(focus["name"])
    check(len(seen) > 20, f"the keyboard reaches {seen}")
    page.context.close()
    browser.quiet("access")


def first_state(browser, url):
    """Milliseconds until the first state is shown, until the simulator answers, and for WORK, at a quarter of the speed."""
    shown, answers, works = [], [], []
    for _ in range(5):
        page = browser.page()
        client = page.context.new_cdp_session(page)
        client.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        works += [page.evaluate(WORK) for _ in range(4)]
        page.goto(url)
        ready(page)
        shown.append(page.evaluate("Lab.firstState"))
        answers.append(page.evaluate("Lab.readyAfter"))
        page.context.close()
    return min(shown), min(answers), min(works)


def works_before_it_is_ready(browser, url):
    """What is shown and clicked while the simulator is still unpacked: its state is the simulator's own."""
    page = browser.page()
    page.add_init_script("Object.defineProperty(window, 'hold', { value: new Promise((yes) => { window.go = yes }) })")
    # The page waits for the end of the document before it starts the simulator.
    page.add_init_script("const on = window.addEventListener; window.addEventListener = function (what, act, more) { return on.call(this, what, what === 'DOMContentLoaded' ? (e) => window.hold.then(() => act(e)) : act, more) }")
    page.add_init_script(COUNT_THE_WORK)
    page.goto(url)
    check("healthy cluster" in page.inner_text("#story"), "the cluster is shown before the simulator is there")
    check(page.locator(".node-card").count() == 3 and page.evaluate("Lab.firstState > 0 && !Lab.readyAfter"), "three nodes")
    made = page.evaluate("window.work.elements")
    check(0 < made < FIRST_ELEMENTS_MAX, f"the first state makes {made} elements")
    page.click("#do-it")
    page.click("#place-missions")
    check(page.evaluate("Lab.session.lines.length") == 0, "the line waits")
    page.evaluate("window.go()")
    ready(page)
    page.wait_for_function("() => Lab.session.lines.length === 1 && !Lab.busy")
    check("Missions" in page.inner_text("#guide h2"), "the place comes when the simulator is there")
    check(page.evaluate("Lab.ask({ ask: 'open', opening: '', seed: '1', missions: [] }).then((open) => JSON.stringify(open) === JSON.stringify(Lab.contents.first.open))"), "what was shown is what the simulator says")
    page.context.close()
    browser.quiet("before it is ready")


def speed(page, ask):
    """Runs a second in the page and natively, the median of five turns."""
    text = json.loads(subprocess.run([ask], input='{"ask":"scenarios"}\n', capture_output=True, text=True, check=True).stdout)
    scenario = next(one["text"] for one in text if one["file"].endswith("two-nodes-are-terminated-both-come-back.toml"))
    count, here, there = 300, [], []
    for _ in range(5):
        start = page.evaluate("performance.now()")
        page.evaluate("([text, count]) => Lab.ask({ ask: 'many', text, seed: '1', count })", [scenario, count])
        here.append(count / (page.evaluate("performance.now()") - start) * 1000)
        question = f'{{"ask":"many","text":{json.dumps(scenario)},"seed":1,"count":{count}}}\n'
        start = time.perf_counter()
        subprocess.run([ask], input=question, capture_output=True, text=True, check=True)
        there.append(count / (time.perf_counter() - start))
    return sorted(here)[2], sorted(there)[2]


def in_firefox(url, page, seatrial, ask, folder, shots, some):
    """The same in Firefox."""
    browser = Firefox()
    try:
        print("Firefox", browser.version, flush=True)
        tour(browser, url, seatrial, folder)
        in_report(browser, seatrial, folder, page)
        page = opened(browser, url, width=1440, height=900)
        accessible(page, "Firefox")
        print("  runs and blocks equal to native:", equal(page.evaluate, ask, some), flush=True)
        page.screenshot(path=shots / "page-firefox.png")
        page.context.close()
        browser.quiet("Firefox")
    finally:
        browser.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", required=True)
    parser.add_argument("--seatrial", required=True)
    parser.add_argument("--ask", required=True)
    parser.add_argument("--shots", default="target/browser")
    parser.add_argument("--some", action="store_true")
    args = parser.parse_args()
    url = Path(args.page).resolve().as_uri()
    shots = Path(args.shots)
    shots.mkdir(parents=True, exist_ok=True)
    seatrial, ask = str(Path(args.seatrial).resolve()), str(Path(args.ask).resolve())
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = Browser(playwright)
        print("Chromium", browser.browser.version, "page", f"{Path(args.page).stat().st_size:,} bytes", flush=True)
        folder = Path(folder)
        before, program, _ = Path(args.page).read_bytes().partition(b'id="program"')
        check(program and len(before) < FIRST_BYTES_MAX, f"{len(before):,} bytes stand before the program")
        works_before_it_is_ready(browser, url)
        tour(browser, url, seatrial, folder)
        in_report(browser, seatrial, folder, str(Path(args.page).resolve()))
        access(browser, url, shots)
        shown, answers, work = first_state(browser, url)
        most = FIRST_STATE_MS * max(1, work / WORK_MS)
        print(f"first state at a quarter of the speed: {shown:.0f} ms of {most:.0f}; the simulator answers after {answers:.0f} ms; "
              f"the machine: {work:.0f} ms", flush=True)
        check(shown < most, f"the first state takes {shown:.0f} ms of {most:.0f}")
        page = opened(browser, url)
        print("runs and blocks equal to native in Chromium:", equal(page.evaluate, ask, args.some), flush=True)
        print("runs a second, page and native: {:.0f} {:.0f}".format(*speed(page, ask)), flush=True)
        browser.browser.close()
        in_firefox(url, str(Path(args.page).resolve()), seatrial, ask, folder, shots, args.some)
    print("the page is well")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"page_test.py: {error}")
