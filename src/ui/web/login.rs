//! The token, and the passphrase that stands in for it where the page is open to other computers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::answer::{Answer, Fault, Json};
use super::body::Sent;
use super::{Entry, Web};

/// Wrong passphrases that are heard without a pause.
const FREE_TRIES: u32 = 5;
/// The longest pause after a wrong one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What lets a browser in.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token that nobody can guess.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// One that was drawn before; none where `text` can't be one.
    pub fn known(text: &str) -> Option<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 64 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// As it stands in the URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What lets a person in.
pub struct Passphrase {
    digest: [u8; 32],
    token: Token,
}

impl Passphrase {
    /// `words`, and the token that whoever knows them gets.
    pub fn new(words: &str, token: Token) -> Self {
        Self { digest: digest(words), token }
    }
}

/// Lets in, or does not.
pub(super) struct Door {
    token: Token,
    passphrase: Option<[u8; 32]>,
    ticket: Mutex<Option<[u8; 32]>>, // lets in once
    wrong: Mutex<Wrong>,
}

/// Wrong passphrases since the last right one.
#[derive(Default)]
struct Wrong {
    tries: u32,
    until: Option<Instant>,
}

impl Door {
    pub(super) fn new(entry: Entry) -> Self {
        let (token, passphrase) = match entry {
            Entry::Url(token) => (token, None),
            Entry::Passphrase(Passphrase { digest, token }) => (token, Some(digest)),
        };
        Self { token, passphrase, ticket: Mutex::default(), wrong: Mutex::default() }
    }

    /// Whether `token` is the right one.
    pub(super) fn admits(&self, token: &str) -> bool {
        same(&digest(token), &digest(&self.token.0))
    }

    /// Lets the bearer of `ticket` in, once.
    pub(super) fn admit_once(&self, ticket: &Token) {
        *self.ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest(&ticket.0));
    }

    fn tear(&self, ticket: &str) -> Result<&Token, Fault> {
        let mut kept = self.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| same(kept, &digest(ticket))) {
            *kept = None;
            return Ok(&self.token);
        }
        Err(Fault::new(StatusCode::UNAUTHORIZED, "that address has been used before")
            .hint("open the URL that `pushback serve` printed"))
    }

    /// What somebody is told who has no token, or a wrong one.
    pub(super) fn refusal(&self) -> Fault {
        let fault = Fault::new(StatusCode::UNAUTHORIZED, "this page needs the key of the running program");
        fault.hint(match self.passphrase {
            Some(_) => "log in with the passphrase",
            None => "open the URL that `pushback serve` printed last",
        })
    }

    fn try_passphrase(&self, words: &str) -> Result<&Token, Fault> {
        let Some(passphrase) = &self.passphrase else {
            return Err(Fault::new(StatusCode::NOT_FOUND, "this page has no passphrase")
                .hint("open the URL that `pushback serve` printed"));
        };
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.until.is_some_and(|until| Instant::now() < until) {
            return Err(Fault::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong passphrases")
                .hint("wait a minute, and try again"));
        }
        if same(&digest(words), passphrase) {
            *wrong = Wrong::default();
            return Ok(&self.token);
        }
        wrong.tries += 1;
        if let Some(over) = wrong.tries.checked_sub(FREE_TRIES) {
            let pause = Duration::from_secs(1 << over.min(6)).min(LONGEST_PAUSE);
            wrong.until = Some(Instant::now() + pause);
        }
        Err(Fault::new(StatusCode::UNAUTHORIZED, "that is not the passphrase"))
    }
}

/// What somebody has to show.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Login {
    /// They know it.
    Passphrase(String),
    /// They were sent by the program.
    Once(String),
}

#[derive(Serialize)]
pub(super) struct LoggedIn {
    token: String,
}

/// `POST /api/login`.
pub(super) async fn login(State(web): State<Arc<Web>>, Sent(login): Sent<Login>) -> Answer<LoggedIn> {
    let token = match &login {
        Login::Passphrase(words) => web.door.try_passphrase(words)?,
        Login::Once(ticket) => web.door.tear(ticket)?,
    };
    Ok(Json(LoggedIn { token: token.0.clone() }))
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Whether two digests are the same, in a time that doesn't tell where they differ.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |different, (a, b)| different | (a ^ b))) == 0
}
