//! Models from a stand-in of the hub, under every fault that it knows.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pushback::fetch::{self, FetchError, Here, Hub, News, Patience, Watch};
use pushback::files::hash;
use pushback::files::hub::{Ask, HubFolder};

use crate::support::hub::{COMMIT, Fault, ListFault, StandIn};

mod program;

const REPO: &str = "org/some-GGUF";
const FILE: &str = "some-Q4_K_M.gguf";

/// What begins like a model, in more than one piece.
fn content() -> Vec<u8> {
    let noise = (0..700_001u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
    b"GGUF".iter().copied().chain(noise).collect()
}

/// Hears everything, and may have had enough.
#[derive(Default)]
struct Ear {
    heard: Vec<String>,
    /// Stops once so many bytes are there.
    enough: Option<u64>,
    stop: Cell<bool>,
}

impl Watch for Ear {
    fn hear(&mut self, news: News<'_>) {
        match news {
            News::Found { kept, .. } => self.heard.push(format!("found, {kept} kept")),
            News::Again { why, .. } => self.heard.push(format!("again: {why}")),
            News::At(bytes) => self.stop.set(self.enough.is_some_and(|enough| bytes >= enough)),
        }
    }

    fn goes_on(&self) -> bool {
        !self.stop.get()
    }
}

fn hub(stand_in: &StandIn, folder: &Path) -> Hub {
    Hub {
        folder: HubFolder::at(folder.to_owned()),
        endpoint: stand_in.endpoint(),
        token: None,
        offline: false,
        here: Here::Use,
        patience: Patience { tries: 3, first_wait: Duration::ZERO, silence: Duration::from_secs(20) },
        free_bytes: |_| Ok(u64::MAX),
    }
}

fn ask(text: &str) -> Ask {
    Ask::parse(text).unwrap()
}

fn blob(folder: &Path, bytes: &[u8]) -> PathBuf {
    folder.join("models--org--some-GGUF/blobs").join(hash::sha256(bytes))
}

/// Pulls the file into a new folder under these faults: what was heard, and how it ended.
fn check(faults: &[Fault]) -> (Vec<String>, Result<(), FetchError>) {
    let (content, folder, mut ear) = (content(), tempfile::tempdir().unwrap(), Ear::default());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], faults);
    let pulled = fetch::pull(&hub(&stand_in, folder.path()), &ask(REPO), &mut ear);
    let done = pulled.map(|pulled| {
        assert_eq!(fs::read(&pulled.path).unwrap(), content);
        assert_eq!(pulled.sha256, hash::sha256(&content));
        assert!(!blob(folder.path(), &content).with_extension("part").exists());
    });
    (ear.heard, done)
}

/// What a user reads of a failure.
fn words(error: &FetchError) -> String {
    format!("{error}; {}", error.hint().unwrap_or_default())
}

/// Pulls under these faults, which must not succeed: what the user reads.
fn check_fails(faults: &[Fault]) -> String {
    words(&check(faults).1.unwrap_err())
}

#[test]
fn a_file_comes_into_the_hub_s_own_layout() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[("README.md", b"#"), (FILE, &content)], &[]);
    let hub = hub(&stand_in, folder.path());
    let pulled = fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap();
    let repo = folder.path().join("models--org--some-GGUF");
    assert_eq!(pulled.path, repo.join("snapshots").join(COMMIT).join(FILE));
    assert_eq!(
        fs::canonicalize(&pulled.path).unwrap(),
        fs::canonicalize(blob(folder.path(), &content)).unwrap()
    );
    assert_eq!(fs::read_to_string(repo.join("refs/main")).unwrap(), COMMIT);
    // As hf-hub itself reads it.
    let found = hf_hub::Cache::new(folder.path().to_owned()).model(REPO.to_owned()).get(FILE);
    assert_eq!(found, Some(pulled.path));
    let page = format!("/{REPO}/resolve/COMMIT/{FILE} from 0");
    assert_eq!(stand_in.asked(), [&format!("/api/models/{REPO}/revision/main"), &page, "/cdn from 0"]);
    // What is there under its hash is not sent again, whatever leads to it.
    fs::remove_dir_all(repo.join("snapshots")).unwrap();
    fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap();
    assert_eq!(stand_in.asked().len(), 1);
    fetch::pull(&Hub { here: Here::Replace, ..hub }, &ask(REPO), &mut Ear::default()).unwrap();
    assert_eq!(stand_in.asked().len(), 3);
}

#[test]
fn a_broken_connection_is_gone_on_with() {
    let (heard, done) = check(&[Fault::Cut(300_000), Fault::Cut(100_000)]);
    done.unwrap();
    assert_eq!(heard.len(), 3, "{heard:?}");
    // More breaks than tries: each brought something.
    let (_, done) = check(&[const { Fault::Cut(100_000) }; 6]);
    done.unwrap();
    let (heard, done) = check(&[const { Fault::Cut(0) }; 3]);
    assert!(matches!(done, Err(FetchError::Broke { got: 0, .. })), "{done:?}");
    assert_eq!(heard.len(), 3, "{heard:?}");
    // A trickle is no progress: it would be tried for days.
    let told = check_fails(&[const { Fault::Cut(1000) }; 3]);
    assert!(told.starts_with("the connection broke after 3000 of "), "{told}");
}

#[test]
fn it_begins_again_where_it_stopped() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let hub = hub(&stand_in, folder.path());
    let mut ear = Ear { enough: Some(1), ..Ear::default() };
    let stopped = fetch::pull(&hub, &ask(REPO), &mut ear).unwrap_err();
    let FetchError::Stopped { kept } = stopped else { panic!("{stopped}") };
    assert!(kept > 0 && kept < content.len() as u64, "{kept}");
    stand_in.asked();
    let mut ear = Ear::default();
    let pulled = fetch::pull(&hub, &ask(REPO), &mut ear).unwrap();
    assert_eq!(fs::read(pulled.path).unwrap(), content);
    assert_eq!(ear.heard, [format!("found, {kept} kept")]);
    assert_eq!(stand_in.asked().last().unwrap(), &format!("/cdn from {kept}"));
}

#[test]
fn what_was_kept_is_not_trusted() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let hub = hub(&stand_in, folder.path());
    let part = blob(folder.path(), &content).with_extension("part");
    let mut wrong = content[..1000].to_vec();
    wrong[500] ^= 1;
    let too_long = [&content[..], b"more"].concat();
    let complete = content.clone();
    for (kept, last) in [(wrong, "/cdn from 0"), (too_long, "/cdn from 0"), (complete, "list")] {
        let _ = fs::remove_dir_all(folder.path().join("models--org--some-GGUF"));
        fs::create_dir_all(part.parent().unwrap()).unwrap();
        fs::write(&part, kept).unwrap();
        let pulled = fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap();
        assert_eq!(fs::read(pulled.path).unwrap(), content);
        let asked = stand_in.asked();
        assert!(if last == "list" { asked.len() == 1 } else { asked.last().unwrap() == last }, "{asked:?}");
    }
}

#[test]
fn a_hub_that_knows_no_ranges_sends_all_again() {
    let (_, done) = check(&[Fault::Cut(300_000), Fault::NoRanges]);
    done.unwrap();
}

#[test]
fn each_fault_of_a_file_has_its_words() {
    let told = check_fails(&[Fault::Short(5000), Fault::Short(0), Fault::Short(0), Fault::Short(0)]);
    assert!(told.starts_with("the file ended after 5000 of 700005 bytes; repeat the command"), "{told}");
    let told = check_fails(&[Fault::Long(10)]);
    assert!(told.starts_with("the file has 700015 bytes, the hub's list says 700005"), "{told}");
    let told = check_fails(&[Fault::Claim(99)]);
    assert!(told.starts_with("the file has 99 bytes, the hub's list says 700005"), "{told}");
    let told = check_fails(&[Fault::Flip]);
    assert!(
        told.starts_with("the file is damaged: expected sha256 ") && told.contains("take another"),
        "{told}"
    );
    for page in [Fault::Page, Fault::Text("<!DOCTYPE html>")] {
        let told = check_fails(&[page]);
        assert!(told.starts_with("a web page came instead of the file") && told.contains("login"), "{told}");
    }
    let told = check_fails(&[Fault::Text("safe")]);
    assert!(told.starts_with("what came is no GGUF file"), "{told}");
    let told = check_fails(&[Fault::Circle]);
    assert!(told.starts_with("the hub's answer leads in a circle") && told.contains("HF_ENDPOINT"), "{told}");
    let told = check_fails(&[Fault::OtherHash]);
    assert!(told.starts_with("the file was replaced at the hub meanwhile"), "{told}");
    let told = check_fails(&[Fault::Status(403, "GatedRepo")]);
    assert!(
        told.contains("gated") && told.contains("accept the terms") && told.contains("HF_TOKEN"),
        "{told}"
    );
    let told = check_fails(&[Fault::Status(418, "")]);
    assert!(told.starts_with("the hub answered with status 418"), "{told}");
}

#[test]
fn a_hub_that_is_busy_is_asked_again() {
    let (heard, done) = check(&[Fault::Status(503, ""), Fault::Status(429, "")]);
    done.unwrap();
    let again = ["again: the hub answered with status 503", "again: the hub answered with status 429"];
    assert_eq!(heard[1..], again);
    let told = check_fails(&[const { Fault::Status(429, "") }; 3]);
    assert!(told.contains("429") && told.contains("wait some minutes"), "{told}");
}

#[test]
fn a_silent_connection_is_given_up() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[Fault::Hold(300_000)]);
    let hub = hub(&stand_in, folder.path());
    let patience = Patience { silence: Duration::from_millis(500), tries: 20, ..hub.patience };
    let mut ear = Ear::default();
    let pulled = fetch::pull(&Hub { patience, ..hub }, &ask(REPO), &mut ear).unwrap();
    assert_eq!(fs::read(pulled.path).unwrap(), content);
    assert!(ear.heard[1].starts_with("again: "), "{:?}", ear.heard);
}

/// What a user reads when the list has these faults.
fn check_list(faults: &[ListFault], asked: &str, token: Option<&str>) -> String {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let parts = ["big-Q8_0-00001-of-00002.gguf", "mmproj-some-f16.gguf"];
    let files = [(FILE, &*content), ("some-Q8_0.gguf", &content), (parts[0], &content), (parts[1], &content)];
    let stand_in = StandIn::new(REPO, &files, &[]).list_faults(faults);
    let hub = Hub { token: token.map(str::to_owned), ..hub(&stand_in, folder.path()) };
    words(&fetch::pull(&hub, &ask(asked), &mut Ear::default()).unwrap_err())
}

#[test]
fn each_fault_of_a_list_has_its_words() {
    let status = |status, code| [ListFault::Status(status, code)];
    let told = check_list(&status(401, "RepoNotFound"), REPO, None);
    assert!(told.contains("no repository org/some-GGUF that it shows to everybody"), "{told}");
    assert!(told.contains("HF_TOKEN"), "{told}");
    let told = check_list(&status(404, "RepoNotFound"), REPO, Some("hf_secret"));
    assert!(told.contains("that it shows to you") && !told.contains("hf_secret"), "{told}");
    let told = check_list(&status(404, "RevisionNotFound"), REPO, None);
    assert!(told.starts_with("org/some-GGUF has no revision main"), "{told}");
    let told = check_list(&status(403, "GatedRepo"), REPO, None);
    assert!(told.starts_with("org/some-GGUF is gated"), "{told}");
    assert!(check_list(&[ListFault::Page], REPO, None).contains("a web page came"));
    assert!(check_list(&[ListFault::Text("{")], REPO, None).contains("can't be understood"));
    assert!(check_list(&[ListFault::NoHash], REPO, None).contains("it gives no hash for the file"));
    // Names that would lead out of the folder.
    let list = r#"{"sha":"../../../../etc","siblings":[]}"#;
    assert!(check_list(&[ListFault::Text(list)], REPO, None).contains("its commit is none"));
    let list = r#"{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[
        {"rfilename":"../../x.gguf","lfs":{"sha256":"00","size":1}}]}"#;
    assert!(check_list(&[ListFault::Text(list)], REPO, None).contains("leads out of its folder"));
}

#[test]
fn a_file_that_is_not_there_is_answered_with_those_that_are() {
    for asked in ["org/some-GGUF:Q5_K_M", "org/some-GGUF:other.gguf"] {
        let told = check_list(&[], asked, None);
        assert!(told.starts_with(&format!("{asked} is no model that can be pulled; there are:")), "{told}");
        assert!(told.contains(FILE) && told.contains("some-Q8_0.gguf") && !told.contains("mmproj"), "{told}");
        assert!(!told.contains("00001-of"), "{told}");
    }
    let told = check_list(&[], "org/some-GGUF:big-Q8_0-00001-of-00002.gguf", None);
    assert!(told.contains("its file comes in parts"), "{told}");
}

#[test]
fn a_busy_list_is_asked_again() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[])
        .list_faults(&[ListFault::Status(502, ""), ListFault::None]);
    fetch::pull(&hub(&stand_in, folder.path()), &ask(REPO), &mut Ear::default()).unwrap();
}

#[test]
fn the_token_goes_to_the_hub_only() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::with_files_elsewhere(REPO, &[(FILE, &content)]);
    let hub = Hub { token: Some("hf_secret".to_owned()), ..hub(&stand_in, folder.path()) };
    fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap();
    let asked = stand_in.asked();
    assert!(asked[0].ends_with(" with a token") && asked[1].ends_with(" with a token"), "{asked:?}");
    assert_eq!(asked[2], "/cdn from 0");
}

#[test]
fn a_disk_without_room_is_noticed_before() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let hub = hub(&stand_in, folder.path());
    let full = Hub { free_bytes: |_| Ok(60_000_000), ..hub.clone() };
    let told = words(&fetch::pull(&full, &ask(REPO), &mut Ear::default()).unwrap_err());
    assert!(
        told.starts_with("the disk is full: 68 MB are needed in ") && told.contains("60 MB are free"),
        "{told}"
    );
    assert_eq!(stand_in.asked().len(), 1);
    let unknown = Hub { free_bytes: |_| Err(io::ErrorKind::Unsupported.into()), ..hub };
    fetch::pull(&unknown, &ask(REPO), &mut Ear::default()).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_becomes_full_is_named() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let part = blob(folder.path(), &content).with_extension("part");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    // A file to which nothing can be added.
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let hub = hub(&stand_in, folder.path());
    let told = words(&fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap_err());
    assert!(told.starts_with("the disk became full while ") && told.contains("make room"), "{told}");
}

#[test]
fn offline_asks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stand_in = StandIn::new(REPO, &[], &[]);
    let hub = Hub { offline: true, ..hub(&stand_in, folder.path()) };
    let told = words(&fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap_err());
    assert!(told.contains("HF_HUB_OFFLINE") && told.contains("models add FILE"), "{told}");
    assert!(stand_in.asked().is_empty());
}
