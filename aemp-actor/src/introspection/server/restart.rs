//! `aemp::restart`, and the function of the Perl implementation's watchdog, which answers nothing.

use std::sync::Arc;

use super::question::Question;
use crate::id::NodeId;
use crate::message::Message;
use crate::node::{Core, Origin, Problem, Rights};

/// Our function. Who may not run it may not run the Perl implementation's either.
pub(super) const RESTART: &str = "aemp::restart";

/// That of the Perl implementation; its argument, a time, means nothing here.
pub(super) const WATCHDOG: &str = "AnyEvent::Watchdog::restart";

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let core = question.core;
    let Some(restarter) = core.restarter() else {
        return Err(format!(
            "node {} does not run under a watchdog that would start it again (aemp run)",
            core.id()
        ));
    };
    question.answer(());
    restart(core, question.asker(), restarter);
    Ok(())
}

pub(super) fn of_watchdog(
    core: &Arc<Core>,
    from: Option<&Origin>,
    _: &Message,
) -> Result<(), Problem> {
    if let Some(origin) = from {
        origin.demand("functions", may_restart)?;
    }
    let restarter = core.restarter().ok_or("no watchdog would start the node again (aemp run)")?;
    restart(core, from.map(|origin| origin.peer.id()), restarter);
    Ok(())
}

/// Whether a node with these rights may restart this one, by whichever function.
pub(super) fn may_restart(rights: &Rights) -> bool {
    rights.may_run(RESTART)
}

fn restart(core: &Arc<Core>, asker: Option<&NodeId>, restarter: impl Fn()) {
    tracing::info!(target: "aemp", "node {} asks for a restart", asker.unwrap_or(core.id()));
    core.user_code("a restart", restarter);
}
