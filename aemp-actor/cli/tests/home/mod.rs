//! The command as a process, in a home of its own.
#![allow(dead_code)]

pub(crate) mod counter;
pub(crate) mod keys;
pub(crate) mod service;
#[cfg(unix)]
pub(crate) mod terminal;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// What it printed; it has to have ended well.
    pub(crate) fn text(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out.trim_end().to_owned()
    }

    pub(crate) fn json(self) -> serde_json::Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What it complained about, with this exit code.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.err.trim_end().to_owned()
    }
}

/// A folder that is a user's home; removed at the end.
pub(crate) struct Home {
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("aemp-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, variables: Vec::new() }
    }

    /// One with the configuration of a network that has this seed.
    pub(crate) fn with_seed(seed: &str) -> Self {
        let home = Self::new();
        home.run_with(crate::support::SECRET, &["setsecret", "-", "setseeds", seed]).text();
        home
    }

    pub(crate) fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The configuration file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(".config/aemp/config.json")
    }

    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        std::fs::write(self.file(), text).unwrap();
    }

    pub(crate) fn write_bytes(&self, bytes: &[u8]) {
        std::fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        std::fs::write(self.file(), bytes).unwrap();
    }

    /// The same as [`write`](Self::write), as the command writes it: for its owner only.
    pub(crate) fn write_private(&self, text: &str) {
        self.write(text);
        #[cfg(unix)]
        std::fs::set_permissions(self.file(), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
    }

    /// The environment of its commands, for as long as a busy machine needs.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.variables.clone();
        variables.push(("HOME".to_owned(), self.folder.to_str().unwrap().to_owned()));
        variables.push(("AEMP_TIMEOUT".to_owned(), "60".to_owned()));
        variables
    }

    pub(crate) fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_aemp").as_ref())
    }

    /// The same with another file as the program.
    pub(crate) fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("AEMP_") || name.starts_with("XDG_") || name.starts_with("PERL_") {
                command.env_remove(name);
            }
        }
        command.env("HOME", &self.folder).envs(self.variables.iter().cloned());
        command.stdin(Stdio::null());
        command
    }

    /// Runs `aemp` with these arguments to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        let done = self.command().args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = done.status.code().unwrap_or(-1);
        Done { code, out: text(done.stdout), err: text(done.stderr) }
    }

    /// The same with a standard input, where secrets are read from.
    pub(crate) fn run_with(&self, input: &str, arguments: &[&str]) -> Done {
        let mut command = self.command();
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who reads nothing may have ended already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let done = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = done.status.code().unwrap_or(-1);
        Done { code, out: text(done.stdout), err: text(done.stderr) }
    }

    /// The same beside the tasks of a test, for as long as a busy machine needs.
    pub(crate) async fn aemp(&self, arguments: &[&str]) -> Done {
        let mut command = self.command();
        command.args(["--timeout", "60"]).args(arguments);
        tokio::task::spawn_blocking(move || {
            let done = command.output().unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            let code = done.status.code().unwrap_or(-1);
            Done { code, out: text(done.stdout), err: text(done.stderr) }
        })
        .await
        .unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
