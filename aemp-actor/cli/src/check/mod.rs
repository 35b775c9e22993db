//! `aemp check`: says what is wrong with the configuration.

mod command;
mod file;
mod problem;
mod values;
mod whole;

pub(crate) use command::{before_joining, run};

pub(crate) use file::{no_object, no_profiles};
pub(crate) use problem::{Problem, Severity};
pub(crate) use whole::SHARED;
