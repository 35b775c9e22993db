//! Standard input in place of an argument: `-`. Secrets are read only so: what stands on a command line
//! is seen by everybody on the machine, as long as the command runs.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use clap::ArgMatches;
use serde_json::Value as Json;

use super::{Failure, program_name};
use aemp_actor::profile::{Key, MAX_FILE, read_text};

/// The argument of a command that takes a secret.
pub(crate) const SECRET: &str = "SECRET";

/// The text of a file; `-` is standard input.
pub(crate) fn file(path: &Path) -> io::Result<String> {
    if path == Path::new("-") { all() } else { read_text(path) }
}

/// The value of a key that is to be kept from others: what comes from standard input.
pub(crate) fn secret(key: &Key, arguments: &ArgMatches) -> Result<Json, Failure> {
    let word = arguments.get_one::<String>(SECRET).map_or("-", String::as_str);
    secret_of(key, word)
}

/// The same for a word that has to be `-`.
pub(crate) fn secret_of(key: &Key, word: &str) -> Result<Json, Failure> {
    let (name, program) = (key.name, program_name());
    if word != "-" {
        let variable = key.variable();
        return Err(Failure::Usage(format!(
            "{name}: everybody on this machine can see command lines: write - to read it from standard \
             input, set {variable} or {variable}_FILE in the environment, or let {program} gensecret \
             generate one"
        )));
    }
    let text = typed(name)
        .map_err(|error| Failure::Failed(format!("{name}: cannot read standard input: {error}")))?;
    let text = text.ok_or_else(|| Failure::Usage(format!("{name}: aborted: nothing was typed")))?;
    key.read_text(&text, "standard input").map_err(|text| Failure::Usage(format!("{name}: {text}")))
}

/// What is typed at a terminal, which does not show it, or all that comes; `None` if whoever types
/// aborts that.
fn typed(name: &str) -> io::Result<Option<String>> {
    if io::stdin().is_terminal() { terminal::line(name) } else { all().map(Some) }
}

fn all() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
mod terminal {
    use std::io::{self, Read, Write};

    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    /// Ctrl-c.
    const INTERRUPT: u8 = 3;

    /// Puts the terminal back when dropped.
    struct Hidden(Termios);

    impl Drop for Hidden {
        fn drop(&mut self) {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        }
    }

    /// Asks for a line that is not shown; `None` at ctrl-c, or at the end of the input. Ctrl-c is no
    /// signal meanwhile, which would end the command before it has put the terminal back.
    pub(super) fn line(what: &str) -> io::Result<Option<String>> {
        let hidden = Hidden(tcgetattr(io::stdin())?);
        let mut settings = hidden.0.clone();
        settings.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        settings.local_modes.insert(LocalModes::ECHONL);
        // It ends the line, so that it is read at once.
        settings.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(io::stdin(), OptionalActions::Flush, &settings)?;
        let mut out = io::stderr();
        write!(out, "{what}: ")?;
        out.flush()?;
        let mut line = Vec::new();
        for byte in io::stdin().lock().bytes() {
            match byte? {
                INTERRUPT => break,
                b'\n' => return String::from_utf8(line).map(Some).map_err(io::Error::other),
                byte => line.push(byte),
            }
        }
        writeln!(out)?;
        Ok(None)
    }
}

#[cfg(not(unix))]
mod terminal {
    use std::io;

    /// The terminal cannot be told not to show what is typed.
    pub(super) fn line(_: &str) -> io::Result<Option<String>> {
        Err(io::Error::other("what is typed would be shown: use a pipe or a file"))
    }
}
