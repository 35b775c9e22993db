//! What systemd is told, if it started this process.

use sd_notify::NotifyState;

/// The node is up.
pub(super) fn ready() {
    tell(NotifyState::Ready);
}

/// The node is about to end.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

/// The node lives.
pub(super) fn alive() {
    tell(NotifyState::Watchdog);
}

/// Without systemd nothing happens.
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(target: "aemp", "systemd cannot be told: {error}");
    }
}
