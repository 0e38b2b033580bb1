//! Saying an earlier line otherwise, and going to and fro between the attempts.

use super::browse;
use super::page::Page;
use super::practise::ENTER;

const FIRST: &str = "You need to stop drinking.";
const SECOND: &str = "What would you want from today?";
const OTHERWISE: &str = "You didn't choose to come here.";

impl Page {
    /// Edits the line of turn `number`, which stands as `old`.
    fn edit(&self, number: usize, old: &str, new: &str) {
        self.click(&format!("edit-{number}"));
        self.until(&format!("document.activeElement?.value === {}", serde_json::json!(old)));
        self.js("document.activeElement.select()", &[]);
        self.press(&format!("{new}{ENTER}"));
        self.says(&format!("trainee-{number}"), new);
        self.answered(number);
    }
}

#[test]
fn an_edited_line_begins_a_branch_and_both_can_be_walked() {
    browse(|page| {
        page.begin("ray");
        let first = page.exchange(1, FIRST);
        let second = page.exchange(2, SECOND);
        page.edit(1, FIRST, OTHERWISE);
        page.gone("trainee-2");
        let otherwise = page.answered(1);
        assert_eq!(page.stored()["turns"].as_array().unwrap().len(), 2);

        page.click("branch-prev-1");
        page.says("trainee-1", FIRST);
        page.says("client-1", first.trim());
        page.says("trainee-2", SECOND);
        page.says("client-2", second.trim());
        assert_eq!(page.stored()["turns"].as_array().unwrap().len(), 3, "the server has walked, too");

        page.click("branch-next-1");
        page.says("trainee-1", OTHERWISE);
        page.says("client-1", otherwise.trim());
        page.gone("trainee-2");

        page.reload();
        page.says("trainee-1", OTHERWISE);
        page.exchange(2, "Go on.");
    });
}

#[test]
fn up_in_an_empty_composer_edits_the_last_line() {
    browse(|page| {
        page.begin("ray");
        page.exchange(1, FIRST);
        page.type_into("composer", "\u{e013}");
        page.until(&format!("document.activeElement?.value === {}", serde_json::json!(FIRST)));
        page.js("document.activeElement.select()", &[]);
        page.press(&format!("{OTHERWISE}{ENTER}"));
        page.says("trainee-1", OTHERWISE);
        page.answered(1);
        let branches = page.stored()["turns"][1]["branches"].clone();
        assert_eq!(branches.as_array().unwrap().len(), 2, "{branches}");
    });
}

#[test]
fn another_tab_that_went_on_is_not_overwritten() {
    browse(|page| {
        let id = page.begin("ray");
        // Somebody goes on with it elsewhere, and this page does not know.
        let head = page.stored()["head"].clone();
        let said = serde_json::json!({ "text": SECOND, "head": head, "key": "elsewhere" });
        page.server.post(&format!("/api/sessions/{id}/say"), said);
        page.server.settle(&serde_json::json!(id));
        page.say(FIRST);
        page.says("trainee-1", SECOND);
        let stored = page.stored();
        assert_eq!(stored["turns"][1]["text"], SECOND, "the page takes what the server has");
        let words = "document.querySelector('[data-testid=composer]').value";
        let kept = page.until(&format!("{words} || document.querySelector('[data-testid=trainee-2]')"));
        assert!(kept == FIRST || stored["turns"][2]["text"] == FIRST, "nothing typed is lost: {kept}");
    });
}
