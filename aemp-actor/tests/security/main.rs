//! Who may connect, what can be read along, and what stays secret.

#[path = "../support/mod.rs"]
mod support;

mod anonymous;
mod capture;
mod logs;
mod policy;
mod reload;
