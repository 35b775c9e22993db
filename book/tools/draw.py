#!/usr/bin/env python3
"""Draws the pictures of the guide: python3 book/tools/draw.py

Lines and words have the colour of the text around them, in the guide and wherever else the picture
is shown: it has to be readable on light and on dark grounds.
"""

from pathlib import Path

PICTURES = Path(__file__).resolve().parent.parent / "src" / "pictures"

BLUE, GREEN, RED, ORANGE = "#3f8fd2", "#3fa06a", "#d0564b", "#c98a2b"

HEAD = """<svg class="aemp-picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-label="{title}" font-family="system-ui, sans-serif" font-size="14" color="#24292f">
<style>@media (prefers-color-scheme: dark) {{ img, .aemp-picture {{ color: #dde3ea; }} }}</style>
"""


class Picture:
    """What is drawn, from the back to the front."""

    def __init__(self, name, title, width, height):
        self.name, self.out = name, [HEAD.format(title=title, width=width, height=height)]

    def add(self, text):
        self.out.append(text + "\n")

    def box(self, x, y, width, height, *words, colour="currentColor", dashed=False, round=8, small=()):
        """A box with lines of words in its middle; those of `small` are smaller, and below."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.add(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{round}" fill="{colour}" '
            f'fill-opacity="0.09" stroke="{colour}" stroke-width="1.5"{dash}/>')
        middle = y + height / 2 - (len(words) + len(small) - 1) * 8.5 + 5
        for line in words:
            self.text(x + width / 2, middle, line, weight=600)
            middle += 17
        for line in small:
            self.text(x + width / 2, middle, line, size=12.5)
            middle += 17

    def area(self, x, y, width, height, title):
        """The ground of a node, with its name above."""
        self.add(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12" fill="none" '
            'stroke="currentColor" stroke-opacity="0.55" stroke-dasharray="2 4" stroke-width="1.5"/>')
        self.text(x + 14, y + 22, title, anchor="start", weight=700)

    def text(self, x, y, words, anchor="middle", size=14, weight=400, colour="currentColor", mono=False):
        words = words.replace("&", "&amp;").replace("<", "&lt;")
        family = ' font-family="ui-monospace, monospace"' if mono else ""
        self.add(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
            f'fill="{colour}"{family}>{words}</text>')

    def arrow(self, *points, colour="currentColor", dashed=False, label=None, at=None, anchor="middle", both=False):
        """A line through these points with a head at its end."""
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        path = "M" + " L".join(f"{x} {y}" for x, y in points)
        self.add(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        self.head(points[-2], points[-1], colour)
        if both:
            self.head(points[1], points[0], colour)
        if label:
            self.text(*at, label, anchor=anchor, size=12.5, colour=colour)

    def head(self, before, end, colour):
        (x0, y0), (x1, y1) = before, end
        length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1)
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        left = (x1 - 10 * dx + 5 * dy, y1 - 10 * dy - 5 * dx)
        right = (x1 - 10 * dx - 5 * dy, y1 - 10 * dy + 5 * dx)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in ((x1, y1), left, right))
        self.add(f'<polygon points="{points}" fill="{colour}"/>')

    def line(self, a, b, colour="currentColor", dashed=False, width=1.5, opacity=0.6):
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        self.add(
            f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}" stroke="{colour}" stroke-width="{width}" '
            f'stroke-opacity="{opacity}"{dash}/>')

    def between(self, a, b, width=90, height=40, **style):
        """A line between two boxes of this size with these middles, from edge to edge."""
        dx, dy = b[0] - a[0], b[1] - a[1]
        part = min(width / 2 / abs(dx) if dx else 1, height / 2 / abs(dy) if dy else 1)
        start, end = (a[0] + part * dx, a[1] + part * dy), (b[0] - part * dx, b[1] - part * dy)
        self.line(tuple(round(x, 1) for x in start), tuple(round(x, 1) for x in end), **style)

    def save(self):
        (PICTURES / f"{self.name}.svg").write_text("".join(self.out) + "</svg>\n", encoding="utf-8")


def overview():
    p = Picture("overview", "Ports on three nodes send messages and monitor each other", 760, 300)
    p.area(20, 20, 220, 180, "node alpha")
    p.area(520, 20, 220, 180, "node beta")
    p.box(50, 75, 160, 50, "Queue", small=("a struct",), colour=BLUE)
    p.box(50, 138, 160, 46, "closure", colour=BLUE)
    p.box(550, 75, 160, 50, "Worker", small=("alive",), colour=GREEN)
    p.box(550, 138, 160, 46, "Worker", small=("panicked",), colour=RED)
    p.arrow((210, 90), (550, 90), colour=BLUE, label='("run", job)', at=(380, 82))
    p.arrow((550, 110), (210, 110), colour=GREEN, label="answer", at=(380, 128))
    p.arrow((550, 165), (300, 165), (300, 116), (212, 116), colour=RED, dashed=True)
    p.text(380, 182, "monitor fires, once: die: panicked", size=12.5, colour=RED)
    p.box(290, 232, 180, 52, "a node in Python", small=("or Perl, or a shell",))
    p.arrow((290, 258), (130, 258), (130, 204), both=True)
    p.arrow((470, 258), (630, 258), (630, 204), both=True)
    p.save()


def message_path():
    p = Picture("message-path", "The way of a message within a node and between two nodes", 760, 400)
    p.area(10, 10, 330, 380, "node alpha")
    p.area(420, 10, 330, 380, "node beta")
    p.box(35, 50, 130, 48, "sender", small=("a port, or main",), colour=BLUE)
    p.box(200, 50, 125, 48, "mailbox", small=("bounded",))
    p.box(200, 130, 125, 48, "port", small=("one at a time",), colour=GREEN)
    p.arrow((165, 74), (198, 74), colour=BLUE)
    p.arrow((262, 98), (262, 128))
    p.text(37, 122, "typed, same node:", size=12.5, anchor="start")
    p.text(37, 139, "the values are moved,", size=12.5, anchor="start")
    p.text(37, 156, "nothing is encoded", size=12.5, anchor="start")
    p.box(35, 215, 130, 48, "encode", small=("once",), colour=ORANGE)
    p.arrow((100, 162), (100, 213), colour=BLUE, label="by ID", at=(108, 192), anchor="start")
    p.box(35, 300, 130, 56, "send queue", small=("bounded in bytes",))
    p.arrow((100, 263), (100, 298))
    p.box(200, 300, 125, 56, "writer", small=("large writes",))
    p.arrow((165, 328), (198, 328))
    p.box(435, 300, 130, 56, "reader", small=("cuts packets",))
    p.arrow((325, 328), (433, 328), colour=ORANGE, label="TCP, QUIC", at=(380, 318))
    p.text(380, 348, "encrypted", size=12.5)
    p.box(435, 215, 130, 48, "mailbox", small=("still encoded",))
    p.arrow((500, 300), (500, 265))
    p.box(435, 130, 130, 48, "decode", small=("in the port's task",), colour=ORANGE)
    p.arrow((500, 215), (500, 180))
    p.box(435, 50, 130, 48, "port", small=("one at a time",), colour=GREEN)
    p.arrow((500, 130), (500, 100))
    p.text(585, 72, "An overflow of a", size=12.5, anchor="start")
    p.text(585, 89, "mailbox kills its port,", size=12.5, anchor="start")
    p.text(585, 106, "one of a queue ends", size=12.5, anchor="start")
    p.text(585, 123, "the connection: both", size=12.5, anchor="start")
    p.text(585, 140, "with the reason", size=12.5, anchor="start")
    p.text(585, 157, "overflow", size=12.5, anchor="start", weight=700)
    p.save()


def mailbox_life():
    p = Picture("mailbox-life", "The life of a port: waiting, handling, dead", 760, 330)
    p.box(30, 40, 150, 60, "spawned", small=("its ID is valid",), colour=BLUE)
    p.box(300, 40, 160, 60, "waiting", small=("without a task",), colour=GREEN)
    p.box(575, 40, 165, 60, "handling", small=("one message at a time",), colour=GREEN)
    p.arrow((180, 70), (298, 70))
    p.arrow((460, 58), (573, 58), label="a message comes", at=(517, 48))
    p.arrow((575, 84), (462, 84), label="mailbox empty", at=(517, 104))
    p.box(300, 190, 160, 56, "dead", small=("the ID is never reused",), colour=RED)
    p.arrow((380, 100), (380, 188), colour=RED)
    p.text(370, 136, "kil: after what was sent before", size=12.5, anchor="end", colour=RED)
    p.text(370, 153, "overflow, shutdown: at once", size=12.5, anchor="end", colour=RED)
    p.arrow((655, 100), (655, 218), (462, 218), colour=RED)
    p.text(645, 152, "stop, Err(Die), a panic,", size=12.5, anchor="end", colour=RED)
    p.text(645, 169, "kil_now, handler_timeout", size=12.5, anchor="end", colour=RED)
    p.box(30, 190, 180, 56, "monitors fire", small=("once, with the reason",), colour=ORANGE)
    p.arrow((300, 218), (212, 218), colour=ORANGE)
    p.box(30, 268, 700, 46, "what is sent to it from now on is lost, and counted", dashed=True)
    p.save()


def mesh():
    p = Picture("mesh", "A mesh of nodes, and two private nodes that talk through a hub", 760, 350)
    nodes = {"seed": (230, 60), "one": (390, 150), "two": (330, 290), "three": (130, 290), "four": (70, 150)}
    names = list(nodes)
    for number, a in enumerate(names):
        for b in names[number + 1:]:
            p.between(nodes[a], nodes[b])
    for name, (x, y) in nodes.items():
        p.box(x - 45, y - 20, 90, 40, name, colour=BLUE if name == "seed" else GREEN)
    p.text(230, 26, "Everybody is connected to everybody", size=13)
    hub, left, right = (600, 110), (500, 270), (690, 270)
    p.between(left, hub)
    p.between(right, hub)
    p.arrow((545, 282), (640, 282), colour=ORANGE, dashed=True, both=True)
    p.text(592, 306, "through the hub, with the", size=12.5, colour=ORANGE)
    p.text(592, 323, "whole delivery contract", size=12.5, colour=ORANGE)
    p.box(hub[0] - 45, hub[1] - 20, 90, 40, "hub", colour=BLUE)
    p.box(left[0] - 45, left[1] - 20, 90, 40, "laptop", dashed=True)
    p.box(right[0] - 45, right[1] - 20, 90, 40, "job", dashed=True)
    p.text(600, 60, "Nodes that cannot dial each other:", size=13)
    p.text(600, 78, "private, NAT, firewalls", size=13)
    p.save()


def supervision():
    p = Picture("supervision-tree", "A queue that monitors its workers on two machines", 760, 310)
    p.area(250, 10, 260, 100, "node alpha")
    p.box(300, 45, 160, 50, "Queue", small=("keeps every job",), colour=BLUE)
    p.area(30, 170, 330, 125, "node beta")
    p.area(400, 170, 330, 125, "node gamma")
    workers = [(60, GREEN, "runs job 1"), (210, GREEN, "runs job 2"), (440, GREEN, "runs job 3"), (580, RED, "dies")]
    for x, colour, what in workers:
        p.box(x, 215, 120, 56, "Worker", small=(what,), colour=colour)
    p.arrow((340, 95), (120, 213), colour=BLUE)
    p.arrow((360, 95), (270, 213), colour=BLUE)
    p.arrow((445, 95), (550, 213), colour=BLUE)
    p.arrow((625, 215), (625, 70), (462, 70), colour=RED, dashed=True)
    p.text(635, 120, "the monitor fires:", size=12.5, anchor="start", colour=RED)
    p.text(635, 137, "its job is waiting", size=12.5, anchor="start", colour=RED)
    p.text(635, 154, "again", size=12.5, anchor="start", colour=RED)
    p.save()


def connection():
    p = Picture("connection-states", "The states of a connection: known, connecting, up, falling", 760, 320)
    p.box(40, 60, 150, 60, "known", small=("nothing is wanted",))
    p.box(305, 60, 150, 60, "connecting", small=("messages wait",), colour=ORANGE)
    p.box(570, 60, 150, 60, "up", small=("messages flow",), colour=GREEN)
    p.box(305, 220, 150, 60, "falling", small=("monitors are firing",), colour=RED)
    p.arrow((190, 90), (303, 90))
    p.text(247, 64, "send, monitor,", size=12.5)
    p.text(247, 80, "seed, mesh", size=12.5)
    p.arrow((455, 90), (568, 90), colour=GREEN, label="handshake", at=(512, 80))
    p.arrow((380, 120), (380, 218), colour=RED)
    p.text(390, 162, "connect_timeout:", size=12.5, anchor="start", colour=RED)
    p.text(390, 179, "transport_error, or auth_error", size=12.5, anchor="start", colour=RED)
    p.arrow((645, 120), (645, 250), (457, 250), colour=RED)
    p.text(635, 222, "closed, silent, or restarted", size=12.5, anchor="end", colour=RED)
    p.text(635, 270, "queue full: overflow", size=12.5, anchor="end", colour=RED)
    p.arrow((305, 250), (115, 250), (115, 122))
    p.text(210, 222, "all have fired: what is", size=12.5)
    p.text(210, 239, "sent now dials anew", size=12.5)
    p.arrow((80, 60), (80, 26), (645, 26), (645, 58), dashed=True)
    p.text(362, 18, "the other node dials", size=12.5)
    p.save()


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for draw in (overview, message_path, mailbox_life, mesh, supervision, connection):
        draw()
