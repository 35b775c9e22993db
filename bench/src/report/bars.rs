//! A bar for each contender.

use std::collections::BTreeMap;

use super::svg::Svg;
use crate::figures::Rounds;
use crate::peers;
use crate::suite::Metric;

const WIDTH: f64 = 680.0;
/// Where the bars begin: names stand before.
const LEFT: f64 = 190.0;
/// The longest bar: figures stand behind.
const LONGEST: f64 = 380.0;
const TOP: f64 = 40.0;
const ROW: f64 = 24.0;

/// The chart of one metric: best first.
pub(super) fn chart(metric: &Metric, values: &BTreeMap<String, Rounds>) -> String {
    let mut rows: Vec<(&str, f64)> =
        values.iter().map(|(name, rounds)| (name.as_str(), rounds.median)).collect();
    rows.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    if metric.unit.more_is_better() {
        rows.reverse();
    }
    let most = rows.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let height = TOP + ROW * rows.len() as f64 + 8.0;
    let mut svg = Svg::new(WIDTH, height, metric.title);
    let better = if metric.unit.more_is_better() { "more is better" } else { "less is better" };
    svg.words("t", (8.0, 22.0), "start", metric.title);
    svg.words("q", (WIDTH - 8.0, 22.0), "end", better);
    for (row, (name, value)) in rows.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        let length = (LONGEST * value / most).max(1.0);
        svg.words("t", (LEFT - 8.0, y + 15.0), "end", name);
        svg.rect(class(metric, name), (LEFT, y + 3.0), length, ROW - 8.0);
        svg.words("q", (LEFT + length + 6.0, y + 15.0), "start", &metric.unit.show(*value));
    }
    svg.finish()
}

fn class(metric: &Metric, name: &str) -> &'static str {
    if name == peers::OURS || name.starts_with("aemp,") {
        "o"
    } else if name == metric.floor || name.starts_with("raw ") {
        "f"
    } else {
        "p"
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::chart;
    use crate::figures::Rounds;
    use crate::suite::METRICS;

    #[test]
    fn the_best_is_first_and_the_longest_fits() {
        let value = |median| Rounds { median, ..Rounds::default() };
        let values =
            BTreeMap::from([("aemp".to_owned(), value(100.0)), ("kameo".to_owned(), value(400.0))]);
        let position =
            |text: &str, name: &str| text.find(&format!(">{name}<")).expect("it is there");
        // The first is a rate, the fifth a time.
        let rate = chart(&METRICS[0], &values);
        assert!(position(&rate, "kameo") < position(&rate, "aemp"));
        let time = chart(&METRICS[4], &values);
        assert!(position(&time, "aemp") < position(&time, "kameo"));
        assert!(rate.contains("width=\"380.0\"") && rate.contains("width=\"95.0\""));
    }
}
