//! What is copied through a data connection arrives, and little of it is held at a time.

#[path = "../../tests/support/mod.rs"]
mod support;

#[test]
fn a_copy_arrives_whole() {
    for over in ["tcp", "quic", "mem"] {
        let output = support::example("copy").args(["--mib", "16", "--over", over]).output();
        let output = output.expect("the example runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("16 MiB in "), "{text}");
    }
}
