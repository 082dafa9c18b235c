#!/usr/bin/env python3
"""Puts the program, the page's scripts and styles, and the lessons into one HTML file.

    assemble.py PROGRAM.wasm OUT.html

The file needs nothing else, and its policy lets it ask nothing of the network: scripts and styles are named by
their hashes. The same input gives the same bytes.
"""

import base64
import hashlib
import json
import re
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "web" / "page"
ASSETS = ROOT / "reports" / "assets"
STYLES = [ASSETS / "palette.css", PAGE / "page.css"]
# In the order in which they need each other. `engine.js` is also a text for the page, which makes the worker of it.
SCRIPTS = [PAGE / "engine.js", ASSETS / "base.js", ASSETS / "model.js", ASSETS / "chart.js"] + [
    PAGE / name
    for name in (
        "words.js",
        "link.js",
        "store.js",
        "client.js",
        "story.js",
        "menu.js",
        "picture.js",
        "timeline.js",
        "terminal.js",
        "details.js",
        "compare.js",
        "lessons.js",
        "missions.js",
        "builder.js",
        "evidence.js",
        "share.js",
        "app.js",
    )
]
PROMPT = re.compile(r"^lab [0-9:]+> (.*)$")
BYTES_MAX = 2_000_000


def pieces(block):
    """The lines that a learner types in a transcript, each with the output below it."""
    found = []
    for line in block.splitlines()[1:]:
        typed = PROMPT.match(line)
        if typed:
            found.append({"line": typed[1]})
    return [piece for piece in found if piece["line"] != "quit"]


def lesson(path):
    """A lesson: its title, and texts and lines in turn."""
    text = path.read_text(encoding="utf-8")
    heading, rest = text.split("\n", 1)
    parts = []
    for place, part in enumerate(rest.split("```")):
        if place % 2:
            parts += pieces(part)
        else:
            for paragraph in part.strip().split("\n\n"):
                words = " ".join(paragraph.split())
                if words:
                    parts.append({"text": words})
    title = heading.removeprefix("# ")
    number, _, title = title.partition(": ")
    return {
        "number": int(number.removeprefix("Lesson ")),
        "title": title[:1].upper() + title[1:],
        "parts": parts,
    }


def policy_hash(text):
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def in_script(text):
    """A JSON text that cannot end the script element around it."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def packed(data):
    """Deflated and in base64, with no header that holds a time."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(deflater.compress(data) + deflater.flush()).decode()


def main():
    wasm, out = Path(sys.argv[1]), Path(sys.argv[2])
    lessons = [lesson(path) for path in sorted((ROOT / "docs" / "tutorial").glob("[0-9]*.md"))]
    engine = (PAGE / "engine.js").read_text(encoding="utf-8")
    contents = {"lessons": lessons, "engine": engine}
    style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    script = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    if "</script" in script.lower():
        sys.exit("assemble.py: a script of the page holds an end tag")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {policy_hash(script)} 'wasm-unsafe-eval'",
            f"style-src {policy_hash(style)}",
            "worker-src blob:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    page = (PAGE / "page.html").read_text(encoding="utf-8")
    for name, text in {
        "policy": policy,
        "style": style,
        "script": script,
        "contents": in_script(json.dumps(contents, ensure_ascii=False, separators=(",", ":"))),
        "program": packed(wasm.read_bytes()),
    }.items():
        if page.count(f"@{name}@") != 1:
            sys.exit(f"assemble.py: page.html does not have @{name}@ once")
        page = page.replace(f"@{name}@", text)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    size = out.stat().st_size
    print(f"{out}: {size:,} bytes")
    if size > BYTES_MAX:
        sys.exit(f"assemble.py: the page has more than {BYTES_MAX:,} bytes")


if __name__ == "__main__":
    main()
