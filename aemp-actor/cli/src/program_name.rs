//! What this program is called: `aemp`, or another name when it embeds the command.

use std::env::consts::EXE_SUFFIX;
use std::path::Path;

/// The name of its file, as it was started.
pub(crate) fn program_name() -> String {
    let words = std::env::args_os();
    let path = words.into_iter().next().unwrap_or_default();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name.strip_suffix(EXE_SUFFIX).unwrap_or(name) {
        "" => "aemp".to_owned(),
        name => name.to_owned(),
    }
}
