//! The end of a command that holds the terminal: the terminal is put back first.

use std::future::Future;
use std::io;

/// Completes when the system wants the process to end, or the terminal has hung up. From this call on
/// the process is not ended by that. At ctrl-c, too; the shell has a use of its own for it, and
/// waits for the others.
#[cfg(unix)]
pub(crate) fn ending(at_ctrl_c: bool) -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let interrupted = async {
            // Taken, and ignored unless it is wanted.
            while interrupt.recv().await.is_some() && !at_ctrl_c {}
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            () = interrupted => {}
        }
    })
}

/// Completes at ctrl-c, if that is wanted.
#[cfg(not(unix))]
pub(crate) fn ending(at_ctrl_c: bool) -> io::Result<impl Future<Output = ()> + Send> {
    Ok(async move {
        if !at_ctrl_c || tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

/// The settings of the terminal that is read from, as they are now: a line editor on another thread may
/// change them, and cannot be told to put them back.
pub(crate) struct Before {
    #[cfg(unix)]
    settings: Option<rustix::termios::Termios>,
}

impl Before {
    pub(crate) fn keep() -> Self {
        Self {
            #[cfg(unix)]
            settings: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    /// Puts the terminal back, on a new line.
    pub(crate) fn put_back(&self) {
        #[cfg(unix)]
        if let Some(settings) = &self.settings {
            use rustix::termios::{OptionalActions, tcsetattr};
            let mut out = io::stdout();
            // The line editor has it tell pasted texts.
            drop(io::Write::write_all(&mut out, b"\x1b[?2004l\r\n"));
            drop(io::Write::flush(&mut out));
            // One that is gone needs none.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, settings);
        }
    }
}
