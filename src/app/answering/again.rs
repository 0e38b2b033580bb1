//! A conversation as it was had, gone through again: what the bundled client could have said at each turn, and what they would say now.
//! Knows: judge, client, lines. Never: the store, grades.

use crate::app::AppError;
use crate::app::answering::{answer_as_then, hear, opened};
use crate::app::practise::Moment;
use crate::app::voice;
use crate::domain::action::Action::{
    Accept, Acknowledge, Blame, Challenge, Deny, Disclose, Ember, Hesitate, Plan,
};
use crate::domain::client::Intent;
use crate::domain::judge::Judge;
use crate::domain::lines::{Banks, Candidate};
use crate::domain::session::{Path, Setting};

/// The conversation: the client takes each of the `answered` as then, and says the same.
///
/// # Errors
/// Where the trainee speaks in earnest, or says far too much.
pub fn replayed(
    setting: &Setting,
    judge: &Judge,
    opening: &str,
    answered: &[(String, String)],
) -> Result<Path, AppError> {
    let mut path = opened(setting, judge, Some(opening));
    for (said, answer) in answered {
        hear(&mut path, judge, said)?;
        answer_as_then(setting, &mut path, answer);
    }
    Ok(path)
}

/// What the client of `setting` would say in turn `number` of `path`; none where it is no answer, or there is no line.
pub fn would_say(setting: &Setting, path: &Path, number: u32, banks: &Banks) -> Option<String> {
    let path = path.before_answer(number)?;
    let moment = Moment::of(&setting.persona, setting.seed, &path);
    voice::authored(banks, &moment.scene(&setting.persona, &path)).map(|spoken| spoken.text)
}

/// The lines that the client of `setting` could say in answer to turn `number`, whatever they might mean,
/// at the length in which they were written: what `models/chooser.toml` is fitted to.
pub fn could_say(setting: &Setting, path: &Path, number: u32, banks: &Banks) -> Vec<Candidate> {
    let Some(path) = path.before_answer(number) else { return Vec::new() };
    let moment = Moment::of(&setting.persona, setting.seed, &path);
    let meant = moment.scene(&setting.persona, &path).intent;
    let of = |action: &_| {
        let intent = Intent { action: *action, fact: None, words: 0, ..meant.clone() };
        let scene = voice::Scene { intent: &intent, ..moment.scene(&setting.persona, &path) };
        voice::eligible(banks, &scene, usize::MAX)
    };
    // These and what may be done instead of them cover every tag.
    [Accept, Acknowledge, Blame, Challenge, Deny, Disclose, Ember, Hesitate, Plan]
        .iter()
        .flat_map(of)
        .collect()
}
