//! The trainer's corner: a card that becomes a client, long work that is cancelled.

use serde_json::json;

use super::browse;
use super::page::Page;

impl Page {
    /// Unfolds everything that is folded.
    fn unfold(&self) {
        self.js("document.querySelectorAll('main details').forEach(one => (one.open = true))", &[]);
    }
}

#[test]
fn a_card_becomes_a_client() {
    browse(|page| {
        let card = json!({
            "spec": "chara_card_v2",
            "spec_version": "2.0",
            "data": {
                "name": "Mara Quill",
                "description": "Mara is 34 years old. The court sent her to talk about her drinking. \
                                <script>ran.push(3)</script>",
                "personality": "guarded, dry",
                "scenario": "A first session that the court has ordered.",
                "first_mes": "So you're the one they pay to ask me things.",
                "mes_example": "<START>\n{{user}}: Hello.\n{{char}}: Hm.",
            },
        });
        let file = page.server.prompts().parent().unwrap().join("mara.json");
        std::fs::write(&file, card.to_string()).unwrap();
        page.view("#/trainer");
        page.shown("card");
        page.choose_file("card", &file);
        page.click("import");
        let id = page.text("imported").trim_start_matches("Look at ").to_owned();
        page.click("imported");
        page.shown("editor");
        assert!(page.text("whose").contains("Your own"), "{}", page.text("whose"));
        let text = page.until("document.querySelector('[data-testid=editor]').value");
        assert!(text.as_str().unwrap().contains("Mara Quill"), "{text}");
        page.says("checked", "");
        assert!(page.server.prompts().join(format!("personas/{id}.md")).is_file());
        page.view("#/");
        page.begin(&id);
        page.exchange(1, "You'd rather be anywhere but here.");

        // The same card again: there is one of that name, and the page says so.
        page.view("#/trainer");
        page.shown("card");
        page.choose_file("card", &file);
        page.click("import");
        page.until(
            "!document.getElementById('error').hidden || document.querySelector('[data-testid=imported]')",
        );
    });
}

#[test]
fn a_running_test_is_cancelled() {
    browse(|page| {
        page.view("#/trainer/personas%2Fray.md");
        page.shown("editor");
        page.unfold();
        page.click("test-replies");
        page.click("test");
        page.shown("cancel");
        page.click("cancel");
        page.says("job", "Cancelled.");
        page.gone("cancel");
        assert!(page.js("return document.getElementById('error').hidden", &[]) == true, "that is no fault");
        let job = page.server.get("/api/jobs/1");
        assert_eq!((&job["finished"], &job["result"]), (&json!(true), &json!(null)), "{job}");

        // And once more, to its end.
        page.click("test-replies");
        page.click("test");
        page.says("job", "figures");
    });
}
