//! Drills in the page: one of the list, and one of a turn of a session.

use serde_json::json;

use super::browse;

const ARGUED: &str = "You need to stop drinking now.";
const ROLLED: [&str; 3] = [
    "You'd rather be anywhere but here, and what you do about it is up to you.",
    "It feels unfair that other people decide this for you.",
    "It's up to you what we talk about.",
];

#[test]
fn a_turn_of_a_session_is_drilled() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, ARGUED);
        page.exchange(2, "It's up to you what we talk about.");
        let turns = page.stored()["turns"].clone();
        let said = |turn: usize| turns[turn]["reply"]["text"].as_str().unwrap().trim().to_owned();
        page.click("drill-turn-2");
        page.says("drill-score", "0 of 3 in a row");
        assert_eq!(page.js("return location.hash", &[]), "#/drill/turn-1-2");
        let scene = page.js("return document.querySelector('.scene').innerText", &[]);
        let scene = scene.as_str().unwrap();
        assert!(scene.contains("Turn 2 of the session with Ray"), "{scene}");
        assert!(scene.contains(&said(0)) && scene.contains(&said(1)) && !scene.contains(&said(2)), "{scene}");

        page.say(ARGUED);
        page.shown("client-drill-1");
        page.says("drill-score", "0 of 3 in a row");
        page.say(ROLLED[0]);
        page.shown("client-drill-2");
        let score = page.text("drill-score");
        page.reload();
        page.shown("client-drill-2");
        assert_eq!(page.text("drill-score"), score, "it goes on after a reload");
        for line in &ROLLED[1..] {
            page.say(line);
            page.until(
                "document.querySelector('[data-testid=composer]')?.value === '' ||
                document.querySelector('[data-testid=drill-again]')",
            );
        }
        page.says("drill-score", "Reached");
        assert!(!page.is_shown("composer"));
        page.click("drill-again");
        page.says("drill-score", "0 of 3 in a row");
        assert_eq!(page.focused(), "composer");

        // The session has heard nothing of it.
        page.js("document.querySelector('a[href=\"#/s/1\"]').click()", &[]);
        page.shown("client-2");
        assert_eq!(page.stored()["turns"], turns);
    });
}

#[test]
fn a_turn_that_is_not_there_is_told_of() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, ARGUED);
        page.view("#/drill/turn-1-9");
        page.until(&format!(
            "document.querySelector('main').innerText.includes({})",
            json!("can't be shown")
        ));
        page.view("#/drill");
        page.until("document.querySelector('[data-testid^=drill-]')");
    });
}
