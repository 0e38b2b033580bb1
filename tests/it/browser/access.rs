//! axe-core's rules on every view in both themes. `tests/axe/fetch` brings the file; where it is missing
//! this test is skipped like the others.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::browse;
use super::chromium::skip;
use super::looks::VIEWS;
use super::page::Page;

const FILE: &str = "tests/axe/node_modules/axe-core/axe.min.js";

/// Runs the rules of WCAG 2.2 AA and axe's good practice; gives what matters of the violations.
const RUN: &str = "
    const done = arguments[0];
    axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations
        .filter(v => v.impact === 'serious' || v.impact === 'critical')
        .map(v => v.id + ': ' + v.help + '\\n' + v.nodes.slice(0, 5)
            .map(n => '  ' + n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join('\\n'))),
        error => done(['axe itself failed: ' + error]));
";

impl Page {
    /// Sets the theme by the page's own switch.
    pub fn choose_theme(&self, theme: &str) {
        let script = "
            const control = document.querySelector('[data-testid=theme]');
            if (control.tagName === 'SELECT') {
                control.value = arguments[0];
                control.dispatchEvent(new Event('change', {bubbles: true}));
            } else control.click();
            return document.documentElement.dataset.theme === arguments[0];";
        for _ in 0..3 {
            // A button may go by way of the system's choice.
            if self.js(script, &[json!(theme)]) == true {
                return;
            }
        }
        panic!("the switch does not lead to {theme}");
    }

    fn violations(&self, axe: &str) -> Vec<String> {
        // WebDriver's scripts are not bound by the page's policy.
        if self.js("return typeof axe", &[]) == "undefined" {
            self.js(&format!("{axe}; window.axe = axe;"), &[]);
        }
        let found = self.js_done(RUN, &[]);
        found.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

#[test]
fn axe_finds_nothing_serious() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let Ok(axe) = fs::read_to_string(path) else {
        skip("axe-core is not there: run tests/axe/fetch");
        return;
    };
    browse(|page| {
        page.furnished();
        let mut found = Vec::new();
        for theme in ["light", "dark"] {
            page.choose_theme(theme);
            for view in VIEWS {
                page.visit(view);
                let violations = page.violations(&axe);
                found.extend(violations.iter().map(|v| format!("{view}, {theme}: {v}")));
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
        // It would have found something.
        page.js("document.querySelector('main').append(document.createElement('button'))", &[]);
        let violations = page.violations(&axe);
        assert!(violations.iter().any(|v| v.starts_with("button-name")), "{violations:?}");
    });
}
