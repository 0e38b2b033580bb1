//! What the judge must remember from turn to turn of one conversation.
//! Knows: the judge. Never: files, the simulated client's state.

use super::{Behaviour, ClientVerdict, Heard, Judge, Permission, Verdict};
use crate::domain::talk::Talk;

/// For so many replies permission, or a request for advice, holds.
pub const PERMISSION_HOLDS: u8 = 3;

/// The state of a conversation that is being coded. Both sides must be told to it in order.
#[derive(Clone, Debug, Default)]
pub struct Track {
    client: String,
    trainee: Option<String>,
    talk: Option<Talk>,
    discord: bool,
    permission: Permission,
    replies_since: u8, // since permission was given or asked for
    before: Option<Behaviour>,
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

    /// Takes in a client turn.
    pub fn client_said(&mut self, judge: &Judge, text: &str) -> ClientVerdict {
        let (verdict, now) =
            judge.client_and_permission(self.trainee.as_deref(), self.talk, self.permission, text);
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
        let heard = Heard {
            client: &self.client,
            talk: self.talk(),
            discord: self.discord,
            permission: self.permission,
            before: self.before,
        };
        let verdict = judge.reply(&heard, text);
        self.replies_since = self.replies_since.saturating_add(1);
        self.permission = match verdict.permission {
            standing if standing == self.permission && self.replies_since >= PERMISSION_HOLDS => {
                Permission::None
            }
            now => now,
        };
        self.before = Some(verdict.behaviour);
        self.trainee = Some(text.to_owned());
        verdict
    }
}
