//! A port for the command to talk to.

use aemp_actor::prelude::*;

/// Counts, fails, and asks itself.
#[derive(Port)]
pub(crate) struct Counter {
    pub(crate) count: i64,
}

#[rcv]
impl Counter {
    pub(crate) fn add(&mut self, n: i64) {
        self.count += n;
    }

    pub(crate) fn count(&self) -> i64 {
        self.count
    }

    pub(crate) fn fail(&self, text: String) -> Result<(), Die> {
        Err(die!("{text}"))
    }

    pub(crate) async fn ask(&self, ctx: &mut Ctx<Self>) -> Result<i64, Die> {
        Ok(ctx.handle().count().await?)
    }
}
