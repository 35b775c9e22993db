#!/usr/bin/env python3
"""screenshots.py BUILT OUT: opens pages of the guide in headless Chromium, at the width of a desktop
and of a phone beside each other, light and dark, and saves what is seen as PNG into the folder OUT.

It fails when a page is wider than its window, when code is wider than its column on a desktop, when
a picture has not been drawn, or when nothing was drawn at all.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from html import unescape
from pathlib import Path

PAGES = ["getting-started.html", "job-healing.html", "tour.html"]
# Each is a frame in one window, which itself is at least 500 pixels wide.
WIDTHS = {"desktop": 1280, "phone": 390}
HEIGHT = 2400

# Measures the page, when its fonts and scripts have been loaded.
MEASURE = """<script>addEventListener('load', () => setTimeout(() => {
  const wide = [...document.querySelectorAll('pre code')].filter(code => code.scrollWidth > code.clientWidth + 1);
  const pictures = [...document.querySelectorAll('.picture svg')].map(svg => svg.getBoundingClientRect());
  // The page scrolls in a box of mdbook's.
  const boxes = [document.documentElement, ...document.querySelectorAll('main, .content')];
  const measured = {
    hidden: Math.max(...boxes.map(box => box.scrollWidth - box.clientWidth)), text: document.body.innerText.length,
    code: wide.map(code => code.innerText.slice(0, 60)), empty: pictures.filter(box => box.height < 50).length,
  };
  parent.document.documentElement.dataset[frameElement.name] = JSON.stringify(measured);
}, 300));</script>"""


def chromium():
    """The name of the browser, where there is one."""
    return next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)


def run(browser, profile, dark, url, *options):
    """What the browser prints."""
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--allow-file-access-from-files", f"--user-data-dir={profile}", "--virtual-time-budget=4000",
        *(["--blink-settings=preferredColorScheme=0"] if dark else []), *options, url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise SystemExit(f"{browser} has failed: {done.stderr[-2000:]}")
    return done.stdout


def look_at(browser, profile, built, page, out):
    """What is wrong with a page: opened at both widths, beside each other."""
    dark = page == PAGES[-1]
    copy = built / f"measured-{page}"
    frame = built / f"frame-{page}"
    text = (built / page).read_text(encoding="utf-8")
    copy.write_text(text.replace("</body>", MEASURE + "</body>"), encoding="utf-8")
    frames = "".join(
        f'<iframe name="{name}" src="{copy.name}" width="{width}" height="{HEIGHT}" style="border:0"></iframe>'
        for name, width in WIDTHS.items())
    frame.write_text(
        f'<!doctype html><html><body style="margin:0;display:flex;gap:20px">{frames}</body></html>', encoding="utf-8")
    size = f"--window-size={sum(WIDTHS.values()) + 20},{HEIGHT}"
    try:
        run(browser, profile, dark, frame.as_uri(), size, f"--screenshot={out / page.replace('.html', '.png')}")
        dom = run(browser, profile, dark, frame.as_uri(), size, "--dump-dom")
    finally:
        copy.unlink()
        frame.unlink()
    for name in WIDTHS:
        found = re.search(f'data-{name}="([^"]*)"', dom)
        if found:
            yield from problems_of(page, name, json.loads(unescape(found[1])))
        else:
            yield f"{page} was not measured on a {name}"


def problems_of(page, name, measured):
    """What is wrong with what was measured."""
    if measured["hidden"] > 1:
        yield f"{page} is {measured['hidden']} pixels too wide for a {name}"
    if measured["text"] < 500:
        yield f"{page} shows {measured['text']} characters only on a {name}"
    if measured["empty"]:
        yield f"{page}: {measured['empty']} pictures are not drawn on a {name}"
    if name == "desktop":
        yield from (f"{page}: code is wider than its column: {code}" for code in measured["code"])


def main():
    built, out = (Path(argument).resolve() for argument in sys.argv[1:3])
    browser = chromium()
    if not browser:
        print("no screenshots are made: there is no Chromium (Debian package chromium)")
        return
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        problems = [problem for page in PAGES for problem in look_at(browser, profile, built, page, out)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(PAGES)} pages, as a desktop and a phone show them, in {out}: {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
