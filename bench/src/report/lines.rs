//! A line for each operation, over numbers of several orders of magnitude.

use std::collections::BTreeMap;

use super::svg::Svg;
use crate::growth::{Line, Plot, ratio};
use crate::suite::Unit;

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 660.0;
const BOTTOM: f64 = 270.0;
/// Below the title and a line of the key for each line.
const TOP: f64 = 44.0;
const KEY: f64 = 18.0;

/// The chart of one plot. Both axes are logarithmic: a cost that does not grow is a level line.
pub(super) fn chart(plot: &Plot, lines: &BTreeMap<String, Line>) -> String {
    let top = TOP + KEY * lines.len() as f64;
    let frame = Frame::around(lines, top);
    let mut svg = Svg::new(WIDTH, HEIGHT, plot.title);
    svg.words("t", (8.0, 22.0), "start", plot.title);
    frame.draw(&mut svg);
    svg.words("q", (WIDTH - 8.0, 22.0), "end", "processor time of each operation");
    svg.words("q", (RIGHT, BOTTOM + 40.0), "end", plot.axis);
    for (number, (name, line)) in lines.iter().enumerate() {
        let (stroke, fill) = (format!("l l{}", number % 3), format!("k{}", number % 3));
        let y = TOP + KEY * number as f64;
        svg.rect(&fill, (8.0, y - 9.0), 10.0, 10.0);
        let key = format!("{name}: dearest {:.2} × cheapest", ratio(line));
        svg.words("t", (24.0, y), "start", &key);
        let points: Vec<(f64, f64)> =
            line.iter().map(|(at, cost)| (frame.x(*at as f64), frame.y(*cost))).collect();
        svg.path(&stroke, &points);
        points.iter().for_each(|point| svg.dot(&fill, *point));
    }
    svg.finish()
}

/// Where numbers and costs are: their powers of ten.
struct Frame {
    from: (f64, f64),
    to: (f64, f64),
    top: f64,
}

impl Frame {
    /// Whole powers of ten that hold all points.
    fn around(lines: &BTreeMap<String, Line>, top: f64) -> Self {
        let points =
            lines.values().flatten().map(|(at, cost)| ((*at as f64).log10(), cost.log10()));
        let (mut from, mut to) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for (x, y) in points {
            from = (from.0.min(x.floor()), from.1.min(y.floor()));
            to = (to.0.max(x.ceil()), to.1.max(y.ceil()));
        }
        let above = |from: f64, to: f64| if to > from { to } else { from + 1.0 };
        Self { from, to: (above(from.0, to.0), above(from.1, to.1)), top }
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (at.log10() - self.from.0) / (self.to.0 - self.from.0)
    }

    fn y(&self, cost: f64) -> f64 {
        BOTTOM - (BOTTOM - self.top) * (cost.log10() - self.from.1) / (self.to.1 - self.from.1)
    }

    /// A line and a figure for each power of ten.
    fn draw(&self, svg: &mut Svg) {
        for power in self.from.1 as i32..=self.to.1 as i32 {
            let cost = 10_f64.powi(power);
            let y = self.y(cost);
            svg.line("g", (LEFT, y), (RIGHT, y));
            svg.words("q", (LEFT - 8.0, y + 4.0), "end", &time(cost));
        }
        for power in self.from.0 as i32..=self.to.0 as i32 {
            let at = 10_f64.powi(power);
            svg.words("q", (self.x(at), BOTTOM + 20.0), "middle", &number(at));
        }
    }
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns >= 1e6 => format!("{:.0} ms", ns / 1e6),
        ns if ns >= 1e3 => format!("{:.0} µs", ns / 1e3),
        ns => Unit::Nanoseconds.show(ns),
    }
}

fn number(at: f64) -> String {
    match at {
        n if n >= 1e6 => format!("{:.0} M", n / 1e6),
        n if n >= 1e3 => format!("{:.0} k", n / 1e3),
        n => format!("{n:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{BOTTOM, Frame, LEFT, RIGHT, TOP};
    use crate::growth::Line;

    #[test]
    fn powers_of_ten_are_at_equal_distances() {
        let line = Line::from([(10, 150.0), (1000, 900.0)]);
        let frame = Frame::around(&BTreeMap::from([("tell".to_owned(), line)]), TOP);
        assert_eq!((frame.x(10.0), frame.x(1000.0)), (LEFT, RIGHT));
        assert_eq!(frame.x(100.0), f64::midpoint(LEFT, RIGHT));
        assert_eq!((frame.y(100.0), frame.y(1000.0)), (BOTTOM, TOP));
    }

    #[test]
    fn a_single_point_has_a_frame() {
        let line = Line::from([(10, 100.0)]);
        let frame = Frame::around(&BTreeMap::from([("tell".to_owned(), line)]), TOP);
        assert!(frame.x(10.0).is_finite() && frame.y(100.0).is_finite());
    }
}
