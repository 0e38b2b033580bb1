//! A session as a trainee has it: choosing, talking, stopping, going on.

use serde_json::{Value, json};

use super::page::Page;
use super::server::Server;
use super::{browse, browse_on};

/// Enter, as the driver types it.
pub const ENTER: &str = "\u{e007}";
/// Escape.
pub const ESC: &str = "\u{e00c}";

impl Page {
    /// Chooses a client and waits for their first words; the session's id.
    pub fn begin(&self, persona: &str) -> u64 {
        self.click(&format!("client-card-{persona}"));
        self.shown("client-0");
        self.session_id()
    }

    /// The session that the view is of.
    pub fn session_id(&self) -> u64 {
        let id = self.until("location.hash.match(/^#\\/s\\/(\\d+)/)?.[1]");
        id.as_str().unwrap().parse().unwrap()
    }

    /// Types a reply and sends it by Enter.
    pub fn say(&self, text: &str) {
        self.type_into("composer", &format!("{text}{ENTER}"));
    }

    /// Waits until the client has answered turn `number` in full, on the page and on disk; the answer.
    pub fn answered(&self, number: usize) -> String {
        self.shown(&format!("client-{number}"));
        let id = json!(self.session_id());
        let session = self.server.settle(&id);
        let reply = session["turns"][number]["reply"]["text"].as_str();
        let reply = reply.unwrap_or_else(|| panic!("turn {number} is not answered: {session}")).to_owned();
        self.says(&format!("client-{number}"), reply.trim());
        self.gone("stop");
        reply
    }

    /// Says `text` as turn `number` and waits for the answer.
    pub fn exchange(&self, number: usize, text: &str) -> String {
        self.say(text);
        self.answered(number)
    }

    /// The session as the server has it.
    pub fn stored(&self) -> Value {
        self.server.get(&format!("/api/sessions/{}", self.session_id()))
    }

    /// Waits until the client is in the middle of answering turn `number`: words have come, and more
    /// after them.
    pub fn in_mid_reply(&self, number: usize) {
        let text = format!("document.querySelector('[data-testid=\"client-{number}\"]')?.innerText.trim()");
        self.shown("stop");
        let first = self.until(&format!("{text} || ''"));
        self.until(&format!("{text}.length > {}", first.as_str().unwrap().encode_utf16().count() + 4));
        assert!(self.is_shown("stop"), "the client has finished");
    }
}

#[test]
fn a_reply_is_sent_by_enter_and_answered_once() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, "You don't want to be here.");
        let stored = page.stored();
        assert_eq!(stored["turns"].as_array().unwrap().len(), 2, "the opening and one exchange");
        assert_eq!(stored["turns"][1]["text"], "You don't want to be here.");
        assert_eq!(page.count("[data-testid^='client-']:not([data-testid^='client-card'])"), 2);
        assert_eq!(page.count("[data-testid='trainee-1']"), 1);
        assert_eq!(page.js("return document.querySelector('[data-testid=composer]').value", &[]), "");
        assert_eq!(page.focused(), "composer", "the next reply can be typed at once");
    });
}

#[test]
fn shift_enter_breaks_the_line() {
    browse(|page| {
        page.begin("ray");
        let shift_enter = format!("\u{e008}{ENTER}\u{e008}");
        page.say(&format!("It's a long drive.{shift_enter}And nobody pays you for it."));
        page.answered(1);
        let said = page.stored()["turns"][1]["text"].clone();
        assert_eq!(said, "It's a long drive.\nAnd nobody pays you for it.");
    });
}

#[test]
fn all_clients_can_be_chosen() {
    browse(|page| {
        let clients = page.server.get("/api/clients");
        let clients = clients.as_array().unwrap();
        assert_eq!(clients.len(), 30);
        for client in clients {
            let card = format!("client-card-{}", client["id"].as_str().unwrap());
            page.says(&card, client["name"].as_str().unwrap());
            page.says(&card, client["blurb"].as_str().unwrap());
        }
    });
}

#[test]
fn escape_stops_the_client_and_what_was_said_stands() {
    browse_on(Server::slower, |page| {
        page.begin("ray");
        page.say("You don't want to be here, and a judge says you must.");
        page.in_mid_reply(1);
        page.press(ESC);
        page.gone("stop");
        let reply = page.stored()["turns"][1]["reply"].clone();
        assert_eq!(reply["cut"], true, "{reply}");
        let said = reply["text"].as_str().unwrap().trim().to_owned();
        page.says("client-1", &said);
        page.reload();
        page.says("client-1", &said);
        // And the conversation goes on.
        page.say("Go on.");
        page.in_mid_reply(2);
        page.click("stop");
        page.gone("stop");
    });
}

#[test]
fn retry_gives_the_words_back_to_be_said_otherwise() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, "You need to stop drinking.");
        page.click("retry");
        page.gone("client-1");
        let draft = "document.querySelector('[data-testid=composer]').value";
        page.until(&format!("{draft} === 'You need to stop drinking.'"));
        assert_eq!(page.stored()["turns"].as_array().unwrap().len(), 1);
        page.js("document.querySelector('[data-testid=composer]').select()", &[]);
        page.exchange(1, "What would you want from today?");
        let stored = page.stored();
        assert_eq!(stored["turns"][1]["text"], "What would you want from today?");
        assert_eq!(stored["turns"][1]["branches"].as_array().unwrap().len(), 2, "the first attempt is kept");
    });
}

#[test]
fn a_draft_survives_a_reload() {
    browse(|page| {
        page.begin("ray");
        page.type_into("composer", "You've come a long way");
        page.reload();
        let draft = "document.querySelector('[data-testid=composer]')?.value";
        page.until(&format!("{draft} === \"You've come a long way\""));
        page.type_into("composer", &format!(" for this.{ENTER}"));
        page.answered(1);
        assert_eq!(page.stored()["turns"][1]["text"], "You've come a long way for this.");
        page.reload();
        page.shown("client-1");
        assert_eq!(page.js(&format!("return {draft}"), &[]), "", "what was sent is no draft");
    });
}

#[test]
fn a_reload_in_mid_reply_loses_nothing() {
    browse_on(Server::slow, |page| {
        page.begin("ray");
        page.say("You don't want to be here.");
        page.in_mid_reply(1);
        page.reload();
        page.shown("stop");
        let reply = page.answered(1);
        assert!(!reply.is_empty());
        let stored = page.stored();
        assert_eq!(stored["turns"].as_array().unwrap().len(), 2, "said once, answered once");
        assert_eq!(stored["turns"][1]["reply"]["cut"], false);
        assert_eq!(page.count("[data-testid='client-1']"), 1);
    });
}

#[test]
fn yesterdays_session_goes_on() {
    let before = || {
        let server = Server::start();
        let begun = server.post("/api/sessions", json!({ "persona": "ellen", "seed": 2 }));
        let said = json!({ "text": "Take your time.", "head": begun["head"], "key": "a" });
        server.post(&format!("/api/sessions/{}/say", begun["id"]), said);
        server.settle(&begun["id"]);
        server.kill();
        server.start_again();
        server
    };
    browse_on(before, |page| {
        page.view("#/sessions");
        page.says("session-1", "Ellen");
        page.click("session-1");
        // A list may lead to the report first; the session itself is one link away from there.
        page.view("#/s/1");
        page.says("trainee-1", "Take your time.");
        page.exchange(2, "No rush.");
        assert_eq!(page.stored()["turns"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn an_ended_session_says_how_it_went() {
    browse(|page| {
        let id = page.begin("ray");
        page.exchange(1, "You don't want to be here.");
        page.click("end");
        page.until("document.body.innerText.match(/repl/i) && location.hash !== ''");
        let ended = page.server.get(&format!("/api/sessions/{id}"));
        assert!(!ended["ended"].is_null() && ended["ended"] != false, "{ended}");
    });
}
