//! What the judge made of a reply, in the trainee's own words; the dial; the reasons.

use serde_json::{Value, json};

use super::browse;
use super::page::Page;

/// An emoji is two code units in the page and four bytes in the judge.
const SAID: &str = "😀 You need to stop drinking. You don't want to be here.";

impl Page {
    /// Chooses when feedback is shown.
    pub fn feedback_mode(&self, mode: &str) {
        let script = "
            const select = document.querySelector('[data-testid=feedback-mode]');
            select.value = arguments[0];
            select.dispatchEvent(new Event('input', {bubbles: true}));
            select.dispatchEvent(new Event('change', {bubbles: true}));";
        self.until("document.querySelector('[data-testid=feedback-mode]')");
        self.js(script, &[json!(mode)]);
    }
}

/// The words of a finding, cut out as JavaScript does.
fn slice(text: &str, finding: &Value) -> String {
    let at = |key: &str| finding[key].as_u64().unwrap() as usize;
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[at("start")..at("end")]).expect("a finding never halves a character")
}

#[test]
fn findings_are_underlined_in_the_trainees_own_words() {
    browse(|page| {
        page.begin("ray");
        page.feedback_mode("live");
        page.exchange(1, SAID);
        let turn = page.stored()["turns"][1].clone();
        let findings = turn["verdict"]["findings"].as_array().unwrap();
        assert!(findings.len() >= 2, "{turn}");
        for (i, finding) in findings.iter().enumerate() {
            let span = page.text(&format!("span-1-{i}"));
            let words = slice(SAID, finding);
            assert!(words.contains(&span) && !span.is_empty(), "{span:?} is underlined for {words:?}");
        }
        let whole = page.text("trainee-1");
        assert!(whole.contains(SAID), "the words stand as they were typed: {whole:?}");
        // The code is told to whoever reaches the words, with a mouse or without; one key goes to those
        // within others.
        let reach = "const e = document.querySelector('[data-testid=span-1-0]').closest('[tabindex]');
            e.focus(); return document.activeElement === e;";
        assert_eq!(page.js(reach, &[]), true);
        let name = json!(findings[0]["name"].as_str().unwrap().to_lowercase());
        page.until(&format!("document.body.innerText.toLowerCase().includes({name})"));
    });
}

#[test]
fn feedback_comes_when_it_is_wanted() {
    browse(|page| {
        page.begin("ray");
        page.feedback_mode("end");
        page.exchange(1, SAID);
        let effect = page.stored()["turns"][1]["feedback"]["effect"].as_str().unwrap().to_owned();
        let told = format!("document.body.innerText.includes({})", json!(effect));
        assert_eq!(page.js(&format!("return {told}"), &[]), false, "not before the end");
        assert!(!page.is_shown("span-1-0"));
        page.feedback_mode("live");
        page.says("feedback-1", &effect);
        page.shown("span-1-0");
        page.reload();
        page.says("feedback-1", &effect);
        assert_eq!(
            page.js("return document.querySelector('[data-testid=feedback-mode]').value", &[]),
            "live",
            "the choice is kept"
        );
    });
}

#[test]
fn the_dial_and_the_reasons_are_there_on_request() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, "You need to stop drinking.");
        page.shown("dial");
        let turn = page.stored()["turns"][1].clone();
        let why = turn["why"].as_array().unwrap();
        assert!(!why.is_empty(), "{turn}");
        page.click("why-1");
        let reason = json!(why[0]["text"].as_str().unwrap());
        page.until(&format!("document.querySelector('[data-testid=turn-1]').innerText.includes({reason})"));
    });
}

#[test]
fn a_hard_client_shows_no_dial_unasked() {
    browse(|page| {
        let clients = page.server.get("/api/clients");
        let hard = clients.as_array().unwrap().iter().find(|c| c["difficulty"] == 3).expect("a hard client");
        page.begin(hard["id"].as_str().unwrap());
        page.exchange(1, "You'd rather be somewhere else.");
        let levels = "document.querySelector('[data-testid=dial] svg, [data-testid=dial] meter')";
        let drawn = page.js(&format!("return {levels}?.checkVisibility() ?? false"), &[]);
        assert_eq!(drawn, false);
    });
}
