//! A whole session without a mouse, as a person does who tabs and listens.

use super::browse;
use super::page::Page;
use super::practise::ENTER;

const TAB: &str = "\u{e004}";
const SHIFT: &str = "\u{e008}";
/// Far more than any view has to tab through before what is wanted.
const MOST_TABS: usize = 120;

impl Page {
    /// Tabs until `name` has the focus; each stop on the way must show that it has it.
    fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            if self.focused() == name {
                return;
            }
            self.press_tab(TAB);
            self.assert_focus_shows();
            passed.push(self.focused());
        }
        panic!("`{name}` was never reached: {passed:?}");
    }

    /// Tab, also where nothing has the focus yet.
    fn press_tab(&self, keys: &str) {
        self.press(keys);
    }

    /// Whatever has the focus is drawn otherwise than without it.
    fn assert_focus_shows(&self) {
        let script = "
            const e = document.activeElement;
            if (!e || e === document.body) return '';
            // A card may draw its ring around all of itself.
            const drawn = [null, '::after', '::before'].some(part => {
                const s = getComputedStyle(e, part);
                return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
            });
            return drawn ? '' : e.outerHTML.slice(0, 200);";
        assert_eq!(self.js(script, &[]), "", "the focus can't be seen");
    }
}

#[test]
fn a_whole_session_without_a_mouse() {
    browse(|page| {
        page.shown("client-card-ray");
        page.tab_to("skip");
        page.tab_to("client-card-ray");
        page.press(ENTER);
        page.shown("client-0");
        page.until("document.activeElement?.dataset?.testid === 'composer'");
        page.press(&format!("You need to stop drinking.{ENTER}"));
        page.answered(1);
        assert_eq!(page.focused(), "composer");

        // Back to the line just said, to say it otherwise.
        for _ in 0..MOST_TABS {
            if page.focused() == "retry" {
                break;
            }
            page.press_tab(&format!("{SHIFT}{TAB}{SHIFT}"));
            page.assert_focus_shows();
        }
        page.press(ENTER);
        page.gone("trainee-1");
        page.until("document.activeElement?.dataset?.testid === 'composer'");
        page.js("document.activeElement.select()", &[]);
        page.press(&format!("You didn't choose to come here.{ENTER}"));
        page.answered(1);

        page.tab_to("end");
        page.press(ENTER);
        page.shown("summary");
    });
}

#[test]
fn a_finished_reply_is_announced_once() {
    browse(|page| {
        page.begin("ray");
        let watch = "
            window.heard = [];
            const live = document.querySelector('[data-testid=status]');
            new MutationObserver(() => window.heard.push(live.textContent))
                .observe(live, {childList: true, characterData: true, subtree: true});
            return live.getAttribute('aria-live') ?? live.getAttribute('role');";
        let polite = page.js(watch, &[]);
        assert!(polite == "polite" || polite == "status", "{polite}");
        let reply = page.exchange(1, "You don't want to be here.");
        let words = serde_json::json!(reply.trim());
        page.until(&format!("window.heard.some(h => h.includes({words}))"));
        // A reply of several words of which each were announced would be many texts.
        let parts = format!("window.heard.filter(h => h && {words}.startsWith(h) && h !== {words}).length");
        assert_eq!(page.js(&format!("return {parts}"), &[]), 0, "word by word");
        let times =
            format!("window.heard.filter((h, i, all) => h.includes({words}) && h !== all[i - 1]).length");
        assert_eq!(page.js(&format!("return {times}"), &[]), 1);
        let inside = "[...document.querySelectorAll('[aria-live], [role=log], [role=status], [role=alert]')]\
                      .some(e => e.querySelector('[data-testid^=client-]'))";
        assert_eq!(page.js(&format!("return {inside}"), &[]), false, "the words stream into a live region");
    });
}
