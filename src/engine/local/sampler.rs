//! Which token comes next, given how likely the model finds each.
//! Knows: numbers and a seed. Never: text, what a token means.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::engine::{EngineError, Sampling};

/// A token that was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// The token.
    pub id: u32,
    /// Its log-probability, in nats, by the model alone: before penalty, cuts and temperature.
    pub logprob: f32,
}

/// Draws tokens for one reply.
pub struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
    /// Tokens made less likely, each once; oldest first.
    recent: Vec<u32>,
    candidates: Vec<Candidate>,
}

/// Penalised tokens. Without a limit, a long conversation would penalise all words of a language
/// that are used at all; 256 tokens are about the last ten replies.
const RECENT_TOK: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Candidate {
    logit: f32,
    id: u32,
}

/// Likelier is greater; of equally likely ones the lower number is, so that order is total.
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.logit.total_cmp(&other.logit).then(other.id.cmp(&self.id))
    }
}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Candidate {}

impl Sampler {
    /// A sampler that draws as `sampling` says, from `seed` on.
    pub fn new(sampling: Sampling, seed: u64) -> Self {
        Self { sampling, random: SplitMix64(seed), recent: Vec::new(), candidates: Vec::new() }
    }

    /// Makes `ids` less likely from now on.
    pub fn penalise(&mut self, ids: impl IntoIterator<Item = u32>) {
        for id in ids {
            if !self.recent.contains(&id) {
                self.recent.push(id);
            }
        }
        let excess = self.recent.len().saturating_sub(RECENT_TOK);
        self.recent.drain(..excess);
    }

    /// Draws a token. `logits` has one entry per token and is changed; an entry of minus infinity
    /// is never drawn.
    pub fn draw(&mut self, logits: &mut [f32]) -> Result<Draw, EngineError> {
        let log_total = log_sum_exp(logits)?;
        let raw: Vec<f32> = self.recent.iter().map(|&id| logits[id as usize]).collect();
        self.apply_penalty(logits);
        let id = self.pick(logits);
        let known = self.recent.iter().position(|&other| other == id);
        let logit = known.map_or(logits[id as usize], |at| raw[at]);
        Ok(Draw { id, logprob: logit - log_total })
    }

    fn apply_penalty(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repeat_penalty;
        if penalty > 0.0 && penalty != 1.0 {
            for &id in &self.recent {
                let logit = &mut logits[id as usize];
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    fn pick(&mut self, logits: &[f32]) -> u32 {
        let best = best_of(logits);
        let temperature = self.sampling.temperature;
        if temperature.is_nan() || temperature <= 0.0 {
            return best.id;
        }
        self.collect(logits);
        self.keep_nucleus(best);
        let weight = |c: &Candidate| f64::from((c.logit - best.logit) / temperature).exp();
        let total: f64 = self.candidates.iter().map(weight).sum();
        let mut left = self.random.unit() * total;
        for candidate in &self.candidates {
            left -= weight(candidate);
            if left < 0.0 {
                return candidate.id;
            }
        }
        // Only rounding gets here.
        best.id
    }

    /// The candidates that top-k leaves, in no order.
    fn collect(&mut self, logits: &[f32]) {
        let all = logits.iter().zip(0..).map(|(&logit, id)| Candidate { logit, id });
        let all = all.filter(|c| c.logit > f32::NEG_INFINITY);
        self.candidates.clear();
        match self.sampling.top_k {
            0 => self.candidates.extend(all),
            k => {
                // A heap of the k best: one comparison for nearly every token.
                let mut heap = BinaryHeap::with_capacity(k.min(logits.len()) + 1);
                for candidate in all {
                    if heap.len() < k {
                        heap.push(std::cmp::Reverse(candidate));
                    } else if heap.peek().is_some_and(|worst| candidate > worst.0) {
                        heap.pop();
                        heap.push(std::cmp::Reverse(candidate));
                    }
                }
                self.candidates.extend(heap.into_iter().map(|c| c.0));
            }
        }
    }

    /// Cuts the candidates by top-p and min-p. Both keep a beginning of the sorted order, so that
    /// only as many are sorted as are needed.
    fn keep_nucleus(&mut self, best: Candidate) {
        let relative = |c: &Candidate| (c.logit - best.logit).exp();
        let (top_p, min_p) = (self.sampling.top_p, self.sampling.min_p);
        let mass: f32 = self.candidates.iter().map(relative).sum();
        if min_p > 0.0 {
            self.candidates.retain(|c| relative(c) >= min_p || c == &best);
        }
        if top_p >= 1.0 {
            return;
        }
        let mut sorted = 0;
        let mut cumulated = 0.0;
        let mut step = 64;
        while sorted < self.candidates.len() {
            let rest = &mut self.candidates[sorted..];
            let n = step.min(rest.len());
            if n < rest.len() {
                rest.select_nth_unstable_by(n, |a, b| b.cmp(a));
            }
            rest[..n].sort_unstable_by(|a, b| b.cmp(a));
            for at in sorted..sorted + n {
                cumulated += relative(&self.candidates[at]);
                if cumulated >= top_p * mass {
                    self.candidates.truncate(at + 1);
                    return;
                }
            }
            sorted += n;
            step *= 4;
        }
    }
}

fn best_of(logits: &[f32]) -> Candidate {
    let mut best = Candidate { logit: f32::NEG_INFINITY, id: 0 };
    for (&logit, id) in logits.iter().zip(0..) {
        if logit > best.logit {
            best = Candidate { logit, id };
        }
    }
    best
}

/// Logarithm of the sum of exponentials; refuses what is not a number, or all minus infinity.
pub fn log_sum_exp(logits: &[f32]) -> Result<f32, EngineError> {
    let mut best = f32::NEG_INFINITY;
    let mut valid = true;
    for &logit in logits {
        valid &= !logit.is_nan();
        best = best.max(logit);
    }
    if !valid || !best.is_finite() {
        return Err(EngineError::NotANumber);
    }
    // Below -20 a token adds less than f32 can tell; most of a large vocabulary is there.
    let terms = logits.iter().map(|&logit| logit - best).filter(|&x| x > -20.0);
    let sum: f64 = terms.map(|x| f64::from(x.exp())).sum();
    Ok(best + sum.ln() as f32)
}

/// Sebastiano Vigna's generator: small, and the same on every platform and version.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0.0..1.0`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    const OPEN: Sampling =
        Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, repeat_penalty: 1.0 };

    /// Which tokens come up in 4000 draws, and how often.
    fn counts(sampling: Sampling, logits: &[f32]) -> Vec<usize> {
        let mut counts = vec![0; logits.len()];
        let mut sampler = Sampler::new(sampling, 1);
        for _ in 0..4000 {
            counts[sampler.draw(&mut logits.to_vec()).unwrap().id as usize] += 1;
        }
        counts
    }

    /// The same cuts, the plain way: everything sorted.
    fn by_sorting(sampling: Sampling, logits: &[f32]) -> Vec<u32> {
        let mut all: Vec<_> = logits.iter().zip(0..).map(|(&logit, id)| Candidate { logit, id }).collect();
        all.sort_by(|a, b| b.cmp(a));
        all.truncate(if sampling.top_k == 0 { all.len() } else { sampling.top_k });
        let relative = |c: &Candidate| (c.logit - all[0].logit).exp();
        let mass: f32 = all.iter().map(relative).sum();
        let mut before = 0.0;
        let mut kept = Vec::new();
        for candidate in &all {
            let nucleus = before < sampling.top_p * mass || sampling.top_p >= 1.0;
            if kept.is_empty() || nucleus && relative(candidate) >= sampling.min_p {
                kept.push(candidate.id);
            }
            before += relative(candidate);
        }
        kept.sort_unstable();
        kept
    }

    #[test]
    fn the_cuts_are_those_of_a_full_sort() {
        let mut random = SplitMix64(5);
        let logits: Vec<f32> = (0..5000).map(|_| (random.unit() * 12.0) as f32).collect();
        for (top_k, top_p, min_p) in [
            (40, 0.9, 0.05),
            (0, 0.9, 0.0),
            (0, 0.5, 0.0),
            (0, 1.0, 0.2),
            (1000, 0.97, 0.01),
            (1, 1.0, 0.0),
            (0, 0.0, 0.0),
        ] {
            let sampling = Sampling { top_k, top_p, min_p, ..OPEN };
            let mut sampler = Sampler::new(sampling, 0);
            sampler.collect(&logits);
            sampler.keep_nucleus(best_of(&logits));
            let mut kept: Vec<u32> = sampler.candidates.iter().map(|c| c.id).collect();
            kept.sort_unstable();
            assert_eq!(kept, by_sorting(sampling, &logits), "{top_k} {top_p} {min_p}");
        }
    }

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_likely() {
        let logits = [0.5f32, 0.3, 0.2, 0.0].map(f32::ln);
        let plain = counts(OPEN, &logits);
        assert!(plain.iter().zip([2000, 1200, 800, 0]).all(|(n, due)| n.abs_diff(due) < 100), "{plain:?}");
        assert_eq!(plain[3], 0);
        let cold = counts(Sampling { temperature: 0.5, ..OPEN }, &logits);
        assert!(cold[0].abs_diff(4000 * 25 / 38) < 100, "{cold:?}");
        assert_eq!(counts(Sampling { temperature: 0.0, ..OPEN }, &logits), [4000, 0, 0, 0]);
    }

    #[test]
    fn a_penalty_changes_the_draw_but_not_the_reported_probability() {
        let mut sampler = Sampler::new(Sampling { temperature: 0.0, repeat_penalty: 2.0, ..OPEN }, 0);
        sampler.penalise([0, 0]);
        let draw = sampler.draw(&mut [1.0, 0.9, -5.0]).unwrap();
        assert_eq!(draw.id, 1);
        assert!((draw.logprob - (0.9 - log_sum_exp(&[1.0, 0.9, -5.0]).unwrap())).abs() < 1e-6);
        sampler.penalise([1]);
        assert_eq!(sampler.draw(&mut [1.0, 0.9, -5.0]).unwrap().id, 0);
        sampler.penalise(2..300);
        assert!(!sampler.recent.contains(&0), "old words are forgotten");
    }

    #[test]
    fn nonsense_is_refused() {
        for logits in
            [&mut [1.0, f32::NAN][..], &mut [f32::NEG_INFINITY; 2], &mut [f32::INFINITY, 1.0], &mut []]
        {
            assert!(Sampler::new(OPEN, 0).draw(logits).is_err());
        }
    }
}
