//! Reading files, with a bound.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes that a configuration file, or a file that a setting names, may have.
pub const MAX_FILE: u64 = 16 << 20;

/// Reads a configuration file; `None` if there is none.
///
/// What is not a regular file, nor leads to one, is refused: it may have no end or never answer, and
/// to write it would be to replace it.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    regular(path)?;
    match bounded(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the text of a file of any kind, as of a pipe that a secret comes through.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(bounded(path)?).map_err(|error| io::Error::other(error.utf8_error()))
}

/// Refuses what is there and is not a regular file.
pub(super) fn regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => Err(io::Error::other("it is not a regular file")),
        // Who reads or writes it finds out about errors.
        _ => Ok(()),
    }
}

fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        let text = format!("it is longer than {} MiB", MAX_FILE >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}
