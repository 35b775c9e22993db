//! No watchdog on this system.

use super::plan::RunPlan;
use crate::Failure;

/// Says so.
pub(super) fn run(_: &RunPlan, _: Vec<String>) -> Result<(), Failure> {
    Err(Failure::Usage("there is no watchdog on this system: use --no-watchdog".to_owned()))
}
