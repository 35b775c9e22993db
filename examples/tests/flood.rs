//! The flood ends with the loss told and the memory bounded. (A short one: `cargo run --release
//! --example flood` sends ten times as many messages.)

mod support;

use std::process::Command;

#[test]
fn a_flood_is_told_and_bounded() {
    let output =
        Command::new(support::example("flood")).arg("1100000").output().expect("the example runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches("overflow: ").count(), 4, "{text}");
}
