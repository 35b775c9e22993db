#!/usr/bin/env python3
"""screenshots.py BUILT OUT: opens pages of the guide in headless Chromium, at the width of a desktop
and of a phone, light and dark, and saves what is seen as PNG into the folder OUT.

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
# A window of Chromium is at least 500 pixels wide: a phone is a frame in it.
WIDTHS = {"desktop": 1280, "phone": 390}
HEIGHT = 2400

# Measures the page, when its fonts and scripts have been loaded.
MEASURE = """<script>addEventListener('load', () => setTimeout(() => {
  const wide = [...document.querySelectorAll('pre code')].filter(code => code.scrollWidth > code.clientWidth + 1);
  const pictures = [...document.querySelectorAll('.picture svg')].map(svg => svg.getBoundingClientRect());
  const measured = {
    page: document.documentElement.scrollWidth, window: innerWidth, text: document.body.innerText.length,
    code: wide.map(code => code.innerText.slice(0, 60)), empty: pictures.filter(box => box.height < 50).length,
  };
  parent.document.documentElement.dataset.measured = JSON.stringify(measured);
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


def look_at(browser, profile, built, page, name, out):
    """What is wrong with a page at this width."""
    width = WIDTHS[name]
    dark = page == PAGES[-1]
    copy = built / f"measured-{page}"
    frame = built / f"frame-{page}"
    text = (built / page).read_text(encoding="utf-8")
    copy.write_text(text.replace("</body>", MEASURE + "</body>"), encoding="utf-8")
    frame.write_text(
        f'<!doctype html><html><body style="margin:0"><iframe src="{copy.name}" width="{width}" height="{HEIGHT}" '
        'style="border:0;display:block"></iframe></body></html>', encoding="utf-8")
    try:
        size = f"--window-size={max(width, 500)},{HEIGHT}"
        picture = out / f"{page.removesuffix('.html')}-{name}.png"
        run(browser, profile, dark, frame.as_uri(), size, f"--screenshot={picture}")
        dom = run(browser, profile, dark, frame.as_uri(), size, "--dump-dom")
    finally:
        copy.unlink()
        frame.unlink()
    found = re.search(r'data-measured="([^"]*)"', dom)
    if not found:
        yield f"{page} was not measured"
        return
    measured = json.loads(unescape(found[1]))
    if measured["page"] > measured["window"]:
        yield f"{page} is {measured['page']} pixels wide on a {name}, which has {measured['window']}"
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
        problems = [
            problem for page in PAGES for name in WIDTHS
            for problem in look_at(browser, profile, built, page, name, out)
        ]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(PAGES) * len(WIDTHS)} screenshots in {out}, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
