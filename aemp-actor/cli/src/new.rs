//! `new`: a project that runs. What is written there is compiled, and its test run, with those of this
//! crate (`template/`).

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Failure, Output};

const MANIFEST: &str = include_str!("../template/Cargo.toml.in");

const PROGRAM: &str = include_str!("../template/main.rs");

const IGNORED: &str = "/target\n";

/// What `new` is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct NewArguments {
    /// The folder, whose name is the name of the program; there is none yet
    #[arg(id = "FOLDER")]
    folder: PathBuf,
    /// Use the library of this folder, instead of the published one
    #[arg(long, value_name = "FOLDER")]
    library: Option<PathBuf>,
}

/// Makes the project; nothing that is there is touched.
pub(crate) fn run(arguments: &NewArguments, json: bool) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    check_name(name)?;
    let manifest = manifest(name, &library(arguments.library.as_deref())?);
    let failed = |path: &Path, error: std::io::Error| {
        Failure::Failed(format!("cannot make {}: {error}", path.display()))
    };
    let parents = folder.parent().map_or(Ok(()), std::fs::create_dir_all);
    match parents.and_then(|()| std::fs::create_dir(folder)) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::Failed(format!("{} is there already", folder.display())));
        }
        Err(error) => return Err(failed(folder, error)),
    }
    let source = folder.join("src");
    std::fs::create_dir(&source).map_err(|error| failed(&source, error))?;
    for (path, text) in [
        (folder.join("Cargo.toml"), &*manifest),
        (folder.join(".gitignore"), IGNORED),
        (source.join("main.rs"), PROGRAM),
    ] {
        let file = std::fs::File::create_new(&path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| failed(&path, error))?;
    }
    let output = Output::new(json);
    match json {
        true => output.json(&json!({ "folder": folder })),
        false => output.line(&format!(
            "{} is a program with a port that greets, and one that watches it; it runs:\n  \
             cd {} && cargo run",
            folder.display(),
            folder.display()
        )),
    }
    Ok(())
}

/// As cargo wants it of a package.
fn check_name(name: &str) -> Result<(), Failure> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    // Of the program itself, and words that Rust keeps for itself.
    const TAKEN: [&str; 6] = ["aemp-actor", "tokio", "tracing-subscriber", "test", "self", "crate"];
    if begins && name.chars().all(is_letter) && !TAKEN.contains(&name) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{name:?} is no name for a program: letters, digits, - and _, beginning with a letter"
    )))
}

/// Where the library comes from, as a manifest says it.
fn library(path: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = path else {
        return Ok(format!(
            "\"{}.{}\"",
            env!("CARGO_PKG_VERSION_MAJOR"),
            env!("CARGO_PKG_VERSION_MINOR")
        ));
    };
    let full = path.canonicalize().map_err(|error| {
        Failure::Failed(format!("cannot find the library {}: {error}", path.display()))
    })?;
    // A text of JSON is one of TOML.
    Ok(format!("{{ path = {} }}", json!(full)))
}

fn manifest(name: &str, library: &str) -> String {
    MANIFEST.replace("NAME", name).replace("LIBRARY", library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_packages() {
        for good in ["hello", "my-node2", "A_b"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "2nd", "my node", "hällo", "-a", "tokio", "."] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_library_is_the_one_of_this_version() {
        let manifest = manifest("hello", &library(None).expect("published"));
        assert!(manifest.contains("name = \"hello\"\n"), "{manifest}");
        assert!(manifest.contains("aemp-actor = \"0.1\"\n"), "{manifest}");
        assert!(library(Some(Path::new("/no/such/folder"))).is_err());
    }
}
