"""Tests of the guide's tools: python3 -m unittest discover -s book/tools"""

import tempfile
import unittest
from pathlib import Path

import check
import preprocess


class Preprocessing(unittest.TestCase):
    def shown(self, text):
        return preprocess.page(text).split("\n")

    def test_wildcards_and_exit_codes_are_not_shown(self):
        text = "```console\n$ aemp check\n? 5\n...\n[..]config.json: x\n...\nend\n...\n\n```"
        expected = ["```console", "$ aemp check", "~/.config/aemp/config.json: x", "…", "end", "```"]
        self.assertEqual(self.shown(text), expected)

    def test_a_second_terminal_is_a_console(self):
        self.assertEqual(self.shown("```console,beside\n$ a\n```")[0], "```console")

    def test_code_stays_as_it_is(self):
        text = "```rust\nlet all = [..];\n? 1\n...\n```\n\n..."
        self.assertEqual("\n".join(self.shown(text)), text)

    def test_every_picture_of_the_guide_is_one_block_of_html(self):
        for file in (preprocess.SOURCES / "pictures").glob("*.svg"):
            shown = self.shown(f"![what it shows](pictures/{file.name})")
            self.assertTrue(shown[1].startswith("<svg"), file.name)
            self.assertNotIn("", shown)
            self.assertIn("<figcaption>what it shows</figcaption>", shown)


class Checking(unittest.TestCase):
    def problems(self, **pages):
        with tempfile.TemporaryDirectory() as folder:
            for name, body in pages.items():
                (Path(folder) / f"{name}.html").write_text(body, encoding="utf-8")
            return list(check.problems_of(Path(folder)))

    def test_what_is_right(self):
        wide = "x" * check.WIDTH
        one = f'<h2 id="top">t</h2><a href="#top">a</a><a href="two.html#b">c</a><pre>{wide}</pre>'
        self.assertEqual(self.problems(one=one, two='<a id="b" href="https://x.y/z">t</a>'), [])

    def test_links_that_lead_nowhere(self):
        self.assertIn("three.html, which does not exist", self.problems(one='<a href="three.html">a</a>')[0])
        self.assertIn("no such place", self.problems(one='<a href="#top">a</a>')[0])

    def test_wildcards(self):
        for line in ("beta#[..]", "? 1", "..."):
            self.assertIn("wildcard", self.problems(one=f"<pre>$ a\n{line}\n</pre>")[0])
            rust = f'<pre><code class="language-rust">{line}</code></pre>'
            self.assertEqual(self.problems(one=rust), [])

    def test_code_that_is_too_wide(self):
        wide = "x" * (check.WIDTH + 1)
        self.assertIn("fit the column", self.problems(one=f"<pre>{wide}</pre>")[0])
        self.assertEqual(self.problems(one=f'<pre>a<span class="boring">{wide}</span></pre>'), [])

    def test_texts_of_errors_are_found(self):
        source = '#[error("no {port} is \\\n    here: {0}")]\nA,\n#[error(\n    "{0}: a \\"b\\" {x:?}"\n)]'
        self.assertEqual(
            list(check.texts_of_errors(source)),
            [("no {port} is here: {0}", "is here"), ('{0}: a "b" {x:?}', 'a "b"')])
