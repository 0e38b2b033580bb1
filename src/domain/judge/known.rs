//! What both sides of a conversation have talked about so far: a reflection gives back what the client
//! has said, if not just now; information brings up what nobody has.
//! Knows: content words. Never: phrases, codes, text.

use super::Judge;
use super::features::{Feature, Features};
use super::lexicon::Lexicon;
use super::reading::{Echo, content, is_content};
use super::words::{ShortMap, Token};

/// So many different words are remembered of each side: no transcript makes it grow further.
const MOST: usize = 8192;
/// Content words that a client must have said until it counts in full that something is new.
const HEARD_IN_FULL: f32 = 10.0;
/// From so many content words on, more of them make no difference.
const MANY: f32 = 8.0;
/// A client's words are recent for so many of their turns.
const LATELY: u32 = 3;

/// The content words of a conversation, by stem.
#[derive(Clone, Debug, Default)]
pub struct Known {
    client: ShortMap<u64, u32>, // in which of their turns last
    trainee: ShortMap<u64, u32>,
    turns: [u32; 2],
}

impl Known {
    /// What the client said last, and nothing else.
    pub(super) fn of(echo: &Echo) -> Self {
        let mut known = Self::default();
        known.hear(echo.order.iter().copied());
        known
    }

    /// Takes in a turn of the client.
    pub fn client_said(&mut self, judge: &Judge, text: &str) {
        self.hear(content(&judge.lexicon, &judge.lexicon.read(text)));
    }

    /// Takes in a turn of the trainee.
    pub fn trainee_said(&mut self, judge: &Judge, text: &str) {
        self.say(content(&judge.lexicon, &judge.lexicon.read(text)));
    }

    /// Takes in the content words of a turn of the client.
    pub(super) fn hear(&mut self, stems: impl Iterator<Item = u64>) {
        note(&mut self.client, &mut self.turns[0], stems);
    }

    /// Takes in the content words of a turn of the trainee.
    pub(super) fn say(&mut self, stems: impl Iterator<Item = u64>) {
        note(&mut self.trainee, &mut self.turns[1], stems);
    }

    /// Notes how much of `tokens` was known.
    pub(super) fn note<'a>(
        &self,
        lexicon: &Lexicon,
        tokens: impl Iterator<Item = &'a Token>,
        features: &mut Features,
    ) {
        let (mut words, mut given_back, mut lately, mut new) = (0.0, 0.0, 0.0, 0.0);
        for token in tokens.filter(|t| is_content(lexicon, t)) {
            words += 1.0;
            match self.client.get(&token.stem) {
                Some(turn) => {
                    given_back += 1.0;
                    lately += if turn + LATELY > self.turns[0] { 1.0 } else { 0.0 };
                }
                None if self.trainee.contains_key(&token.stem) => (),
                None => new += 1.0,
            }
        }
        features.put(Feature::ContentNone, words == 0.0);
        if words == 0.0 {
            return;
        }
        let full = (self.client.len() as f32 / HEARD_IN_FULL).min(1.0);
        let share = |some: f32| full * some / words;
        let many = |some: f32| some.min(MANY) / MANY;
        for (feature, much) in [
            (Feature::Content, many(words)),
            (Feature::GivenBack, share(given_back)),
            (Feature::GivenBackMuch, full * many(given_back)),
            (Feature::GivenBackLately, share(lately)),
            (Feature::New, share(new)),
            (Feature::NewMuch, full * many(words - given_back)),
        ] {
            features.measure(feature, much);
        }
    }
}

fn note(known: &mut ShortMap<u64, u32>, turns: &mut u32, stems: impl Iterator<Item = u64>) {
    *turns = turns.saturating_add(1);
    for stem in stems {
        if known.len() < MOST || known.contains_key(&stem) {
            known.insert(stem, *turns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_conversation_makes_it_grow_for_ever() {
        let mut known = Known::default();
        for from in 0..100 {
            known.hear(from * 1000..(from + 1) * 1000);
            known.say(from * 1000..(from + 1) * 1000);
        }
        assert_eq!((known.client.len(), known.trainee.len(), known.turns), (MOST, MOST, [100, 100]));
        known.hear(0..1);
        assert_eq!(known.client[&0], 101, "a known word may still come again");
    }
}
