//! Reports and progress over HTTP.

use serde_json::json;

use super::client::Start;

const SAID: &str = "<script>alert(1)</script> You'd rather be anywhere but here.";

#[test]
fn a_report_is_shown_and_taken_along() {
    let server = Start::saying(&["Fine & then what.", "If you say so."]).go();
    let browser = &server.browser;
    let heard = browser.exchange(&browser.begin("ray", 3), SAID);
    let path = format!("/api/sessions/{}/report", heard["id"]);
    let report = browser.get(&path);
    let html = report["html"].as_str().unwrap();
    assert!(html.contains("pb-report") && html.contains("&lt;script&gt;"), "{html}");
    for forbidden in ["<script", "<b>", "style=\"", "onclick"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert_eq!(report["report"]["session"]["id"], heard["id"]);
    for (ending, kind) in
        [("html", "text/html"), ("md", "text/markdown"), ("json", "application/json"), ("csv", "text/csv")]
    {
        let file = browser.ask("GET", &format!("{path}.{ending}"), "");
        assert_eq!(file.status, 200, "{ending}");
        assert!(file.header("content-type").unwrap().starts_with(kind), "{file:?}");
        let name = format!("attachment; filename=\"session-{}.{ending}\"", heard["id"]);
        assert_eq!(file.header("content-disposition"), Some(name.as_str()));
        assert!(file.body.contains("anywhere but here"), "{ending}");
    }
    assert_eq!(browser.ask("GET", &format!("{path}.exe"), "").status, 404);
    assert_eq!(browser.ask("GET", "/api/sessions/99/report", "").status, 404);
    let style = browser.raw("GET /report.css", &[("host", &browser.address.to_string())], "");
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    let progress = browser.get("/api/progress");
    assert!(progress["html"].as_str().unwrap().contains("pb-report") && progress["progress"].is_object());
    assert_eq!(browser.ask("GET", "/api/progress?persona=ray", "").status, 200);
}

#[test]
fn an_exam_that_goes_on_has_no_report() {
    let server = Start::saying(&["Fine.", "If you say so."]).go();
    let browser = &server.browser;
    let begun = browser.does("/api/sessions", json!({ "exam": super::views::terms(2) }));
    let heard = browser.exchange(&begun, "It's up to you.");
    for ending in ["", ".html", ".json"] {
        let path = format!("/api/sessions/{}/report{ending}", heard["id"]);
        assert_eq!(browser.ask("GET", &path, "").status, 409, "{ending}");
    }
    let ended = browser.exchange(&heard, "So it's your call.");
    assert_eq!(ended["exam"]["ended"], true);
    assert_eq!(browser.ask("GET", &format!("/api/sessions/{}/report", heard["id"]), "").status, 200);
}
