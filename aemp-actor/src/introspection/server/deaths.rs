//! `aemp::deaths`.

use std::time::SystemTime;

use super::question::Question;
use crate::introspection::{DeathInfo, Deaths};

#[expect(clippy::unnecessary_wraps)]
pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let (total, last) = question.core.operated().deaths();
    let last = last.into_iter().map(|death| DeathInfo {
        name: death.port.to_string(),
        kind: death.kind.into(),
        reason: death.reason,
        at: SystemTime::UNIX_EPOCH + death.at,
    });
    question.answer(Deaths { total, last: last.collect() });
    Ok(())
}
