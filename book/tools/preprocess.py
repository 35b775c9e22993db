#!/usr/bin/env python3
"""What the guide's pages need between their sources and mdbook: run by mdbook, as a preprocessor.

- Console sessions are replayed by tests, with wildcards for what differs each time. Readers see a
  value in place of each wildcard (`EXAMPLES`), and no exit codes.
- Pictures are set into the page, so that they take the colours of the theme.
"""

import json
import re
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src"

# What stands in place of a wildcard `[..]`: the first pattern that matches counts. The last one is
# an ellipsis, for what is left out because it does not matter.
EXAMPLES = [
    (r"RTT\[\.\.\]QUEUE", "RTT     QUEUE"),
    (r"127\.0\.0\.1:\[\.\.\]  0 ", "127.0.0.1:41873  0.29ms  0 "),
    (r"127\.0\.0\.1:\[\.\.\]", "127.0.0.1:41873"),
    (r"listens on \[\.\.\]", "listens on 127.0.0.1:41873"),
    (r'"(last|smoothed)": \[\.\.\]', r'"\1": 0.00029'),
    (r"^beta#\[\.\.\]$", "beta#Q7pXk2.1"),
    (r"\b(\w+)#\[\.\.\]", r"\1#Q7pXk2.1"),
    (r'"name":"\[\.\.\]"', '"name":"k2wEu4.1"'),
    (r"\[\.\.\]config\.json", "~/.config/aemp/config.json"),
    (r"\[\.\.\]", "…"),
]

FENCE = re.compile(r"^(```+)(.*)$")
PICTURE = re.compile(r"^!\[(?P<title>[^\]]*)\]\((?P<file>pictures/[\w-]+\.svg)\)$")


def session(lines):
    """The lines of a console block as a reader is to see them."""
    shown = []
    for line in lines:
        if re.fullmatch(r"\? \d+", line):
            continue
        if line == "...":
            line = "…"
        for pattern, example in EXAMPLES:
            line = re.sub(pattern, example, line)
        shown.append(line)
    while shown and shown[-1] in ("", "…"):
        shown.pop()
    # Nothing is left out between a command and an ellipsis that begins its output.
    return [
        line for number, line in enumerate(shown)
        if line != "…" or not shown[number - 1].startswith(("$ ", "> "))
    ]


def picture(title, file, folder):
    """The picture itself: one block of HTML, without empty lines."""
    svg = (folder / file).read_text(encoding="utf-8")
    svg = re.sub(r"<\?xml.*?\?>|<!--.*?-->|\n\s*\n", lambda found: "\n" if found[0].isspace() else "", svg, flags=re.S)
    lines = [line.strip() for line in svg.splitlines() if line.strip()]
    return ['<figure class="picture">', *lines, f"<figcaption>{title}</figcaption>", "</figure>"]


def page(text):
    """A page of the guide, as mdbook is to render it."""
    out, block, fence, kind = [], [], None, ""
    for line in text.split("\n"):
        found = FENCE.match(line)
        if fence is None and found:
            fence, kind = found[1], found[2]
            # mdbook takes what stands behind a comma for classes.
            out.append(line.replace("console,beside", "console"))
        elif fence is not None and line == fence:
            out += session(block) if kind.startswith(("console", "text")) else block
            out.append(line)
            fence, block = None, []
        elif fence is not None:
            block.append(line)
        elif shown := PICTURE.match(line):
            out += picture(shown["title"], shown["file"], SOURCES)
        else:
            out.append(line)
    return "\n".join(out)


def pages(items):
    """All pages below these items of mdbook's book."""
    for item in items:
        if isinstance(item, dict) and "Chapter" in item:
            chapter = item["Chapter"]
            chapter["content"] = page(chapter["content"])
            pages(chapter["sub_items"])


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    pages(book.get("items") or book.get("sections"))
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
