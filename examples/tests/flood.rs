//! The flood ends with the loss told and the memory bounded. (A short one: `cargo run --release
//! --example flood` sends ten times as many messages.)

mod support;

#[test]
fn a_flood_is_told_and_bounded() {
    let output = support::example("flood").arg("2000000").output().expect("the example runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches("overflow: the mailbox of port").count(), 3, "{text}");
    assert_eq!(text.matches("overflow: connection to node deaf").count(), 1, "{text}");
}
