"""Drives Debian's Firefox over WebDriver BiDi, which it speaks by itself: no other program is needed.

A page answers to those of Playwright's names that the tests use, so that one test runs in both browsers.
"""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from websockets.sync.client import connect

# Seconds. A machine that is busy with other things is no finding.
PATIENCE = 60
KEYS = {
    "Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "ArrowLeft": "\ue012", "ArrowUp": "\ue013",
    "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Control": "\ue009", "Shift": "\ue008", "Space": " ",
}
# Finds elements by Playwright's selectors: CSS, `:visible`, `:text-is('…')`, `text=…`, and `>> nth=1` behind them.
FIND = r"""
const seen = (e) => e.checkVisibility({ checkVisibilityCSS: true }) && e.getClientRects().length > 0;
const words = (e) => (e.textContent || "").replace(/\s+/g, " ").trim();
const css = (root, part) => {
  const [, plain, exact, visible] = /^(.*?)(?::text-is\('([^']*)'\))?(:visible)?$/.exec(part);
  let found = [...root.querySelectorAll(plain)];
  if (exact !== undefined) found = found.filter((e) => words(e) === exact);
  return visible ? found.filter(seen) : found;
};
const find = (selector) => selector.split(" >> ").reduce((list, part) => {
  if (part.startsWith("nth=")) return [list.at(Number(part.slice(4)))].filter(Boolean);
  if (!part.startsWith("text=")) return list.flatMap((root) => css(root, part));
  const wanted = part.slice(5).toLowerCase();
  const holds = (e) => words(e).toLowerCase().includes(wanted);
  return list.flatMap((root) => [...root.querySelectorAll("body *")].filter((e) => holds(e) && ![...e.children].some(holds)));
}, [document]);
"""


class Firefox:
    """A Firefox without a window. It remembers what its pages complained about and what they asked of the network."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="seatrial-firefox-")
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", self.profile],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        self.number = 0
        self.complaints = []
        try:
            self._connect()
        except BaseException:
            self.process.kill()
            raise
        capabilities = self.send("session.new", capabilities={})["capabilities"]
        self.version = capabilities["browserVersion"]
        self.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def _connect(self):
        address = None
        while address is None:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError("Firefox ended before it listened")
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
            address = found and found[1]
        self.socket = connect(f"{address}/session", max_size=None)

    def send(self, method, **params):
        self.number += 1
        mine = self.number
        self.socket.send(json.dumps({"id": mine, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == mine:
                if message.get("type") == "error":
                    raise RuntimeError(f"{method}: {message['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message):
        params = message.get("params", {})
        if message.get("method") == "log.entryAdded" and params.get("level") in ("error", "warn"):
            self.complaints.append(f"log: {params.get('text')}")
        if message.get("method") == "network.beforeRequestSent":
            url = params["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:", "about:")):
                self.complaints.append(f"asked the network: {url}")

    def page(self, width=1440, height=1000):
        """A page that shares nothing with the others: it has a storage of its own."""
        return Page(self, width, height)

    def quiet(self, where):
        if self.complaints:
            raise AssertionError(f"{where}: {self.complaints}")

    def close(self):
        self.send("browser.close")
        self.socket.close()
        self.process.wait(timeout=30)
        shutil.rmtree(self.profile, ignore_errors=True)


class Frame:
    """A document, with those of Playwright's methods that the tests use."""

    def __init__(self, firefox, id_):
        self.firefox, self.id = firefox, id_
        self.keyboard = self

    @property
    def frames(self):
        tree = self.firefox.send("browsingContext.getTree", root=self.id)["contexts"][0]
        return [self, *(Frame(self.firefox, child["context"]) for child in tree["children"])]

    def goto(self, url):
        self.firefox.send("browsingContext.navigate", context=self.id, url=url, wait="complete")

    def reload(self):
        self.firefox.send("browsingContext.reload", context=self.id, wait="complete")

    @property
    def url(self):
        return self.evaluate("location.href")

    def add_init_script(self, script):
        self.firefox.send("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}", contexts=[self.id])

    def _call(self, body, argument, own=True):
        result = self.firefox.send(
            "script.evaluate", target={"context": self.id}, awaitPromise=True, resultOwnership="root" if own else "none",
            expression=f"(async (argument) => {{ {body} }})({json.dumps(argument)})",
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return result["result"]

    def evaluate(self, expression, argument=None):
        """The value of an expression or of a function, which may be a promise. It comes back as JSON."""
        text = self._call(
            f"let value = ({expression}); if (typeof value === 'function') value = value(argument); value = await value;"
            "return JSON.stringify(value === undefined ? null : value);", argument, own=False)
        return json.loads(text["value"])

    def _until(self, what, look):
        end = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found or time.monotonic() > end:
                break
            time.sleep(0.02)
        if not found:
            raise AssertionError(f"{what} did not come")
        return found

    def wait_for_function(self, expression):
        self._until(expression, lambda: self.evaluate(expression))

    def wait_for_timeout(self, milliseconds):
        time.sleep(milliseconds / 1000)

    def _element(self, selector, ready):
        """A reference to the first element of a selector, once `ready` (JavaScript on `e`) holds."""
        def look():
            found = self._call(FIND + f"const e = find(argument)[0]; return e && ({ready}) ? e : null;", selector)
            return found if found["type"] == "node" else None
        return {"sharedId": self._until(selector, look)["sharedId"]}

    def wait_for_selector(self, selector):
        self._element(selector, "seen(e)")

    def _actions(self, *sources):
        self.firefox.send("input.performActions", context=self.id, actions=list(sources))

    def click(self, selector):
        # It must stand still, and what something else covers cannot be clicked, by a person neither.
        element = self._element(selector, """!e.disabled && seen(e) && await (async () => {
            e.scrollIntoView({ block: "center", behavior: "instant" });
            const frame = () => new Promise(requestAnimationFrame), place = () => JSON.stringify(e.getBoundingClientRect());
            const before = place();
            await frame(); await frame();
            const r = e.getBoundingClientRect(), top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
            return e.isConnected && place() === before && top && (e.contains(top) || top.contains(e));
        })()""")
        self._actions({"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}},
            {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]})

    def focus(self, selector):
        self._element(selector, "!e.disabled && (e.focus(), true)")

    def press(self, first, key=None):
        """`press(key)` on what has the focus, or `press(selector, key)`."""
        if key is None:
            key = first
        else:
            self.focus(first)
        names = [KEYS.get(name, name) for name in key.split("+")]
        self._actions({"type": "key", "id": "keys", "actions": [{"type": "keyDown", "value": name} for name in names]
                       + [{"type": "keyUp", "value": name} for name in reversed(names)]})

    def type(self, text):
        """Types a text, letter by letter, into what has the focus."""
        self._actions({"type": "key", "id": "keys", "actions": [
            {"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]})

    def fill(self, selector, text):
        self._element(selector, "!e.disabled && seen(e)")
        self._call(FIND + """const e = find(argument[0])[0];
            e.focus(); e.value = argument[1]; e.dispatchEvent(new Event("input", { bubbles: true }));""", [selector, text])

    def set_input_files(self, selector, files):
        folder = Path(tempfile.mkdtemp(dir=self.firefox.profile))
        paths = []
        for file in files:
            if isinstance(file, dict):
                path = folder / file["name"]
                path.write_bytes(file["buffer"])
                file = str(path)
            paths.append(file)
        self.firefox.send("input.setFiles", context=self.id, element=self._element(selector, "true"), files=paths)

    def screenshot(self, path):
        shot = self.firefox.send("browsingContext.captureScreenshot", context=self.id)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def _ask(self, selector, question):
        return self.evaluate(f"(argument) => {{ {FIND} const all = find(argument); return {question}; }}", selector)

    def is_visible(self, selector):
        return self._ask(selector, "all.length > 0 && seen(all[0])")

    def inner_text(self, selector):
        self._element(selector, "true")
        return self._ask(selector, "all[0].innerText")

    def text_content(self, selector):
        self._element(selector, "true")
        return self._ask(selector, "all[0].textContent")

    def input_value(self, selector):
        return self._ask(selector, "all[0].value")

    def locator(self, selector):
        return Locator(self, selector)


class Locator:
    """The elements of a selector."""

    def __init__(self, page, selector):
        self.page, self.selector = page, selector

    def nth(self, number):
        return Locator(self.page, f"{self.selector} >> nth={number}")

    @property
    def first(self):
        return self.nth(0)

    @property
    def last(self):
        return self.nth(-1)

    def locator(self, selector):
        return Locator(self.page, f"{self.selector} >> {selector}")

    def count(self):
        return self.page._ask(self.selector, "all.length")

    def click(self):
        self.page.click(self.selector)

    def focus(self):
        self.page.focus(self.selector)

    def text_content(self):
        return self.page.text_content(self.selector)

    def inner_text(self):
        return self.page.inner_text(self.selector)


class Page(Frame):
    """A page of its own."""

    def __init__(self, firefox, width, height):
        self.user = firefox.send("browser.createUserContext")["userContext"]
        super().__init__(firefox, firefox.send("browsingContext.create", type="tab", userContext=self.user)["context"])
        firefox.send("browsingContext.setViewport", context=self.id, viewport={"width": width, "height": height})
        self.context = self

    def close(self):
        self.firefox.send("browser.removeUserContext", userContext=self.user)
