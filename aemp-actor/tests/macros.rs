//! The macros as users meet them, through `aemp_actor`: programs that are right (`macros/pass`), which this
//! program consists of, and mistakes (`macros/fail`), compared with the compiler's very words.
//!
//! One file per mistake. Compilers word their part differently, so the mistakes are compared on the
//! pinned one only, and skipped on any other. After a change of wording:
//! `TRYBUILD=overwrite cargo test --test macros`, and read the difference.

use std::process::Command;

#[path = "macros/pass/mod.rs"]
pub mod pass;

/// The compiler that wrote the `.stderr` files.
const PINNED: &str = "rustc 1.95.";

#[test]
fn mistakes() {
    if compiler().starts_with(PINNED) {
        trybuild::TestCases::new().compile_fail("tests/macros/fail/*.rs");
    }
}

/// What the compiler in use calls itself.
fn compiler() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).arg("--version").output().expect("a compiler is at hand");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
