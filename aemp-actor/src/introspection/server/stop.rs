//! `aemp::stop`.

use super::question::Question;

pub(super) const STOP: &str = "aemp::stop";

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let core = question.core;
    let Some(stopper) = core.operated().stopper() else {
        return Err(format!(
            "the program of node {} has not said how it is stopped (Node::on_stop)",
            core.id()
        ));
    };
    question.answer(());
    let asker = question.asker().unwrap_or(core.id());
    tracing::info!(target: "aemp", "node {asker} asks for the end of this node");
    core.user_code("the end of the node", stopper);
    Ok(())
}
