//! `pushback serve` as it is run: started on a free port with folders of its own, killed without warning.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::folders;
use super::wire::{Answer, Asked};

/// Reading all lines and the model takes a second; a test build on a busy machine takes longer.
const START: Duration = Duration::from_secs(60);

/// How fast the client speaks.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As fast as it is found.
    AtOnce,
    /// So many milliseconds to a word.
    Slow(u32),
}

impl Pace {
    fn ms(self) -> u32 {
        match self {
            Self::AtOnce => 0,
            Self::Slow(ms) => ms,
        }
    }
}

/// A server of this test's own, until it is dropped.
pub struct Server {
    folders: TempDir,
    pace: Pace,
    running: Mutex<Running>,
    said: Arc<Mutex<String>>,
}

struct Running {
    child: Child,
    port: u16,
    token: String,
}

impl Server {
    /// With the built-in prompts; clients speak at once.
    pub fn start() -> Self {
        Self::with(Pace::AtOnce, |_| ())
    }

    /// Ray has a lot to say, and says it slowly enough to be interrupted.
    pub fn slow() -> Self {
        Self::with(Pace::Slow(150), folders::talkative)
    }

    /// The same, so slowly that a reply is not over before a busy machine has looked twice.
    pub fn slower() -> Self {
        Self::with(Pace::Slow(600), folders::talkative)
    }

    /// `fill` writes into the prompts folder.
    pub fn with(pace: Pace, fill: impl FnOnce(&Path)) -> Self {
        let folders = tempfile::tempdir().unwrap();
        let prompts = folders.path().join("prompts");
        std::fs::create_dir(&prompts).unwrap();
        fill(&prompts);
        let said = Arc::default();
        let running = Mutex::new(run(folders.path(), pace, 0, &said));
        Self { folders, pace, running, said }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.running.lock().unwrap().port
    }

    /// What every call must bring.
    pub fn token(&self) -> String {
        self.running.lock().unwrap().token.clone()
    }

    /// The address that it printed.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/#token={}", self.port(), self.token())
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        let mut running = self.running.lock().unwrap();
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub fn start_again(&self) {
        let port = self.port();
        let again = run(self.folders.path(), self.pace, port, &self.said);
        *self.running.lock().unwrap() = again;
    }

    /// All that it has written to stdout and stderr.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The prompts folder.
    pub fn prompts(&self) -> std::path::PathBuf {
        self.folders.path().join("prompts")
    }

    /// The program with the same home, for another command.
    pub fn program(&self) -> Command {
        program(self.folders.path())
    }

    /// The folder in which sessions are kept.
    pub fn data(&self) -> std::path::PathBuf {
        self.folders.path().join("data")
    }

    /// One call as the page would make it.
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        Asked::of_page(self.port(), &self.token()).call(method, path, body)
    }

    /// The JSON of what must be answered with 200.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// The same for a POST.
    pub fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, Some(body));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Ok(running) = self.running.get_mut() else { return };
        let _ = running.child.kill();
        let _ = running.child.wait();
    }
}

/// The program with folders of its own.
fn program(folders: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushback"));
    command.env_clear().env("HOME", folders).env("APPDATA", folders).env("LOCALAPPDATA", folders);
    command.env("USERPROFILE", folders).env("XDG_DATA_HOME", folders.join("home"));
    command.env("XDG_CONFIG_HOME", folders.join("config"));
    if let Some(root) = env::var_os("SystemRoot") {
        command.env("SystemRoot", root); // Windows opens no socket without it.
    }
    command
}

fn run(folders: &Path, pace: Pace, port: u16, said: &Arc<Mutex<String>>) -> Running {
    let mut command = program(folders);
    command.args(["serve", "--port", &port.to_string(), "--pace", &pace.ms().to_string()]);
    command.arg("--data").arg(folders.join("data")).arg("--prompts").arg(folders.join("prompts"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (tell, told) = mpsc::channel();
    follow(child.stdout.take().unwrap(), said.clone(), tell.clone());
    follow(child.stderr.take().unwrap(), said.clone(), tell);
    let Ok((port, token)) = told.recv_timeout(START) else {
        let _ = child.kill();
        panic!("the server named no address: {}", said.lock().unwrap());
    };
    Running { child, port, token }
}

/// Keeps what is written to a pipe, and tells the address in it.
fn follow(pipe: impl Read + Send + 'static, said: Arc<Mutex<String>>, tell: mpsc::Sender<(u16, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Some(address) = address(&line) {
                let _ = tell.send(address);
            }
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// Port and token of `http://127.0.0.1:PORT/#token=…`.
fn address(line: &str) -> Option<(u16, String)> {
    let (_, rest) = line.split_once("http://127.0.0.1:")?;
    let (port, rest) = rest.split_once("/#token=")?;
    let token = rest.split_whitespace().next()?;
    Some((port.parse().ok()?, token.to_owned()))
}
