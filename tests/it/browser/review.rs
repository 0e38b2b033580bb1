//! What is left of sessions: the list, a report, progress over several.

use serde_json::json;

use super::browse;
use super::page::Page;

impl Page {
    /// Types into the search over sessions.
    fn search(&self, words: &str) {
        self.shown("search");
        self.js("document.querySelector('[data-testid=search]').select()", &[]);
        self.type_into("search", words);
    }
}

#[test]
fn sessions_are_found_by_what_was_said() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, "Tell me about the lighthouse.");
        page.view("#/");
        page.begin("ellen");
        page.exchange(1, "Take your time.");
        page.view("#/sessions");
        page.shown("session-1");
        page.shown("session-2");
        page.search("lighthouse");
        page.gone("session-2");
        page.shown("session-1");
    });
}

#[test]
fn a_report_shows_curves_words_and_figures() {
    browse(|page| {
        page.furnished();
        page.click("end");
        page.shown("summary");
        page.visit("#/r/1");
        let report = page.text("report");
        let stored = page.server.get("/api/sessions/1");
        for turn in stored["turns"].as_array().unwrap() {
            let reply = turn["reply"]["text"].as_str().unwrap().trim();
            assert!(report.contains(reply), "{reply:?} is missing from {report}");
        }
        // Curves can be heard as well as seen: a title, a description, and the figures as a table.
        let charts = page.count("[data-testid=report] svg[role=img]");
        assert!(charts >= 1);
        let spoken = "[...document.querySelectorAll('[data-testid=report] svg[role=img]')]\
                      .every(s => s.querySelector('title')?.textContent && s.querySelector('desc')?.textContent)";
        assert_eq!(page.js(&format!("return {spoken}"), &[]), true);
        assert!(page.count("[data-testid=report] table") >= 1);
        assert_eq!(page.count("[data-testid=report] [style], [data-testid=report] script"), 0);
    });
}

#[test]
fn a_report_can_be_taken_home_in_every_form() {
    browse(|page| {
        page.furnished();
        let report = |form: &str| page.server.ask("GET", &format!("/api/sessions/1/report.{form}"), None);
        let (html, markdown, csv) = (report("html"), report("md"), report("csv"));
        assert!(html.body.to_lowercase().starts_with("<!doctype html>"), "{}", html.body);
        for elsewhere in ["src=\"http", "href=\"http", "@import", "url(http", "<script"] {
            assert!(!html.body.contains(elsewhere), "the file is to stand alone: {elsewhere}");
        }
        assert!(markdown.body.contains("You need to stop drinking."), "{}", markdown.body);
        assert!(csv.body.lines().count() >= 3, "{}", csv.body);
        assert_eq!(report("json").json()["turns"].as_array().map(Vec::len), Some(3));
        // The file opens in the browser by itself, and nothing in it asks the network for anything.
        let at = page.server.prompts().join("report.html");
        std::fs::write(&at, &html.body).unwrap();
        page.go_to(&format!("file://{}", at.display()));
        page.until("document.querySelector('svg')?.checkVisibility()");
        let fetched = page.js("return performance.getEntriesByType('resource').map(r => r.name)", &[]);
        assert_eq!(fetched, json!([]));
    });
}

#[test]
fn times_are_those_of_the_reader_and_files_say_utc() {
    browse(|page| {
        page.furnished();
        page.devtools("Emulation.setTimezoneOverride", json!({ "timezoneId": "Asia/Kolkata" }));
        page.visit("#/r/1");
        let time = "document.querySelector('[data-testid=report] time')";
        let shown = page.until(&format!("{time}.textContent"));
        let shown = shown.as_str().unwrap();
        assert!(shown.ends_with("GMT+5:30"), "{shown}");
        page.visit("#/sessions");
        let row = page.text("session-1");
        assert!(row.contains(shown), "the list and the report give one time: {row}, {shown}");
        let file = page.server.ask("GET", "/api/sessions/1/report.md", None).body;
        let stored = page.server.get("/api/sessions/1");
        let started = &stored["started"].as_str().unwrap()[..16];
        assert!(file.contains(&format!("- Date: {started} UTC")), "{file}");
    });
}

#[test]
fn progress_is_drawn_over_sessions() {
    browse(|page| {
        for line in ["You need to stop drinking.", "What would you want from today?"] {
            page.view("#/");
            page.begin("ray");
            page.exchange(1, line);
            page.exchange(2, "You didn't choose to come here.");
            page.click("end");
            page.shown("summary");
        }
        page.visit("#/progress");
        let progress = page.text("progress");
        assert!(progress.contains('2'), "two sessions: {progress}");
        assert_eq!(page.count("[data-testid=progress] [style], [data-testid=progress] script"), 0);
    });
}
