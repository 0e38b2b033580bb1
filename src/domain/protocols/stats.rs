//! Averages, ranks and resampling.
//! Knows: numbers, dice. Never: what the numbers are of.

use serde::Serialize;

use crate::domain::dice::Dice;

/// How often a sample is drawn again for an interval.
const RESAMPLES: usize = 400;
/// Intervals are drawn with dice of their own, so that they are the same in every run.
const RESAMPLE_SEED: u64 = 0x5EED;

/// A 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// 2.5% of resamples lie below.
    pub low: f64,
    /// 2.5% of resamples lie above.
    pub high: f64,
}

/// The mean; NaN of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The variance of a sample; NaN of fewer than two.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// The value at rank `q`, `0.0..=1.0`; NaN of nothing.
pub(super) fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Difference of two means in pooled standard deviations (Cohen's d).
pub(super) fn effect(a: &[f64], b: &[f64]) -> f64 {
    (mean(a) - mean(b)) / ((variance(a) + variance(b)) / 2.0).sqrt()
}

/// Spearman's rank correlation.
pub(super) fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(&b).map(|(x, y)| f(x - mean_a, y - mean_b)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// Ranks from 1; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |x: &f64| {
        let below = values.iter().filter(|y| *y < x).count() as f64;
        let equal = values.iter().filter(|y| *y == x).count() as f64;
        below + (equal + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

/// The 95% interval of `statistic` over `units` drawn again with replacement.
pub(super) fn bootstrap<T>(units: &[T], statistic: impl Fn(&[&T]) -> f64) -> Interval {
    let mut dice = Dice::new(RESAMPLE_SEED);
    let mut drawn: Vec<&T> = Vec::with_capacity(units.len());
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.clear();
        drawn.extend((0..units.len()).map(|_| &units[dice.below(units.len())]));
        values.push(statistic(&drawn));
    }
    values.retain(|value| !value.is_nan());
    Interval { low: quantile(&values, 0.025), high: quantile(&values, 0.975) }
}

/// The 95% interval of a mean.
pub(super) fn interval_of_mean(values: &[f64]) -> Interval {
    bootstrap(values, |drawn| drawn.iter().copied().sum::<f64>() / drawn.len() as f64)
}

/// The area under the curve: how likely a value of `a` is above one of `b`, ties by half.
pub(super) fn area_under_curve(a: &[f64], b: &[f64]) -> f64 {
    let wins =
        |x: &f64| b.iter().map(|y| if x > y { 1.0 } else { f64::from(u8::from(x == y)) / 2.0 }).sum::<f64>();
    a.iter().map(wins).sum::<f64>() / (a.len() * b.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} for {b}");
    }

    #[test]
    fn averages_and_ranks_are_the_textbook_s() {
        near(mean(&[1.0, 2.0, 6.0]), 3.0);
        near(variance(&[1.0, 2.0, 6.0]), 7.0);
        near(quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        near(quantile(&[0.0, 10.0], 0.25), 2.5);
        near(effect(&[2.0, 4.0], &[0.0, 2.0]), 2.0 / 2.0f64.sqrt());
        near(rank_correlation(&[1.0, 2.0, 3.0], &[10.0, 20.0, 15.0]), 0.5);
        near(rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        near(area_under_curve(&[2.0, 3.0], &[1.0, 2.0]), 0.875);
        assert!(mean(&[]).is_nan() && quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn an_interval_holds_the_mean_and_narrows_with_more_values() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 10)).collect();
        let (few, many) = (interval_of_mean(&values[..40]), interval_of_mean(&values));
        for interval in [few, many] {
            assert!(interval.low < 4.5 && 4.5 < interval.high, "{interval:?}");
        }
        assert!(many.high - many.low < (few.high - few.low) / 2.0);
        assert_eq!(few, interval_of_mean(&values[..40]));
        assert_eq!(interval_of_mean(&[1.0, 1.0]), Interval { low: 1.0, high: 1.0 });
    }
}
