"""What a learner does in the lab's page, in any browser: `browser` is Chromium or Firefox."""

import json
import re
import subprocess

from report_test import ROOT, check

MEMORY_MIB_MAX = 64
PROMPT = re.compile(r"^lab [0-9:]+> (.*)$")


def opened(browser, url, **more):
    page = browser.page(**more)
    page.goto("about:blank")
    page.goto(url)
    ready(page)
    return page


def ready(page):
    check(page.evaluate("Lab.ready") is True, "the page begins")


def say(page, line):
    """Types a line, waits for its end, and returns the reply's text without colours."""
    reply = page.evaluate("line => Lab.type(line).then((reply) => reply && { text: reply.text, refused: reply.refused })", line)
    check(reply is not None, f"{line}: no reply")
    reply["text"] = re.sub(r"\x1b\[[0-9;]*m", "", reply["text"])
    return reply


def state_hash(page):
    return page.evaluate("Lab.ask({ ask: 'hash' }).then((answer) => answer.hash)")


def idle(page):
    page.wait_for_function("() => !Lab.busy")


def first_minute(browser, url):
    """A beginner presses the one button that is offered, again and again, by keyboard alone."""
    page = opened(browser, url)
    check("healthy cluster" in page.inner_text("#story"), "the first sentence")
    for _ in range(6):
        page.focus("#do-it")
        page.keyboard.press("Enter")
        idle(page)
    check("first failure" in page.inner_text("#guide"), page.inner_text("#guide"))
    check(page.evaluate("Lab.scene.rows.every((row) => !row.lost)"), "nothing is lost")
    page.context.close()
    browser.quiet("first minute")


def transcript(path):
    """The lines of a lesson, each with what the program prints below it."""
    steps = []
    for block in path.read_text(encoding="utf-8").split("```")[1::2]:
        for line in block.splitlines()[1:]:
            typed = PROMPT.match(line)
            if typed:
                steps.append([typed[1], []])
            elif steps and not line.startswith("$ seatrial"):
                steps[-1][1].append(line)
    return [(line, "\n".join(output)) for line, output in steps if line != "quit"]


def lessons(browser, url):
    """Every lesson to its end, by its button. What the page prints is what the document shows."""
    page = opened(browser, url)
    played = 0
    for path in sorted((ROOT / "docs/tutorial").glob("[0-9]*.md")):
        number = int(path.name[0])
        page.evaluate("number => Lab.openLesson(number)", number)
        idle(page)
        for line, output in transcript(path):
            check(page.inner_text(".suggestion code") == line, f"{path.name}: {line} is suggested")
            page.click("#do-it")
            idle(page)
            entry = page.locator(".log .entry").last
            shown = entry.locator("pre").text_content() if entry.locator("pre").count() else ""
            wanted = output.rstrip("\n")
            # The next paragraph of the document may stand between a line and the next block.
            check(shown.rstrip("\n") == wanted, f"{path.name}: {line}:\n{shown}\n--- the document has\n{wanted}")
            played += 1
        check(f"Lesson {number} is done" in page.inner_text("#guide"), f"lesson {number} ends")
    check(page.evaluate("Object.keys(Lab.progress().lessons).length") == 8, "the progress is kept")
    page.reload()
    ready(page)
    check(page.evaluate("Object.keys(Lab.progress().lessons).length") == 8, "the progress is still there")
    page.context.close()
    browser.quiet("lessons")
    return played


def by_keyboard(browser, url):
    """Lesson 1 as somebody does it who has no mouse: Tab to the lesson, then each line typed at the prompt."""
    page = opened(browser, url)
    page.focus("#place-lessons")
    page.keyboard.press("Enter")
    page.wait_for_selector("#guide .list-entry")
    for _ in range(60):
        if page.evaluate("document.activeElement.matches('.list-entry')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".suggestion code")
    idle(page)
    for line, _ in transcript(ROOT / "docs/tutorial/1-one-node-is-stopped.md"):
        page.focus("#line")
        page.keyboard.type(line)
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => !Lab.busy && document.querySelector('.log').lastChild.dataset.line === {json.dumps(line)}")
    check("Lesson 1 is done" in page.inner_text("#guide"), page.inner_text("#guide"))
    page.context.close()
    browser.quiet("by keyboard")


def missions(browser, url):
    """Every mission's better way is graded A, and its wrong way is named in the debrief."""
    page = opened(browser, url)
    ids = page.evaluate("Lab.about.missions.map((mission) => mission.id)")
    for id_ in ids:
        page.evaluate("id => Lab.beginMission(id)", id_)
        idle(page)
        check(page.evaluate("Lab.scene.mission.id") == id_, f"{id_} begins")
        check(page.evaluate("Lab.scene.rows === null"), f"{id_}: rows are closed")
        way = page.evaluate("id => Lab.about.missions.find((mission) => mission.id === id).way", id_)
        for line in way:
            check(not say(page, line)["refused"], f"{id_}: {line} is refused")
        text = say(page, "debrief")["text"]
        check(text.startswith("Grade A"), f"{id_}: {text[:200]}")
        check(page.inner_text(".grade") == "A", f"{id_}: the grade is shown")
        wrong = (ROOT / "missions/wrong" / f"{id_}.lab").read_text(encoding="utf-8")
        page.evaluate("id => Lab.beginMission(id)", id_)
        for line in wrong.splitlines():
            if line and not line.startswith("#"):
                text = say(page, line)["text"]
        check(not text.startswith("Grade A"), f"{id_}: the wrong way is graded {text[:20]}")
    memory = page.evaluate("Lab.ask({ ask: 'memory' }).then((answer) => answer.bytes)") / 1048576
    check(memory < MEMORY_MIB_MAX, f"{memory} MiB after all missions")
    # "Do it for me" plays the way, and its grade is nobody's.
    page.evaluate("Lab.forget()")
    page.evaluate("id => Lab.beginMission(id)", ids[0])
    idle(page)
    for _ in range(12):
        if page.evaluate("Lab.scene.mission === null"):
            break
        page.click("#for-me")
        idle(page)
    check(page.inner_text(".grade") == "A", "the page can do it")
    check(page.evaluate("Lab.progress().missions") is None, "a grade that was shown is not kept")
    page.context.close()
    browser.quiet("missions")
    return len(ids), memory


def travel(browser, url):
    """Back, forks, the comparison of two of them, and looking at the past."""
    page = opened(browser, url)
    say(page, "client A write 2")
    before = state_hash(page)
    say(page, "fault terminate B")
    say(page, "wait 20s")
    page.click("#undo")
    idle(page)
    page.click("#undo")
    idle(page)
    check(state_hash(page) == before, "back is exact")
    page.click("#fork")
    page.click("dialog button[type=submit]")
    idle(page)
    check(page.evaluate("Lab.scene.fork") == "try-2", "a fork begins")
    say(page, "fault power-off C")
    say(page, "wait 20s")
    page.click("#tab-moments")
    page.click("#compare")
    page.wait_for_selector(".sides .side >> nth=1")
    words = page.inner_text(".sides-body .verdict >> nth=0")
    check("fault terminate B" in words and "fault power-off C" in words, words)
    check("server" in page.inner_text(".diff"), "the differences are listed")
    here = state_hash(page)
    page.keyboard.press("Escape")
    check(state_hash(page) == here, "a comparison changes nothing")
    # The slider looks at the past, and the session stays where it is.
    page.evaluate("() => { const s = document.querySelector('.transport input'); s.value = 0; s.dispatchEvent(new Event('input', { bubbles: true })) }")
    check(page.is_visible(".past"), "the page says that it looks back")
    check(state_hash(page) == here, "looking back changes nothing")
    page.click(".past button")
    page.click("#tab-files")
    check(page.locator(".file").count() == 6, "two files of three nodes")
    say(page, "A$ sudo systemctl stop mariadb")
    page.wait_for_selector(".file.changed mark")
    page.click("#tab-rows")
    check("w1A" in page.inner_text(".rows"), "rows are listed")
    page.click("#tab-quorum")
    check(page.locator(".sum").count() == 3, "three sums")
    page.context.close()
    browser.quiet("travel")


def clicks(browser, url):
    """Faults by a click on a node and on a link, completion, history, the prompt of a node."""
    page = opened(browser, url)
    page.click(".node-card >> nth=1")
    page.click("dialog .menu-entry >> nth=0")
    idle(page)
    check(page.evaluate("Lab.session.lines") == ["fault terminate B"], "a click types a line")
    page.locator(".link-button").nth(1).focus()
    page.keyboard.press("Enter")
    page.click("dialog .menu-entry >> nth=0")
    idle(page)
    check(page.evaluate("Lab.session.lines[1]") == "fault cut A C", "a click on a link")
    page.fill("#line", "fault ter")
    page.press("#line", "Tab")
    page.wait_for_function("() => document.getElementById('line').value === 'fault terminate '")
    page.press("#line", "Tab")
    page.wait_for_selector(".completions li >> nth=2")
    page.press("#line", "ArrowDown")
    page.press("#line", "Enter")
    check(page.input_value("#line") == "fault terminate B ", page.input_value("#line"))
    page.press("#line", "Control+c")
    check(page.input_value("#line") == "", "Ctrl-C empties the line")
    page.click(".seat >> nth=1")
    page.fill("#line", "sudo cat /var/lib/mysql/grastate.dat")
    page.press("#line", "Enter")
    idle(page)
    check("GALERA saved state" in page.inner_text(".log"), "a line runs on the node of the prompt")
    page.press("#line", "ArrowUp")
    check("grastate" in page.input_value("#line"), "the history comes back")
    page.context.close()
    browser.quiet("clicks")


def links(browser, url, seatrial, folder):
    """A link opens on the same state elsewhere; damaged and foreign links say so; a scenario makes the same run."""
    page = opened(browser, url)
    for line in ("client A write 2", "fault terminate A", "fork other", "wait 20s", "B$ sudo systemctl stop mariadb"):
        say(page, line)
    here = state_hash(page)
    fragment = page.evaluate("Lab.withHash().then((s) => Lab.fragment({ ...s, version: Lab.about.version }))")
    other = opened(browser, f"{url}#{fragment}")
    check(state_hash(other) == here, "a link opens on the same state")
    check(other.locator(".notice").count() == 0, "nothing to say about it")
    other.context.close()
    again = opened(browser, page.url)
    check(state_hash(again) == here, "the address itself is such a link")
    again.context.close()
    busy = opened(browser, url)
    busy.evaluate("hash => { Lab.type('wait 1s'); location.hash = hash; }", fragment)
    lines = page.evaluate("Lab.session.lines.length")
    busy.wait_for_function(f"() => !Lab.busy && Lab.session.lines.length === {lines}")
    check(state_hash(busy) == here, "a link that is followed while a line is played opens afterwards")
    busy.context.close()
    old = page.evaluate("Lab.withHash().then((s) => Lab.fragment({ ...s, version: '0.0.1' }))")
    foreign = opened(browser, f"{url}#{old}")
    check("made with Seatrial 0.0.1" in foreign.inner_text("#notices"), "another version says so")
    foreign.context.close()
    for bad in ("s=", "s=AAAA", fragment[: len(fragment) // 2], "s=%%%", "s=" + "A" * 5000):
        damaged = opened(browser, f"{url}#{bad}")
        check("damaged" in damaged.inner_text("#notices"), f"{bad[:20]}: {damaged.inner_text('#notices')}")
        check("healthy cluster" in damaged.inner_text("#story"), "and a cluster is there")
        damaged.context.close()
    embedded = opened(browser, f"{url}?embed=1#{fragment}", width=900, height=500)
    check(not embedded.is_visible(".bar") and embedded.is_visible("#line"), "an embedded page has cluster and prompt")
    check(state_hash(embedded) == here, "with the same state")
    embedded.context.close()
    text = page.evaluate("Lab.share.scenarioText()")
    scenario = folder / "session.toml"
    scenario.write_text(text, encoding="utf-8")
    made = page.evaluate("text => Lab.ask({ ask: 'run', text, seed: '1' })", text)
    ran = subprocess.run(
        [seatrial, "run", str(scenario), "--on", "des", "--seed", "1", "--pace", "rest", "--out", str(folder / "out")],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )
    results = json.loads((folder / "out/results.json").read_text(encoding="utf-8"))
    native = results["scenarios"][0]["trace_sha256"]
    check(native == made["trace_sha256"], f"the scenario runs natively to {native}, here to {made} {ran.stderr}")
    page.context.close()
    browser.quiet("links")


def in_report(browser, seatrial, folder, file):
    """A report with the lab in it: a red cell and a finding open the state behind them, in the same file."""
    out = folder / "reported"
    if not out.exists():
        for command in (
            ["run", "two-nodes-are-terminated", "--on", "des", "--out", str(out / "run")],
            ["verify", "manual", "--scenarios", "only-some-nodes-are-down", "--out", str(out / "verify")],
        ):
            subprocess.run([seatrial, *command], capture_output=True, cwd=ROOT, check=False)
        made = [seatrial, "report", str(out / "run"), str(out / "verify"), "--out", str(out), "--with-lab", "--page", file]
        subprocess.run(made, capture_output=True, cwd=ROOT, check=True)
    url = (out / "index.html").as_uri()
    page = browser.page()
    page.goto(url)
    for place in ("a.lab:visible", "#cells a.lab"):
        page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
        page.click(f"{place} >> nth=0")
        page.wait_for_selector(".lab-frame iframe")
        lab = page.frames[1]
        lab.wait_for_function("() => typeof Lab === 'object' && Lab.readyAfter")
        check(lab.evaluate("Lab.scene.moments.length") > 1, "the report's link plays the steps")
        check(lab.locator(".notice").count() == 0, lab.inner_text("#notices"))
        here = state_hash(lab)
        say(lab, "fork mine")
        say(lab, "A$ sudo systemctl start mariadb")
        check(lab.evaluate("Lab.scene.fork") == "mine", "the state is forked in place")
        page.click("#close-lab")
        # The dialog closes in a task of its own, and the driver hears of an address later than the page.
        page.wait_for_function(f"() => !document.querySelector('.lab-frame') && location.href === {json.dumps(url)}")
    # A link that the lab in a report makes leads to the report.
    shared = page.evaluate("document.querySelector('a.lab').href")
    other = browser.page()
    other.goto(shared)
    other.wait_for_selector(".lab-frame iframe")
    other.context.close()
    page.context.close()
    browser.quiet("the lab in a report")


def evidence(browser, url, seatrial):
    """The logs of an incident: the page says what the command says, and plays on."""
    page = opened(browser, url)
    logs = sorted((ROOT / "docs/autopsy-logs").glob("*.log"))
    page.click("#place-evidence")
    page.set_input_files("#evidence-files", [str(path) for path in logs])
    page.wait_for_selector("#advice")
    for id_, command, more in (("#autopsy", "autopsy", []), ("#advice", "advise", ["--explain"])):
        native = subprocess.run(
            [seatrial, command, *more, *[path.name for path in logs]],
            capture_output=True, text=True, cwd=logs[0].parent, check=True,
        ).stdout
        check(page.text_content(id_).strip() == native.strip(), f"{command} differs:\n{page.text_content(id_)}\n---\n{native}")
    # Files that are dropped are the same files.
    told = page.text_content("#autopsy")
    page.evaluate("Lab.openEvidence()")
    page.evaluate(
        """(files) => {
          const dropped = new DataTransfer();
          for (const [name, text] of files) dropped.items.add(new File([text], name));
          for (const kind of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }""", [[path.name, path.read_text(encoding="utf-8")] for path in logs])
    page.wait_for_selector("#autopsy")
    check(page.text_content("#autopsy") == told, "a drop says the same")
    page.click("#play-on")
    idle(page)
    check(page.evaluate("Lab.scene.moments.length") > 1, "the incident is played")
    # What is no evidence, and what is too much.
    page.evaluate("Lab.openEvidence()")
    page.set_input_files("#evidence-files", [{"name": "picture.png", "mimeType": "image/png", "buffer": b"\x89PNG\0\0\1\2\3" * 50}])
    page.wait_for_selector("#guide .verdict.bad")
    check("is no text" in page.inner_text("#guide"), page.inner_text("#guide"))
    page.evaluate("() => Lab.takeFiles([{ path: 'large.log', file: { size: 500e6 } }])")
    check("500 MB" in page.inner_text("#notices"), page.inner_text("#notices"))
    page.context.close()
    browser.quiet("evidence")


def builder(browser, url):
    """A mission out of a session, played from the builder and from its link."""
    page = opened(browser, url)
    for line in ("client A write 2", "fault terminate A", "wait 20s", "A$ sudo systemctl start mariadb", "wait until all-synced"):
        say(page, line)
    page.click("#place-missions")
    page.click("#build-mission")
    page.fill("[name=id]", "one-is-gone")
    page.fill("[name=title]", "<b>One</b> is gone")
    page.click("button[value=try]")
    page.wait_for_function("() => !Lab.busy && Lab.scene.mission")
    check(page.evaluate("Lab.scene.mission.title") == "<b>One</b> is gone", "the mission is played")
    check(page.locator("#guide b:text-is('One')").count() == 0, "its title is a text")
    link = page.url
    other = opened(browser, link)
    check(other.evaluate("Lab.scene.mission && Lab.scene.mission.id") == "one-is-gone", "the mission's link opens it")
    say(other, "A$ sudo systemctl start mariadb")
    check(say(other, "debrief")["text"].startswith("Grade A"), "its own way is graded A")
    other.context.close()
    page.context.close()
    browser.quiet("builder")


def arcade(browser, url):
    """A failure out of the search is played; the way that the page shows brings the cluster back."""
    page = opened(browser, url)
    page.click("#place-missions")
    page.click("#arcade")
    page.wait_for_selector("#grade-me")
    page.click("#grade-me")
    check(page.inner_text("#arcade-grade") == "F", "nothing was done yet")
    page.click("text=Go on with this one")
    page.click("#show-way")
    page.wait_for_function("() => !Lab.busy && (Lab.session.lines.at(-1) || '').startsWith('procedure')")
    page.click("#grade-me")
    check(page.inner_text("#arcade-grade") == "C", page.inner_text("#guide"))
    page.context.close()
    browser.quiet("arcade")


def hostile(browser, url):
    """A link with a scenario whose texts would take over a page that trusts them."""
    page = opened(browser, url)
    text = 'id = "x"\ntitle = "<img src=x onerror=window.pwned=1>\\u202e\\u0007"\nwhy = "</script><script>window.pwned=1</script>"\n[[step]]\nwait = { for = "1s" }\n'
    fragment = page.evaluate("opening => Lab.fragment({ opening, lines: ['next'], seed: '1', missions: [], version: Lab.about.version })", text)
    other = opened(browser, f"{url}#{fragment}")
    check("onerror" in other.inner_text(".log"), "the title is shown as text")
    check(other.evaluate("window.pwned") is None and other.locator("img").count() == 0, "a text was obeyed")
    for bad in ("[" * 20000, "id = 1", "x" * 300000):
        error = other.evaluate("opening => Lab.begin({ opening, lines: [] }).then(() => '', (error) => error.message)", bad)
        check(len(error) > 20, f"{bad[:10]}: {error}")
    check(not say(other, "status")["refused"], "the lab goes on")
    other.context.close()
    page.context.close()
    browser.quiet("hostile")


def bad_browsers(browser, url):
    """Browsers that lack something say so in a sentence, and do what they can."""
    for script, words, works in (
        ("delete window.WebAssembly", "has no WebAssembly", False),
        ("delete window.Worker", "no worker", True),
        ("delete window.DecompressionStream", "", True),
        ("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })", "keeps nothing", True),
        ("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }", "", True),
    ):
        page = browser.page()
        page.add_init_script(script)
        page.goto(url)
        check(bool(page.evaluate("Lab.ready")) == works, f"{script}: works")
        if works:
            check(not say(page, "fault terminate A")["refused"], f"{script}: a line works")
            page.evaluate("Lab.keep({ lessons: { 1: 1 } })")
        text = page.inner_text("body")
        check(words in text, f"{script}: {text[:400]}")
        page.context.close()
    browser.complaints.clear()


def long_line(browser, url):
    """A line that takes long is interrupted, and the session is where it was. So it is after a bug."""
    page = opened(browser, url)
    say(page, "client A load 8")
    here = state_hash(page)
    page.evaluate("() => { window.done = Lab.type('wait 1h') }")
    page.wait_for_selector(".stop:visible")
    page.click(".stop")
    idle(page)
    check(state_hash(page) == here, "an interrupted line leaves nothing behind")
    check("was stopped" in page.inner_text(".log"), "the page says so")
    page.evaluate("Lab.ask({ ask: 'panic' }).catch((error) => Lab.recover('a test', error.message))")
    page.wait_for_function("() => document.getElementById('notices').textContent.includes('bug')")
    check(state_hash(page) == here, "a bug leaves the session where it was")
    check(not say(page, "status")["refused"], "and the lab goes on")
    page.context.close()
    browser.quiet("a long line")


def tour(browser, url, seatrial, folder):
    """All of it. Returns what was counted."""
    first_minute(browser, url)
    by_keyboard(browser, url)
    clicks(browser, url)
    travel(browser, url)
    links(browser, url, seatrial, folder)
    evidence(browser, url, seatrial)
    builder(browser, url)
    arcade(browser, url)
    hostile(browser, url)
    bad_browsers(browser, url)
    long_line(browser, url)
    print("  lines of lessons equal to the documents:", lessons(browser, url), flush=True)
    print("  missions, MiB of memory after them:", missions(browser, url), flush=True)
