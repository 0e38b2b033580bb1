//! As much of the WebDriver protocol (W3C) as these tests need: JSON over the driver's own connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chromium::Chromium;
use super::wire::Asked;

/// By this name an element is handed to and fro.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, until it is dropped.
pub struct Driver {
    asked: Asked,
    session: String, // the path of all that is asked of it
}

/// Something on the page.
pub struct Element<'a> {
    driver: &'a Driver,
    id: String,
}

impl Driver {
    /// Starts a browser.
    pub fn open(chromium: &Chromium) -> Self {
        let asked = Asked { origin: None, token: None, ..Asked::of_page(chromium.port, "") };
        let mut driver = Self { asked, session: String::new() };
        let wanted = json!({ "capabilities": { "alwaysMatch": chromium.capabilities() } });
        let begun = driver.try_call("POST", "/session", Some(wanted)).expect("a browser");
        driver.session = format!("/session/{}", begun["sessionId"].as_str().expect("the session's id"));
        driver
    }

    /// What a command gives, or the driver's words on why not.
    pub fn try_post(&self, command: &str, body: Value) -> Result<Value, String> {
        self.try_call("POST", &format!("{}/{command}", self.session), Some(body))
    }

    /// The same for what is only looked at.
    pub fn try_get(&self, command: &str) -> Result<Value, String> {
        self.try_call("GET", &format!("{}/{command}", self.session), None)
    }

    /// What a command gives that must not fail.
    pub fn post(&self, command: &str, body: Value) -> Value {
        let told = body.to_string();
        self.try_post(command, body)
            .unwrap_or_else(|e| panic!("{e}: {command} {}", told.chars().take(400).collect::<String>()))
    }

    /// The first element of that selector.
    pub fn find(&self, css: &str) -> Element<'_> {
        self.element(&self.post("element", json!({ "using": "css selector", "value": css })))
    }

    /// What has the focus.
    pub fn focused(&self) -> Element<'_> {
        self.element(&self.try_get("element/active").expect("something has the focus"))
    }

    fn element(&self, found: &Value) -> Element<'_> {
        Element { driver: self, id: found[ELEMENT].as_str().expect("an element").to_owned() }
    }

    fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let answer = self.asked.call(method, path, body);
        let value = answer.json()["value"].clone();
        if answer.status == 200 { Ok(value) } else { Err(format!("{}", value["message"])) }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver itself is stopped next, and its browsers with it.
        let _ = self.asked.try_call("DELETE", &self.session, None);
    }
}

impl Element<'_> {
    /// Its text as it is read, or why there is none: it may have been drawn anew since it was found.
    pub fn try_text(&self) -> Result<String, String> {
        let text = self.driver.try_get(&format!("element/{}/text", self.id))?;
        Ok(text.as_str().expect("a text").to_owned())
    }

    /// Clicks into its middle, as a mouse would: what lies over it is hit instead, and that fails.
    pub fn click(&self) {
        self.driver.post(&format!("element/{}/click", self.id), json!({}));
    }

    /// Types at its end. What has no key in some drivers (emoji) is put in as if pasted.
    pub fn type_text(&self, text: &str) {
        let has_key = |c: &char| *c <= '\u{ffff}';
        for run in text.chars().collect::<Vec<_>>().chunk_by(|a, b| has_key(a) == has_key(b)) {
            let part: String = run.iter().collect();
            if has_key(&run[0]) {
                self.driver.post(&format!("element/{}/value", self.id), json!({ "text": part }));
            } else {
                let script = "arguments[0].focus(); document.execCommand('insertText', false, arguments[1]);";
                let args = json!([{ ELEMENT: self.id }, part]);
                self.driver.post("execute/sync", json!({ "script": script, "args": args }));
            }
        }
    }

    /// A picture of it, as PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        picture(&self.get("screenshot")).expect("a picture")
    }

    fn get(&self, what: &str) -> Value {
        self.driver.try_get(&format!("element/{}/{what}", self.id)).unwrap()
    }
}

/// A picture as the driver hands it over.
pub fn picture(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok()
}
