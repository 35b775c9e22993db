//! Writing the file: all of it or nothing, for its owner's eyes only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::reading;

/// Symbolic links that are followed, as many as the system follows.
const MAX_LINKS: usize = 40;

/// Replaces the file by one with this text; its folder is made when it is missing. What the file
/// was before is kept beside it, with a `~` at the end of its name, as the Perl implementation
/// does.
///
/// The new file is complete on disk before it takes the old one's place.
pub(crate) fn save(path: &Path, text: &str) -> io::Result<()> {
    let path = target(path);
    create_folder(&path)?;
    let new = beside(&path, &format!(".{}~new~", std::process::id()));
    let written = write_private(&new, text.as_bytes(), &path).and_then(|()| {
        keep_old(&path)?;
        fs::rename(&new, &path)
    });
    if written.is_err() {
        // The error that counts is the first one.
        drop(fs::remove_file(&new));
        return written;
    }
    sync_folder(folder_of(&path))
}

/// What a symbolic link leads to, there or not: that is replaced, not the link.
pub(super) fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(next);
    }
    path
}

pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Makes the folder of this file, unless it is there.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a new file; it belongs to whom `like` belongs to, if there is that and we may.
fn write_private(path: &Path, bytes: &[u8], like: &Path) -> io::Result<()> {
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
    give(&file, like);
    file.write_all(bytes)?;
    file.sync_all()
}

/// Who changes somebody else's file, as root, does not take it away.
#[cfg(unix)]
fn give(file: &File, like: &Path) {
    use std::os::unix::fs::{MetadataExt, fchown};

    if let (Ok(ours), Ok(theirs)) = (file.metadata(), fs::metadata(like))
        && (ours.uid(), ours.gid()) != (theirs.uid(), theirs.gid())
    {
        // Only root may; for others the file then is theirs, as any that they write.
        drop(fchown(file, Some(theirs.uid()), Some(theirs.gid())));
    }
}

#[cfg(not(unix))]
fn give(_: &File, _: &Path) {}

/// The copy is for its owner's eyes only, whoever may read the file.
fn keep_old(path: &Path) -> io::Result<()> {
    match reading::read(path)? {
        // Not a link: what others may read of the file they must not read of the copy.
        Some(bytes) => write_private(&beside(path, "~"), &bytes, path),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
