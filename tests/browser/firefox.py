"""Drives Debian's Firefox over WebDriver BiDi, which it speaks by itself: no other program is needed."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import tempfile

import websockets


class Firefox:
    """A Firefox without a window, with one page. Its methods block."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
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
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.context = self.send("browsingContext.create", type="tab")["context"]

    def _connect(self):
        address = None
        while address is None:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError("Firefox ended before it listened")
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
            address = found and found[1]
        self.socket = self.loop.run_until_complete(websockets.connect(f"{address}/session", max_size=None))

    def send(self, method, **params):
        return self.loop.run_until_complete(self._send(method, params))

    async def _send(self, method, params):
        self.number += 1
        mine = self.number
        await self.socket.send(json.dumps({"id": mine, "method": method, "params": params}))
        while True:
            message = json.loads(await self.socket.recv())
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

    def goto(self, url):
        self.send("browsingContext.navigate", context=self.context, url="about:blank", wait="complete")
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def size(self, width, height):
        self.send("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def evaluate(self, expression):
        """The value of an expression, which may be a promise. It comes back as JSON."""
        result = self.send(
            "script.evaluate", expression=f"Promise.resolve({expression}).then((v) => JSON.stringify(v === undefined ? null : v))",
            target={"context": self.context}, awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def screenshot(self, path):
        shot = self.send("browsingContext.captureScreenshot", context=self.context)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        self.send("browser.close")
        self.loop.run_until_complete(self.socket.close())
        self.process.wait(timeout=30)
        self.loop.close()
        shutil.rmtree(self.profile, ignore_errors=True)
