#!/usr/bin/env python3
"""Opens the report of a campaign in Chromium and checks what it shows against record.jsonl.

    report_test.py --seatrial PATH --results DIR --shots DIR

Every run is opened, played and scrubbed to its end, and the states that the page then shows are those
of the record. Hostile texts must be shown as text, nothing may be asked of the network, names, contrast
and focus are checked, and a run with 100,000 events must not make a frame of the player draw more than a
bounded number of things. The times are printed and decide nothing: they are the machine's too. Screenshots
stay in the folder of --shots.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PWNED = "window.pwned"
HTML_BYTES_MAX = 1_000_000
OPEN_ELEMENTS_MAX = 10_000
FRAME_CALLS_MAX = 10_000
FRAME_ELEMENTS_MAX = 1_500


def check(condition, message):
    """An assertion that also holds with python -O."""
    if not condition:
        raise AssertionError(message)


def read_record(path):
    """The runs of a record: header, events, record, in the form of scenarios/src/record_file.rs."""
    runs, header, events = [], None, []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            value = json.loads(line)
            if "at_us" in value:
                events.append(value)
            elif "scenario_sha256" in value:
                header, events = value, []
            elif "run" in value:
                runs.append({"header": header, "events": events, **value["run"]})
                header, events = None, []
    return runs


def facts_at(run, at_us):
    """The facts of every node at an instant, from the record alone."""
    facts = {node: {} for node in run["header"]["nodes"]}
    for event in run["events"]:
        if event["at_us"] > at_us:
            break
        change = event["what"].get("state") if isinstance(event["what"], dict) else None
        if change:
            for name, value in change["changed"].items():
                if value is None:
                    facts[event["node"]].pop(name, None)
                else:
                    facts[event["node"]][name] = value
    return facts


def link(run):
    record = run["record"]
    return f"{record['id']}/{record['engine']}/{record['seed']}"


class Browser:
    """A page that remembers what it complained about and what it asked of the network."""

    def __init__(self, playwright):
        self.browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        self.complaints = []
        # The address of a program of our own, which a page may ask.
        self.own = None

    def page(self, scheme="light", width=1440, height=1000):
        context = self.browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}
        )
        page = context.new_page()
        # A machine that is busy with other things is no finding.
        page.set_default_timeout(120_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", self._request)
        return page

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _request(self, request):
        allowed = ("file:", "data:", "blob:", *([self.own] if self.own else []))
        if not request.url.startswith(allowed):
            self.complaints.append(f"asked the network: {request.url}")

    def quiet(self, where):
        check(not self.complaints, f"{where}: {self.complaints}")


def open_run(page, url, hash_):
    page.goto("about:blank")
    page.goto(f"{url}#{hash_}")
    page.wait_for_function("() => window.Seatrial && Seatrial.current() !== null")


def overview(browser, url, results):
    page = browser.page()
    page.goto(url)
    passed = sum(run["verdict"] == "pass" for run in results["scenarios"])
    text = page.inner_text("dl.numbers")
    check(f"{passed} of {len(results['scenarios'])}" in text, f"the numbers say {text!r}")
    contradicted = {
        claim["id"]
        for run in results["scenarios"]
        for claim in run["claims"]
        if claim["verdict"] == "contradicted"
    }
    shown = set(page.locator("#contradicted article code").all_inner_texts())
    check(contradicted <= shown, f"contradicted but not shown: {contradicted - shown}")
    # Every link of the page leads somewhere.
    dead = page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1))
            .filter(id => id && !id.startsWith('run=') && !document.getElementById(id))"""
    )
    check(not dead, f"dead links: {dead}")
    page.context.close()
    browser.quiet("overview")


def every_run(browser, url, runs):
    """Plays each run, scrubs it to the end, and compares what is shown with the record."""
    page = browser.page()
    page.goto(url)
    compared = 0
    for run in runs:
        page.evaluate("hash => { location.hash = hash }", f"run={link(run)}")
        page.wait_for_function(
            "title => Seatrial.current() && document.title.endsWith(title)",
            arg=f"on {run['record']['engine']} | Seatrial",
        )
        page.wait_for_function("id => document.querySelector('.run-head code').textContent === id", arg=run["record"]["id"])
        before = page.evaluate("Seatrial.current().t")
        page.click("#play")
        page.wait_for_function("before => Seatrial.current().t > before", arg=before)
        page.click("#play")
        # The slider goes to its end, as a hand would take it there.
        page.evaluate(
            """() => { const scrub = document.getElementById('scrub'); scrub.value = scrub.max;
                       scrub.dispatchEvent(new Event('input', { bubbles: true })) }"""
        )
        compared += compare_nodes(page, run, facts_at(run, 1 << 62), "at the end")
        # And just before the instant of each observation at rest, where the runner saw the nodes too;
        # the next step may begin in the same instant.
        for seen in run["record"]["observations"]:
            if not seen["at_rest"]:
                continue
            shown = page.evaluate(
                """([link, at]) => Seatrial.open(link).then(run => Object.fromEntries(
                     run.nodes.map((name, node) => [name, Seatrial.factsAt(run, node, at)])))""",
                [link(run), seen["at_ms"] * 1000 - 1],
            )
            for name, node in seen["nodes"].items():
                for fact, key in (
                    ("wsrep_cluster_status", "cluster_status"),
                    ("wsrep_ready", "ready"),
                    ("wsrep_local_state_comment", "local_state"),
                ):
                    check(
                        shown[name].get(fact) == node[key],
                        f"{link(run)} step {seen['step']} node {name} {fact}: "
                        f"{shown[name].get(fact)!r} is shown, {node[key]!r} was observed",
                    )
                    compared += 1
    page.context.close()
    browser.quiet("runs")
    return compared


def a_link_is_followed(browser, url, one, other):
    """The address follows the player some time later. If that time comes between a click and its event, the click wins."""
    page = browser.page()
    open_run(page, url, f"run={link(one)}")
    page.wait_for_function("() => location.hash.includes('&t=')")
    page.evaluate(
        """hash => {
             const later = [], setTimeout = window.setTimeout;
             window.setTimeout = (action) => later.push(action);
             Seatrial.current().seek(1e6);
             window.setTimeout = setTimeout;
             location.hash = hash;
             if (!later.length) throw new Error('the player writes no address');
             later.forEach((action) => action());
           }""",
        f"run={link(other)}",
    )
    page.wait_for_function("id => document.querySelector('.run-head code').textContent === id", arg=other["record"]["id"])
    page.context.close()
    browser.quiet("a link")


def side_by_side(browser, url, same, different):
    """Two runs beside each other: the first difference is marked where there is one, and only there."""
    page = browser.page()
    for (one, two), words in ((same, "Nothing differs"), (different, "First difference")):
        open_run(page, url, f"run={link(one)}&with={link(two)}")
        check(page.locator(".chart canvas").count() == 2, "two runs are drawn")
        text = page.inner_text(".difference")
        check(text.startswith(words), f"{link(one)} beside {link(two)}: {text}")
    page.click(".difference button")
    check(page.evaluate("Seatrial.current().t") > 0, "the button leads to the difference")
    page.context.close()
    browser.quiet("side by side")


def compare_nodes(page, run, facts, where):
    shown = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.nodes')][0].querySelectorAll('.node').values()
             .map(node => [node.dataset.node, { state: node.dataset.state, pre: [...node.querySelectorAll('pre')].map(p => p.textContent) }]))"""
    )
    compared = 0
    for name, values in facts.items():
        node = shown[name]
        status, grastate, gvwstate = node["pre"]
        for fact in ("wsrep_cluster_status", "wsrep_cluster_size", "wsrep_ready", "wsrep_last_committed"):
            if fact in values:
                row = next(line for line in status.splitlines() if f" {fact} " in line)
                check(row.split("|")[2].strip() == values[fact], f"{link(run)} {where} {name}: {row}")
                compared += 1
        if "wsrep_cluster_status" not in values:
            check("ERROR 2002" in status, f"{link(run)} {where} {name}: {status}")
        for text, fact in ((grastate, "grastate.dat"), (gvwstate, "gvwstate.dat")):
            wanted = values.get(fact, "(no such file)") or "(empty)"
            check(text == wanted, f"{link(run)} {where} {name} {fact}: {text!r}")
            compared += 1
        if values.get("process") == "exited":
            check(node["state"] == "down", f"{link(run)} {where} {name} is {node['state']}")
        compared += 1
    return compared


HOSTILE = '<script>pwned=1</script><img src=x onerror="pwned=1">\u0007\u2028\u202e\' " & ]]>'


def hostile(browser, seatrial, folder):
    """A scenario, node names and log lines that would take over a page that trusts them."""
    ran = subprocess.run(
        [seatrial, "run", str(ROOT / "tests/browser/hostile.toml"), "--out", str(folder)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )
    check(ran.returncode == 1, f"the hostile scenario fails on purpose: {ran.returncode} {ran.stderr}")
    xml_and_json(folder)
    # The language allows no such node names, so they are put into the record.
    record = folder / "record.jsonl"
    lines = []
    for line in record.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        value = json.loads(line)
        what = value.get("what")
        if isinstance(what, dict) and "log" in what:
            what["log"]["line"] += HOSTILE
        lines.append(json.dumps(rename(value, {"A": HOSTILE})))
    record.write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run([seatrial, "report", str(folder)], check=True, capture_output=True)
    xml_and_json(folder)
    url = (folder / "index.html").as_uri()
    page = browser.page()
    page.goto(url)
    check("<script>pwned=1</script>" in page.inner_text("#failed"), "the title is shown as text")
    open_run(page, url, f"run={link(read_record(record)[0])}")
    page.check("#everything")
    page.press("body", "End")
    check("<script>pwned=1</script>" in page.inner_text("#player h1"), "the title is shown as text in the player")
    names = page.locator(".node h3").all_inner_texts()
    check(any("<img src=x" in name for name in names), f"node names are shown as text: {names}")
    for _ in range(5):
        page.press("body", "ArrowLeft")
    check(page.evaluate(PWNED) is None, "a text was obeyed")
    check(page.locator("img").count() == 0, "a text became an element")
    text = page.evaluate("document.body.innerText")
    check("\u202e" not in text and "\u0007" not in text, "control characters reach the page")
    page.context.close()
    browser.quiet("hostile")


def rename(value, names):
    """The same value with node names exchanged wherever a whole string or a key is one."""
    if isinstance(value, dict):
        return {names.get(key, key): rename(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [rename(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


NAMELESS = """() => [...document.querySelectorAll('a, button, input, select, summary, canvas, svg[role=img], [role=region], [role=listbox]')]
  .filter(e => e.getClientRects().length && !e.closest('[aria-hidden=true]')).filter(e => {
    const label = e.getAttribute('aria-label') || (e.labels && [...e.labels].map(l => l.textContent).join('')) ||
      (e.getAttribute('aria-labelledby') && document.getElementById(e.getAttribute('aria-labelledby')).textContent) || e.textContent;
    return !label.trim() }).map(e => e.outerHTML.slice(0, 120))"""

# WCAG's contrast of every text that is in sight, against the first background behind it.
CONTRAST = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return { rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 } };
  const lum = rgb => { const [r, g, b] = rgb.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, e = node.parentElement;
    if (!node.textContent.trim() || e.closest('.sr, script, option, .hover, .skip, svg')) continue;
    if (!e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    let back = e, ground = { rgb: [255, 255, 255], a: 0 };
    while (back && ground.a < 1) { ground = parse(getComputedStyle(back).backgroundColor); back = back.parentElement }
    const [x, y] = [lum(parse(style.color).rgb), lum(ground.rgb)].sort((p, q) => q - p);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (x + 0.05) / (y + 0.05);
    if (ratio < (large ? 3 : 4.5)) bad.push(ratio.toFixed(2) + ' ' + e.tagName + '.' + e.className + ': ' + node.textContent.trim().slice(0, 40));
  }
  return [...new Set(bad)].slice(0, 12) }"""

FOCUS = """() => { const e = document.activeElement, s = getComputedStyle(e);
  return { name: e.tagName + ' ' + (e.getAttribute('aria-label') || e.textContent || '').trim().slice(0, 30),
           visible: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, body: e === document.body } }"""


def accessibility(browser, url, run):
    for scheme in ("light", "dark"):
        page = browser.page(scheme)
        for where, hash_ in (("overview", ""), ("player", f"run={link(run)}&step=3")):
            if hash_:
                open_run(page, url, hash_)
            else:
                page.goto(url)
            page.wait_for_timeout(100)
            check(page.evaluate("document.documentElement.lang") == "en", "no language")
            nameless = page.evaluate(NAMELESS)
            check(not nameless, f"{where}: without a name: {nameless}")
            pale = page.evaluate(CONTRAST)
            check(not pale, f"{where}, {scheme}: too little contrast: {pale}")
            headings = page.evaluate(
                "[...document.querySelectorAll('h1')].filter(h => h.getClientRects().length).length"
            )
            check(headings == 1, f"{where}: {headings} headings of the first order")
            seen = set()
            for _ in range(30):
                page.keyboard.press("Tab")
                focus = page.evaluate(FOCUS)
                if focus["body"]:
                    break
                check(focus["visible"], f"{where}: the focus cannot be seen on {focus['name']}")
                seen.add(focus["name"])
            check(len(seen) > 8, f"{where}: the keyboard reaches {seen}")
        # The whole player by keyboard.
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("Home")
        check(page.evaluate("Seatrial.current().t") == 0, "Home")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        first = page.evaluate("Seatrial.current().t")
        check(first > 0, "the arrow goes to the next event")
        page.keyboard.press(" ")
        page.wait_for_function("t => Seatrial.current().t > t", arg=first)
        page.keyboard.press(" ")
        stopped = page.evaluate("Seatrial.current().t")
        page.wait_for_timeout(120)
        check(page.evaluate("Seatrial.current().t") == stopped, "space pauses")
        page.keyboard.press("End")
        page.wait_for_timeout(350)
        check("&t=" in page.url, f"the address follows: {page.url}")
        page.context.close()
    phone = browser.page(width=390, height=844)
    for hash_ in ("", f"run={link(run)}"):
        if hash_:
            open_run(phone, url, hash_)
        else:
            phone.goto(url)
        phone.wait_for_timeout(100)
        wide = phone.evaluate("document.documentElement.scrollWidth")
        check(wide <= 390, f"on a phone the page is {wide} pixels wide")
    phone.context.close()
    browser.quiet("accessibility")


def large_run(run, count):
    """A run made longer: its events again and again, later each time, up to a number of events."""
    events, shift = [], 0
    span = run["events"][-1]["at_us"] + 1
    while len(events) < count:
        for event in run["events"]:
            what = event["what"]
            if isinstance(what, dict) and ("step" in what or "check" in what) and shift:
                continue
            events.append({**event, "at_us": event["at_us"] + shift})
        shift += span
    events = events[:count]
    record = {**run["record"], "simulated_ms": events[-1]["at_us"] // 1000}
    return [run["header"], *events, {"run": {"record": record, "scenario": run["scenario"]}}]


# Counts what the page does: calls that draw on a canvas, and elements made.
COUNT_THE_WORK = """{
    window.work = { calls: 0, elements: 0 };
    const counted = (owner, name, what) => { const made = owner[name];
      owner[name] = function (...args) { window.work[what]++; return made.apply(this, args) } };
    for (const name of ['fill', 'stroke', 'fillRect', 'strokeRect', 'fillText', 'moveTo', 'lineTo', 'arc'])
      counted(CanvasRenderingContext2D.prototype, name, 'calls');
    for (const name of ['createElement', 'createElementNS']) counted(Document.prototype, name, 'elements') }"""

# Drags the playhead all over the run: time, calls and elements of each frame.
SCRUB = """() => new Promise(done => {
    const scrub = document.getElementById('scrub'), frames = []; let last = performance.now();
    const next = now => { frames.push({ ms: now - last, ...window.work }); last = now;
      window.work.calls = window.work.elements = 0;
      if (frames.length > 90) { done(frames.slice(1)); return }
      scrub.value = Math.round(scrub.max * ((frames.length * 37) % 90) / 90);
      scrub.dispatchEvent(new Event('input', { bubbles: true })); requestAnimationFrame(next) };
    requestAnimationFrame(next) })"""


def performance(browser, seatrial, run, folder):
    lines = large_run(run, 100_000)
    head = {"campaign": {"format": 1, "program": "test", "commit": "", "engines": [run["record"]["engine"]], "runs": 1}}
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in [head, *lines])
    (folder / "record.jsonl").write_text(text + "\n", encoding="utf-8")
    subprocess.run([seatrial, "report", str(folder)], check=True, capture_output=True)
    page = browser.page()
    page.add_init_script(COUNT_THE_WORK)
    opened = []
    # The best of three: what is measured is the page, not what else the machine does meanwhile.
    for _ in range(3):
        page.goto("about:blank")
        began = time.monotonic()
        page.goto(f"{(folder / 'index.html').as_uri()}#run={link(run)}")
        page.wait_for_function("() => window.Seatrial && Seatrial.current() !== null")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        opened.append((time.monotonic() - began) * 1000)
    made = page.evaluate("window.work.elements")
    check(0 < made < OPEN_ELEMENTS_MAX, f"100,000 events make {made} elements before the first frame")
    scrubs = {"whole": page.evaluate(SCRUB)}
    page.click("#zoom-in")
    page.click("#zoom-in")
    scrubs["zoomed"] = page.evaluate(SCRUB)
    page.check("#everything")
    scrubs["with everything listed"] = page.evaluate(SCRUB)
    for what, frames in scrubs.items():
        times = sorted(frame["ms"] for frame in frames)
        calls, elements = (max(frame[name] for frame in frames) for name in ("calls", "elements"))
        print(f"  scrubbing, {what}: median {times[len(times) // 2]:.1f} ms, 95th percentile "
              f"{times[int(len(times) * 0.95)]:.1f} ms a frame, at most {calls} calls to draw and {elements} elements")
        check(0 < elements < FRAME_ELEMENTS_MAX, f"a frame, {what}, makes {elements} elements")
        check(calls < FRAME_CALLS_MAX, f"a frame, {what}, takes {calls} calls to draw")
    check(max(frame["calls"] for frame in scrubs["zoomed"]) > 0, "the zoomed chart follows the playhead")
    page.context.close()
    browser.quiet("performance")
    return min(opened)


def xml_and_json(folder):
    """junit.xml and results.json against their checked-in forms."""
    import jsonschema

    done = subprocess.run(
        ["xmllint", "--noout", "--schema", str(ROOT / "reports/schemas/junit.xsd"), str(folder / "junit.xml")],
        capture_output=True, text=True, check=False,
    )
    check(done.returncode == 0, done.stderr)
    schema = json.loads((ROOT / "scenarios/results.schema.json").read_text(encoding="utf-8"))
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(results)
    trace = json.loads((folder / "chrome-trace.json").read_text(encoding="utf-8"))
    check(any(event["ph"] == "X" for event in trace["traceEvents"]), "the Chrome trace has no slices")
    check((folder / "summary.md").read_text(encoding="utf-8").startswith("# Seatrial"), "summary.md")
    return results


def screenshots(browser, url, run, pair, shots):
    for name, scheme, width, height in (
        ("light", "light", 1440, 1000), ("dark", "dark", 1440, 1000), ("phone", "light", 390, 844),
    ):
        page = browser.page(scheme, width, height)
        page.goto(url)
        page.wait_for_timeout(200)
        page.screenshot(path=shots / f"overview-{name}.png")
        open_run(page, url, f"run={link(run)}&step=3")
        page.wait_for_timeout(300)
        page.screenshot(path=shots / f"player-{name}.png")
        page.screenshot(path=shots / f"player-{name}-whole.png", full_page=True)
        page.context.close()
    page = browser.page()
    open_run(page, url, f"run={link(pair[0])}&with={link(pair[1])}&step=3")
    page.wait_for_timeout(300)
    page.screenshot(path=shots / "side-by-side.png")
    page.context.close()
    browser.quiet("screenshots")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seatrial", required=True)
    parser.add_argument("--results", type=Path, default=ROOT / "target/seatrial/latest")
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--quick", action="store_true", help="leave the long part out")
    args = parser.parse_args()
    shots = args.shots or args.results / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    results = xml_and_json(args.results)
    page_bytes = (args.results / "index.html").stat().st_size
    print(f"index.html: {page_bytes} bytes for {len(results['scenarios'])} runs")
    check(page_bytes < HTML_BYTES_MAX, f"index.html has {page_bytes} bytes")
    runs = read_record(args.results / "record.jsonl")
    url = (args.results / "index.html").resolve().as_uri()
    first = next(run for run in runs if run["record"]["id"] == "two-nodes-are-terminated")
    cut = [run for run in runs if run["record"]["id"] == "connection-failure-of-one-node"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = Browser(playwright)
        overview(browser, url, results)
        began = time.monotonic()
        compared = every_run(browser, url, runs[:4] if args.quick else runs)
        print(f"{len(runs)} runs played to the end, {compared} values as recorded, {time.monotonic() - began:.0f} s")
        other = next(run for run in runs if run["record"]["id"] == "two-nodes-are-terminated-file-replaced")
        a_link_is_followed(browser, url, first, other)
        side_by_side(browser, url, cut[:2], (first, other))
        hostile(browser, args.seatrial, Path(scratch) / "hostile")
        print("hostile texts are shown as text")
        accessibility(browser, url, first)
        print("names, contrast, focus, keyboard, phone: as they should be")
        opened = performance(browser, args.seatrial, first, Path(scratch) / "large")
        print(f"100,000 events opened in {opened:.0f} ms")
        screenshots(browser, url, first, (cut + cut)[:2], shots)
        print(f"screenshots in {shots}")
        browser.browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
