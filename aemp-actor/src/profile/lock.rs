//! Who may change the file: one process at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::ProfileError;
use super::reading::regular;
use super::saving::{beside, create_folder, target};

/// How long somebody else is waited for who has the file.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long until it is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// The right to change a configuration file, until it is dropped.
///
/// It is the system's lock of a file beside it, so that it ends with the process. Invariant: who
/// has it has locked the file that is at the path, not one that was removed from there.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Waits until nobody else has it.
    pub(crate) fn wait(config: &Path, patience: Duration) -> Result<Self, ProfileError> {
        let wrong = |error| ProfileError::Write { path: config.to_owned(), error };
        // Nothing is made beside a device.
        regular(config).map_err(wrong)?;
        let path = beside(&target(config), ".lock");
        let until = Instant::now() + patience;
        loop {
            let taken = Self::attempt(&path);
            match taken.map_err(|error| ProfileError::Write { path: path.clone(), error })? {
                Some(lock) => return Ok(lock),
                None if Instant::now() >= until => {
                    return Err(ProfileError::Busy { path, patience });
                }
                None => std::thread::sleep(PAUSE),
            }
        }
    }

    fn attempt(path: &Path) -> io::Result<Option<Self>> {
        create_folder(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            // A file system without locks: there is nothing better to be had there.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // 1. Two processes open the file. 2. One has the lock, is done and removes it. 3. The
        // other locks what nobody else will find.
        Ok(is_at(&file, path).then(|| Self { path: path.to_owned(), _file: file }))
    }
}

impl Drop for Lock {
    /// The file is removed while it is locked; elsewhere than on Unix it stays.
    fn drop(&mut self) {
        #[cfg(unix)]
        drop(fs::remove_file(&self.path));
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let (ours, there) = (file.metadata(), fs::metadata(path));
    matches!((ours, there), (Ok(a), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = std::env::temp_dir().join(format!("aemp-lock-{}", std::process::id()));
        let config = folder.join("new/config.json");
        let wait = || Lock::wait(&config, Duration::ZERO);
        let first = wait().expect("free");
        let error = wait().expect_err("taken").to_string();
        assert!(error.contains("config.json.lock"), "{error}");
        drop(first);
        drop(wait().expect("free again"));
        #[cfg(unix)]
        assert_eq!(fs::read_dir(folder.join("new")).expect("there").count(), 0);
        fs::remove_dir_all(folder).expect("removed");
    }
}
