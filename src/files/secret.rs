//! A secret in a file of its own, which only its owner can read.
//! Knows: disk. Never: what the secret opens.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// No secret is longer, in bytes.
const LARGEST: u64 = 256;

/// The secret in the file at `path`; where there is none that `fits`, a new one, which is kept there.
///
/// # Errors
/// Where the file can't be read or written.
pub fn kept(path: &Path, fits: impl Fn(&str) -> bool, new: &str) -> io::Result<String> {
    match fs::File::open(path) {
        Ok(file) => {
            let mut text = String::new();
            file.take(LARGEST).read_to_string(&mut text)?;
            if fits(text.trim()) {
                private(path)?;
                return Ok(text.trim().to_owned());
            }
            fs::remove_file(path)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(format!("{new}\n").as_bytes())?;
    Ok(new.to_owned())
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Access lists decide there, not modes.
#[cfg(not(unix))]
fn private(_path: &Path) -> io::Result<()> {
    Ok(())
}
