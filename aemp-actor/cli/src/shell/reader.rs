//! Reading lines on a thread of its own.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor, ExternalPrinter};
use tokio::sync::{mpsc, oneshot};

use super::completion::Completion;
use super::printer::Printer;
use aemp_actor::profile::Variables;

/// A line, or why it is none, and whom to tell that it was carried out.
pub(crate) type Line = (Result<String, String>, oneshot::Sender<()>);

/// Reads lines from the terminal, or from standard input.
pub(crate) struct Reader {
    editor: Editor<Completion, FileHistory>,
    history: Option<PathBuf>,
}

impl Reader {
    /// Sets the terminal up.
    pub(crate) fn new(completion: Completion) -> rustyline::Result<(Self, Printer)> {
        let config = Config::builder()
            .max_history_size(10_000)?
            // The space behind a word that was completed is none of the line.
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .build();
        let mut editor: Editor<Completion, FileHistory> = Editor::with_config(config)?;
        editor.set_helper(Some(completion));
        let printer: Option<Box<dyn ExternalPrinter + Send>> =
            match editor.create_external_printer() {
                Ok(printer) => Some(Box::new(printer)),
                Err(_) => None,
            };
        let history = history_file(&Variables::of_process());
        if let Some(path) = &history {
            // There is none yet.
            drop(editor.load_history(path));
        }
        Ok((Self { editor, history }, Printer::new(printer)))
    }

    /// Begins to read; the lines end when the input does.
    pub(crate) fn start(mut self) -> mpsc::Receiver<Line> {
        let (lines, receiver) = mpsc::channel(1);
        std::thread::spawn(move || read(&mut self.editor, &lines, self.history.as_deref()));
        receiver
    }
}

fn read(
    editor: &mut Editor<Completion, FileHistory>,
    lines: &mpsc::Sender<Line>,
    history: Option<&Path>,
) {
    loop {
        let line = match editor.readline("aemp> ") {
            Ok(line) => {
                // One that is not kept is no failure.
                drop(editor.add_history_entry(line.trim_end()));
                Ok(line)
            }
            // ctrl-c: the line is given up.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                Err("invalid UTF-8, the line is ignored".to_owned())
            }
            Err(_) => return,
        };
        let (tell, done) = oneshot::channel();
        // Who quits is told of no prompt.
        let quit = lines.blocking_send((line, tell)).is_err() || done.blocking_recv().is_err();
        save(editor, history);
        if quit {
            return;
        }
    }
}

fn save(editor: &mut Editor<Completion, FileHistory>, history: Option<&Path>) {
    let Some(path) = history else { return };
    let folder = path.parent().unwrap_or(Path::new("."));
    let saved = std::fs::create_dir_all(folder)
        .map_err(ReadlineError::from)
        .and_then(|()| editor.append_history(path));
    if let Err(error) = saved {
        tracing::debug!(target: "aemp", "the history is not kept in {}: {error}", path.display());
    }
}

/// `aemp/history` in `$XDG_STATE_HOME`, else in `$HOME/.local/state`.
fn history_file(environment: &Variables) -> Option<PathBuf> {
    let xdg = environment.path("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let state = xdg.or_else(|| Some(environment.path("HOME")?.join(".local").join("state")))?;
    Some(state.join("aemp").join("history"))
}
