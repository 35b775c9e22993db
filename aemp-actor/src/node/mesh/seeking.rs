//! Looks for nodes that cannot be reached.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::id::NodeId;
use crate::node::{Backoff, Core};

/// The longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// For so long a node is looked for.
const SOUGHT_FOR: Duration = Duration::from_secs(3600);

/// An anonymous node never comes back under its name: it is looked for in case that only the way
/// to it was disturbed.
const ANONYMOUS_SOUGHT_FOR: Duration = Duration::from_secs(60);

/// Asks the master where a node is, again and again in growing pauses, until the node is up.
///
/// Whoever is told of by gossip is told of once. So a node that could not be reached then, or that
/// was lost while others stayed connected to it, would never be met again without this.
pub(super) fn seek(core: &Arc<Core>, node: NodeId) {
    let (weak, begun) = (Arc::downgrade(core), Instant::now());
    let anonymous = node.is_anonymous();
    let limit = if anonymous { ANONYMOUS_SOUGHT_FOR } else { SOUGHT_FOR };
    let mut backoff = Backoff::new(LONGEST_PAUSE);
    core.run(async move {
        loop {
            let Some(core) = weak.upgrade() else { return };
            let pause = backoff.next(core.environment());
            drop(core);
            tokio::time::sleep(pause).await;
            let Some(core) = weak.upgrade() else { return };
            if begun.elapsed() > limit {
                core.network().book().sought_in_vain(&node);
                return core.network().mesh().stop_seeking(&node);
            }
            if !core.network().mesh().seek(&core, &node) {
                return;
            }
        }
    });
}
