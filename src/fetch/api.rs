//! What the hub says of a repository, and of a request that it refuses.
//! Knows: the hub's pages and headers. Never: files on disk.

use hf_hub::Repo;
use hf_hub::RepoType;
use hf_hub::api::sync::{ApiBuilder, ApiRepo};
use serde::Deserialize;
use ureq::http::{HeaderMap, StatusCode};

use super::{FetchError, Hub};
use crate::files::hub::Ask;

type Result<T> = std::result::Result<T, FetchError>;

/// How the program names itself.
pub(super) const AGENT: &str = concat!("pushback/", env!("CARGO_PKG_VERSION"));

/// The one file that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// The file in its repository.
    pub file: String,
    /// The commit that the revision is at now.
    pub commit: String,
    /// Where it is, as far as the hub's own address goes.
    pub url: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash, in lower case.
    pub sha256: String,
}

#[derive(Deserialize)]
struct Info {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

/// Asks the hub which file `ask` means. Blocks.
pub(super) fn remote(hub: &Hub, ask: &Ask) -> Result<Remote> {
    let info = info(hub, ask)?;
    let unclear = |why: &str| FetchError::Answer { repo: ask.repo.clone(), why: why.to_owned() };
    // Both become names of files on this computer.
    if !is_hex(&info.sha, 40) {
        return Err(unclear("its commit is none"));
    }
    let files: Vec<String> = info.siblings.iter().map(|s| s.rfilename.clone()).collect();
    let file = ask.pick(&files).map_err(|none| FetchError::NoFile {
        asked: ask.to_string(),
        there: none.there,
        in_parts: none.in_parts,
    })?;
    if Ask::parse(&format!("{}:{file}", ask.repo)).is_none() {
        return Err(unclear("a file's name leads out of its folder"));
    }
    let meant = info.siblings.iter().find(|s| s.rfilename == file);
    let lfs = meant.and_then(|s| s.lfs.as_ref()).ok_or_else(|| unclear("it gives no hash for the file"))?;
    let sha256 = lfs.sha256.to_ascii_lowercase();
    if !is_hex(&sha256, 64) {
        return Err(unclear("its hash is none"));
    }
    // The commit, not the branch: what is listed and what is sent are of the same moment.
    let at_commit = Repo::with_revision(ask.repo.clone(), RepoType::Model, info.sha.clone());
    let url = api(hub, at_commit)?.url(&file.replace(' ', "%20"));
    Ok(Remote { file: file.to_owned(), commit: info.sha, url, bytes: lfs.size, sha256 })
}

fn api(hub: &Hub, repo: Repo) -> Result<ApiRepo> {
    let api = ApiBuilder::from_cache(hub.folder.of_hub().clone())
        .with_endpoint(hub.endpoint.clone())
        .with_token(hub.token.clone())
        .with_user_agent("pushback", env!("CARGO_PKG_VERSION"))
        .with_progress(false)
        .build();
    Ok(api.map_err(|e| FetchError::Network(e.to_string()))?.repo(repo))
}

fn info(hub: &Hub, ask: &Ask) -> Result<Info> {
    let request = api(hub, ask.of_hub())?.info_request().query("blobs", "true");
    let request = request
        .config()
        .http_status_as_error(false)
        .timeout_connect(Some(hub.patience.silence))
        .timeout_per_read(Some(hub.patience.silence))
        .build();
    let mut response = request.call().map_err(|e| network(&e))?;
    let refused = Refused { repo: &ask.repo, revision: &ask.revision, known: hub.token.is_some() };
    refused.check(response.status(), response.headers())?;
    if is_page(response.headers()) {
        return Err(FetchError::Page);
    }
    response.body_mut().read_json().map_err(|e| match e {
        ureq::Error::Json(e) => FetchError::Answer { repo: ask.repo.clone(), why: e.to_string() },
        other => network(&other),
    })
}

/// What was asked for, to say why it is refused.
#[derive(Clone, Copy)]
pub(super) struct Refused<'a> {
    pub repo: &'a str,
    pub revision: &'a str,
    /// Whether the hub was told who asks.
    pub known: bool,
}

impl Refused<'_> {
    /// An error for every status but success.
    pub(super) fn check(self, status: StatusCode, headers: &HeaderMap) -> Result<()> {
        let code = headers.get("x-error-code").and_then(|value| value.to_str().ok());
        let repo = || self.repo.to_owned();
        let known = self.known;
        Err(match (status.as_u16(), code) {
            (200..=299, _) => return Ok(()),
            (_, Some("GatedRepo")) | (403, _) => FetchError::Gated { repo: repo(), known },
            (_, Some("RevisionNotFound")) => {
                FetchError::NoRevision { repo: repo(), revision: self.revision.to_owned() }
            }
            (_, Some("EntryNotFound")) => FetchError::Changed,
            (401 | 404, _) => FetchError::NoRepo { repo: repo(), known },
            (status @ (429 | 500..=599), _) => FetchError::Busy(status),
            (status, _) => FetchError::Status(status),
        })
    }
}

/// A fault of the connection, without what the client calls it.
pub(super) fn network(error: &ureq::Error) -> FetchError {
    match error {
        ureq::Error::TooManyRedirects => FetchError::Redirects(super::transfer::MAX_REDIRECTS),
        ureq::Error::HostNotFound => FetchError::Network("its address is not known here".to_owned()),
        ureq::Error::Timeout(_) => FetchError::Network("it does not answer".to_owned()),
        ureq::Error::Io(e) => FetchError::Network(e.to_string()),
        other => FetchError::Network(other.to_string()),
    }
}

/// Whether a web page comes.
pub(super) fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit())
}
