//! Chromium's driver: found, started on a port that is free, stopped with all that it started.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Starting takes a second; on a busy machine, several.
const START: Duration = Duration::from_secs(30);
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A driver of this test's own, until it is dropped.
pub struct Chromium {
    driver: Child,
    browser: PathBuf,
    profile: TempDir,
    /// Where it listens.
    pub port: u16,
}

impl Chromium {
    /// `None`, and a word on stderr, where there is no Chromium and none is required.
    pub fn start() -> Option<Self> {
        let (browser, driver) = (BROWSERS.iter().find_map(on_path), on_path("chromedriver"));
        let (Some(browser), Some(driver)) = (browser, driver) else {
            skip("chromium or chromedriver is not on the path");
            return None;
        };
        let mut command = tied(driver);
        // Its words are read for the port; the browser's go nowhere.
        command.args(["--port=0", "--log-level=SEVERE"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        let profile = tempfile::tempdir().unwrap();
        command.env("HOME", profile.path()).env_remove("DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS");
        let mut driver = command.spawn().unwrap();
        let said = driver.stdout.take().unwrap();
        let mut started = Self { driver, browser, profile, port: 0 };
        let port = port(said).expect("chromedriver names its port");
        started.port = port;
        Some(started)
    }

    /// What a session with this browser asks for.
    pub fn capabilities(&self) -> Value {
        let mut args = vec![
            "--headless".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-extensions".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-breakpad".to_owned(),
            "--no-first-run".to_owned(),
            "--no-proxy-server".to_owned(),
            "--force-color-profile=srgb".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--lang=en".to_owned(),
            "--window-size=1280,800".to_owned(),
            format!("--user-data-dir={}", self.profile.path().join("profile").display()),
        ];
        if is_root() {
            args.push("--no-sandbox".to_owned());
        }
        json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": self.browser, "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
            // A dialog stays open until a test has asked for it: one of a script's must be seen.
            "unhandledPromptBehavior": "ignore",
            "timeouts": { "script": 30_000, "pageLoad": 30_000, "implicit": 0 },
        })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        drop(self.driver.stdin.take());
        if cfg!(not(unix)) {
            let _ = self.driver.kill();
        }
        let _ = self.driver.wait();
    }
}

/// Says why these tests are skipped, once, or fails where they must run.
pub fn skip(why: &str) {
    static SAID: Once = Once::new();
    let required = env::var_os("PUSHBACK_BROWSER").is_some_and(|v| v == "required");
    assert!(!required, "browser tests are required, but {why}");
    // Past the harness, which shows the words of failed tests only.
    SAID.call_once(|| writeln!(io::stderr(), "browser tests are skipped: {why}").unwrap_or_default());
}

fn on_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let name = Path::new(name.as_ref()).with_extension(env::consts::EXE_EXTENSION);
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// Reads on until the driver names its port; a thread keeps its pipe empty after that.
fn port(said: impl Read + Send + 'static) -> Option<u16> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            let port = line.rsplit_once(" successfully on port ").map(|(_, p)| p.trim_end_matches('.'));
            if let Some(port) = port.and_then(|p| p.parse().ok()) {
                let _ = tell.send(port);
            }
        }
    });
    told.recv_timeout(START).ok()
}

/// The driver in a group with every browser that it starts. A shell ends all of it when its input ends,
/// also where the test's process is killed and drops nothing.
#[cfg(unix)]
fn tied(driver: PathBuf) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" & read _; kill -9 0", "sh"]).arg(driver).process_group(0);
    command
}

#[cfg(not(unix))]
fn tied(driver: PathBuf) -> Command {
    Command::new(driver)
}

/// Chromium's sandbox does not start for root.
#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
