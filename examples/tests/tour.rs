//! The tour, as a newcomer runs it.

mod support;

use support::{Program, example};

#[test]
fn every_step_happens() {
    let (status, printed) = Program::start("the tour", example("tour")).end();
    assert!(status.success(), "{printed}");
    for line in [
        " 1. A port is a struct",
        "tally.total().await                               42",
        "worker is up after ",
        "→ worker: stls (TLS 1.3, no certificate)",
        "→ The parrot has landed.",
        "→ Hello newcomer, I am Ada.",
        "→ Polly! Polly!",
        "(42,)",
        "→ die: cannot divide 1 by 0",
        "→ transport_error: connection to node worker: ",
        "✓ All of it happened",
    ] {
        assert!(printed.contains(line), "{line:?} is missing:\n{printed}");
    }
    assert!(!printed.contains("panicked"), "{printed}");
}

#[test]
fn it_fits_a_terminal() {
    let (_, printed) = Program::start("the tour", example("tour")).end();
    let wide: Vec<&str> = printed.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "wider than 80 columns: {wide:#?}");
}

#[test]
fn the_readme_shows_it() {
    let readme = include_str!("../../README.md");
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let (_, printed) = Program::start("the tour", example("tour")).end();
    // Titles, explanations and code; what comes of the code differs each time.
    let code = |line: &str| line.chars().take(52).collect::<String>().trim_end().to_owned();
    let printed: Vec<String> = printed.lines().map(code).collect();
    let shown: Vec<String> = shown.lines().map(code).filter(|line| line.trim() != "…").collect();
    assert!(shown.len() > 25, "{shown:#?}");
    for line in shown.iter().filter(|line| !line.starts_with("      ") && !line.contains('✓')) {
        assert!(printed.contains(line), "{line:?} is not in {printed:#?}");
    }
}
