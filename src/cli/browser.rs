//! The person's browser.
//! Knows: each system's way to open things. Never: what is opened.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// Opens a URL, or the file at an absolute path; whether there was a way to. Whoever lists this computer's
/// processes sees what is opened.
pub(super) fn open(what: impl AsRef<OsStr>) -> bool {
    let ways: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
        &[("open", &[])]
    } else if cfg!(windows) {
        &[("rundll32", &["url.dll,FileProtocolHandler"])]
    } else {
        &[("xdg-open", &[]), ("gio", &["open"]), ("wslview", &[])]
    };
    ways.iter().any(|(program, first)| {
        let mut command = Command::new(program);
        command.args(*first).arg(&what).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().is_ok()
    })
}
