//! `pushback serve`: the page.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::model::ModelArgs;
use super::{DataArgs, PromptArgs, USAGE, browser, user_prompts, welcome};
use crate::app::AppError;
use crate::app::host::{Host, Manner};
use crate::files::secret;
use crate::ui::screen::{PACE, Screen};
use crate::ui::web::{About, Api, Entry, Passphrase, Token, Web};

/// Where a passphrase may stand, so that it is in no list of processes.
const PASSPHRASE: &str = "PUSHBACK_PASSPHRASE";
/// A shorter passphrase is guessed.
const SHORTEST: usize = 8;
/// The file in the data folder that holds the key of the page.
const KEY: &str = "page-key";
/// How many sessions are kept in memory.
const OPEN: usize = 32;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    /// The address to listen on. One that other computers reach needs a passphrase.
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// The port; 0 takes any that is free.
    #[arg(long, value_name = "N", default_value_t = 7333)]
    port: u16,
    /// The file whose first line is the passphrase; PUSHBACK_PASSPHRASE does as well.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Answer programs that speak OpenAI's chat completions, too: below /v1, each client a model. The
    /// key is the token of the page's URL, or what `POST /api/login` gives for the passphrase.
    #[arg(long)]
    api: bool,
    /// Milliseconds between two words of the client's; 0 shows replies at once.
    #[arg(long, value_name = "MS", default_value_t = PACE.as_millis() as u64, value_parser = clap::value_parser!(u64).range(..=5_000))]
    pace: u64,
    /// Candidates that a free-writing model may try per reply.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    candidates: u32,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    if !args.listen.is_loopback() && passphrase.is_none() {
        screen.note(&format!(
            "error: {} can be reached from other computers, so the page needs a passphrase\n\n\
             hint: put one into a file and name it with `--passphrase-file FILE`, or set {PASSPHRASE}",
            args.listen
        ));
        return Ok(ExitCode::from(USAGE));
    }
    // The address first: nobody should wait for a model only to hear that the port is taken.
    let listener = listen(SocketAddr::new(args.listen, args.port))?;
    let address = listener.local_addr()?;
    let library = args.prompts.load()?;
    let data = args.data.folder().ok_or_else(super::no_home)?;
    let spoken = args.model.voice(&library, args.candidates, args.data.heads(), screen)?;
    let manner = Manner { data: data.clone(), pace: Duration::from_millis(args.pace), open: OPEN };
    let host = Host::new(library, spoken, manner)?;
    let about = About {
        notice: host.is_pocket().then(welcome::brief),
        folder: args.prompts.prompts.clone().or_else(|| user_prompts().ok()).map(|f| f.display().to_string()),
    };
    let token = token(&data)?;
    let (entry, url, key) = match passphrase {
        Some(words) => {
            let url = format!("http://{}/", shown(address));
            let key = "the token that `POST /api/login` gives for the passphrase";
            (Entry::Passphrase(Passphrase::new(&words, token)), url, key)
        }
        None => {
            let url = format!("http://{}/#token={}", shown(address), token.as_str());
            (Entry::Url(token), url, "the page's token")
        }
    };
    greet(screen, &args, &url)?;
    let api = args.api.then(|| Api::new(host.answerer()));
    let mut web = Web::new(host, entry, address, about);
    if let Some(api) = api {
        screen.note(&format!("For programs: http://{}/v1, with {key} as their key.", shown(address)));
        web = web.with_api(api);
    }
    if args.open {
        // Whoever lists this computer's processes sees the browser's address: it opens the page once.
        let ticket = Token::draw().context("no key can be drawn")?;
        web.admit_once(&ticket);
        if !browser::open(format!("http://{}/#once={}", shown(address), ticket.as_str())) {
            screen.note("No browser could be opened; open the URL yourself.");
        }
    }
    serve(web, listener)?;
    Ok(ExitCode::SUCCESS)
}

/// The key of the page, the same after each start: a page that is open goes on by itself.
fn token(data: &Path) -> anyhow::Result<Token> {
    let new = Token::draw().context("no key can be drawn")?;
    let path = data.join(KEY);
    let kept = secret::kept(&path, |text| Token::known(text).is_some(), new.as_str());
    let kept = kept.map_err(|source| AppError::Folder { path, source })?;
    Ok(Token::known(&kept).unwrap_or(new))
}

fn serve(web: Web, listener: TcpListener) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let stop = async {
            // Without a way to hear Ctrl-C the page is served until the process ends.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        web.serve(listener, stop).await
    })?;
    // A client who still speaks is not waited for: their answer is owed, and on disk nothing is half.
    runtime.shutdown_background();
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("can't listen on {address}; `--port 0` takes a port that is free"))
}

/// An address as it stands in a URL that a person opens here.
fn shown(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

fn greet(screen: Screen, args: &ServeArgs, url: &str) -> anyhow::Result<()> {
    if !args.listen.is_loopback() {
        screen.note(
            "warning: other computers can reach this page, and what is said there is not encrypted on the way: \
             whoever can listen to the network can read it",
        );
    }
    screen.line(url)?;
    screen.note("Practice, not therapy. The page is for this computer; Ctrl-C ends it.");
    Ok(())
}

/// The passphrase, wherever it stands.
fn passphrase(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let words = match file {
        Some(path) => {
            let failed = |source| AppError::Folder { path: path.to_owned(), source };
            Some(fs::read_to_string(path).map_err(failed)?.lines().next().unwrap_or_default().to_owned())
        }
        None => std::env::var(PASSPHRASE).ok().filter(|words| !words.is_empty()),
    };
    let words = words.map(|words| words.trim().to_owned());
    if words.as_ref().is_some_and(|words| words.chars().count() < SHORTEST) {
        anyhow::bail!("a passphrase has at least {SHORTEST} characters");
    }
    Ok(words)
}
