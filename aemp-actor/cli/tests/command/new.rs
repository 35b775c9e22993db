//! `aemp new`. What it writes is compiled as an example of this crate, whose test runs.

use std::path::Path;

use crate::home::Home;

#[test]
fn a_project_is_made_and_never_overwritten() {
    let home = Home::new();
    let folder = home.folder().join("deep/hello-world");
    let path = folder.to_str().unwrap();
    let text = home.run(&["new", path]).text();
    assert!(text.contains(&format!("cd {path} && cargo run")), "{text}");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("name = \"hello-world\"\n"), "{manifest}");
    assert!(manifest.contains("\naemp-actor = \"0."), "{manifest}");
    assert_eq!(read("src/main.rs"), include_str!("../../template/main.rs"));
    assert_eq!(read(".gitignore"), "/target\n");
    std::fs::write(folder.join("src/main.rs"), "mine").unwrap();
    let text = home.run(&["new", path]).failed(1);
    assert!(text.contains("is there already"), "{text}");
    assert_eq!(read("src/main.rs"), "mine");
}

#[test]
fn a_library_of_ones_own_is_found_from_anywhere() {
    let home = Home::new();
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = home.folder().join("hello");
    let library = library.to_str().unwrap();
    let made = home.run(&["--json", "new", folder.to_str().unwrap(), "--library", library]).json();
    assert_eq!(made["folder"], folder.to_str().unwrap());
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let path = Path::new(library).canonicalize().unwrap();
    assert!(manifest.contains(&format!("{{ path = \"{}\" }}", path.display())), "{manifest}");
}

#[test]
fn names_that_cargo_does_not_want_are_refused() {
    let home = Home::new();
    for name in ["2nd", "my node", "tokio"] {
        let folder = home.folder().join(name);
        let text = home.run(&["new", folder.to_str().unwrap()]).failed(2);
        assert!(text.contains("is no name for a program") && !folder.exists(), "{text}");
    }
}
