//! What a measurement has shown, and what many have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Values by the name of what was measured.
pub(crate) type Figures = BTreeMap<String, f64>;

/// The values of several rounds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Rounds {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) rounds: usize,
}

impl Rounds {
    /// Of these values; `None` of none.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let median = median(&values);
        Some(Self { median, least, most, rounds: values.len() })
    }
}

/// The middle of sorted values: of an even number, the mean of the two in the middle.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// What is not exceeded by `share` of the values, which are put in order.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{Rounds, quantile};

    #[test]
    fn the_median_is_in_the_middle() {
        let odd = Rounds::of(vec![9.0, 1.0, 3.0]).expect("there are some");
        assert_eq!((odd.least, odd.median, odd.most), (1.0, 3.0, 9.0));
        let even = Rounds::of(vec![4.0, 2.0]).expect("there are some");
        assert_eq!((even.median, even.rounds), (3.0, 2));
        assert!(Rounds::of(Vec::new()).is_none());
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&mut values, 0.99), 99.0);
        assert_eq!(quantile(&mut values, 0.5), 50.0);
    }
}
