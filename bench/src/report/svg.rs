//! A picture as text: shapes and words, readable on light and on dark ground.

use std::fmt::Write;

/// Colours by class, for light and for dark: `b` the ground, of which a picture has its own, for it cannot
/// know what page it is on, `t` text, `q` quiet text, `g` grid, `o` ours, `f` floor, `p`
/// others, `l0` to `l2` lines.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif}.b{fill:#fff}.t{fill:#1f2328}.q{fill:#59636e}.g{stroke:#d1d9e0}\
.o{fill:#c2410c}.f{fill:#8c959f}.p{fill:#5b8def}.l{fill:none;stroke-width:2}\
.l0{stroke:#c2410c}.l1{stroke:#2563eb}.l2{stroke:#15803d}.k0{fill:#c2410c}.k1{fill:#2563eb}.k2{fill:#15803d}\
@media(prefers-color-scheme:dark){.b{fill:#0d1117}.t{fill:#f0f6fc}.q{fill:#9198a1}.g{stroke:#3d444d}\
.o{fill:#fb923c}.f{fill:#656c76}.p{fill:#4c7bd9}\
.l0{stroke:#fb923c}.l1{stroke:#60a5fa}.l2{stroke:#4ade80}.k0{fill:#fb923c}.k1{fill:#60a5fa}.k2{fill:#4ade80}}";

/// One that is being drawn.
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// An empty one, with a title that is also told to those who cannot see it.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        let title = escaped(title);
        let mut text = String::new();
        // Writing to a string cannot fail; so it is below.
        let _ = write!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n"
        );
        let mut svg = Self { text };
        svg.rect("b", (0.0, 0.0), width, height);
        svg
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), width: f64, height: f64) {
        let _ = writeln!(
            self.text,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" rx=\"2\"/>"
        );
    }

    /// Words that begin (`start`), end (`end`) or have their middle (`middle`) at a point.
    pub(super) fn words(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, words: &str) {
        let words = escaped(words);
        let _ = writeln!(
            self.text,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
        );
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(
            self.text,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ =
            writeln!(self.text, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        let _ =
            writeln!(self.text, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::Svg;

    #[test]
    fn words_are_no_markup() {
        let mut svg = Svg::new(10.0, 10.0, "a \"b\" & c");
        svg.words("t", (1.0, 2.0), "start", "1 < 2");
        let text = svg.finish();
        assert!(text.contains("aria-label=\"a &quot;b&quot; &amp; c\""));
        assert!(text.contains(">1 &lt; 2</text>") && text.ends_with("</svg>\n"));
    }
}
