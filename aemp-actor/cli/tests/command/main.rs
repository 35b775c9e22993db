//! The command as its users run it.

#[path = "../home/mod.rs"]
mod home;
#[path = "../../../tests/peer/mod.rs"]
mod peer;
#[allow(unexpected_cfgs, reason = "the features are those of aemp-actor")]
#[path = "../../../tests/support/mod.rs"]
mod support;

mod check;
mod examples;
mod guide;
#[cfg(unix)]
mod looking;
mod mistakes;
mod network;
mod new;
#[cfg(unix)]
mod operating;
#[cfg(unix)]
mod output;
mod profiles;
#[cfg(unix)]
mod run;
mod saving;
mod settings;
#[cfg(unix)]
mod shell;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod tutorial;
