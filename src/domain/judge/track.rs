//! What the judge must remember from turn to turn of one conversation.
//! Knows: the judge. Never: files, the simulated client's state.

use super::client::Before;
use super::{Behaviour, ClientVerdict, Heard, Judge, Known, Permission, Verdict};
use crate::domain::talk::Talk;

/// For so many replies permission, or a request for advice, holds.
pub const PERMISSION_HOLDS: u8 = 3;

/// The state of a conversation that is being coded. Both sides must be told to it in order.
#[derive(Clone, Debug, Default)]
pub struct Track {
    client: String,
    trainee: Option<(String, bool)>, // what was said, and whether it evoked
    talk: Option<Talk>,
    discord: bool,
    permission: Permission,
    replies_since: u8, // since permission was given or asked for
    before: Option<Behaviour>,
    known: Known,
}

impl Track {
    /// Which way the client's last turn leaned.
    pub fn talk(&self) -> Talk {
        self.talk.unwrap_or_default()
    }

    /// Whether the client's last turn was against the person opposite.
    pub fn discord(&self) -> bool {
        self.discord
    }

    /// How the next reply is to be heard.
    pub fn heard(&self) -> Heard<'_> {
        Heard {
            client: &self.client,
            talk: self.talk(),
            discord: self.discord,
            permission: self.permission,
            before: self.before,
            known: Some(&self.known),
        }
    }

    /// Takes in a client turn.
    pub fn client_said(&mut self, judge: &Judge, text: &str) -> ClientVerdict {
        let Self { trainee, talk, permission, known, .. } = self;
        let before = trainee.as_ref().map(|(text, evokes)| Before { text, evokes: *evokes });
        let (verdict, now) = judge.client_and_permission(before, *talk, *permission, text, known);
        self.talk = Some(verdict.talk);
        self.discord = verdict.discord;
        if now != self.permission {
            self.permission = now;
            self.replies_since = 0;
        }
        self.client.clear();
        self.client.push_str(text);
        verdict
    }

    /// Takes in a trainee turn.
    pub fn trainee_said(&mut self, judge: &Judge, text: &str) -> Verdict {
        let (verdict, words) = judge.reply_and_words(&self.heard(), text);
        self.known.say(words.into_iter());
        self.replies_since = self.replies_since.saturating_add(1);
        self.permission = match verdict.permission {
            standing if standing == self.permission && self.replies_since >= PERMISSION_HOLDS => {
                Permission::None
            }
            now => now,
        };
        self.before = Some(verdict.behaviour);
        self.trainee = Some((text.to_owned(), verdict.evokes()));
        verdict
    }
}
