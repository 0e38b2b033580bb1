//! An exam sat in the page: nothing told before its end, a seal after it.

use std::path::PathBuf;

use super::browse;
use super::page::Page;

impl Page {
    /// The file of an exam of two replies, as a trainer makes it.
    fn exam_file(&self) -> PathBuf {
        let file = self.server.prompts().parent().unwrap().join("exam.toml");
        let args = ["--persona", "ray", "--title", "Winter", "--seed", "5", "--replies", "2"];
        let mut new = self.server.program();
        new.args(["exam", "new"]).arg(&file).args(args).arg("--prompts").arg(self.server.prompts());
        let made = new.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        file
    }

    fn tells_a_verdict(&self) -> bool {
        self.count("[data-testid^=feedback-], [data-testid^=span-], [data-testid=dial]") > 0
    }
}

#[test]
fn an_exam_is_sat_and_sealed() {
    browse(|page| {
        let file = page.exam_file();
        page.shown("exam-open");
        page.choose_file("exam-file", &file);
        page.shown("client-0");
        assert!(page.text("exam").contains("Winter"), "{}", page.text("exam"));
        page.exchange(1, "You need to stop drinking. You don't want to be here.");
        assert!(!page.tells_a_verdict(), "nothing is told before the end");
        for name in ["retry", "compare", "ask-hint", "edit-1", "overrule-1", "drill-turn-1", "feedback-mode"]
        {
            assert!(!page.is_shown(name), "{name}: an exam has no second attempts");
        }
        page.reload();
        page.answered(1);
        assert!(!page.tells_a_verdict(), "nor after a reload");
        page.view("#/sessions");
        page.shown("session-1");
        assert_eq!(page.count("[data-testid=session-1] a[href='#/r/1']"), 0, "there is no report yet");
        page.view("#/s/1");
        page.exchange(2, "Part of you says it's just beer, and part of you isn't so sure.");
        if !page.stored()["ended"].as_bool().unwrap() {
            page.click("end");
        }
        let told = page.says("summary", "The exam has ended, 2 replies");
        let seal = page.stored()["exam"]["seal"].as_str().expect("a seal").to_owned();
        assert!(told.contains(&seal[..8]), "{told}");
        assert!(!page.is_shown("composer"), "nothing more can be said");
        page.shown("feedback-1");
        assert!(page.tells_a_verdict(), "now it is told");
        let mut verify = page.server.program();
        let verified =
            verify.args(["sessions", "verify", "1", "--data"]).arg(page.server.data()).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        page.reload();
        page.says("summary", &seal[..8]);
        page.view("#/r/1");
        page.says("report", "Winter");
    });
}
