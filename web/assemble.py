#!/usr/bin/env python3
"""Puts the program, the page's scripts and styles, and the lessons into one HTML file.

    assemble.py PROGRAM.wasm OUT.html

The file needs nothing else, and its policy lets it ask nothing of the network: scripts and styles are named by
their hashes. The same input gives the same bytes.
"""

import base64
import hashlib
import json
import lzma
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "web" / "page"
ASSETS = ROOT / "reports" / "assets"
STYLES = [ASSETS / "palette.css", PAGE / "page.css"]
# In the order in which they need each other.
SCRIPTS = [PAGE / "unpack.js", PAGE / "engine.js", ASSETS / "base.js", ASSETS / "model.js", ASSETS / "chart.js"] + [
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
        "arcade.js",
        "builder.js",
        "evidence.js",
        "share.js",
        "app.js",
    )
]
PROMPT = re.compile(r"^lab [0-9:]+> (.*)$")
# The commands of a host are in it: with the journal, packet filters and sessions it grew by a twentieth.
BYTES_MAX = 2_300_000


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


def bare(path):
    """A script without its indentation and the lines that are comments alone."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("//")]
    if any(line.count("`") % 2 for line in lines):
        sys.exit(f"assemble.py: {path.name} has a text of several lines, which must stay as they are")
    return "\n".join(lines)


def policy_hash(text):
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def in_script(text):
    """Returns a JSON text that cannot end the script element around it."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def number(data, at):
    """A LEB128 number of a WebAssembly file, and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def without_names(wasm):
    """The program without its custom sections, which only tools read."""
    kept, at = wasm[:8], 8
    while at < len(wasm):
        size, body = number(wasm, at + 1)
        if wasm[at] != 0:
            kept += wasm[at : body + size]
        at = body + size
    return kept


def packed(data):
    """Packed with LZMA, and 7 bits in each letter. `unpack.js` is the other side."""
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 24, "lc": 3, "lp": 0, "pb": 0,
                "mode": lzma.MODE_NORMAL, "mf": lzma.MF_BT4, "nice_len": 273, "depth": 1000}]
    packed_data = lzma.compress(data, format=lzma.FORMAT_RAW, filters=filters)
    bits, count, letters = 0, 0, []
    # Three bytes more, so that the last bits of the data fill a letter.
    for byte in packed_data + b"\0\0\0":
        bits = (bits << 8) | byte
        count += 8
        while count >= 7:
            count -= 7
            letters.append((bits >> count) & 0x7F)
        bits &= (1 << count) - 1
    # HTML turns NUL and CR into other letters, and `<` may begin a tag. Up to U+00FF a browser keeps a letter as a byte.
    return "".join(chr(0x80 + letter) if letter in (0, 0x0D, 0x3C) else chr(letter) for letter in letters)


def main():
    wasm, out = Path(sys.argv[1]), Path(sys.argv[2])
    lessons = [lesson(path) for path in sorted((ROOT / "docs" / "tutorial").glob("[0-9]*.md"))]
    program = without_names(wasm.read_bytes())
    first = json.loads((PAGE / "first.json").read_text(encoding="utf-8"))
    contents = {"lessons": lessons, "first": first, "size": len(program)}
    style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    script = "\n".join(bare(path) for path in SCRIPTS)
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
        "program": packed(program),
    }.items():
        if page.count(f"@{name}@") != 1:
            sys.exit(f"assemble.py: page.html does not have @{name}@ once")
        page = page.replace(f"@{name}@", text)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(page.encode())
    size = out.stat().st_size
    print(f"{out}: {size:,} bytes")
    if size > BYTES_MAX:
        sys.exit(f"assemble.py: the page has more than {BYTES_MAX:,} bytes")


if __name__ == "__main__":
    main()
