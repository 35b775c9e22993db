//! The flood ends with the loss told and the memory bounded. (A short one: `cargo run --release
//! --example flood` sends ten times as many messages.)

mod support;

/// It would wait for an end that does not come.
#[test]
fn what_overflows_nothing_is_refused() {
    for few in ["1000", "many", "--help"] {
        let output = support::example("flood").arg(few).output().expect("the example runs");
        assert_eq!(output.status.code(), Some(2), "{few}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("2000000 or more"), "{few}");
    }
}

#[test]
fn a_flood_is_told_and_bounded() {
    let output = support::example("flood").arg("2000000").output().expect("the example runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches("overflow: the mailbox of port").count(), 3, "{text}");
    assert_eq!(text.matches("overflow: connection to node deaf").count(), 1, "{text}");
}
