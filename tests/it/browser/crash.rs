//! The server dies without warning while the client speaks; the page waits for it and goes on.

use super::browse_on;
use super::server::Server;

#[test]
fn a_page_outlives_its_server() {
    browse_on(Server::slow, |page| {
        page.begin("ray");
        page.say("You don't want to be here.");
        page.in_mid_reply(1);
        page.click("stop");
        page.gone("stop");
        let before = page.stored()["turns"].clone();

        page.say("And nobody pays you for the half day.");
        page.in_mid_reply(2);
        page.server.kill();
        page.until("document.querySelector('[data-testid=offline], [data-testid=error]')?.checkVisibility()");
        page.type_into("composer", "A draft");
        page.server.start_again();
        page.shown("trainee-2");
        page.until("!document.querySelector('[data-testid=offline]')?.checkVisibility()");

        let stored = page.stored();
        let turns = stored["turns"].as_array().unwrap();
        assert_eq!(turns.len(), 3, "{stored}");
        assert_eq!(turns[..2], before.as_array().unwrap()[..], "no finished turn is lost");
        assert_eq!(turns[2]["text"], "And nobody pays you for the half day.");
        assert_eq!(page.js("return document.querySelector('[data-testid=composer]').value", &[]), "A draft");
        // What is owed is answered on request, if the page has not asked by itself.
        if !page.is_shown("stop") && turns[2]["reply"].is_null() {
            page.click("answer");
        }
        let reply = page.answered(2);
        assert!(!reply.is_empty());
        assert_eq!(page.count("[data-testid='trainee-2']"), 1);
    });
}

#[test]
fn nothing_that_is_said_while_the_server_is_away_is_lost() {
    browse_on(Server::start, |page| {
        page.begin("ray");
        page.exchange(1, "You don't want to be here.");
        page.server.kill();
        page.say("What would you want from today?");
        page.until("document.querySelector('[data-testid=offline], [data-testid=error]')?.checkVisibility()");
        page.server.start_again();
        page.until("!document.querySelector('[data-testid=offline]')?.checkVisibility()");
        let draft = "document.querySelector('[data-testid=composer]').value";
        let there = "document.querySelector('[data-testid=client-2]')";
        page.until(&format!("{draft} || {there}"));
        if page.js(&format!("return {draft}"), &[]) != "" {
            page.type_into("composer", super::practise::ENTER);
        }
        page.answered(2);
        let stored = page.stored();
        assert_eq!(stored["turns"].as_array().unwrap().len(), 3, "once");
        assert_eq!(stored["turns"][2]["text"], "What would you want from today?");
    });
}
