//! The command on a terminal.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Child, Command};

use rexpect::ReadUntil;
use rexpect::session::{Options, StreamSession};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A command whose input, output and errors are a terminal; killed when dropped.
pub(crate) struct Terminal {
    session: StreamSession<File>,
    /// What the command holds, too.
    user: File,
    child: Running,
}

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The other end of the terminal; where it is gone is the end.
struct Reading(File);

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(into) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                Ok(0)
            }
            other => other,
        }
    }
}

impl Terminal {
    /// Starts it on a terminal of this size, in columns and rows.
    pub(crate) fn start(mut command: Command, size: (u16, u16)) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let user = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        resize(&user, size);
        command.env("TERM", "xterm").stdin(user.try_clone().unwrap());
        command.stdout(user.try_clone().unwrap()).stderr(user.try_clone().unwrap());
        let child = Running(command.spawn().unwrap());
        drop(command);
        let terminal = File::from(terminal);
        let options = Options::new().timeout_ms(Some(60_000));
        let reading = Reading(terminal.try_clone().unwrap());
        Self { session: StreamSession::new(reading, terminal, options), user, child }
    }

    /// Waits for a text, and gives what came before it.
    pub(crate) fn sees(&mut self, text: &str) -> String {
        // What is read are bytes, each of which becomes a character.
        let bytes: String = text.bytes().map(char::from).collect();
        self.session.exp_string(&bytes).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    /// Waits for what matches.
    pub(crate) fn finds(&mut self, pattern: &str) -> String {
        let found = self.session.exp_regex(pattern);
        found.unwrap_or_else(|error| panic!("{pattern:?}: {error}")).1
    }

    /// Waits for the first of these texts, and gives it.
    pub(crate) fn sees_one_of(&mut self, texts: [&str; 2]) -> String {
        let until = texts.map(|text| ReadUntil::String(text.to_owned()));
        let found = self.session.exp_any(Vec::from(until));
        found.unwrap_or_else(|error| panic!("{texts:?}: {error}")).1
    }

    /// Types this.
    pub(crate) fn types(&mut self, text: &str) {
        self.session.send(text).unwrap();
        self.session.flush().unwrap();
    }

    /// Makes it another size, and tells the command, as terminals do.
    pub(crate) fn resize(&self, size: (u16, u16)) {
        resize(&self.user, size);
        self.signal("-WINCH");
    }

    /// Sends the command a signal.
    pub(crate) fn signal(&self, signal: &str) {
        super::service::signal(self.child.0.id().into(), signal);
    }

    /// Whether it echoes what is typed, and gives it on line by line, as terminals do.
    pub(crate) fn is_cooked(&self) -> bool {
        let cooked = LocalModes::ECHO | LocalModes::ICANON;
        tcgetattr(&self.user).unwrap().local_modes.contains(cooked)
    }

    /// Ends the command with a signal.
    pub(crate) fn kill(&mut self) {
        self.child.0.kill().unwrap();
    }

    /// Ends the command with a signal at which it may put the terminal back; it has to.
    pub(crate) fn ends_at(mut self, signal: &str) -> (Option<i32>, String) {
        assert!(!self.is_cooked());
        self.signal(signal);
        self.child.0.wait().unwrap();
        assert!(self.is_cooked(), "after {signal}");
        self.ends()
    }

    /// Waits for its end: the exit code, and what is left of what it printed.
    pub(crate) fn ends(self) -> (Option<i32>, String) {
        let Self { mut session, user, mut child } = self;
        drop(user);
        let rest = session.exp_eof().unwrap();
        (child.0.wait().unwrap().code(), rest)
    }
}

fn resize(terminal: &File, (columns, rows): (u16, u16)) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).unwrap();
}
