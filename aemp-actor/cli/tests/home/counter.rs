//! A port for the command to talk to.

use aemp_actor::prelude::*;

/// Counts, fails, and asks itself.
#[derive(Port)]
pub(crate) struct Counter {
    pub(crate) count: i64,
}

#[rcv]
impl Counter {
    fn add(&mut self, n: i64) {
        self.count += n;
    }

    fn count(&self) -> i64 {
        self.count
    }

    fn fail(&self, text: String) -> Result<(), Die> {
        Err(die!("{text}"))
    }

    async fn ask(&self, ctx: &mut Ctx<Self>) -> Result<i64, Die> {
        Ok(ctx.handle().count().await?)
    }
}
