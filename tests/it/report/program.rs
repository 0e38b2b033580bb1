//! `pushback report` and `pushback progress` as they are run.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::safety::well_formed;
use crate::cli::{fails, pushback, talk};

/// A home with one session: two replies, of which the first was said otherwise.
fn practised(home: &Path) {
    let lines =
        ["You need to stop drinking.", "/undo", "You'd rather be at work.", "It's up to you.", "/end"];
    talk(home, &["--persona", "ray", "--seed", "1"], &lines);
}

#[test]
fn a_report_is_read_in_each_form() {
    let home = tempfile::tempdir().unwrap();
    practised(home.path());
    let report = |format: &[&str]| talk(home.path(), &[&["report"][..], format].concat(), &[]);
    let text = report(&[]);
    assert!(
        text.starts_with("Session 1 with Ray") && text.contains("said otherwise: You need to stop"),
        "{text}"
    );
    let html = report(&["1", "--html"]);
    well_formed(&html);
    assert!(html.contains("Said otherwise (1)") && html.contains("<title>Session 1 with Ray"));
    assert!(report(&["--md"]).starts_with("# Session with Ray"));
    let json: Value = serde_json::from_str(&report(&["--json"])).unwrap();
    assert_eq!((&json["format"], &json["session"]["client"]["id"]), (&1.into(), &"ray".into()));
    assert_eq!(json["turns"][1]["otherwise"][0]["trainee"]["text"], "You need to stop drinking.");
    let csv = report(&["--csv"]);
    assert!(csv.starts_with("transcript_id,utterance_id,"), "{csv}");
    let file = home.path().join("r.csv");
    fs::write(&file, &csv).unwrap();
    let coded = talk(home.path(), &["judge", file.to_str().unwrap()], &[]);
    assert!(coded.contains("It's up to you.") || coded.contains("emphasise_autonomy"), "{coded}");
    assert_eq!(fails(home.path(), &["report", "--md", "--html"]).0, 2);
    let (code, told) = fails(home.path(), &["report", "9"]);
    assert!(code == 1 && told.contains("session 9"), "{told}");
}

#[test]
fn a_report_is_written_once_and_for_its_owner() {
    let home = tempfile::tempdir().unwrap();
    practised(home.path());
    let out = home.path().join("deep/report.html");
    let write = ["report", "--out", out.to_str().unwrap()];
    talk(home.path(), &write, &[]);
    well_formed(&fs::read_to_string(&out).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&out, "mine").unwrap();
    let (code, told) = fails(home.path(), &write);
    assert!(
        code == 1 && told.contains("is there already") && told.contains("`--force` writes over it"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    talk(home.path(), &[&write[..], &["--force"]].concat(), &[]);
    assert!(fs::read_to_string(&out).unwrap().starts_with("<!doctype html>"));
    let left: Vec<_> = fs::read_dir(out.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let folder = home.path().join("deep");
    assert_eq!(fails(home.path(), &["report", "--html", "--force", "--out", folder.to_str().unwrap()]).0, 1);
    assert_eq!(fails(home.path(), &["report", "--force"]).0, 2);
}

#[test]
#[cfg(target_os = "linux")]
fn a_report_is_opened_in_the_browser() {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, Instant};

    let home = tempfile::tempdir().unwrap();
    practised(home.path());
    let (programs, told) = (home.path().join("bin"), home.path().join("told"));
    fs::create_dir(&programs).unwrap();
    let open = |args: &[&str]| {
        let mut command = pushback(home.path());
        let output = command.env("PATH", &programs).args(["report", "--open"]).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (at, noted) = open(&[]);
    assert!(noted.contains("open the file yourself"), "there is no browser: {noted}");
    let at = Path::new(at.trim_end());
    assert!(at.ends_with("reports/session-1.html") && at.starts_with(home.path()), "{}", at.display());
    well_formed(&fs::read_to_string(at).unwrap());
    assert_eq!(fs::metadata(at).unwrap().permissions().mode() & 0o777, 0o600);

    let browser = programs.join("xdg-open");
    fs::write(
        &browser,
        format!("#!/bin/sh\necho \"$1\" > '{0}.new' && /bin/mv '{0}.new' '{0}'\n", told.display()),
    )
    .unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let own = home.path().join("mine.html");
    for (args, file) in [(&["--html"][..], at), (&["--out", own.to_str().unwrap()], &own)] {
        open(args);
        // The browser is not waited for.
        let until = Instant::now() + Duration::from_secs(60);
        while !told.exists() && Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(fs::read_to_string(&told).unwrap().trim_end(), file.to_str().unwrap());
        fs::remove_file(&told).unwrap();
    }
    assert_eq!(fails(home.path(), &["report", "--open", "--csv"]).0, 2);
}

#[test]
fn an_open_exam_is_not_told_of() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("exam.toml");
    let file = file.to_str().unwrap();
    let new = ["exam", "new", file, "--persona", "ray", "--title", "Winter", "--seed", "4", "--replies", "9"];
    talk(home.path(), &new, &[]);
    talk(home.path(), &["chat", "--exam", file, "--json"], &["You'd rather be at work.", "/quit"]);
    for format in ["--html", "--md", "--json", "--csv"] {
        let output = pushback(home.path()).args(["report", "1", format]).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("an exam that has not ended yet"), "{told}");
    }
    let told: Value = serde_json::from_str(&talk(home.path(), &["progress", "--json"], &[])).unwrap();
    assert_eq!((&told["sessions"], &told["open_exams"]), (&0.into(), &1.into()));
    talk(home.path(), &["chat", "--continue", "1", "--json"], &["/end"]);
    assert!(talk(home.path(), &["report", "1"], &[]).contains("Exam     Winter"));
}

#[test]
fn progress_is_a_table_that_says_when_there_is_too_little() {
    let home = tempfile::tempdir().unwrap();
    assert!(talk(home.path(), &["progress"], &[]).starts_with("0 sessions"));
    let reply = "You'd rather be at work.";
    for seed in ["1", "2"] {
        talk(home.path(), &["--persona", "ray", "--seed", seed], &[reply; 8]);
    }
    practised(home.path());
    let told = talk(home.path(), &["progress"], &[]);
    assert!(
        told.contains("2 sessions of 8 replies or more.") && told.contains("1 session left out"),
        "{told}"
    );
    assert!(told.contains("C/(C+I) after resistance") && told.contains("too few to tell"), "{told}");
    assert!(told.contains("All 2 sessions") && told.contains("(ray), 2 sessions"), "{told}");
    let one = talk(home.path(), &["progress", "--persona", "ray"], &[]);
    assert!(!one.contains("All 2 sessions") && one.contains("(ray), 2 sessions"), "{one}");
    let output = pushback(home.path()).args(["progress", "--persona", "rya"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("Did you mean `ray`?"));
}
