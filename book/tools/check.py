#!/usr/bin/env python3
"""check.py BUILT: what is wrong with the guide that mdbook has built into the folder BUILT, and with the
links of the other documents.

- A link leads to a page or file that exists, and to a place on it that exists. (What is on other
  hosts is not looked for.)
- No wildcard of a test is seen by a reader.
- Code fits the column.
- The page on troubleshooting has every text of an error of the library.
"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent.parent

# How many characters of code fit beside the table of contents on a screen of 1280 pixels.
WIDTH = 110

# What mdbook makes beside the pages.
NO_PAGES = {"404.html", "index.html", "print.html", "toc.html"}


class Page(HTMLParser):
    """Links, places and blocks of code of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places, self.blocks = [], set(), []
        self.hidden, self.block, self.depth, self.replayed = None, None, 0, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.places.add(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        if tag == "img" and "src" in attrs:
            self.links.append(attrs["src"])
        if tag == "pre":
            self.block, self.replayed = [], True
        if tag == "code" and self.block is not None:
            language = attrs.get("class", "language-text")
            self.replayed = "language-console" in language or "language-text" in language
        if self.block is not None and tag == "span":
            self.depth += 1
            if self.hidden is None and "boring" in attrs.get("class", ""):
                self.hidden = self.depth

    def handle_endtag(self, tag):
        if tag == "pre" and self.block is not None:
            self.blocks.append((self.replayed, "".join(self.block)))
            self.block, self.depth, self.hidden = None, 0, None
        if self.block is not None and tag == "span":
            if self.hidden == self.depth:
                self.hidden = None
            self.depth -= 1

    def handle_data(self, data):
        if self.block is not None and self.hidden is None:
            self.block.append(data)


def problems_of(built):
    """What is wrong with the pages of a built guide."""
    pages = {path.name: Page(path.read_text(encoding="utf-8")) for path in sorted(built.glob("*.html"))}
    for name, page in pages.items():
        if name in NO_PAGES:
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = unquote(parts.path) or name
            if not (built / target).exists():
                yield f"{name}: a link leads to {link}, which does not exist"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{name}: a link leads to {link}: there is no such place on that page"
        for replayed, line in ((replayed, line) for replayed, block in page.blocks for line in block.split("\n")):
            if replayed and ("[..]" in line or re.fullmatch(r"\? \d+|\.\.\.", line)):
                yield f"{name}: the wildcard of a test is seen: {line}"
            if len(line) > WIDTH:
                yield f"{name}: {len(line)} characters are more than the {WIDTH} that fit the column: {line}"


def outside_of_code(text):
    """A Markdown text without its blocks and spans of code."""
    text = re.sub(r"^(```+).*?^\1$", "", text, flags=re.S | re.M)
    return re.sub(r"(`+)[^`].*?\1", "", text, flags=re.S)


def problems_of_documents():
    """Links of the Markdown files that are not pages of the guide."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=PROJECT, check=True, capture_output=True, text=True)
    for name in listed.stdout.split():
        if name.startswith("book/src/"):
            continue
        path = PROJECT / name
        for link in re.findall(r"\]\(([^)\s]+)\)", outside_of_code(path.read_text(encoding="utf-8"))):
            parts = urlsplit(link)
            if not parts.scheme and parts.path and not (path.parent / unquote(parts.path)).exists():
                yield f"{name}: a link leads to {link}, which does not exist"


def texts_of_errors(source):
    """Of each error of a Rust file, its longest piece without values."""
    for found in re.finditer(r'#\[error\(\s*"((?:[^"\\]|\\.|\\\n)*)"', source):
        text = re.sub(r"\\\n\s*", "", found[1]).replace('\\"', '"')
        yield text, max(re.split(r"\{[^}]*\}", text), key=len).strip(" :;,().")


def problems_of_errors():
    """Errors that the page on troubleshooting does not have."""
    page = (PROJECT / "book/src/troubleshooting.md").read_text(encoding="utf-8")
    for crate in ("aemp-actor", "aemp-transport"):
        for path in sorted((PROJECT / crate / "src").rglob("*.rs")):
            for text, piece in texts_of_errors(path.read_text(encoding="utf-8")):
                # A few words are enough: what follows may be left out.
                if len(piece) >= 4 and piece[:28] not in page:
                    yield f"{path.relative_to(PROJECT)}: book/src/troubleshooting.md does not have the error: {text}"


def main():
    built = Path(sys.argv[1])
    problems = [*problems_of(built), *problems_of_documents(), *problems_of_errors()]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(list(built.glob('*.html'))) - len(NO_PAGES)} pages, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
