//! Writing the file: all of it or nothing, for its owner's eyes only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

/// Replaces the file by one with these values; its folder is made when it is missing. What the
/// file was before is kept beside it, with a `~` at the end of its name, as the reference does.
///
/// The new file is complete on disk before it takes the old one's place.
pub(crate) fn save(path: &Path, root: &Map<String, Json>) -> io::Result<()> {
    // What a symbolic link leads to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut text = serde_json::to_string_pretty(root)?;
    text.push('\n');
    let new = beside(&path, &format!(".{}~new~", std::process::id()));
    let written = write_private(&new, text.as_bytes()).and_then(|()| {
        keep_old(&path)?;
        fs::rename(&new, &path)
    });
    if written.is_err() {
        // The error that counts is the first one.
        drop(fs::remove_file(&new));
        return written;
    }
    sync_folder(folder)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn write_private(path: &Path, octets: &[u8]) -> io::Result<()> {
    // The copy of the time before, or what a process left that was killed, and had our number.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// The copy is for its owner's eyes only, whoever may read the file.
fn keep_old(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    // Not a link: what others may read of the file they must not read of the copy.
    write_private(&beside(path, "~"), &fs::read(path)?)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
