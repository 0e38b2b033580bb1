//! How the judge hears the client in practice: from the actions that the program sampled, not
//! from guesses about their words.
//! Knows: the path of turns, the judge's terms. Never: how a reply is judged.

use crate::domain::action::Action;
use crate::domain::judge::{Code, Heard, Judge, Known, PERMISSION_HOLDS, Permission, Verdict};
use crate::domain::session::{Path, Reply};

/// What a reply at the end of `path` does.
pub fn reply(path: &Path, judge: &Judge, text: &str) -> Verdict {
    let known = known(path, judge);
    judge.reply(&heard(path, &known, judge), text)
}

/// What it does where a trainer gives it `codes`.
pub fn overruled(path: &Path, judge: &Judge, text: &str, codes: &[Code]) -> Verdict {
    let known = known(path, judge);
    judge.overruled(&heard(path, &known, judge), text, codes)
}

fn known(path: &Path, judge: &Judge) -> Known {
    let mut known = Known::default();
    for turn in path.turns() {
        if let Some(said) = &turn.trainee {
            known.trainee_said(judge, &said.text);
        }
        if let Some(reply) = &turn.reply {
            known.client_said(judge, &reply.text);
        }
    }
    known
}

fn heard<'a>(path: &'a Path, known: &'a Known, judge: &Judge) -> Heard<'a> {
    let Some(before) = path.last_reply() else { return Heard::default() };
    let last = path.turns().iter().rev().find_map(|t| t.trainee.as_ref());
    Heard {
        permission: permission(path, judge),
        before: last.map(|said| said.verdict.behaviour),
        known: Some(known),
        ..heard_reply(before)
    }
}

/// The same for an answer to one client turn, with nothing before it.
pub fn heard_reply(before: &Reply) -> Heard<'_> {
    Heard {
        client: &before.text,
        talk: before.talk(),
        discord: before.action.is_discord(),
        ..Heard::default()
    }
}

/// Where permission to advise stands: asked for, given or refused, or lapsed after a few replies.
fn permission(path: &Path, judge: &Judge) -> Permission {
    let (mut standing, mut replies_since) = (Permission::None, 0);
    for turn in path.turns() {
        if let Some(said) = &turn.trainee {
            replies_since += 1;
            standing = match said.verdict.permission {
                same if same == standing && replies_since >= PERMISSION_HOLDS => Permission::None,
                now => now,
            };
        }
        if let Some(reply) = &turn.reply {
            let now = answered(standing, reply, judge);
            if now != standing {
                (standing, replies_since) = (now, 0);
            }
        }
    }
    standing
}

/// What an answer makes of a standing permission. An unclear answer to "may I" is leave only
/// from a client who goes along.
fn answered(standing: Permission, reply: &Reply, judge: &Judge) -> Permission {
    let by_words = judge.permission(standing, &reply.text);
    if standing != Permission::Asked || by_words != Permission::None {
        return by_words;
    }
    let goes_along = matches!(reply.action, Action::Engage | Action::Inform | Action::Disclose);
    if goes_along || reply.action.is_change() { Permission::Granted } else { Permission::Refused }
}
