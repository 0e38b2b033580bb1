//! The page as somebody has it in front of them: what is shown, clicked and typed. Every wait is for a
//! condition, with a limit.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chromium::Chromium;
use super::driver::{Driver, Element, picture};
use super::server::Server;

/// Whatever takes longer, on a machine with other work as well, does not come.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Counts what a script of somebody else's would do, and what the policy had to stop. Runs before the
/// page's own.
const WATCH: &str = "
    window.ran = [];
    for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => window.ran.push(name);
    document.addEventListener('securitypolicyviolation', e => window.ran.push(
        e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
    addEventListener('error', e => window.ran.push('error ' + e.message));
    addEventListener('unhandledrejection', e => window.ran.push('rejected ' + e.reason));
";

/// A page in a browser, and the server behind it.
pub struct Page {
    driver: Driver,
    /// Where it comes from.
    pub server: Server,
}

impl Page {
    /// Opens the address that the server printed.
    pub fn open(chromium: &Chromium, server: Server) -> Self {
        let page = Self { driver: Driver::open(chromium), server };
        page.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH }));
        page.go_to(&page.server.url());
        page
    }

    /// Loads an address.
    pub fn go_to(&self, url: &str) {
        self.driver.post("url", json!({ "url": url }));
    }

    /// Goes to a view, as a link would.
    pub fn view(&self, hash: &str) {
        self.js("location.hash = arguments[0]", &[json!(hash)]);
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.driver.post("refresh", json!({}));
    }

    /// What `script` returns.
    pub fn js(&self, script: &str, args: &[Value]) -> Value {
        self.driver.post("execute/sync", json!({ "script": script, "args": args }))
    }

    /// What `script` gives once it is done: its last argument is called with that.
    pub fn js_done(&self, script: &str, args: &[Value]) -> Value {
        self.driver.post("execute/async", json!({ "script": script, "args": args }))
    }

    /// What `script` returns within the first frame.
    pub fn js_in_frame(&self, script: &str) -> Value {
        self.driver.post("frame", json!({ "id": 0 }));
        let value = self.js(script, &[]);
        self.driver.post("frame/parent", json!({}));
        value
    }

    /// A command of Chromium's own.
    pub fn devtools(&self, command: &str, params: Value) -> Value {
        self.driver.post("goog/cdp/execute", json!({ "cmd": command, "params": params }))
    }

    /// Waits until the expression is true; gives its value.
    pub fn until(&self, expression: &str) -> Value {
        let (script, begun) = (format!("return ({expression})"), Instant::now());
        loop {
            // While a page is being loaded there is nothing to ask yet.
            match self.driver.try_post("execute/sync", json!({ "script": script, "args": [] })) {
                Ok(value) if truthy(&value) => return value,
                Err(fault) if begun.elapsed() > LIMIT => panic!("{fault}: {expression}"),
                _ => {}
            }
            assert!(begun.elapsed() < LIMIT, "never so: {expression}");
            thread::sleep(LOOK);
        }
    }

    /// Waits for the element of that name to be shown.
    pub fn shown(&self, name: &str) -> Element<'_> {
        self.until(&shown(name));
        self.driver.find(&css(name))
    }

    /// Waits until nothing of that name is shown.
    pub fn gone(&self, name: &str) {
        self.until(&format!("!({})", shown(name)));
    }

    /// Whether it is shown now.
    pub fn is_shown(&self, name: &str) -> bool {
        truthy(&self.js(&format!("return ({})", shown(name)), &[]))
    }

    /// How many of that selector there are now.
    pub fn count(&self, css: &str) -> u64 {
        let found = self.js("return document.querySelectorAll(arguments[0]).length", &[json!(css)]);
        found.as_u64().unwrap()
    }

    /// The text of the element of that name, as it is read, once it is there.
    pub fn text(&self, name: &str) -> String {
        let begun = Instant::now();
        loop {
            match self.shown(name).try_text() {
                Ok(text) => return text,
                // It was drawn anew between the two looks.
                Err(fault) => assert!(begun.elapsed() < LIMIT, "{fault}: {name}"),
            }
        }
    }

    /// Waits until the element's text contains `part`; gives all of it.
    pub fn says(&self, name: &str, part: &str) -> String {
        let text = format!("document.querySelector({})?.textContent ?? ''", json!(css(name)));
        self.until(&format!("({text}).includes({})", json!(part)));
        self.text(name)
    }

    /// Clicks what is named, once it is shown and can be clicked.
    pub fn click(&self, name: &str) {
        self.until(&format!("({}) && !document.querySelector({}).disabled", shown(name), json!(css(name))));
        self.driver.find(&css(name)).click();
    }

    /// Types into the field of that name.
    pub fn type_into(&self, name: &str, text: &str) {
        self.shown(name).type_text(text);
    }

    /// Chooses a file in the field of that name, which may be out of sight behind a button.
    pub fn choose_file(&self, name: &str, file: &Path) {
        self.until(&format!("document.querySelector({})", json!(css(name))));
        self.driver.find(&css(name)).type_text(file.to_str().unwrap());
    }

    /// Presses keys, wherever the focus is.
    pub fn press(&self, keys: &str) {
        self.driver.focused().type_text(keys);
    }

    /// The name of what has the focus.
    pub fn focused(&self) -> String {
        let script = "return document.activeElement?.dataset?.testid ?? ''";
        self.js(script, &[]).as_str().unwrap().to_owned()
    }

    /// A picture of what is in the window, as PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        self.try_screenshot().expect("a picture")
    }

    /// The same, if it can be taken.
    pub fn try_screenshot(&self) -> Option<Vec<u8>> {
        self.driver.try_get("screenshot").ok().as_ref().and_then(picture)
    }

    /// A window of that size; `scale` dots to a pixel.
    pub fn resize(&self, (width, height): (u32, u32), scale: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        self.until(&format!("innerWidth <= {width}"));
    }

    /// What the system is set to, by the names of media features.
    pub fn system(&self, features: &[(&str, &str)]) {
        let features: Vec<_> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// What the browser has logged since this was last asked.
    fn log(&self) -> Vec<Value> {
        let log = self.driver.try_post("se/log", json!({ "type": "browser" }));
        log.ok().and_then(|log| log.as_array().cloned()).unwrap_or_default()
    }

    /// What was logged so far was meant to be.
    pub fn forget_log(&self) {
        self.log();
    }

    /// No script failed, none of somebody else's ran, and the policy had nothing to stop.
    pub fn assert_quiet(&self) {
        let ran = self.js("return window.ran", &[]);
        assert_eq!(ran, json!([]), "the page did what it should not");
        let log = self.log();
        let faults: Vec<_> =
            log.iter().filter(|l| l["level"] == "SEVERE" && l["source"] != "network").collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    /// What can be said of a page whose test failed.
    pub fn last_words(&self) -> String {
        let script = "return location.hash + '\\n' + document.body.innerText";
        let shown = self.driver.try_post("execute/sync", json!({ "script": script, "args": [] }));
        let shown = shown.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let log: Vec<_> = self.log().iter().map(|l| l["message"].to_string()).collect();
        format!("{shown}\n{}\n{}", log.join("\n"), self.server.said())
    }
}

fn css(name: &str) -> String {
    format!("[data-testid=\"{name}\"]")
}

/// An expression: whether there is such an element and it takes up room.
fn shown(name: &str) -> String {
    format!(
        "document.querySelector({})?.checkVisibility({{visibilityProperty: true}}) ?? false",
        json!(css(name))
    )
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != "" && value != 0
}
