//! `aemp::restart`.

use super::question::Question;

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let core = question.core;
    let Some(restart) = core.restarter() else {
        return Err(format!(
            "node {} does not run under a watchdog that would start it again (aemp run)",
            core.id()
        ));
    };
    let asker = question.asker().map_or_else(|| core.id().to_string(), ToString::to_string);
    tracing::info!(target: "aemp", "node {asker} asks for a restart");
    question.answer(());
    core.user_code("a restart", restart);
    Ok(())
}
