//! Words that would be code elsewhere are words here, wherever they come from.

use super::browse_on;
use super::folders::{IMAGE, SCRIPT, hostile};
use super::looks::VIEWS;
use super::server::{Pace, Server};

#[test]
fn no_words_of_anybodys_are_run() {
    browse_on(
        || Server::with(Pace::AtOnce, hostile),
        |page| {
            page.says("client-card-eve", SCRIPT);
            page.says("client-card-eve", IMAGE);
            page.begin("eve");
            page.says("client-0", &format!("So. {SCRIPT} {IMAGE} </textarea></title>"));
            // The trainee's own words and the model's.
            let said = format!("You need to stop. {SCRIPT}{IMAGE}");
            let reply = page.exchange(1, &said);
            assert!(reply.contains(SCRIPT) && reply.contains(IMAGE), "the client was to say it: {reply}");
            page.says("trainee-1", &said);
            page.exchange(2, "You don't want to be here.");
            for view in VIEWS {
                page.visit(view);
                let markup = "main script, main img[src=x], main [onerror]";
                assert_eq!(page.count(markup), 0, "{view}");
            }
            page.visit("#/r/1");
            page.says("report", SCRIPT);
            // The file to take home has it as words, too, and it is one that a browser is about to open.
            let file = page.server.ask("GET", "/api/sessions/1/report.html", None).body;
            assert!(
                file.contains("&lt;script&gt;") && !file.contains(SCRIPT) && !file.contains("<img src=x")
            );
            page.assert_quiet();
        },
    );
}

#[test]
fn the_watch_sees_what_runs() {
    // The test above can fail: what it looks for is seen when it happens.
    browse_on(Server::start, |page| {
        page.js(
            "document.body.append(Object.assign(document.createElement('script'), {text: 'alert(1)'}))",
            &[],
        );
        let ran = page.until("window.ran.join()");
        assert!(ran.as_str().unwrap().contains("script-src"), "the policy stopped it: {ran}");
        page.js("window.ran.push('x'); alert(1)", &[]);
        assert_eq!(page.js("return window.ran.slice(-2)", &[]), serde_json::json!(["x", "alert"]));
        page.js("window.ran = []", &[]);
        page.forget_log();
    });
}
